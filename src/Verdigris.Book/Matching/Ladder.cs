using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>The orders at one price, a queue.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
struct Level
{
    public uint First, Last;
    public int Orders;
    public int Unused;
    public long Shown, Hidden;
}

/// <summary>Sixty-four neighbouring levels and which of them have orders. A level without orders is zero.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8, Size = Bytes)]
unsafe struct LevelPage
{
    public const int Bytes = 64 + Levels * 32, Levels = 64, Shift = 6;

    public ulong Used;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Level* At(LevelPage* page, int key) => unchecked((Level*)((byte*)page + 64) + (key & (Levels - 1)));
}

/// <summary>
/// The levels of one side of a book. A level's place is its key: the price, or its complement (~price) where the lowest price is the best, so that the best key is always the highest. The 4,096 ticks around the
/// best are an array of pages with a bit for each; whatever lies below them is found by a tree of pages (<see cref="FarPages"/>); nothing is ever above.
/// </summary>
unsafe struct Ladder
{
    public const int NoKey = int.MinValue;

    /// <summary>Pages of the window, and how many of them lie below the best when it is laid anew.</summary>
    const int WindowPages = 64, Below = 47, TooLow = 16;

    readonly LadderMemory memory;
    readonly LevelPage** window;
    FarPages? far;
    int firstPage;
    ulong used; // pages of the window that have orders

    public int Best;
    /// <summary>Where there is none, a level that is always zero.</summary>
    public Level* BestLevel;

    public Ladder(LadderMemory memory)
    {
        this.memory = memory;
        window = (LevelPage**)memory.TakeWindow();
        Best = NoKey;
        BestLevel = memory.Nothing;
    }

    public readonly bool IsEmpty => Best == NoKey;

    /// <summary>The level of a key that has orders.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Level* Find(int key)
    {
        uint at = unchecked((uint)((key >> LevelPage.Shift) - firstPage));
        return LevelPage.At(at < WindowPages ? window[at] : far!.Find(key >> LevelPage.Shift), key);
    }

    /// <summary>The level of a key that is to have an order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Level* Make(int key)
    {
        unchecked
        {
            uint at = (uint)((key >> LevelPage.Shift) - firstPage);
            if (at >= WindowPages) return MakeFar(key);
            var page = window[at];
            if (page == null) page = Open(at);
            page->Used |= 1UL << key;
            var level = LevelPage.At(page, key);
            if (key > Best)
            {
                Best = key;
                BestLevel = level;
            }
            return level;
        }
    }

    /// <summary>Asks the memory for a key's level, where that is near the best.</summary>
    public readonly void Prefetch(int key)
    {
        uint at = unchecked((uint)((key >> LevelPage.Shift) - firstPage));
        if (at >= WindowPages || window[at] == null) return;
        Memory.Prefetch(ref *window[at]);
        Memory.Prefetch(ref *LevelPage.At(window[at], key));
    }

    /// <summary>Last order of a key's level, 0 where there is none near the best.</summary>
    public readonly uint LastAt(int key)
    {
        uint at = unchecked((uint)((key >> LevelPage.Shift) - firstPage));
        return at >= WindowPages || window[at] == null ? 0 : LevelPage.At(window[at], key)->Last;
    }

    LevelPage* Open(uint at)
    {
        used |= 1UL << (int)at;
        return window[at] = memory.TakePage();
    }

    Level* MakeFar(int key)
    {
        int number = key >> LevelPage.Shift;
        if (key > Best) Lay(number);
        else if ((Best >> LevelPage.Shift) - firstPage < TooLow) Lay(Best >> LevelPage.Shift);
        if (number - firstPage >= 0) return Make(key);
        far ??= new(memory);
        var page = far.Find(number);
        if (page == null) far.Add(number, page = memory.TakePage());
        page->Used |= 1UL << key;
        return LevelPage.At(page, key);
    }

    /// <summary>Takes a level away whose last order is gone; it may still name it.</summary>
    public void Remove(int key)
    {
        unchecked
        {
            int number = key >> LevelPage.Shift;
            uint at = (uint)(number - firstPage);
            var page = at < WindowPages ? window[at] : far!.Find(number);
            LevelPage.At(page, key)->Last = 0;
            page->Used &= ~(1UL << key);
            if (page->Used == 0)
            {
                if (at < WindowPages)
                {
                    window[at] = null;
                    used &= ~(1UL << (int)at);
                }
                else far!.Remove(number);
                memory.Give(page);
            }
            if (key == Best) FindBest();
        }
    }

    void FindBest()
    {
        unchecked
        {
            if (used == 0)
            {
                if (far is null || far.IsEmpty)
                {
                    Best = NoKey;
                    BestLevel = memory.Nothing;
                    return;
                }
                Lay(far.Before(int.MaxValue));
            }
            int at = 63 - BitOperations.LeadingZeroCount(used);
            Best = ((firstPage + at) << LevelPage.Shift) + 63 - BitOperations.LeadingZeroCount(window[at]->Used);
            BestLevel = LevelPage.At(window[at], Best);
        }
    }

    /// <summary>Lays the window around a page. At most sixty-four pages go, and as many come.</summary>
    void Lay(int number)
    {
        while (used != 0)
        {
            int at = BitOperations.TrailingZeroCount(used);
            (far ??= new(memory)).Add(firstPage + at, window[at]);
            window[at] = null;
            used &= used - 1;
        }
        firstPage = number - Below;
        if (far is null) return;
        for (int next = far.Before(firstPage + WindowPages); next != NoKey && next >= firstPage; next = far.Before(next))
        {
            window[next - firstPage] = far.Find(next);
            used |= 1UL << (next - firstPage);
            far.Remove(next);
        }
    }

    /// <summary>The next worse key that has orders, or none.</summary>
    public readonly int Worse(int key)
    {
        int number = key >> LevelPage.Shift;
        uint at = unchecked((uint)(number - firstPage));
        ulong below = (at < WindowPages ? window[at] : far!.Find(number))->Used & ((1UL << key) - 1);
        if (below == 0)
        {
            ulong pages = at < WindowPages ? used & ((1UL << (int)at) - 1) : 0;
            number = pages != 0 ? firstPage + 63 - BitOperations.LeadingZeroCount(pages) : far?.Before(Math.Min(number, firstPage)) ?? NoKey;
            if (number == NoKey) return NoKey;
            below = (pages != 0 ? window[number - firstPage] : far!.Find(number))->Used;
        }
        return (number << LevelPage.Shift) + 63 - BitOperations.LeadingZeroCount(below);
    }

    /// <summary>The next better key that has orders, or none.</summary>
    public readonly int Better(int key)
    {
        int number = key >> LevelPage.Shift;
        uint at = unchecked((uint)(number - firstPage));
        ulong above = (at < WindowPages ? window[at] : far!.Find(number))->Used & ~(ulong.MaxValue >> (63 - (key & 63)));
        if (above == 0)
        {
            if (at >= WindowPages && far!.After(number) is var next and not NoKey) (number, above) = (next, far.Find(next)->Used);
            else
            {
                ulong pages = at < WindowPages ? used & ~(ulong.MaxValue >> (63 - (int)at)) : used;
                if (pages == 0) return NoKey;
                number = firstPage + BitOperations.TrailingZeroCount(pages);
                above = window[number - firstPage]->Used;
            }
        }
        return (number << LevelPage.Shift) + BitOperations.TrailingZeroCount(above);
    }

    /// <summary>The worst key that has orders and is at least as good as the one given; the side has such a key.</summary>
    public readonly int WorstDownTo(int key)
    {
        int worst = Best;
        for (int next = worst; next != NoKey && next >= key; next = Worse(next)) worst = next;
        return worst;
    }
}
