using System.Globalization;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Cbam.Certificates;

/// <summary>
/// How certificates lie in the Book: one serialised asset a year of import (<c>CBAM-2026</c>), a serial a certificate of one tonne of CO2e. Sold into a declarant's account, and out of it into one of three of the venue's: surrendered,
/// bought back, cancelled. Nothing leads out of these.
/// </summary>
static class CertificateBook
{
    public const ushort Class = 40;

    /// <summary>The venue's issuing account's type, a declarant's, and those of what was surrendered, bought back, cancelled.</summary>
    public const ushort IssuanceType = 40, DeclarantType = 41, SurrenderedType = 42, RepurchasedType = 43, CancelledType = 44;
    public const long Issuance = 40, Surrendered = 41, Repurchased = 42, Cancelled = 43;
    public const ushort Sell = 40, Surrender = 41, Repurchase = 42, Cancel = 43;

    public const int FirstYear = 2026, LastYear = 2045;

    static readonly BookDefinitions Definer = new(CbamRoom.Name);

    public static int AssetOf(int year) => 4000 + year - 2000;

    public static string CodeOf(int year) => "CBAM-" + year.ToString(CultureInfo.InvariantCulture);

    public static IReadOnlyList<Command> Definitions() =>
    [
        .. Enumerable.Range(FirstYear, LastYear - FirstYear + 1).Select(y => Definer.Serialised(AssetOf(y), CodeOf(y), CodeOf(y), Class)),
        Definer.Account(Issuance, IssuanceType, 0), Definer.Account(Surrendered, SurrenderedType, 0), Definer.Account(Repurchased, RepurchasedType, 0), Definer.Account(Cancelled, CancelledType, 0),
        Definer.Rule(Sell, Class, IssuanceType, DeclarantType, RuleFlags.Allowed | RuleFlags.Issues),
        Definer.Rule(Surrender, Class, DeclarantType, SurrenderedType, RuleFlags.Allowed | RuleFlags.ProposeByDebit),
        Definer.Rule(Repurchase, Class, DeclarantType, RepurchasedType, RuleFlags.Allowed | RuleFlags.ProposeByDebit),
        Definer.Rule(Cancel, Class, DeclarantType, CancelledType, RuleFlags.Allowed),
    ];

    public static Command Open(long account, Guid organisation) => Definer.Account(account, DeclarantType, BookId.From(organisation));

    public static Command Sold(long account, int year, long serialFirst, long count, Guid order, Guid person) => Move(Sell, year, Issuance, account, serialFirst, count, order, person, 0);

    /// <param name="serialFirst">0: those acquired first.</param>
    public static Command Out(ushort type, long account, int year, long serialFirst, long count, Guid order, Guid person) =>
        Move(type, year, account, type switch { Surrender => Surrendered, Repurchase => Repurchased, _ => Cancelled }, serialFirst, count, order, person, type == Cancel ? 0 : account);

    static Command Move(ushort type, int year, long debit, long credit, long serialFirst, long count, Guid order, Guid person, long actingFor) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = type,
        Asset = AssetOf(year),
        Debit = debit,
        Credit = credit,
        Amount = count,
        SerialFirst = serialFirst,
        Reference = BookId.From(order),
        Actor = BookId.From(person),
        ActingFor = actingFor,
    };
}
