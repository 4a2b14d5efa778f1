using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

/// <summary>What a declaration says, out of the lines of its year as they stand.</summary>
public sealed class DeclarationDrafting(IDeskRules rules, ThresholdWatch watch, RulePacks packs)
{
    internal async Task<DeclarationContent> Content(DbSession s, Declarant declarant, int year, CancellationToken ct)
    {
        var lines = await LineStore.OfYear(s, declarant.OrganisationId, year, ct);
        return Of(declarant, year, [.. lines.Select(l => new LineView(l, rules.Outcome(l, l.Basis)))], watch.Exceeds(lines.Where(l => l is { Scope: GoodScope.InScope, CountsMass: true }).Sum(l => l.NetMassKg), year), DeskLimits.Of(packs));
    }

    /// <summary>Adds up without rounding; certificates are made whole once, for the year.</summary>
    internal static DeclarationContent Of(Declarant declarant, int year, IReadOnlyList<LineView> lines, bool aboveThreshold, DeskLimits limits)
    {
        var declared = lines.Select(v => new DeclaredLine(v.Line.Id, v.Line.Mrn, v.Line.Item, v.Line.Cn, v.Line.Origin, v.Line.NetMassKg, v.Line.ReleasedOn, v.Line.Basis, v.Line.LinkName, v.Line.Basis == LineBasis.Actual ? v.Line.Figures?.Verifier : null, v.Outcome.Status,
            v.Outcome.EmbeddedTco2ePerT, v.Outcome.FreeAllocationTco2ePerT, v.Outcome.EmbeddedTco2e, v.Outcome.Certificates,
            v.Line.Basis == LineBasis.Actual ? v.Line.Figures?.Precursors : null)).ToList();
        // Below the threshold only goods that do not count towards it are declared: hydrogen and electricity (Article 2a).
        var inScope = lines.Where(v => v.Line.Scope == GoodScope.InScope && (aboveThreshold || !v.Line.CountsMass)).ToList();
        var goods = inScope.GroupBy(v => (v.Line.Cn, v.Line.Origin)).OrderBy(g => g.Key.Cn, StringComparer.Ordinal).ThenBy(g => g.Key.Origin, StringComparer.Ordinal)
            .Select(g => new DeclaredGood(g.Key.Cn, g.Key.Origin, g.Sum(v => v.Line.NetMassKg), g.Count(), g.Count(v => v.Outcome.Certificates is null), g.Sum(v => v.Outcome.EmbeddedTco2e ?? 0), g.Sum(v => v.Outcome.Certificates ?? 0))).ToList();
        var certificates = goods.Sum(g => g.Certificates);
        return new(year, declarant.Eori, declarant.MemberState, declarant.AccountNumber, inScope.Sum(v => v.Line.NetMassKg), aboveThreshold, goods, declared, goods.Sum(g => g.EmbeddedTco2e), inScope.Sum(v => v.Outcome.FreeAllocationTco2e ?? 0), certificates,
            limits.Whole(certificates), goods.Sum(g => g.Undetermined), lines.Count(v => v.Line.Scope == GoodScope.ExemptOrigin), lines.Count(v => v.Line.Scope == GoodScope.OutOfScope));
    }
}
