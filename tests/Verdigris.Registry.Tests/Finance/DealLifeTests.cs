using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Finance.Terms;

namespace Verdigris.Registry.Tests.Finance;

public sealed class DealLifeTests
{
    static readonly MarginStanding Enough = Margin.Of(1000, 100, 50_000, 60, 75), Short = Margin.Of(1000, 60, 50_000, 60, 75);

    /// <summary>Everything that could be in favour of an event, so that taking one thing away shows what guards it.</summary>
    static DealFacts Favourable(DealKind kind, DealState state, DealEvent happened) => new(
        happened switch { DealEvent.Accept => A.Start, DealEvent.Abandon or DealEvent.Lapse or DealEvent.Miss or DealEvent.Enforce => A.End.PlusDays(60), _ => A.End },
        happened switch
        {
            DealEvent.Accept or DealEvent.Decline => Side.Taker,
            DealEvent.Withdraw or DealEvent.Offer or DealEvent.Drop => Side.Giver,
            DealEvent.Cover => DealLife.Covering(A.Deal(kind)),
            DealEvent.Enforce or DealEvent.Miss => DealLife.Failing(A.Deal(kind), true) == Side.Giver ? Side.Taker : Side.Giver,
            DealEvent.Abandon => Side.Giver,
            _ => null,
        },
        Side.Giver, OpeningPaid: happened != DealEvent.Abandon, ClosingPaid: happened == DealEvent.Settle, Held: happened != DealEvent.Cover, Free: true, Standing: happened is DealEvent.Meet or DealEvent.Cure ? Enough : Short,
        CallDue: state is DealState.Called or DealState.Defaulted ? A.End : null, DefaultedOn: state == DealState.Defaulted ? A.End : null);

    static Answer<DealState> Try(DealKind kind, DealState state, DealEvent happened, Func<DealFacts, DealFacts>? but = null) => DealLife.Next(state, happened, A.Deal(kind), (but ?? (f => f))(Favourable(kind, state, happened)));

    static string Code(DealKind kind, DealState state, DealEvent happened, Func<DealFacts, DealFacts>? but = null)
    {
        var answer = Try(kind, state, happened, but);
        return answer.Ok ? $"went to {answer.Value}" : answer.Refusals[0].Code;
    }

    [Fact]
    public void Every_state_can_be_reached_and_every_move_of_the_table_happens_for_some_kind()
    {
        var reached = new HashSet<DealState> { DealState.Drafted };
        var moved = new HashSet<(DealState, DealEvent)>();
        for (var before = 0; before != reached.Count;)
        {
            before = reached.Count;
            foreach (var kind in Enum.GetValues<DealKind>())
                foreach (var state in reached.ToList())
                    foreach (var happened in Enum.GetValues<DealEvent>())
                        if (Try(kind, state, happened) is { Ok: true } next)
                        {
                            reached.Add(next.Value);
                            moved.Add((state, happened));
                        }
        }
        Assert.Equal(Enum.GetValues<DealState>().Order(), reached.Order());
        Assert.Equal([], DealLife.Table.Select(m => (m.From, m.Event)).Where(m => !moved.Contains(m)));
    }

    [Fact]
    public void Nothing_leaves_an_ended_deal()
    {
        Assert.Equal([DealState.Declined, DealState.Withdrawn, DealState.Abandoned, DealState.Failed, DealState.Enforced, DealState.Lapsed, DealState.Settled], DealLife.Table.Final.Order());
        foreach (var state in DealLife.Table.Final)
            foreach (var happened in Enum.GetValues<DealEvent>())
                Assert.Equal("finance.state-forbids", Code(DealKind.Pledge, state, happened));
    }

    [Fact]
    public void A_side_cannot_decide_what_the_other_decides()
    {
        Assert.Equal("finance.side", Code(DealKind.Repo, DealState.Proposed, DealEvent.Accept, f => f with { Actor = Side.Giver }));
        Assert.Equal("finance.side", Code(DealKind.Repo, DealState.Proposed, DealEvent.Withdraw, f => f with { Actor = Side.Taker }));
        Assert.Equal("finance.side", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Enforce, f => f with { Actor = Side.Giver }));
        Assert.Equal("finance.side", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Enforce, f => f with { Actor = null }));
        Assert.Equal("finance.side", Code(DealKind.Pledge, DealState.Open, DealEvent.Call, f => f with { Actor = Side.Giver }));
        Assert.Equal("finance.side", Code(DealKind.Repo, DealState.Open, DealEvent.Settle, f => f with { Actor = Side.Taker }));
        Assert.Equal("finance.side", Code(DealKind.Custody, DealState.Open, DealEvent.Settle, f => f with { Actor = Side.Taker }));
        Assert.Equal("went to Settled", Code(DealKind.Custody, DealState.Open, DealEvent.Settle, f => f with { Actor = Side.Giver, ClosingPaid = false }));
        Assert.Equal("finance.side", Code(DealKind.Lending, DealState.Open, DealEvent.Cover, f => f with { Actor = Side.Giver, Held = false }));
        Assert.Equal("finance.side", Code(DealKind.Repo, DealState.Drafted, DealEvent.Offer, f => f with { Actor = Side.Taker }));
        Assert.Equal("finance.side", Code(DealKind.Forward, DealState.Open, DealEvent.Cover, f => f with { Actor = Side.Taker }));
    }

    [Fact]
    public void Missing_data_never_lets_an_event_pass()
    {
        Assert.Equal("finance.unpaid", Code(DealKind.Repo, DealState.Agreed, DealEvent.Open, f => f with { OpeningPaid = false }));
        Assert.Equal("finance.unpaid", Code(DealKind.Pledge, DealState.Open, DealEvent.Settle, f => f with { ClosingPaid = false }));
        Assert.Equal("finance.delay", Code(DealKind.Repo, DealState.Agreed, DealEvent.Open, f => f with { Free = false }));
        Assert.Equal("finance.delay", Code(DealKind.Forward, DealState.Open, DealEvent.Settle, f => f with { Free = false }));
        Assert.Equal("went to Open", Code(DealKind.Pledge, DealState.Agreed, DealEvent.Open, f => f with { Free = false }));
        Assert.Equal("finance.price-unknown", Code(DealKind.Pledge, DealState.Open, DealEvent.Call, f => f with { Standing = null }));
        Assert.Equal("finance.price-unknown", Code(DealKind.Pledge, DealState.Called, DealEvent.Meet, f => f with { Standing = null }));
        Assert.Equal("finance.price-unknown", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Cure, f => f with { Standing = null }));
        Assert.Equal("finance.no-day", Code(DealKind.Pledge, DealState.Called, DealEvent.Miss, f => f with { CallDue = null }));
        Assert.Equal("finance.no-day", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Enforce, f => f with { DefaultedOn = null }));
        Assert.Equal("finance.not-held", Code(DealKind.Forward, DealState.Open, DealEvent.Settle, f => f with { Held = false }));
        Assert.Equal("finance.not-held", Code(DealKind.Lending, DealState.Open, DealEvent.Settle, f => f with { Held = false }));
    }

    [Fact]
    public void Every_exit_has_its_guard()
    {
        Assert.Equal("finance.start-over", Code(DealKind.Repo, DealState.Proposed, DealEvent.Accept, f => f with { Today = A.Start.PlusDays(1) }));
        Assert.Equal("finance.too-early", Code(DealKind.Repo, DealState.Agreed, DealEvent.Abandon, f => f with { Today = A.Start.PlusDays(2) }));
        Assert.Equal("finance.paid", Code(DealKind.Repo, DealState.Agreed, DealEvent.Abandon, f => f with { OpeningPaid = true }));
        Assert.Equal("finance.margin-suffices", Code(DealKind.Pledge, DealState.Open, DealEvent.Call, f => f with { Standing = Enough }));
        Assert.Equal("finance.margin-short", Code(DealKind.Pledge, DealState.Called, DealEvent.Meet, f => f with { Standing = Short }));
        Assert.Equal("finance.not-margined", Code(DealKind.Lending, DealState.Open, DealEvent.Call));
        Assert.Equal("finance.too-early", Code(DealKind.Pledge, DealState.Called, DealEvent.Miss, f => f with { Today = A.End }));
        Assert.Equal("finance.too-early", Code(DealKind.Pledge, DealState.Open, DealEvent.Miss, f => f with { Today = A.End.PlusDays(2) }));
        Assert.Equal("finance.paid", Code(DealKind.Pledge, DealState.Open, DealEvent.Miss, f => f with { ClosingPaid = true }));
        Assert.Equal("finance.nothing-owed", Code(DealKind.BuyBack, DealState.Open, DealEvent.Miss));
        Assert.Equal("finance.nothing-owed", Code(DealKind.Custody, DealState.Open, DealEvent.Miss));
        Assert.Equal("finance.margin-short", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Cure, f => f with { Standing = Short }));
        Assert.Equal("finance.settles", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Cure, f => f with { CallDue = null }));
        Assert.Equal("finance.too-early", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Enforce, f => f with { Today = A.End.PlusDays(5) }));
        Assert.Equal("finance.too-early", Code(DealKind.BuyBack, DealState.Open, DealEvent.Lapse, f => f with { Today = A.End }));
        Assert.Equal("finance.paid", Code(DealKind.BuyBack, DealState.Open, DealEvent.Lapse, f => f with { ClosingPaid = true }));
        Assert.Equal("finance.not-of-kind", Code(DealKind.Repo, DealState.Open, DealEvent.Lapse));
        Assert.Equal("finance.held", Code(DealKind.Forward, DealState.Open, DealEvent.Cover, f => f with { Held = true }));
        Assert.Equal("finance.not-of-kind", Code(DealKind.Repo, DealState.Open, DealEvent.Cover));
    }

    [Fact]
    public void A_stop_holds_whatever_takes_units_or_gives_them_on_and_lets_go_what_gives_them_back()
    {
        var still = new List<(DealKind, DealState, DealEvent)>();
        var goes = new List<(DealKind, DealState, DealEvent)>();
        foreach (var kind in Enum.GetValues<DealKind>())
            foreach (var (state, happened, _) in DealLife.Table.Select(m => (m.From, m.Event, m.To)))
            {
                if (!Try(kind, state, happened).Ok) continue;
                var code = Code(kind, state, happened, f => f with { Stopped = true });
                if (code == "finance.stopped") still.Add((kind, state, happened));
                else if (code.StartsWith("went to", StringComparison.Ordinal)) goes.Add((kind, state, happened));
                else Assert.Fail($"{kind} {state} {happened}: {code}");
            }
        Assert.Equal([DealEvent.Offer, DealEvent.Accept, DealEvent.Open, DealEvent.Cover, DealEvent.Miss, DealEvent.Settle, DealEvent.Enforce, DealEvent.Lapse], still.Select(x => x.Item3).Distinct().Order());
        // Units that lie with their owner under a pledge are freed, money is called and met, sheets are taken back.
        Assert.All(goes.Where(x => x.Item3 == DealEvent.Settle), x => Assert.Equal(DealKind.Pledge, x.Item1));
        Assert.Equal([DealEvent.Drop, DealEvent.Decline, DealEvent.Withdraw, DealEvent.BookRefuses, DealEvent.Open, DealEvent.Abandon, DealEvent.Call, DealEvent.Meet, DealEvent.Cure, DealEvent.Settle], goes.Select(x => x.Item3).Distinct().Order());
        Assert.All(goes.Where(x => x.Item3 == DealEvent.Open), x => Assert.Contains(x.Item1, new[] { DealKind.Pledge, DealKind.Forward }));
    }

    [Fact]
    public void A_default_leads_to_the_lender_and_a_cure_leads_back()
    {
        Assert.Equal("went to Defaulted", Code(DealKind.Pledge, DealState.Called, DealEvent.Miss));
        Assert.Equal("went to Open", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Cure));
        Assert.Equal("went to Enforced", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Enforce));
        Assert.Equal("went to Settled", Code(DealKind.Pledge, DealState.Defaulted, DealEvent.Settle));
        Assert.Equal([new UnitLeg(UnitAct.Post, "pledge", Side.Giver, Side.Taker, 1000), new UnitLeg(UnitAct.Post, "added-1", Side.Giver, Side.Taker, 70)], UnitLegs.Of(A.Deal(DealKind.Pledge), DealEvent.Enforce, [70], true));
    }

    [Fact]
    public void Who_fails_a_forward_is_the_seller_until_the_units_are_held_and_then_the_buyer()
    {
        var forward = A.Deal(DealKind.Forward);
        Assert.Equal(Side.Giver, DealLife.Failing(forward, held: false));
        Assert.Equal(Side.Taker, DealLife.Failing(forward, held: true));
        Assert.Equal("went to Defaulted", Code(DealKind.Forward, DealState.Open, DealEvent.Miss, f => f with { Held = false, Actor = Side.Taker }));
        Assert.Equal("finance.side", Code(DealKind.Forward, DealState.Open, DealEvent.Miss, f => f with { Held = false, Actor = Side.Giver }));
    }
}
