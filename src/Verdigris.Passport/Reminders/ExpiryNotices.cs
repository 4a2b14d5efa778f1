using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Sourcing;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Reminders;

/// <summary>
/// Reminds producers of disclosures and certificates of their plants that run out: once at every stage of every end, however often it runs. A stage slept through, because the server
/// stood still, is not made up for: the next says more.
/// </summary>
sealed class ExpiryNotices(DisclosureRegister disclosures, PlantCertificateHandlers certificates) : IDailyWork
{
    static readonly string[] Readers = [Role.ProducerEditor, Role.ProducerApprover];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var told = 0;
        foreach (var r in ExpiryReminders.Of(await disclosures.EndingBy(session, session.Today().PlusDays(ExpiryReminders.Stages.Max()), ct), session.Today()))
        {
            var d = r.Disclosure;
            told += await Once(session, "disclosure", d.Id, r.LastDay, r.Stage, d.Subject.ProducerId, PassportNotices.DisclosureExpiring, "passport.notice.disclosure",
                new() { ["subject"] = d.Subject.Name, ["subjectZh"] = d.Subject.NameZh ?? "", ["code"] = d.Methodology.Code }, $"/disclosures/{d.Id}", ct);
        }
        foreach (var r in await certificates.Ending(session, null, ct))
            told += await Once(session, "plant-certificate", r.Certificate.Id, r.Certificate.ValidTo, Math.Max(0, r.Reminder), r.Certificate.OrganisationId, PassportNotices.PlantCertificateExpiring, "passport.notice.plant-certificate",
                new() { ["plant"] = r.PlantName, ["number"] = r.Certificate.Number }, $"/plants/{r.Certificate.PlantId}", ct);
        return told;
    }

    /// <summary>The mark and the word stand and fall together; of two servers at it, one sends.</summary>
    static Task<int> Once(DbSession session, string kind, Guid id, LocalDate lastDay, int stage, Guid producer, string notice, string text, Dictionary<string, string> args, string link, CancellationToken ct) => session.InTransaction(async t =>
    {
        if (await session.Run("insert into passport.expiry_told (subject_kind, subject_id, last_day, stage, told_at) values ($1, $2, $3, $4, $5) on conflict do nothing", t, kind, id, lastDay, stage, session.Now) == 0) return 0;
        args["day"] = LocalDatePattern.Iso.Format(lastDay);
        args["days"] = Expiry.DaysLeft(session.Today(), lastDay).ToString(CultureInfo.InvariantCulture);
        await session.Notify(new Notice(notice, new NoticeTo(Organisation: producer, Roles: Readers), text + (stage == 0 ? ".over" : ".near"), args, link, kind, id.ToString()), t);
        return 1;
    }, ct);
}
