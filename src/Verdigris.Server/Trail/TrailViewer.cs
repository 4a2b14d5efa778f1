using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>What is asked of the audit trail, alike on the page, in the API and in the export.</summary>
static class TrailQuery
{
    /// <summary>
    /// Reads person (a part of a name, or an id), organisation (id), action, kind, subject, from and to (days in UTC, both included), sort (<c>-at</c> newest first, <c>at</c>), limit.
    /// <c>input.too-long</c>, <c>input.not-a-date</c>, <c>input.not-an-id</c>, <c>page.sort-unknown</c>, <c>page.cursor-invalid</c>, <c>page.limit-out-of-range</c>.
    /// </summary>
    public static Answer<AuditFilter> Read(Func<string, string?> query, string? cursor)
    {
        var form = new FormText();
        var person = form.Text(query("person"), "person", 200, required: false);
        Guid? personId = Guid.TryParse(person, out var id) ? id : null;
        var organisation = form.Id(query("organisation"), "organisation", required: false);
        var sort = query("sort") is { Length: > 0 } given ? given : "-at";
        if (sort is not ("at" or "-at")) form.Refusals.Add(Refusal.Of("page.sort-unknown", "sort", ("given", sort), ("allowed", "at, -at")));
        var from = form.Date(query("from"), "from", required: false);
        var to = form.Date(query("to"), "to", required: false);
        var filter = new AuditFilter(form.Text(query("kind"), "kind", 60, required: false), form.Text(query("subject"), "subject", 200, required: false), organisation,
            personId, form.Text(query("action"), "action", 100, required: false), Start(from), to is { } last && last < LocalDate.MaxIsoValue ? Start(last.PlusDays(1)) : null, cursor,
            form.Whole(query("limit"), "limit", 1, 500, required: false) ?? 50, personId is null ? person : null, sort == "at");
        var wrong = form.Refusals.Concat(filter.Check()).ToList();
        return wrong.Count > 0 ? wrong : filter;

        static Instant? Start(LocalDate? day) => day?.AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
    }
}

/// <summary>
/// The audit trail for those who look at it: an organisation's people see what was done for it, the exchange's staff everything (row-level security). Taking it away as a file and proving the chain need an administrator or the
/// exchange's staff.
/// </summary>
sealed class TrailViewer(Database database) : IDisposable
{
    const int Chunk = 500;
    readonly SemaphoreSlim proving = new(1);

    public void Dispose() => proving.Dispose();

    public async Task<Answer<Page<AuditEvent>>> Read(DbSession s, AuditFilter filter, CancellationToken ct) =>
        s.Actor.SignedIn ? await AuditTrail.Read(s, filter, ct) : Refusal.Forbidden("access.sign-in-needed");

    /// <summary>Who may take it away and prove it.</summary>
    public static Refusal? MayProve(Actor actor) => actor.Is(Role.Administrator) || actor.Is(Role.ExchangeStaff) ? null : Refusal.Forbidden("access.denied");

    /// <summary>Every row of the filter as CSV: RFC 4180, UTF-8, times in UTC. Rows added while it runs may be missing, none is there twice.</summary>
    public static async Task Export(DbSession s, AuditFilter filter, Stream to, CancellationToken ct)
    {
        await using var csv = new CsvLineWriter(to);
        await csv.Line(ct, "id", "at", "person_id", "person", "organisation_id", "action", "subject_kind", "subject_id", "reason", "details", "evidence_sha256", "hash");
        for (string? cursor = null; ;)
        {
            var page = await AuditTrail.Read(s, filter with { Cursor = cursor, Limit = Chunk }, ct);
            foreach (var e in page.Items)
                await csv.Line(ct, e.Id, InstantPattern.ExtendedIso.Format(e.At), e.PersonId, e.PersonName, e.OrganisationId, e.Action, e.SubjectKind, e.SubjectId, e.Reason, e.DetailsJson, e.EvidenceSha256, e.Hash);
            if ((cursor = page.NextCursor) is null) return;
        }
    }

    /// <summary>Computes the whole chain again, one at a time: it reads every row there is.</summary>
    public async Task<Answer<AuditVerification>> Verify(DbSession s, CancellationToken ct)
    {
        if (MayProve(s.Actor) is { } no) return no;
        await proving.WaitAsync(ct);
        try { return await AuditTrail.Verify(database, ct); }
        finally { proving.Release(); }
    }
}
