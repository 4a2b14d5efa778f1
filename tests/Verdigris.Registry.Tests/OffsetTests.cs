using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>Credits in place of allowances: who takes them in, which count, how many, and how many of them from elsewhere.</summary>
public sealed class OffsetTests
{
    static readonly Instant Morning = Instant.FromUtc(2026, 3, 3, 4, 0);

    [Fact]
    public async Task Five_of_a_hundred_may_be_credits_and_none_that_is_too_old()
    {
        await using var w = await Stocked("cn-ets", ("CCER", "2016"), ("CCER", "2024"));
        Assert.Equal("transaction.offset-year", await Refused(w, "CCER", "2024", 10, null));
        Assert.Equal("transaction.offset-unknown", await Refused(w, "CCER", "2024", 10, 2025));
        Assert.Equal("transaction.offset-vintage", await Refused(w, "CCER", "2016", 10, 2024));
        Assert.Equal("transaction.offset-limit", await Refused(w, "CCER", "2024", 51, 2024));
        await Surrendered(w, "CCER", "2024", 30, 2024);
        Assert.Equal("transaction.offset-limit", await Refused(w, "CCER", "2024", 21, 2024));
        await Surrendered(w, "CCER", "2024", 20, 2024);
        var stands = await w.Do(SmelterFirst, s => w.Get<ComplianceHandlers>().Read(s, w.Installation, default));
        Assert.Equal(50L, stands.Years.Single(y => y.Year == 2024).Surrendered);
        Assert.Equal((50L, 50L), (w.Held(w.Numbers.Central("cn-ets", "surrender"), "CCER", "2024"), w.Held(w.SmelterAccount, "CCER", "2024")));
        // A credit is not carried over, and not made out of an allowance.
        Assert.Equal("carry-over.vintage", await w.Refused(SmelterFirst, s => w.Get<CarryOverHandlers>().Ask(s, new(w.SmelterAccount, "CCER", 2024, 2025, 1), default)));
    }

    [Theory]
    [InlineData("gas", 700, 35)] // 5 % of 700, not of 1,000
    [InlineData("coal", 700, 45)] // of 700 and a fifth of 1,000
    [InlineData("coal", 900, 50)] // the limit is not reached
    [InlineData(null, 700, 50)]
    public async Task Where_less_is_due_than_was_emitted_fewer_credits_count_and_none_while_that_is_unknown(string? relief, long allocated, long most)
    {
        await using var w = await Ready(Morning, "cn-ets");
        var plant = await w.Permitted(SmelterFirst, "A plant", 2021, relief: relief);
        var account = await w.OperatorAccount(plant.Id);
        await w.Deposit(account, "CCER", "2020", 100);
        Task<Answer<RegistryTransaction>> Surrender(long units) => w.Try(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(account, "surrender", null, "CCER", "2020", units, 2021), default));
        Assert.Equal("transaction.offset-unknown", (await Surrender(1)).Refusals[0].Code);
        await Determined(w, 2021, 1_000, plant.Id);
        var decided = await w.Do(Officer, s => w.Get<ComplianceHandlers>().Allocate(s, plant.Id, new(2021, allocated, Reason: "as the plan says"), default));
        if (relief is not null) Assert.Equal("transaction.offset-due-unknown", (await Surrender(1)).Refusals[0].Code); // proposed is not decided
        await w.DecideTask(Approver, decided.TaskId!.Value);
        Assert.Equal("transaction.offset-limit", (await Surrender(most + 1)).Refusals[0].Code);
        Assert.True((await Surrender(most)).Ok);
    }

    /// <summary>Of a control period that runs a part is owed first; credits count by all of it. Only a rule that says so follows a limit.</summary>
    [Fact]
    public void The_share_is_of_all_emissions_where_the_file_does_not_say_otherwise()
    {
        Assert.Equal(1_000m, Limits.OffsetBase(Ask.Schemes.Find("rggi")!, 2025, 1_000, null, null).Value);
        Assert.Equal(1_000m, Limits.OffsetBase(Ask.Schemes.Find("cn-beijing")!, 2021, 1_000, "gas", 700).Value);
        Assert.Equal(1_000m, Limits.OffsetBase(Ask.Schemes.Find("cn-ets")!, 2023, 1_000, "gas", null).Value);
        Assert.Equal(["cn-ets"], Ask.Schemes.All.Where(s => s.Rows("offsets").Any(r => r.Has("due"))).Select(s => s.Code));
    }

    [Fact]
    public async Task Where_half_must_be_local_the_rest_stops_at_the_other_half()
    {
        await using var w = await Stocked("cn-beijing", ("CCER", "2024"), ("FCER", "2024"));
        Assert.Equal("transaction.offset-local", await Refused(w, "CCER", "2024", 26, 2024));
        await Surrendered(w, "CCER", "2024", 25, 2024);
        Assert.Equal("transaction.offset-local", await Refused(w, "CCER", "2024", 1, 2024));
        await Surrendered(w, "FCER", "2024", 25, 2024);
        Assert.Equal("transaction.offset-limit", await Refused(w, "FCER", "2024", 1, 2024));
    }

    [Fact]
    public async Task Credits_are_taken_in_by_two_people_who_say_from_where_and_allowances_never_in_that_way()
    {
        await using var w = await Ready(Morning, "cn-ets");
        var (issuer, to) = (w.Numbers.Central("cn-ets", "total-quantity"), await w.FullId(w.SmelterAccount));
        Task<string> Try(string kind, string unit, string? reason, long from, string target) => w.Refused(Officer, s => w.Get<TransactionHandlers>().Propose(s, new(from, kind, target, unit, "2024", 5, null, reason), default));
        Assert.Equal("input.required", await Try("deposit-credits", "CCER", null, issuer, to));
        Assert.Equal("transaction.unit-kind", await Try("deposit-credits", "CEA", "a mistake", issuer, to));
        Assert.Equal("transaction.unit-kind", await Try("issue", "CCER", "a mistake", issuer, await w.FullId(w.Numbers.Central("cn-ets", "allocation"))));
        Assert.Equal("account.not-found", await w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, new(issuer, "deposit-credits", to, "CCER", "2024", 5, null, "mine"), default)));
        await w.Deposit(w.SmelterAccount, "CCER", "2024", 5);
        Assert.Equal(5, w.Held(w.SmelterAccount, "CCER", "2024"));
    }

    /// <summary>A word of a rule that no unit answers to would let nothing through, or anything.</summary>
    [Fact]
    public void Every_credit_a_rule_counts_is_a_unit_of_its_scheme_and_every_credit_of_a_scheme_is_counted_by_a_rule()
    {
        foreach (var scheme in Ask.Schemes.All.Where(s => s.Standing == "operating" && s.Code != "eu-ets"))
        {
            var credits = scheme.Units.Where(u => u.Kind == "credit").ToList();
            Assert.Equal(credits.Select(u => u.Unit).Order(), scheme.Rows("offsets").SelectMany(r => r.List("units")).Distinct().Order());
            if (credits.Count > 0) Assert.Contains(scheme.Transactions, t => t.Of == "credit");
            // A local share without local credits could never be kept.
            if (scheme.Rows("offsets").Any(r => r.Has("local"))) Assert.Contains(credits, u => u.Local);
        }
    }

    [Fact]
    public void An_issuer_makes_allowances_where_the_scheme_has_any()
    {
        var china = Ask.Schemes.Find("cn-ets")!;
        var (issue, deposit, transfer) = (china.Transaction("issue", "total-quantity", "allocation")!, china.Transaction("deposit-credits", "total-quantity", "trading")!, china.Transaction("transfer", "trading", "trading")!);
        Assert.Equal([true, false, false, true, true, true], new[] { issue, deposit, transfer }.SelectMany(t => new[] { china.IsFor(t, china.Unit("CEA")!), china.IsFor(t, china.Unit("CCER")!) }));
        var india = Ask.Schemes.Find("in-cdm")!;
        Assert.All(india.Transactions, t => Assert.True(india.IsFor(t, india.Units[0])));
        Assert.Null(Limits.NoOffset(china, 2023, "CCER", 2016));
    }

    /// <summary>A year of 1,000 t, and 100 of each of these credits in the smelter's account.</summary>
    static async Task<RegistryWorld> Stocked(string scheme, params (string Unit, string Vintage)[] credits)
    {
        var w = await Ready(Morning, scheme);
        await Determined(w, 2024, 1_000);
        foreach (var (unit, vintage) in credits) await w.Deposit(w.SmelterAccount, unit, vintage, 100);
        return w;
    }

    static NewTransaction Surrender(RegistryWorld w, string unit, string vintage, long units, int? year) => new(w.SmelterAccount, "surrender", null, unit, vintage, units, year);

    static Task<string> Refused(RegistryWorld w, string unit, string vintage, long units, int? year) => w.Refused(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, Surrender(w, unit, vintage, units, year), default));

    static async Task Surrendered(RegistryWorld w, string unit, string vintage, long units, int year)
    {
        var t = await w.Do(SmelterFirst, s => w.Get<TransactionHandlers>().Propose(s, Surrender(w, unit, vintage, units, year), default));
        await w.DecideTask(SmelterSecond, t.TaskId!.Value);
    }
}
