using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Web;

namespace Verdigris.Registry.Statistics;

/// <summary>On the public start page: how many figures of carbon markets there are to look at, and where.</summary>
sealed class StatisticsFigures(RulePacks packs) : IRoomFigures
{
    public Task<IReadOnlyList<FigureItem>> Public(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<FigureItem>>([new("statistics.home", MarketStatistics.Of(packs).Charts.Sum(c => c.Figures.Count(f => f.Value is not null)), Path: "/statistics")]);

    public Task<IReadOnlyList<FigureItem>> For(Actor actor, CancellationToken ct) => Task.FromResult<IReadOnlyList<FigureItem>>([]);
}
