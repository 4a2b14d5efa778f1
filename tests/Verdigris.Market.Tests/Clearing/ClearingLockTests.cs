using NodaTime;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Tests.Clearing;

/// <summary>The clock's look at losses, the evening's run and a correction never work at once, and a short one keeps nobody out.</summary>
public sealed class ClearingLockTests
{
    [Fact]
    public async Task Who_meets_a_look_at_the_losses_waits_for_it_and_who_meets_a_run_that_lasts_is_told_so()
    {
        await using var w = await ClearingWorld.Open(1, new LocalDate(2026, 3, 2));
        w.Evening(new LocalDate(2026, 3, 2));
        foreach (var lasts in new[] { false, true })
        {
            TaskCompletionSource looks = new(TaskCreationOptions.RunContinuationsAsynchronously), ends = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var other = w.Get<IDbSessions>().Open(Actor.System);
            var look = ClearingLock.Holding<Done>(other, "day", async () =>
            {
                looks.SetResult();
                await ends.Task;
                return default(Done);
            }, default);
            await looks.Task;
            await using var s = w.Get<IDbSessions>().Open(ClearingWorld.Clerk);
            var run = w.Get<IntradayCalls>().Run(s, default);
            await Task.Delay(200);
            Assert.False(run.IsCompleted);
            if (!lasts) ends.SetResult();
            var answer = await run;
            Assert.Equal(lasts ? "clearing.running" : null, answer.Ok ? null : answer.Refusals[0].Code);
            ends.TrySetResult();
            Assert.True((await look).Ok);
        }
        // Whatever came before, it is free again.
        await w.Do(ClearingWorld.Clerk, s => w.Get<IntradayCalls>().Run(s, default));
    }
}
