using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Book;
using Verdigris.Simulator.Reference;

namespace Verdigris.Simulator;

/// <summary>
/// Writes a run as the file an auditor reads (docs/book.md section 7): the Book's own records as read back from its disk, its effects, and a
/// trailer from the reference's state. A third opinion on both: what the Book and the reference might have misread alike.
/// </summary>
sealed class SimulationExport : IDisposable
{
    readonly Stream output;
    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public SimulationExport(Stream output, UInt128 venue)
    {
        this.output = output;
        Write("VBX1"u8);
        Write(stackalloc byte[] { 1, 0, 0, 0 });
        Id(venue);
    }

    public void Batch(ReadOnlySpan<byte> record, ReadOnlySpan<Effect> effects)
    {
        Write("B"u8);
        Write(record);
        Int(effects.Length);
        Write(MemoryMarshal.AsBytes(effects));
    }

    /// <returns>The SHA-256 the file ends with: equal hashes are equal files.</returns>
    public byte[] End(LedgerState state)
    {
        Write("E"u8);
        Long(state.LastBatch);
        var holdings = state.Holdings.Where(h => h.Value.Available != 0 || h.Value.Held != 0).ToList();
        Int(holdings.Count);
        foreach (((long account, int asset), Holding holding) in holdings)
        {
            Long(account);
            Int(asset);
            Int(0);
            Long(holding.Available);
            Long(holding.Held);
        }
        var holds = state.Holds.Values.Where(h => h.State is HoldState.Pending or HoldState.Scheduled).ToList();
        Int(holds.Count);
        foreach (PendingPosting hold in holds)
        {
            Id(hold.Id);
            Int(hold.Asset);
            Int(0);
            Long(hold.Debit);
            Long(hold.Credit);
            Long(hold.Remaining);
        }
        var blocks = state.Holdings.SelectMany(h => h.Value.Blocks.Select(b => (h.Key.Asset, b.First, b.Last, State: 0, h.Key.Account)))
            .Concat(holds.SelectMany(h => h.Blocks.Select(b => (h.Asset, b.First, b.Last, State: 1, Account: h.Debit)))).Order().ToList();
        Int(blocks.Count);
        foreach ((int asset, long first, long last, int held, long account) in blocks)
        {
            Int(asset);
            Int(held);
            Long(account);
            Long(first);
            Long(last);
        }
        byte[] digest = hash.GetHashAndReset();
        output.Write(digest);
        output.Flush();
        return digest;
    }

    public void Dispose() => hash.Dispose();

    void Write(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        output.Write(bytes);
    }

    void Int(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    void Long(long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Write(bytes);
    }

    void Id(UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, value);
        Write(bytes);
    }
}
