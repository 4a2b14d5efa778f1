using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Market;

/// <summary>
/// The only door of the room: contracts, members, trading, auctions, clearing and delivery. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>,
/// <see cref="EvidenceStore"/>, <see cref="RulePacks"/>, <see cref="CalculatorSet"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class MarketRoom
{
    public const string Name = "market";

    public static IServiceCollection AddMarket(this IServiceCollection services)
    {
        services.AddStrings(typeof(MarketRoom).Assembly);
        return services;
    }

    /// <summary>Pages, texts and navigation; <see cref="AddMarket"/> brings what they call.</summary>
    public static IServiceCollection AddMarketPages(this IServiceCollection services) => services.AddRoom(typeof(MarketRoom).Assembly)
        .AddSingleton(new HomeLink("fix.home", "fix.home-text", "/market/fix", "key", a => a.Is(Role.MarketOperator), 47));

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(MarketRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static async Task Start(IServiceProvider services, CancellationToken ct) =>
        await MarketBook.Definer.ApplyAll(services.GetRequiredService<IVenue>(), MarketBook.Definitions(), ct);

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapMarket(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
    }
}
