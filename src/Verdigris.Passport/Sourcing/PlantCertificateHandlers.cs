using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Sourcing;

/// <summary>A certificate that ends soon or has ended, with the plant's name.</summary>
/// <param name="Reminder">Days of the reminder that is due; -1 where the certificate has ended.</param>
public sealed record CertificateReminder(PlantCertificate Certificate, string PlantName, int DaysLeft, int Reminder);

/// <summary>Use cases of the management certificates of plants. Seen by the plant's organisation and the exchange.</summary>
public sealed class PlantCertificateHandlers(SourcingRules rules)
{
    public async Task<Answer<PlantCertificate>> Add(DbSession s, NewPlantCertificate c, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var wrong = PlantCertificateRules.Check(c, s.Today());
        var owner = await s.All("select organisation_id from passport.plant where id = $1", r => r.GetGuid(0), ct, c.PlantId);
        if (owner.Count == 0 || (owner[0] != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) wrong.Insert(0, Refusal.Of("brand.plant-not-own", "plantId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<PlantCertificate>(async t =>
        {
            var made = await s.Run("""
                insert into passport.plant_certificate (id, plant_id, organisation_id, standard, equal_to, number, certifier, scope, valid_from, valid_to, added_by, added_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                on conflict (plant_id, standard, number, valid_from) do nothing
                """, t, id, c.PlantId, owner[0], (short)c.Standard, c.EqualTo, c.Number, c.Certifier, c.Scope, c.ValidFrom, c.ValidTo, s.Actor.PersonId, s.Now);
            if (made == 0) return Refusal.Conflict("sourcing.plant-certificate-there", "number", ("given", c.Number));
            await s.Audit(new AuditEntry("plant-certificate.added", "plant", c.PlantId.ToString(), Details: new { Standard = c.Standard.ToString(), c.Number, c.Certifier }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>A certificate that no longer holds before its end.</summary>
    public async Task<Answer<PlantCertificate>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (SourcingText.Note(reason, "reason") is [_, ..] wrong) return Answer<PlantCertificate>.From(wrong);
        return await s.InTransaction<PlantCertificate>(async t =>
        {
            if (await Find(s, id, t) is not { } known || (known.OrganisationId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return AssessmentStore.Hidden();
            if (await s.Run("update passport.plant_certificate set withdrawn_at = $2 where id = $1 and withdrawn_at is null", t, id, s.Now) == 0) return Refusal.Conflict("sourcing.plant-certificate-withdrawn");
            await s.Audit(new AuditEntry("plant-certificate.withdrawn", "plant", known.PlantId.ToString(), reason, new { known.Number }), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Of a plant, the latest end first; empty for those who may not see them.</summary>
    public async Task<IReadOnlyList<PlantCertificate>> OfPlant(DbSession s, Guid plant, CancellationToken ct) =>
        [.. (await s.All($"select {Columns} from passport.plant_certificate where plant_id = $1 order by valid_to desc, id", Map, ct, plant)).Where(c => AssessmentStore.Sees(s.Actor, c.OrganisationId))];

    /// <summary>What ends soon or has ended without one that follows, among what the reader may see; soonest first, at most 500.</summary>
    public async Task<Answer<IReadOnlyList<CertificateReminder>>> Reminders(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        return (await Ending(s, 500, ct)).Where(r => AssessmentStore.Sees(s.Actor, r.Certificate.OrganisationId)).ToList();
    }

    /// <summary>The same of whatever row-level security shows; without a limit where none is given.</summary>
    internal async Task<List<CertificateReminder>> Ending(DbSession s, int? most, CancellationToken ct)
    {
        var today = s.Today();
        var names = string.Join(", ", Columns.Split(", ").Select(c => "c." + c));
        var rows = await s.All($"""
            select {names}, p.name from passport.plant_certificate c join passport.plant p on p.id = c.plant_id
            where c.withdrawn_at is null and c.valid_to <= $1
              and not exists (select from passport.plant_certificate n where n.plant_id = c.plant_id and n.standard = c.standard and n.withdrawn_at is null and n.valid_to > c.valid_to)
            order by c.valid_to, c.id limit $2
            """, r => (Row: Map(r), Plant: r.GetString(12)), ct, today.PlusDays(rules.Terms.ReminderDays.Max()), most ?? int.MaxValue);
        return [.. rows.Select(r => PlantCertificateRules.Reminder(r.Row.ValidTo, today, rules.Terms.ReminderDays) is { } due ? new CertificateReminder(r.Row, r.Plant, Expiry.DaysLeft(today, r.Row.ValidTo), due) : null).OfType<CertificateReminder>()];
    }

    static Task<PlantCertificate?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.plant_certificate where id = $1", Map, ct, id);

    const string Columns = "id, plant_id, organisation_id, standard, equal_to, number, certifier, scope, valid_from, valid_to, added_at, withdrawn_at";

    static PlantCertificate Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), (ManagementStandard)r.GetInt16(3), r.Text(4), r.GetString(5), r.GetString(6), r.GetString(7), r.Day(8), r.Day(9), r.Time(10), r.MaybeTime(11));
}
