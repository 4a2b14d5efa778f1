using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Tests;

/// <summary>A database of its own in which somebody acts.</summary>
abstract class ActingWorld
{
    public abstract DbSessions Sessions { get; }

    public async Task<Answer<T>> Try<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        await using var session = Sessions.Open(actor);
        return await work(session);
    }

    public async Task<T> Do<T>(Actor actor, Func<DbSession, Task<Answer<T>>> work)
    {
        var answer = await Try(actor, work);
        Assert.True(answer.Ok, string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
        return answer.Value;
    }
}
