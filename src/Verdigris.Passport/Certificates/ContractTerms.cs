using NodaTime;

namespace Verdigris.Passport.Certificates;

/// <summary>An edition a contract accepts, and when: the period is half open, null is without end.</summary>
public sealed record QualityPeriod(EditionFacts Edition, LocalDate? From, LocalDate? To);

/// <summary>What the rules read of a contract.</summary>
/// <param name="MinimumCapacityTPerYear">Smallest plant that may list a brand; null where no minimum is known.</param>
public sealed record ContractFacts(string Code, string Metal, IReadOnlyList<string> Shapes, IReadOnlyList<QualityPeriod> Qualities, decimal? MinimumCapacityTPerYear)
{
    public IReadOnlyList<EditionFacts> EditionsOn(LocalDate day) =>
        [.. Qualities.Where(q => (q.From is not { } from || day >= from) && (q.To is not { } to || day < to)).Select(q => q.Edition)];
}

/// <summary>Verdict of an analysis against one edition, as the specification engine gives it.</summary>
public delegate SpecVerdict JudgeAnalysis(string specRef, IReadOnlyList<AnalysisResult> results);

/// <summary>Whether a net weight is within the contract's lot tolerance; null where the contract's tolerance is unknown.</summary>
public delegate bool? JudgeLot(string contract, decimal netKg);

/// <summary>The contracts with their qualities, and the two calculators that judge a certificate against them. Immutable.</summary>
public sealed class ContractTerms(IReadOnlyList<ContractFacts> contracts, JudgeAnalysis judge, JudgeLot judgeLot)
{
    readonly Dictionary<string, ContractFacts> byCode = contracts.ToDictionary(c => c.Code, StringComparer.Ordinal);

    public IReadOnlyList<ContractFacts> All => contracts;
    public ContractFacts? Find(string code) => byCode.GetValueOrDefault(code);
    public SpecVerdict Judge(string specRef, IReadOnlyList<AnalysisResult> results) => judge(specRef, results);
    public bool? LotWithinTolerance(string contract, decimal netKg) => judgeLot(contract, netKg);
}
