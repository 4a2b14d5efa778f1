using Verdigris.Primitives;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Registry.Finance;

/// <summary>
/// What the days and the prices do to deals: a call where the security no longer covers what is owed, a default where a day was missed, the end of a right that was not used, and of an agreement whose first money never came.
/// A price that is not known calls nothing.
/// </summary>
sealed class MarginWatch(DealDesk desk) : IDailyWork
{
    static readonly DealAct[] ByDays = [DealAct.Call, DealAct.Miss, DealAct.Lapse, DealAct.Abandon];

    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var done = 0;
        foreach (var id in await DealStore.Running(session, ct))
            done += await session.InTransaction(async t =>
            {
                if (await DealStore.Locked(session, id, t) is not { Moving: false } deal) return 0;
                foreach (var act in ByDays)
                {
                    if (!DealLife.Next(deal.State, DealDesk.EventOf(act)!.Value, deal.Terms, await desk.Facts(session, deal, null, t)).Ok) continue;
                    var step = new DealStep(session.NewId(), act, null, null, null, DealStepState.Done, null, null, null, session.Actor.PersonId, session.Now, null, null);
                    await DealStore.AddStep(session, id, step, t);
                    await desk.Apply(session, deal, DealDesk.EventOf(act)!.Value, step, t);
                    return 1;
                }
                // Money may have come while the units still had to wait.
                await desk.Progress(session, id, t);
                return await DealStore.Find(session, id, t) is { } after && (after.State != deal.State || after.Moving) ? 1 : 0;
            }, ct);
        return done;
    }
}
