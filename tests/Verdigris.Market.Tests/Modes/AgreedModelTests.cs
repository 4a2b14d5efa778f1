using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;
using Verdigris.Market.Modes.Agreed;
using Verdigris.Market.Modes;
using Verdigris.Primitives;
using Verdigris.Storage;
using static Verdigris.Market.Tests.MarketWorld;
using static Verdigris.Market.Tests.Modes.ModesWorld;

namespace Verdigris.Market.Tests.Modes;

/// <summary>Random reports, confirmations, refusals and hours against a plain list of what should stand: nothing trades without both sides, in time and within its limits, and what trades is in the Book once.</summary>
public sealed class AgreedModelTests
{
    sealed record Known(Guid Id, Actor By, Side Side, long Lots, Instant Until, PositionEffect Effect)
    {
        public AgreedState State { get; set; } = AgreedState.Reported;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2026)]
    public async Task No_agreed_trade_settles_without_both_sides_in_time_and_within_limits(int seed)
    {
        await using var w = await Ready(money: 3_000_000m);
        var (random, desk, known) = (new Random(seed), w.Get<AgreedDesk>(), new List<Known>());
        // Lots by member, long less short, and the margin that was posted for what was opened.
        var net = new Dictionary<Guid, (long Long, long Short)> { [Seller.OrganisationId] = default, [Buyer.OrganisationId] = default };
        Actor Other(Actor who) => who == Seller ? Buyer : Seller;
        TradingAccount AccountOf(Actor who) => who == Seller ? w.SellerAccount : w.BuyerAccount;
        for (var step = 0; step < 60; step++)
        {
            var act = random.Next(10);
            var who = random.Next(2) == 0 ? Seller : Buyer;
            if (act < 4 || known.Count == 0)
            {
                var (lots, kind, side, effect) = (random.Next(40, 90), (AgreedKind)(random.Next(3) switch { 0 => 0, 1 => 1, _ => 3 }), random.Next(2) == 0 ? Side.Buy : Side.Sell, random.Next(4) == 0 ? PositionEffect.Close : PositionEffect.Open);
                var answer = await w.Registry.Try(who, s => desk.Report(s, new(kind, Future, side, null, AccountOf(Other(who)).Code, 75m + (random.Next(-300, 300) / 100m), lots * 1000m, effect, kind == AgreedKind.ExchangeForPhysical ? OtherLeg.Units : null, kind == AgreedKind.ExchangeForPhysical ? "EU 1" : null), default));
                Assert.True(answer.Ok == lots >= 50, $"seed {seed} step {step}: {lots} lots of {kind}");
                if (answer.Ok) known.Add(new(answer.Value.Id, who, side, lots, answer.Value.ExpiresAt, effect));
            }
            else if (act < 7)
            {
                var of = known[random.Next(known.Count)];
                var effect = random.Next(4) == 0 ? PositionEffect.Close : PositionEffect.Open;
                var answer = await w.Registry.Try(who, s => desk.Confirm(s, of.Id, effect, default));
                var (reporter, confirmer) = (of.By.OrganisationId, Other(of.By).OrganisationId);
                var may = who != of.By && of.State == AgreedState.Reported && w.Registry.Clock.Now < of.Until;
                if (!may) Assert.False(answer.Ok, $"seed {seed} step {step}: {of.State} until {of.Until}");
                else
                {
                    // What is closed must be open on the other side; margin is looked at by the Book itself.
                    bool Has(Guid organisation, Side side, PositionEffect how) => how == PositionEffect.Open || (side == Side.Buy ? net[organisation].Short : net[organisation].Long) >= of.Lots;
                    var opposite = of.Side == Side.Buy ? Side.Sell : Side.Buy;
                    if (!Has(reporter, of.Side, of.Effect) || !Has(confirmer, opposite, effect)) Assert.False(answer.Ok, $"seed {seed} step {step}: closes what is not open");
                    of.State = answer.Ok ? AgreedState.Settled : AgreedState.Refused;
                    if (answer.Ok)
                        foreach (var (organisation, side, how) in new[] { (reporter, of.Side, of.Effect), (confirmer, opposite, effect) })
                        {
                            var (l, sh) = net[organisation];
                            net[organisation] = (how, side) switch { (PositionEffect.Open, Side.Buy) => (l + of.Lots, sh), (PositionEffect.Open, _) => (l, sh + of.Lots), (_, Side.Buy) => (l, sh - of.Lots), _ => (l - of.Lots, sh) };
                        }
                    else Assert.Equal("trading.agreed-refused", answer.Refusals[0].Code);
                }
            }
            else if (act == 7)
            {
                var of = known[random.Next(known.Count)];
                var answer = await w.Registry.Try(who, s => who == of.By ? desk.Withdraw(s, of.Id, default) : desk.Decline(s, of.Id, "no", default));
                Assert.Equal(of.State == AgreedState.Reported, answer.Ok);
                if (answer.Ok) of.State = who == of.By ? AgreedState.Withdrawn : AgreedState.Declined;
            }
            else
            {
                await Later(w, Duration.FromMinutes(random.Next(1, 25)));
                foreach (var late in known.Where(k => k.State == AgreedState.Reported && k.Until <= w.Registry.Clock.Now)) late.State = AgreedState.Expired;
            }
            foreach (var of in known) Assert.Equal((of.Id, of.State), (of.Id, (await w.Do(Operator, s => desk.Read(s, of.Id, default))).State));
            foreach (var actor in new[] { Seller, Buyer })
                Assert.Equal(net[actor.OrganisationId], Position(w, AccountOf(actor), Future) is var p ? (p.Long, p.Short) : default);
            Assert.Equal(net.Values.Sum(n => n.Long), net.Values.Sum(n => n.Short));
            Assert.Empty(w.Registry.Venue.Read(b => b.Holdings(MarketBook.ClearingCash)));
        }
        Assert.Contains(known, k => k.State == AgreedState.Settled);
        await using var s = w.Registry.Sessions.Open(Actor.System);
        Assert.Equal(known.Count(k => k.State == AgreedState.Settled), await s.Value<int>("select count(*)::int from market.agreed_trade where state = 2 and reported_by <> confirmed_by and organisation_id <> counter_organisation_id and confirmed_at < expires_at and lots >= 50 and trade is not null", default));
        Assert.Equal(known.Count(k => k.State == AgreedState.Settled), await s.Value<int>("select count(distinct trade)::int from market.agreed_trade where trade is not null", default));
    }
}
