using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Tests;

public sealed class SchemeFileTests
{
    static readonly IReadOnlyList<Scheme> Schemes = SchemeSet.Of(RulePacks.Locate()).All;

    [Fact]
    public void Every_transaction_of_a_scheme_runs_between_account_kinds_the_scheme_has_and_names_a_delay_it_has()
    {
        Assert.NotEmpty(Schemes);
        foreach (var s in Schemes)
            foreach (var t in s.Transactions)
            {
                Assert.NotNull(s.Account(t.From));
                Assert.NotNull(s.Account(t.To));
                Assert.True(t.Delay is null || s.Hours.Any(h => h.Rule == t.Delay), $"{s.Code} {t.Transaction} {t.Delay}");
                Assert.True(!t.Trusted || t.Delay is not null, $"{s.Code} {t.Transaction}");
                Assert.True(t.Reverses is null || s.Transactions.Any(o => o.Transaction == t.Reverses), $"{s.Code} {t.Transaction} {t.Reverses}");
            }
    }

    [Fact]
    public void Every_scheme_has_one_issuer_and_nothing_leaves_a_sink_but_by_a_reversal() => Assert.All(Schemes, s =>
    {
        Assert.Single(s.Accounts, a => a.Role == AccountRole.Issuer);
        Assert.All(s.Transactions.Where(t => s.Account(t.From)!.Role == AccountRole.Sink), t => Assert.NotNull(t.Reverses));
    });
}
