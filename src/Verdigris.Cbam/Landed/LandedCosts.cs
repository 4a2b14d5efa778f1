using NodaTime;
using Verdigris.Cbam.Emissions;
using Verdigris.Cbam.Obligation;
using Verdigris.Cbam.Rules;
using Verdigris.Passport;
using Verdigris.Passport.Brands;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Landed;

/// <summary>What somebody wants to know the cost of: a document of his own, a brand on offer, or any good of an origin. What is given comes before what the document or the brand says.</summary>
/// <param name="Number">Of an own certificate or warrant.</param>
/// <param name="Brand">Code of a brand on offer; only its origin is taken from the register.</param>
/// <param name="MassT">0-10,000,000 t; of the document where it has one, else 1.</param>
/// <param name="EmbeddedTco2ePerT">Verified figure of a supplier; null to take the document's.</param>
/// <param name="PriceEur">Of a certificate; null for the published one of the day.</param>
public sealed record LandedQuestion(string? Number = null, string? Brand = null, string? Cn = null, string? Origin = null, decimal? MassT = null, LocalDate? On = null, string? Route = null, decimal? EmbeddedTco2ePerT = null,
    decimal? PriceEur = null, decimal? Cscf = null, string FactorPath = DueRules.Law);

/// <summary>Both ways in one year of import.</summary>
public sealed record LandedYear(int Year, LineResult ByDefault, LineResult? ByActual);

/// <param name="Name">Of the document or brand; null for neither.</param>
/// <param name="Verification">none, limited or reasonable, of the document's figures; null where there are none.</param>
/// <param name="ByActual">Null where no actual figure is known or may be used.</param>
/// <param name="Years">The same good in each year to 2034, at one price.</param>
/// <param name="YearPriceEur">The price the years are reckoned with; null where none is known.</param>
public sealed record LandedCost(string? Name, string Cn, string? Origin, decimal MassT, LocalDate On, string? Route, string? Verification, string? Verifier, int? ReportYear, LineResult ByDefault, LineResult? ByActual, IReadOnlyList<TraceStep> DefaultTrace,
    IReadOnlyList<TraceStep> ActualTrace, IReadOnlyList<LandedYear> Years, decimal? YearPriceEur)
{
    /// <summary>What actual figures save; null where either cost is not known.</summary>
    public decimal? SavedEur => ByDefault.CostEur - ByActual?.CostEur;
}

/// <summary>The cost of carbon of metal on its way into the Union, for who buys or sells it: by its own figures where the reader may see them, beside the default of its origin; and what changes if price, factor or route do.</summary>
public sealed class LandedCosts(RulePacks packs, IOwnedEmissions owned, BrandHandlers brands)
{
    public const int LastYear = 2034;

    /// <summary>Unwrought aluminium, not alloyed, other than slabs: ingots, sows, T-bars.</summary>
    const string Ingot = "76011090";

    /// <summary>Aluminium of a listed brand is primary metal: the route with electrolysis.</summary>
    const string Primary = "K";

    /// <returns>Refused with the field: <c>landed.number</c>, <c>landed.brand</c>, <c>landed.cn</c>, <c>landed.mass</c>, <c>landed.day</c>, <c>landed.range</c>, <c>landed.path</c>, and what Passport says of a document.</returns>
    public async Task<Answer<LandedCost>> Of(DbSession s, LandedQuestion q, CancellationToken ct)
    {
        if (Check(q) is { Count: > 0 } wrong) return wrong;
        var on = q.On ?? s.Today();
        string? name = null, cn = q.Cn, origin = q.Origin?.ToUpperInvariant(), route = q.Route;
        OwnedEmissions? figures = null;
        decimal? massT = q.MassT;
        if (q.Number is { } number)
        {
            var found = await owned.Find(s, OwnedDocument.Certificate, number, s.Today(), ct);
            if (!found.Ok && found.Refusals[0].Code == "access.not-visible") found = await owned.Find(s, OwnedDocument.Warrant, number, s.Today(), ct);
            if (!found.Ok) return Answer<LandedCost>.From(found.Refusals.Select(r => r with { Field = "number" }).ToList());
            figures = found.Value;
            (name, origin, massT) = (figures.Number, origin ?? figures.Country, massT ?? figures.NetKg / 1000);
            if (figures.Metal == "AL") (cn, route) = (cn ?? Ingot, route ?? Primary);
        }
        else if (q.Brand is { } code)
        {
            if (await brands.Find(s, code.ToUpperInvariant(), null, ct) is not { } brand) return Refusal.NotFound("landed.brand", "brand");
            (name, origin) = (brand.Code, origin ?? brand.Country);
            if (brand.Metal == "AL") (cn, route) = (cn ?? Ingot, route ?? Primary);
        }
        if (cn is null) return Refusal.Of("landed.cn", "cn");
        var rules = CbamRules.Of(packs);
        var scenario = new CbamScenario(q.Cscf, PriceEur: q.PriceEur, FactorPath: q.FactorPath, Route: null);
        var line = new LineCase(cn, origin, massT ?? 1, on, Route: route);
        // The figures of a document count only where somebody verified them with reasonable assurance: others are no actual data.
        var see = q.EmbeddedTco2ePerT ?? (figures is { Verification: "reasonable" } ? figures.DirectTco2ePerT : null);
        var actual = see is { } known ? line with { Actual = new ActualData(route, known) } : null;
        LineSteps byDefault = new(), byActual = new();
        var standard = Obligations.Evaluate(rules, line, scenario, byDefault);
        var own = actual is null ? null : Obligations.Evaluate(rules, actual, scenario, byActual);
        var price = q.PriceEur ?? standard.PriceEur ?? rules.Prices.LatestUntil(on)?.PriceEur;
        return new LandedCost(name, cn, origin, line.MassT, on, route, figures?.Verification, figures?.Verifier, figures?.ReportYear, standard, own, byDefault.Taken, byActual.Taken, Years(rules, line, actual, scenario with { PriceEur = price }), price);
    }

    static List<LandedYear> Years(CbamRules rules, LineCase line, LineCase? actual, CbamScenario scenario) =>
        [.. Enumerable.Range(2026, LastYear - 2025).Select(y => new LandedYear(y, Obligations.Evaluate(rules, In(line, y), scenario), actual is null ? null : Obligations.Evaluate(rules, In(actual, y), scenario)))];

    static LineCase In(LineCase line, int year) => line with { ImportedOn = new LocalDate(year, 6, 30) };

    static List<Refusal> Check(LandedQuestion q)
    {
        var wrong = new List<Refusal>();
        if (q.MassT is <= 0 or > 10_000_000) wrong.Add(Refusal.Of("landed.mass", "massT"));
        if (q.On is { } on && (on.Year < 2026 || on.Year > LastYear)) wrong.Add(Refusal.Of("landed.day", "on", ("first", "2026"), ("last", $"{LastYear}")));
        foreach (var (field, value, most) in new[] { ("embeddedTco2ePerT", q.EmbeddedTco2ePerT, 100m), ("priceEur", q.PriceEur, 10_000m), ("cscf", q.Cscf, 1m) })
            if (value < 0 || value > most) wrong.Add(Refusal.Of("landed.range", field, ("most", DecimalText.Write(most))));
        if (q.FactorPath is not (DueRules.Law or DueRules.Proposal616)) wrong.Add(Refusal.Of("landed.path", "factorPath", ("given", q.FactorPath)));
        if (q.Cn is { } cn && (cn.Length is not (8 or 10) || !cn.All(char.IsAsciiDigit))) wrong.Add(Refusal.Of("landed.cn", "cn"));
        return wrong;
    }
}
