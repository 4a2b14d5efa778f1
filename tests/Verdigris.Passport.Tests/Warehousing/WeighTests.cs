using System.Net;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests.Warehousing;

public class WeighTests
{
    static WeighTicket Ticket(decimal net, string? bundle) => new(Guid.NewGuid(), WeighDirection.In, Guid.Empty, Guid.Empty, null, bundle, "T", "S", net + 1, 1, net, World.Start, Guid.Empty, "");

    [Fact]
    public void Tickets_of_all_bundles_carry_exactly_their_sum_and_no_other_net()
    {
        var cases = from nets in Gen.Choose(1, 2_000_000).NonEmptyListOf() from off in Gen.Choose(-5, 5) select (nets: nets.Select(n => n / 1000m).ToList(), off: off / 1000m);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var tickets = c.nets.Select((n, i) => Ticket(n, $"B{i}")).ToList();
            return WeighRules.Carry(tickets, tickets.Count, c.nets.Sum() + c.off).Count == 0 == (c.off == 0)
                && WeighRules.Carry(tickets, tickets.Count + 1, c.nets.Sum()).Single().Code == "weigh.bundles-incomplete"
                && WeighRules.Carry([.. tickets, tickets[0]], tickets.Count + 1, c.nets.Sum() + c.nets[0]).Single().Code == "weigh.bundle-twice"
                && WeighRules.Carry([.. tickets, Ticket(1, null)], tickets.Count + 1, c.nets.Sum() + 1).Single().Code == "weigh.tickets-mixed";
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("100", "0", null)]
    [InlineData("100.001", "100", null)]
    [InlineData("100", "100", "weigh.tare-not-below-gross")]
    [InlineData("0", "0", "weigh.mass-out-of-range")]
    [InlineData("100", "-1", "weigh.mass-out-of-range")]
    [InlineData("100.0001", "0", "weigh.mass-out-of-range")]
    public void A_ticket_has_a_gross_above_its_tare(string gross, string tare, string? code)
    {
        var wrong = WeighRules.Check(new(WeighDirection.In, Guid.NewGuid(), Guid.NewGuid(), null, null, "T1", "S1", decimal.Parse(gross, System.Globalization.CultureInfo.InvariantCulture), decimal.Parse(tare, System.Globalization.CultureInfo.InvariantCulture)), World.Start);
        Assert.Equal(code is null ? [] : [code], wrong.Select(w => w.Code));
    }

    [Fact]
    public void Nickel_needs_its_four_checks_from_May_2023_on_and_other_metal_none()
    {
        var rules = new WarehousingRules(RulePacks.Locate());
        Assert.Equal(["weigh-in", "magnetism", "metal-detector", "touch", "density"], rules.Duties("NI", new(2023, 5, 1)).Select(d => d.Duty));
        Assert.Equal(["weigh-in"], rules.Duties("NI", new(2023, 4, 30)).Select(d => d.Duty));
        Assert.Equal(["weigh-in"], rules.Duties("AL", new(2026, 1, 1)).Select(d => d.Duty));
        var all = MetalChecks.Kinds.Select(k => new MetalCheck(k, true, k == MetalChecks.Density ? 5_200 : null)).ToList();
        Assert.Empty(MetalChecks.Check(all, rules.Duties("NI", new(2026, 1, 1))));
        foreach (var kind in MetalChecks.Kinds)
        {
            var missing = Assert.Single(MetalChecks.Check([.. all.Where(c => c.Kind != kind)], rules.Duties("NI", new(2026, 1, 1))));
            Assert.Equal(("match.check-missing", kind), (missing.Code, missing.Args!["check"]));
            var failed = Assert.Single(MetalChecks.Differences([.. all.Select(c => c with { Passed = c.Kind != kind })]));
            Assert.Equal(("match.check-failed", kind), (failed.Code, failed.Field));
        }
        Assert.Equal(["match.density-wrong"], MetalChecks.Check([new("density", true)], []).Select(w => w.Code));
        Assert.Equal(["match.density-wrong"], MetalChecks.Check([new("touch", true, 1)], []).Select(w => w.Code));
    }

    [Fact]
    public async Task Nothing_is_matched_that_was_not_weighed_and_a_ticket_carries_one_match_only()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        var seen = new InboundObservation(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 24_000m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant(), QuarantineIfFailed: false);
        Assert.Equal("weigh.ticket-missing", (await Try(seen)).Refusals.Single().Code);
        await world.Weighed(world.Operator, WeighDirection.In, world.Unit, row.Certificate.Id, 24_000m);
        Assert.Equal("weigh.net-not-theirs", (await Try(seen with { NetKg = 25_000m })).Refusals.Single().Code);
        var failed = (await Try(seen)).Value;
        Assert.Equal(["match.net-differs"], failed.Differences.Select(d => d.Code));
        Assert.Equal("weigh.ticket-missing", (await Try(seen)).Refusals.Single().Code);
        for (var i = 1; i <= 25; i++) await world.Weighed(world.Operator, WeighDirection.In, world.Unit, row.Certificate.Id, 1_000.4m, "B" + i);
        var passed = (await Try(seen with { NetKg = 25_010m })).Value;
        Assert.True(passed.Passed);
        Assert.Equal(25, (await world.Do(world.Operator, s => world.Get<WarrantHandlers>().Tickets(s, passed.Id, default))).Count);
        Assert.Single(await world.Do(world.Operator, s => world.Get<WarrantHandlers>().Tickets(s, failed.Id, default)));

        Task<Answer<InboundMatch>> Try(InboundObservation o) => world.Try(world.Operator, s => world.Get<WarrantHandlers>().RecordMatch(s, o, default));
    }

    [Fact]
    public async Task A_failed_check_fails_the_match_and_blocks_the_warrant()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        var match = await world.Matched(world.Operator, new InboundObservation(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 25_000m, [], row.Certificate.Content.HeatNumbers, "SCALE-1", world.Clock.GetCurrentInstant(), Checks: [new("touch", false)]));
        Assert.Equal(["match.check-failed"], match.Differences.Select(d => d.Code));
        Assert.Equal(match.Checks, (await world.Do(world.Staff, s => world.Get<WarrantHandlers>().ReadMatch(s, match.Id, default))).Checks);
        Assert.Equal("warrant.not-matched", (await world.Try(world.Operator, s => world.Get<WarrantHandlers>().Request(s, new WarrantRequest([row.Certificate.Id], world.Owners[0], "L1", "paid"), default))).Refusals[0].Code);
    }

    [Fact]
    public async Task A_ticket_is_refused_for_a_stranger_a_repeated_number_and_metal_that_does_not_leave()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        var ticket = new NewWeighTicket(WeighDirection.In, world.Unit, row.Certificate.Id, null, null, "N1", "S1", 100, 1);
        await world.Do(world.Operator, s => world.Get<WeighHandlers>().Record(s, ticket, default));
        Assert.Equal("weigh.number-taken", (await Try(world.Operator, ticket)).Refusals.Single().Code);
        Assert.Equal("match.warehouse-unknown", (await Try(World.Person("rival", world.Stranger, Role.WarehouseOperator), ticket with { Number = "N2" })).Refusals.Single().Code);
        Assert.Equal("access.role-needed", (await Try(world.Issuer, ticket with { Number = "N2" })).Refusals.Single().Code);
        Assert.Equal("weigh.subject-wrong", (await Try(world.Operator, ticket with { Direction = WeighDirection.Out })).Refusals.Single().Code);
        var (warrant, _) = await world.Issued("B", 0);
        Assert.Equal("weigh.warrant-not-queued", (await Try(world.Operator, new(WeighDirection.Out, world.Unit, null, warrant.Id, null, "N3", "S1", 100, 1))).Refusals.Single().Code);

        Task<Answer<WeighTicket>> Try(Actor who, NewWeighTicket t) => world.Try(who, s => world.Get<WeighHandlers>().Record(s, t, default));
    }

    [Fact]
    public async Task Photos_of_a_match_are_pictures_of_whoever_matched_and_seen_by_whoever_sees_the_certificate()
    {
        await using var world = await World.Make();
        var match = await world.Matched(await world.Published("A"));
        byte[] png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1];
        var path = $"/api/v1/inbound-matches/{match.Id}/photos";
        Assert.Equal(HttpStatusCode.Created, await Send(world.Operator, "a.png", png));
        Assert.Equal(HttpStatusCode.Conflict, await Send(world.Operator, "b.png", png));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await Send(world.Operator, "a.pdf", "%PDF-1"u8.ToArray()));
        Assert.Equal(HttpStatusCode.Forbidden, await Send(World.Person("other operator", world.Warehouse, Role.WarehouseOperator), "c.png", [.. png, 2]));
        Assert.Equal(HttpStatusCode.NotFound, await Send(World.Person("rival", world.Stranger, Role.WarehouseOperator), "c.png", [.. png, 2]));
        var photo = Assert.Single(await world.Do(world.Staff, s => world.Get<MatchPhotos>().List(s, match.Id, default)));
        Assert.Equal(png, await world.Client(world.Editor).GetByteArrayAsync($"{path}/{photo.Id}"));
        Assert.Equal(HttpStatusCode.NotFound, (await world.Client(world.Owner(0)).GetAsync($"{path}/{photo.Id}")).StatusCode);

        async Task<HttpStatusCode> Send(Actor who, string name, byte[] content) => (await world.Client(who).PostAsync($"{path}?name={name}", new ByteArrayContent(content))).StatusCode;
    }
}
