using Verdigris.Book;
using Verdigris.Market.Cash;
using Verdigris.Market.Credits;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Storage;

namespace Verdigris.Market.Onboarding;

/// <summary>What a member needs before it trades, in the order it comes.</summary>
public enum StartStep
{
    /// <summary>Asked for membership, brought the papers, was admitted.</summary>
    Membership, Papers, Admission,
    TradingAccount,
    /// <summary>Money in some currency.</summary>
    Money,
    /// <summary>An account for credits, or one for the market at a scheme's registry.</summary>
    RegistryAccount,
    /// <summary>A trading account linked to where its units lie.</summary>
    UnitsLink,
    /// <summary>Units at the market: only who wants to sell needs them.</summary>
    Deposit,
}

public enum StartStanding { Done, Next, Waits, Later }

/// <param name="Standing">Done; the next thing to do; waits for somebody else; comes later.</param>
/// <param name="Link">Page where it is done.</param>
/// <param name="Found">Figures of it: how many papers are missing, which currencies there are.</param>
public sealed record StartPoint(StartStep Step, StartStanding Standing, string Link, IReadOnlyDictionary<string, string> Found);

/// <param name="MayBuy">Everything a buyer needs is there; <paramref name="MaySell"/>: units too.</param>
public sealed record StartView(IReadOnlyList<StartPoint> Points, bool MayBuy, bool MaySell);

/// <summary>Where a new member stands: what it has, what it still lacks, and where each thing is done.</summary>
public sealed class StartDesk(MemberHandlers members, TradingAccountHandlers accounts, UnitsLinks links, OrderHandlers orders, CreditsDesk credits, IVenue venue)
{
    /// <summary>Of the actor's own organisation. <c>access.sign-in-needed</c>.</summary>
    public async Task<Answer<StartView>> Read(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var member = await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is { State: not (MemberState.Refused or MemberState.Ended) } known && await members.Read(s, known.Id, ct) is { Ok: true, Value: var view } ? view : null;
        var own = (await accounts.List(s, TradingState.Open, null, null, 200, ct)).Value.Items.Where(a => a.OrganisationId == s.Actor.OrganisationId).ToList();
        var money = new SortedSet<string>(StringComparer.Ordinal);
        var (linked, units) = (false, false);
        foreach (var account in own)
        {
            if (await accounts.Cash(s, account.Number, ct) is { Ok: true, Value: var cash }) money.UnionWith(cash.Select(c => c.Currency));
            var (registries, market) = (await links.Of(s, account.Number, ct), await credits.Read(s, account.Number, ct));
            linked |= registries.Count > 0 || market is { Ok: true, Value.Linked: not null };
            units |= registries.Any(l => venue.Read(b => b.Holdings(l.UnitsAccount)).Count > 0) || market is { Ok: true, Value.Blocks.Count: > 0 };
        }
        var account1 = own.FirstOrDefault()?.Code;
        var here = account1 is null ? "/market/accounts" : $"/market/accounts/{account1}";
        var registry = linked || await orders.HasAccount(s, ct) || (await links.Open(s, ct)).Count > 0;
        var membership = member is null ? "/market/members" : $"/market/members/{member.Member.Id}";
        List<(StartStep Step, bool Done, bool Waits, string Link, (string, string)[] Found)> all =
        [
            (StartStep.Membership, member is not null, false, membership, []),
            (StartStep.Papers, member is { Missing.Count: 0 }, false, membership, [("missing", member is null ? "" : $"{member.Missing.Count}")]),
            (StartStep.Admission, member?.Member.State == MemberState.Active, member is { Missing.Count: 0, Member.State: MemberState.Applied }, membership, []),
            (StartStep.TradingAccount, own.Count > 0, false, "/market/accounts", [("accounts", string.Join(", ", own.Select(a => a.Code)))]),
            (StartStep.Money, money.Count > 0, false, account1 is null ? "/market/cash" : $"/market/cash?account={account1}", [("currencies", string.Join(", ", money))]),
            (StartStep.RegistryAccount, registry, false, "/credits/holdings", []),
            (StartStep.UnitsLink, linked, false, account1 is null ? here : $"{here}/credits", []),
            (StartStep.Deposit, units, false, account1 is null ? here : $"{here}/credits", []),
        ];
        var next = all.FindIndex(x => !x.Done);
        var points = all.Select((x, i) => new StartPoint(x.Step, x.Done ? StartStanding.Done : x.Waits ? StartStanding.Waits : i == next || (i > 3 && own.Count > 0) ? StartStanding.Next : StartStanding.Later, x.Link, x.Found.ToDictionary(f => f.Item1, f => f.Item2))).ToList();
        return new StartView(points, all.Where(x => x.Step != StartStep.Deposit).All(x => x.Done), all.All(x => x.Done));
    }
}
