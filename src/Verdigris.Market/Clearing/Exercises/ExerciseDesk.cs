using NodaTime;
using Npgsql;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Exercises;

/// <summary>What a holder wants of an option on a day.</summary>
/// <param name="Abandon">Let it lapse though exercise would bring something.</param>
public sealed record ExerciseNotice(Guid Id, LocalDate Day, long Account, string Series, long Lots, bool Abandon, Instant EnteredAt);

/// <summary>Notices of holders: an American option may be exercised on any day, a European one at its end; what is worth a tick or more at its end is exercised by itself unless its holder lets it lapse.</summary>
public sealed class ExerciseDesk(ContractSet contracts, SeriesRegister register, PositionBook positions)
{
    const string Columns = "id, day, account, series, lots, abandon, entered_at";

    /// <summary>
    /// Enters or replaces the notice of a day. Refuses <c>trading.not-found</c>, <c>clearing.series-unknown</c>, <c>clearing.no-option</c>, <c>clearing.not-exercisable</c> (a European option before its end, or letting lapse before it), <c>clearing.cash-settled</c>, <c>clearing.over-position</c> and
    /// <c>clearing.day-closed</c> (the day's exercises are assigned).
    /// </summary>
    public async Task<Answer<ExerciseNotice>> Enter(DbSession s, string account, string series, long lots, bool abandon, LocalDate day, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.MarketTrader, Role.MarketSupervisor) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { } own || own.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        if (await register.Find(s, series, ct) is not { EndedOn: null } known) return Refusal.NotFound("clearing.series-unknown", "series", ("given", series));
        if (known.Series.Strike is null) return Refusal.Of("clearing.no-option", "series", ("series", series));
        var contract = contracts.Find(known.Series.Contract)!;
        // Nobody is asked: what it is worth at its end is paid.
        if (contract.Settlement(day) == SettlementMethod.Cash) return Refusal.Conflict("clearing.cash-settled", "series", ("series", series));
        var atEnd = SeriesDates.EndDay(contracts, contract, known.Series) == day;
        if (!atEnd && (abandon || contract.Row("option", day)?.Text("style") != "american")) return Refusal.Conflict("clearing.not-exercisable", "day", ("series", series));
        var held = positions.Open([new(number, own.OrganisationId)]).GetValueOrDefault((number, known.Number)).Net;
        if (lots < 1 || lots > held) return Refusal.Of("clearing.over-position", "lots", ("held", $"{Math.Max(0, held)}"));
        return await s.InTransaction<ExerciseNotice>(async t =>
        {
            if (await s.Value<bool>("select exists (select from market.clearing_day where day >= $1 and (step > 3 or day > $1))", t, day)) return Refusal.Conflict("clearing.day-closed", "day", ("day", $"{day:uuuu-MM-dd}"));
            await s.Run("""
                insert into market.exercise (id, day, account, organisation_id, series, lots, abandon, entered_by, entered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (day, account, series) do update set lots = $6, abandon = $7, entered_by = $8, entered_at = $9
                """, t, s.NewId(), day, number, own.OrganisationId, series, lots, abandon, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry(abandon ? "market-clearing.abandoned" : "market-clearing.exercised", "market-account", own.Code, Details: new { series, lots, day }), t);
            return (await Of(s, day, t)).First(n => n.Account == number && n.Series == series);
        }, ct);
    }

    public static Task<List<ExerciseNotice>> Of(DbSession s, LocalDate day, CancellationToken ct) => s.All($"select {Columns} from market.exercise where day = $1 order by series, account", Map, ct, day);

    static ExerciseNotice Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.Day(1), r.GetInt64(2), r.GetString(3), r.GetInt64(4), r.GetBoolean(5), r.Time(6));
}
