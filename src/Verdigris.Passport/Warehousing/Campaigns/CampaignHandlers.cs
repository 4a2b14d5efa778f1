using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warehousing.Campaigns;

/// <summary>A campaign with the items the reader may see: the exchange all, a warehouse its own, everybody else none.</summary>
public sealed record CampaignView(CampaignProgress Progress, IReadOnlyList<CampaignItem> Items);

/// <summary>
/// Re-inspection of warranted metal. The exchange orders and closes, the warehouses inspect what lies with them, everybody sees how far it is. A warrant whose metal failed is declared invalid like any other: by two
/// people of the exchange (<see cref="LoadOutHandlers.ProposeInvalidation"/>).
/// </summary>
public sealed class CampaignHandlers(WarehousingRules rules, AttachedFiles files)
{
    const string Subject = "campaign-item";
    const int MostItems = 50_000;

    static readonly ListOrders<Campaign> Orders = new("campaigns", "-added", ListKey<Campaign>.Id("added", "c.id", c => c.Id));

    /// <summary>Chooses the live warrants of the selection as they are now.</summary>
    public async Task<Answer<CampaignView>> Order(DbSession s, NewCampaign request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        var wrong = CampaignRules.Check(request, s.Now.InUtc().Date);
        if (wrong.Count > 0) return wrong;
        var (id, by) = (s.NewId(), request.Selection);
        var made = await s.InTransaction<Done>(async t =>
        {
            if (by.OperatorId is { } known && !await s.Value<bool>("select exists (select from passport.organisation where id = $1 and kind = 'warehouse')", t, known)) return Refusal.NotFound("organisation.not-a-warehouse", "selection.operatorId");
            if (by.WarehouseId is { } unit && !await s.Value<bool>("select exists (select from passport.warehouse where id = $1)", t, unit)) return Refusal.NotFound("match.warehouse-unknown", "selection.warehouseId");
            await s.Run("insert into passport.campaign (id, title, metal, shape, brand_code, operator_id, warehouse_id, due, ordered_by, ordered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", t,
                id, request.Title.Trim(), by.Metal, by.Shape, by.BrandCode, by.OperatorId, by.WarehouseId, request.Due, s.Actor.PersonId, s.Now);
            var items = await s.Run("""
                insert into passport.campaign_item (id, campaign_id, warrant_id, warehouse_organisation)
                select gen_random_uuid(), $1, w.id, w.warehouse_organisation from passport.warrant w join passport.brand b on b.code = w.brand_code
                where w.state in (2, 3, 4, 5) and ($2::text is null or b.metal = $2) and ($3::text is null or w.shape = $3) and ($4::text is null or w.brand_code = $4)
                  and ($5::uuid is null or w.warehouse_organisation = $5) and ($6::uuid is null or w.warehouse_id = $6) limit 50001
                """, t, id, by.Metal, by.Shape, by.BrandCode, by.OperatorId, by.WarehouseId);
            if (items == 0) return Refusal.Conflict("campaign.nothing-chosen", "selection");
            if (items > MostItems) return Refusal.Of("campaign.too-many", "selection", ("limit", "50000"));
            await s.Audit(new AuditEntry("campaign.ordered", "campaign", id.ToString(), Details: new { request.Title, Items = items, by.Metal, by.Shape, by.BrandCode, by.OperatorId, by.WarehouseId }), t);
            return default(Done);
        }, ct);
        return made.Ok ? await Read(s, id, ct) : Answer<CampaignView>.From(made.Refusals);
    }

    /// <summary>Newest first, for everybody.</summary>
    public async Task<Answer<Page<CampaignProgress>>> List(DbSession s, string? cursor, int limit, CancellationToken ct)
    {
        var page = await Orders.Page(s, $"select {Columns} from passport.campaign c", new Where(), null, cursor, limit, Map, ct);
        if (!page.Ok) return Answer<Page<CampaignProgress>>.From(page.Refusals);
        var items = (await s.All($"select {ItemColumns} where i.campaign_id = any($1)", MapItem, ct, page.Value.Items.Select(c => c.Id).ToArray())).ToLookup(i => i.CampaignId);
        return page.Value.Select(c => Progress(s, c, [.. items[c.Id]]));
    }

    public async Task<Answer<CampaignView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await s.One($"select {Columns} from passport.campaign c where id = $1", Map, ct, id) is not { } campaign) return EmissionsAccess.NotVisible("campaign");
        var items = await s.All($"select {ItemColumns} where i.campaign_id = $1 order by w.number", MapItem, ct, id);
        return new CampaignView(Progress(s, campaign, items), [.. items.Where(i => Sees(s.Actor, i))]);
    }

    public async Task<Answer<CampaignItem>> ReadItem(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, ct) is { } item && Sees(s.Actor, item) ? item : EmissionsAccess.NotVisible("campaign-item");

    /// <summary>Writes down what was found; once, and only with evidence attached.</summary>
    public Task<Answer<CampaignItem>> Inspect(DbSession s, Guid id, Inspection inspection, CancellationToken ct) => s.InTransaction<CampaignItem>(async t =>
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        await s.Run("select 1 from passport.campaign_item where id = $1 for update", t, id);
        if (await Find(s, id, t) is not { } item || item.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("campaign-item");
        if (item.Result != InspectionResult.Open) return Refusal.Conflict("campaign.item-inspected", "id", ("number", item.WarrantNumber));
        if (item.Gone) return Refusal.Conflict("campaign.item-gone", "id", ("number", item.WarrantNumber));
        var wrong = CampaignRules.Check(inspection, rules.Duties(item.Metal, s.Now.InUtc().Date));
        if (await AttachedFiles.Count(s, Subject, id, t) == 0) wrong.Add(Refusal.Of("campaign.evidence-missing", "file"));
        if (wrong.Count > 0) return wrong;
        await s.Run("update passport.campaign_item set result = $2, finding = $3, checks = $4, inspected_by = $5, inspected_by_name = $6, inspected_at = $7 where id = $1", t,
            id, (short)(inspection.Passed ? InspectionResult.Passed : InspectionResult.Failed), inspection.Finding.Trim(), new Json(StorageJson.Write(inspection.Checks ?? [])), s.Actor.PersonId, s.Actor.Name, s.Now);
        await s.Audit(new AuditEntry(inspection.Passed ? "campaign.passed" : "campaign.failed", "warrant", item.WarrantId.ToString(), inspection.Finding.Trim(), new { Item = id, item.WarrantNumber }), t);
        return (await Find(s, id, t))!;
    }, ct);

    /// <summary>Ends a campaign in which nothing is left to inspect.</summary>
    public Task<Answer<CampaignView>> Close(DbSession s, Guid id, CancellationToken ct) => s.InTransaction<CampaignView>(async t =>
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        await s.Run("select 1 from passport.campaign where id = $1 for update", t, id);
        var read = await Read(s, id, t);
        if (!read.Ok) return read;
        if (read.Value.Progress.Campaign.ClosedAt is not null) return Refusal.Conflict("campaign.closed", "id");
        if (read.Value.Progress.Counts!.Open is > 0 and var open) return Refusal.Conflict("campaign.items-open", "id", ("open", open.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        await s.Run("update passport.campaign set closed_by = $2, closed_at = $3 where id = $1", t, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("campaign.closed", "campaign", id.ToString()), t);
        return await Read(s, id, t);
    }, ct);

    /// <summary>Evidence of an item not inspected yet, by the warehouse where it lies.</summary>
    public async Task<Answer<AttachedFile>> AddFile(DbSession s, Guid id, string? name, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.WarehouseOperator) is { } no) return no;
        if (await Find(s, id, ct) is not { } item || item.WarehouseOrganisation != s.Actor.OrganisationId) return EmissionsAccess.NotVisible("campaign-item");
        return item.Result == InspectionResult.Open ? await files.Add(s, Subject, id, name, content, ct) : Refusal.Conflict("campaign.item-inspected", "id", ("number", item.WarrantNumber));
    }

    public async Task<Answer<IReadOnlyList<AttachedFile>>> Files(DbSession s, Guid id, CancellationToken ct) => await ReadItem(s, id, ct) is { Ok: true } ? await AttachedFiles.List(s, Subject, id, ct) : EmissionsAccess.NotVisible("campaign-item");

    public async Task<Answer<(AttachedFile File, Stream Content)>> OpenFile(DbSession s, Guid id, Guid file, CancellationToken ct) => await ReadItem(s, id, ct) is { Ok: true } ? await files.Open(s, Subject, id, file, ct) : EmissionsAccess.NotVisible("campaign-item");

    static CampaignProgress Progress(DbSession s, Campaign campaign, IReadOnlyCollection<CampaignItem> items) =>
        new(campaign, items.Count >= CampaignRules.SmallestGroup || s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System) ? CampaignCounts.Of(items) : null);

    static bool Sees(Actor actor, CampaignItem item) => actor.Is(Role.ExchangeStaff) || actor.Is(Role.System)
        || (actor.OrganisationId == item.WarehouseOrganisation && (actor.Is(Role.WarehouseOperator) || actor.Is(Role.WarehouseApprover)));

    static Task<CampaignItem?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {ItemColumns} where i.id = $1", MapItem, ct, id);

    const string Columns = "c.id, c.title, c.metal, c.shape, c.brand_code, c.operator_id, c.warehouse_id, c.due, c.ordered_at, c.closed_at";
    const string ItemColumns = """
        i.id, i.campaign_id, i.warrant_id, w.number, w.lot_no, b.metal, w.net_kg, i.warehouse_organisation, w.location_code, w.state, i.result, i.finding, i.checks, i.inspected_by_name, i.inspected_at
        from passport.campaign_item i join passport.warrant w on w.id = i.warrant_id join passport.brand b on b.code = w.brand_code
        """;

    static Campaign Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), new(r.Text(2), r.Text(3), r.Text(4), r.MaybeGuid(5), r.MaybeGuid(6)), r.Day(7), r.Time(8), r.MaybeTime(9));
    static CampaignItem MapItem(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetDecimal(6), r.GetGuid(7), r.GetString(8), (WarrantState)r.GetInt16(9),
        (InspectionResult)r.GetInt16(10), r.Text(11), StorageJson.Read<List<MetalCheck>>(r.GetString(12)), r.Text(13), r.MaybeTime(14));
}
