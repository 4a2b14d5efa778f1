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
    /// <summary>Ended here, and units of another programme issued for them: both or neither. The other programme agrees.</summary>
    Convert,
    /// <summary>Put behind an instrument elsewhere: still one unit, neither traded nor retired.</summary>
    Immobilise,
    /// <summary>Back from immobilised to the holder, when the instrument has ended; the programme agrees.</summary>
    Release,
    /// <summary>Units of the buffer pool cancelled for reductions that were lost; the programme.</summary>
    Reverse,
    /// <summary>Own units into the buffer pool, for those cancelled out of it.</summary>
    Replenish,
    /// <summary>A conversion taken back: what was issued is cancelled and what ended is the holder's again, both or neither. The programme that issued asks, the other one agrees.</summary>
    Undo,
    /// <summary>From the buffer pool to the project's developer, when the programme holds less than it did to be at risk.</summary>
    ReleaseBuffer,
    /// <summary>From another registry, which keeps them immobilised for this one, into the own account; the programme has seen it there and agrees.</summary>
    TakeIn,
    /// <summary>Back to the other registry; the programme lets them go there.</summary>
    GiveBack,
    /// <summary>To a trading account of the own organisation.</summary>
    Deposit,
    /// <summary>From a trading account back to the own account.</summary>
    Withdraw,
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
/// <param name="Reason">Retire, cancel, reverse, undo and release from the buffer pool: a word of the vocabulary.</param>
/// <param name="Instrument">Immobilise: what the units stand behind. Take in: how the other registry calls its immobilisation. Convert: the other registry's own reference, where there is one.</param>
/// <param name="TargetUnit">Convert: the unit they become, <paramref name="TargetProject"/> the project of its programme they are issued to.</param>
/// <param name="Conversion">Undo: the order of the conversion; no serial number is needed.</param>
/// <param name="MarketAccount">Deposit, withdraw, and retire what lies at the market: the account there.</param>
public sealed record NewCreditOrder(CreditOrderKind? Kind, string? Serial, long? Units = null, Guid? ToOrganisation = null, string? Beneficiary = null, string? Reason = null, string? Purpose = null, string? Instrument = null, string? TargetUnit = null, Guid? TargetProject = null, Guid? Conversion = null,
    long? MarketAccount = null);

/// <param name="Ending">Number of the certificate, once done; of several the first.</param>
/// <param name="Decider">Programme whose staff decide on it; null where the holder's second person does.</param>
/// <param name="BookCode">Why the Book said no.</param>
public sealed record CreditOrder(Guid Id, Guid OrganisationId, CreditOrderKind Kind, string Unit, string Serial, long Units, Guid? ToOrganisation, string? Beneficiary, string? Reason, string? Purpose, string? Instrument, CreditOrderState State, string? BookCode, string? Answer, Guid? TaskId, Guid OrderedBy, Instant OrderedAt,
    Guid? DecidedBy, Instant? DecidedAt, long? Ending, string? TargetUnit = null, Guid? TargetProject = null, Guid? ConversionId = null, string? Decider = null, long? MarketAccount = null);
