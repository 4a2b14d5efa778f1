using System.Globalization;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warrants;
using Verdigris.Passport.Reading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Register;

/// <summary>Which certificates to list. There is no filter or order by emissions: what may be hidden must not sort a list.</summary>
/// <param name="Text">Words all of which must occur: numbers, heats, brand, shape, laboratory. A word ending in <c>*</c> is a beginning.</param>
/// <param name="Sort">added, number, state, produced, bundles or net, with a leading minus for descending; null is -added.</param>
public sealed record CertificateFilter(string? Text = null, string? Brand = null, CertificateState? State = null, SpecOutcome? Verdict = null, LocalDate? ProducedFrom = null, LocalDate? ProducedTo = null, Guid? ImportId = null, string? Sort = null, string? Cursor = null, int Limit = 50);

public sealed record CertificateListItem(Guid Id, string Number, int Version, string BrandCode, string Shape, LocalDate ProductionDate, int Pieces, int Bundles, decimal NetKg, CertificateState State, SpecOutcome Verdict, bool? LotWithinTolerance);

/// <param name="Sort">added, number, state, brand, location, lot or net, with a leading minus for descending; null is -added.</param>
public sealed record WarrantFilter(string? Text = null, WarrantState? State = null, string? Contract = null, string? Brand = null, string? Cursor = null, int Limit = 50, string? Sort = null);

public sealed record WarrantListItem(Guid Id, string Number, string ContractCode, string BrandCode, string Shape, decimal NetKg, string LocationCode, string LotNo, WarrantState State, bool Mine, bool OfferOpen);

/// <summary>A former owner's frozen receipt.</summary>
public sealed record TitleReceipt(Guid Id, Guid CertificateId, string CertificateNumber, string WarrantNumber, Instant GivenUpAt, bool HadValues, string? ValuesSha256);

/// <summary>
/// Lists and search. Each reads only what the reader's organisation may see: the producer his own, an owner what the fence says is his, a warehouse what lies with it,
/// the exchange all. What the fence offers is checked against the Book before it is shown.
/// </summary>
public sealed class RegisterHandlers(TitleReader titles, EmissionsHandlers emissions)
{
    /// <summary>Rows taken through the index of words, and rows in a look at a five-hundredth of the table that make words frequent: of a million one in a hundred.</summary>
    const int Few = 2000, Often = 20;

    // Only what an index has in order: a million rows are not sorted for a page of fifty.
    static readonly ListOrders<CertificateListItem> CertificateOrders = new("certificates", "-added", ListKey<CertificateListItem>.Id("added", "c.id", c => c.Id),
        ListKey<CertificateListItem>.Text("number", "c.number", c => c.Number), ListKey<CertificateListItem>.Day("produced", "c.production_date", c => c.ProductionDate));

    static readonly ListOrders<(Warrant Row, bool Offer)> WarrantOrders = new("warrants", "-added", ListKey<(Warrant Row, bool Offer)>.Id("added", "w.id", w => w.Row.Id),
        ListKey<(Warrant Row, bool Offer)>.Text("number", "w.number", w => w.Row.Number), ListKey<(Warrant Row, bool Offer)>.Number("state", "w.state", w => (short)w.Row.State), ListKey<(Warrant Row, bool Offer)>.Text("brand", "w.brand_code", w => w.Row.BrandCode),
        ListKey<(Warrant Row, bool Offer)>.Text("location", "w.location_code", w => w.Row.LocationCode), ListKey<(Warrant Row, bool Offer)>.Text("lot", "w.lot_no", w => w.Row.LotNo), ListKey<(Warrant Row, bool Offer)>.Number("net", "w.net_kg", w => w.Row.NetKg));

    public async Task<Answer<Page<CertificateListItem>>> Certificates(DbSession s, CertificateFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        var order = CertificateOrders.Read(filter.Sort, filter.Cursor);
        if (!order.Ok) return Answer<Page<CertificateListItem>>.From(order.Refusals);
        var query = new Where();
        await Scope(s, query, ct);
        query.And("c.current");
        if (filter.Brand is { } brand) query.And("c.brand_code = ", brand);
        // State and words stand in the text: how rare they are decides the plan, and a parameter of a prepared statement does not tell.
        if (filter.State is { } state) query.And(string.Create(CultureInfo.InvariantCulture, $"c.state = {(short)state}"));
        if (filter.Verdict is { } verdict) query.And("c.verdict = ", (short)verdict);
        if (filter.ProducedFrom is { } from) query.And("c.production_date >= ", from);
        if (filter.ProducedTo is { } to) query.And("c.production_date <= ", to);
        if (filter.ImportId is { } import) query.And("c.import_id = ", import);
        var words = SearchWords.Query(filter.Text);
        if (words is not null) query.And($"c.search @@ '{words.Replace("'", "''", StringComparison.Ordinal)}'::tsquery");
        query.And(order.Value.Condition(query.Next));
        if (words is not null)
        {
            // The planner guesses that any word it does not know stands in one row of two hundred, and would walk the list for it from its end. Where few rows hold the
            // words, they are taken through the index of words first; where many do, which a look at one page in five hundred tells, the walk finds a page of them soon.
            var often = await s.Value<bool>($"select count(*) >= {Often} from passport.certificate c tablesample system (0.2) {query}", ct, query.Args);
            var few = often ? null : await s.All($"select c.id from passport.certificate c {query} limit {Few + 1}", r => r.GetGuid(0), ct, query.Args);
            if (few is { Count: <= Few })
            {
                query = new();
                query.And("c.id = any(", few.ToArray(), ")");
            }
        }
        var rows = await s.All($"""
            select c.id, c.number, c.version, c.brand_code, c.shape, c.production_date, c.pieces, c.bundles, c.net_kg, c.state, c.verdict, c.lot_within_tolerance
            from passport.certificate c {query} order by {order.Value.By} limit {filter.Limit + 1}
            """, Map, ct, query.Args);
        var next = order.Value.Cut(rows, filter.Limit);
        return new Page<CertificateListItem>(await Visible(s, rows, r => r.Id, ct), next);
    }

    /// <summary>The list as CSV, a row a certificate, streamed; the emissions columns are filled where the reader may see them and empty elsewhere, never zero.</summary>
    public async Task<Answer<Done>> ExportCertificates(DbSession s, CertificateFilter filter, bool withEmissions, Stream output, CancellationToken ct)
    {
        var first = await Certificates(s, filter with { Limit = 200, Cursor = null }, ct);
        if (!first.Ok) return Answer<Done>.From(first.Refusals);
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), 16384, leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync("number,version,brand,shape,productionDate,pieces,bundles,netKg,state,verdict" + (withEmissions ? ",cbamDirectTco2ePerT,cbamIndirectTco2ePerT,cbamIsDefault,iaiDirectTco2ePerT,iaiIndirectTco2ePerT" : ""));
        for (var page = first.Value; ;)
        {
            var seen = withEmissions ? await emissions.OfCertificates(s, [.. page.Items.Select(i => i.Id)], ct) : null;
            foreach (var item in page.Items)
            {
                var line = string.Create(CultureInfo.InvariantCulture, $"{item.Number},{item.Version},{item.BrandCode},{CsvLineWriter.Cell(item.Shape)},{Iso(item.ProductionDate)},{item.Pieces},{item.Bundles},{item.NetKg},{item.State},{item.Verdict}");
                if (seen is not null)
                {
                    var values = seen.GetValueOrDefault(item.Id)?.Items;
                    var cbam = values?.FirstOrDefault(i => i.Method == EmissionsMethod.Cbam);
                    var iai = values?.FirstOrDefault(i => i.Method == EmissionsMethod.Iai);
                    line += string.Create(CultureInfo.InvariantCulture, $",{cbam?.Values.DirectTco2ePerT},{cbam?.Values.IndirectTco2ePerT},{(cbam is null ? "" : cbam.IsDefault ? "true" : "false")},{iai?.Values.DirectTco2ePerT},{iai?.Values.IndirectTco2ePerT}");
                }
                await writer.WriteLineAsync(line.AsMemory(), ct);
            }
            if (page.NextCursor is null) break;
            var next = await Certificates(s, filter with { Limit = 200, Cursor = page.NextCursor }, ct);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            page = next.Value;
        }
        await writer.FlushAsync(ct);
        return default(Done);
    }

    public async Task<Answer<Page<WarrantListItem>>> Warrants(DbSession s, WarrantFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        var order = WarrantOrders.Read(filter.Sort, filter.Cursor);
        if (!order.Ok) return Answer<Page<WarrantListItem>>.From(order.Refusals);
        var me = s.Actor.OrganisationId;
        var query = new Where();
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System))
            query.And($"(w.warehouse_organisation = {query.Next(me)} or w.id in (select wc.warrant_id from passport.title_fence f join passport.warrant_certificate wc on wc.certificate_id = f.certificate_id where f.owner_organisation = {query.Next(me)}))");
        if (filter.State is { } state) query.And("w.state = ", (short)state);
        if (filter.Contract is { } contract) query.And("w.contract_code = ", contract);
        if (filter.Brand is { } brand) query.And("w.brand_code = ", brand);
        if (TextQuery(filter.Text) is { } words) query.And("w.search @@ to_tsquery('simple', ", words, ")");
        query.And(order.Value.Condition(query.Next));
        var rows = await s.All($"""
            select {WarrantStore.Columns}, exists (select 1 from passport.title_transfer t where t.warrant_id = w.id and (t.state = 'pending' or (t.state = 'proposed' and (t.expires_at is null or t.expires_at > {query.Next(s.Now)}))))
            from passport.warrant w {query} order by {order.Value.By} limit {filter.Limit + 1}
            """, r => (Row: WarrantStore.Map(r), Offer: r.GetBoolean(30)), ct, query.Args);
        var next = order.Value.Cut(rows, filter.Limit);
        var items = new List<WarrantListItem>();
        foreach (var (w, offer) in rows)
        {
            var owner = titles.Owner(w.Asset, w.Serial);
            var because = WarrantHandlers.Decide(s.Actor, w, owner);
            if (because == Because.Nobody) continue;
            items.Add(new(w.Id, w.Number, w.ContractCode, w.BrandCode, w.Shape, w.NetKg, w.LocationCode, w.LotNo, w.State, because == Because.LegalOwner, offer && because != Because.Warehouse));
        }
        return new Page<WarrantListItem>(items, next);
    }

    /// <summary>The own organisation's receipts for metal it gave up.</summary>
    /// <param name="sort">given, certificate or warrant, with a leading minus for descending; null is -given.</param>
    public async Task<Answer<Page<TitleReceipt>>> Receipts(DbSession s, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var query = new Where();
        query.And("organisation_id = ", s.Actor.OrganisationId);
        return await ReceiptOrders.Page(s, "select id, certificate_id, certificate_number, warrant_number, given_up_at, had_values, values_sha256 from passport.title_receipt", query, sort, cursor, limit,
            r => new TitleReceipt(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.Time(4), r.GetBoolean(5), r.Text(6)), ct);
    }

    static readonly ListOrders<TitleReceipt> ReceiptOrders = new("receipts", "-given", ListKey<TitleReceipt>.Id("given", "id", r => r.Id), ListKey<TitleReceipt>.Text("certificate", "certificate_number", r => r.CertificateNumber), ListKey<TitleReceipt>.Text("warrant", "warrant_number", r => r.WarrantNumber));

    /// <summary>Drops what the Book says the reader may no longer see, where the fence was behind.</summary>
    async Task<List<T>> Visible<T>(DbSession s, List<T> rows, Func<T, Guid> id, CancellationToken ct)
    {
        if (rows.Count == 0 || s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System)) return rows;
        var facts = (await titles.FindAll(s, [.. rows.Select(id)], ct)).ToDictionary(f => f.Row.Id);
        return [.. rows.Where(r => facts.TryGetValue(id(r), out var f) && EmissionsAccess.DecideVersion(s.Actor, f.Facts, f.Row.State).Allowed)];
    }

    static async Task Scope(DbSession s, Where query, CancellationToken ct)
    {
        var actor = s.Actor;
        if (actor.Is(Role.ExchangeStaff) || actor.Is(Role.System)) return;
        var me = query.Next(actor.OrganisationId);
        // A producer who holds no title lists his own by an index of its own; everybody else goes through the fence.
        var producerOnly = (actor.Is(Role.ProducerEditor) || actor.Is(Role.ProducerApprover))
            && !await s.Value<bool>("select exists (select from passport.title_fence where owner_organisation = $1)", ct, actor.OrganisationId);
        query.And(producerOnly
            ? $"c.producer_id = {me}"
            : $"(c.producer_id = {me} or c.id in (select f.certificate_id from passport.title_fence f where f.owner_organisation = {me} or f.warehouse_organisation = {me}))");
    }

    /// <summary>The words of a search as a tsquery: all must occur; null where there is no word in it.</summary>
    internal static string? TextQuery(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var words = new List<string>();
        foreach (var raw in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(10))
        {
            var prefix = raw.EndsWith('*');
            var word = raw.TrimEnd('*').Replace("'", "''", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
            if (word.Length > 0 && word.Length <= 100) words.Add($"'{word}'{(prefix ? ":*" : "")}");
        }
        return words.Count == 0 ? null : string.Join(" & ", words);
    }

    static CertificateListItem Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.Day(5), r.GetInt32(6), r.GetInt32(7), r.GetDecimal(8), (CertificateState)r.GetInt16(9), (SpecOutcome)r.GetInt16(10),
        r.IsDBNull(11) ? null : r.GetBoolean(11));

    static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
}
