using System.Globalization;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Warrants;
using NodaTime;

namespace Verdigris.Passport.Tests;

public class StateTests
{
    static HashSet<T> Reachable<T>(T first, IEnumerable<(T From, T To)> moves) where T : notnull
    {
        var found = new HashSet<T> { first };
        for (var grew = true; grew;) { grew = false; foreach (var (from, to) in moves) if (found.Contains(from) && found.Add(to)) grew = true; }
        return found;
    }

    [Fact]
    public void Every_certificate_state_is_reached_from_Draft_and_three_are_final()
    {
        Assert.Equal(Enum.GetValues<CertificateState>().ToHashSet(), Reachable(CertificateState.Draft, CertificateStates.Table.Select(t => (t.From, t.To))));
        Assert.Equal([CertificateState.LoadedOut, CertificateState.Corrected, CertificateState.Voided], CertificateStates.Table.Final.Order());
    }

    [Fact]
    public void Every_event_of_a_certificate_that_the_table_does_not_name_is_refused()
    {
        foreach (var state in Enum.GetValues<CertificateState>())
            foreach (var happened in Enum.GetValues<CertificateEvent>())
                foreach (var resume in Enum.GetValues<CertificateState>())
                {
                    var rows = CertificateStates.Table.Where(t => t.From == state && t.Event == happened && (happened != CertificateEvent.Resolve || t.To == resume)).ToList();
                    var next = CertificateStates.Table.Next(state, happened, resume);
                    Assert.Equal(rows.Count == 1, next.Ok);
                    if (next.Ok) Assert.Equal(rows[0].To, next.Value);
                    else Assert.Equal("certificate.state-forbids", next.Refusals[0].Code);
                }
    }

    [Fact]
    public void A_dispute_goes_back_to_where_it_began_or_the_warrant_has_got_meanwhile_and_nowhere_else()
    {
        Assert.Equal(CertificateState.Warranted, CertificateStates.Table.Next(CertificateState.Disputed, CertificateEvent.Resolve, CertificateState.Warranted).Value);
        Assert.False(CertificateStates.Table.Next(CertificateState.Disputed, CertificateEvent.Resolve, null).Ok);
        Assert.Equal([CertificateState.Published, CertificateState.MatchedAtWarehouse, CertificateState.Warranted, CertificateState.OffWarrant, CertificateState.LoadedOut, CertificateState.Quarantined],
            Enum.GetValues<CertificateState>().Where(s => CertificateStates.Table.Next(CertificateState.Disputed, CertificateEvent.Resolve, s).Ok));
    }

    [Fact]
    public void Every_warrant_state_is_reached_and_three_are_final()
    {
        Assert.Equal(Enum.GetValues<WarrantState>().ToHashSet(), Reachable(WarrantState.Requested, WarrantStates.Table.Select(t => (t.From, t.To))));
        Assert.Equal([WarrantState.LoadedOut, WarrantState.Invalidated, WarrantState.Rejected], Enum.GetValues<WarrantState>().Where(s => WarrantStates.Table.All(t => t.From != s)));
        Assert.Equal(WarrantStates.Table.Count, WarrantStates.Table.Select(t => (t.From, t.Event)).Distinct().Count());
    }

    [Fact]
    public void A_pledged_warrant_is_neither_transferred_nor_cancelled()
    {
        Assert.False(WarrantStates.Table.Next(WarrantState.Pledged, WarrantEvent.Transfer).Ok);
        Assert.False(WarrantStates.Table.Next(WarrantState.Pledged, WarrantEvent.Cancel).Ok);
    }

    [Fact]
    public void Every_submission_state_is_reached() =>
        Assert.Equal(Enum.GetValues<SubmissionState>().ToHashSet(), Reachable(SubmissionState.Draft, SubmissionRules.Table.Select(t => (t.From, t.To))));

    [Fact]
    public void A_listing_moves_only_as_the_exchange_allows_and_keeps_its_history()
    {
        List<Listing> history = [new(new(2020, 1, 1), ListingState.Applied)];
        Assert.Equal("brand.listing-move-forbidden", BrandRules.Change(history, new("V", new(2021, 1, 1), ListingState.Listed, "1", null)).Refusals[0].Code);
        foreach (var (state, year) in new[] { (ListingState.Testing, 2021), (ListingState.Committee, 2022), (ListingState.Listed, 2023) }) history.Add(BrandRules.Change(history, new("V", new(year, 1, 1), state, "1", null)).Value);
        Assert.Equal("brand.listing-before-last", BrandRules.Change(history, new("V", new(2022, 1, 1), ListingState.Delisted, "1", null)).Refusals[0].Code);
        Assert.Equal("brand.suspension-without-reason", BrandRules.Change(history, new("V", new(2024, 1, 1), ListingState.Suspended, "1", " ")).Refusals[0].Code);
        var facts = new BrandFacts("V", default, default, "NO", "AL", "AH", ["ingot"], history);
        Assert.Null(facts.StateOn(new(2019, 12, 31)));
        Assert.Equal(ListingState.Committee, facts.StateOn(new(2022, 12, 31)));
        Assert.Equal(ListingState.Listed, facts.StateOn(new(2023, 1, 1)));
    }

    [Theory]
    [InlineData("25050", true)]
    [InlineData("25050.001", false)]
    [InlineData("24950", true)]
    [InlineData("24949.999", false)]
    public void The_weighed_net_may_differ_by_the_tolerance_and_not_a_gram_more(string weighedKg, bool passes)
    {
        var content = World.Good();
        var seen = new InboundObservation(default, default, "Valu", "ingot", 25, decimal.Parse(weighedKg, CultureInfo.InvariantCulture), [], content.HeatNumbers, "S", default);
        Assert.Equal(passes, MatchRules.Compare(content, ["VALU", "Valu"], seen, 0.2m, "rule").Count == 0);
    }

    [Fact]
    public void Each_difference_at_the_scale_is_named()
    {
        var content = World.Good() with { Bundles = 1, BundleList = [new("1", 1100, 25_000m, "S1")] };
        var seen = new InboundObservation(default, default, "OTHER", "sow", 2, 26_000m, ["S2"], ["H9"], "S", default);
        Assert.Equal(["match.brand-differs", "match.shape-differs", "match.bundles-differ", "match.net-differs", "match.seals-differ", "match.heats-differ"], MatchRules.Compare(content, ["VALU"], seen, 0.2m, "rule").Select(d => d.Code));
    }

    [Fact]
    public void The_join_takes_the_year_then_the_year_before_then_the_default()
    {
        var t = Instant.FromUtc(2026, 1, 1, 0, 0);
        Guid a = Guid.NewGuid(), b = Guid.NewGuid(), c = Guid.NewGuid();
        List<AcceptedYear> accepted = [new(a, 2024, t), new(b, 2025, t), new(c, 2025, t + Duration.FromDays(1))];
        Assert.Equal((JoinKind.SameYear, c), JoinRule.Choose(accepted, 2025));
        Assert.Equal((JoinKind.YearBefore, c), JoinRule.Choose(accepted, 2026));
        Assert.Equal((JoinKind.SameYear, a), JoinRule.Choose(accepted, 2024));
        Assert.Equal((JoinKind.Default, null), JoinRule.Choose(accepted, 2027));
        Assert.Equal((JoinKind.Default, null), JoinRule.Choose(accepted, 2023));
    }

    [Fact]
    public void The_hash_of_values_changes_with_every_value_and_with_the_salt()
    {
        var salt = new byte[32];
        var values = new EmissionsValues(1.5m, 0.2m, 2m, 0.1m, "grid", 5m, [new("Alumina", 1.9m, 0.4m, 0.1m)]);
        var hash = values.Commitment(salt);
        Assert.Equal(hash, (values with { DirectTco2ePerT = 1.50m }).Commitment(salt));
        foreach (var other in new[] { values with { DirectTco2ePerT = 1.6m }, values with { IndirectTco2ePerT = 0.3m }, values with { Scope3Tco2ePerT = null }, values with { ElectricitySource = "own" }, values with { ScrapSharePct = null }, values with { Precursors = [] } })
            Assert.NotEqual(hash, other.Commitment(salt));
        salt[0] = 1;
        Assert.NotEqual(hash, values.Commitment(salt));
    }
}
