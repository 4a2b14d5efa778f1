using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

/// <summary>What a declaration says, out of the lines of its year as they stand.</summary>
public sealed class DeclarationDrafting(IDeskRules rules, ThresholdWatch watch, RulePacks packs)
{
    internal async Task<DeclarationContent> Content(DbSession s, Declarant declarant, int year, CancellationToken ct)
    {
        var limits = DeskLimits.Of(packs);
        var sums = new DeclarationSums(limits);
        await LineStore.EachOfYear(s, declarant.OrganisationId, year, l => sums.Add(l, rules.Outcome(l, l.Basis)), ct);
        return sums.Content(declarant, year, watch.Exceeds(sums.CountedKg, year));
    }
}

/// <summary>Adds up a declaration line by line without rounding; certificates are made whole once, for the year. Of more lines than a declaration may list, the rest is in the sums and counted. Not thread-safe.</summary>
sealed class DeclarationSums(DeskLimits limits)
{
    readonly List<DeclaredLine> lines = [];
    readonly Dictionary<(string Cn, string Origin), Good> goods = [];
    int exempt, outOfScope, unlisted;

    /// <summary>Mass that counts towards the threshold.</summary>
    public decimal CountedKg { get; private set; }

    public void Add(ImportLine line, LineOutcome o)
    {
        if (lines.Count < limits.MostDeclaredLines)
            lines.Add(new(line.Id, line.Mrn, line.Item, line.Cn, line.Origin, line.NetMassKg, line.ReleasedOn, line.Basis, line.LinkName, line.Basis == LineBasis.Actual ? line.Figures?.Verifier : null, o.Status, o.EmbeddedTco2ePerT, o.FreeAllocationTco2ePerT,
                o.EmbeddedTco2e, o.Certificates, line.Basis == LineBasis.Actual ? line.Figures?.Precursors : null));
        else unlisted++;
        if (line.Scope == GoodScope.ExemptOrigin) exempt++;
        if (line.Scope == GoodScope.OutOfScope) outOfScope++;
        if (line.Scope != GoodScope.InScope) return;
        if (line.CountsMass) CountedKg += line.NetMassKg;
        if (!goods.TryGetValue((line.Cn, line.Origin), out var good)) goods[(line.Cn, line.Origin)] = good = new(line.CountsMass);
        good.Lines++;
        good.MassKg += line.NetMassKg;
        good.Embedded += o.EmbeddedTco2e ?? 0;
        good.Free += o.FreeAllocationTco2e ?? 0;
        good.Certificates += o.Certificates ?? 0;
        if (o.Certificates is null) good.Undetermined++;
    }

    public DeclarationContent Content(Declarant declarant, int year, bool aboveThreshold)
    {
        // Below the threshold only goods that do not count towards it are declared: hydrogen and electricity (Article 2a).
        var due = goods.Where(g => aboveThreshold || !g.Value.CountsMass).OrderBy(g => g.Key.Cn, StringComparer.Ordinal).ThenBy(g => g.Key.Origin, StringComparer.Ordinal).ToList();
        var declared = due.Select(g => new DeclaredGood(g.Key.Cn, g.Key.Origin, g.Value.MassKg, g.Value.Lines, g.Value.Undetermined, g.Value.Embedded, g.Value.Certificates)).ToList();
        var certificates = declared.Sum(g => g.Certificates);
        return new(year, declarant.Eori, declarant.MemberState, declarant.AccountNumber, declared.Sum(g => g.MassKg), aboveThreshold, declared, lines, declared.Sum(g => g.EmbeddedTco2e), due.Sum(g => g.Value.Free), certificates, limits.Whole(certificates),
            declared.Sum(g => g.Undetermined), exempt, outOfScope, unlisted);
    }

    sealed class Good(bool countsMass)
    {
        public bool CountsMass => countsMass;
        public int Lines, Undetermined;
        public decimal MassKg, Embedded, Free, Certificates;
    }
}
