using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

/// <summary>
/// Tells operators before the day of surrender that emissions or units are still missing, and authorities that papers of a holder are to be looked at again. Each stage once: the day it was told stands with what it is about. An installation whose last year is
/// over and settled ends.
/// </summary>
sealed class DueReminders(SchemeSet schemes, ComplianceHandlers compliance) : IDailyWork
{
    static readonly int[] Stages = [30, 7, 1];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var (today, told) = (session.Today(), 0);
        foreach (var scheme in schemes.All.Where(s => s.Standing == "operating"))
        {
            foreach (var (year, on) in new[] { today.Year - 2, today.Year - 1, today.Year }.Select(y => (y, ComplianceCalendar.DueOn(scheme, y))))
            {
                if (on is not { } day || Period.DaysBetween(today, day) is var left && (left < 0 || left > Stages[0])) continue;
                var stage = Stages.Last(s => Period.DaysBetween(today, day) <= s);
                foreach (var line in (await compliance.Run(session, scheme.Code, ct)).Value.Where(l => l.Status is "B" or "C"))
                {
                    told += await session.InTransaction(async t =>
                    {
                        if (await session.Run("insert into registry.told (subject, what, stage, told_at) values ($1, $2, $3, $4) on conflict do nothing", t, line.InstallationId, $"surrender-{year}", stage, session.Now) == 0) return 0;
                        var organisation = await session.Value<Guid>("select organisation_id from registry.installation where id = $1", t, line.InstallationId);
                        await session.Notify(new Notice(RegistryNotices.Due, new NoticeTo(Organisation: organisation, Roles: [Role.Administrator, Role.AccountRepresentative]), line.Status == "B" ? "registry.notice.due.units" : "registry.notice.due.emissions",
                            new Dictionary<string, string> { ["name"] = line.Name, ["day"] = $"{day:uuuu-MM-dd}", ["year"] = $"{year}" }, $"/registry/installations/{line.InstallationId}", "registry-installation", line.InstallationId.ToString()), t);
                        return 1;
                    }, ct);
                }
            }
        }
        foreach (var code in await session.All("select distinct scheme from registry.installation where state = 1 and last_year < $1", r => r.GetString(0), ct, today.Year))
        {
            if (schemes.Find(code) is null) continue;
            var settled = (await compliance.Run(session, code, ct)).Value.Where(l => l.Status is "A" or "EXCLUDED").Select(l => l.InstallationId).ToHashSet();
            foreach (var id in await session.All("select id from registry.installation where scheme = $1 and state = 1 and last_year < $2", r => r.GetGuid(0), ct, code, today.Year))
                if (settled.Contains(id)) told += await InstallationHandlers.End(session, id, ct);
        }
        foreach (var (id, scheme, day, authority) in await session.All("select h.id, h.scheme, h.review_on, s.administrator_id from registry.holder h join registry.scheme s on s.code = h.scheme where h.state = 1 and h.review_on <= $1 and s.administrator_id is not null", r => (r.GetGuid(0), r.GetString(1), r.Day(2), r.GetGuid(3)), ct, today.PlusDays(Stages[0])))
        {
            told += await session.InTransaction(async t =>
            {
                if (await session.Run("insert into registry.told (subject, what, stage, told_at) values ($1, $2, 0, $3) on conflict do nothing", t, id, $"review-{day:uuuu-MM-dd}", session.Now) == 0) return 0;
                await session.Notify(new Notice(RegistryNotices.Review, new NoticeTo(Organisation: authority, Roles: [Role.AuthorityOfficer]), "registry.notice.review", new Dictionary<string, string> { ["scheme"] = scheme, ["day"] = $"{day:uuuu-MM-dd}" }, $"/registry/holders/{id}", "registry-holder", id.ToString()), t);
                return 1;
            }, ct);
        }
        return told;
    }
}
