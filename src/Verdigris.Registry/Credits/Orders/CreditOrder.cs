using NodaTime;

namespace Verdigris.Registry.Credits.Orders;

/// <summary>What is to happen with units. Numbers are those of the table.</summary>
public enum CreditOrderKind
{
    /// <summary>To another organisation, which accepts.</summary>
    Transfer,
    /// <summary>Used: for ever.</summary>
    Retire,
    /// <summary>Taken out without being used: for ever.</summary>
    Cancel,
    /// <summary>Ended here because another registry gives its own units for them.</summary>
    Convert,
    /// <summary>Put behind an instrument elsewhere: still one unit, neither traded nor retired.</summary>
    Immobilise,
    /// <summary>Back from immobilised to the holder, when the instrument has ended; the programme agrees.</summary>
    Release,
    /// <summary>Units of the buffer pool cancelled for reductions that were lost; the programme.</summary>
    Reverse,
    /// <summary>Own units into the buffer pool, for those cancelled out of it.</summary>
    Replenish,
}

public enum CreditOrderState
{
    /// <summary>Waits for a second person.</summary>
    Proposed,
    /// <summary>A transfer held in the Book until the receiver accepts.</summary>
    Offered,
    /// <summary>Sent to the Book and not answered yet.</summary>
    Pending,
    Done,
    /// <summary>The Book said no; nothing moved.</summary>
    Refused,
    TurnedDown,
}

/// <param name="Serial">The units, as their registry prints them: a block or a part of it.</param>
/// <param name="Units">The first so many of them; null for all.</param>
/// <param name="Reason">Retire, cancel and reverse: a word of the vocabulary.</param>
/// <param name="Instrument">Immobilise and convert: what the units stand behind, or became.</param>
public sealed record NewCreditOrder(CreditOrderKind? Kind, string? Serial, long? Units = null, Guid? ToOrganisation = null, string? Beneficiary = null, string? Reason = null, string? Purpose = null, string? Instrument = null);

/// <param name="Ending">Number of the certificate, once done.</param>
/// <param name="BookCode">Why the Book said no.</param>
public sealed record CreditOrder(Guid Id, Guid OrganisationId, CreditOrderKind Kind, string Unit, string Serial, long Units, Guid? ToOrganisation, string? Beneficiary, string? Reason, string? Purpose, string? Instrument, CreditOrderState State, string? BookCode, string? Answer, Guid? TaskId, Guid OrderedBy, Instant OrderedAt,
    Guid? DecidedBy, Instant? DecidedAt, long? Ending);
