using Verdigris.Book;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using Side = Verdigris.Registry.Finance.Terms.Side;

namespace Verdigris.Registry.Finance;

/// <summary>
/// How the units of a deal lie in the Book: holds and liens between the accounts of its sides, and postings of them. Every rule asks for the side that gives to open and for the side that receives to post;
/// a lien can be posted or given up by its beneficiary alone, and what is held cannot be spent. Steps of one event are one chain.
/// </summary>
static class FinanceBook
{
    /// <summary>Transaction types, one a kind and direction.</summary>
    public const ushort Sale = 300, BackFromSale = 301, Pledge = 302, Loan = 303, BackFromLoan = 304, Custody = 305, BackFromCustody = 306, Delivery = 307;

    public static IReadOnlyList<ushort> Types { get; } = [Sale, BackFromSale, Pledge, Loan, BackFromLoan, Custody, BackFromCustody, Delivery];

    /// <summary>Rules of all deals between two kinds of account, for units of a class.</summary>
    /// <param name="word">Of the scheme and its version, in the ids of the commands.</param>
    /// <param name="delayHours">Of a transfer between the two to an account that is not trusted: units leave by a deal no sooner. Null where a transfer has none.</param>
    /// <param name="stopped">Nothing is allowed: what is held can only be given back.</param>
    public static IEnumerable<Command> Rules(BookDefinitions definer, string word, ushort assetClass, ushort source, ushort destination, int? delayHours, bool stopped = false) => Types.Select(type =>
    {
        var delayed = delayHours is not null && type is Sale or Loan or Custody or Delivery;
        return definer.Rule(word, type, assetClass, source, destination, (stopped ? RuleFlags.None : RuleFlags.Allowed) | RuleFlags.MustHold | RuleFlags.ProposeByDebit | RuleFlags.AcceptByCredit | (delayed ? RuleFlags.TrustedOrDelay : RuleFlags.None), delayed ? delayHours!.Value * 3_600_000_000L : 0);
    });

    /// <summary>Id of the hold of a slot.</summary>
    /// <param name="slot">Of <see cref="UnitLeg"/>.</param>
    /// <param name="tries">How many steps of the deal the Book had refused before: what it refused once, it refuses for ever.</param>
    public static UInt128 HoldOf(Guid deal, string slot, int tries = 0) => BookDefinitions.IdOf($"finance/{deal}/{slot}/{tries}");

    /// <param name="account">The account of a side.</param>
    /// <param name="tries">Of the hold that a leg opens, posts or gives up.</param>
    /// <param name="serial">First serial of what a leg sets aside; null where any units of the asset will do.</param>
    public static IReadOnlyList<Command> Of(Guid deal, DealKind kind, IReadOnlyList<UnitLeg> legs, Func<Side, long> account, int asset, Guid person, Func<UnitLeg, int> tries, Func<UnitLeg, long>? serial = null) => [.. legs.Select((leg, i) =>
    {
        var opens = leg.Act is UnitAct.Hold or UnitAct.Lien;
        return new Command
        {
            Id = opens ? HoldOf(deal, leg.Slot, tries(leg)) : default,
            Operation = leg.Act switch { UnitAct.Post => Operation.PostHold, UnitAct.Void => Operation.VoidHold, _ => Operation.Hold },
            Flags = (i < legs.Count - 1 ? CommandFlags.Linked : CommandFlags.None) | (leg.Act == UnitAct.Lien ? CommandFlags.Lien : CommandFlags.None),
            TransactionType = opens ? TypeOf(kind, leg) : default,
            Asset = opens ? asset : 0,
            Debit = opens ? account(leg.From) : 0,
            Credit = opens ? account(leg.To) : 0,
            Amount = opens ? leg.Units : 0,
            SerialFirst = opens && serial is not null ? serial(leg) : 0,
            Target = opens ? default : HoldOf(deal, leg.Slot, tries(leg)),
            Reference = opens ? BookId.From(deal) : default,
            Actor = BookId.From(person),
            ActingFor = account(leg.ActsFor),
        };
    })];

    static ushort TypeOf(DealKind kind, UnitLeg leg) => kind switch
    {
        _ when UnitLegs.IsSecurity(leg.Slot) => Pledge,
        DealKind.Repo or DealKind.BuyBack => leg.From == Side.Giver ? Sale : BackFromSale,
        DealKind.Lending => leg.From == Side.Giver ? Loan : BackFromLoan,
        DealKind.Custody => leg.From == Side.Giver ? Custody : BackFromCustody,
        _ => Delivery,
    };
}
