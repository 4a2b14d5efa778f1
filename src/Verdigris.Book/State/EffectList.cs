namespace Verdigris.Book;

/// <summary>Effects of one batch in order; reused from batch to batch. Not thread-safe.</summary>
public sealed class EffectList
{
    Effect[] items = new Effect[64];

    public int Count { get; private set; }

    public ReadOnlySpan<Effect> Span => items.AsSpan(0, Count);

    public ReadOnlyMemory<Effect> Memory => items.AsMemory(0, Count);

    public void Clear() => Count = 0;

    internal ref Effect Add()
    {
        if (Count == items.Length) Array.Resize(ref items, items.Length * 2);
        ref var effect = ref items[Count++];
        effect = default;
        return ref effect;
    }

    internal void Truncate(int count) => Count = count;
}
