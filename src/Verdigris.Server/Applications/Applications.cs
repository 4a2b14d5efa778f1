using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <param name="Link">Path of the page that shows how it stands; shown this once, and sent by e-mail where the server sends any.</param>
public sealed record Applied(Guid Id, string Link);

/// <summary>
/// Use cases of organisations that ask to take part. The applicant acts by the secret link; staff of the exchange ask for more, and propose the decision that another member of staff makes.
/// Until it is approved there is no organisation and nobody has a role.
/// </summary>
sealed class Applications(IDbSessions sessions, Approvals approvals, EvidenceStore evidence, IDataProtectionProvider protection)
{
    public const string Told = "server.application-told", Filed = "application.filed";

    internal static IDataProtector Seal(IDataProtectionProvider protection) => protection.CreateProtector("server.application.link");

    /// <summary>Tells the applicant of a step by e-mail.</summary>
    internal sealed record Word(Guid ApplicationId, ApplicationEvent? Event, string? Note);

    public async Task<Answer<Applied>> Apply(NewApplication a, CancellationToken ct)
    {
        var wrong = ApplicationRules.Check(a);
        await using var s = sessions.Open(Actor.System with { PersonId = Guid.Empty, Name = "applicant" });
        if (wrong.Count == 0 && a.Lei is not null && await s.One("select exists (select from server.application where lei = $1 and state in (0, 1))", r => r.GetBoolean(0), ct, a.Lei)) wrong.Add(Refusal.Conflict("application.under-way", "lei", ("given", a.Lei)));
        if (wrong.Count > 0) return wrong;
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var id = s.NewId();
        return await s.InTransaction<Applied>(async t =>
        {
            await ApplicationStore.Insert(s, id, a, BearerHandler.HashOf(token), Seal(protection).Protect(token), t);
            await s.Audit(new AuditEntry("application.filed", "application", id.ToString(), Details: new { a.Name, a.Country, a.Lei, kind = a.Kind.ToString() }), t);
            await s.Notify(new Notice(Filed, new NoticeTo(Roles: [Role.ExchangeStaff]), "server.applications.notice-filed", new Dictionary<string, string> { ["name"] = a.Name }, $"/applications/{id}", "application", id.ToString()), t);
            await s.Publish(Told, new Word(id, null, null), t);
            return new Applied(id, "/apply/" + token);
        }, ct);
    }

    /// <summary>What the link shows; null where it is none.</summary>
    public async Task<ApplicationView?> Of(string token, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        return await ApplicationStore.Of(s, BearerHandler.HashOf(token), ct) is { } found ? await ApplicationStore.View(s, found, ct) : null;
    }

    /// <summary>Adds a document, as long as nothing is decided.</summary>
    public async Task<Answer<ApplicationFile>> AddFile(string token, string? fileName, Stream content, CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System with { PersonId = Guid.Empty, Name = "applicant" });
        // Before anything is read: nobody fills the disk through a door that is closed.
        if (await Open(s, token, ct) is { Ok: false } closed) return Answer<ApplicationFile>.From(closed.Refusals);
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<ApplicationFile>.From(kept.Refusals);
        return await s.InTransaction<ApplicationFile>(async t =>
        {
            var open = await Open(s, token, t);
            if (!open.Ok) return Answer<ApplicationFile>.From(open.Refusals);
            if (await s.One("select count(*) from server.application_file where application_id = $1", r => r.GetInt64(0), t, open.Value.Id) >= ApplicationRules.MostFiles) return Refusal.Conflict("application.too-many-files", "file", ("limit", "20"));
            var file = new ApplicationFile(s.NewId(), kept.Value.Name, kept.Value.MediaType, kept.Value.SizeBytes, kept.Value.Sha256, s.Now);
            if (await s.Execute("insert into server.application_file (id, application_id, file_name, media_type, size_bytes, sha256, added_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (application_id, sha256) do nothing", t,
                file.Id, open.Value.Id, file.FileName, file.MediaType, file.SizeBytes, file.Sha256, file.AddedAt.ToDateTimeUtc()) == 0) return Refusal.Conflict("application.file-there", "file", ("name", file.FileName));
            await s.Audit(new AuditEntry("application.file-added", "application", open.Value.Id.ToString(), Details: new { file.FileName, file.SizeBytes }, EvidenceSha256: file.Sha256), t);
            return file;
        }, ct);
    }

    static async Task<Answer<Application>> Open(DbSession s, string token, CancellationToken ct)
    {
        if (await ApplicationStore.Of(s, BearerHandler.HashOf(token), ct, hold: s.InsideTransaction) is not { } known) return Refusal.NotFound("application.unknown");
        return known.State is ApplicationState.Applied or ApplicationState.InformationRequested ? known : Refusal.Conflict("application.decided", "file");
    }

    /// <summary>The applicant answers what was asked.</summary>
    public async Task<Answer<Application>> AnswerAsked(string token, string? text, CancellationToken ct)
    {
        if (Note(text, "text") is { } wrong) return wrong;
        await using var s = sessions.Open(Actor.System with { PersonId = Guid.Empty, Name = "applicant" });
        return await s.InTransaction<Application>(async t =>
        {
            if (await ApplicationStore.Of(s, BearerHandler.HashOf(token), t, hold: true) is not { } known) return Refusal.NotFound("application.unknown");
            var moved = await ApplicationStore.Move(s, known, ApplicationEvent.Answer, text!.Trim(), t);
            if (moved.Ok) await s.Notify(new Notice(Filed, new NoticeTo(Roles: [Role.ExchangeStaff]), "server.applications.notice-answered", new Dictionary<string, string> { ["name"] = known.Content.Name }, $"/applications/{known.Id}", "application", known.Id.ToString()), t);
            return moved;
        }, ct);
    }

    static Refusal? Staff(Actor actor) => actor.Is(Role.ExchangeStaff) ? null : Refusal.Forbidden("application.not-staff");

    /// <summary>For staff of the exchange.</summary>
    /// <param name="sort">applied, name, country, kind or state, with a leading minus for descending; null is -applied.</param>
    /// <param name="limit">1-200.</param>
    public async Task<Answer<Page<Application>>> List(Actor actor, ApplicationState? state, string? sort, string? cursor, int limit, CancellationToken ct)
    {
        if (Staff(actor) is { } no) return no;
        if (PageSize.Wrong(limit) is { } tooMany) return tooMany;
        var order = ApplicationStore.Orders.Read(sort, cursor);
        if (!order.Ok) return Answer<Page<Application>>.From(order.Refusals);
        await using var s = sessions.Open(actor);
        var rows = await ApplicationStore.List(s, state, order.Value, limit + 1, ct);
        return new Page<Application>(rows, order.Value.Cut(rows, limit));
    }

    public async Task<Answer<ApplicationView>> Read(Actor actor, Guid id, CancellationToken ct)
    {
        if (Staff(actor) is { } no) return no;
        await using var s = sessions.Open(actor);
        return await ApplicationStore.Find(s, id, ct) is { } found ? await ApplicationStore.View(s, found, ct) : Refusal.NotFound("application.unknown", "id");
    }

    /// <summary>A document with its content, which the caller disposes.</summary>
    /// <exception cref="StorageProblem">The file on disk no longer has its hash.</exception>
    public async Task<Answer<(ApplicationFile File, Stream Content)>> File(Actor actor, Guid id, Guid file, CancellationToken ct)
    {
        var view = await Read(actor, id, ct);
        if (!view.Ok) return Answer<(ApplicationFile, Stream)>.From(view.Refusals);
        if (view.Value.Files.SingleOrDefault(f => f.Id == file) is not { } found) return Refusal.NotFound("application.unknown", "id");
        var content = evidence.Content(found.Sha256, found.FileName);
        return content.Ok ? (found, content.Value) : Answer<(ApplicationFile, Stream)>.From(content.Refusals);
    }

    /// <summary>Asks the applicant for more.</summary>
    public async Task<Answer<Application>> RequestInformation(Actor actor, Guid id, string? note, CancellationToken ct)
    {
        if (Staff(actor) is { } no) return no;
        if (Note(note, "note") is { } wrong) return wrong;
        await using var s = sessions.Open(actor);
        return await s.InTransaction<Application>(async t =>
        {
            if (await ApplicationStore.Find(s, id, t, hold: true) is not { } known) return Refusal.NotFound("application.unknown", "id");
            if (await TaskOpen(s, id, t)) return Refusal.Conflict("application.decision-open");
            var moved = await ApplicationStore.Move(s, known, ApplicationEvent.RequestInformation, note!.Trim(), t);
            if (moved.Ok) await s.Publish(Told, new Word(id, ApplicationEvent.RequestInformation, note.Trim()), t);
            return moved;
        }, ct);
    }

    /// <summary>Proposes to approve or to refuse; another member of staff decides.</summary>
    /// <param name="note">What the applicant reads; required with a refusal.</param>
    public async Task<Answer<ApprovalTask>> Propose(Actor actor, Guid id, bool approve, string? note, CancellationToken ct)
    {
        if (Staff(actor) is { } no) return no;
        if ((!approve || !string.IsNullOrWhiteSpace(note)) && Note(note, "note") is { } wrong) return wrong;
        await using var s = sessions.Open(actor);
        return await s.InTransaction<ApprovalTask>(async t =>
        {
            if (await ApplicationStore.Find(s, id, t, hold: true) is not { } known) return Refusal.NotFound("application.unknown", "id");
            var next = ApplicationRules.Table.Next(known.State, approve ? ApplicationEvent.Approve : ApplicationEvent.Refuse);
            if (!next.Ok) return Answer<ApprovalTask>.From(next.Refusals);
            if (await TaskOpen(s, id, t)) return Refusal.Conflict("application.decision-open");
            return await approvals.Propose(s, new ApprovalRequest(DecideApplication.KindName, id.ToString(), actor.OrganisationId, Role.ExchangeStaff, new DecideApplication.Decision(id, approve, string.IsNullOrWhiteSpace(note) ? null : note.Trim()),
                approve ? "server.task.application-approve" : "server.task.application-refuse", new Dictionary<string, string> { ["name"] = known.Content.Name }, $"/applications/{id}"), t);
        }, ct);
    }

    async Task<bool> TaskOpen(DbSession s, Guid id, CancellationToken ct) => (await approvals.Inbox(s, new TaskFilter(TaskView.All, ApprovalState.Open, DecideApplication.KindName, id.ToString(), Limit: 1), ct)).Items.Count > 0;

    static Refusal? Note(string? note, string field) => string.IsNullOrWhiteSpace(note) ? Refusal.Of("input.required", field)
        : note.Length > 2000 ? Refusal.Of("input.too-long", field, ("limit", "2000"), ("given", note.Length.ToString(System.Globalization.CultureInfo.InvariantCulture))) : null;
}

/// <summary>The second member of staff decides: approving takes the organisation in and lets its contact in as administrator.</summary>
sealed class DecideApplication(OrganisationHandlers organisations) : IApprovalKind
{
    public const string KindName = "server.application.decide";

    /// <param name="Note">What the applicant reads.</param>
    public sealed record Decision(Guid ApplicationId, bool Approve, string? Note);

    public string Kind => KindName;

    public async Task<Answer<Done>> Approve(DbSession session, ApprovalTask task, CancellationToken ct)
    {
        var decision = task.Payload<Decision>();
        if (await ApplicationStore.Find(session, decision.ApplicationId, ct, hold: true) is not { } known) return Refusal.NotFound("application.unknown");
        var happened = decision.Approve ? ApplicationEvent.Approve : ApplicationEvent.Refuse;
        Guid? organisation = null;
        if (decision.Approve)
        {
            var c = known.Content;
            var made = await organisations.Create(session, new NewOrganisation(c.Kind, c.Name, c.NameZh, c.Lei, c.Country), ct);
            if (!made.Ok) return Answer<Done>.From(made.Refusals);
            organisation = made.Value.Id;
        }
        var moved = await ApplicationStore.Move(session, known, happened, decision.Note, ct, organisation);
        if (!moved.Ok) return Answer<Done>.From(moved.Refusals);
        await session.Publish(Applications.Told, new Applications.Word(known.Id, happened, decision.Note), ct);
        return default(Done);
    }

    public async Task<Answer<Done>> Reject(DbSession session, ApprovalTask task, string reason, CancellationToken ct)
    {
        await session.Audit(new AuditEntry("application.decision-rejected", "application", task.Payload<Decision>().ApplicationId.ToString(), reason), ct);
        return default(Done);
    }
}

/// <summary>Ends applications whose applicant was asked for more and never answered.</summary>
sealed class ApplicationLapse : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var silent = await session.Many("select id from server.application where state = 1 and changed_at < $1", r => r.GetGuid(0), ct, (session.Now - ApplicationRules.AnswerWithin).ToDateTimeUtc());
        var lapsed = 0;
        foreach (var id in silent)
            lapsed += await session.InTransaction(async t =>
            {
                if (await ApplicationStore.Find(session, id, t, hold: true) is not { } known || !(await ApplicationStore.Move(session, known, ApplicationEvent.Lapse, null, t)).Ok) return 0;
                await session.Publish(Applications.Told, new Applications.Word(id, ApplicationEvent.Lapse, null), t);
                return 1;
            }, ct);
        return lapsed;
    }
}
