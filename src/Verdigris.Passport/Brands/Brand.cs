using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Brands;

/// <summary>Where a brand stands on the exchange's list. Numbers are stored and never change.</summary>
public enum ListingState : short { Applied = 0, Testing = 1, Committee = 2, Listed = 3, Suspended = 4, Delisted = 5 }

/// <summary>One entry of a brand's listing history: the state that holds from a day on, until the next entry.</summary>
public sealed record Listing(LocalDate From, ListingState State, string? NoticeNo = null, string? Reason = null);

/// <summary>What rules about certificates and warrants need to know of a brand.</summary>
/// <param name="Listings">By day, oldest first.</param>
public sealed record BrandFacts(string Code, Guid ProducerId, Guid PlantId, string PlantCountry, string Metal, string ContractCode, IReadOnlyList<string> Shapes, IReadOnlyList<Listing> Listings)
{
    /// <summary>The state on a day; null before the first entry.</summary>
    public ListingState? StateOn(LocalDate day)
    {
        ListingState? state = null;
        for (var i = 0; i < Listings.Count && Listings[i].From <= day; i++) state = Listings[i].State;
        return state;
    }
}

/// <summary>Brand as its producer applies for it. Weights in kilograms, capacity in tonnes a year.</summary>
public sealed record BrandApplication(string Code, string ExchangeCode, string Name, Guid PlantId, string Metal, string ContractCode, IReadOnlyList<string> Shapes,
    decimal CapacityTPerYear, decimal? PieceKg = null, decimal? BundleKg = null, string? Dimensions = null, string? NameZh = null);

/// <summary>A change of listing the exchange proposes.</summary>
public sealed record ListingChange(string BrandCode, LocalDate From, ListingState State, string NoticeNo, string? Reason);

/// <summary>Pure decisions about brands.</summary>
public static class BrandRules
{
    /// <summary>From, to: applied, sampled and tested, committee, listed, suspended and back, delisted.</summary>
    public static IReadOnlyList<(ListingState From, ListingState To)> Moves { get; } =
    [
        (ListingState.Applied, ListingState.Testing), (ListingState.Applied, ListingState.Delisted),
        (ListingState.Testing, ListingState.Committee), (ListingState.Testing, ListingState.Delisted),
        (ListingState.Committee, ListingState.Listed), (ListingState.Committee, ListingState.Delisted),
        (ListingState.Listed, ListingState.Suspended), (ListingState.Listed, ListingState.Delisted),
        (ListingState.Suspended, ListingState.Listed), (ListingState.Suspended, ListingState.Delisted),
    ];

    /// <param name="contractShapes">Shapes the contract allows; null where the contract is unknown.</param>
    /// <param name="minimumCapacityTPerYear">Listing minimum of the metal; null where none is known.</param>
    public static List<Refusal> Check(BrandApplication b, string? contractMetal, IReadOnlyList<string>? contractShapes, decimal? minimumCapacityTPerYear)
    {
        var wrong = new List<Refusal>();
        if (b.Code is not { Length: >= 3 and <= 5 } || b.Code.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c))) wrong.Add(Refusal.Of("brand.code-invalid", "code", ("given", b.Code ?? "")));
        if (!CertificateRules.IsWord(b.ExchangeCode)) wrong.Add(Refusal.Of("brand.exchange-code-invalid", "exchangeCode", ("given", b.ExchangeCode ?? "")));
        if (!CertificateRules.IsText(b.Name)) wrong.Add(Refusal.Of("brand.name-invalid", "name"));
        if (contractShapes is null) wrong.Add(Refusal.Of("brand.contract-unknown", "contractCode", ("given", b.ContractCode)));
        else
        {
            if (contractMetal is not null && b.Metal != contractMetal) wrong.Add(Refusal.Of("brand.metal-not-of-contract", "metal", ("given", b.Metal), ("expected", contractMetal)));
            if (b.Shapes.Count == 0) wrong.Add(Refusal.Of("brand.shape-missing", "shapes"));
            for (var i = 0; i < b.Shapes.Count; i++)
                if (!contractShapes.Contains(b.Shapes[i])) wrong.Add(Refusal.Of("brand.shape-not-in-contract", $"shapes[{i}]", ("given", b.Shapes[i]), ("allowed", string.Join(", ", contractShapes))));
        }
        if (b.CapacityTPerYear <= 0) wrong.Add(Refusal.Of("brand.capacity-not-positive", "capacityTPerYear"));
        else if (minimumCapacityTPerYear is { } least && b.CapacityTPerYear < least)
            wrong.Add(Refusal.Of("brand.capacity-below-minimum", "capacityTPerYear", ("given", Number(b.CapacityTPerYear)), ("least", Number(least))));
        if (b.PieceKg is <= 0) wrong.Add(Refusal.Of("brand.weight-not-positive", "pieceKg"));
        if (b.BundleKg is <= 0 || (b.BundleKg is { } bundle && b.PieceKg is { } piece && bundle < piece)) wrong.Add(Refusal.Of("brand.weight-not-positive", "bundleKg"));
        return wrong;
    }

    /// <summary>The entry a change adds to the history: not before the last one, and a move the table allows.</summary>
    public static Answer<Listing> Change(IReadOnlyList<Listing> history, ListingChange change)
    {
        var last = history.Count == 0 ? null : history[^1];
        if (last is null || !Moves.Contains((last.State, change.State)))
            return Refusal.Conflict("brand.listing-move-forbidden", "state", ("from", last?.State.ToString() ?? "-"), ("to", change.State.ToString()));
        if (change.From < last.From) return Refusal.Of("brand.listing-before-last", "from", ("earliest", Text(last.From)));
        if (change.State == ListingState.Suspended && string.IsNullOrWhiteSpace(change.Reason)) return Refusal.Of("brand.suspension-without-reason", "reason");
        if (!CertificateRules.IsText(change.NoticeNo)) return Refusal.Of("brand.notice-missing", "noticeNo");
        return new Listing(change.From, change.State, change.NoticeNo, change.Reason);
    }

    static string Number(decimal value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
    static string Text(LocalDate day) => day.ToString("uuuu-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
