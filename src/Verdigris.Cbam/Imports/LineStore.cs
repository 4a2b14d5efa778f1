using NodaTime;
using Npgsql;
using Verdigris.Cbam.Customs;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Imports;

/// <summary>A line about to be written.</summary>
/// <param name="FileLine">Of the file it is in.</param>
sealed record NewLine(int FileLine, CustomsLine Line, LineScope Scope);

/// <summary>Rows of customs lines.</summary>
static class LineStore
{
    const string Columns = """
        id, mrn, item, cn, origin, net_mass_kg, supplementary_quantity, supplementary_unit, released_on, procedure, importer_eori, representative_eori, supplier, value, currency, scope, sector, counts_mass, import_id, file_line,
        basis, link_kind, link_id, link_name, figures::text, taken_at, withdrawn_at, withdrawn_reason
        """;

    static readonly ListOrders<ImportLine> Orders = new("customs-lines", "-released", ListKey<ImportLine>.Id("taken", "id", l => l.Id), ListKey<ImportLine>.Day("released", "released_on", l => l.ReleasedOn), ListKey<ImportLine>.Text("mrn", "mrn", l => l.Mrn),
        ListKey<ImportLine>.Text("cn", "cn", l => l.Cn), ListKey<ImportLine>.Text("origin", "origin", l => l.Origin), ListKey<ImportLine>.Number("mass", "net_mass_kg", l => l.NetMassKg));

    public static Task<ImportLine?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from cbam.customs_line where id = $1 and organisation_id = $2", Map, ct, id, s.Actor.OrganisationId);

    public static Task<ImportLine?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from cbam.customs_line where id = $1 and organisation_id = $2 for update", Map, ct, id, s.Actor.OrganisationId);

    public static async Task<Answer<Page<ImportLine>>> List(DbSession s, LineFilter f, CancellationToken ct)
    {
        var wrong = new List<Refusal>();
        if (f.Year is < 2023 or > 2100) wrong.Add(Refusal.Of("line.year", "year", ("given", $"{f.Year}")));
        if (f.Quarter is < 1 or > 4 || (f.Quarter is not null && f.Year is null)) wrong.Add(Refusal.Of("line.quarter", "quarter", ("given", $"{f.Quarter}")));
        if (wrong.Count > 0) return wrong;
        var query = new Where();
        query.And("organisation_id = ", s.Actor.OrganisationId);
        query.And(f.Withdrawn ? "withdrawn_at is not null" : "withdrawn_at is null");
        if (f.Year is { } year)
        {
            var from = new LocalDate(year, f.Quarter is { } q ? (q * 3) - 2 : 1, 1);
            query.And("released_on >= ", from);
            query.And("released_on < ", from.PlusMonths(f.Quarter is null ? 12 : 3));
        }
        if (f.Scope is { } scope) query.And("scope = ", (short)scope);
        if (f.Basis is { } basis) query.And("basis = ", (short)basis);
        if (f.Link is { } link) query.And("link_kind = ", (short)link);
        if (f.Origin is { Length: > 0 } origin) query.And("origin = ", origin.ToUpperInvariant());
        if (f.Cn is { Length: > 0 } cn) query.And("starts_with(cn, ", cn, ")");
        if (f.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(concat_ws(' ', mrn, supplier, link_name))) > 0");
        if (f.Import is { } import) query.And("import_id = ", import);
        return await Orders.Page(s, $"select {Columns} from cbam.customs_line", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    /// <summary>Hands over every line of a period that counts, by day of release, one after the other: a year may have more of them than anybody should hold.</summary>
    /// <param name="end">First day after the period.</param>
    /// <returns>How many there were.</returns>
    public static Task<int> Each(DbSession s, Guid organisation, LocalDate from, LocalDate end, Action<ImportLine> take, CancellationToken ct) => s.Statements(async connection =>
    {
        await using var command = new NpgsqlCommand($"select {Columns} from cbam.customs_line where organisation_id = $1 and withdrawn_at is null and released_on >= $2 and released_on < $3 order by released_on, mrn, item", connection);
        foreach (var value in new object[] { organisation, from.ToDateOnly(), end.ToDateOnly() }) command.Parameters.Add(new() { Value = value });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var count = 0;
        for (; await reader.ReadAsync(ct); count++) take(Map(reader));
        return count;
    }, ct);

    public static Task<int> EachOfYear(DbSession s, Guid organisation, int year, Action<ImportLine> take, CancellationToken ct) => Each(s, organisation, new(year, 1, 1), new(year + 1, 1, 1), take, ct);

    /// <summary>Lines that count and have one of the reference numbers.</summary>
    public static Task<List<ImportLine>> ByMrn(DbSession s, IReadOnlyCollection<string> mrns, CancellationToken ct) =>
        s.All($"select {Columns} from cbam.customs_line where organisation_id = $1 and withdrawn_at is null and mrn = any($2)", Map, ct, s.Actor.OrganisationId, mrns.ToArray());

    /// <summary>Writes new lines; one that somebody else brought in the meantime stays as it is.</summary>
    /// <returns>How many were written.</returns>
    public static Task<int> Add(DbSession s, Guid import, IReadOnlyList<NewLine> lines, CancellationToken ct)
    {
        T[] All<T>(Func<NewLine, T> value) => [.. lines.Select(value)];
        return s.Run("""
            insert into cbam.customs_line (id, organisation_id, mrn, item, cn, origin, net_mass_kg, supplementary_quantity, supplementary_unit, released_on, procedure, importer_eori, representative_eori, supplier, value, currency,
              scope, sector, counts_mass, import_id, file_line, basis, link_kind, taken_by, taken_at, row_version)
            select u.id, $1, u.mrn, u.item, u.cn, u.origin, u.net_mass_kg, u.supplementary_quantity, u.supplementary_unit, u.released_on, u.procedure, u.importer_eori, u.representative_eori, u.supplier, u.value, u.currency,
              u.scope, u.sector, u.counts_mass, $2, u.file_line, 0, 0, $3, $4, 1
            from unnest($5::uuid[], $6::text[], $7::int[], $8::text[], $9::text[], $10::numeric[], $11::numeric[], $12::text[], $13::date[], $14::text[], $15::text[], $16::text[], $17::text[], $18::numeric[], $19::text[], $20::smallint[], $21::text[], $22::boolean[], $23::int[])
              as u (id, mrn, item, cn, origin, net_mass_kg, supplementary_quantity, supplementary_unit, released_on, procedure, importer_eori, representative_eori, supplier, value, currency, scope, sector, counts_mass, file_line)
            on conflict (organisation_id, mrn, item) where withdrawn_at is null do nothing
            """, ct, s.Actor.OrganisationId, import, s.Actor.PersonId, s.Now,
            All(l => s.NewId()), All(l => l.Line.Mrn), All(l => l.Line.Item), All(l => l.Line.Cn), All(l => l.Line.Origin), All(l => l.Line.NetMassKg), All(l => l.Line.SupplementaryQuantity), All(l => l.Line.SupplementaryUnit),
            All(l => l.Line.ReleasedOn.ToDateOnly()), All(l => l.Line.Procedure), All(l => l.Line.ImporterEori), All(l => l.Line.RepresentativeEori), All(l => l.Line.Supplier), All(l => l.Line.Value), All(l => l.Line.Currency),
            All(l => (short)l.Scope.Scope), All(l => l.Scope.Sector), All(l => l.Scope.CountsMass), All(l => l.FileLine));
    }

    static ImportLine Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetInt32(2), r.GetString(3), r.GetString(4), DecimalText.Trim(r.GetDecimal(5)), Trimmed(r, 6), r.Text(7), r.Day(8), r.Text(9), r.GetString(10), r.Text(11), r.Text(12), Trimmed(r, 13),
        r.Text(14), (GoodScope)r.GetInt16(15), r.Text(16), r.GetBoolean(17), r.GetGuid(18), r.GetInt32(19), (LineBasis)r.GetInt16(20), (LinkKind)r.GetInt16(21), r.MaybeGuid(22), r.Text(23),
        r.Text(24) is { } figures ? StorageJson.Read<ActualFigures>(figures) : null, r.Time(25), r.MaybeTime(26), r.Text(27));

    static decimal? Trimmed(NpgsqlDataReader r, int i) => r.MaybeDecimal(i) is { } value ? DecimalText.Trim(value) : null;
}
