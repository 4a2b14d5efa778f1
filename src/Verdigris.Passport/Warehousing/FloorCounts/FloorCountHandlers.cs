using System.Globalization;
using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warehousing.FloorCounts;

/// <summary>A count with all its differences.</summary>
public sealed record FloorCountView(FloorCount Count, IReadOnlyList<FloorDifference> Differences);

/// <summary>A day of a warehouse: its last count, or none.</summary>
public sealed record FloorDay(LocalDate Day, FloorCount? Count);

/// <summary>A reading of the floor against the Book: the warehouse's operator hands it in, two of its people resolve what differs; they and the exchange read.</summary>
public sealed class FloorCountHandlers(WarehousingRules rules, IVenue venue, Approvals approvals)
{
    /// <summary>Days a warehouse's page looks back.</summary>
    public const int DaysShown = 14;

    /// <summary>Keeps a count and compares it with what the Book holds in this warehouse now; so the day is today's or yesterday's.</summary>
    /// <param name="content">The list; see <see cref="FloorRules.Read"/>.</param>
    public async Task<Answer<FloorCountView>> Take(DbSession s, Guid warehouseId, LocalDate countedOn, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        var today = s.Now.InUtc().Date;
        if (countedOn > today || countedOn < today.PlusDays(-1)) return Refusal.Of("floor.day-not-now", "countedOn", ("given", countedOn.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture)));
        if (await Organisation(s, warehouseId, ct) != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("warehouse");
        using var sent = await EvidenceFiles.Sent(content, FloorRules.LargestBytes, ct);
        var bytes = sent.ToArray();
        var read = FloorRules.Read(bytes);
        if (!read.Ok) return Answer<FloorCountView>.From(read.Refusals);
        var (percent, ruleId) = rules.Tolerance("floor-count", countedOn);
        return await s.InTransaction<FloorCountView>(async t =>
        {
            var book = await BookLots(s, warehouseId, t);
            var differences = FloorRules.Compare(read.Value, book, percent);
            var count = new FloorCount(s.NewId(), warehouseId, countedOn, read.Value.Count, read.Value.Sum(l => l.NetKg), book.Count, book.Sum(b => b.NetKg), percent, ruleId, Convert.ToHexStringLower(SHA256.HashData(bytes)), s.Actor.PersonId, s.Actor.Name, s.Now, differences.Count, differences.Count);
            await s.Run("""
                insert into passport.floor_count (id, warehouse_id, warehouse_organisation, counted_on, floor_lots, floor_kg, book_lots, book_kg, tolerance_pct, rule_id, sha256, counted_by, counted_by_name, created_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                """, t, count.Id, warehouseId, s.Actor.OrganisationId, countedOn, count.FloorLots, count.FloorKg, count.BookLots, count.BookKg, percent, ruleId, count.Sha256, count.CountedBy, count.CountedByName, count.CreatedAt);
            await s.Run("insert into passport.floor_count_line (count_id, lot_no, net_kg) select $1, lot, net from unnest($2::text[], $3::numeric[]) as l (lot, net)", t, count.Id, read.Value.Select(l => l.LotNo).ToArray(), read.Value.Select(l => l.NetKg).ToArray());
            var kept = differences.Select(d => new FloorDifference(s.NewId(), count.Id, d.Kind, d.LotNo, d.Warrants, d.BookKg, d.FloorKg, null, null, null, null)).ToList();
            foreach (var d in kept)
                await s.Run("insert into passport.floor_difference (id, count_id, warehouse_organisation, kind, lot_no, warrants, book_kg, floor_kg) values ($1, $2, $3, $4, $5, $6, $7, $8)", t, d.Id, count.Id, s.Actor.OrganisationId, (short)d.Kind, d.LotNo, d.Warrants.ToArray(), d.BookKg, d.FloorKg);
            await s.Audit(new AuditEntry("floor.counted", "warehouse", warehouseId.ToString(), Details: new { Count = count.Id, count.FloorLots, count.BookLots, Differences = kept.Count }), t);
            return new FloorCountView(count, kept);
        }, ct);
    }

    public async Task<Answer<FloorCountView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await s.One($"select {Columns} from passport.floor_count c where id = $1", Map, ct, id) is not { } count || !await May(s, count.WarehouseId, ct)) return EmissionsAccess.NotVisible("floor-count");
        return new FloorCountView(count, await s.All($"select {DifferenceColumns} from passport.floor_difference where count_id = $1 order by lower(lot_no), kind, id", MapDifference, ct, id));
    }

    /// <summary>The last days of a warehouse, newest first, each with its last count; a day without one says so.</summary>
    public async Task<Answer<IReadOnlyList<FloorDay>>> Days(DbSession s, Guid warehouseId, CancellationToken ct)
    {
        if (!await May(s, warehouseId, ct)) return EmissionsAccess.NotVisible("warehouse");
        var today = s.Now.InUtc().Date;
        var counts = (await s.All($"select {Columns} from passport.floor_count c where warehouse_id = $1 and counted_on > $2 order by id", Map, ct, warehouseId, today.PlusDays(-DaysShown))).ToLookup(c => c.CountedOn);
        return Enumerable.Range(0, DaysShown).Select(i => today.PlusDays(-i)).Select(day => new FloorDay(day, counts[day].LastOrDefault())).ToList();
    }

    static readonly ListOrders<FloorDifference> DifferenceOrders = new("floor-differences", "added", ListKey<FloorDifference>.Id("added", "d.id", d => d.Id), ListKey<FloorDifference>.Text("lot", "d.lot_no", d => d.LotNo));

    /// <summary>Differences nobody has resolved.</summary>
    /// <param name="sort">added or lot, with a leading minus for descending; null is added, the oldest first.</param>
    public async Task<Answer<Page<FloorDifference>>> Open(DbSession s, Guid warehouseId, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (!await May(s, warehouseId, ct)) return EmissionsAccess.NotVisible("warehouse");
        var query = new Where();
        query.And("resolved_at is null and exists (select from passport.floor_count c where c.id = d.count_id and c.warehouse_id = ", warehouseId, ")");
        return await DifferenceOrders.Page(s, $"select {DifferenceColumns} from passport.floor_difference d", query, sort, cursor, limit, MapDifference, ct);
    }

    /// <summary>One person says why a difference was there; another of the warehouse agrees.</summary>
    public Task<Answer<ApprovalTask>> ProposeResolution(DbSession s, Guid differenceId, string? reason, CancellationToken ct) => s.InTransaction<ApprovalTask>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        if (await Find(s, differenceId, t) is not { } difference || await s.Value<Guid>("select warehouse_organisation from passport.floor_difference where id = $1", t, differenceId) != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("floor-difference");
        if (difference.Resolved) return Refusal.Conflict("floor.resolved", "id", ("lot", difference.LotNo));
        return await approvals.Propose(s, new ApprovalRequest(ResolveDifferenceKind.Name, differenceId.ToString(), s.Actor.OrganisationId, Role.WarehouseApprover, new Resolution(differenceId, reason!.Trim()), "passport.task.floor-difference",
            new Dictionary<string, string> { ["lot"] = difference.LotNo, ["reason"] = reason.Trim() }, $"/floor-counts/{difference.CountId}"), t);
    }, ct);

    /// <summary>Warrants whose metal must lie there: issued, and by the Book still in an owner's account.</summary>
    internal async Task<List<BookLot>> BookLots(DbSession s, Guid warehouseId, CancellationToken ct)
    {
        var rows = await s.All("select id, number, lot_no, net_kg, asset, serial from passport.warrant where warehouse_id = $1 and state in (2, 3, 4, 5)", r => (Lot: new BookLot(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetDecimal(3)), Asset: r.GetInt32(4), Serial: r.GetInt64(5)), ct, warehouseId);
        return venue.Read(book => rows.Where(r => book.Owner(r.Asset, r.Serial) is { } block && book.Account(block.Account) is { Type: BookAccounts.OwnerType }).Select(r => r.Lot).ToList());
    }

    static async Task<Guid?> Organisation(DbSession s, Guid warehouse, CancellationToken ct) => (await s.All("select organisation_id from passport.warehouse where id = $1", r => r.GetGuid(0), ct, warehouse)) is [var found] ? found : null;

    /// <summary>The warehouse's own people, and the exchange.</summary>
    static async Task<bool> May(DbSession s, Guid warehouse, CancellationToken ct) => s.Actor.SignedIn && await Organisation(s, warehouse, ct) is { } own && (own == s.Actor.OrganisationId || s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System));

    internal static Task<FloorDifference?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {DifferenceColumns} from passport.floor_difference where id = $1 for update", MapDifference, ct, id);

    const string Columns = """
        id, warehouse_id, counted_on, floor_lots, floor_kg, book_lots, book_kg, tolerance_pct, rule_id, sha256, counted_by, counted_by_name, created_at,
          (select count(*) from passport.floor_difference d where d.count_id = c.id), (select count(*) from passport.floor_difference d where d.count_id = c.id and d.resolved_at is null)
        """;
    const string DifferenceColumns = "id, count_id, kind, lot_no, warrants, book_kg, floor_kg, reason, proposed_by, resolved_by, resolved_at";

    static FloorCount Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.Day(2), r.GetInt32(3), r.GetDecimal(4), r.GetInt32(5), r.GetDecimal(6), r.GetDecimal(7), r.GetString(8), r.GetString(9), r.GetGuid(10), r.GetString(11), r.Time(12), (int)r.GetInt64(13), (int)r.GetInt64(14));
    static FloorDifference MapDifference(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), (DifferenceKind)r.GetInt16(2), r.GetString(3), r.Texts(4), r.MaybeDecimal(5), r.MaybeDecimal(6), r.Text(7), r.MaybeGuid(8), r.MaybeGuid(9), r.MaybeTime(10));
}

sealed record Resolution(Guid DifferenceId, string Reason);

/// <summary>The second person of the warehouse agrees with the reason of a difference, or not: then it stays open.</summary>
sealed class ResolveDifferenceKind : IApprovalKind
{
    public const string Name = "passport.floor.resolve";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var (id, reason) = task.Payload<Resolution>();
        if (await FloorCountHandlers.Find(session, id, ct) is not { } difference) return EmissionsAccess.NotVisible("floor-difference");
        if (difference.Resolved) return Refusal.Conflict("floor.resolved", "id", ("lot", difference.LotNo));
        await session.Run("update passport.floor_difference set reason = $2, proposed_by = $3, resolved_by = $4, resolved_at = $5 where id = $1", ct, id, reason, task.ProposedBy, session.Actor.PersonId, session.Now);
        await session.Audit(new AuditEntry("floor.resolved", "floor-count", difference.CountId.ToString(), reason, new { difference.LotNo, Kind = difference.Kind.ToString() }), ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("floor.not-resolved", "floor-count", task.SubjectId, reason), ct);
        return default(Done);
    }
}
