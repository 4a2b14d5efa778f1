using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Footprint.EnergyCertificates;

public enum EnergyKind { Hydro, Wind, Solar, Biomass, Geothermal, Nuclear, Other }

public enum BlockState
{
    /// <summary>Written down, and not answered by the Book yet.</summary>
    Pending,
    Registered,
    /// <summary>The Book said no; nothing is held.</summary>
    Refused,
}

public enum UseState { Pending, Cancelled, Refused }

/// <summary>Certificates of one megawatt-hour each, numbered without a gap.</summary>
/// <param name="Registry">Of <see cref="EnergyRules.Registries"/>.</param>
/// <param name="Prefix">What stands before the number on each of them; empty where nothing does. Numbers are unique behind one prefix of one registry.</param>
/// <param name="FactorTPerMwh">Emissions of the production, t CO2/MWh: 0 to 10.</param>
/// <param name="ProducedFrom">First day of the production; within one calendar year with <paramref name="ProducedTo"/>.</param>
/// <param name="Issuer">Body that issued them.</param>
/// <param name="Country">Where it was produced, two letters.</param>
public sealed record NewEnergyBlock(string Registry, string? Prefix, long FirstNo, long LastNo, EnergyKind Kind, decimal FactorTPerMwh, LocalDate ProducedFrom, LocalDate ProducedTo, string Issuer, string Country);

/// <param name="Mwh">How many there are.</param>
/// <param name="UsedMwh">Of them cancelled, or about to be.</param>
public sealed record EnergyBlock(Guid Id, Guid FacilityId, Guid OperatorId, string Registry, string Prefix, long FirstNo, long LastNo, EnergyKind Kind, decimal FactorTPerMwh, LocalDate ProducedFrom, LocalDate ProducedTo, string Issuer, string Country, BlockState State, string? BookCode,
    long UsedMwh, Guid RegisteredBy, Instant RegisteredAt)
{
    public long Mwh => LastNo - FirstNo + 1;
}

/// <summary>Numbers of a block to cancel for a report's period.</summary>
public sealed record NewEnergyUse(Guid ReportId, long FirstNo, long LastNo);

/// <summary>Certificates cancelled for the period of a report; never undone.</summary>
public sealed record EnergyUse(Guid Id, Guid BlockId, Guid ReportId, Guid FacilityId, LocalDate PeriodFrom, LocalDate PeriodTo, string Registry, string Prefix, long FirstNo, long LastNo, decimal FactorTPerMwh, UseState State, string? BookCode, Guid UsedBy, Instant UsedAt)
{
    public long Mwh => LastNo - FirstNo + 1;
}

/// <summary>What a block must be. Pure.</summary>
static class EnergyRules
{
    public const long MostMwh = 10_000_000, LargestNo = 999_999_999_999_999_999;

    /// <summary>Registries whose certificates are taken: guarantees of origin (GO), I-REC, green electricity certificates of China (GEC), renewable energy certificates of North America (REC).</summary>
    public static IReadOnlyList<string> Registries { get; } = ["GO", "I-REC", "GEC", "REC"];

    public static IReadOnlyList<Refusal> Check(NewEnergyBlock b, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (!Registries.Contains(b.Registry)) wrong.Add(Refusal.Of("calc.not-a-choice", "registry", ("field", "registry"), ("given", b.Registry ?? ""), ("known", string.Join(", ", Registries))));
        if (b.Prefix is { } prefix && (prefix.Length > 30 || prefix.Any(c => c is <= ' ' or > '~'))) wrong.Add(Refusal.Of("energy.prefix", "prefix", ("most", "30")));
        if (b.FirstNo is < 1 or > LargestNo) wrong.Add(Refusal.Of("energy.number", "firstNo", ("given", $"{b.FirstNo}"), ("limit", $"{LargestNo}")));
        if (b.LastNo < b.FirstNo || b.LastNo > LargestNo || b.FirstNo >= 1 && b.LastNo - b.FirstNo >= MostMwh) wrong.Add(Refusal.Of("energy.range", "lastNo", ("most", $"{MostMwh}")));
        if (!Enum.IsDefined(b.Kind)) wrong.Add(Refusal.Of("request.word-unknown", "kind", ("given", $"{b.Kind}")));
        if (b.FactorTPerMwh is < 0 or > 10) wrong.Add(Refusal.Of("calc.above-maximum", "factorTPerMwh", ("field", "factorTPerMwh"), ("given", DecimalText.Write(b.FactorTPerMwh)), ("limit", "10")));
        else if (DecimalText.Trim(b.FactorTPerMwh).Scale > 6) wrong.Add(Refusal.Of("energy.factor-places", "factorTPerMwh", ("given", DecimalText.Write(b.FactorTPerMwh))));
        if (b.ProducedTo < b.ProducedFrom || b.ProducedTo.Year != b.ProducedFrom.Year) wrong.Add(Refusal.Of("energy.production-year", "producedTo"));
        if (b.ProducedTo > today) wrong.Add(Refusal.Of("energy.production-later", "producedTo", ("today", today.ToString("uuuu-MM-dd", null))));
        Texts.Check(b.Issuer, "issuer", 200, wrong);
        if (!CountryCode.IsAssigned(b.Country)) wrong.Add(Refusal.Of("facility.country", "country", ("given", b.Country ?? "")));
        return wrong;
    }

    /// <summary>Whether numbers of a block may be cancelled for a period: they lie in it, it is registered, and it was produced in a calendar year the period lies in.</summary>
    public static IReadOnlyList<Refusal> Check(EnergyBlock block, NewEnergyUse use, LocalDate periodFrom, LocalDate periodTo)
    {
        var wrong = new List<Refusal>();
        if (block.State != BlockState.Registered) wrong.Add(Refusal.Conflict("energy.not-registered", "id", ("state", block.State.ToString())));
        if (use.FirstNo < block.FirstNo || use.LastNo > block.LastNo || use.LastNo < use.FirstNo) wrong.Add(Refusal.Of("energy.outside-block", "firstNo", ("first", $"{block.FirstNo}"), ("last", $"{block.LastNo}")));
        if (block.ProducedFrom.Year < periodFrom.Year || block.ProducedTo.Year > periodTo.Year) wrong.Add(Refusal.Of("energy.other-year", "id", ("produced", $"{block.ProducedFrom.Year}"), ("from", $"{periodFrom.Year}"), ("to", $"{periodTo.Year}")));
        return wrong;
    }
}
