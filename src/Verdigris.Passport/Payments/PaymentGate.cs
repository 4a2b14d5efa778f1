using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Payments;

/// <summary>Where a gate stands. Numbers are stored and never change.</summary>
public enum GateState : short
{
    /// <summary>An item of the checklist is neither met nor waived.</summary>
    Blocked = 0,
    /// <summary>Everything is met or waived; nobody has let it pass yet.</summary>
    Ready = 1,
    /// <summary>The payment may be made.</summary>
    Passed = 2,
    /// <summary>The payer does not pay.</summary>
    Refused = 3,
    /// <summary>The trade did not come about.</summary>
    Withdrawn = 4,
}

public enum GateEvent { Settle, Block, Pass, Refuse, Withdraw }

/// <summary>What somebody does in a trade. Each is screened, and so is the vessel.</summary>
public enum PartyRole { Seller, Buyer, EndBuyer, Lender, Carrier, Insurer, Agent }

/// <param name="OrganisationId">Where it is an organisation of this exchange.</param>
/// <param name="Country">ISO 3166-1 alpha-2; null where not stated.</param>
public sealed record GateParty(PartyRole Role, string Name, Guid? OrganisationId = null, string? Country = null);

/// <summary>Metal of the trade, by the number of its certificate, lot or warrant, or one bundle of a certificate.</summary>
public sealed record GateGood(string Number, string? BundleNo = null);

/// <param name="CustomsCode">As it stands on the bill of lading.</param>
/// <param name="NetKg">Kilograms, at most three decimals.</param>
/// <param name="PortOfLoading">UN/LOCODE, five characters.</param>
/// <param name="DueOn">Day of arrival stated, or the day it arrived.</param>
public sealed record BillOfLading(string Number, LocalDate IssuedOn, string CustomsCode, decimal NetKg, string PortOfLoading, string PortOfDischarge, string? Vessel = null, LocalDate? DepartedOn = null, LocalDate? DueOn = null);

/// <param name="From">First day of cover.</param>
/// <param name="To">Last day of cover.</param>
/// <param name="Amount">Insured, at most two decimals.</param>
public sealed record InsurancePolicy(string PolicyNo, string Insurer, LocalDate From, LocalDate To, decimal Amount, string Currency);

/// <summary>A trade as the payer enters it. What is not known yet is left out, and blocks.</summary>
/// <param name="Reference">The payer's own.</param>
/// <param name="Metal">Symbol of the contract: AL, AA, CU, NI, PB, SN, ZN, CO.</param>
/// <param name="PricePerTonne">In <paramref name="Currency"/>, at most two decimals.</param>
/// <param name="TonnesPayable">Net tonnes to be paid for, at most three decimals.</param>
/// <param name="Origin">Country of origin as the contract states it, ISO 3166-1 alpha-2.</param>
public sealed record GateContent(string Reference, string Metal, decimal PricePerTonne, string Currency, decimal TonnesPayable, string Origin, IReadOnlyList<GateParty> Parties, IReadOnlyList<GateGood> Goods,
    BillOfLading? BillOfLading = null, InsurancePolicy? Insurance = null)
{
    /// <summary>To be paid, two decimals, half to even.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public decimal Amount => decimal.Round(PricePerTonne * TonnesPayable, 2, MidpointRounding.ToEven);
}

/// <summary>How an item stands. What nobody can tell is not met.</summary>
public enum ItemOutcome { Met, Unclear, Failed }

/// <summary>One thing a check found; the words stand under <c>payment.finding.CODE</c>.</summary>
public sealed record GateFinding(string Code, ItemOutcome Outcome, IReadOnlyDictionary<string, string> Args);

/// <param name="Outcome">The worst of its findings.</param>
/// <param name="Found">SHA-256 of what was found; a waiver is for this and nothing else.</param>
/// <param name="Waivable">Whether two people may waive it as it stands.</param>
public sealed record GateItem(string Item, ItemOutcome Outcome, IReadOnlyList<GateFinding> Findings, string Found, bool Waivable, string? Document);

/// <summary>Something to ask about that stops nothing; whoever lets the payment pass says why. The words stand under <c>payment.warning.CODE</c>.</summary>
public sealed record GateWarning(string Code, IReadOnlyDictionary<string, string> Args);

/// <summary>Two people let an item pass. It stays to be seen for good.</summary>
/// <param name="InForce">The item still stands as it did when it was waived.</param>
public sealed record GateWaiver(Guid Id, string Item, string Found, string Reason, string ProposedBy, string DecidedBy, Instant DecidedAt, bool InForce);

/// <param name="Seller">Its name.</param>
/// <param name="Alarms">Likenesses with lists imported after it passed that nobody has said to be somebody else.</param>
public sealed record GateSummary(Guid Id, string Number, Guid OrganisationId, string Reference, string Seller, string Metal, decimal Amount, string Currency, GateState State, int Warnings, Instant OpenedAt, int Alarms);

/// <param name="Version">Of the content, from 1.</param>
/// <param name="Remark">Why it was let pass in spite of warnings, refused or withdrawn.</param>
/// <param name="CheckedAt">When the checks last found what stands here.</param>
public sealed record PaymentGate(Guid Id, string Number, Guid OrganisationId, IReadOnlyList<Guid> Readers, GateContent Content, int Version, GateState State, IReadOnlyList<GateItem> Items, IReadOnlyList<GateWarning> Warnings, Instant CheckedAt,
    Guid OpenedBy, Instant OpenedAt, Guid? ClosedBy, Instant? ClosedAt, string? Remark, int RowVersion);

/// <summary>A likeness of a party's name with a listed one.</summary>
/// <param name="Exact">The same words; otherwise some are left out or differ in a letter.</param>
/// <param name="SameParty">What a person found; null while nobody has looked.</param>
public sealed record GateHit(string Party, string Publisher, LocalDate AsOf, string Entry, string Name, string? Programme, bool Exact, bool? SameParty = null, string? Reason = null, string? DecidedBy = null, Instant? DecidedAt = null);

/// <summary>The life of a gate.</summary>
public static class GateStates
{
    public static StateTable<GateState, GateEvent> Table { get; } = new(Refusal.Conflict("payment.state-forbids", "state"),
    [
        (GateState.Blocked, GateEvent.Settle, GateState.Ready),
        (GateState.Ready, GateEvent.Settle, GateState.Ready),
        (GateState.Ready, GateEvent.Block, GateState.Blocked),
        (GateState.Blocked, GateEvent.Block, GateState.Blocked),
        (GateState.Ready, GateEvent.Pass, GateState.Passed),
        (GateState.Blocked, GateEvent.Refuse, GateState.Refused),
        (GateState.Ready, GateEvent.Refuse, GateState.Refused),
        (GateState.Blocked, GateEvent.Withdraw, GateState.Withdrawn),
        (GateState.Ready, GateEvent.Withdraw, GateState.Withdrawn),
    ]);
}
