using System.Numerics;
using Verdigris.Passport.Specifications;
using Verdigris.Passport.Warehousing;
using Verdigris.Primitives.Rules;

namespace Verdigris.Primitives.Tests.Metals;

public sealed class SpecCheckTests
{
    static RulePacks Packs { get; } = RulePacks.Open(Checkout.Path("data"));
    static SpecBook Book { get; } = SpecBook.Of(Packs);

    [Fact]
    public void All_148_limits_of_14_standards_and_the_older_aluminium_rule_are_there()
    {
        Assert.Equal(15, Book.Editions.Count);
        Assert.Equal(151, Book.Editions.Sum(e => e.Limits.Count));
        Assert.Equal(78 + 6 + 3 + 1, Book.Editions.Sum(e => e.Limits.Count(l => l.Decides)));
    }

    [Fact]
    public void Every_edition_is_found_by_each_of_its_names()
    {
        foreach (var edition in Book.Editions)
            foreach (var name in edition.Aliases.Append(edition.Id).Append(edition.Name))
                Assert.Same(edition, Assert.Single(Book.Find(name).Value.Editions));
    }

    [Fact]
    public void Every_physical_contract_names_a_quality_and_every_quality_an_edition_or_what_is_not_held()
    {
        foreach (var contract in Packs.Pack("metals/contracts").Table("contracts").Rows.Where(r => r.Text("settlement") == "physical"))
        {
            var choice = Book.ForContract(contract.Text("contract"));
            Assert.True(choice.Ok, contract.Text("contract"));
            Assert.NotEqual(0, choice.Value.Editions.Count + choice.Value.NotHeld.Count);
        }
    }

    /// <summary>The rules once more, in whole numbers of 1e-12 percent: nothing shared with the product.</summary>
    static SpecOutcome ByIntegers(SpecEdition edition, IReadOnlyList<ElementResult> results)
    {
        static BigInteger Scaled(decimal value) => new(decimal.Truncate(value * 1_000_000_000_000m));
        static BigInteger HalfEven(BigInteger value, int places)
        {
            var unit = BigInteger.Pow(10, 12 - places);
            var whole = BigInteger.DivRem(value, unit, out var rest);
            if (rest * 2 > unit || (rest * 2 == unit && !whole.IsEven)) whole += 1;
            return whole * unit;
        }

        var (broken, open) = (false, false);
        foreach (var limit in edition.Limits.Where(l => l.Decides && l.Kind != LimitKind.Listed))
        {
            BigInteger least = 0, most = 0;
            var unknown = false;
            foreach (var element in limit.Members ?? [limit.Subject])
            {
                if (results.FirstOrDefault(r => r.Element == element) is not { } result) { unknown = true; continue; }
                most += Scaled(result.Percent);
                if (!result.Below) least += Scaled(result.Percent);
            }
            if (limit.High is { } high)
            {
                var bound = Scaled(high);
                if (HalfEven(least, high.Scale) > bound) broken = true;
                else if (unknown || HalfEven(most, high.Scale) > bound) open = true;
            }
            else if (limit.Low is { } low)
            {
                var bound = Scaled(low);
                if (!unknown && HalfEven(most, low.Scale) < bound) broken = true;
                else if (unknown || HalfEven(least, low.Scale) < bound) open = true;
            }
        }
        return broken ? SpecOutcome.Fail : open ? SpecOutcome.Indeterminate : SpecOutcome.Pass;
    }

    static List<ElementResult> Draw(SpecEdition edition, Random random)
    {
        var results = new List<ElementResult>();
        foreach (var element in edition.Listed)
        {
            if (random.Next(40) == 0) continue;
            var own = edition.Limits.First(l => l.Subject == element);
            // Around the limit, so that rounding, ties and sums decide.
            var percent = own.Low is { } low ? low + (random.Next(-12, 60) * 0.0005m) : (own.High ?? 0.0003m) * random.Next(0, 26) / 20m;
            percent = Math.Round(percent, random.Next(3, 8));
            if (percent <= 0 || percent > 100) percent = 0.00001m;
            results.Add(new(element, percent, Below: own.Low is null && random.Next(6) == 0));
        }
        return results;
    }

    [Fact]
    public void Ten_thousand_random_analyses_agree_with_whole_number_arithmetic()
    {
        var random = Seeded.Next();
        var editions = Book.Editions.Where(e => e.Limits.Any(l => l.Decides)).ToList();
        var seen = new HashSet<SpecOutcome>();
        for (var i = 0; i < 10_000; i++)
        {
            var edition = editions[random.Next(editions.Count)];
            var results = Draw(edition, random);
            if (results.Count == 0) continue;
            var verdict = SpecCheck.Check(edition, results);
            Assert.True(ByIntegers(edition, results) == verdict.Outcome, $"{edition.Id}: {string.Join(' ', results.Select(r => $"{r.Element}={r}"))} gave {verdict.Outcome}");
            seen.Add(verdict.Outcome);
        }
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void Leaving_an_element_out_or_not_knowing_it_exactly_never_makes_a_lot_pass()
    {
        var random = Seeded.Next();
        var edition = Book.ById("en-1978-1998-cu-cath-1")!;
        var passed = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var results = Draw(edition, random);
            if (results.Count < 2) continue;
            var before = SpecCheck.Check(edition, results).Outcome;
            if (before == SpecOutcome.Pass) passed++;
            var at = random.Next(results.Count);
            var without = results.Where((_, n) => n != at).ToList();
            Assert.NotEqual(SpecOutcome.Pass, SpecCheck.Check(edition, without).Outcome);
            if (before == SpecOutcome.Pass) continue;
            var vaguer = results.Select((r, n) => n == at ? r with { Below = true } : r).ToList();
            Assert.NotEqual(SpecOutcome.Pass, SpecCheck.Check(edition, vaguer).Outcome);
        }
        Assert.True(passed > 20, $"only {passed} lots passed: the draw says little");
    }

    static SpecEdition Made(params (string Subject, LimitKind Kind, decimal? Low, decimal? High)[] limits) =>
        new("made", "AL", "Al", "Made", "1", [], null, null, Ref, limits.Select(l => new SpecLimit(l.Subject, l.Kind, l.Low, l.High, null, null, Ref, null)).ToList());

    static RuleRef Ref { get; } = new("test", "1", "00", "test", RuleStatus.Verified);

    static ElementResult R(string element, string text) => ElementResult.Read(element, text, element).Value;

    [Fact]
    public void Others_each_names_the_element_over_the_limit_and_others_total_adds_them()
    {
        var edition = Made(("Si", LimitKind.Max, null, 0.10m), ("OTHERS_EACH", LimitKind.OthersEach, null, 0.03m), ("OTHERS_TOTAL", LimitKind.OthersTotal, null, 0.10m));
        var each = SpecCheck.Check(edition, [R("Si", "0.05"), R("Al", "99.8"), R("Mg", "0.04"), R("Ti", "0.01")]);
        Assert.Equal((SpecOutcome.Fail, "Mg"), (each.Outcome, Assert.Single(each.Failed)));
        var total = SpecCheck.Check(edition, [R("Si", "0.05"), R("Mg", "0.03"), R("Ti", "0.03"), R("Mn", "0.03"), R("Cr", "0.02")]);
        Assert.Equal(["OTHERS_TOTAL"], total.FailedGroups);
        var none = SpecCheck.Check(edition, [R("Si", "0.05")]);
        Assert.Equal(SpecOutcome.Pass, none.Outcome);
        Assert.Equal(2, none.Warnings.Count(w => w.Code == "spec.others-not-reported"));
    }

    [Fact]
    public void By_difference_is_a_hundred_less_everything_listed()
    {
        var edition = Made(("Si", LimitKind.Max, null, 0.10m), ("Fe", LimitKind.Max, null, 0.20m), ("Al", LimitKind.ByDifference, 99.70m, null));
        Assert.Equal(SpecOutcome.Pass, SpecCheck.Check(edition, [R("Si", "0.10"), R("Fe", "0.20")]).Outcome);
        Assert.Equal(["Al"], SpecCheck.Check(edition, [R("Si", "0.104"), R("Fe", "0.202")]).Failed);
        Assert.Equal(["Fe"], SpecCheck.Check(edition, [R("Si", "0.10")]).Missing);
    }

    [Fact]
    public void A_range_has_two_ends()
    {
        var edition = Made(("Si", LimitKind.Range, 7.5m, 9.5m));
        Assert.Equal(SpecOutcome.Pass, SpecCheck.Check(edition, [R("Si", "7.5")]).Outcome);
        Assert.Equal(SpecOutcome.Pass, SpecCheck.Check(edition, [R("Si", "9.54")]).Outcome);
        Assert.Equal(SpecOutcome.Fail, SpecCheck.Check(edition, [R("Si", "7.44")]).Outcome);
        Assert.Equal(SpecOutcome.Fail, SpecCheck.Check(edition, [R("Si", "9.56")]).Outcome);
        Assert.Equal(SpecOutcome.Indeterminate, SpecCheck.Check(edition, [R("Si", "<9")]).Outcome);
    }

    [Fact]
    public void Sum_of_impurities_takes_everything_but_the_base_metal()
    {
        var edition = Made(("Si", LimitKind.Max, null, 0.10m), ("SUM_IMPURITIES", LimitKind.SumMax, null, 0.30m));
        Assert.Equal(SpecOutcome.Pass, SpecCheck.Check(edition, [R("Si", "0.10"), R("Cu", "0.20"), R("Al", "99.70")]).Outcome);
        Assert.Equal(["SUM_IMPURITIES"], SpecCheck.Check(edition, [R("Si", "0.10"), R("Cu", "0.21"), R("Al", "99.69")]).FailedGroups);
    }

    [Fact]
    public void The_guard_band_of_a_sum_is_the_root_of_the_sum_of_squares()
    {
        // u = 0.03 and 0.04 give 0.05 together; with k = 1 the sum 0.20 may lie between 0.15 and 0.25.
        var limit = new SpecLimit("Si+Fe", LimitKind.SumMax, null, 0.25m, "1", ["Si", "Fe"], Ref, null);
        var edition = new SpecEdition("made", "AL", "Al", "Made", "1", [], null, null, Ref, [limit]);
        var results = new[] { R("Si", "0.10") with { ExpandedUncertaintyPercent = 0.06m }, R("Fe", "0.10") with { ExpandedUncertaintyPercent = 0.08m } };
        var outcome = Assert.Single(SpecCheck.Check(edition, results, 1).Limits);
        Assert.Equal((SpecOutcome.Pass, 0.15m, 0.25m), (outcome.Outcome, outcome.Least!.Value, outcome.Most!.Value));
        Assert.Equal(SpecOutcome.Indeterminate, SpecCheck.Check(edition, results, 2).Outcome);
    }

    [Fact]
    public void A_typed_check_with_an_element_twice_is_a_callers_bug() =>
        Assert.Throws<ArgumentException>(() => SpecCheck.Check(Made(("Si", LimitKind.Max, null, 0.1m)), [R("Si", "0.1"), R("Si", "0.1")]));

    [Fact]
    public void Rent_lines_cover_each_day_once()
    {
        var schedule = WarehouseRent.Schedule(Packs, "2015-proposal").Value;
        for (var days = 0; days < 120; days++)
            Assert.Equal(days, WarehouseRent.Rent(schedule, Mass.FromTonnes(25), new RentRate(new Money(0.5m, "USD")), days).Sum(l => l.Days));
    }

    [Fact]
    public void Recalled_tolerances_warn_and_verified_ones_do_not()
    {
        Assert.Equal(RuleStatus.Verified, LotTolerance.Window(Packs, "AH").Value.ToleranceRule.Status);
        Assert.Equal(RuleStatus.Recalled, LotTolerance.Window(Packs, "CA").Value.ToleranceRule.Status);
        Assert.Equal(RuleStatus.Verified, LotTolerance.Window(Packs, "CA").Value.LotRule.Status);
    }
}
