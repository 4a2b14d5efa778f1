using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Pages of levels far below the best, by number: a tree of four digits of six bits, with a bit for each child, so that every step is bounded by its depth.</summary>
unsafe sealed class FarPages
{
    const int Depth = 4, Digit = 6, Fan = 1 << Digit;

    /// <summary>Numbers are those of prices from -2^29, shifted to start at zero.</summary>
    const int Origin = 1 << 23;

    [StructLayout(LayoutKind.Sequential, Pack = 8, Size = 8 + Fan * 8)]
    internal struct Node
    {
        public ulong Used;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static nint* Child(Node* node, int digit) => unchecked((nint*)((byte*)node + 8) + digit);
    }

    readonly LadderMemory memory;
    Node* root;

    public FarPages(LadderMemory memory)
    {
        this.memory = memory;
        root = memory.TakeNode();
    }

    public bool IsEmpty => root->Used == 0;

    static int DigitOf(int place, int depth) => (place >> ((Depth - 1 - depth) * Digit)) & (Fan - 1);

    /// <summary>Null where there is none.</summary>
    public LevelPage* Find(int number)
    {
        int place = number + Origin;
        var node = root;
        for (int depth = 0; ; depth++)
        {
            int digit = DigitOf(place, depth);
            if ((node->Used & 1UL << digit) == 0) return null;
            nint child = *Node.Child(node, digit);
            if (depth == Depth - 1) return (LevelPage*)child;
            node = (Node*)child;
        }
    }

    /// <summary>Adds a page known to be absent.</summary>
    public void Add(int number, LevelPage* page)
    {
        int place = number + Origin;
        var node = root;
        for (int depth = 0; depth < Depth - 1; depth++)
        {
            int digit = DigitOf(place, depth);
            if ((node->Used & 1UL << digit) == 0)
            {
                *Node.Child(node, digit) = (nint)memory.TakeNode();
                node->Used |= 1UL << digit;
            }
            node = (Node*)*Node.Child(node, digit);
        }
        *Node.Child(node, DigitOf(place, Depth - 1)) = (nint)page;
        node->Used |= 1UL << DigitOf(place, Depth - 1);
    }

    /// <summary>Removes a page known to be there; the page itself stays its caller's.</summary>
    public void Remove(int number)
    {
        int place = number + Origin;
        var path = stackalloc Node*[Depth];
        path[0] = root;
        for (int depth = 1; depth < Depth; depth++) path[depth] = (Node*)*Node.Child(path[depth - 1], DigitOf(place, depth - 1));
        for (int depth = Depth - 1; depth >= 0; depth--)
        {
            path[depth]->Used &= ~(1UL << DigitOf(place, depth));
            if (path[depth]->Used != 0 || depth == 0) return;
            memory.Give(path[depth]);
        }
    }

    /// <summary>The highest number below the one given, or <see cref="Ladder.NoKey"/>.</summary>
    public int Before(int number) => Beside(number, below: true);

    /// <summary>The lowest number above the one given, or <see cref="Ladder.NoKey"/>.</summary>
    public int After(int number) => Beside(number, below: false);

    int Beside(int number, bool below)
    {
        // Beyond the ends everything is on one side.
        int place = (int)Math.Clamp((long)number + Origin, -1, 1 << (Depth * Digit));
        if (place < 0) return below ? Ladder.NoKey : Outermost(root, 0, 0, highest: false);
        if (place >= 1 << (Depth * Digit)) return below ? Outermost(root, 0, 0, highest: true) : Ladder.NoKey;
        var path = stackalloc Node*[Depth];
        int depth = 0;
        for (var node = root; ; depth++)
        {
            path[depth] = node;
            int digit = DigitOf(place, depth);
            if (depth == Depth - 1 || (node->Used & 1UL << digit) == 0) break;
            node = (Node*)*Node.Child(node, digit);
        }
        for (; depth >= 0; depth--)
        {
            int digit = DigitOf(place, depth);
            ulong beside = path[depth]->Used & (below ? (1UL << digit) - 1 : ~(ulong.MaxValue >> (63 - digit)));
            if (beside == 0) continue;
            int next = below ? 63 - BitOperations.LeadingZeroCount(beside) : BitOperations.TrailingZeroCount(beside);
            int start = place >> ((Depth - depth) * Digit) << Digit | next;
            if (depth == Depth - 1) return start - Origin;
            return Outermost((Node*)*Node.Child(path[depth], next), depth + 1, start, highest: below);
        }
        return Ladder.NoKey;
    }

    /// <summary>The highest or lowest number in a branch, whose digits so far are given.</summary>
    static int Outermost(Node* node, int depth, int digits, bool highest)
    {
        if (node->Used == 0) return Ladder.NoKey;
        for (; ; depth++)
        {
            int digit = highest ? 63 - BitOperations.LeadingZeroCount(node->Used) : BitOperations.TrailingZeroCount(node->Used);
            digits = digits << Digit | digit;
            if (depth == Depth - 1) return digits - Origin;
            node = (Node*)*Node.Child(node, digit);
        }
    }
}
