using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Lots;

/// <param name="Ended">Also lots that were split, merged or closed.</param>
/// <param name="Sort">made or number, with a leading minus for descending; null is -made.</param>
public sealed record LotFilter(string? Brand = null, bool Ended = false, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>
/// Use cases of lots. A certificate's metal becomes a lot while no warrant stands over it: in the hand of its producer until it comes to a warehouse, and of its last legal owner once it was loaded out. Who holds
/// it is asked of the Book at every reading, as for the certificate itself; so its emissions follow title as the certificate's do.
/// </summary>
public sealed class LotHandlers(TitleReader titles)
{
    static readonly ListOrders<Lot> Orders = new("lots", "-made", ListKey<Lot>.Id("made", "l.id", l => l.Id), ListKey<Lot>.Text("number", "l.number", l => l.Number));

    public async Task<Answer<Page<Lot>>> List(DbSession s, LotFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        var order = Orders.Read(filter.Sort, filter.Cursor);
        if (!order.Ok) return Answer<Page<Lot>>.From(order.Refusals);
        var query = new Where();
        if (!SeesAll(s.Actor)) query.And("l.holder_organisation = ", s.Actor.OrganisationId);
        if (!filter.Ended) query.And("l.ended_by is null");
        if (filter.Brand is { } brand) query.And("l.brand_code = ", brand);
        query.And(order.Value.Condition(query.Next));
        var rows = await s.All($"select {LotStore.Columns} from {LotStore.Tables} {query} order by {order.Value.By} limit {filter.Limit + 1}", LotStore.Map, ct, query.Args);
        var next = order.Value.Cut(rows, filter.Limit);
        // The table offers, the Book decides: a lot whose title went elsewhere is left out.
        var shown = new List<Lot>();
        foreach (var lot in rows) if (SeesAll(s.Actor) || await Holds(s, lot, ct)) shown.Add(lot);
        return new Page<Lot>(shown, next);
    }

    public async Task<Answer<LotView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Visible(s, id, ct) is not { } lot) return Hidden();
        var family = await LotStore.Family(s, id, ct);
        return new LotView(lot, [.. (await LotStore.Bundles(s, [id], ct)).Select(b => b.Bundle)], await LotStore.Shares(s, id, ct), [.. family.Where(l => l.EndedBy == lot.MadeBy)], [.. family.Where(l => lot.EndedBy is { } by && l.MadeBy == by)]);
    }

    /// <summary>Everything a lot came from, up to the certificates, and everything that came of it.</summary>
    public async Task<Answer<LotGenealogy>> Genealogy(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Visible(s, id, ct) is null) return Hidden();
        var family = await LotStore.Family(s, id, ct);
        var made = family.ToLookup(l => l.MadeBy);
        var edges = family.Where(l => !l.Open).SelectMany(parent => made[parent.EndedBy!.Value].Select(child => new LotEdge(parent.Id, child.Id))).ToList();
        var first = family.Where(l => l.MadeKind == "open").Select(l => l.Id).ToArray();
        var origins = await s.All("select distinct b.lot_id, b.certificate_id, c.number from passport.lot_bundle b join passport.certificate c on c.id = b.certificate_id where b.lot_id = any($1) order by c.number",
            r => new LotOrigin(r.GetGuid(0), r.GetGuid(1), r.GetString(2)), ct, first);
        return new LotGenealogy(family, edges, origins);
    }

    /// <summary>Makes the first lot of a certificate: all its bundles.</summary>
    public async Task<Answer<LotView>> Open(DbSession s, Guid certificate, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.ProducerEditor) is { } no) return no;
        return await Done(s, await Guarded(() => s.InTransaction<Guid>(async t =>
        {
            if (await CertificateStore.Lock(s, certificate, t) is not { } row || await titles.Find(s, certificate, t) is not { } known || titles.MayRead(s.Actor, known.Row) == Because.Nobody) return EmissionsAccess.NotVisible("certificate");
            if (OffWarrant(s.Actor, row, known.Facts) is { } on) return on;
            var content = row.Certificate.Content;
            if (content.BundleList.Count == 0) return Refusal.Conflict("lot.no-bundles", "certificateId", ("number", row.Certificate.Number));
            if (await s.Value<bool>("select passport.in_lots($1)", t, certificate)) return Refusal.Conflict("lot.already-open", "certificateId", ("number", row.Certificate.Number));
            var bundles = content.BundleList.Select(b => new LotBundle(certificate, row.Certificate.Number, b.BundleNo, b.Pieces, b.NetKg)).ToList();
            var made = await LotStore.Operate(s, "open", s.Actor.OrganisationId, null, [], [bundles], (content.ExchangeBrandCode, content.Shape, content.SpecRef), t);
            await s.Audit(new AuditEntry("lot.opened", "lot", made[0].ToString(), Details: new { row.Certificate.Number }), t);
            return made[0];
        }, ct)), ct);
    }

    /// <summary>Splits a lot by bundles; every bundle goes into exactly one part. Answers the lot with its children.</summary>
    public async Task<Answer<LotView>> Split(DbSession s, Guid id, IReadOnlyList<IReadOnlyList<BundleName>> parts, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.ProducerEditor) is { } no) return no;
        return await Done(s, await Guarded(() => s.InTransaction<Guid>(async t =>
        {
            var locked = await Lock(s, [id], t);
            if (!locked.Ok) return Answer<Guid>.From(locked.Refusals);
            var lot = locked.Value[0];
            if (!lot.Open) return Refusal.Conflict("lot.not-open", "id", ("number", lot.Number));
            var divided = LotRules.Split([.. (await LotStore.Bundles(s, [id], t)).Select(b => b.Bundle)], parts);
            if (!divided.Ok) return Answer<Guid>.From(divided.Refusals);
            var made = await LotStore.Operate(s, "split", lot.HolderOrganisation, null, [lot], divided.Value, (lot.BrandCode, lot.Shape, lot.SpecRef), t);
            await s.Audit(new AuditEntry("lot.split", "lot", id.ToString(), Details: new { lot.Number, Into = made }), t);
            foreach (var child in made) await s.Audit(new AuditEntry("lot.made", "lot", child.ToString(), Details: new { From = lot.Number }), t);
            return id;
        }, ct)), ct);
    }

    /// <summary>Puts lots of one brand, shape and specification together. Answers the lot made.</summary>
    public async Task<Answer<LotView>> Merge(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.ProducerEditor) is { } no) return no;
        return await Done(s, await Guarded(() => s.InTransaction<Guid>(async t =>
        {
            var locked = await Lock(s, ids, t);
            if (!locked.Ok) return Answer<Guid>.From(locked.Refusals);
            var lots = locked.Value;
            if (LotRules.Merge(lots) is { } wrong) return wrong;
            var bundles = (await LotStore.Bundles(s, ids, t)).Select(b => b.Bundle).ToList();
            var made = await LotStore.Operate(s, "merge", lots[0].HolderOrganisation, null, lots, [bundles], (lots[0].BrandCode, lots[0].Shape, lots[0].SpecRef), t);
            foreach (var lot in lots) await s.Audit(new AuditEntry("lot.merged", "lot", lot.Id.ToString(), Details: new { lot.Number }), t);
            await s.Audit(new AuditEntry("lot.made", "lot", made[0].ToString(), Details: new { From = string.Join(", ", lots.Select(l => l.Number)) }), t);
            return made[0];
        }, ct)), ct);
    }

    /// <summary>Takes a first lot that nobody divided back, so that its certificate can go to a warehouse.</summary>
    public async Task<Answer<LotView>> Close(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.ProducerEditor) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        return await Done(s, await Guarded(() => s.InTransaction<Guid>(async t =>
        {
            var locked = await Lock(s, [id], t);
            if (!locked.Ok) return Answer<Guid>.From(locked.Refusals);
            var lot = locked.Value[0];
            if (!lot.Open) return Refusal.Conflict("lot.not-open", "id", ("number", lot.Number));
            if (lot.MadeKind != "open") return Refusal.Conflict("lot.not-first", "id", ("number", lot.Number));
            await LotStore.Operate(s, "close", lot.HolderOrganisation, reason, [lot], [], (lot.BrandCode, lot.Shape, lot.SpecRef), t);
            await s.Audit(new AuditEntry("lot.closed", "lot", id.ToString(), reason, new { lot.Number }), t);
            return id;
        }, ct)), ct);
    }

    /// <summary>Null where the metal of the certificate is on no warrant and in the actor's hand.</summary>
    static Refusal? OffWarrant(Actor actor, CertificateRow row, TitleFacts facts)
    {
        var mine = row.State switch
        {
            CertificateState.LoadedOut => facts.OwnerOrganisation == actor.OrganisationId,
            CertificateState.Published when row is { WarehouseId: null, WarrantId: null } => facts.ProducerId == actor.OrganisationId,
            _ => (bool?)null,
        };
        return mine switch
        {
            null => Refusal.Conflict("lot.not-off-warrant", "certificateId", ("number", row.Certificate.Number), ("state", row.State.ToString())),
            false => Refusal.Forbidden("lot.not-yours", "certificateId", ("number", row.Certificate.Number)),
            true => null,
        };
    }

    /// <summary>The lots, each the actor's and on no warrant still; locked.</summary>
    async Task<Answer<IReadOnlyList<Lot>>> Lock(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        var lots = await LotStore.Lock(s, ids, ct);
        if (lots.Count == 0 || lots.Count != ids.Distinct().Count()) return Hidden();
        foreach (var lot in lots)
        {
            if (lot.HolderOrganisation != s.Actor.OrganisationId || !await Holds(s, lot, ct)) return Hidden();
            foreach (var share in await LotStore.Shares(s, lot.Id, ct))
                if (share.State is not (CertificateState.Published or CertificateState.LoadedOut)) return Refusal.Conflict("lot.not-off-warrant", "id", ("number", share.CertificateNumber), ("state", share.State.ToString()));
        }
        return lots;
    }

    async Task<Lot?> Visible(DbSession s, Guid id, CancellationToken ct) => await LotStore.Find(s, id, ct) is { } lot && (SeesAll(s.Actor) || await Holds(s, lot, ct)) ? lot : null;

    /// <summary>Whether the actor's organisation has title to all the metal of a lot at this moment of the Book, or made it and has not parted with it.</summary>
    async Task<bool> Holds(DbSession s, Lot lot, CancellationToken ct)
    {
        if (!s.Actor.SignedIn || lot.HolderOrganisation != s.Actor.OrganisationId) return false;
        var certificates = await s.All("select distinct certificate_id from passport.lot_bundle where lot_id = $1", r => r.GetGuid(0), ct, lot.Id);
        var facts = await titles.FindAll(s, certificates, ct);
        return facts.Count == certificates.Count && facts.All(f => f.Facts.OwnerOrganisation is { } owner ? owner == s.Actor.OrganisationId : f.Facts.ProducerId == s.Actor.OrganisationId);
    }

    async Task<Answer<LotView>> Done(DbSession s, Answer<Guid> done, CancellationToken ct) => done.Ok ? await Read(s, done.Value, ct) : Answer<LotView>.From(done.Refusals);

    /// <summary>Where somebody else was first, the database says so.</summary>
    static async Task<Answer<Guid>> Guarded(Func<Task<Answer<Guid>>> work)
    {
        try { return await work(); }
        catch (PostgresException e) when (e.ConstraintName is "lot_bundle_in_one_lot" or "warrant_or_lot" or "lot_ends_once") { return Refusal.Conflict("lot.changed-meanwhile"); }
    }

    static bool SeesAll(Actor actor) => actor.Is(Role.ExchangeStaff) || actor.Is(Role.System);

    static Refusal Hidden() => EmissionsAccess.NotVisible("lot");
}
