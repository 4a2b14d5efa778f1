using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>What the Book itself has to show on the public start page: how far its journal has come.</summary>
sealed class BookFigures(BuildFacts build) : IRoomFigures
{
    public Task<IReadOnlyList<FigureItem>> Public(CancellationToken ct) =>
        Task.FromResult<IReadOnlyList<FigureItem>>([new("server.figure.batches", build.Book()?.LastBatch)]);

    public Task<IReadOnlyList<FigureItem>> For(Actor actor, CancellationToken ct) => Task.FromResult<IReadOnlyList<FigureItem>>([]);
}
