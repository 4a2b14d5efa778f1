using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Verdigris.Book;

/// <summary>What an export held.</summary>
public sealed record ExportSummary(UInt128 VenueId, long Batches, long Commands, long Effects, long Bytes, byte[] Sha256);

/// <summary>
/// Writes the file an auditor reads (docs/book.md section 7): every record as it stands with the effects that replaying it gives, then
/// the balances, pending holds and blocks at the end. Streamed: memory is that of the state, not of the file.
/// </summary>
public static class BookExporter
{
    const uint Magic = 0x31584256; // "VBX1"
    const int RowSize = 80;

    /// <summary>Exports the venue in a data folder up to its last whole batch; the venue may be running.</summary>
    /// <exception cref="JournalCorruptException">The journal is damaged: what there is cannot be exported as a whole.</exception>
    public static ExportSummary Export(IDisk disk, string dataFolder, Stream into, CancellationToken ct = default)
    {
        var reader = new SegmentReader(disk, Path.Combine(dataFolder, "journal"));
        var end = reader.End();
        return Export(end.VenueId, end.LastBatch == 0 ? [] : reader.Read(1, end.LastBatch), into, ct);
    }

    /// <summary>Exports records from batch 1 on.</summary>
    public static ExportSummary Export(UInt128 venueId, IEnumerable<ReadOnlyMemory<byte>> records, Stream into, CancellationToken ct = default)
    {
        var state = new BookState();
        using var output = new HashedOutput(into);
        long batches = 0, effectCount = 0;
        output.Value(Magic);
        output.Value((ushort)1);
        output.Value((ushort)0);
        output.Value(venueId);
        Replayer.Replay(venueId, state, null, records, (record, effects) =>
        {
            ct.ThrowIfCancellationRequested();
            output.Value((byte)'B');
            output.Bytes(record.Span);
            output.Value(effects.Count);
            foreach (ref readonly var effect in effects.Span) Write(output, effect);
            batches++;
            effectCount += effects.Count;
        });
        output.Value((byte)'E');
        WriteTrailer(output, state);
        var (bytes, hash) = output.Finish();
        return new(venueId, batches, state.NextSequence - 1, effectCount, bytes, hash);
    }

    static void Write(HashedOutput output, in Effect effect)
    {
        Span<byte> row = stackalloc byte[RowSize];
        row.Clear();
        row[0] = (byte)effect.Kind;
        BinaryPrimitives.WriteInt32LittleEndian(row[4..], effect.Asset);
        BinaryPrimitives.WriteInt64LittleEndian(row[8..], effect.Debit);
        BinaryPrimitives.WriteInt64LittleEndian(row[16..], effect.Credit);
        BinaryPrimitives.WriteInt64LittleEndian(row[24..], effect.Amount);
        BinaryPrimitives.WriteInt64LittleEndian(row[32..], effect.SerialFirst);
        BinaryPrimitives.WriteUInt128LittleEndian(row[40..], effect.Hold);
        BinaryPrimitives.WriteInt32LittleEndian(row[56..], effect.CommandIndex);
        BinaryPrimitives.WriteUInt16LittleEndian(row[60..], (ushort)effect.Code);
        output.Bytes(row);
    }

    static void WriteTrailer(HashedOutput output, BookState state)
    {
        output.Value(state.LastBatch);
        var holdings = state.ExportHoldings();
        output.Value(holdings.Count);
        foreach (var (account, asset, available, held) in holdings)
        {
            output.Value(account);
            output.Value(asset);
            output.Value(0);
            output.Value(available);
            output.Value(held);
        }
        var holds = state.ExportPendingHolds();
        output.Value(holds.Count);
        foreach (var hold in holds)
        {
            output.Value(hold.Id);
            output.Value(hold.Asset);
            output.Value(0);
            output.Value(hold.Debit);
            output.Value(hold.Credit);
            output.Value(hold.Remaining);
        }
        output.Value(checked((int)state.BlockCount));
        foreach (var block in state.ExportBlocks())
        {
            output.Value(block.Asset);
            output.Value(block.Hold == UInt128.Zero ? 0 : 1);
            output.Value(block.Account);
            output.Value(block.First);
            output.Value(block.Last);
        }
    }

    sealed class HashedOutput(Stream into) : IDisposable
    {
        readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        readonly byte[] buffer = new byte[256 << 10];
        int used;
        long written;

        public void Value<T>(T value) where T : unmanaged => Bytes(MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(in value, 1)));

        public void Bytes(ReadOnlySpan<byte> data)
        {
            while (data.Length > 0)
            {
                if (used == buffer.Length) Drain();
                int n = Math.Min(data.Length, buffer.Length - used);
                data[..n].CopyTo(buffer.AsSpan(used));
                used += n;
                data = data[n..];
            }
        }

        public (long Bytes, byte[] Hash) Finish()
        {
            Drain();
            var digest = hash.GetHashAndReset();
            into.Write(digest);
            into.Flush();
            return (written + digest.Length, digest);
        }

        public void Dispose() => hash.Dispose();

        void Drain()
        {
            var data = buffer.AsSpan(0, used);
            hash.AppendData(data);
            into.Write(data);
            written += used;
            used = 0;
        }
    }
}
