using System.Globalization;

namespace Verdigris.Book;

/// <summary>
/// Writes the next segment full of zeros before it is needed, so that the writer neither makes files longer nor waits for new blocks to be
/// recorded. The file takes its place in the journal by a rename; until then its name is none that a reader looks at.
/// </summary>
/// <remarks>The name holds the writer's epoch: a writer that lost its lock never touches what its successor prepares.</remarks>
sealed class SegmentAhead(IDisk disk, string folder, long epoch, SegmentOptions options) : IDisposable
{
    const string Prefix = "next-";
    const int Piece = 512 << 10;
    static readonly byte[] Zeros = new byte[Piece];

    readonly string path = Path.Combine(folder, Prefix + epoch.ToString(CultureInfo.InvariantCulture));
    readonly CancellationTokenSource stop = new();
    IDiskFile? file;
    Task? running;

    /// <summary>Removes what earlier writers prepared and did not use.</summary>
    public void Clean()
    {
        foreach (string left in disk.List(folder).Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))) disk.Delete(Path.Combine(folder, left));
    }

    /// <summary>Begins to prepare, where that was asked for and has not begun.</summary>
    public void Begin()
    {
        if (options.Beside is { } beside && running is null) running = beside(Prepare);
    }

    /// <summary>The prepared file under its new name, which is durable only after a flush of the folder; null where none is ready.</summary>
    public IDiskFile? Take(string place)
    {
        if (running is not { IsCompleted: true }) return null;
        running = null;
        if (file is not { } ready) return null;
        file = null;
        try
        {
            disk.Rename(path, place);
            return ready;
        }
        catch
        {
            ready.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        stop.Cancel();
        running?.Wait();
        stop.Dispose();
        if (file is null) return;
        file.Dispose();
        try
        {
            disk.Delete(path);
        }
        catch (Exception)
        {
            // whatever the reason, the next writer removes it
        }
    }

    void Prepare()
    {
        IDiskFile? made = null;
        try
        {
            made = disk.Open(path, create: true);
            made.SetLength(0);
            // Each piece is flushed at once and a pause follows: a flood would hold up the flushes of the writer. All of it takes a sixth of a second.
            for (long at = 0; at < options.SegmentBytes && !stop.IsCancellationRequested; at += Piece)
            {
                made.Write(at, Zeros.AsSpan(0, (int)Math.Min(Piece, options.SegmentBytes - at)));
                made.Flush();
                if (at + Piece < options.SegmentBytes) Background.GiveWay();
            }
            file = made;
            made = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // no room, perhaps: the writer makes its segment itself, and answers for it
        }
        finally
        {
            made?.Dispose();
        }
    }
}
