using NodaTime.Text;
using Npgsql;
using Verdigris.Cbam.Declarants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Suppliers;

/// <summary>What suppliers were asked, how often, and what they answered: the log by which a declarant shows its effort.</summary>
public sealed class RequestHandlers(EvidenceStore evidence)
{
    const string Columns = """
        r.id, r.supplier_id, p.name, p.installation, r.year, r.cn, r.asked, r.due_on, r.state, r.asked_by, r.asked_at, r.ended_at,
        (select count(*) from cbam.request_event e where e.request_id = r.id and e.kind = 1)::int, (select max(e.made_at) from cbam.request_event e where e.request_id = r.id)
        """;
    const string Requests = "cbam.supplier_request r join cbam.supplier p on p.id = r.supplier_id";
    const string EntryColumns = "id, request_id, kind, text, stage, file_name, media_type, size_bytes, sha256, made_by, made_at";

    static readonly ListOrders<SupplierRequest> Orders = new("supplier-requests", "-asked", ListKey<SupplierRequest>.Id("asked", "r.id", x => x.Id), ListKey<SupplierRequest>.Day("due", "r.due_on", x => x.DueOn),
        ListKey<SupplierRequest>.Number("state", "r.state", x => (int)x.State), ListKey<SupplierRequest>.Text("supplier", "p.name", x => x.Supplier));

    /// <summary>Writes down that a supplier was asked. The words are the declarant's; how they were sent is its affair.</summary>
    public async Task<Answer<RequestView>> Ask(DbSession s, Guid supplier, NewRequest wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        if (await SupplierHandlers.Find(s, supplier, ct) is null) return Refusal.NotFound("supplier.not-found");
        if (SupplierRules.Check(wanted, s.Today()) is { Count: > 0 } wrong) return Answer<RequestView>.From(wrong);
        var id = s.NewId();
        return await s.InTransaction<RequestView>(async t =>
        {
            await s.Run("insert into cbam.supplier_request (id, organisation_id, supplier_id, year, cn, asked, due_on, state, asked_by, asked_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t,
                id, s.Actor.OrganisationId, supplier, wanted.Year, wanted.Cn is { Length: > 0 } cn ? cn : null, wanted.Asked.Trim(), wanted.DueOn, s.Actor.PersonId, s.Now);
            await Log(s, id, RequestEvent.Asked, wanted.Asked.Trim(), null, t);
            await s.Audit(new AuditEntry("supplier-request.asked", "supplier-request", id.ToString(), Details: new { Supplier = supplier, wanted.Year, wanted.Cn, DueOn = LocalDatePattern.Iso.Format(wanted.DueOn) }), t);
            return (await View(s, id, t))!;
        }, ct);
    }

    /// <summary>Writes down a reminder, an answer, a note, or that the request was given up.</summary>
    /// <param name="file">Answer or proof of sending; null without one.</param>
    public async Task<Answer<RequestView>> Enter(DbSession s, Guid id, RequestEvent kind, string? text, (string? Name, Stream Content)? file, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        if (!SupplierRules.Written.Contains(kind)) return Refusal.Of("request.word-unknown", "kind", ("given", $"{kind}"));
        var wrong = new List<Refusal>();
        var words = Given.Text(text, "text", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        // Before anything is read: nobody fills the disk through a door he may not use.
        if (await Find(s, id, ct) is null) return Refusal.NotFound("request-log.not-found");
        KeptFile? kept = null;
        if (file is { } given)
        {
            var answer = await evidence.Keep(given.Name, given.Content, ct);
            if (!answer.Ok) return Answer<RequestView>.From(answer.Refusals);
            kept = answer.Value;
        }
        return await s.InTransaction<RequestView>(async t =>
        {
            if (await Find(s, id, t, " for update of r") is not { } known) return Refusal.NotFound("request-log.not-found");
            var next = SupplierRules.Table.Next(known.State, kind);
            if (!next.Ok) return Answer<RequestView>.From(next.Refusals);
            await Log(s, id, kind, words!, kept, t);
            if (next.Value != known.State) await s.Run("update cbam.supplier_request set state = $2, ended_at = $3 where id = $1", t, id, (short)next.Value, s.Now);
            await s.Audit(new AuditEntry("supplier-request." + kind.ToString().ToLowerInvariant(), "supplier-request", id.ToString(), EvidenceSha256: kept?.Sha256), t);
            return (await View(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<RequestView>> Read(DbSession s, Guid id, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await View(s, id, ct) is { } view ? view : Refusal.NotFound("request-log.not-found");

    public async Task<Answer<Page<SupplierRequest>>> List(DbSession s, RequestFilter f, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        var query = new Where();
        query.And("r.organisation_id = ", s.Actor.OrganisationId);
        if (f.Supplier is { } supplier) query.And("r.supplier_id = ", supplier);
        if (f.State is { } state) query.And("r.state = ", (short)state);
        if (f.Year is { } year) query.And("r.year = ", year);
        return await Orders.Page(s, $"select {Columns} from {Requests}", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    /// <summary>Everything that happened to the requests of a year, oldest first: the proof of effort, to be exported.</summary>
    public async Task<Answer<IReadOnlyList<EffortLine>>> Effort(DbSession s, int year, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await s.All("""
        select r.id, p.name, p.country, p.installation, r.year, r.cn, r.due_on, r.state, e.kind, e.text, e.file_name, e.sha256, e.made_at
        from cbam.request_event e join cbam.supplier_request r on r.id = e.request_id join cbam.supplier p on p.id = r.supplier_id where r.organisation_id = $1 and r.year = $2 order by r.id, e.id
        """, r => new EffortLine(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Text(5), r.Day(6), (RequestState)r.GetInt16(7), (RequestEvent)r.GetInt16(8), r.Text(9), r.Text(10), r.Text(11), r.Time(12)), ct, s.Actor.OrganisationId, year);

    /// <summary>A document of the log; the caller disposes the stream.</summary>
    public async Task<Answer<(RequestFile File, Stream Content)>> Open(DbSession s, Guid id, Guid entry, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await s.One($"select {EntryColumns} from cbam.request_event where id = $1 and request_id = $2 and organisation_id = $3", MapEntry, ct, entry, id, s.Actor.OrganisationId) is not { FileName: { } name, Sha256: { } sha256, MediaType: { } type }) return Refusal.NotFound("request-log.not-found");
        var content = evidence.Content(sha256, name);
        return content.Ok ? (new RequestFile(name, type, sha256), content.Value) : Answer<(RequestFile, Stream)>.From(content.Refusals);
    }

    static Task Log(DbSession s, Guid id, RequestEvent kind, string text, KeptFile? file, CancellationToken ct) =>
        s.Run("insert into cbam.request_event (id, request_id, organisation_id, kind, text, file_name, media_type, size_bytes, sha256, made_by, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", ct,
            s.NewId(), id, s.Actor.OrganisationId, (short)kind, text, file?.Name, file?.MediaType, file?.SizeBytes, file?.Sha256, s.Actor.PersonId, s.Now);

    static async Task<RequestView?> View(DbSession s, Guid id, CancellationToken ct)
    {
        if (await Find(s, id, ct) is not { } known) return null;
        return new(known, (await SupplierHandlers.Find(s, known.SupplierId, ct))!, await s.All($"select {EntryColumns} from cbam.request_event where request_id = $1 order by id", MapEntry, ct, id));
    }

    static Task<SupplierRequest?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from {Requests} where r.id = $1 and r.organisation_id = $2{suffix}", Map, ct, id, s.Actor.OrganisationId);

    static SupplierRequest Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt32(4), r.Text(5), r.GetString(6), r.Day(7), (RequestState)r.GetInt16(8), r.GetGuid(9), r.Time(10), r.MaybeTime(11), r.GetInt32(12), r.Time(13));

    static RequestEntry MapEntry(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), (RequestEvent)r.GetInt16(2), r.Text(3), r.MaybeInt(4), r.Text(5), r.Text(6), r.IsDBNull(7) ? null : r.GetInt64(7), r.Text(8), r.GetGuid(9), r.Time(10));
}

/// <summary>One line of the proof of effort.</summary>
public sealed record EffortLine(Guid RequestId, string Supplier, string Country, string Installation, int Year, string? Cn, NodaTime.LocalDate DueOn, RequestState State, RequestEvent Event, string? Text, string? FileName, string? Sha256, NodaTime.Instant At);
