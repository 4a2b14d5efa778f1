using NodaTime;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.QReport;
using Verdigris.Footprint;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

/// <summary>What the quarterly report asks and the lines do not say.</summary>
/// <param name="City">Of the declarant's address.</param>
/// <param name="Signature">Name of who signs, with <paramref name="Place"/> and <paramref name="Position"/>.</param>
public sealed record QuarterSigning(string City, string Place, string Signature, string Position);

/// <summary>The quarterly report of the transitional period out of the customs lines of a quarter (Implementing Regulation (EU) 2023/1773), as XML the Commission's schema allows.</summary>
public sealed class QuarterReports(IDeskRules rules, QReportFile files, IVerifierRegister organisations)
{
    /// <summary>Codes as samples show them; the official lists were not at hand: methodology, declarant's role, electricity source, unit of specific emissions, determination by actual data and by default value.</summary>
    const string Methodology = "TOM01", DeclarantRole = "01", Electricity = "SOE03", Unit = "EMU1", Actual = "01", ByDefault = "02";

    /// <summary>Lines of one quarter the report is put together from, in memory.</summary>
    const int MostLines = 100_000;

    /// <summary>The file; refused by field where the schema does not allow it, and by line where a value is missing: <c>quarter.nothing</c>, <c>quarter.too-many-lines</c>, <c>quarter.procedure</c>, <c>quarter.no-value</c>.</summary>
    public async Task<Answer<byte[]>> Write(DbSession s, int year, int quarter, QuarterSigning signing, CancellationToken ct)
    {
        var own = await DeclarantHandlers.Writing(s, ct);
        if (!own.Ok) return Answer<byte[]>.From(own.Refusals);
        if (quarter is < 1 or > 4 || (year, quarter).CompareTo((2023, 4)) < 0 || year > 2025) return Refusal.Of("qreport.period", "quarter", ("given", $"Q{quarter} {year}"));
        var wrong = new List<Refusal>();
        foreach (var (field, text, most) in new[] { ("city", signing.City, 70), ("place", signing.Place, 70), ("signature", signing.Signature, 70), ("position", signing.Position, 70) }) Given.Text(text, field, most, wrong);
        if (wrong.Count > 0) return wrong;
        var from = new LocalDate(year, (quarter * 3) - 2, 1);
        var lines = new List<ImportLine>();
        var count = 0;
        await LineStore.Each(s, s.Actor.OrganisationId, from, from.PlusMonths(3), l =>
        {
            if (l.Scope == GoodScope.InScope && count++ < MostLines) lines.Add(l);
        }, ct);
        if (count > MostLines) return Refusal.Conflict("quarter.too-many-lines", "quarter", ("most", $"{MostLines}"), ("given", $"{count}"));
        if (lines.Count == 0) return Refusal.Conflict("quarter.nothing", "quarter", ("quarter", $"Q{quarter} {year}"));
        var goods = new List<ImportedGood>();
        foreach (var group in lines.GroupBy(l => (l.Cn, l.Origin)).OrderBy(g => g.Key.Cn, StringComparer.Ordinal).ThenBy(g => g.Key.Origin, StringComparer.Ordinal)) goods.Add(Good(goods.Count + 1, [.. group], wrong));
        if (wrong.Count > 0) return wrong;
        var name = (await organisations.Find(s, s.Actor.OrganisationId, ct))?.Name ?? own.Value.Eori;
        return files.Write(new(s.Now, null, $"Q{quarter}", year, new(own.Value.Eori, name, DeclarantRole, new(null, signing.City.Trim(), null, null, null, null, null)), null, null,
            new(new(true, true, signing.Place.Trim(), signing.Signature.Trim(), signing.Position.Trim()), null), null, goods));
    }

    ImportedGood Good(int number, List<ImportLine> lines, List<Refusal> wrong)
    {
        var first = lines[0];
        var byProcedure = lines.GroupBy(l => l.Procedure ?? "").OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        if (byProcedure.FirstOrDefault(g => g.Key.Length < 4) is { } none) wrong.Add(Refusal.Conflict("quarter.procedure", "lines", ("mrn", none.First().Mrn)));
        var emissions = new List<GoodsEmissions>();
        // One entry for each set of figures: two consignments of one supplier may rest on different reports.
        foreach (var group in lines.GroupBy(l => l.Basis == LineBasis.Actual ? $"{l.LinkId} {StorageJson.Write(l.Figures)}" : null))
            if (Emissions(emissions.Count + 1, [.. group]) is { } found) emissions.Add(found);
            else wrong.Add(Refusal.Conflict("quarter.no-value", "lines", ("mrn", group.First().Mrn), ("cn", first.Cn)));
        return new(number, null, null, new(first.Cn[..6], first.Cn, new(null)), new(first.Origin),
            [.. byProcedure.Select((g, i) => new ImportedQuantity(i + 1, new(Part(g.Key, 0), Part(g.Key, 2), []), new("EU"), [new(0, Mass(g), null, QReportTotals.Kilograms)], null))],
            new(Mass(lines), null, QReportTotals.Kilograms), [], null, emissions);
    }

    /// <summary>Actual figures of one document or supplier, or world default values; null where neither is there.</summary>
    GoodsEmissions? Emissions(int number, List<ImportLine> lines)
    {
        var first = lines[0];
        var (determination, direct, indirect) = first.Basis == LineBasis.Actual ? (Actual, first.Figures?.Whole.Direct, first.Figures?.Whole.Indirect)
            : rules.Transitional(first.Cn) is { } printed ? (ByDefault, printed.Direct, printed.Indirect) : (ByDefault, null, (decimal?)null);
        if (direct is not { } d || indirect is not { } i) return null;
        return new(number, first.Origin, null, null, new(Mass(lines), null, QReportTotals.Kilograms), new(determination, null, Methodology, null, Places(d), null, null, null, null, null, Unit, null, null),
            new(determination, null, null, Places(i), Unit, null, Electricity, null, null), null, [], [], []);
    }

    static decimal Mass(IEnumerable<ImportLine> lines) => lines.Sum(l => l.NetMassKg);

    /// <summary>At most seven decimals, as the schema has them; half to even.</summary>
    static decimal Places(decimal value) => DecimalText.Trim(Math.Round(value, 7, MidpointRounding.ToEven));

    static string Part(string procedure, int at) => procedure.Length >= at + 2 ? procedure.Substring(at, 2) : "";
}
