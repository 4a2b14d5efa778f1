using Npgsql;
using Verdigris.Cbam.Declarants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Suppliers;

/// <summary>Suppliers of the own organisation.</summary>
public sealed class SupplierHandlers
{
    const string Columns = "id, name, country, installation, contact_name, contact_email, written_at";

    static readonly ListOrders<GoodsSupplier> Orders = new("cbam-suppliers", "name", ListKey<GoodsSupplier>.Id("added", "id", x => x.Id), ListKey<GoodsSupplier>.Text("name", "name", x => x.Name), ListKey<GoodsSupplier>.Text("country", "country", x => x.Country));

    public Task<Answer<GoodsSupplier>> Create(DbSession s, SupplierData given, CancellationToken ct) => Write(s, null, given, ct);

    public Task<Answer<GoodsSupplier>> Revise(DbSession s, Guid id, SupplierData given, CancellationToken ct) => Write(s, id, given, ct);

    static async Task<Answer<GoodsSupplier>> Write(DbSession s, Guid? known, SupplierData given, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<GoodsSupplier>.From(declarant.Refusals);
        var read = SupplierRules.Check(given);
        if (!read.Ok) return Answer<GoodsSupplier>.From(read.Refusals);
        var (d, id) = (read.Value, known ?? s.NewId());
        try
        {
            return await s.InTransaction<GoodsSupplier>(async t =>
            {
                if (known is null)
                    await s.Run("insert into cbam.supplier (id, organisation_id, name, country, installation, contact_name, contact_email, written_by, written_at, row_version) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)", t,
                        id, s.Actor.OrganisationId, d.Name, d.Country, d.Installation, d.ContactName, d.ContactEmail, s.Actor.PersonId, s.Now);
                else if (await s.Run("update cbam.supplier set name = $3, country = $4, installation = $5, contact_name = $6, contact_email = $7, written_by = $8, written_at = $9, row_version = row_version + 1 where id = $1 and organisation_id = $2", t,
                    id, s.Actor.OrganisationId, d.Name, d.Country, d.Installation, d.ContactName, d.ContactEmail, s.Actor.PersonId, s.Now) == 0) return Refusal.NotFound("supplier.not-found");
                await s.Audit(new AuditEntry(known is null ? "supplier.created" : "supplier.revised", "supplier", id.ToString(), Details: new { d.Name, d.Country, d.Installation }), t);
                return (await Find(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("supplier.there", "name", ("given", d.Name));
        }
    }

    public async Task<Answer<GoodsSupplier>> Read(DbSession s, Guid id, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await Find(s, id, ct) is { } known ? known : Refusal.NotFound("supplier.not-found");

    public async Task<Answer<Page<GoodsSupplier>>> List(DbSession s, SupplierFilter filter, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        var query = new Where();
        query.And("organisation_id = ", s.Actor.OrganisationId);
        if (filter.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(concat_ws(' ', name, installation, country))) > 0");
        return await Orders.Page(s, $"select {Columns} from cbam.supplier", query, filter.Sort, filter.Cursor, filter.Limit, Map, ct);
    }

    internal static Task<GoodsSupplier?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from cbam.supplier where id = $1 and organisation_id = $2", Map, ct, id, s.Actor.OrganisationId);

    static GoodsSupplier Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), r.Time(6));
}
