using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days;

/// <summary>
/// The clearing day: twelve steps in their order, each taken once. It runs until it is done or until a step has to wait for somebody; run again it goes on from there, also after a crash in the middle of a step. One day is finished before the next begins.
/// </summary>
public sealed class ClearingPipeline
{
    const string Columns = "day, step, waiting::text, started_at, finished_at, report::text, report_sha256";

    readonly IDbSessions sessions;
    readonly IReadOnlyList<IClearingStep> steps;

    readonly ContractSet contracts;
    readonly FloorTrades floor;

    internal ClearingPipeline(IDbSessions sessions, ContractSet contracts, FloorTrades floor, IEnumerable<IClearingStep> steps)
    {
        (this.sessions, this.contracts, this.floor) = (sessions, contracts, floor);
        this.steps = [.. steps.OrderBy(s => s.Step)];
        if (!this.steps.Select(s => s.Step).SequenceEqual(Enum.GetValues<ClearingStep>())) throw new ArgumentException("Every step once.", nameof(steps));
    }

    /// <summary>Told before and after each step; a test ends the run there as a crash would.</summary>
    internal Action<LocalDate, ClearingStep, bool>? Passing { get; set; }

    /// <summary>
    /// Runs a day as far as it goes. Refuses <c>clearing.day-order</c> (an earlier day is not done or has trades that are not cleared, or a later one is begun), <c>clearing.day-future</c>, and <c>clearing.running</c> (somebody runs it now); what a step waits for stands in the day.
    /// </summary>
    public async Task<Answer<ClearingDayView>> Run(DbSession caller, LocalDate day, CancellationToken ct)
    {
        if (!caller.Actor.Is(Role.System) && Allow.Role(caller.Actor, Role.ClearingOfficer) is { } no) return no;
        if (day > caller.Today()) return Refusal.Of("clearing.day-future", "day", ("today", $"{caller.Today():uuuu-MM-dd}"));
        // The work reaches every member's rows; the name in the trail is the caller's.
        await using var s = sessions.Open(caller.Actor with { Roles = new HashSet<string>(caller.Actor.Roles) { Role.System } });
        var taken = await ClearingLock.Holding(s, "day", () => AsFarAsItGoes(s, day, ct), ct);
        return taken.Ok ? (await Read(caller, day, ct))! : Answer<ClearingDayView>.From(taken.Refusals);
    }

    async Task<Answer<Done>> AsFarAsItGoes(DbSession s, LocalDate day, CancellationToken ct)
    {
        // What the floor has told so far says which days there are to clear; what keeps it from being read the first step says.
        await floor.CatchUp(s, ct);
        var opened = await s.InTransaction<Done>(async t =>
        {
            if (await s.Value<bool>("select exists (select from market.clearing_day where (day < $1 and step < 13) or day > $1)", t, day)) return Refusal.Conflict("clearing.day-order", "day", ("day", $"{day:uuuu-MM-dd}"));
            // Prices, notices and ends of a day belong to it: one with trades is not passed over. Trades that stand on a day without sessions go with the next.
            if ((await ClearingTrades.Uncleared(s, day.PlusDays(-1), t)).Any(x => contracts.Find(Series.Read(x.Series).Value.Contract) is { } contract && Sessions.OfDay(contracts, contract, x.Day) is { Ok: true, Value.Count: > 0 })) return Refusal.Conflict("clearing.day-order", "day", ("day", $"{day:uuuu-MM-dd}"));
            if (await s.Run("insert into market.clearing_day (day, started_at, started_by) values ($1, $2, $3) on conflict do nothing", t, day, s.Now, s.Actor.PersonId) == 1)
                await s.Audit(new AuditEntry("market-clearing.started", "market-clearing", $"{day:uuuu-MM-dd}"), t);
            return default(Done);
        }, ct);
        if (!opened.Ok) return opened;
        var work = new DayWork(s, day, await s.One("select day from market.clearing_day where day < $1 order by day desc limit 1", r => new Before(r.Day(0)), ct, day) is { } before ? before.Day : null);
        while (await Find(s, day, ct) is { Step: { } next })
        {
            Passing?.Invoke(day, next, false);
            var answer = await steps[(int)next - 1].Do(work, ct);
            if (!answer.Ok)
            {
                await s.Run("update market.clearing_day set waiting = $2 where day = $1", ct, day, new Json(StorageJson.Write(answer.Refusals)));
                break;
            }
            Passing?.Invoke(day, next, true);
            await Taken(s, day, next, answer.Value, ct);
        }
        return default(Done);
    }

    /// <summary>A day with its steps; null where it was never begun. Whom and what it waits for only the exchange is told: a member sees the kinds of reasons.</summary>
    public static async Task<ClearingDayView?> Read(DbSession s, LocalDate? day, CancellationToken ct) =>
        await s.One($"select {Columns} from market.clearing_day where $1::date is null or day = $1 order by day desc limit 1", Map, ct, day) is { } found ? new(Told(s, found), await Steps(s, found.Day, ct)) : null;

    /// <summary>Days, the newest first; of what they wait for as <see cref="Read"/>.</summary>
    public static async Task<List<ClearingDay>> List(DbSession s, int limit, CancellationToken ct) => [.. (await s.All($"select {Columns} from market.clearing_day order by day desc limit $1", Map, ct, limit)).Select(d => Told(s, d))];

    /// <summary>Whether somebody is of the exchange, as the rows' own policies ask it.</summary>
    public static bool OfExchange(Actor actor) => actor.Is(Role.System) || actor.Is(Role.MarketOperator) || actor.Is(Role.ClearingOfficer) || actor.Is(Role.ExchangeStaff);

    /// <summary>Which account has not got how much is nobody's business but its own and the exchange's.</summary>
    static ClearingDay Told(DbSession s, ClearingDay day) => OfExchange(s.Actor) ? day : day with { Waiting = [.. day.Waiting.DistinctBy(r => r.Code).Select(r => r with { Args = null })] };

    /// <summary>The newest day that was begun; null where none was.</summary>
    internal static Task<ClearingDay?> Newest(DbSession s, CancellationToken ct) => s.One($"select {Columns} from market.clearing_day order by day desc limit 1", Map, ct);

    static Task Taken(DbSession s, LocalDate day, ClearingStep step, JsonObject summary, CancellationToken ct) => s.InTransaction(async t =>
    {
        await s.Run("insert into market.clearing_step (day, step, finished_at, summary) values ($1, $2, $3, $4) on conflict do nothing", t, day, (short)step, s.Now, new Json(summary.ToJsonString()));
        await s.Run("update market.clearing_day set step = step + 1, waiting = null, finished_at = case when step = 12 then $3 end where day = $1 and step = $2", t, day, (short)step, s.Now);
        await s.Audit(new AuditEntry(step == ClearingStep.Report ? "market-clearing.finished" : "market-clearing.step", "market-clearing", $"{day:uuuu-MM-dd}", Details: new { step }), t);
    }, ct);

    static Task<ClearingDay?> Find(DbSession s, LocalDate day, CancellationToken ct) => s.One($"select {Columns} from market.clearing_day where day = $1", Map, ct, day);

    static Task<List<TakenStep>> Steps(DbSession s, LocalDate day, CancellationToken ct) =>
        s.All("select step, finished_at, summary::text from market.clearing_step where day = $1 order by step", r => new TakenStep((ClearingStep)r.GetInt16(0), r.Time(1), JsonNode.Parse(r.GetString(2))!.AsObject()), ct, day);

    static ClearingDay Map(NpgsqlDataReader r) => new(r.Day(0), r.GetInt16(1) == 13 ? null : (ClearingStep)r.GetInt16(1), r.Text(2) is { } waiting ? StorageJson.Read<List<Refusal>>(waiting) : [], r.Time(3), r.MaybeTime(4), r.Text(5) is { } report ? JsonNode.Parse(report)!.AsObject() : null, r.Text(6));

    sealed record Before(LocalDate Day);
}
