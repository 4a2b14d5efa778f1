using System.Globalization;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Tells an organisation's administrators 30, 7 and 1 days before a machine client ends, and once it has: a program that stops over night is noticed by its users.</summary>
sealed class ClientReminders : IDailyWork
{
    public const string Expiring = "client.expiring";

    static readonly int[] Stages = [30, 7, 1];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var today = session.Now.InUtc().Date;
        var ending = await session.Many("select id, client_id, name, organisation_id, expires_at from server.client where revoked_at is null and expires_at < $1",
            r => (Id: r.GetGuid(0), Code: r.GetString(1), Name: r.GetString(2), Organisation: r.GetGuid(3), Ends: r.Moment(4)), ct, (session.Now + Duration.FromDays(Stages.Max() + 1)).ToDateTimeUtc());
        var told = 0;
        foreach (var c in ending)
        {
            var last = c.Ends.InUtc().Date;
            if ((c.Ends <= session.Now ? (0, last) : Expiry.Reminder(today, last, Stages)) is not var (stage, _)) continue;
            told += await session.InTransaction(async t =>
            {
                if (await session.Execute("insert into server.client_told (client, expires_at, stage, told_at) values ($1, $2, $3, $4) on conflict do nothing", t, c.Id, c.Ends.ToDateTimeUtc(), stage, session.Now.ToDateTimeUtc()) == 0) return 0;
                await session.Notify(new Notice(Expiring, new NoticeTo(Organisation: c.Organisation, Roles: [Role.Administrator]), stage == 0 ? "server.clients.notice-over" : "server.clients.notice-near",
                    new Dictionary<string, string> { ["name"] = c.Name, ["days"] = Expiry.DaysLeft(today, last).ToString(CultureInfo.InvariantCulture) }, $"/clients/{c.Id}", "client", c.Code), t);
                return 1;
            }, ct);
        }
        return told;
    }
}
