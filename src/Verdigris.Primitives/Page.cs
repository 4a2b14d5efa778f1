namespace Verdigris.Primitives;

/// <summary>One page of a list read by keyset: stable while rows are added. The only paging type in the product.</summary>
/// <param name="NextCursor">Opaque text to pass for the next page; null on the last one.</param>
/// <param name="EstimatedTotal">How many rows there are, where the list can say so cheaply; null when unknown (never zero for unknown).</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor, long? EstimatedTotal = null);
