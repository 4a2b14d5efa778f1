using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Units;

/// <summary>Where units stand, to everybody who asks.</summary>
public enum UnitStanding
{
    /// <summary>In an account here; whose is told to its holder and to the programme.</summary>
    Held,
    /// <summary>In an account of another registry, known from its export.</summary>
    Outside,
    Buffer,
    /// <summary>Share of proceeds for adaptation.</summary>
    Adaptation,
    Retired,
    Cancelled,
    Converted,
    /// <summary>Behind an instrument elsewhere: neither traded nor retired.</summary>
    Immobilised,
    /// <summary>A scheme has taken them in and made units of its own for them: for ever.</summary>
    Deposited,
}

/// <summary>First and last number as printed, 0 to <see cref="SerialGrammar.LargestUnit"/>: most registries begin to count at 1, and the oldest issuances of one at 0.</summary>
public readonly record struct PrintedRange(long First, long Last)
{
    public long Count => Last - First + 1;

    public static implicit operator PrintedRange(SerialRange range) => new(range.First, range.Last);

    public override string ToString() => First == Last ? $"{First}" : $"{First}-{Last}";
}

/// <summary>
/// How credits lie in the Book: one serialised asset a unit of a programme, a serial a tonne of CO2e. A serial is the number of the run of counting times 10^10 and the number printed. What is retired or cancelled never leaves;
/// what is immobilised, or converted and the conversion undone, goes back to its holder and nowhere else.
/// </summary>
static class CreditBook
{
    public const ushort Class = 200;

    public const ushort IssuanceType = 200, HolderType = 201, BufferType = 202, RetiredType = 203, CancelledType = 204, ConvertedType = 205, ImmobilisedType = 206, AdaptationType = 207, OutsideType = 208, DepositedType = 209;
    public const long Issuance = 50_000, Buffer = 50_001, Retired = 50_002, Cancelled = 50_003, Converted = 50_004, Immobilised = 50_005, Adaptation = 50_006, Outside = 50_007, Deposited = 50_008;
    public const ushort Issue = 200, Transfer = 201, Retire = 202, Cancel = 203, Convert = 204, Immobilise = 205, Release = 206, Reverse = 207, Replenish = 208, Undo = 209;

    /// <summary>Receipts of baskets: each stands for one credit that lies in the basket's account.</summary>
    public const ushort ReceiptClass = 201;

    /// <summary>A trading account's credits of one project and year, or its receipts of one basket; credits of a basket; where receipts begin and end.</summary>
    public const ushort MarketType = 210, CustodyType = 211, ReceiptSourceType = 212, ReceiptEndType = 213;
    public const long ReceiptSource = 8_400_000_001, ReceiptEnd = 8_400_000_002;

    /// <summary>From the registry outside and back to it; to the market and from it; receipts given out, given back, and called in because their credits are no longer good delivery.</summary>
    public const ushort TakeIn = 210, GiveBack = 211, ToMarket = 212, FromMarket = 213, GiveReceipts = 214, ReturnReceipts = 215, CallReceipts = 216;

    /// <summary>Into a scheme, in one chain with the units it makes for them.</summary>
    public const ushort Deposit = 217;

    const long SeriesStep = SerialGrammar.LargestUnit + 1;

    internal static BookDefinitions Definer { get; } = new(RegistryRoom.Name);

    /// <summary>The serials of the Book for what is printed.</summary>
    public static SerialRange Serials(long series, PrintedRange printed) => new(series * SeriesStep + printed.First, series * SeriesStep + printed.Last);

    /// <summary>What is printed for serials of the Book, and the run they are of.</summary>
    public static (long Series, PrintedRange Printed) Printed(long first, long last) => (first / SeriesStep, new(first % SeriesStep, last % SeriesStep));

    public static IReadOnlyList<Command> Definitions(CreditRules rules)
    {
        const RuleFlags allowed = RuleFlags.Allowed, own = RuleFlags.Allowed | RuleFlags.ProposeByDebit;
        return
        [
            .. rules.Units.Select(u => Definer.Serialised(u.Asset, u.Code, u.Code, Class)),
            Definer.Account(Issuance, IssuanceType, 0), Definer.Account(Buffer, BufferType, 0), Definer.Account(Retired, RetiredType, 0), Definer.Account(Cancelled, CancelledType, 0), Definer.Account(Converted, ConvertedType, 0),
            Definer.Account(Immobilised, ImmobilisedType, 0), Definer.Account(Adaptation, AdaptationType, 0), Definer.Account(Outside, OutsideType, 0),
            .. new[] { HolderType, BufferType, AdaptationType, CancelledType, OutsideType }.Select(to => Definer.Rule(Issue, Class, IssuanceType, to, allowed | RuleFlags.Issues)),
            Definer.Rule(Transfer, Class, HolderType, HolderType, own | RuleFlags.MustHold | RuleFlags.AcceptByCredit | RuleFlags.OtherActor),
            Definer.Rule(Retire, Class, HolderType, RetiredType, own), Definer.Rule(Cancel, Class, HolderType, CancelledType, own), Definer.Rule(Convert, Class, HolderType, ConvertedType, own),
            Definer.Rule(Immobilise, Class, HolderType, ImmobilisedType, own), Definer.Rule(Release, Class, ImmobilisedType, HolderType, allowed), Definer.Rule(Release, Class, BufferType, HolderType, allowed),
            // Only in one chain with the cancellation of what was issued for them.
            Definer.Rule(Undo, Class, ConvertedType, HolderType, allowed),
            Definer.Rule(Reverse, Class, BufferType, CancelledType, allowed), Definer.Rule(Replenish, Class, HolderType, BufferType, own),
            // Whoever has them immobilised, or the other registry, gives them up for a scheme's units: no rule leads out again.
            Definer.Account(Deposited, DepositedType, 0), .. new[] { ImmobilisedType, OutsideType }.Select(from => Definer.Rule(Deposit, Class, from, DepositedType, allowed | RuleFlags.MustHold | RuleFlags.OtherActor)),
            Definer.Account(ReceiptSource, ReceiptSourceType, 0), Definer.Account(ReceiptEnd, ReceiptEndType, 0),
            Definer.Rule(TakeIn, Class, OutsideType, HolderType, allowed), Definer.Rule(GiveBack, Class, HolderType, OutsideType, own),
            Definer.Rule(ToMarket, Class, HolderType, MarketType, own), Definer.Rule(ToMarket, Class, HolderType, CustodyType, own),
            // What leaves the market is held when one person asks and moves when another agrees.
            Definer.Rule(FromMarket, Class, MarketType, HolderType, own | RuleFlags.MustHold | RuleFlags.OtherActor), Definer.Rule(ReturnReceipts, ReceiptClass, MarketType, ReceiptEndType, own | RuleFlags.MustHold | RuleFlags.OtherActor),
            // Only in one chain with the receipts.
            Definer.Rule(GiveReceipts, ReceiptClass, ReceiptSourceType, MarketType, allowed | RuleFlags.Issues), Definer.Rule(FromMarket, Class, CustodyType, HolderType, allowed), Definer.Rule(CallReceipts, ReceiptClass, MarketType, ReceiptEndType, allowed),
            Definer.Rule(Retire, Class, OutsideType, RetiredType, allowed), Definer.Rule(Cancel, Class, OutsideType, CancelledType, allowed), Definer.Rule(Convert, Class, OutsideType, ConvertedType, allowed),
            // Repo, pledge, lending, custody and delivery between holders, serial by serial; without the delay that transfers of credits do not have either.
            .. Finance.FinanceBook.Rules(Definer, "credits", Class, HolderType, HolderType, delayHours: null),
        ];
    }

    /// <summary>The account in which all of these serials lie, and nothing holds any of them; null where there is none.</summary>
    public static long? FreeIn(IBookState book, int asset, SerialRange serials)
    {
        long? account = null;
        for (var at = serials.First; at <= serials.Last;)
        {
            if (book.Owner(asset, at) is not { Hold: var hold } owner || hold != 0 || (account ?? owner.Account) != owner.Account) return null;
            (account, at) = (owner.Account, owner.Last + 1);
        }
        return account;
    }

    public static UnitStanding StandingOf(long account) => account switch
    {
        Buffer => UnitStanding.Buffer,
        Retired => UnitStanding.Retired,
        Cancelled => UnitStanding.Cancelled,
        Converted => UnitStanding.Converted,
        Immobilised => UnitStanding.Immobilised,
        Adaptation => UnitStanding.Adaptation,
        Outside => UnitStanding.Outside,
        Deposited => UnitStanding.Deposited,
        _ => UnitStanding.Held,
    };

    /// <summary>What a posting was, as the life of a unit tells it.</summary>
    public static string WordOf(ushort type) => type switch
    {
        Issue => "issued",
        Transfer => "transferred",
        Retire => "retired",
        Cancel => "cancelled",
        Convert => "converted",
        Immobilise => "immobilised",
        Release => "released",
        Reverse => "reversed",
        Undo => "conversion-undone",
        TakeIn => "taken-in",
        Deposit => "deposited",
        GiveBack => "given-back",
        ToMarket => "to-market",
        FromMarket => "from-market",
        Replenish => "replenished",
        Finance.FinanceBook.Sale or Finance.FinanceBook.Delivery => "sold",
        Finance.FinanceBook.BackFromSale => "bought-back",
        Finance.FinanceBook.Pledge => "pledge-taken",
        Finance.FinanceBook.Loan => "lent",
        Finance.FinanceBook.BackFromLoan => "lending-ended",
        Finance.FinanceBook.Custody => "into-custody",
        Finance.FinanceBook.BackFromCustody => "custody-ended",
        // Everything else that moves credits is the market's: orders, trades, and trades that were taken back.
        _ => "traded",
    };

    public static Command Open(long account, Guid organisation) => Definer.Account(account, HolderType, BookId.From(organisation));

    /// <param name="actingFor">0: the registry itself, where the rule needs no proposer.</param>
    public static Command Move(ushort type, int asset, long debit, long credit, SerialRange serials, UInt128 reference, UInt128 actor, long actingFor = 0) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = type,
        Asset = asset,
        Debit = debit,
        Credit = credit,
        Amount = serials.Count,
        SerialFirst = serials.First,
        Reference = reference,
        Actor = actor,
        ActingFor = actingFor,
    };
}
