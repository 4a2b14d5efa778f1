namespace Verdigris.Simulator.Disk;

/// <summary>
/// A file's bytes as processes see them, and beside them the old content of every sector written since the last flush: a crash decides
/// sector by sector which of the two the platter holds. Sparse: bytes never written are zero.
/// </summary>
sealed class SimulatedInode
{
    public const int SectorBytes = 512;
    const int PageBytes = 4096;

    readonly Dictionary<long, byte[]> pages = [];
    readonly SortedDictionary<long, byte[]> oldSectors = [];

    public long Length { get; private set; }
    public long DurableLength { get; private set; }
    public bool Dirty => oldSectors.Count > 0 || Length != DurableLength;

    public int Read(long offset, Span<byte> into)
    {
        int count = (int)Math.Max(0, Math.Min(into.Length, Length - offset));
        for (int done = 0; done < count;)
        {
            long at = offset + done;
            int inPage = (int)(at % PageBytes);
            int n = Math.Min(count - done, PageBytes - inPage);
            if (pages.TryGetValue(at / PageBytes, out byte[]? page)) page.AsSpan(inPage, n).CopyTo(into[done..]);
            else into.Slice(done, n).Clear();
            done += n;
        }
        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        RememberSectors(offset, data.Length);
        Put(offset, data);
        Length = Math.Max(Length, offset + data.Length);
    }

    public void SetLength(long length)
    {
        if (length < Length)
        {
            long end = Length;
            foreach (long page in pages.Keys.Where(p => (p + 1) * PageBytes > length && p * PageBytes < end).Order().ToArray())
            {
                long from = Math.Max(length, page * PageBytes);
                int n = (int)((page + 1) * PageBytes - from);
                RememberSectors(from, n);
                pages[page].AsSpan((int)(from % PageBytes), n).Clear();
            }
        }
        Length = length;
    }

    public void Flush()
    {
        oldSectors.Clear();
        DurableLength = Length;
    }

    /// <summary>Some of the unflushed sectors reach the platter (or what is left of them); the others are as if never written.</summary>
    /// <param name="garble">Whether a sector that reached it may be neither old nor new: the power failed while it was written.</param>
    public void LoseUnflushed(SeededRandom random, bool garble)
    {
        // Whole pages as drives with 4 KiB sectors write them, or single 512-byte sectors; and sometimes all or nothing, which are the
        // two ends recovery meets most in practice.
        bool wholePages = random.Chance(50);
        int keep = random.Below(4) switch { 0 => 0, 1 => 100, _ => random.Below(100) };
        long newLength = keep == 100 || random.Chance(50) ? Length : DurableLength;
        bool keepThis = false;
        long decidedFor = -1;
        foreach ((long sector, byte[] old) in oldSectors.ToArray())
        {
            long unit = wholePages ? sector * SectorBytes / PageBytes : sector;
            if (unit != decidedFor) { keepThis = random.Chance(keep); decidedFor = unit; }
            if (!keepThis) Put(sector * SectorBytes, old);
            else if (garble && random.Chance(5)) Garble(sector, old, random);
        }
        oldSectors.Clear();
        Length = newLength;
        DurableLength = newLength;
        ClearBeyondLength();
    }

    /// <summary>
    /// Noise in place of the bytes that were being changed. What the sector held before and was written again unchanged (the end of an
    /// earlier record) stays: like other journals this one relies on drives not to harm the rest of a sector that they rewrite.
    /// </summary>
    void Garble(long sector, byte[] old, SeededRandom random)
    {
        byte[] bytes = new byte[SectorBytes];
        ReadUnbounded(sector * SectorBytes, bytes);
        int from = random.Below(SectorBytes);
        for (int i = 0; i < SectorBytes; i++)
        {
            byte noise = unchecked((byte)random.Next());
            if (i >= from && bytes[i] != old[i]) bytes[i] = noise;
        }
        Put(sector * SectorBytes, bytes);
    }

    void ReadUnbounded(long offset, Span<byte> sector)
    {
        if (pages.TryGetValue(offset / PageBytes, out byte[]? page)) page.AsSpan((int)(offset % PageBytes), sector.Length).CopyTo(sector);
    }

    /// <summary>Turns one bit of what is durable: rot, or an operator's mistake.</summary>
    public void FlipBit(long offset, int bit)
    {
        Span<byte> one = stackalloc byte[1];
        if (Read(offset, one) == 0) return;
        one[0] ^= (byte)(1 << bit);
        Put(offset, one);
    }

    public void Cut(long length)
    {
        Length = Math.Min(Length, length);
        DurableLength = Length;
        oldSectors.Clear();
        ClearBeyondLength();
    }

    void ClearBeyondLength()
    {
        foreach ((long page, byte[] bytes) in pages)
            if ((page + 1) * PageBytes > Length) bytes.AsSpan((int)Math.Clamp(Length - page * PageBytes, 0, PageBytes)).Clear();
    }

    void RememberSectors(long offset, int count)
    {
        if (count == 0) return;
        for (long sector = offset / SectorBytes; sector <= (offset + count - 1) / SectorBytes; sector++)
        {
            if (oldSectors.ContainsKey(sector)) continue;
            byte[] old = new byte[SectorBytes];
            if (pages.TryGetValue(sector * SectorBytes / PageBytes, out byte[]? page))
                page.AsSpan((int)(sector * SectorBytes % PageBytes), SectorBytes).CopyTo(old);
            oldSectors.Add(sector, old);
        }
    }

    void Put(long offset, ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length;)
        {
            long at = offset + done;
            int inPage = (int)(at % PageBytes);
            int n = Math.Min(data.Length - done, PageBytes - inPage);
            if (!pages.TryGetValue(at / PageBytes, out byte[]? page)) pages.Add(at / PageBytes, page = new byte[PageBytes]);
            data.Slice(done, n).CopyTo(page.AsSpan(inPage));
            done += n;
        }
    }
}
