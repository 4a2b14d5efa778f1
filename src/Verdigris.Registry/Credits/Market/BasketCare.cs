using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Market;

/// <summary>
/// Keeps baskets good delivery: projects the exchange has taken out, and receipts that are called in because their credits no longer meet the basket's rule. Who holds such a receipt then gets its credit into his own account: it stays his, and is not delivered any more.
/// </summary>
public sealed class BasketCare(CreditMarket market, IVenue venue, Lazy<BookCommands> book, RulePacks packs)
{
    const string Columns = "x.id, x.project_id, p.programme, p.number, p.name, x.reason, x.excluded_at, x.lifted_at, x.lifted_reason";

    /// <summary>Tries a day to call the same receipts in.</summary>
    const int MostTries = 10;

    readonly CreditRules rules = CreditRules.Of(packs);

    /// <summary>Every basket with its receipts and credits; public.</summary>
    public async Task<IReadOnlyList<BasketStanding>> Baskets(DbSession s, CancellationToken ct) =>
        [.. (await s.All("select use, number from registry.credit_basket order by use", r => (Use: r.GetString(0), Number: r.GetInt32(1)), ct)).Select(b => venue.Read(v =>
            new BasketStanding(b.Use, v.Total(BasketBook.Asset(b.Number)).Issued - v.Balance(CreditBook.ReceiptEnd, BasketBook.Asset(b.Number)).Total, rules.Units.Sum(u => v.Balance(BasketBook.Custody(b.Number), u.Asset).Total))))];

    /// <summary>Projects that were taken out of baskets, those that still are first; public.</summary>
    public Task<List<MarketExclusion>> Exclusions(DbSession s, CancellationToken ct) => s.All($"select {Columns} from registry.credit_market_exclusion x join registry.credit_project p on p.id = x.project_id order by x.lifted_at is not null, x.excluded_at desc limit 500", Map, ct);

    /// <summary>No basket takes or gives credits of the project any more. Exchange's operator; <c>credits.project-unknown</c>, <c>credits.market-excluded-already</c>.</summary>
    /// <param name="number">As the programme writes it: VCS1996.</param>
    public async Task<Answer<MarketExclusion>> Exclude(DbSession s, string? programme, string? number, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        var known = rules.Programme(programme);
        var plain = known?.Prefix is { } prefix && number?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) is true ? number[prefix.Length..] : number?.Trim();
        var project = known is null ? [] : await s.All("select id from registry.credit_project where programme = $1 and number = $2", r => r.GetGuid(0), ct, known.Code, plain ?? "");
        if (project.Count != 1) wrong.Add(Refusal.Of("credits.project-unknown", "project", ("given", number ?? ""), ("programme", programme ?? "")));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<MarketExclusion>(async t =>
            {
                await s.Run("insert into registry.credit_market_exclusion (id, project_id, reason, excluded_by, excluded_at) values ($1, $2, $3, $4, $5)", t, id, project[0], words, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("credit-market.excluded", "credit-project", project[0].ToString(), words), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "credit_market_exclusion_once") { return Refusal.Conflict("credits.market-excluded-already", "project"); }
    }

    /// <summary>Lets baskets take the project again: another person of the exchange than who took it out. <c>credits.exclusion-not-found</c>, <c>approval.same-person</c>.</summary>
    public async Task<Answer<MarketExclusion>> Lift(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<MarketExclusion>(async t =>
        {
            if (await s.One("select excluded_by, lifted_at is not null from registry.credit_market_exclusion where id = $1 for update", r => Tuple.Create(r.GetGuid(0), r.GetBoolean(1)), t, id) is not { Item2: false } known) return Refusal.NotFound("credits.exclusion-not-found");
            if (known.Item1 == s.Actor.PersonId) return Refusal.Forbidden("approval.same-person");
            await s.Run("update registry.credit_market_exclusion set lifted_by = $2, lifted_at = $3, lifted_reason = $4 where id = $1", t, id, s.Actor.PersonId, s.Now, words);
            await s.Audit(new AuditEntry("credit-market.readmitted", "credit-market-exclusion", id.ToString(), words), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Accounts with receipts whose credits are no longer good delivery. The system's.</summary>
    /// <param name="line">Of one trading account; null: of all.</param>
    public async Task<IReadOnlyList<MarketPlace>> Spoilt(DbSession s, string? line, CancellationToken ct)
    {
        var excluded = await market.Excluded(s, ct);
        var spoilt = new List<MarketPlace>();
        foreach (var account in await s.All("select account from registry.credit_market_account where use is not null and ($1::text is null or line = $1) order by account", r => r.GetInt64(0), ct, line))
            if (await market.Place(s, account, ct) is { } place && (await Bad(s, place, excluded, ct)).Count > 0) spoilt.Add(place);
        return spoilt;
    }

    /// <summary>
    /// Calls in what can be called in of an account: receipts that no order holds. Their credits go to the holder's own account, in one chain a block. Answers how many the Book has called in; of a frozen account none, until it is free. The system's.
    /// </summary>
    public async Task<long> CallIn(DbSession s, MarketPlace place, CancellationToken ct)
    {
        long called = 0;
        if (CreditFreezes.Stops(venue, place.Account, place.Pool.Asset) is not null) return called;
        foreach (var piece in (await Bad(s, place, await market.Excluded(s, ct), ct)).Where(p => !p.Held)) called += await CallIn(s, place, piece, ct);
        return called;
    }

    async Task<long> CallIn(DbSession s, MarketPlace place, CreditMarket.Piece piece, CancellationToken ct)
    {
        var receipts = new SerialRange(piece.BookFirst, piece.BookFirst + (piece.Last - piece.First));
        var (subject, asset) = ($"{place.Account}/{receipts.First}-{receipts.Last}", rules.Unit(piece.Row.Unit)!.Asset);
        var sent = await s.InTransaction(t => s.AsSystem<Guid?>(async u =>
        {
            // Of two that look at once the second finds what the first one has sent.
            await s.Run("select pg_advisory_xact_lock(hashtextextended('registry.credit-call-in ' || $1, 0))", u, subject);
            var holder = await CreditAccounts.Of(s, place.OrganisationId, u);
            if (venue.Read(v => v.Frozen(holder, asset)).HasFlag(FreezeScope.In)) return null;
            for (var attempt = 0; attempt < MostTries; attempt++)
            {
                // The same receipts give the same id, so that they are called in once; what the Book refused it may take at another time.
                var id = BookId.ToGuid(BookDefinitions.IdOf($"registry/credit-call-in/{subject}/{s.Today():uuuu-MM-dd}/{attempt}"));
                if (await book.Value.Find(s, id, u) is { } known)
                {
                    if (known.State == BookCommandState.Finished && !CallInKind.Done(known.Outcomes!)) continue;
                    return null;
                }
                return await book.Value.Enqueue(s, CallInKind.Name, subject, new CallInSubject(place.Account, place.OrganisationId, place.Line, place.Pool.Use!, piece.Row.Unit, piece.Row.ProjectId, receipts.Count, holder),
                [
                    CreditBook.Open(holder, place.OrganisationId),
                    .. MarketOrders.Chain([CreditBook.Move(CreditBook.CallReceipts, place.Pool.Asset, place.Account, CreditBook.ReceiptEnd, receipts, BookId.From(id), 0),
                        CreditBook.Move(CreditBook.FromMarket, asset, BasketBook.Custody(BasketBook.NumberOf(place.Pool.Asset)!.Value), holder, new(piece.First, piece.Last), BookId.From(id), 0)]),
                ], u, id);
            }
            return null;
        }, t), ct);
        if (sent is not { } row) return 0;
        try { return CallInKind.Done(await book.Value.Run(s, row, ct)) ? receipts.Count : 0; }
        catch (VenueStoppedException) { return 0; /* logged and scheduled by the queue */ }
    }

    /// <summary>What a look at the baskets of an account goes by, as far as orders and people move it: its receipts, the projects taken out, and the day. While it is the same, so is the look.</summary>
    public async Task<string> Seen(DbSession s, string line, CancellationToken ct)
    {
        var excluded = await s.All("select id from registry.credit_market_exclusion where lifted_at is null order by id", r => r.GetGuid(0), ct);
        var places = await s.All("select a.account, b.number from registry.credit_market_account a join registry.credit_basket b on b.use = a.use where a.line = $1 order by a.account", r => (Account: r.GetInt64(0), Asset: BasketBook.Asset(r.GetInt32(1))), ct, line);
        return $"{s.Today():uuuu-MM-dd} {string.Join(',', excluded)} {string.Join(',', places.Select(p => $"{p.Account}:{RunsOf(venue.Read(v => v.Blocks(p.Account, p.Asset, int.MaxValue)))}"))}";

        // Orders hold and free parts of blocks: runs that touch are one.
        static string RunsOf(IReadOnlyList<BlockInfo> blocks)
        {
            var runs = new List<long>();
            foreach (var block in blocks.OrderBy(b => b.First))
            {
                if (runs.Count > 0 && runs[^1] + 1 == block.First) runs[^1] = block.Last;
                else runs.AddRange([block.First, block.Last]);
            }
            return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(runs))));
        }
    }

    async Task<List<CreditMarket.Piece>> Bad(DbSession s, MarketPlace place, IReadOnlySet<Guid> excluded, CancellationToken ct)
    {
        var bad = new List<CreditMarket.Piece>();
        var known = new Dictionary<(string, long), bool>();
        foreach (var piece in await market.Pieces(s, place, int.MaxValue, ct))
        {
            if (!known.TryGetValue((piece.Row.Unit, piece.Row.First), out var good)) known[(piece.Row.Unit, piece.Row.First)] = good = await market.GoodDelivery(s, place.Pool.Use!, piece.Row, excluded, s.Today(), ct) is null;
            if (!good) bad.Add(piece);
        }
        return bad;
    }

    Task<MarketExclusion?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_market_exclusion x join registry.credit_project p on p.id = x.project_id where x.id = $1", Map, ct, id);

    MarketExclusion Map(Npgsql.NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), $"{rules.NumberOf(r.GetString(2), r.GetString(3))} {r.GetString(4)}", r.GetString(5), r.Time(6), r.MaybeTime(7), r.Text(8));
}
