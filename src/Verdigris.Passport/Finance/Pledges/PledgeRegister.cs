using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Finance.Pledges;

/// <param name="Reference">The lender's own.</param>
/// <param name="PledgedOn">Not in the future.</param>
public sealed record NewPledge(LotIdentity Lot, string Reference, LocalDate PledgedOn);

/// <summary>A pledge as its lender sees it. The lot itself is not kept: its fingerprint is.</summary>
/// <param name="WarrantId">Of a lien in the Book; null for stock outside it.</param>
public sealed record PledgeEntry(Guid Id, string Reference, Guid? WarrantId, LocalDate PledgedOn, Instant RegisteredAt, Instant? ReleasedAt);

/// <summary>What the register says of a lot, and all it says: never who, where or how much.</summary>
/// <param name="Since">Day of the earliest other pledge that stands; null where there is none.</param>
public sealed record PledgeAnswer(bool AlreadyPledged, LocalDate? Since);

/// <param name="Answer">Of other lenders' pledges that share the lot or a bundle of it.</param>
public sealed record PledgeRegistered(PledgeEntry Pledge, PledgeAnswer Answer);

/// <summary>Another lender holds a pledge of the same lot, or of bundles of it.</summary>
/// <param name="OtherSince">Day of the other pledge.</param>
/// <param name="WholeLot">The same lot; otherwise they share bundles.</param>
public sealed record PledgeAlert(Guid Id, Guid PledgeId, string Reference, LocalDate OtherSince, bool WholeLot, Instant At);

/// <summary>
/// The register of pledges. Lenders enter what is pledged to them outside the Book; liens in the Book enter by themselves. Who asks must know the whole lot, is counted, and hears yes or no and a day. A
/// registration that shares a bundle with another lender's warns both, and neither learns who the other is: the comparison happens in the database, beyond row-level security, and hands out days only.
/// </summary>
public sealed class PledgeRegister(KeyVault vault, RulePacks rules)
{
    static readonly ListOrders<PledgeEntry> Orders = new("pledges", "-added", ListKey<PledgeEntry>.Id("added", "p.id", p => p.Id));

    /// <summary>Questions and registrations of one lender in any hour and any 24 hours.</summary>
    public (int PerHour, int PerDay) Limits { get; } = (Limit(rules, "per-hour"), Limit(rules, "per-day"));

    /// <summary>Enters a pledge of stock outside the Book.</summary>
    public async Task<Answer<PledgeRegistered>> Register(DbSession s, NewPledge pledge, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.LenderOfficer) is { } no) return no;
        var wrong = LotFingerprints.Check(pledge.Lot);
        if (!CertificateRules.IsText(pledge.Reference)) wrong.Add(Refusal.Of("pledge.reference-missing", "reference"));
        if (pledge.PledgedOn > s.Now.InUtc().Date) wrong.Add(Refusal.Of("pledge.day-in-future", "pledgedOn"));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<PledgeRegistered>(async t =>
        {
            if (await Counted(s, t) is { } often) return often;
            var entry = new PledgeEntry(s.NewId(), pledge.Reference.Trim(), null, pledge.PledgedOn, s.Now, null);
            var (added, since) = await Enter(s, entry, s.Actor.OrganisationId, await Fingerprint(s, pledge.Lot, t), t);
            if (!added) return Refusal.Conflict("pledge.registered-already", "lot");
            await s.Audit(new AuditEntry("pledge.registered", "pledge", entry.Id.ToString(), Details: new { entry.Reference, Duplicate = since is not null }), t);
            return new PledgeRegistered(entry, new(since is not null, since));
        }, ct);
    }

    /// <summary>Whether the very same lot stands pledged to another lender.</summary>
    public async Task<Answer<PledgeAnswer>> Ask(DbSession s, LotIdentity lot, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.LenderOfficer) is { } no) return no;
        var wrong = LotFingerprints.Check(lot);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<PledgeAnswer>(async t =>
        {
            if (await Counted(s, t) is { } often) return often;
            var print = await Fingerprint(s, lot, t);
            var since = (await s.All("select passport.pledge_since($1, $2)", r => r.MaybeDay(0), t, print.Lot, s.Actor.OrganisationId))[0];
            await s.Audit(new AuditEntry("pledge.asked", "pledge-register", Convert.ToHexStringLower(print.Lot)[..16], Details: new { Yes = since is not null }), t);
            return new PledgeAnswer(since is not null, since);
        }, ct);
    }

    /// <summary>The lender lets go of stock outside the Book. A lien in the Book is released there.</summary>
    public Task<Answer<PledgeEntry>> Release(DbSession s, Guid id, CancellationToken ct) => s.InTransaction<PledgeEntry>(async t =>
    {
        if (Allow.Role(s.Actor, Role.LenderOfficer) is { } no) return no;
        if (await s.One($"select {Columns} from passport.pledge p where id = $1 and lender_id = $2 for update", Map, t, id, s.Actor.OrganisationId) is not { } pledge) return Access.EmissionsAccess.NotVisible("pledge");
        if (pledge.WarrantId is not null) return Refusal.Conflict("pledge.in-the-book", "id");
        if (pledge.ReleasedAt is not null) return Refusal.Conflict("pledge.released", "id", ("reference", pledge.Reference));
        await s.Run("select passport.pledge_end($1, $2)", t, id, s.Now);
        await s.Audit(new AuditEntry("pledge.released", "pledge", id.ToString(), Details: new { pledge.Reference }), t);
        return pledge with { ReleasedAt = s.Now };
    }, ct);

    /// <summary>The lender's own pledges, newest first.</summary>
    public async Task<Answer<Page<PledgeEntry>>> List(DbSession s, string? cursor, int limit, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.LenderOfficer) is { } no) return no;
        var query = new Where();
        query.And("p.lender_id = ", s.Actor.OrganisationId);
        return await Orders.Page(s, $"select {Columns} from passport.pledge p", query, null, cursor, limit, Map, ct);
    }

    static readonly ListOrders<PledgeAlert> AlertOrders = new("pledge-alerts", "-added", ListKey<PledgeAlert>.Id("added", "a.id", a => a.Id));

    /// <summary>Warnings about own pledges that stand, newest first.</summary>
    public async Task<Answer<Page<PledgeAlert>>> Alerts(DbSession s, string? cursor, int limit, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.LenderOfficer) is { } no) return no;
        var query = new Where();
        query.And("p.released_at is null and a.lender_id = ", s.Actor.OrganisationId);
        return await AlertOrders.Page(s, "select a.id, a.pledge_id, p.reference, a.other_since, a.whole_lot, a.at from passport.pledge_alert a join passport.pledge p on p.id = a.pledge_id", query, null, cursor, limit,
            r => new PledgeAlert(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.Day(3), r.GetBoolean(4), r.Time(5)), ct);
    }

    /// <summary>A lien the Book has just taken on: its lot enters the register under the transfer's id. A lot whose certificates list no bundles has no fingerprint and is passed over.</summary>
    internal async Task Lien(DbSession s, TitleTransfer pledge, CancellationToken ct)
    {
        var (brand, heats, seals) = ("", new List<string>(), new List<string>());
        foreach (var id in await WarrantStore.Certificates(s, pledge.WarrantId, ct))
        {
            if (await CertificateStore.Find(s, id, ct) is not { } row) continue;
            brand = row.Certificate.Content.ExchangeBrandCode;
            heats.AddRange(row.Certificate.Content.HeatNumbers);
            seals.AddRange(row.Certificate.Content.BundleList.Select(b => b.SealNo ?? b.BundleNo));
        }
        var lot = new LotIdentity(brand, brand, heats, seals);
        if (LotFingerprints.Check(lot).Count > 0) return;
        await Enter(s, new PledgeEntry(pledge.Id, pledge.WarrantNumber, pledge.WarrantId, s.Now.InUtc().Date, s.Now, null), pledge.ToOrganisation, await Fingerprint(s, lot, ct), ct);
    }

    /// <summary>The Book has let a lien go.</summary>
    internal static Task LienEnded(DbSession s, Guid transfer, CancellationToken ct) => s.Run("select passport.pledge_end($1, $2)", ct, transfer, s.Now);

    static async Task<(bool Added, LocalDate? Since)> Enter(DbSession s, PledgeEntry entry, Guid lender, LotFingerprint print, CancellationToken ct) => (await s.All(
        "select added, since from passport.pledge_add($1, $2, $3, $4, $5, $6, $7, $8, $9)", r => (r.GetBoolean(0), r.MaybeDay(1)), ct,
        entry.Id, lender, entry.Reference, entry.WarrantId, print.Lot, print.Parts.ToArray(), entry.PledgedOn, s.Actor.PersonId, entry.RegisteredAt))[0];

    /// <summary>A listed brand has one plant, so its listing says which: whatever was typed, the lot is the same.</summary>
    async Task<LotFingerprint> Fingerprint(DbSession s, LotIdentity lot, CancellationToken ct)
    {
        var listed = await s.All("select b.code, p.code from passport.brand b join passport.plant p on p.id = b.plant_id where $1 in (upper(b.code), upper(b.exchange_code))", r => (r.GetString(0), r.GetString(1)), ct, LotFingerprints.Normal(lot.Brand));
        return LotFingerprints.Of(listed is [var (brand, plant)] ? lot with { Brand = brand, Plant = plant } : lot, vault.Secret("pledge-register"));
    }

    /// <summary>Counts a question; null where it may be asked.</summary>
    async Task<Refusal?> Counted(DbSession s, CancellationToken ct)
    {
        // One lender's questions are counted one after the other.
        await s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", ct, $"pledge-question/{s.Actor.OrganisationId}");
        var (hour, day) = (await s.All("select count(*) filter (where asked_at > $2), count(*) from passport.pledge_question where lender_id = $1 and asked_at > $3", r => (r.GetInt64(0), r.GetInt64(1)), ct,
            s.Actor.OrganisationId, s.Now - Duration.FromHours(1), s.Now - Duration.FromHours(24)))[0];
        if (hour >= Limits.PerHour || day >= Limits.PerDay) return Refusal.Conflict("pledge.too-many-questions", null, ("hour", Text(Limits.PerHour)), ("day", Text(Limits.PerDay)));
        await s.Run("insert into passport.pledge_question (id, lender_id, asked_by, asked_at) values ($1, $2, $3, $4)", ct, s.NewId(), s.Actor.OrganisationId, s.Actor.PersonId, s.Now);
        return null;
    }

    static int Limit(RulePacks rules, string limit) => rules.Pack("metals/pledges").Table("limits").Find(null, limit)?.Integer("number") ?? throw new InvalidOperationException($"metals/pledges holds no limit '{limit}'.");

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    const string Columns = "p.id, p.reference, p.warrant_id, p.pledged_on, p.registered_at, p.released_at";

    static PledgeEntry Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.MaybeGuid(2), r.Day(3), r.Time(4), r.MaybeTime(5));
}
