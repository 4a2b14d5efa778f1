namespace Verdigris.Web;

/// <summary>Sorts a short list that is in memory as a whole, by the <c>?sort=</c> that <c>DataTable</c> writes into its column heads.</summary>
public static class Sorting
{
    /// <summary>The items in the order asked for; as they were where the name is unknown. What has no value comes last either way; equal items keep their order.</summary>
    public static IReadOnlyList<T> By<T>(IEnumerable<T> items, string? sort, params (string Name, Func<T, IComparable?> Key)[] keys)
    {
        var descending = sort is ['-', ..];
        var name = descending ? sort![1..] : sort;
        var key = keys.FirstOrDefault(k => k.Name == name).Key;
        if (key is null) return [.. items];
        var known = items.OrderBy(i => key(i) is null);
        return [.. descending ? known.ThenByDescending(i => key(i), Values) : known.ThenBy(i => key(i), Values)];
    }

    /// <summary>The items of which one of the texts holds what was typed, in any case; all of them where nothing was.</summary>
    public static IEnumerable<T> Holding<T>(IEnumerable<T> items, string? typed, params Func<T, string?>[] texts) =>
        typed?.Trim() is { Length: > 0 } wanted ? items.Where(i => texts.Any(t => t(i)?.Contains(wanted, StringComparison.OrdinalIgnoreCase) == true)) : items;

    static readonly IComparer<IComparable?> Values = Comparer<IComparable?>.Create((a, b) => a is string x && b is string y ? StringComparer.OrdinalIgnoreCase.Compare(x, y) : Comparer<IComparable?>.Default.Compare(a, b));
}
