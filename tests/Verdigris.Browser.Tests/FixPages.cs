using Microsoft.Extensions.DependencyInjection;
using Verdigris.Market.Fix;
using Verdigris.Primitives;
using Verdigris.Server;

namespace Verdigris.Browser.Tests;

/// <summary>Sessions of members' programs: one that trades, a drop copy, one closed. Made once for a stage.</summary>
static class FixPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        var keeper = Stage.Person(22, Stage.Exchange, Role.MarketOperator);
        var administrator = Stage.Person(2, Stage.Smelter, Role.ProducerApprover, Role.Administrator);
        await using var scope = stage.Get<IServiceScopeFactory>().CreateAsyncScope();
        var client = (await scope.ServiceProvider.GetRequiredService<ClientStore>().Create(administrator, "Trading desk", [Role.MarketTrader], ["write"], 60, [Role.MarketTrader], default)).Value.ClientId;
        var sessions = stage.Get<FixSessions>();
        Task<FixSessionRow> Register(string compId, bool dropCopy) => stage.Do(keeper, s => sessions.Register(s, new(compId, client, "100001", dropCopy, true, false), default));
        var (open, copy, closed) = (await Register("SMELTER-DESK", false), await Register("SMELTER-COPY", true), await Register("SMELTER-OLD", false));
        await stage.Do(keeper, s => sessions.Reset(s, open.Id, "Its engine lost its numbers.", default));
        await stage.Do(keeper, s => sessions.Close(s, closed.Id, "Replaced by SMELTER-DESK.", default));
        return
        [
            ("market.operator@demo", ["/", "/market/fix", $"/market/fix/{open.Id}", $"/market/fix/{closed.Id}"]),
            ("smelter.approver@demo", ["/market/fix", $"/market/fix/{copy.Id}"]),
            ("warehouse@demo", ["/market/fix"]),
        ];
    }
}
