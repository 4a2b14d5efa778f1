namespace Verdigris.Passport.PlantMap;

/// <summary>Things drawn as one mark because they lie close together.</summary>
/// <param name="At">Where the mark stands: at the first of them.</param>
public sealed record MapCluster<T>(MapPoint At, IReadOnlyList<T> Items);

/// <summary>Puts what lies close together under one mark, so that no two marks overlap. Pure.</summary>
public static class MapClusters
{
    /// <param name="items">In an order that does not change; the first of a neighbourhood carries its mark.</param>
    /// <param name="reach">Map units two marks must at least lie apart.</param>
    public static IReadOnlyList<MapCluster<T>> Of<T>(IEnumerable<T> items, Func<T, MapPoint> at, decimal reach)
    {
        var clusters = new List<(MapPoint At, List<T> Items)>();
        foreach (var item in items)
        {
            var point = at(item);
            var near = clusters.FindIndex(c => Square(c.At.X - point.X) + Square(c.At.Y - point.Y) < reach * reach);
            if (near < 0) clusters.Add((point, [item]));
            else clusters[near].Items.Add(item);
        }
        return clusters.ConvertAll(c => new MapCluster<T>(c.At, c.Items));
    }

    static decimal Square(decimal value) => value * value;
}
