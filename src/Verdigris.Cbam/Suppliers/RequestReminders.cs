using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Suppliers;

/// <summary>Tells the desk when a supplier is to be reminded: before the day due, and after it, once at every stage. A stage slept through is not made up for: the next says more.</summary>
sealed class RequestReminders(RulePacks packs) : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var limits = DeskLimits.Of(packs);
        var today = session.Today();
        var open = await session.All("select r.id, r.organisation_id, r.due_on, p.name from cbam.supplier_request r join cbam.supplier p on p.id = r.supplier_id where r.state = 0 and r.due_on <= $1",
            r => (Id: r.GetGuid(0), Organisation: r.GetGuid(1), Due: r.Day(2), Supplier: r.GetString(3)), ct, today.PlusDays(limits.ReminderStages.Max()));
        var told = 0;
        foreach (var request in open)
        {
            // Days left: 7 before the day, 0 on it, -14 two weeks after; of several stages passed the last one counts.
            var left = Expiry.DaysLeft(today, request.Due);
            var stage = limits.ReminderStages.Where(x => left <= x).Min();
            told += await session.InTransaction(async t =>
            {
                if (await session.Run("insert into cbam.request_event (id, request_id, organisation_id, kind, stage, made_by, made_at) values ($1, $2, $3, 5, $4, $5, $6) on conflict (request_id, stage) where kind = 5 do nothing", t,
                    session.NewId(), request.Id, request.Organisation, stage, session.Actor.PersonId, session.Now) == 0) return 0;
                await session.Notify(new Notice(CbamNotices.SupplierDue, new NoticeTo(Organisation: request.Organisation, Roles: [Role.OwnerTrader]), stage > 0 ? "cbam.notice.supplier-near" : "cbam.notice.supplier-over",
                    new Dictionary<string, string> { ["supplier"] = request.Supplier, ["day"] = LocalDatePattern.Iso.Format(request.Due) }, $"/cbam/requests/{request.Id}", "supplier-request", request.Id.ToString()), t);
                return 1;
            }, ct);
        }
        return told;
    }
}
