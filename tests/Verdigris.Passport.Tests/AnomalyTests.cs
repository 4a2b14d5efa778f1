using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>What makes somebody look at a certificate twice, and who sees and decides it.</summary>
public sealed class AnomalyTests
{
    static IReadOnlyList<AnalysisResult> Analysis(params (string Element, decimal Value)[] results) => [.. results.Select(r => new AnalysisResult(r.Element, r.Value))];

    static readonly IReadOnlyList<AnalysisResult> Fine = Analysis(("Si", 0.0453m), ("Fe", 0.1032m), ("Zn", 0.0031m), ("Ga", 0.0118m), ("V", 0.0091m), ("Al", 99.83m));

    [Fact]
    public void The_same_contents_are_the_same_whatever_their_unit_order_or_trailing_zeros()
    {
        var chemistry = AnomalyRules.Chemistry(Fine, 12);
        Assert.NotNull(chemistry);
        Assert.Equal(chemistry, AnomalyRules.Chemistry([.. Fine.Reverse()], 12));
        Assert.Equal(chemistry, AnomalyRules.Chemistry([.. Fine.Select(r => r.PercentByMass < 50 ? r with { Value = r.Value * 10_000, Unit = ContentUnit.Ppm } : r)], 12));
        Assert.Equal(chemistry, AnomalyRules.Chemistry([.. Fine.Select(r => r with { Value = r.Value + 0.000000m })], 12));
        // The main element is the difference, a result below detection no figure: neither makes two analyses differ.
        Assert.Equal(chemistry, AnomalyRules.Chemistry([.. Fine.Where(r => r.Element != "Al"), new("Cu", 0.001m, Qualifier: Qualifier.Below)], 12));
    }

    [Fact]
    public void Any_other_digit_makes_another_analysis()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var at = random.Next(5);
            var other = Fine.Select((r, n) => n == at ? r with { Value = r.Value + 0.0001m * random.Next(1, 9) } : r).ToList();
            Assert.NotEqual(AnomalyRules.Chemistry(Fine, 12), AnomalyRules.Chemistry(other, 12));
        }
    }

    [Fact]
    public void An_analysis_of_few_digits_may_repeat_by_chance_and_says_nothing() => Assert.Null(AnomalyRules.Chemistry(Analysis(("Si", 0.04m), ("Fe", 0.1m), ("Ga", 0.012m), ("Al", 99.83m)), 12));

    [Theory]
    [InlineData("0.0453", 3)]
    [InlineData("0.0450", 2)]
    [InlineData("12", 2)]
    [InlineData("10", 1)]
    [InlineData("10.01", 4)]
    [InlineData("0", 0)]
    public void Significant_digits_run_from_the_first_to_the_last_that_is_not_zero(string value, int digits) => Assert.Equal(digits, AnomalyRules.SignificantDigits(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Capacity_days_and_round_figures_are_told_only_beyond_their_limit()
    {
        Assert.Null(AnomalyRules.AboveCapacity(100_000_000, 100_000, 100));
        Assert.Equal(100.1m, AnomalyRules.AboveCapacity(100_100_000, 100_000, 100));
        Assert.Null(AnomalyRules.AboveCapacity(1, 0, 100));
        Assert.Null(AnomalyRules.DaysApart(new(2026, 1, 1), new(2026, 6, 30), 180));
        Assert.Equal(181, AnomalyRules.DaysApart(new(2026, 1, 1), new(2026, 7, 1), 180));
        Assert.True(AnomalyRules.AllRound(Analysis(("Si", 0.04m), ("Fe", 0.1m), ("Cu", 0.01m)), 3));
        Assert.False(AnomalyRules.AllRound(Analysis(("Si", 0.04m), ("Fe", 0.1m), ("Cu", 0.012m)), 3));
        Assert.False(AnomalyRules.AllRound(Analysis(("Si", 0.04m), ("Fe", 0.1m)), 3));
    }

    /// <summary>The cases of repeated papers: Qingdao 2014 and the copied nickel receipts of 2017 began with one analysis, and one seal, on several papers.</summary>
    [Fact]
    public async Task A_copied_analysis_and_a_seal_used_twice_reach_the_exchange_when_published_and_void_papers_do_not_count()
    {
        await using var world = await World.Make();
        var first = await Published(world, "A", Fine, "S-1");
        await Published(world, "B", [.. Fine.Select(r => r.Element == "Si" ? r with { Value = 0.0454m } : r)], "S-2");
        Assert.Empty((await Findings(world, world.Staff)).Items);
        var copy = await Published(world, "C", Fine, "S-1");
        var found = (await Findings(world, world.Staff)).Items;
        Assert.Equal([AnomalyRules.ChemistryRepeated, AnomalyRules.SealRepeated], found.Select(f => f.Rule).Order(StringComparer.Ordinal));
        Assert.All(found, f => Assert.Equal((copy.Certificate.Number, first.Certificate.Number), (f.Number, f.Args["other"])));

        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Void(s, first.Certificate.Id, "Entered twice", default));
        await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Void(s, copy.Certificate.Id, "Entered twice", default));
        await Published(world, "D", Fine, "S-1");
        Assert.Equal(2, (await Findings(world, world.Staff)).Items.Count);
    }

    [Fact]
    public async Task Only_the_producer_answers_only_the_exchange_decides_and_what_is_confirmed_is_disputed()
    {
        await using var world = await World.Make();
        await Published(world, "A", Fine, null);
        var copy = await Published(world, "B", Fine, null);
        var handlers = world.Get<AnomalyHandlers>();
        var finding = Assert.Single((await Findings(world, world.Approver)).Items);
        Assert.Equal(1, await Waiting(world, world.Approver));

        Assert.Equal("access.role-needed", (await world.Try(world.Owner(0), s => handlers.List(s, new(), default))).Refusals[0].Code);
        foreach (var stranger in new[] { world.Owner(0), world.Operator, World.Person("rival", world.Stranger, Role.ProducerEditor, Role.ProducerApprover), Actor.Public })
            Assert.Equal("access.not-visible", (await world.Try(stranger, s => handlers.Read(s, finding.Id, default))).Refusals[0].Code);
        Assert.Empty((await Findings(world, World.Person("rival", world.Stranger, Role.ProducerEditor))).Items);
        await using (var rival = world.As(World.Person("rival", world.Stranger, Role.ProducerEditor))) Assert.Equal(0, await rival.Value<long>("select count(*) from passport.certificate_anomaly", default));

        Assert.Equal("anomaly.answer-missing", (await world.Try(world.Editor, s => handlers.Answer(s, finding.Id, " ", default))).Refusals[0].Code);
        Assert.Equal("access.role-needed", (await world.Try(world.Staff, s => handlers.Answer(s, finding.Id, "no", default))).Refusals[0].Code);
        Assert.Equal("access.role-needed", (await world.Try(world.Approver, s => handlers.Dismiss(s, finding.Id, "mine", default))).Refusals[0].Code);
        Assert.Equal(AnomalyState.Answered, (await world.Do(world.Editor, s => handlers.Answer(s, finding.Id, "One heat, two lots.", default))).State);
        Assert.Equal(0, await Waiting(world, world.Approver));
        Assert.Equal(1, await Waiting(world, world.Staff));

        Assert.Equal("certificate.reason-missing", (await world.Try(world.Staff, s => handlers.Confirm(s, finding.Id, "", default))).Refusals[0].Code);
        var confirmed = await world.Do(world.Staff, s => handlers.Confirm(s, finding.Id, "Not one heat", default));
        Assert.Equal(("One heat, two lots.", "Not one heat", AnomalyState.Confirmed), (confirmed.Answer, confirmed.Reason, confirmed.State));
        Assert.Equal(CertificateState.Disputed, (await world.Do(world.Staff, s => world.Get<CertificateHandlers>().Read(s, copy.Certificate.Id, default))).Row.State);
        Assert.Equal("anomaly.state-forbids", (await world.Try(world.Staff, s => handlers.Dismiss(s, finding.Id, "late", default))).Refusals[0].Code);
        Assert.Equal("anomaly.state-forbids", (await world.Try(world.Editor, s => handlers.Answer(s, finding.Id, "late", default))).Refusals[0].Code);
    }

    [Fact]
    public async Task A_plant_that_certifies_more_than_it_can_make_is_told_once_a_year()
    {
        await using var world = await World.Make();
        await world.AsOwner("update passport.plant set capacity_t_per_year = 60");
        var lines = Enumerable.Range(1, 5).Select(i => ImportTests.Line(i)).ToArray();
        var report = await world.Do(world.Editor, s => world.Get<CertificateImport>().Apply(s, ImportTests.File(lines), "f.csv", CertificateImport.WholeFile, default));
        await world.Do(world.Approver, s => world.Get<ImportSigning>().Sign(s, report.Id!.Value, publish: true, default));
        var found = Assert.Single((await Findings(world, world.Staff)).Items, f => f.Rule == AnomalyRules.OutputAboveCapacity);
        Assert.Equal(("60", "125"), (found.Args["capacity"], found.Args["tonnes"]));
        await Published(world, "More", Fine, null, new LocalDate(int.Parse(found.Args["year"], System.Globalization.CultureInfo.InvariantCulture), 6, 1));
        Assert.Single((await Findings(world, world.Staff)).Items, f => f.Rule == AnomalyRules.OutputAboveCapacity);
    }

    [Fact]
    public async Task The_number_of_another_producers_certificate_is_for_the_exchange_alone()
    {
        await using var world = await World.Make();
        var original = await Published(world, "A", Fine, null);
        await Published(world, "B", Fine, null);
        // The original now belongs to somebody else's brand, above all rules of the room.
        await world.AsOwner($"""
            alter table passport.certificate disable trigger user;
            update passport.certificate set producer_id = '{world.Stranger}' where id = '{original.Certificate.Id}';
            delete from passport.certificate_anomaly;
            """);
        await Published(world, "C", Fine, null);
        var seen = Assert.Single((await Findings(world, world.Staff)).Items);
        Assert.Equal(original.Certificate.Number, seen.Args["other"]);
        Assert.Equal("", Assert.Single((await Findings(world, world.Approver)).Items).Args["other"]);
    }

    static async Task<CertificateRow> Published(World world, string mark, IReadOnlyList<AnalysisResult> results, string? seal, LocalDate? day = null)
    {
        var good = World.Good(mark, day);
        var bundles = seal is null ? [] : new[] { new Bundle("1", good.Pieces, good.NetKg, seal) };
        var content = good with { Results = [.. results, .. good.Results.Where(g => results.All(r => r.Element != g.Element))], Bundles = seal is null ? good.Bundles : 1, BundleList = bundles };
        var handlers = world.Get<CertificateHandlers>();
        var draft = await world.Do(world.Editor, s => handlers.Create(s, content, default));
        await world.Do(world.Approver, s => handlers.Sign(s, draft.Certificate.Id, default));
        return await world.Do(world.Approver, s => handlers.Publish(s, draft.Certificate.Id, default));
    }

    static Task<Page<Anomaly>> Findings(World world, Actor actor) => world.Do(actor, s => world.Get<AnomalyHandlers>().List(s, new(), default));

    static async Task<long> Waiting(World world, Actor actor)
    {
        await using var s = world.As(actor);
        return await world.Get<AnomalyHandlers>().Waiting(s, default);
    }
}
