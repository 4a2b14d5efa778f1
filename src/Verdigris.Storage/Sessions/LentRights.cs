
namespace Verdigris.Storage;

/// <summary>Looking, or writing, where the actor's own organisation may not: only for what the use case itself then shows or decides.</summary>
public static class LentRights
{
    /// <summary>In a transaction, since rights are lent for no longer.</summary>
    public static Task<T> Lent<T>(this DbSession s, Func<CancellationToken, Task<T>> work, CancellationToken ct) => s.InTransaction<T>(t => s.AsSystem(work, t), ct);
}
