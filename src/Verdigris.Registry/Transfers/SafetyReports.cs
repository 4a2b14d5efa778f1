using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <param name="Why">no-representative, one-representative (nobody could approve), holder (not admitted any more), review (papers overdue) or idle.</param>
public sealed record OrphanAccount(long Account, string FullId, string Name, string Why);

/// <summary>What went through an account in the last thirty days.</summary>
/// <param name="In">Whole units received; <paramref name="Out"/> sent.</param>
/// <param name="TurnoverPercent">The smaller of both, of the larger: near 100 where units only pass.</param>
/// <param name="RoundTrips">Units that came from an account to which units went within the same time.</param>
public sealed record VelocityLine(long Account, string FullId, long In, long Out, decimal TurnoverPercent, long RoundTrips);

/// <summary>Reports by which an authority finds accounts nobody looks after, and units that only pass: both were how registries were robbed and how tax was evaded through them.</summary>
public sealed class SafetyReports
{
    static readonly Duration Window = Duration.FromDays(30);

    /// <summary>Open accounts nobody could act on, or whose holder should not have them.</summary>
    public async Task<Answer<IReadOnlyList<OrphanAccount>>> Orphans(DbSession s, string scheme, CancellationToken ct)
    {
        if (!await Administration.Reads(s, scheme, ct)) return Refusal.Forbidden("scheme.not-administered", "scheme", ("scheme", scheme));
        return await s.All("""
            select a.account, a.full_id, a.name, case
                when h.state is distinct from 1 then 'holder'
                when h.review_on < $2 then 'review'
                when (select count(*) from registry.representative r where r.account = a.account and r.state = 1 and r.rights <> 4) = 0 then 'no-representative'
                when (select count(*) from registry.representative r where r.account = a.account and r.state = 1 and r.rights <> 4) = 1 then 'one-representative'
                else 'idle' end
            from registry.account a left join registry.holder h on h.scheme = a.scheme and h.organisation_id = a.organisation_id
            where a.scheme = $1 and a.organisation_id is not null and a.state = 2 and (h.state is distinct from 1 or h.review_on < $2
                or (select count(*) from registry.representative r where r.account = a.account and r.state = 1 and r.rights <> 4) < 2
                or (a.opened_at < $3 and not exists (select from registry.transaction t where (t.from_account = a.account or t.to_account = a.account) and t.proposed_at > $3)))
            order by a.account limit 500
            """, r => new OrphanAccount(r.GetInt64(0), r.GetString(1), r.GetString(2), r.GetString(3)), ct, scheme, s.Today(), s.Now - Duration.FromDays(365));
    }

    /// <summary>Holders' accounts by what passed through them in thirty days; those first where most only passed.</summary>
    public async Task<Answer<IReadOnlyList<VelocityLine>>> Velocity(DbSession s, string scheme, CancellationToken ct)
    {
        if (!await Administration.Reads(s, scheme, ct)) return Refusal.Forbidden("scheme.not-administered", "scheme", ("scheme", scheme));
        var moves = await s.All("select from_account, to_account, sum(quantity)::bigint from registry.transaction where scheme = $1 and state = 3 and kind = 'transfer' and finished_at > $2 group by 1, 2", r => (From: r.GetInt64(0), To: r.GetInt64(1), Quantity: r.GetInt64(2)), ct, scheme, s.Now - Window);
        var names = (await s.All("select account, full_id from registry.account where scheme = $1 and organisation_id is not null", r => (r.GetInt64(0), r.GetString(1)), ct, scheme)).ToDictionary(x => x.Item1, x => x.Item2);
        return VelocityRules.Lines(moves).Where(l => names.ContainsKey(l.Account)).Select(l => l with { FullId = names[l.Account] }).Take(100).ToList();
    }
}

/// <summary>Pure part of the report on what passes.</summary>
static class VelocityRules
{
    public static IEnumerable<VelocityLine> Lines(IReadOnlyList<(long From, long To, long Quantity)> moves)
    {
        var sent = moves.GroupBy(m => (m.From, m.To)).ToDictionary(g => g.Key, g => g.Sum(m => m.Quantity));
        var (sentBy, receivedBy) = (sent.ToLookup(x => x.Key.From), sent.ToLookup(x => x.Key.To));
        return moves.SelectMany(m => new[] { m.From, m.To }).Distinct().Select(account =>
        {
            var (into, outOf) = (receivedBy[account].Sum(x => x.Value), sentBy[account].Sum(x => x.Value));
            var round = sentBy[account].Sum(x => Math.Min(x.Value, sent.GetValueOrDefault((x.Key.To, account))));
            return new VelocityLine(account, "", into, outOf, decimal.Round(100m * Math.Min(into, outOf) / Math.Max(1, Math.Max(into, outOf)), 1, MidpointRounding.ToEven), round);
        }).OrderByDescending(l => l.TurnoverPercent).ThenByDescending(l => l.In + l.Out);
    }
}
