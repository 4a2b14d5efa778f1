using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Sourcing;

/// <summary>One country or area of a list, from a day on and up to, not including, another; an open end is null.</summary>
/// <param name="Place">ISO 3166-1 alpha-2, or ISO 3166-2 for an area of a country.</param>
public sealed record CahraArea(string Place, LocalDate From, LocalDate? To, string Source);

/// <summary>A version of a list of conflict-affected and high-risk areas, as somebody issued it on a day.</summary>
/// <param name="ListDate">The version holds from this day until the next one of the same name.</param>
/// <param name="Sha256">Of the file imported, lower-case hexadecimal.</param>
public sealed record CahraList(Guid Id, string Name, string Source, LocalDate ListDate, string Sha256, IReadOnlyList<CahraArea> Areas);

/// <summary>How a flag was decided. Numbers are stored and never change.</summary>
public enum FlagDecision : short { Open = 0, Confirmed = 1, Dismissed = 2 }

/// <summary>A flag the screening found by itself.</summary>
/// <param name="Place">Origin or transit named by the supplier; null where it names none.</param>
/// <param name="Finding">Stable word for why: <c>listed</c>, <c>part-of-listed</c> (an area of a listed country), <c>may-be-listed</c> (only the country is known, an area of it is listed), <c>origin-unknown</c>.</param>
public sealed record FoundFlag(string Flag, string SupplierKey, string? Place, string Finding, Guid? ListId);

/// <summary>A flag somebody raises.</summary>
/// <param name="Evidence">What was found and where, 1-2,000 characters.</param>
/// <param name="EvidenceDay">Day of the supply or fact the flag speaks of.</param>
public sealed record NewFlag(string Flag, string? SupplierKey, string Evidence, LocalDate EvidenceDay);

/// <summary>Pure decisions about red flags.</summary>
public static class FlagRules
{
    internal const string Cahra = "cahra-origin-or-transit", Circumstance = "circumstance";

    /// <summary>The versions that hold on a day: of each name the one with the latest list date not after it.</summary>
    public static IReadOnlyList<CahraList> Holding(IEnumerable<CahraList> lists, LocalDate on) =>
        [.. lists.Where(l => l.ListDate <= on).GroupBy(l => l.Name, StringComparer.Ordinal).Select(g => g.OrderByDescending(l => l.ListDate).First()).OrderBy(l => l.Name, StringComparer.Ordinal)];

    /// <summary>
    /// Location flags of a chain on a day, one for each supplier, place and list, and one where a supplier of primary material names no origin: what is not known is not clean. A
    /// supplier that knows only the country is flagged where an area of that country is listed. Order: suppliers, places, lists.
    /// </summary>
    public static IReadOnlyList<FoundFlag> Screen(SupplyChain chain, IReadOnlyList<CahraList> holding, LocalDate on, Func<string?, bool?> primary)
    {
        var found = new List<FoundFlag>();
        foreach (var supplier in chain.Suppliers)
        {
            if (supplier.Origins is null or { Count: 0 } && primary(supplier.Material) == true) found.Add(new(Circumstance, supplier.Key, null, "origin-unknown", null));
            foreach (var place in (supplier.Origins ?? []).Concat(supplier.Transits ?? []).Distinct(StringComparer.Ordinal))
                foreach (var list in holding)
                    if (Strongest(place, list, on) is { } finding) found.Add(new(Cahra, supplier.Key, place, finding, list.Id));
        }
        return found;
    }

    static string? Strongest(string place, CahraList list, LocalDate on)
    {
        string? finding = null;
        foreach (var area in list.Areas.Where(a => a.From <= on && (a.To is null || on < a.To)))
        {
            if (area.Place == place) return "listed";
            if (place.StartsWith(area.Place + "-", StringComparison.Ordinal)) finding = "part-of-listed";
            else if (area.Place.StartsWith(place + "-", StringComparison.Ordinal)) finding ??= "may-be-listed";
        }
        return finding;
    }

    /// <summary>What is wrong with a flag somebody raises. Where the flag looks back a number of months, the evidence lies in them: after the same day so many months before, up to the assessment's day.</summary>
    public static List<Refusal> Check(NewFlag flag, SupplyChain chain, LocalDate assessmentDay, IReadOnlyList<RuleRow> flags)
    {
        var wrong = new List<Refusal>();
        if (SourcingRules.Find(flags, "flag", flag.Flag) is not { } rule) return [Refusal.Of("sourcing.flag-unknown", "flag", ("given", flag.Flag ?? ""))];
        if (flag.SupplierKey is null ? rule.Text("kind") != "circumstance" : chain.Find(flag.SupplierKey) is null) wrong.Add(Refusal.Of("sourcing.supplier-unknown", "supplierKey", ("given", flag.SupplierKey ?? "")));
        SourcingText.Note(flag.Evidence, "evidence", wrong);
        if (flag.EvidenceDay > assessmentDay) wrong.Add(Refusal.Of("sourcing.evidence-after-assessment", "evidenceDay", ("latest", Text(assessmentDay))));
        else if (rule.IntegerOrNull("within_months") is { } months && flag.EvidenceDay <= assessmentDay.PlusMonths(-months))
            wrong.Add(Refusal.Of("sourcing.evidence-too-old", "evidenceDay", ("after", Text(assessmentDay.PlusMonths(-months))), ("months", months.ToString(CultureInfo.InvariantCulture))) with { Rule = rule.Source.Citation });
        return wrong;
    }

    /// <summary>What is wrong with a decision: it confirms or dismisses, gives its reasons, and names known risks, each once; only a confirmed flag carries risks.</summary>
    public static List<Refusal> CheckDecision(FlagDecision decision, IReadOnlyList<string>? risks, string? reason, IReadOnlyList<RuleRow> known)
    {
        var wrong = new List<Refusal>();
        if (decision is not (FlagDecision.Confirmed or FlagDecision.Dismissed)) wrong.Add(Refusal.Of("sourcing.decision-missing", "decision"));
        SourcingText.Note(reason, "reason", wrong);
        var given = risks ?? [];
        for (var i = 0; i < given.Count; i++)
            if (SourcingRules.Find(known, "risk", given[i]) is null || given.Take(i).Contains(given[i])) wrong.Add(Refusal.Of("sourcing.risk-unknown", $"risks[{i}]", ("given", given[i] ?? "")));
        if (decision == FlagDecision.Dismissed && given.Count > 0) wrong.Add(Refusal.Of("sourcing.risk-of-dismissed-flag", "risks"));
        return wrong;
    }

    static string Text(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
