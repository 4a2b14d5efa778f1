using System.Collections.Concurrent;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Market;

/// <summary>
/// Credits at the market. The credits of a trading account lie in accounts of the Book of their own, one for each project and year, so that whatever an order gives is what its series is of, serial by serial. A basket takes credits of several
/// projects: they lie in its own account, and for each of them its holder has a receipt whose number names that one credit; whoever buys the receipt gets that credit out. Singleton, thread-safe.
/// </summary>
public sealed class CreditMarket(IVenue venue, UnitQueries units, RulePacks packs)
{
    /// <summary>Type of the accounts in the Book, for the market's own rules.</summary>
    public const ushort AccountType = CreditBook.MarketType;

    const string Columns = "a.account, a.organisation_id, a.line, a.unit, a.project_id, a.year, a.use, b.number";
    const string Tables = "registry.credit_market_account a left join registry.credit_basket b on b.use = a.use";

    readonly CreditRules rules = CreditRules.Of(packs);
    readonly EligibilityRules eligibility = EligibilityRules.Of(packs);
    readonly ConcurrentDictionary<long, bool> opened = new();

    /// <summary>Credits of one project and year; <c>credits.unit-unknown</c>, <c>credits.project-unknown</c>.</summary>
    /// <param name="project">Number of the project, with or without the programme's letters.</param>
    public async Task<Answer<CreditPool>> Pool(DbSession s, string? unit, string? project, int year, CancellationToken ct)
    {
        if (rules.Unit(unit) is not { } known) return Refusal.Of("credits.unit-unknown", "unit", ("given", unit ?? ""));
        var prefix = rules.Programme(known.Programme)!.Prefix;
        var number = prefix is not null && project?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) is true ? project[prefix.Length..] : project;
        var found = await s.All("select id from registry.credit_project where programme = $1 and number = $2", r => r.GetGuid(0), ct, known.Programme, number ?? "");
        return found.Count == 1 ? new CreditPool(known.Code, found[0], year, null, known.Asset) : Refusal.NotFound("credits.project-unknown", "project", ("given", project ?? ""), ("programme", known.Programme));
    }

    /// <summary>The pool of printed credits: their project and the year all of their reductions lie in. <c>credits.serial-unknown</c> and the like, <c>credits.vintage-spans</c>. Of the first of them: that those taken are one block the order asks, which knows how many they are.</summary>
    public async Task<Answer<CreditPool>> PoolOf(DbSession s, string? serial, CancellationToken ct)
    {
        var found = await units.Find(s, serial, ct);
        if (!found.Ok) return Answer<CreditPool>.From(found.Refusals);
        if (await units.RowOf(s, found.Value.Unit, found.Value.Serials.First, ct) is not { } row || row.Last < found.Value.Serials.First) return Refusal.NotFound("credits.serial-not-here", "serial");
        return YearOf(row) is { } year ? PoolOf(row.Unit, row.ProjectId, year) : Refusal.Conflict("credits.vintage-spans", "serial");
    }

    /// <summary>A pool whose unit, project and year are known.</summary>
    public CreditPool PoolOf(string unit, Guid project, int year) => new(unit, project, year, null, rules.Unit(unit)!.Asset);

    /// <summary>A basket by its use, made where this is the first of it; <c>credits.use-unknown</c>. Outside a transaction: its receipts are in the Book before anybody can use them.</summary>
    public async Task<Answer<CreditPool>> Basket(DbSession s, string? use, CancellationToken ct)
    {
        if (eligibility.Uses.All(u => u.Use != use)) return Refusal.Of("credits.use-unknown", "use", ("given", use ?? ""), ("known", string.Join(", ", eligibility.Uses.Select(u => u.Use))));
        await s.Run("insert into registry.credit_basket (use) values ($1) on conflict do nothing", ct, use);
        var number = await s.Value<int>("select number from registry.credit_basket where use = $1", ct, use);
        await CreditBook.Definer.ApplyAll(venue, BasketBook.Definitions(use!, number), ct);
        return new CreditPool(null, null, null, use, BasketBook.Asset(number));
    }

    /// <summary>What a transaction type of the Book is at the market; null where it is none of credits.</summary>
    public static MarketWord? WordOf(ushort type) => type switch
    {
        CreditBook.ToMarket or CreditBook.GiveReceipts => MarketWord.In,
        CreditBook.FromMarket or CreditBook.ReturnReceipts => MarketWord.Out,
        CreditBook.CallReceipts => MarketWord.Called,
        _ => null,
    };

    /// <summary>Programme of a unit.</summary>
    /// <exception cref="KeyNotFoundException">There is no such unit.</exception>
    public string ProgrammeOf(string unit) => rules.Unit(unit)?.Programme ?? throw new KeyNotFoundException(unit);

    /// <summary>Name of a use.</summary>
    public Bilingual NameOf(string use) => eligibility.Uses.FirstOrDefault(u => u.Use == use) is { Name: { } name } ? name : new(use, use);

    /// <summary>The account of a line for a pool, opened where it is the first; what is frozen of the organisation is frozen in it too. Whose line it is the caller has looked at.</summary>
    public async Task<long> Ensure(DbSession s, Guid organisation, string line, CreditPool pool, CancellationToken ct)
    {
        var account = await s.InTransaction(t => s.AsSystem(async u =>
        {
            await Lock(s, organisation, u);
            if (pool.IsBasket) await s.Run("insert into registry.credit_market_account (organisation_id, line, use, opened_at) values ($1, $2, $3, $4) on conflict do nothing", u, organisation, line, pool.Use, s.Now);
            else await s.Run("insert into registry.credit_market_account (organisation_id, line, unit, project_id, year, opened_at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing", u, organisation, line, pool.Unit, pool.ProjectId, pool.Year, s.Now);
            var number = await s.Value<long>("select account from registry.credit_market_account where line = $1 and unit is not distinct from $2 and project_id is not distinct from $3 and year is not distinct from $4 and use is not distinct from $5", u, line, pool.Unit, pool.ProjectId, pool.Year, pool.Use);
            if (opened.ContainsKey(number)) return number;
            var stops = await s.All("select programme, bit_or(scope) from registry.credit_freezing where organisation_id = $1 and lifted_at is null group by programme", r => (Programme: r.GetString(0), Scope: (FreezeScope)r.GetInt16(1)), u, organisation);
            var frozen = stops.Where(f => Covers(pool, f.Programme)).Aggregate(FreezeScope.None, (all, f) => all | f.Scope);
            // Under the lock, so that no freeze comes or goes in between. An account whose row is not kept after all is never named again.
            await CreditBook.Definer.ApplyAll(venue, [OpenCommand(number, organisation)], u);
            if (frozen != FreezeScope.None) await venue.Send(Commands.Freeze(BookId.From(s.NewId()), number, pool.Asset, frozen));
            return number;
        }, t), ct);
        opened[account] = true;
        return account;
    }

    /// <summary>An account by its number, if the session may see it.</summary>
    public Task<MarketPlace?> Place(DbSession s, long account, CancellationToken ct) => s.One($"select {Columns} from {Tables} where a.account = $1", Map, ct, account);

    /// <summary>The accounts of a line, oldest first.</summary>
    public Task<List<MarketPlace>> Places(DbSession s, string line, CancellationToken ct) => s.All($"select {Columns} from {Tables} where a.line = $1 order by a.account", Map, ct, line);

    /// <summary>Whether nothing lies at the market for a line, and nothing is on its way there.</summary>
    public async Task<bool> IsEmpty(DbSession s, string line, CancellationToken ct) =>
        (await Places(s, line, ct)).All(p => venue.Read(b => b.Holdings(p.Account)).Count == 0)
        && !await s.Value<bool>("select exists (select from registry.credit_order o join registry.credit_market_account a on a.account = o.market_account where a.line = $1 and o.state in (0, 1, 2))", ct, line);

    /// <summary>Blocks of an account that are listed, and that are looked up at once.</summary>
    const int Listed = 500;

    /// <summary>What lies at the market for a line, block by block, at most 500 of an account.</summary>
    public async Task<IReadOnlyList<MarketBlock>> Holdings(DbSession s, string line, CancellationToken ct)
    {
        var excluded = await Excluded(s, ct);
        var blocks = new List<MarketBlock>();
        foreach (var place in await Places(s, line, ct))
            foreach (var piece in await Pieces(s, place, Listed, ct))
            {
                var (programme, number, name) = (await s.All("select programme, number, name from registry.credit_project where id = $1", r => (r.GetString(0), r.GetString(1), r.GetString(2)), ct, piece.Row.ProjectId))[0];
                blocks.Add(new(place.Account, line, piece.Row.Unit, await units.PrintedOf(s, piece.Row.Unit, piece.First, piece.Last, ct), piece.Last - piece.First + 1, piece.Held, place.Pool.Use, piece.Row.ProjectId, programme, rules.NumberOf(programme, number), name,
                    YearOf(piece.Row), !place.Pool.IsBasket || await GoodDelivery(s, place.Pool.Use!, piece.Row, excluded, s.Today(), ct) is null));
            }
        return blocks;
    }

    /// <summary>What an account holds, in words: the unit with project and year, or the basket.</summary>
    public async Task<string> Named(DbSession s, CreditPool pool, string language, CancellationToken ct)
    {
        if (pool.IsBasket) return NameOf(pool.Use!).In(language);
        var (programme, number) = (await s.All("select programme, number from registry.credit_project where id = $1", r => (r.GetString(0), r.GetString(1)), ct, pool.ProjectId))[0];
        return $"{pool.Unit} {rules.NumberOf(programme, number)} {pool.Year}";
    }

    /// <summary>Orders that moved something of a line, with the certificate of those that ended: newest first.</summary>
    public Task<List<MarketMove>> Moves(DbSession s, string line, CancellationToken ct) => s.All("""
        select o.id, o.kind, (select min(e.number) from registry.credit_ending e where e.order_id = o.id) from registry.credit_order o join registry.credit_market_account a on a.account = o.market_account where a.line = $1 and o.state = 3 order by o.id desc
        """, r => new MarketMove(r.GetGuid(0), (Orders.CreditOrderKind)r.GetInt16(1), r.IsDBNull(2) ? null : r.GetInt64(2)), ct, line);

    /// <summary>What an account has of a pool, free and held by orders.</summary>
    public (long Available, long Held) Balance(long account, CreditPool pool) => venue.Read(b => b.Balance(account, pool.Asset)) is var x ? (x.Available, x.Held) : default;

    /// <summary>Credits of an account with the serials of the Book they are in.</summary>
    internal sealed record Piece(UnitQueries.Row Row, long First, long Last, long BookFirst, bool Held);

    /// <summary>The credits of an account, block by block.</summary>
    /// <param name="most">Blocks of the Book that are looked at; where something is decided by it, all.</param>
    internal async Task<List<Piece>> Pieces(DbSession s, MarketPlace place, int most, CancellationToken ct)
    {
        var pieces = new List<Piece>();
        // The database is asked for so many at once, however many there are.
        foreach (var page in venue.Read(b => b.Blocks(place.Account, place.Pool.Asset, most)).Chunk(Listed))
        {
            var runs = place.Pool.IsBasket ? await Runs(s, place.Pool.Use!, page, ct) : [.. page.Select(h => (place.Pool.Unit!, h.First, h.Last, h.First, h.Hold != 0))];
            foreach (var of in runs.GroupBy(r => r.Unit).SelectMany(g => g.Chunk(Listed)))
            {
                var rows = await units.Rows(s, of[0].Unit, [.. of.Select(r => (r.First, r.Last))], ct);
                foreach (var run in of)
                    foreach (var row in rows.Where(r => r.First <= run.Last && r.Last >= run.First))
                    {
                        var (begin, end) = (Math.Max(row.First, run.First), Math.Min(row.Last, run.Last));
                        pieces.Add(new(row, begin, end, run.BookFirst + (begin - run.First), run.Held));
                    }
            }
        }
        return pieces;
    }

    /// <summary>The credits that receipts stand for. Receipts follow each other: of the earlier ones only that is read in which a run begins.</summary>
    static async Task<List<(string Unit, long First, long Last, long BookFirst, bool Held)>> Runs(DbSession s, string use, BlockInfo[] held, CancellationToken ct) => [.. (await s.All("""
        select w.n, x.first, x.last, x.unit, x.unit_first from unnest($2::bigint[], $3::bigint[]) with ordinality w(first, last, n)
        join lateral (select * from registry.credit_receipt r where r.use = $1 and r.first <= w.last and r.last >= w.first and r.first >= coalesce((select max(y.first) from registry.credit_receipt y where y.use = $1 and y.first <= w.first), w.first)) x on true
        order by w.n, x.first
        """, r => (Of: r.GetInt64(0), First: r.GetInt64(1), Last: r.GetInt64(2), Unit: r.GetString(3), From: r.GetInt64(4)), ct, use, held.Select(h => h.First).ToArray(), held.Select(h => h.Last).ToArray())).Select(r =>
        {
            var block = held[r.Of - 1];
            var (begin, end) = (Math.Max(r.First, block.First), Math.Min(r.Last, block.Last));
            return (r.Unit, r.From + (begin - r.First), r.From + (end - r.First), begin, block.Hold != 0);
        })];

    /// <summary>First receipts of credits in a basket, newest first: credits that came, left and came again have several, of which one at most is in anybody's hands.</summary>
    internal static Task<List<long>> ReceiptsOf(DbSession s, string use, string unit, SerialRange serials, CancellationToken ct) =>
        s.All("select first + ($3 - unit_first) from registry.credit_receipt where use = $1 and unit = $2 and int8range(unit_first, unit_last, '[]') @> int8range($3, $4, '[]') order by first desc", r => r.GetInt64(0), ct, use, unit, serials.First, serials.Last);

    /// <summary>Whether an account has all of these serials, and nothing holds any of them.</summary>
    internal bool Free(long account, int asset, SerialRange serials) => venue.Read(b => CreditBook.FreeIn(b, asset, serials)) == account;

    /// <summary>Whether the actor may ask for orders of credits at all.</summary>
    public static Refusal? Writes(Actor actor) => ProjectRoles.Writes(actor);

    /// <summary>Whether the actor's organisation has these credits in its own account, free: asked before anything is opened for them at the market. <c>credits.serial-unknown</c> and the like, <c>credits.take-too-many</c>, <c>credits.not-held</c>.</summary>
    /// <param name="count">The first so many; null for all.</param>
    public async Task<Answer<Done>> Has(DbSession s, string? serial, long? count, CancellationToken ct)
    {
        var found = await units.Find(s, serial, ct);
        if (!found.Ok) return Answer<Done>.From(found.Refusals);
        var (_, asset, all) = found.Value;
        if (count is { } some && (some < 1 || some > all.Count)) return Refusal.Of("credits.take-too-many", "units", ("given", $"{some}"), ("quantity", $"{all.Count}"));
        var serials = count is { } first ? all.Take(first).Taken : all;
        return await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) is { } account && Free(account, asset, serials) ? default(Done) : Refusal.Conflict("credits.not-held", "serial", ("units", $"{serials.Count}"));
    }

    /// <summary>Why credits cannot go to an account at the market today; null where they can. <c>credits.one-block</c>, <c>credits.vintage-spans</c>, <c>credits.market-other</c>, <c>credits.not-good-delivery</c> with the conditions that are not met or not known, <c>credits.market-excluded</c>.</summary>
    internal async Task<Refusal?> Closed(DbSession s, CreditPool pool, UnitQueries.Row? row, SerialRange serials, CancellationToken ct)
    {
        if (row is null || row.Last < serials.Last) return Refusal.Conflict("credits.one-block", "serial");
        if (pool.IsBasket) return await GoodDelivery(s, pool.Use!, row, await Excluded(s, ct), s.Today(), ct);
        if (YearOf(row) is not { } year) return Refusal.Conflict("credits.vintage-spans", "serial");
        return row.Unit == pool.Unit && row.ProjectId == pool.ProjectId && year == pool.Year ? null : Refusal.Conflict("credits.market-other", "serial");
    }

    /// <summary>Why a basket does not take credits on a day; null where it does. What is not known is not good delivery.</summary>
    internal async Task<Refusal?> GoodDelivery(DbSession s, string use, UnitQueries.Row row, IReadOnlySet<Guid> excluded, LocalDate on, CancellationToken ct)
    {
        if (excluded.Contains(row.ProjectId)) return Refusal.Conflict("credits.market-excluded", "serial");
        var answer = eligibility.All(await units.Facts(s, row, ct), on).First(a => a.Use == use);
        return answer.Verdict == EligibilityVerdict.Eligible ? null : Refusal.Conflict("credits.not-good-delivery", "serial", ("use", use), ("open", string.Join(", ", answer.Conditions.Where(c => c.Met is not true).Select(c => c.Condition))));
    }

    /// <summary>Projects no basket takes credits of.</summary>
    internal async Task<IReadOnlySet<Guid>> Excluded(DbSession s, CancellationToken ct) => (await s.All("select project_id from registry.credit_market_exclusion where lifted_at is null", r => r.GetGuid(0), ct)).ToHashSet();

    /// <summary>The year of credits: that in which all of their reductions lie; null where they span two or are not known.</summary>
    internal static int? YearOf(UnitQueries.Row row) => row is { VintageFrom: { } from, VintageTo: { } to } && from.Year == to.Year ? from.Year : null;

    /// <summary>Accounts at the market whose units a programme's freeze of an organisation stops: those of its own units, and those of receipts of any basket.</summary>
    internal async Task<List<(long Account, int Asset)>> Stopped(DbSession s, Guid organisation, string programme, CancellationToken ct)
    {
        await Lock(s, organisation, ct);
        return [.. (await s.All($"select {Columns} from {Tables} where a.organisation_id = $1 order by a.account", Map, ct, organisation)).Where(p => Covers(p.Pool, programme)).Select(p => (p.Account, p.Pool.Asset))];
    }

    internal static Command OpenCommand(long account, Guid organisation) => CreditBook.Definer.Account(account, CreditBook.MarketType, BookId.From(organisation));

    /// <summary>A receipt does not say of which programme its credit is without looking it up: a freeze stops all of an organisation's.</summary>
    bool Covers(CreditPool pool, string programme) => pool.IsBasket || rules.Unit(pool.Unit)!.Programme == programme;

    /// <summary>An account that is opened and a freeze that is set at the same time wait for each other.</summary>
    static Task Lock(DbSession s, Guid organisation, CancellationToken ct) => s.Run("select pg_advisory_xact_lock(hashtextextended('registry.credit-market ' || $1, 0))", ct, organisation.ToString());

    MarketPlace Map(NpgsqlDataReader r) => new(r.GetInt64(0), r.GetGuid(1), r.GetString(2), PoolOf(r));

    CreditPool PoolOf(NpgsqlDataReader r) => new(r.Text(3), r.MaybeGuid(4), r.IsDBNull(5) ? null : r.GetInt32(5), r.Text(6), r.IsDBNull(7) ? rules.Unit(r.GetString(3))!.Asset : BasketBook.Asset(r.GetInt32(7)));
}
