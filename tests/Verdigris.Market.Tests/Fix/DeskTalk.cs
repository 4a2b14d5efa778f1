using NodaTime;
using Verdigris.Market.Fix;
using Verdigris.Primitives;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Members who talk FIX to a small desk. Every message sent is checked by the dictionary on the way (<see cref="Talk"/>).</summary>
public abstract class DeskTalk
{
    private protected static readonly Actor Alice = new(new Guid("0a000000-0000-0000-0000-000000000001"), "alice", new Guid("0b000000-0000-0000-0000-000000000001"), new HashSet<string> { Role.MarketTrader }, true);
    private protected static readonly Actor Bob = Alice with { PersonId = new Guid("0a000000-0000-0000-0000-000000000002"), Name = "bob", OrganisationId = new Guid("0b000000-0000-0000-0000-000000000002") };

    private protected readonly StandingClock clock = new(Instant.FromUtc(2026, 3, 2, 8, 0, 0));
    readonly RememberedRequests requests = new();
    private protected readonly SmallDesk desk;

    private protected DeskTalk() => desk = new(clock);

    /// <summary>A member with a session, whose desk reports are told when it asks for them.</summary>
    private protected sealed class Member(Talk talk, FixOrders orders, IAsyncEnumerator<FixReport> reports)
    {
        Task<bool>? next;
        int sequence = 1;

        public Talk Talk => talk;

        public async Task Say(params string[] messages) => await talk.Say([.. messages.Select(m => m.Insert(m.IndexOf('|') + 1, $"34={++sequence}|"))]);

        /// <summary>Everything heard, what the desk has reported by now included; without the numbers of the messages.</summary>
        public async Task<string[]> Hear()
        {
            while (true)
            {
                next ??= reports.MoveNextAsync().AsTask();
                if (await Task.WhenAny(next, Task.Delay(40)) != next) break;
                next = null;
                talk.Session.Report(reports.Current.Number, reports.Current.Messages);
                await talk.Session.Settle(default);
            }
            return [.. talk.HearAll().Select(m => string.Join('|', m.Split('|').Where(f => !f.StartsWith("34=", StringComparison.Ordinal) && !f.StartsWith("60=", StringComparison.Ordinal))))];
        }

        public FixOrders Orders => orders;
    }

    private protected async Task<Member> Joined(Actor actor, long number, string account, bool cancelOnDisconnect = false, bool dropCopy = false)
    {
        var orders = new FixOrders(new(number, actor.OrganisationId, account, cancelOnDisconnect, dropCopy), desk, requests, new FixMarket(desk), clock) { Actor = actor };
        var talk = await Talk.LoggedOn(orders, clock: clock);
        return new(talk, orders, orders.Reports(0, default).GetAsyncEnumerator());
    }

    private protected static string New(string id, char side, string quantity, string price, string more = "") => $"35=D|11={id}|38={quantity}|40=2|44={price}|54={side}|55={SmallDesk.Symbol}|60=NOW|{more}";

    /// <summary>Hears until so many messages came.</summary>
    private protected static async Task Until(Member member, int count, params string[] expected)
    {
        var heard = new List<string>();
        for (var i = 0; heard.Count < count && i < 100; i++) heard.AddRange(await member.Hear());
        Assert.Equal(expected, heard);
    }
}
