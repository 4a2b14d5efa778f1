using NodaTime;
using Npgsql;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>The settlement price of a series on a day.</summary>
public sealed record SettlementPrice(LocalDate Day, string Series, decimal Price, string Rule, bool Final, Instant FixedAt);

/// <summary>An officer's price, waiting for another person or decided.</summary>
/// <param name="State">proposed, accepted or rejected.</param>
public sealed record PriceProposal(Guid Id, LocalDate Day, string Series, decimal Price, string Reason, string State, Guid? TaskId);

/// <summary>The published price of an index as somebody typed it in, waiting for another person or decided.</summary>
/// <param name="Index">Its name in the contracts, or a rate as FX:USD/EUR.</param>
/// <param name="State">proposed, accepted, corrected (accepted, and another counts in its place) or rejected.</param>
/// <param name="Before">Of a correction the price it is to take the place of.</param>
/// <param name="Reason">Of a correction; null of a first price.</param>
/// <param name="ProposedBy">Who typed it in; told to the exchange only, as <paramref name="DecidedBy"/>, the second person, is.</param>
public sealed record IndexProposal(Guid Id, string Index, LocalDate Day, decimal Price, string State, Guid? TaskId, decimal? Before, string? Reason, Guid? ProposedBy, Guid? DecidedBy);

/// <summary>Settlement prices, prices of indices, and the officer's word where no rule gives a price.</summary>
public sealed class PriceHandlers(ContractSet contracts, SeriesRegister register, Approvals approvals)
{
    public const string Task = "market.settlement-price", IndexTask = "market.index-price";

    const string Columns = "id, day, series, price, reason, state, task_id";

    const string IndexColumns = """
        p.id, p.index, p.day, p.price, p.state, p.task_id, (select b.price from market.index_price b where b.index = p.index and b.day = p.day and b.correction = p.correction - 1), p.reason,
        exists (select from market.index_price b where b.index = p.index and b.day = p.day and b.correction > p.correction), p.proposed_by, p.decided_by
        """;

    static readonly ListOrders<SettlementPrice> Orders = new("settlement-prices", "-day", ListKey<SettlementPrice>.Text("series", "series", p => p.Series), ListKey<SettlementPrice>.Day("day", "day", p => p.Day));

    /// <summary>All prices of a day.</summary>
    public static Task<List<SettlementPrice>> Of(DbSession s, LocalDate day, CancellationToken ct) => s.All("select day, series, price, rule, final, fixed_at from market.settlement_price where day = $1 order by series", Map, ct, day);

    /// <summary>Prices of a day, or the newest of each series where none is given, the newest first: series that ended stand behind all others.</summary>
    /// <param name="limit">1-200.</param>
    public static Task<Answer<Page<SettlementPrice>>> List(DbSession s, LocalDate? day, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        var query = new Where();
        if (day is { } one) query.And("day = ", one);
        var rows = day is null ? "(select distinct on (series) day, series, price, rule, final, fixed_at from market.settlement_price order by series, day desc) p" : "market.settlement_price";
        return Orders.Page(s, $"select day, series, price, rule, final, fixed_at from {rows}", query, sort, cursor, limit, Map, ct);
    }

    /// <summary>One of the exchange proposes a price with a reason, another decides in the inbox. Refuses <c>clearing.series-unknown</c>, <c>contract.price-off-tick</c>, <c>clearing.price-fixed</c> (the day has one already) and <c>clearing.price-proposed</c>.</summary>
    public async Task<Answer<PriceProposal>> Propose(DbSession s, LocalDate day, string series, decimal price, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        if (await register.Find(s, series, ct) is not { } known) return Refusal.NotFound("clearing.series-unknown", "series", ("given", series));
        if (contracts.Find(known.Series.Contract)!.Ticks(price, day) is { Ok: false } off) return Answer<PriceProposal>.From(off.Refusals);
        if (await s.Value<bool>("select exists (select from market.settlement_price where day = $1 and series = $2)", ct, day, series)) return Refusal.Conflict("clearing.price-fixed", "series", ("series", series));
        var id = s.NewId();
        try
        {
            return await s.InTransaction<PriceProposal>(async t =>
            {
                await s.Run("insert into market.price_proposal (id, day, series, price, reason, state, proposed_by, proposed_at) values ($1, $2, $3, $4, $5, 0, $6, $7)", t, id, day, series, price, words, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, $"/market/clearing/{day:uuuu-MM-dd}", t, ("series", series), ("price", DecimalText.Write(price)), ("day", $"{day:uuuu-MM-dd}"));
                await s.Run("update market.price_proposal set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-clearing.price-proposed", "market-clearing", $"{day:uuuu-MM-dd}", words, new { series, price }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "price_proposal_once") { return Refusal.Conflict("clearing.price-proposed", "series", ("series", series)); }
    }

    public static Task<List<PriceProposal>> Proposals(DbSession s, LocalDate day, CancellationToken ct) => s.All($"select {Columns} from market.price_proposal where day = $1 order by proposed_at", MapProposal, ct, day);

    internal static async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { State: "proposed" } known) return Refusal.Conflict("clearing.price-decided", "id");
        // The day went on meanwhile: a price that nobody will look at is not agreed to.
        if (await s.Value<bool>("select exists (select from market.settlement_price where day = $1 and series = $2)", ct, known.Day, known.Series)) return Refusal.Conflict("clearing.price-fixed", "series", ("series", known.Series));
        await s.Run("update market.price_proposal set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-clearing.price-accepted", "market-clearing", $"{known.Day:uuuu-MM-dd}", Details: new { known.Series, known.Price }), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> Reject(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.price_proposal set state = 2, decided_by = nullif($2::uuid, proposed_by) where id = $1 and state = 0", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-clearing.price-rejected", "market-clearing", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>
    /// One of the exchange types in what was published of an index on a day, another who has looked at it decides in the inbox; only then it counts. Refuses <c>clearing.index-unknown</c> (no contract is settled by it), <c>clearing.index-price</c>, <c>clearing.index-not-expected</c>,
    /// <c>clearing.index-entered</c> and <c>clearing.index-proposed</c>.
    /// </summary>
    public async Task<Answer<IndexProposal>> ProposeIndex(DbSession s, string index, LocalDate day, decimal price, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        if (!IsRate(index) && !contracts.All.Any(c => c.AllRows("settlement").Any(r => r.TextOrNull("index") == index))) return Refusal.NotFound("clearing.index-unknown", "index", ("given", index));
        if (price <= 0 || day > s.Today()) return Refusal.Of("clearing.index-price", "price");
        // Where every contract of the index says when it is published, what was published on another day is a slip of the pen.
        if (!IsRate(index) && contracts.All.Where(c => c.Rows("settlement", day).Any(r => r.TextOrNull("index") == index)).Select(c => FinalSettlement.Expects(contracts, c, day)).ToList() is { Count: > 0 } said && said.TrueForAll(x => x == false)) return Refusal.Of("clearing.index-not-expected", "day", ("index", index), ("day", $"{day:uuuu-MM-dd}"));
        var id = s.NewId();
        try
        {
            return await s.InTransaction<IndexProposal>(async t =>
            {
                await HeldFinals.Lock(s, t);
                if (await Entered(s, index, day, t)) return Refusal.Conflict("clearing.index-entered", "day", ("index", index));
                await s.Run("insert into market.index_proposal (id, index, day, price, state, proposed_by, proposed_at) values ($1, $2, $3, $4, 0, $5, $6)", t, id, index, day, price, s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, IndexTask, id, s.Actor.OrganisationId, Role.ClearingOfficer, "/market/clearing", t, ("index", index), ("price", DecimalText.Write(price)), ("day", $"{day:uuuu-MM-dd}"));
                await s.Run("update market.index_proposal set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-clearing.index-proposed", "market-clearing", $"{day:uuuu-MM-dd}", Details: new { index, price }), t);
                return (await FindIndex(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "index_proposal_once") { return Refusal.Conflict("clearing.index-proposed", "day", ("index", index)); }
    }

    /// <summary>Prices of indices that wait for a second person, and the newest that were decided; who does not clear sees those that count.</summary>
    public static Task<List<IndexProposal>> IndexProposals(DbSession s, CancellationToken ct) => s.All($"select {IndexColumns} from market.index_proposal p where $1 or p.state = 1 order by p.state, p.proposed_at desc limit 100", r => s.Actor.Is(Role.ClearingOfficer) ? MapIndex(r) : MapIndex(r) with { ProposedBy = null, DecidedBy = null }, ct, s.Actor.Is(Role.ClearingOfficer));

    internal static async Task<Answer<Done>> AcceptIndex(DbSession s, Guid id, CancellationToken ct)
    {
        await HeldFinals.Lock(s, ct);
        if (await FindIndex(s, id, ct) is not { State: "proposed" } known) return Refusal.Conflict("clearing.price-decided", "id");
        await s.Run("update market.index_proposal set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        if (await s.Run("insert into market.index_price (index, day, price, entered_by, entered_at) select index, day, price, proposed_by, $2 from market.index_proposal where id = $1 on conflict do nothing", ct, id, s.Now) == 0) return Refusal.Conflict("clearing.index-entered", "day", ("index", known.Index));
        await s.Audit(new AuditEntry("market-clearing.index-entered", "market-clearing", $"{known.Day:uuuu-MM-dd}", Details: new { known.Index, known.Price }), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> RejectIndex(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update market.index_proposal set state = 2, decided_by = nullif($2::uuid, proposed_by) where id = $1 and state = 0", ct, id, s.Actor.PersonId);
        await s.Audit(new AuditEntry("market-clearing.index-rejected", "market-clearing", id.ToString(), reason), ct);
        return default(Done);
    }

    static Task<bool> Entered(DbSession s, string index, LocalDate day, CancellationToken ct) => s.Value<bool>("select exists (select from market.index_price where index = $1 and day = $2)", ct, index, day);

    /// <summary>FX:USD/EUR: what one dollar is worth in euro, for money deposited in another currency.</summary>
    static bool IsRate(string index) => index.Split(':') is ["FX", var pair] && pair.Split('/') is [var from, var to] && from != to && MarketBook.Currencies.ContainsKey(from) && MarketBook.Currencies.ContainsKey(to);

    static Task<PriceProposal?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from market.price_proposal where id = $1 for update", MapProposal, ct, id);

    internal static Task<IndexProposal?> FindIndex(DbSession s, Guid id, CancellationToken ct) => s.One($"select {IndexColumns} from market.index_proposal p where p.id = $1 for update", MapIndex, ct, id);

    static IndexProposal MapIndex(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.Day(2), r.GetDecimal(3), r.GetInt16(4) switch { 0 => "proposed", 1 => r.GetBoolean(8) ? "corrected" : "accepted", _ => "rejected" }, r.MaybeGuid(5), r.MaybeDecimal(6), r.Text(7), r.MaybeGuid(9), r.MaybeGuid(10));

    static SettlementPrice Map(NpgsqlDataReader r) => new(r.Day(0), r.GetString(1), r.GetDecimal(2), r.GetString(3), r.GetBoolean(4), r.Time(5));

    static PriceProposal MapProposal(NpgsqlDataReader r) => new(r.GetGuid(0), r.Day(1), r.GetString(2), r.GetDecimal(3), r.GetString(4), r.GetInt16(5) switch { 0 => "proposed", 1 => "accepted", _ => "rejected" }, r.MaybeGuid(6));
}
