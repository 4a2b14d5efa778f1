using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verdigris.Book;

/// <summary>Where the ladders' pages come from: blocks at fixed addresses, and what was given back, last in first out.</summary>
unsafe sealed class LadderMemory
{
    const int StepPages = 32, Line = 64, WindowBytes = 64 * 8;

    readonly List<byte[]> blocks = [];
    nint pages, nodes; // what was given back, linked by the first word
    byte* windows;
    int windowsLeft;

    public LadderMemory() => Nothing = (Level*)Block(sizeof(Level));

    public Level* Nothing { get; }

    public LevelPage* TakePage()
    {
        if (pages == 0) Reserve(StepPages);
        var page = (LevelPage*)pages;
        pages = *(nint*)page;
        page->Used = 0;
        return page;
    }

    public void Give(LevelPage* page)
    {
        *(nint*)page = pages;
        pages = (nint)page;
    }

    public FarPages.Node* TakeNode()
    {
        if (nodes == 0)
        {
            byte* at = Block(StepPages * sizeof(FarPages.Node));
            for (int i = StepPages - 1; i >= 0; i--) Give((FarPages.Node*)at + i);
        }
        var node = (FarPages.Node*)nodes;
        nodes = *(nint*)node;
        node->Used = 0;
        return node;
    }

    public void Give(FarPages.Node* node)
    {
        *(nint*)node = nodes;
        nodes = (nint)node;
    }

    public void* TakeWindow()
    {
        if (windowsLeft == 0)
        {
            windows = Block(StepPages * WindowBytes);
            windowsLeft = StepPages;
        }
        return windows + --windowsLeft * WindowBytes;
    }

    /// <summary>Pages for later, touched now.</summary>
    public void Reserve(int count)
    {
        byte* at = Block(checked(count * LevelPage.Bytes));
        for (int i = count - 1; i >= 0; i--) Give((LevelPage*)(at + (nint)i * LevelPage.Bytes));
    }

    byte* Block(int bytes)
    {
        var block = GC.AllocateUninitializedArray<byte>(bytes + Line, pinned: true);
        Memory.AdviseHugePages(block);
        block.AsSpan().Clear();
        blocks.Add(block);
        return (byte*)(((nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(block)) + Line - 1) & ~(nint)(Line - 1));
    }
}
