using System.Globalization;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Imports;

/// <summary>How much of the goods that count came in over a calendar year. Years are never added together.</summary>
/// <param name="MassKg">Of cement, iron and steel, aluminium and fertilisers; hydrogen and electricity do not count.</param>
/// <param name="ThresholdKg">Above it, not at it, all goods of the year are under the measure.</param>
/// <param name="AlertKg">Above it the importer is told, and the registry lists it.</param>
public sealed record MassState(int Year, decimal MassKg, decimal ThresholdKg, decimal AlertKg, string Rule)
{
    public bool Alert => MassKg > AlertKg;
    public bool Exceeded => MassKg > ThresholdKg;
    /// <summary>Per cent of the threshold, two decimals.</summary>
    public decimal SharePercent => Math.Round(MassKg / ThresholdKg * 100, 2, MidpointRounding.ToEven);
}

/// <summary>Watches the yearly mass threshold (Regulation (EU) 2023/956, Article 2a and Annex VII).</summary>
public sealed class ThresholdWatch(IDeskRules rules)
{
    internal bool Exceeds(decimal massKg, int year) => State(year, massKg).Exceeded;

    internal async Task<MassState> Of(DbSession s, Guid organisation, int year, CancellationToken ct) => State(year, await s.Value<decimal>("""
        select coalesce(sum(net_mass_kg), 0) from cbam.customs_line where organisation_id = $1 and withdrawn_at is null and scope = 0 and counts_mass and released_on >= make_date($2, 1, 1) and released_on < make_date($2 + 1, 1, 1)
        """, ct, organisation, year));

    /// <summary>Tells the importer when the alert share is reached and when the threshold is exceeded, each once a year. In the transaction that brought the lines.</summary>
    internal async Task Tell(DbSession s, int year, CancellationToken ct)
    {
        var state = await Of(s, s.Actor.OrganisationId, year, ct);
        var stage = state.Exceeded ? 1 : state.Alert ? 0 : -1;
        if (stage < 0 || await s.Run("insert into cbam.mass_told (organisation_id, year, stage, mass_kg, told_at) values ($1, $2, $3, $4, $5) on conflict do nothing", ct, s.Actor.OrganisationId, year, (short)stage, state.MassKg, s.Now) == 0) return;
        await s.Notify(new Notice(CbamNotices.MassAlert, new NoticeTo(Organisation: s.Actor.OrganisationId, Roles: [Role.OwnerTrader, Role.OwnerApprover]), stage == 1 ? "cbam.notice.mass-exceeded" : "cbam.notice.mass-near",
            new Dictionary<string, string> { ["year"] = year.ToString(CultureInfo.InvariantCulture), ["mass"] = DecimalText.Write(DecimalText.Trim(state.MassKg / 1000)), ["limit"] = DecimalText.Write(DecimalText.Trim(state.ThresholdKg / 1000)) },
            $"/cbam?year={year.ToString(CultureInfo.InvariantCulture)}", "declarant", s.Actor.OrganisationId.ToString()), ct);
    }

    MassState State(int year, decimal massKg)
    {
        var (limitT, alertPercent, rule) = rules.MassLimit(year);
        return new(year, DecimalText.Trim(massKg), limitT * 1000, limitT * 1000 * alertPercent / 100, rule);
    }
}
