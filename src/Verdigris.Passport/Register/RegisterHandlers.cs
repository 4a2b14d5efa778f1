using System.Globalization;
using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Register;

/// <summary>Which certificates to list. There is no filter or order by emissions: what may be hidden must not sort a list.</summary>
/// <param name="Text">Words all of which must occur: numbers, heats, brand, shape, laboratory. A word ending in <c>*</c> is a beginning.</param>
/// <param name="Sort">newest (default) or produced; both descending.</param>
public sealed record CertificateFilter(string? Text = null, string? Brand = null, CertificateState? State = null, SpecOutcome? Verdict = null, LocalDate? ProducedFrom = null, LocalDate? ProducedTo = null, Guid? ImportId = null, string Sort = "newest", string? Cursor = null, int Limit = 50);

public sealed record CertificateListItem(Guid Id, string Number, int Version, string BrandCode, string Shape, LocalDate ProductionDate, int Pieces, int Bundles, decimal NetKg, CertificateState State, SpecOutcome Verdict, bool? LotWithinTolerance);

public sealed record WarrantFilter(string? Text = null, WarrantState? State = null, string? Contract = null, string? Brand = null, string? Cursor = null, int Limit = 50);

public sealed record WarrantListItem(Guid Id, string Number, string ContractCode, string BrandCode, string Shape, decimal NetKg, string LocationCode, string LotNo, WarrantState State, bool Mine, bool OfferOpen);

/// <summary>A former owner's frozen receipt.</summary>
public sealed record TitleReceipt(Guid CertificateId, string CertificateNumber, string WarrantNumber, Instant GivenUpAt, bool HadValues, string? ValuesSha256);

/// <summary>
/// Lists and search. Each reads only what the reader's organisation may see: the producer his own, an owner what the fence says is his, a warehouse what lies with it,
/// the exchange all. What the fence offers is checked against the Book before it is shown.
/// </summary>
public sealed class RegisterHandlers(TitleReader titles, EmissionsHandlers emissions)
{
    public async Task<Answer<Page<CertificateListItem>>> Certificates(DbSession s, CertificateFilter filter, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        if (filter.Limit is < 1 or > 200) return Refusal.Of("page.limit-out-of-range", "limit", ("min", "1"), ("max", "200"));
        if (filter.Sort is not ("newest" or "produced")) return Refusal.Of("page.sort-unknown", "sort", ("given", filter.Sort), ("allowed", "newest, produced"));
        var produced = filter.Sort == "produced";
        var order = "certificates/" + filter.Sort;
        (LocalDate Day, Guid Id)? after = null;
        if (filter.Cursor is { } cursor)
        {
            var read = Cursor.Read(cursor, order, 2);
            if (!read.Ok || !Guid.TryParse(read.Value[1], out var last) || NodaTime.Text.LocalDatePattern.Iso.Parse(read.Value[0] ?? "") is not { Success: true } day) return Refusal.Of("page.cursor-invalid", "cursor");
            after = (day.Value, last);
        }
        var query = new Where();
        Scope(s.Actor, query);
        query.And("c.current");
        if (filter.Brand is { } brand) query.And("c.brand_code = ", brand);
        if (filter.State is { } state) query.And("c.state = ", (short)state);
        if (filter.Verdict is { } verdict) query.And("c.verdict = ", (short)verdict);
        if (filter.ProducedFrom is { } from) query.And("c.production_date >= ", from);
        if (filter.ProducedTo is { } to) query.And("c.production_date <= ", to);
        if (filter.ImportId is { } import) query.And("c.import_id = ", import);
        if (SearchWords.Query(filter.Text) is { } words) query.And("c.search @@ ", words, "::tsquery");
        if (after is { } a)
        {
            if (produced) query.And($"(c.production_date, c.id) < ({query.Next(a.Day)}, {query.Next(a.Id)})");
            else query.And("c.id < ", a.Id);
        }
        var rows = await s.All($"""
            select c.id, c.number, c.version, c.brand_code, c.shape, c.production_date, c.pieces, c.bundles, c.net_kg, c.state, c.verdict, c.lot_within_tolerance
            from passport.certificate c {query} order by {(produced ? "c.production_date desc, c.id desc" : "c.id desc")} limit {filter.Limit + 1}
            """, Map, ct, query.Args);
        var more = rows.Count > filter.Limit;
        if (more) rows.RemoveAt(filter.Limit);
        var next = more ? Cursor.After(order, Iso(rows[^1].ProductionDate), rows[^1].Id.ToString()) : null;
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
            foreach (var item in page.Items)
            {
                var line = string.Create(CultureInfo.InvariantCulture, $"{item.Number},{item.Version},{item.BrandCode},{Quoted(item.Shape)},{Iso(item.ProductionDate)},{item.Pieces},{item.Bundles},{item.NetKg},{item.State},{item.Verdict}");
                if (withEmissions)
                {
                    var seen = await emissions.OfCertificate(s, item.Id, ct);
                    var cbam = seen.Ok ? seen.Value.Items.FirstOrDefault(i => i.Method == EmissionsMethod.Cbam) : null;
                    var iai = seen.Ok ? seen.Value.Items.FirstOrDefault(i => i.Method == EmissionsMethod.Iai) : null;
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
        if (filter.Limit is < 1 or > 200) return Refusal.Of("page.limit-out-of-range", "limit", ("min", "1"), ("max", "200"));
        Guid? after = null;
        if (filter.Cursor is { } cursor)
        {
            var read = Cursor.Read(cursor, "warrants", 1);
            if (!read.Ok || !Guid.TryParse(read.Value[0], out var last)) return Refusal.Of("page.cursor-invalid", "cursor");
            after = last;
        }
        var me = s.Actor.OrganisationId;
        var query = new Where();
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System))
            query.And($"(w.warehouse_organisation = {query.Next(me)} or w.id in (select wc.warrant_id from passport.title_fence f join passport.warrant_certificate wc on wc.certificate_id = f.certificate_id where f.owner_organisation = {query.Next(me)}))");
        if (filter.State is { } state) query.And("w.state = ", (short)state);
        if (filter.Contract is { } contract) query.And("w.contract_code = ", contract);
        if (filter.Brand is { } brand) query.And("w.brand_code = ", brand);
        if (TextQuery(filter.Text) is { } words) query.And("w.search @@ to_tsquery('simple', ", words, ")");
        if (after is { } a) query.And("w.id < ", a);
        var rows = await s.All($"""
            select {WarrantStore.Columns}, exists (select 1 from passport.title_transfer t where t.warrant_id = w.id and t.state in ('pending', 'proposed'))
            from passport.warrant w {query} order by w.id desc limit {filter.Limit + 1}
            """, r => (Warrant: WarrantStore.Map(r), Offer: r.GetBoolean(30)), ct, query.Args);
        var more = rows.Count > filter.Limit;
        if (more) rows.RemoveAt(filter.Limit);
        var items = new List<WarrantListItem>();
        foreach (var (w, offer) in rows)
        {
            var owner = titles.Owner(w.Asset, w.Serial);
            var because = WarrantHandlers.Decide(s.Actor, w, owner);
            if (because == Because.Nobody) continue;
            items.Add(new(w.Id, w.Number, w.ContractCode, w.BrandCode, w.Shape, w.NetKg, w.LocationCode, w.LotNo, w.State, because == Because.LegalOwner, offer && because != Because.Warehouse));
        }
        return new Page<WarrantListItem>(items, more ? Cursor.After("warrants", rows[^1].Warrant.Id.ToString()) : null);
    }

    /// <summary>The own organisation's receipts for metal it gave up, newest first.</summary>
    public async Task<Answer<IReadOnlyList<TitleReceipt>>> Receipts(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        return await s.All("select certificate_id, certificate_number, warrant_number, given_up_at, had_values, values_sha256 from passport.title_receipt where organisation_id = $1 order by id desc limit 500",
            r => new TitleReceipt(r.GetGuid(0), r.GetString(1), r.GetString(2), r.Time(3), r.GetBoolean(4), r.Text(5)), ct, s.Actor.OrganisationId);
    }

    /// <summary>Drops what the Book says the reader may no longer see, where the fence was behind.</summary>
    async Task<List<T>> Visible<T>(DbSession s, List<T> rows, Func<T, Guid> id, CancellationToken ct)
    {
        if (rows.Count == 0 || s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System)) return rows;
        var facts = (await titles.FindAll(s, [.. rows.Select(id)], ct)).ToDictionary(f => f.Row.Id);
        return [.. rows.Where(r => facts.TryGetValue(id(r), out var f) && EmissionsAccess.DecideCertificate(s.Actor, f.Facts) is { Allowed: true } decision
            && (decision.Because == Because.Producer || f.Row.State is not (CertificateState.Draft or CertificateState.Signed)))];
    }

    static void Scope(Actor actor, Where query)
    {
        if (actor.Is(Role.ExchangeStaff) || actor.Is(Role.System)) return;
        var me = query.Next(actor.OrganisationId);
        // A producer lists his own by an index of its own; everybody else goes through the fence.
        var producerOnly = (actor.Is(Role.ProducerEditor) || actor.Is(Role.ProducerApprover)) && !actor.Is(Role.OwnerTrader) && !actor.Is(Role.OwnerApprover);
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

    // A cell that begins like a formula is made text: a file from here must not run in somebody's spreadsheet.
    static string Quoted(string text) => '"' + (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' ? "'" + text : text).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    /// <summary>Conditions with positional parameters.</summary>
    sealed class Where
    {
        readonly List<string> conditions = [];
        readonly List<object?> args = [];

        public object?[] Args => [.. args];

        public string Next(object? value)
        {
            args.Add(value);
            return "$" + args.Count.ToString(CultureInfo.InvariantCulture);
        }

        public void And(string condition) => conditions.Add(condition);
        public void And(string left, object value, string right = "") => conditions.Add(left + Next(value) + right);

        public override string ToString() => conditions.Count == 0 ? "" : "where " + string.Join(" and ", conditions);
    }
}
