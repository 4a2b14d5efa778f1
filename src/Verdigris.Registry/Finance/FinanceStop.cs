using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Finance;

/// <summary>
/// A deal is no way round a stop either: it moves units between holders as their own transactions do, so a kind of those that is stopped in a scheme stops the deals between the same kinds of account. Units held stay held, and what nobody can do nobody misses;
/// what only gives units back goes on.
/// </summary>
static class FinanceStop
{
    /// <summary>Pairs of account kinds a kind of transaction leads between at a holder's word; none where it is another's.</summary>
    public static IReadOnlyList<(string From, string To)> Pairs(Scheme scheme, string kind) =>
        [.. scheme.Transactions.Where(t => t.Transaction == kind && t.Proposer == "holder" && IsHolder(scheme, t.From) && IsHolder(scheme, t.To)).Select(t => (t.From, t.To)).Distinct()];

    /// <summary>Kinds of transaction that are stopped in a scheme now.</summary>
    public static Task<List<string>> Kinds(DbSession s, string scheme, CancellationToken ct) =>
        s.Lent(t => s.All("select kind from registry.freezing where scheme = $1 and kind is not null and lifted_at is null order by kind", r => r.GetString(0), t, scheme), ct);

    /// <summary>Whether a stop covers deals between accounts of these kinds, either way.</summary>
    public static bool Covers(Scheme scheme, IEnumerable<string> stopped, IReadOnlyCollection<string> accounts) => stopped.SelectMany(k => Pairs(scheme, k)).Any(p => accounts.Contains(p.From) && accounts.Contains(p.To));

    static bool IsHolder(Scheme scheme, string account) => scheme.Account(account) is { Role: AccountRole.Holder };
}
