namespace Verdigris.Primitives;

/// <summary>One page of a list in a stable order, read by keyset: no offset, so rows that arrive meanwhile shift nothing.</summary>
/// <param name="NextCursor">Opaque text from <see cref="Cursor"/>; null on the last page.</param>
/// <param name="EstimatedTotal">Rows in all where the store can say so cheaply; null is "not known", never zero.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor, long? EstimatedTotal = null)
{
    /// <summary>The last page of nothing.</summary>
    public static Page<T> Empty { get; } = new([], null, 0);

    /// <summary>The same page with each item shown otherwise.</summary>
    public Page<TOther> Select<TOther>(Func<T, TOther> show) => new(Items.Select(show).ToList(), NextCursor, EstimatedTotal);
}
