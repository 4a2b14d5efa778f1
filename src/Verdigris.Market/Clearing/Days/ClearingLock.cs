using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days;

/// <summary>
/// One at a time runs the clearing day, looks at the losses within it, or corrects a price it reads. A look takes a moment and comes every few minutes: who meets it waits for it. Refused with
/// <c>clearing.running</c> is only who has waited <see cref="Patience"/> in vain, because a whole day is being run.
/// </summary>
static class ClearingLock
{
    const long Key = 0x436C656172_01;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5), Step = TimeSpan.FromMilliseconds(50);

    /// <summary>Does the work while nobody else does any of it.</summary>
    /// <param name="field">The field a refusal names.</param>
    public static async Task<Answer<T>> Holding<T>(DbSession s, string field, Func<Task<Answer<T>>> work, CancellationToken ct)
    {
        if (!await Taken(s, "select pg_try_advisory_lock($1)", ct)) return Running(field);
        try { return await work(); }
        finally { await s.Value<bool>("select pg_advisory_unlock($1)", CancellationToken.None, Key); }
    }

    /// <summary>Held until the session's transaction ends.</summary>
    public static async Task<Answer<Done>> ToTheEnd(DbSession s, string field, CancellationToken ct) =>
        await Taken(s, "select pg_try_advisory_xact_lock($1)", ct) ? default(Done) : Running(field);

    static Refusal Running(string field) => Refusal.Conflict("clearing.running", field);

    static async Task<bool> Taken(DbSession s, string how, CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; !await s.Value<bool>(how, ct, Key); waited += Step)
        {
            if (waited >= Patience) return false;
            await Task.Delay(Step, ct);
        }
        return true;
    }
}
