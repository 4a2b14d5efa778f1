using System.Security.Cryptography;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A grievance with its steps, as the reader may see them.</summary>
public sealed record GrievanceView(Grievance Grievance, IReadOnlyList<GrievanceStep> Steps);

/// <summary>
/// The inbox of grievances. Anybody files, with or without a name, and finds the grievance again by its reference; the exchange handles it; the producer sees it once it is passed on, and
/// who filed it only where that was allowed.
/// </summary>
public sealed class GrievanceHandlers
{
    static readonly ListOrders<Grievance> Orders = new("grievances", "-added", ListKey<Grievance>.Id("added", "g.id", g => g.Id));

    /// <summary>Keeps a grievance and answers its reference, which is told this once and kept as a hash only.</summary>
    public async Task<Answer<FiledGrievance>> File(DbSession s, NewGrievance g, CancellationToken ct)
    {
        var wrong = GrievanceRules.Check(g);
        var producer = g.ProducerId;
        if (g.BrandCode is { } code)
        {
            if (await CertificateStore.Brand(s, code, ct) is not { } brand) wrong.Add(Refusal.Of("sourcing.brand-unknown", "brandCode", ("given", code)));
            else if (producer is { } other && other != brand.ProducerId) wrong.Add(Refusal.Of("sourcing.brand-of-other-producer", "producerId", ("brand", code)));
            else producer = brand.ProducerId;
        }
        else if (producer is { } p && await s.Value<long>("select count(*) from passport.organisation where id = $1 and kind = 'producer'", ct, p) == 0) wrong.Add(Refusal.Of("sourcing.producer-unknown", "producerId"));
        if (wrong.Count > 0) return wrong;
        var reference = GrievanceRules.Reference(RandomNumberGenerator.GetBytes(20));
        var id = s.NewId();
        return await s.InTransaction<FiledGrievance>(async t =>
        {
            await s.Run("insert into passport.grievance (id, reference_sha256, brand_code, producer_id, text, state, passed_on, filed_at, row_version) values ($1, $2, $3, $4, $5, 0, false, $6, 1)", t,
                id, GrievanceRules.HashOf(reference), g.BrandCode, producer, g.Text, s.Now);
            if (g.Name is not null || g.Contact is not null)
                await s.Run("insert into passport.grievance_contact (grievance_id, name, contact, producer_may_know) values ($1, $2, $3, $4)", t, id, g.Name, g.Contact, g.ProducerMayKnow);
            await s.Run("insert into passport.grievance_step (grievance_id, seq, state, for_complainant, at) values ($1, 1, 0, true, $2)", t, id, s.Now);
            await s.Notify(new Notice(PassportNotices.GrievanceFiled, new NoticeTo(Roles: [Role.ExchangeStaff]), "passport.notice.grievance-filed", await About(s, g.BrandCode, producer, t), $"/sourcing/grievances/{id}", "grievance", id.ToString()), t);
            await s.Audit(new AuditEntry("grievance.filed", "grievance", id.ToString(), Details: new { g.BrandCode, Producer = producer }), t);
            return new FiledGrievance(id, reference);
        }, ct);
    }

    /// <summary>What the reference opens, for whoever knows it: the own words, the state, and the notes written for the complainant.</summary>
    public async Task<Answer<GrievanceView>> Find(DbSession s, string? reference, CancellationToken ct)
    {
        var hash = GrievanceRules.HashOf(reference);
        var found = await s.One("select id, brand_code, producer_id, text, state, filed_at, row_version from passport.grievance_of_reference($1)", r => Map(r), ct, hash);
        if (found is null) return Refusal.NotFound("sourcing.reference-unknown", "reference");
        var steps = await s.All("select seq, state, event, note, for_complainant, at from passport.grievance_steps_of_reference($1) order by seq", MapStep, ct, hash);
        // What the producer wrote is between it and the exchange.
        return new GrievanceView(found, [.. steps.Where(x => x.Event != GrievanceEvent.Respond).Select(x => x.ForComplainant ? x : x with { Note = null })]);
    }

    /// <summary>For the exchange, and the producer once it is passed on.</summary>
    public async Task<Answer<GrievanceView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await One(s, id, ct) is not { } found) return AssessmentStore.Hidden();
        return new GrievanceView(found, await s.All("select seq, state, event, note, for_complainant, at from passport.grievance_step where grievance_id = $1 order by seq", MapStep, ct, id));
    }

    /// <summary>Newest first; the exchange's inbox, or what was passed on to the own organisation.</summary>
    public async Task<Answer<Page<Grievance>>> List(DbSession s, GrievanceState? state, string? cursor, int limit, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var query = new Where();
        if (!s.Actor.Is(Role.ExchangeStaff) && !s.Actor.Is(Role.System)) query.And("g.passed_on and g.producer_id = ", s.Actor.OrganisationId);
        if (state is { } st) query.And("g.state = ", (short)st);
        return await Orders.Page(s, Select, query, null, cursor, limit, r => Map(r, contact: true), ct);
    }

    /// <summary>The exchange takes a step; its note is what the complainant reads. Passing on needs no note, the others do.</summary>
    public async Task<Answer<GrievanceView>> Step(DbSession s, Guid id, GrievanceEvent step, string? note, CancellationToken ct)
    {
        if (step == GrievanceEvent.Respond) return Refusal.Of("sourcing.step-unknown", "step", ("given", step.ToString()));
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await Move(s, id, step, note, forComplainant: true, ct);
    }

    /// <summary>The producer answers what was passed on to it; the exchange reads it.</summary>
    public async Task<Answer<GrievanceView>> Respond(DbSession s, Guid id, string? note, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        if (await One(s, id, ct) is not { } known || (known.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return AssessmentStore.Hidden();
        return await Move(s, id, GrievanceEvent.Respond, note, forComplainant: false, ct);
    }

    async Task<Answer<GrievanceView>> Move(DbSession s, Guid id, GrievanceEvent step, string? note, bool forComplainant, CancellationToken ct)
    {
        if ((step != GrievanceEvent.PassOn || note is not null) && SourcingText.Note(note, "note") is [_, ..] wrong) return Answer<GrievanceView>.From(wrong);
        return await s.InTransaction<GrievanceView>(async t =>
        {
            await s.All("select id from passport.grievance where id = $1 for update", r => r.GetGuid(0), t, id);
            if (await One(s, id, t) is not { } known) return AssessmentStore.Hidden();
            var next = GrievanceRules.Table.Next(known.State, step);
            if (!next.Ok) return Answer<GrievanceView>.From(next.Refusals);
            await s.Run("update passport.grievance set state = $2, passed_on = passed_on or $2 = 2, row_version = row_version + 1 where id = $1", t, id, (short)next.Value);
            await s.Run("""
                insert into passport.grievance_step (grievance_id, seq, state, event, note, for_complainant, person, at)
                select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7 from passport.grievance_step where grievance_id = $1
                """, t, id, (short)next.Value, step.ToString(), note, forComplainant, s.Actor.PersonId, s.Now);
            await Tell(s, known, step, t);
            await s.Audit(new AuditEntry($"grievance.{step.ToString().ToLowerInvariant()}", "grievance", id.ToString(), note), t);
            return await Read(s, id, t);
        }, ct);
    }

    /// <summary>The producer hears that something was passed on to it, the exchange that it was answered; the complainant has the reference.</summary>
    static async Task Tell(DbSession s, Grievance known, GrievanceEvent step, CancellationToken ct)
    {
        var (kind, to, text) = step switch
        {
            GrievanceEvent.PassOn => (PassportNotices.GrievancePassedOn, new NoticeTo(Organisation: known.ProducerId, Roles: [Role.ProducerEditor, Role.ProducerApprover]), "passport.notice.grievance-passed-on"),
            GrievanceEvent.Respond => (PassportNotices.GrievanceAnswered, new NoticeTo(Roles: [Role.ExchangeStaff]), "passport.notice.grievance-answered"),
            _ => default,
        };
        if (kind is not null) await s.Notify(new Notice(kind, to, text, await About(s, known.BrandCode, known.ProducerId, ct), $"/sourcing/grievances/{known.Id}", "grievance", known.Id.ToString()), ct);
    }

    /// <summary>The brand, or else the producer, by name; no word of what was filed.</summary>
    static async Task<Dictionary<string, string>> About(DbSession s, string? brand, Guid? producer, CancellationToken ct) =>
        new() { ["subject"] = brand ?? (await s.One("select name from passport.organisation where id = $1", r => r.GetString(0), ct, producer)) ?? "-" };

    static async Task<Grievance?> One(DbSession s, Guid id, CancellationToken ct)
    {
        var found = await s.One($"{Select} where g.id = $1", r => new Seen(Map(r, contact: true), r.GetBoolean(9)), ct, id);
        if (found is null) return null;
        return s.Actor.Is(Role.ExchangeStaff) || s.Actor.Is(Role.System) || (s.Actor.SignedIn && found.PassedOn && found.Row.ProducerId == s.Actor.OrganisationId) ? found.Row : null;
    }

    sealed record Seen(Grievance Row, bool PassedOn);

    // The row of the contact is hidden by the database from a producer who may not know.
    const string Select = """
        select g.id, g.brand_code, g.producer_id, g.text, g.state, g.filed_at, g.row_version, c.name, c.contact, g.passed_on
        from passport.grievance g left join passport.grievance_contact c on c.grievance_id = g.id
        """;

    static Grievance Map(NpgsqlDataReader r, bool contact = false) =>
        new(r.GetGuid(0), r.Text(1), r.GetGuid(2), r.GetString(3), (GrievanceState)r.GetInt16(4), r.Time(5), r.GetInt32(6), contact ? r.Text(7) : null, contact ? r.Text(8) : null);

    static GrievanceStep MapStep(NpgsqlDataReader r) => new(r.GetInt32(0), (GrievanceState)r.GetInt16(1), r.Text(2) is { } step ? Enum.Parse<GrievanceEvent>(step) : null, r.Text(3), r.GetBoolean(4), r.Time(5));
}
