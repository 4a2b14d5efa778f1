using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Verdigris.Book;

namespace Verdigris.Book.Tests.Auditing;

/// <summary>One batch as a test describes it; everything a record carries can be overridden to break it.</summary>
sealed class BatchStory(long time)
{
    public long Time = time;
    public List<Command> Commands = [];
    public List<Code> Codes = [];
    public List<Effect> Effects = [];
    public long? Number, Sequence;
    public UInt128? Venue;
    public byte[]? PreviousHash;
    public bool BadHeaderCrc, BadPayloadCrc, BadHash;
    public byte Padding, Reserved;
    public int? EffectCount, CommandCount;
}

/// <summary>
/// The tests' own writer of the export format (docs/book.md sections 6 and 7), so that the auditor is tested without the Book. Writes
/// checksums and hashes that fit whatever the story says, unless the story asks for a wrong one.
/// </summary>
sealed class ExportWriter
{
    public UInt128 Venue = 77;
    public List<BatchStory> Batches = [];
    public List<(long Account, int Asset, long Available, long Held)> Holdings = [];
    public List<(UInt128 Id, int Asset, long Debit, long Credit, long Amount)> Holds = [];
    public List<(int Asset, int State, long Account, long First, long Last)> Blocks = [];
    public long? LastBatch;

    public byte[] ToBytes()
    {
        var file = new MemoryStream();
        file.Write("VBX1"u8);
        Put(file, (ushort)1);
        Put(file, (ushort)0);
        Put(file, Venue);
        var previous = new byte[32];
        long number = 1, sequence = 1;
        foreach (var b in Batches)
        {
            file.WriteByte((byte)'B');
            var record = Record(b, number++, sequence, previous);
            sequence += b.Commands.Count;
            var hash = SHA256.HashData(record);
            if (b.BadHash) hash[5] ^= 1;
            file.Write(record);
            file.Write(hash);
            previous = hash;
            Put(file, b.EffectCount ?? b.Effects.Count);
            foreach (var e in b.Effects) file.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Effect>(in e)));
        }
        file.WriteByte((byte)'E');
        Put(file, LastBatch ?? Batches.Count);
        Put(file, Holdings.Count);
        foreach (var h in Holdings) { Put(file, h.Account); Put(file, h.Asset); Put(file, 0); Put(file, h.Available); Put(file, h.Held); }
        Put(file, Holds.Count);
        foreach (var h in Holds) { Put(file, h.Id); Put(file, h.Asset); Put(file, 0); Put(file, h.Debit); Put(file, h.Credit); Put(file, h.Amount); }
        Put(file, Blocks.Count);
        foreach (var b in Blocks) { Put(file, b.Asset); Put(file, b.State); Put(file, b.Account); Put(file, b.First); Put(file, b.Last); }
        file.Write(SHA256.HashData(file.ToArray()));
        return file.ToArray();
    }

    /// <summary>Works the trailer out of the effects, serial by serial: slow and obvious.</summary>
    public void Seal()
    {
        var balances = new SortedDictionary<(long, int), (long Available, long Held)>();
        var holds = new SortedDictionary<UInt128, (int Asset, long Debit, long Credit, long Amount)>();
        var serials = new SortedDictionary<(int Asset, long Serial), (long Account, int State)>();
        void Add(long account, int asset, long available, long held)
        {
            var (a, h) = balances.GetValueOrDefault((account, asset));
            balances[(account, asset)] = (a + available, h + held);
        }
        foreach (var e in Batches.SelectMany(b => b.Effects))
        {
            var (to, state) = (e.Credit, 0);
            switch (e.Kind)
            {
                case EffectKind.Posted: Add(e.Debit, e.Asset, -e.Amount, 0); Add(e.Credit, e.Asset, e.Amount, 0); break;
                case EffectKind.Held: Add(e.Debit, e.Asset, -e.Amount, e.Amount); (to, state) = (e.Debit, 1); break;
                case EffectKind.HoldPosted or EffectKind.HoldReleased: Add(e.Debit, e.Asset, 0, -e.Amount); Add(e.Credit, e.Asset, e.Amount, 0); break;
                default: Add(e.Debit, e.Asset, e.Amount, -e.Amount); to = e.Debit; break;
            }
            if (e.SerialFirst > 0)
                for (var s = e.SerialFirst; s < e.SerialFirst + e.Amount; s++) serials[(e.Asset, s)] = (to, state);
            if (e.Hold == 0) continue;
            var left = holds.GetValueOrDefault(e.Hold).Amount + (e.Kind == EffectKind.Held ? e.Amount : -e.Amount);
            if (left == 0) holds.Remove(e.Hold); else holds[e.Hold] = (e.Asset, e.Debit, e.Credit, left);
        }
        Holdings = [.. balances.Where(b => b.Value != default).Select(b => (b.Key.Item1, b.Key.Item2, b.Value.Available, b.Value.Held))];
        Holds = [.. holds.Select(h => (h.Key, h.Value.Asset, h.Value.Debit, h.Value.Credit, h.Value.Amount))];
        Blocks = [];
        foreach (var ((asset, serial), (account, state)) in serials)
        {
            if (Blocks.Count > 0 && Blocks[^1] is var b && b.Asset == asset && b.Last + 1 == serial && b.Account == account && b.State == state) Blocks[^1] = b with { Last = serial };
            else Blocks.Add((asset, state, account, serial, serial));
        }
    }

    byte[] Record(BatchStory b, long number, long sequence, byte[] previous)
    {
        var length = (130 * b.Commands.Count + 7) / 8 * 8;
        var record = new byte[96 + length];
        var span = record.AsSpan();
        "VBJ1"u8.CopyTo(span);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], 1);
        span[6] = b.Reserved;
        BinaryPrimitives.WriteUInt128LittleEndian(span[8..], b.Venue ?? Venue);
        BinaryPrimitives.WriteInt64LittleEndian(span[24..], b.Number ?? number);
        BinaryPrimitives.WriteInt64LittleEndian(span[32..], b.Sequence ?? sequence);
        BinaryPrimitives.WriteInt64LittleEndian(span[40..], b.Time);
        BinaryPrimitives.WriteInt32LittleEndian(span[48..], b.CommandCount ?? b.Commands.Count);
        BinaryPrimitives.WriteInt32LittleEndian(span[52..], length);
        (b.PreviousHash ?? previous).CopyTo(span[56..]);
        var at = 96;
        foreach (var c in b.Commands) { MemoryMarshal.Write(span[at..], c); at += 128; }
        foreach (var c in b.Codes) { BinaryPrimitives.WriteUInt16LittleEndian(span[at..], (ushort)c); at += 2; }
        if (b.Padding != 0) span[at] = b.Padding;
        BinaryPrimitives.WriteUInt32LittleEndian(span[88..], SlowCrc32C(span[96..]) ^ (b.BadPayloadCrc ? 1u : 0u));
        BinaryPrimitives.WriteUInt32LittleEndian(span[92..], SlowCrc32C(span[..92]) ^ (b.BadHeaderCrc ? 1u : 0u));
        return record;
    }

    /// <summary>Bit by bit from the polynomial, so that the two sides share not even an instruction.</summary>
    public static uint SlowCrc32C(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc ^= b;
            for (var k = 0; k < 8; k++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        }
        return ~crc;
    }

    static void Put<T>(Stream to, T value) where T : unmanaged, IBinaryInteger<T>
    {
        Span<byte> bytes = stackalloc byte[Marshal.SizeOf<UInt128>()];
        to.Write(bytes[..value.WriteLittleEndian(bytes)]);
    }

    public static (UInt128 Low, UInt128 High) AssetCode(string code)
    {
        Span<byte> bytes = stackalloc byte[32];
        Encoding.ASCII.GetBytes(code, bytes);
        return (MemoryMarshal.Read<UInt128>(bytes), MemoryMarshal.Read<UInt128>(bytes[16..]));
    }
}
