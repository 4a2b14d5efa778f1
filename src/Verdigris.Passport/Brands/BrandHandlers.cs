using NodaTime;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Brands;

/// <summary>A brand as the public register shows it.</summary>
/// <param name="State">On the day asked for; null where it had not applied yet.</param>
public sealed record Brand(string Code, string ExchangeCode, string Name, string? NameZh, Guid ProducerId, string ProducerName, Guid PlantId, string Country, string Metal, string ContractCode, IReadOnlyList<string> Shapes,
    string? Dimensions, decimal? PieceKg, decimal? BundleKg, decimal CapacityTPerYear, ListingState? State);

/// <summary>Brands and their listing. The register is public; applying is the producer's, listing the exchange's, with two people.</summary>
public sealed class BrandHandlers(ContractTerms contracts, Approvals approvals)
{
    public async Task<Answer<Brand>> Apply(DbSession s, BrandApplication request, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var contract = contracts.Find(request.ContractCode ?? "");
        var wrong = BrandRules.Check(request, contract?.Metal, contract?.Shapes, contract?.MinimumCapacityTPerYear);
        var plant = await s.All("select organisation_id from passport.plant where id = $1", r => r.GetGuid(0), ct, request.PlantId);
        if (plant.Count == 0 || (plant[0] != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) wrong.Add(Refusal.Of("brand.plant-not-own", "plantId"));
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<Brand>(async t =>
            {
                await s.Run("""
                    insert into passport.brand (code, exchange_code, name, name_zh, producer_id, plant_id, metal, contract_code, shapes, dimensions, piece_kg, bundle_kg, capacity_t_per_year, applied_at)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                    """, t, request.Code, request.ExchangeCode, request.Name, request.NameZh, plant[0], request.PlantId, request.Metal, request.ContractCode, request.Shapes.ToArray(), request.Dimensions, request.PieceKg, request.BundleKg, request.CapacityTPerYear, s.Now);
                await AddListing(s, request.Code, new Listing(s.Now.InUtc().Date, ListingState.Applied), t);
                await s.Audit(new AuditEntry("brand.applied", "brand", request.Code, Details: new { request.Name, request.ContractCode }), t);
                return (await Find(s, request.Code, null, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("brand.code-taken", e.ConstraintName == "brand_exchange_code_key" ? "exchangeCode" : "code", ("given", e.ConstraintName == "brand_exchange_code_key" ? request.ExchangeCode : request.Code));
        }
    }

    /// <summary>Takes a brand over from an existing register with its whole listing history. The system's own: no request reaches it.</summary>
    internal static async Task TakeOver(DbSession s, BrandApplication b, Guid producer, IReadOnlyList<Listing> history, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.System)) throw new InvalidOperationException("Only the system takes registers over.");
        await s.Run("""
            insert into passport.brand (code, exchange_code, name, name_zh, producer_id, plant_id, metal, contract_code, shapes, dimensions, piece_kg, bundle_kg, capacity_t_per_year, applied_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            """, ct, b.Code, b.ExchangeCode, b.Name, b.NameZh, producer, b.PlantId, b.Metal, b.ContractCode, b.Shapes.ToArray(), b.Dimensions, b.PieceKg, b.BundleKg, b.CapacityTPerYear, s.Now);
        foreach (var entry in history) await AddListing(s, b.Code, entry, ct);
        await s.Audit(new AuditEntry("brand.taken-over", "brand", b.Code, Details: new { b.Name, b.ContractCode }), ct);
    }

    /// <summary>One member of the exchange's staff proposes a change of listing; another decides it in the inbox.</summary>
    public async Task<Answer<ApprovalTask>> ProposeListing(DbSession s, ListingChange change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await CertificateStore.Brand(s, change.BrandCode, t) is not { } brand) return Refusal.NotFound("brand.unknown", "brandCode", ("given", change.BrandCode));
            var entry = BrandRules.Change(brand.Listings, change);
            if (!entry.Ok) return Answer<ApprovalTask>.From(entry.Refusals);
            return await approvals.Propose(s, new ApprovalRequest(ListBrandKind.Name, change.BrandCode, s.Actor.OrganisationId, Role.ExchangeStaff, change, "passport.task.listing",
                new Dictionary<string, string> { ["brand"] = change.BrandCode, ["state"] = change.State.ToString() }, $"/brands/{change.BrandCode}"), t);
        }, ct);
    }

    /// <summary>A brand with its state on a day; null: today.</summary>
    public Task<Brand?> Find(DbSession s, string code, LocalDate? asOf, CancellationToken ct) =>
        s.One($"{Select} where b.code = $2", Map, ct, asOf ?? s.Now.InUtc().Date, code);

    /// <summary>The brands as of a day, for whoever chooses among them; <see cref="BrandRegister"/> is for people.</summary>
    public Task<List<Brand>> List(DbSession s, LocalDate? asOf, string? metal, Guid? producer, CancellationToken ct) =>
        s.All($"{Select} where ($2::text is null or b.metal = $2) and ($3::uuid is null or b.producer_id = $3) order by b.metal, b.name, b.code limit 2000", Map, ct, asOf ?? s.Now.InUtc().Date, metal, producer);

    /// <summary>The listing history of a brand, oldest first.</summary>
    public Task<List<Listing>> History(DbSession s, string code, CancellationToken ct) =>
        s.All("select from_date, state, notice_no, reason from passport.brand_listing where brand_code = $1 order by seq", r => new Listing(r.Day(0), (ListingState)r.GetInt16(1), r.Text(2), r.Text(3)), ct, code);

    internal static Task AddListing(DbSession s, string code, Listing listing, CancellationToken ct) => s.Run("""
        insert into passport.brand_listing (brand_code, seq, from_date, state, notice_no, reason, decided_by, decided_at)
        select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7 from passport.brand_listing where brand_code = $1
        """, ct, code, listing.From, (short)listing.State, listing.NoticeNo, listing.Reason, s.Actor.PersonId, s.Now);

    internal const string Select = """
        select b.code, b.exchange_code, b.name, b.name_zh, b.producer_id, o.name, b.plant_id, p.country, b.metal, b.contract_code, b.shapes, b.dimensions, b.piece_kg, b.bundle_kg, b.capacity_t_per_year,
          (select l.state from passport.brand_listing l where l.brand_code = b.code and l.from_date <= $1 order by l.seq desc limit 1)
        from passport.brand b join passport.plant p on p.id = b.plant_id join passport.organisation o on o.id = b.producer_id
        """;

    internal static Brand Map(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), r.GetString(2), r.Text(3), r.GetGuid(4), r.GetString(5), r.GetGuid(6), r.GetString(7), r.GetString(8), r.GetString(9), r.Texts(10), r.Text(11),
        r.MaybeDecimal(12), r.MaybeDecimal(13), r.GetDecimal(14), r.IsDBNull(15) ? null : (ListingState)r.GetInt16(15));
}

/// <summary>The second member of staff carries a change of listing through.</summary>
sealed class ListBrandKind : IApprovalKind
{
    public const string Name = "passport.brand.listing";
    public string Kind => Name;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var change = task.Payload<ListingChange>();
        await session.Run("select 1 from passport.brand where code = $1 for update", ct, change.BrandCode);
        if (await CertificateStore.Brand(session, change.BrandCode, ct) is not { } brand) return Refusal.NotFound("brand.unknown", "brandCode", ("given", change.BrandCode));
        var entry = BrandRules.Change(brand.Listings, change);
        if (!entry.Ok) return Answer<Done>.From(entry.Refusals);
        await BrandHandlers.AddListing(session, change.BrandCode, entry.Value, ct);
        await Sourcing.FilingHandlers.Follow(session, change, ct);
        await session.Publish(PassportEvents.BrandListing, change, ct);
        await session.Notify(new Notice(PassportNotices.BrandListing, new NoticeTo(Organisation: brand.ProducerId, Roles: [Role.ProducerEditor, Role.ProducerApprover]), "passport.notice.listing." + entry.Value.State,
            new Dictionary<string, string> { ["brand"] = change.BrandCode, ["day"] = NodaTime.Text.LocalDatePattern.Iso.Format(entry.Value.From) }, $"/brands/{change.BrandCode}", "brand", change.BrandCode), ct);
        return default(Done);
    }

    public Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct) => Task.FromResult<Answer<Done>>(default(Done));
}
