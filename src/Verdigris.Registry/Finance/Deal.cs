using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Finance.Terms;

namespace Verdigris.Registry.Finance;

/// <summary>A term sheet somebody offers.</summary>
/// <param name="Account">Number of the own account: one of a scheme, or the one for credits of programmes.</param>
/// <param name="Giving">Whether the units are one's own; else the other side's.</param>
/// <param name="Counterparty">Printed id of the other side's account; of an account for credits its number.</param>
/// <param name="Unit">Not needed where <paramref name="Serial"/> says which.</param>
/// <param name="Beneficiary">Custody: printed id of the account the units go to in the end; the owner's own where left out.</param>
/// <param name="Vintage">Where units of different years differ.</param>
/// <param name="Serial">Between accounts for credits: a block as printed, of which the first so many units are meant.</param>
/// <param name="Project">Between accounts for credits, of units to come: number of the project, with <paramref name="Unit"/> and <paramref name="Vintage"/>.</param>
public sealed record NewDeal(long Account, bool Giving, string Counterparty, string? Unit, string? Vintage, DealTerms Terms, string? Beneficiary = null, string? Serial = null, string? Project = null);

/// <summary>What two holders agreed, and how far it has come.</summary>
/// <param name="GiverId">Printed id of the account; likewise the taker's and the beneficiary's.</param>
/// <param name="Held">Whether the units of the end are held already.</param>
/// <param name="CallDue">Last day to meet a call.</param>
/// <param name="FreeAt">From when on the units may leave the giver: at once to an account it trusts, else after the delay of a transfer; null while none are held to leave.</param>
/// <param name="Moving">A step is under way in the Book.</param>
/// <param name="Scheme">Of the accounts; of accounts for credits the programme of the units.</param>
/// <param name="Credits">Between accounts for credits: which; else null.</param>
public sealed record Deal(Guid Id, string Scheme, string Unit, string Vintage, DealTerms Terms, long Giver, string GiverId, Guid GiverOrganisation, long Taker, string TakerId, Guid TakerOrganisation, long? Beneficiary, string? BeneficiaryId, Guid? BeneficiaryOrganisation,
    Side Proposer, DealState State, bool Held, LocalDate? CallDue, LocalDate? DefaultedOn, Instant? FreeAt, bool Moving, Guid ProposedBy, Instant ProposedAt, Instant? EndedAt, DealCredits? Credits = null)
{
    /// <summary>The side an organisation is; null where it is none.</summary>
    public Side? SideOf(Guid organisation) => organisation == GiverOrganisation ? Side.Giver : organisation == TakerOrganisation ? Side.Taker : organisation == BeneficiaryOrganisation ? Side.Beneficiary : null;

    public long AccountOf(Side side) => side switch { Side.Giver => Giver, Side.Taker => Taker, _ => Beneficiary ?? Giver };

    public Guid OrganisationOf(Side side) => side switch { Side.Giver => GiverOrganisation, Side.Taker => TakerOrganisation, _ => BeneficiaryOrganisation ?? GiverOrganisation };
}

public enum CashState
{
    Due,
    /// <summary>The payer says it is paid.</summary>
    Claimed,
    /// <summary>The receiver says it came.</summary>
    Confirmed,
    /// <summary>Another sum stands in its place.</summary>
    Replaced,
}

/// <summary>Money of a deal; it moves outside, and counts once its receiver confirms it.</summary>
/// <param name="Reference">Of the payment, in the payer's words.</param>
public sealed record DealCash(Guid Id, CashWhen When, string What, Side Payer, Side Receiver, decimal Amount, string Currency, LocalDate Due, CashState State, string? Reference, Instant? ClaimedAt, Instant? ConfirmedAt);

/// <summary>What somebody does about a deal, or what follows of itself (Open, Settle, Meet, Cure).</summary>
public enum DealAct { Offer, Accept, Decline, Withdraw, Claim, Confirm, Dispute, Close, Abandon, Cover, Call, Add, PayDown, Miss, Enforce, Return, Lapse, Open, Settle, Meet, Cure }

public enum DealStepState { Waiting, Done, TurnedDown, Moving, Refused }

/// <param name="Side">Null: the passing of days, or what follows from money that was confirmed.</param>
/// <param name="BookCode">Why the Book said no.</param>
/// <param name="Serial">Between accounts for credits, of Add and Cover: which units.</param>
public sealed record DealStep(Guid Id, DealAct Act, Side? Side, Guid? CashId, long? Units, DealStepState State, string? Note, string? BookCode, Guid? TaskId, Guid WrittenBy, Instant WrittenAt, Guid? DecidedBy, Instant? DecidedAt, string? Serial = null)
{
    /// <summary>In the Book, of the first unit.</summary>
    internal long? First { get; init; }
}

/// <param name="Cash">Of Claim, Confirm and Dispute.</param>
/// <param name="Units">Of Add.</param>
/// <param name="Amount">Of PayDown.</param>
/// <param name="Note">Reference of a payment, or why.</param>
/// <param name="Serial">Of Add and Cover between accounts for credits: a block as printed, of which the first so many units are meant.</param>
public sealed record NewStep(DealAct Act, Guid? Cash = null, long? Units = null, decimal? Amount = null, string? Note = null, string? Serial = null);

/// <param name="Outstanding">Owed today; null where nothing is lent.</param>
/// <param name="Price">Latest price of a unit; null where none is recent enough.</param>
/// <param name="Standing">Units against money; null where it is not watched or no price is known.</param>
/// <param name="Can">What the reader's side can do now.</param>
public sealed record DealView(Deal Deal, IReadOnlyList<DealCash> Cash, IReadOnlyList<DealStep> Steps, IReadOnlyList<long> Added, decimal? ImpliedRatePercent, decimal? Outstanding, UnitPrice? Price, MarginStanding? Standing, IReadOnlyList<DealAct> Can);

/// <summary>What a unit is worth on a day, as the administrator of the scheme, or of the programme, published it.</summary>
/// <param name="Scheme">Of credits of a project the programme, which need not be named.</param>
/// <param name="Project">Number of the project, where credits of one project and year are meant; else null.</param>
public sealed record UnitPrice(string? Scheme, string Unit, string Vintage, string Currency, LocalDate Day, decimal Price, string Source, string? Project = null);

public sealed record DealFilter(string? Scheme = null, DealKind? Kind = null, DealState? State = null, string? Sort = null, string? Cursor = null, int Limit = 50);
