using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <param name="Place">From 1.</param>
/// <param name="Version">Of the content that was checked.</param>
public sealed record GateCheck(int Place, int Version, IReadOnlyList<GateItem> Items, IReadOnlyList<GateWarning> Warnings, NodaTime.Instant CheckedAt);

/// <summary>Rows of gates.</summary>
static class GateStore
{
    public const string Columns = "g.id, g.number, g.organisation_id, g.readers, g.content::text, g.version, g.state, g.items::text, g.warnings::text, g.checked_at, g.opened_by, g.opened_at, g.closed_by, g.closed_at, g.remark, g.row_version";

    public static PaymentGate Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetFieldValue<Guid[]>(3), StorageJson.Read<GateContent>(r.GetString(4)), r.GetInt32(5), (GateState)r.GetInt16(6),
        StorageJson.Read<List<GateItem>>(r.GetString(7)), StorageJson.Read<List<GateWarning>>(r.GetString(8)), r.Time(9), r.GetGuid(10), r.Time(11), r.MaybeGuid(12), r.MaybeTime(13), r.Text(14), r.GetInt32(15));

    public static Task<PaymentGate?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.payment_gate g where g.id = $1", Map, ct, id);

    /// <summary>For a change: nobody else changes it until the transaction ends. Null for who may not.</summary>
    public static Task<PaymentGate?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.payment_gate g where g.id = $1 for update", Map, ct, id);

    public static async Task Insert(DbSession s, Guid id, string number, GateContent c, CancellationToken ct)
    {
        await s.Run("""
            insert into passport.payment_gate (id, number, organisation_id, readers, reference, seller, metal, amount, currency, content, version, state, items, warnings, checked_at, opened_by, opened_at, row_version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, 0, '[]', '[]', $11, $12, $11, 1)
            """, ct, id, number, s.Actor.OrganisationId, Readers(c, s.Actor.OrganisationId), c.Reference.Trim(), Seller(c), c.Metal, c.Amount, c.Currency, Written(c), s.Now, s.Actor.PersonId);
        await Keep(s, id, 1, c, ct);
    }

    public static async Task Rewrite(DbSession s, PaymentGate known, GateContent c, CancellationToken ct)
    {
        await s.Run("""
            update passport.payment_gate set readers = $2, reference = $3, seller = $4, metal = $5, amount = $6, currency = $7, content = $8, version = $9, state = 0, row_version = row_version + 1 where id = $1
            """, ct, known.Id, Readers(c, known.OrganisationId), c.Reference.Trim(), Seller(c), c.Metal, c.Amount, c.Currency, Written(c), known.Version + 1);
        await Keep(s, known.Id, known.Version + 1, c, ct);
    }

    /// <summary>The certificates behind the newest version, for whoever meets the same metal later.</summary>
    public static async Task SetMetal(DbSession s, Guid id, IReadOnlyList<GoodFact> goods, CancellationToken ct)
    {
        var known = goods.Where(g => g.Certificate is not null).Select(g => (g.Certificate!, g.BundleNo ?? "")).Distinct().ToList();
        await s.Run("delete from passport.payment_gate_metal where gate_id = $1", ct, id);
        await s.Run("insert into passport.payment_gate_metal (gate_id, certificate_number, bundle_no) select $1, n, b from unnest($2::text[], $3::text[]) as x (n, b)", ct, id, known.Select(k => k.Item1).ToArray(), known.Select(k => k.Item2).ToArray());
    }

    /// <summary>What the checks found, with a row of its own where it is not what they found before.</summary>
    public static async Task SetChecked(DbSession s, PaymentGate known, GateState state, IReadOnlyList<GateItem> items, IReadOnlyList<GateWarning> warnings, CancellationToken ct)
    {
        await s.Run("update passport.payment_gate set state = $2, items = $3, warnings = $4, checked_at = $5, row_version = row_version + 1 where id = $1", ct, known.Id, (short)state, Written(items), Written(warnings), s.Now);
        var last = (await Checks(s, known.Id, ct)).LastOrDefault();
        if (last is not null && last.Version == known.Version && Said(last.Items, last.Warnings).SequenceEqual(Said(items, warnings))) return;
        await s.Run("insert into passport.payment_gate_check (gate_id, place, version, items, warnings, checked_at) values ($1, $2, $3, $4, $5, $6)", ct, known.Id, (last?.Place ?? 0) + 1, known.Version, Written(items), Written(warnings), s.Now);
    }

    // What comes back from the database has its members in another order: compared is what was said, not how it was written.
    static IEnumerable<string> Said(IReadOnlyList<GateItem> items, IReadOnlyList<GateWarning> warnings) =>
        [.. items.Select(i => $"{i.Item} {i.Outcome} {i.Found} {i.Waivable}"), .. warnings.Select(w => w.Code + string.Concat(w.Args.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => $" {a.Key}={a.Value}")))];

    public static Task Close(DbSession s, Guid id, GateState state, string? remark, CancellationToken ct) =>
        s.Run("update passport.payment_gate set state = $2, closed_by = $3, closed_at = $4, remark = $5, row_version = row_version + 1 where id = $1", ct, id, (short)state, s.Actor.PersonId, s.Now, remark);

    public static Task<List<GateCheck>> Checks(DbSession s, Guid id, CancellationToken ct) => s.All("select place, version, items::text, warnings::text, checked_at from passport.payment_gate_check where gate_id = $1 order by place",
        r => new GateCheck(r.GetInt32(0), r.GetInt32(1), StorageJson.Read<List<GateItem>>(r.GetString(2)), StorageJson.Read<List<GateWarning>>(r.GetString(3)), r.Time(4)), ct, id);

    public static Task<List<GateWaiver>> Waivers(DbSession s, Guid id, IReadOnlyList<GateItem> items, CancellationToken ct) => s.All("select id, item, found, reason, proposed_by_name, decided_by_name, decided_at from passport.payment_gate_waiver where gate_id = $1 order by id",
        r => new GateWaiver(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.Time(6), items.Any(i => i.Item == r.GetString(1) && i.Found == r.GetString(2))), ct, id);

    /// <summary>Oldest first.</summary>
    public static Task<List<GateHit>> HitDecisions(DbSession s, Guid id, CancellationToken ct) => s.All("select party, publisher, entry, name, same_party, reason, decided_by_name, decided_at from passport.payment_gate_hit where gate_id = $1 order by decided_at, id",
        r => new GateHit(r.GetString(0), r.GetString(1), default, r.GetString(2), r.GetString(3), null, false, r.GetBoolean(4), r.GetString(5), r.GetString(6), r.Time(7)), ct, id);

    public static Json Written<T>(T value) => new(StorageJson.Write(value));

    static Task Keep(DbSession s, Guid id, int version, GateContent c, CancellationToken ct) =>
        s.Run("insert into passport.payment_gate_version (gate_id, version, content, written_by, written_at) values ($1, $2, $3, $4, $5)", ct, id, version, Written(c), s.Actor.PersonId, s.Now);

    static string Seller(GateContent c) => c.Parties.Single(p => p.Role == PartyRole.Seller).Name.Trim();

    static Guid[] Readers(GateContent c, Guid payer) => [.. c.Parties.Where(p => p.Role is PartyRole.Lender or PartyRole.Buyer && p.OrganisationId is { } id && id != payer).Select(p => p.OrganisationId).OfType<Guid>().Distinct()];
}
