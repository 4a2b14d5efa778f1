using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Finance;

/// <summary>A deal is no way round the trusted list: units leave an account by it no sooner than by a transfer.</summary>
static class FinanceDelay
{
    /// <summary>The delay of transfers out of a kind of account; null where the scheme has none.</summary>
    public static HoursRule? RuleOf(Scheme scheme, string kind) =>
        scheme.Transactions.FirstOrDefault(t => t.Trusted && t.From == kind && t.Delay is not null) is { } transfer ? scheme.Hours.First(h => h.Rule == transfer.Delay) : null;

    /// <summary>From when on units held now may leave; <c>transaction.not-trusted</c> where the account reaches trusted ones alone, and what the calendar refuses.</summary>
    /// <param name="trusted">Whether the account trusts the other now.</param>
    public static Answer<Instant> FreeAt(SchemeSet schemes, Scheme scheme, RegistryAccount from, string toId, bool trusted, Instant now)
    {
        if (trusted || RuleOf(scheme, from.Kind) is not { } rule) return now;
        if (from.TrustedOnly) return Refusal.Conflict("transaction.not-trusted", "counterparty", ("to", toId));
        var times = TransferDelay.Of(rule, schemes.Calendar(rule.Calendar), now);
        return times.Ok ? times.Value.Executes : Answer<Instant>.From(times.Refusals);
    }
}
