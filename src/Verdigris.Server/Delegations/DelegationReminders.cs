using System.Globalization;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Tells the administrators of both sides 30, 7 and 1 days before a delegation runs out: who acts for another does not find out by being refused. One that was ended is not told of again.</summary>
sealed class DelegationReminders(OrganisationDirectory organisations) : IDailyWork
{
    public const string Ending = "delegation.ending";

    static readonly int[] Stages = [30, 7, 1];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var today = session.Now.InUtc().Date;
        var ending = await session.Many("select id, until, granted_at, principal_id, agent_id from server.delegation where ended_at is null and until > $1 and until < $2",
            r => (Id: r.GetGuid(0), Until: r.Moment(1), Granted: r.Moment(2), Principal: r.GetGuid(3), Agent: r.GetGuid(4)), ct, session.Now.ToDateTimeUtc(), (session.Now + Duration.FromDays(Stages.Max() + 1)).ToDateTimeUtc());
        var told = 0;
        foreach (var d in ending)
        {
            // What was given for ten days is not told of as ending within thirty.
            var given = (int)Math.Ceiling((d.Until - d.Granted).TotalDays);
            if (Expiry.Reminder(today, d.Until.InUtc().Date, Stages.Where(s => s < given)) is not var (stage, _)) continue;
            told += await session.InTransaction(async t =>
            {
                if (await session.Execute("insert into server.delegation_told (delegation, stage, told_at) values ($1, $2, $3) on conflict do nothing", t, d.Id, stage, session.Now.ToDateTimeUtc()) == 0) return 0;
                foreach (var (side, other) in new[] { (d.Principal, d.Agent), (d.Agent, d.Principal) })
                    await session.Notify(new Notice(Ending, new NoticeTo(Organisation: side, Roles: [Role.Administrator]), "server.delegations.notice-ending",
                        new Dictionary<string, string> { ["name"] = (await organisations.Find(other, t))?.Name ?? "-", ["days"] = Expiry.DaysLeft(today, d.Until.InUtc().Date).ToString(CultureInfo.InvariantCulture) }, $"/delegations/{d.Id}", "delegation", d.Id.ToString()), t);
                return 1;
            }, ct);
        }
        return told;
    }
}
