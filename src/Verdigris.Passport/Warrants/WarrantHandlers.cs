using System.Globalization;
using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>A warrant for whoever may see it.</summary>
/// <param name="Owner">Current legal owner by the Book; null where none was issued, it is invalid, or the reader may not know.</param>
/// <param name="Certificates">Ids of its certificates; empty where the reader may not see them.</param>
/// <param name="Because">Why the reader may see it; <see cref="Because.Nobody"/> for the party to whom it is offered or pledged, who sees the warrant but no certificate.</param>
public sealed record WarrantView(Warrant Warrant, Guid? Owner, IReadOnlyList<Guid> Certificates, Because Because);

/// <summary>Inbound match and issue: the warehouse's side.</summary>
public sealed class WarrantHandlers(ContractTerms contracts, PassportRules rules, WarehousingRules floor, TitleReader titles, Approvals approvals, IVenue venue)
{
    public static IReadOnlyList<string> DutyStatuses { get; } = ["paid", "unpaid", "bonded"];

    /// <summary>A published certificate by its number, for the operator at the scale: content only, no emissions.</summary>
    public async Task<Answer<CertificateRow>> FindForMatch(DbSession s, string number, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        var row = await CertificateStore.FindCurrent(s, number, ct);
        return row is { State: CertificateState.Published } ? row : EmissionsAccess.NotVisible("certificate");
    }

    /// <summary>Records what came in and compares it. A failed match is kept, and quarantines the certificate unless the operator says otherwise; a warrant needs a passed one.</summary>
    public async Task<Answer<InboundMatch>> RecordMatch(DbSession s, InboundObservation o, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        var wrong = MatchRules.Check(o, s.Now);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<InboundMatch>(async t =>
        {
            var warehouse = await s.All("select organisation_id, state, metals from passport.warehouse where id = $1", r => (Organisation: r.GetGuid(0), State: r.GetString(1), Metals: r.Texts(2)), t, o.WarehouseId);
            if (warehouse.Count == 0 || (warehouse[0].Organisation != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return Refusal.NotFound("match.warehouse-unknown", "warehouseId");
            if (warehouse[0].State != "active") return Refusal.Conflict("match.warehouse-not-active", "warehouseId");
            if (await CertificateStore.Lock(s, o.CertificateId, t) is not { State: CertificateState.Published or CertificateState.MatchedAtWarehouse } row
                || (row.State == CertificateState.MatchedAtWarehouse && (row.WarehouseId != o.WarehouseId || row.WarrantId is not null))) return EmissionsAccess.NotVisible("certificate");
            if (await s.Value<bool>("select passport.in_lots($1)", t, o.CertificateId)) return Refusal.Conflict("certificate.in-lots", "certificateId", ("number", row.Certificate.Number));
            if (!warehouse[0].Metals.Contains(row.Certificate.Metal)) return Refusal.Conflict("match.metal-not-listed", "warehouseId", ("metal", row.Certificate.Metal));
            var names = await s.All("select code, name from passport.brand where code = $1", r => new[] { r.GetString(0), r.GetString(1) }, t, row.Certificate.Content.ExchangeBrandCode);
            var (percent, ruleId) = rules.NetTolerance(o.WeighedAt.InUtc().Date);
            var duties = floor.Duties(row.Certificate.Metal, o.WeighedAt.InUtc().Date);
            var checks = o.Checks ?? [];
            var tickets = await WeighHandlers.Open(s, o.CertificateId, o.WarehouseId, t);
            var lacking = MetalChecks.Check(checks, duties);
            if (duties.Any(d => d.Duty == WarehousingRules.WeighIn) || tickets.Count > 0) lacking.AddRange(WeighRules.Carry(tickets, o.Bundles, o.NetKg));
            if (lacking.Count > 0) return lacking;
            var differences = MatchRules.Compare(row.Certificate.Content, names[0], o, percent, ruleId);
            differences.AddRange(MetalChecks.Differences(checks));
            var passed = differences.Count == 0;
            var match = new InboundMatch(s.NewId(), o.CertificateId, o.WarehouseId, passed, differences, o.NetKg, percent, ruleId, o.ScaleId, s.Actor.PersonId, s.Actor.Name, o.WeighedAt, s.Now, checks);
            await s.Run("""
                insert into passport.inbound_match (id, certificate_id, warehouse_id, brand_mark, shape, bundles, net_kg, seals, heats, scale_id, weighed_at, passed, differences, tolerance_pct, rule_id, operator_id, operator_name, created_at, checks)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
                """, t, match.Id, o.CertificateId, o.WarehouseId, o.BrandMark, o.Shape, o.Bundles, o.NetKg, o.Seals.ToArray(), o.Heats.ToArray(), o.ScaleId, o.WeighedAt, passed, new Json(StorageJson.Write(differences)), percent, ruleId,
                s.Actor.PersonId, s.Actor.Name, match.CreatedAt, new Json(StorageJson.Write(checks)));
            await s.Run("insert into passport.match_ticket (ticket_id, match_id) select ticket, $2 from unnest($1::uuid[]) as ticket", t, tickets.Select(w => w.Id).ToArray(), match.Id);
            var to = passed ? CertificateState.MatchedAtWarehouse : o.QuarantineIfFailed ? CertificateState.Quarantined : row.State;
            if (to != row.State && !await CertificateStore.Move(s, row, to, t)) return Refusal.Conflict("certificate.changed-meanwhile");
            if (passed || o.QuarantineIfFailed)
            {
                await s.Run("update passport.certificate set warehouse_id = $2 where id = $1", t, o.CertificateId, o.WarehouseId);
                await TitleFence.Arrived(s, o.CertificateId, t);
            }
            await s.Audit(new AuditEntry(passed ? "match.passed" : "match.failed", "certificate", o.CertificateId.ToString(), Details: new { row.Certificate.Number, o.NetKg, o.ScaleId, Differences = differences.Select(d => d.Code) }), t);
            return match;
        }, ct);
    }

    /// <summary>Matches of a certificate, newest first, for those who may see the certificate.</summary>
    public async Task<Answer<IReadOnlyList<InboundMatch>>> Matches(DbSession s, Guid certificate, CancellationToken ct)
    {
        if (await titles.Find(s, certificate, ct) is not { } known || !EmissionsAccess.DecideCertificate(s.Actor, known.Facts).Allowed) return EmissionsAccess.NotVisible("certificate");
        return await s.All($"select {MatchColumns} from passport.inbound_match where certificate_id = $1 order by created_at desc, id desc", MapMatch, ct, certificate);
    }

    /// <summary>A match, for those who may see its certificate.</summary>
    public async Task<Answer<InboundMatch>> ReadMatch(DbSession s, Guid id, CancellationToken ct)
    {
        var match = await s.One($"select {MatchColumns} from passport.inbound_match where id = $1", MapMatch, ct, id);
        return match is not null && await titles.Find(s, match.CertificateId, ct) is { } known && EmissionsAccess.DecideCertificate(s.Actor, known.Facts).Allowed ? match : EmissionsAccess.NotVisible("match");
    }

    /// <summary>The weigh tickets a match stood on, for those who may see it; none for a match taken over from another register.</summary>
    public async Task<Answer<IReadOnlyList<WeighTicket>>> Tickets(DbSession s, Guid match, CancellationToken ct)
    {
        if (await ReadMatch(s, match, ct) is { Ok: false } hidden) return Answer<IReadOnlyList<WeighTicket>>.From(hidden.Refusals);
        return await WeighHandlers.OfMatch(s, match, ct);
    }

    const string MatchColumns = "id, certificate_id, warehouse_id, passed, differences, net_kg, tolerance_pct, rule_id, scale_id, operator_id, operator_name, weighed_at, created_at, checks";

    static InboundMatch MapMatch(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetBoolean(3), StorageJson.Read<List<Refusal>>(r.GetString(4)), r.GetDecimal(5), r.GetDecimal(6), r.GetString(7), r.GetString(8), r.GetGuid(9), r.GetString(10), r.Time(11), r.Time(12),
        StorageJson.Read<List<MetalCheck>>(r.GetString(13)));

    /// <summary>Asks for a warrant over matched metal. Another person of the warehouse issues it from the inbox.</summary>
    public async Task<Answer<Warrant>> Request(DbSession s, WarrantRequest request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        var wrong = new List<Refusal>();
        if (request.CertificateIds.Count is 0 or > 100 || request.CertificateIds.Distinct().Count() != request.CertificateIds.Count) wrong.Add(Refusal.Of("warrant.certificates-missing", "certificateIds"));
        if (!CertificateRules.IsWord(request.LotNo)) wrong.Add(Refusal.Of("warrant.lot-invalid", "lotNo"));
        if (!DutyStatuses.Contains(request.DutyStatus)) wrong.Add(Refusal.Of("warrant.duty-unknown", "dutyStatus", ("given", request.DutyStatus)));
        if (request.RentUsdPerTonneDay is < 0 or > 100_000) wrong.Add(Refusal.Of("warrant.rent-out-of-range", "rentUsdPerTonneDay"));
        if (request.FotUsdPerTonne is < 0 or > 100_000) wrong.Add(Refusal.Of("warrant.rent-out-of-range", "fotUsdPerTonne"));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Warrant>(async t =>
        {
            var rows = new List<CertificateRow>();
            foreach (var id in request.CertificateIds.Order())
            {
                var row = await CertificateStore.Lock(s, id, t);
                var mine = row?.WarehouseId is { } w && await s.Value<long>("select count(*) from passport.warehouse where id = $1 and organisation_id = $2", t, w, s.Actor.OrganisationId) == 1;
                if (row is null || !mine) return EmissionsAccess.NotVisible("certificate");
                if (row.State != CertificateState.MatchedAtWarehouse) return Refusal.Conflict("warrant.not-matched", "certificateIds", ("number", row.Certificate.Number), ("state", row.State.ToString()));
                if (row.WarrantId is not null) return Refusal.Conflict("warrant.already-requested", "certificateIds", ("number", row.Certificate.Number));
                if (row.Verdict != SpecOutcome.Pass) return Refusal.Conflict("warrant.quality-not-shown", "certificateIds", ("number", row.Certificate.Number), ("verdict", row.Verdict.ToString()));
                rows.Add(row);
            }
            var first = rows[0];
            if (rows.Any(r => r.Certificate.Content.ExchangeBrandCode != first.Certificate.Content.ExchangeBrandCode || r.Certificate.Content.Shape != first.Certificate.Content.Shape || r.WarehouseId != first.WarehouseId))
                return Refusal.Of("warrant.lot-not-uniform", "certificateIds");
            var contract = first.Certificate.ContractCode;
            if (!BookAccounts.WarrantAssets.TryGetValue(contract, out var asset)) return Refusal.Conflict("warrant.contract-not-deliverable", "certificateIds", ("contract", contract));
            var net = rows.Sum(r => r.Certificate.Content.NetKg);
            if (contracts.LotWithinTolerance(contract, net) == false) return Refusal.Of("warrant.lot-out-of-tolerance", "certificateIds", ("given", net.ToString(CultureInfo.InvariantCulture)), ("contract", contract));
            var brand = (await CertificateStore.Brand(s, first.Certificate.Content.ExchangeBrandCode, t))!;
            if (brand.StateOn(s.Now.InUtc().Date) != ListingState.Listed) return Refusal.Conflict("warrant.brand-suspended", "certificateIds", ("brand", brand.Code));
            if (await OpenAccount(s, request.OwnerOrganisationId, BookAccounts.Owner, t) is null) return Refusal.NotFound("warrant.owner-without-account", "ownerOrganisationId");
            var location = (await s.All("select location_code from passport.warehouse where id = $1", r => r.GetString(0), t, first.WarehouseId!.Value))[0];
            var matched = WarrantStates.Table.Next(WarrantState.Requested, WarrantEvent.Match);
            var serial = await WarrantStore.TakeSerials(s, contract, 1, t);
            var warrant = new Warrant(s.NewId(), WarrantStore.NumberOf(contract, serial), asset, serial, contract, brand.Code, first.Certificate.Content.Shape, net, rows.Sum(r => r.Certificate.Content.GrossKg),
                rows.Sum(r => r.Certificate.Content.Pieces), rows.Sum(r => r.Certificate.Content.Bundles), request.LotNo, first.WarehouseId.Value, s.Actor.OrganisationId, location, first.Certificate.Content.CountryOfOrigin, request.DutyStatus,
                request.RentUsdPerTonneDay, request.FotUsdPerTonne, request.RentPaidTo, request.OwnerOrganisationId, matched.Value, null, null, null, s.Actor.PersonId, s.Now, null, null, 1);
            await WarrantStore.Insert(s, warrant, t);
            foreach (var row in rows)
            {
                await s.Run("insert into passport.warrant_certificate (warrant_id, certificate_id) values ($1, $2)", t, warrant.Id, row.Certificate.Id);
                await s.Run("update passport.certificate set warrant_id = $2 where id = $1", t, row.Certificate.Id, warrant.Id);
            }
            await approvals.Propose(s, new ApprovalRequest(IssueWarrantKind.Name, warrant.Id.ToString(), s.Actor.OrganisationId, Role.WarehouseApprover, new WarrantSubject(warrant.Id), "passport.task.issue",
                new Dictionary<string, string> { ["number"] = warrant.Number, ["brand"] = warrant.BrandCode, ["net"] = net.ToString(CultureInfo.InvariantCulture) }, $"/warrants/{warrant.Id}"), t);
            await s.Audit(new AuditEntry("warrant.requested", "warrant", warrant.Id.ToString(), Details: new { warrant.Number, Certificates = rows.Select(r => r.Certificate.Number) }), t);
            return warrant;
        }, ct);
    }

    public async Task<Answer<WarrantView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var warrant = await WarrantStore.Find(s, id, ct);
        var owner = titles.Owner(warrant?.Asset ?? 0, warrant?.Serial ?? 0);
        if (warrant is null) return EmissionsAccess.NotVisible("warrant");
        var because = Decide(s.Actor, warrant, owner);
        if (because == Because.Nobody && !(await WarrantStore.Open(s, id, ct)).Any(t => t.ToOrganisation == s.Actor.OrganisationId && s.Actor.SignedIn)) return EmissionsAccess.NotVisible("warrant");
        return new WarrantView(warrant, because == Because.Nobody ? null : owner, because == Because.Nobody ? [] : await WarrantStore.Certificates(s, id, ct), because);
    }

    /// <summary>Every change of title from the Book, oldest first. The exchange and the warehouse see the parties; an owner sees those he dealt with.</summary>
    public async Task<Answer<IReadOnlyList<TitleMove>>> History(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await Read(s, id, ct);
        if (!read.Ok) return Answer<IReadOnlyList<TitleMove>>.From(read.Refusals);
        if (read.Value.Because == Because.Nobody) return EmissionsAccess.NotVisible("warrant");
        var all = read.Value.Because != Because.LegalOwner;
        var me = s.Actor.OrganisationId;
        return venue.Read(book => book.Life(read.Value.Warrant.Asset, read.Value.Warrant.Serial).Select(move =>
        {
            Guid? from = HolderOf(book, move.Debit), to = HolderOf(book, move.Credit);
            var party = all || from == me || to == me;
            return new TitleMove(TitleCommands.Time(move.TimeMicros), move.Batch, party ? from : null, party ? to : null, Word(move.TransactionType));
        }).ToList());
    }

    internal static Because Decide(Actor actor, Warrant warrant, Guid? owner)
    {
        if (actor.Is(Role.System)) return Because.System;
        if (!actor.SignedIn || actor.OrganisationId == Guid.Empty) return Because.Nobody;
        if (actor.Is(Role.ExchangeStaff)) return Because.Exchange;
        if (warrant.IssuedAt is not null && actor.OrganisationId == owner) return Because.LegalOwner;
        return actor.OrganisationId == warrant.WarehouseOrganisation ? Because.Warehouse : Because.Nobody;
    }

    static Guid? HolderOf(IBookState book, long account) => book.Account(account) is { } known && known.Holder != 0 ? BookId.ToGuid(known.Holder) : null;

    static string Word(ushort type) => type switch
    {
        BookAccounts.Issue => "issued",
        BookAccounts.Transfer => "transferred",
        BookAccounts.LoadOut => "loaded-out",
        BookAccounts.Pledge => "pledge-enforced",
        BookAccounts.Invalidate => "invalidated",
        _ => "moved",
    };

    internal static async Task<long?> OpenAccount(DbSession s, Guid organisation, string kind, CancellationToken ct)
    {
        var rows = await s.All("select account from passport.book_account where organisation_id = $1 and kind = $2 and state = 'open'", r => r.GetInt64(0), ct, organisation, kind);
        return rows.Count == 0 ? null : rows[0];
    }
}

sealed record WarrantSubject(Guid WarrantId);
