using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market.Contracts;

/// <summary>The contracts and their terms for programs. Open to everybody.</summary>
static class ContractApi
{
    static readonly string[] Families = ["allowance", "credit", "metal", "scrap", "battery"], Kinds = ["spot", "daily-future", "future", "option", "forward", "swap"], Standings = ["listed", "historic", "house"];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/market/contracts").WithTags("Market");
        api.MapGroup("/market/calendar").WithTags("Market").MapGet("", Calendar).WithName("GetMarketCalendar").WithSummary("What is ahead: last trading days, steps of delivery, days without trading, auctions (public)")
            .WithQuery([new("from", "First day; today where it is left out", "2026-11-23"), new("to", "Last day, at most 366 after the first; 31 after it where it is left out", "2026-12-31"), new("family", string.Join(", ", Families), "metal")]).Produces<IReadOnlyList<CalendarEvent>>();
        g.MapGet("", List).WithName("ListContracts").WithSummary("Contracts that can be traded and cleared, with what is unknown of them (public)")
            .WithQuery([new("family", string.Join(", ", Families), "allowance"), new("kind", string.Join(", ", Kinds), "future"), new("standing", string.Join(", ", Standings), "listed"), new("text", "Part of a code, a name or a venue", "EUA")]).Produces<IReadOnlyList<ContractSummary>>();
        g.MapGet("/{contract}", (ContractSet contracts, DbSession s, string contract) => contracts.Get(contract) is { Ok: true, Value: var found } ? Results.Json(ContractViews.Of(contracts, found, s.Now), StorageJson.Options) : Unknown(contract))
            .WithName("GetContract").WithSummary("One contract: what it is in now, its listed series, and every value of its file with source, article and status (public)").Produces<ContractView>();
        g.MapGet("/{contract}/series", Series).WithName("ListContractSeries").WithSummary("Series of a contract listed on a day, with their last trading and delivery days (public)")
            .WithQuery([new("on", "Day; today where it is left out", "2026-11-23")]).Produces<IReadOnlyList<ListedSeriesView>>();
    }

    static IResult List(HttpContext http, ContractSet contracts, DbSession s)
    {
        var q = new QueryWords(http);
        foreach (var (name, words) in new[] { ("family", Families), ("kind", Kinds), ("standing", Standings) })
            if (q.Text(name) is { } given && !words.Contains(given)) return Replies.Refused(Refusal.Of("request.word-unknown", name, ("given", given)));
        return Replies.List(http, ContractViews.List(contracts, s.Today(), q.Text("family"), q.Text("kind"), q.Text("standing"), q.Text("text")));
    }

    static IResult Series(HttpContext http, ContractSet contracts, DbSession s, string contract)
    {
        if (contracts.Find(contract) is not { } found) return Unknown(contract);
        var on = s.Today();
        if (new QueryWords(http).Text("on") is { } given)
        {
            if (LocalDatePattern.Iso.Parse(given) is not { Success: true, Value: var day }) return Replies.Refused(Refusal.Of("input.not-a-date", "on", ("given", given)));
            on = day;
        }
        return Replies.List(http, ContractViews.Series(contracts, found, on));
    }

    static async Task<IResult> Calendar(HttpContext http, ContractSet contracts, DbSession s, CancellationToken ct)
    {
        var q = new QueryWords(http);
        var days = new LocalDate?[2];
        foreach (var (name, place) in new[] { ("from", 0), ("to", 1) })
            if (q.Text(name) is { } given)
            {
                if (LocalDatePattern.Iso.Parse(given) is not { Success: true, Value: var day }) return Replies.Refused(Refusal.Of("input.not-a-date", name, ("given", given)));
                days[place] = day;
            }
        if (q.Text("family") is { } family && !Families.Contains(family)) return Replies.Refused(Refusal.Of("request.word-unknown", "family", ("given", family)));
        var events = await MarketCalendar.Of(s, contracts, days[0], days[1], q.Text("family"), ct);
        return events.Ok ? Replies.List(http, events.Value) : Replies.Refused(events.Refusals);
    }

    static IResult Unknown(string given) => Replies.Refused(Refusal.NotFound("contract.unknown", "contract", ("given", given)));
}
