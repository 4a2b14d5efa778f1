using NodaTime;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Credits.Market;

/// <summary>What an account at the market holds: credits of one project and year, or receipts of one basket.</summary>
/// <param name="Unit">Null of a basket, with <paramref name="ProjectId"/> and <paramref name="Year"/>.</param>
/// <param name="Use">The use of <c>registry/eligibility</c> a basket goes by.</param>
/// <param name="Asset">In the Book: the unit's own, or the basket's receipts.</param>
public sealed record CreditPool(string? Unit, Guid? ProjectId, int? Year, string? Use, int Asset)
{
    public bool IsBasket => Use is not null;
}

/// <summary>An account at the market.</summary>
/// <param name="Line">The trading account, as the market writes it.</param>
public sealed record MarketPlace(long Account, Guid OrganisationId, string Line, CreditPool Pool);

/// <summary>Credits of one block at the market. Of a basket these are the credits the receipts stand for.</summary>
/// <param name="Serial">As the registry prints them.</param>
/// <param name="Held">By an order, or by a withdrawal or retirement that waits for the second person.</param>
/// <param name="GoodDelivery">Of a basket: whether its rule takes them today.</param>
public sealed record MarketBlock(long Account, string Line, string Unit, string Serial, long Units, bool Held, string? Use, Guid ProjectId, string Programme, string ProjectNumber, string Project, int? Year, bool GoodDelivery);

/// <summary>To the market, from it, and receipts called in.</summary>
public enum MarketWord { In, Out, Called }

/// <summary>An order that moved credits at the market.</summary>
/// <param name="Ending">Number of the public certificate of a retirement.</param>
public sealed record MarketMove(Guid Order, Orders.CreditOrderKind Kind, long? Ending);

/// <summary>A basket as a whole.</summary>
/// <param name="Receipts">Given out and not returned: as many as there are credits in it.</param>
public sealed record BasketStanding(string Use, long Receipts, long Credits);

/// <summary>A project whose credits no basket takes.</summary>
/// <param name="Project">Number and name as the programme writes them.</param>
public sealed record MarketExclusion(Guid Id, Guid ProjectId, string Project, string Reason, Instant ExcludedAt, Instant? LiftedAt, string? LiftedReason);

/// <summary>Numbers of baskets in the Book.</summary>
static class BasketBook
{
    const int FirstAsset = 51_000;
    const long FirstCustody = 8_400_000_100;

    public static int Asset(int number) => FirstAsset + number;

    public static long Custody(int number) => FirstCustody + number;

    /// <summary>The number of the basket an asset's receipts are of; null where it is none.</summary>
    public static int? NumberOf(int asset) => asset is > FirstAsset and < FirstAsset + 1000 ? asset - FirstAsset : null;

    /// <summary>What a basket needs in the Book; a repeat changes nothing.</summary>
    public static Verdigris.Book.Command[] Definitions(string use, int number) =>
        [CreditBook.Definer.Serialised(Asset(number), $"basket/{use}", $"BASKET-{use.ToUpperInvariant()}"[..Math.Min(32, 7 + use.Length)], CreditBook.ReceiptClass), CreditBook.Definer.Account(Custody(number), CreditBook.CustodyType, 0)];
}
