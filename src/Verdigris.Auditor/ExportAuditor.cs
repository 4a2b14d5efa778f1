using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Verdigris.Auditor.Reading;
using Verdigris.Auditor.Replay;

namespace Verdigris.Auditor;

/// <summary>
/// An independent reader of an exported journal. Written from docs/book.md alone and sharing no code with the Book, it replays the
/// file and proves that nothing in it was counted twice; <see cref="AuditRule.All"/> lists what it proves.
/// </summary>
/// <remarks>
/// One pass, forward only: the stream need not seek. Memory follows the state (accounts, holdings, blocks, pending holds, and 24-48 bytes for each
/// command id, which the Book remembers for ever), not the length of the file. Not proved: that a refusal was right, and which of several available
/// blocks a holding gave first.
/// </remarks>
public static class ExportAuditor
{
    const int FileHeader = 24, RecordHeader = 96;
    const long ProgressEvery = 16L << 20;

    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static AuditReport Audit(Stream file, AuditOptions? options = null, IProgress<AuditProgress>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxFindings, 1);
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("The export is little endian.");
        using var reader = new ExportReader(file);
        return new Pass(reader, options, progress, file.CanSeek ? file.Length : 0).Run();
    }

    sealed class Pass
    {
        readonly ExportReader reader;
        readonly FindingList findings;
        readonly IProgress<AuditProgress>? progress;
        readonly long length;
        readonly Ledger ledger = new();
        readonly MerkleDays days = new();
        readonly TimeCheck time;
        readonly CommandCheck commands;
        readonly EffectCursor effects;
        readonly byte[] lastHash = new byte[32];
        byte[] record = [];
        UInt128 venue;
        long batches, sequence = 1, lastBatch, firstTime, lastTime, blocks, nextProgress = ProgressEvery;

        public Pass(ExportReader reader, AuditOptions options, IProgress<AuditProgress>? progress, long length)
        {
            (this.reader, this.progress, this.length) = (reader, progress, length);
            findings = new(options.MaxFindings);
            var timers = new Timers(ledger);
            var replay = new EffectReplay(ledger, findings);
            var holds = new HoldReplay(ledger, findings, timers);
            time = new(ledger, findings, timers, holds, replay);
            commands = new(ledger, findings, timers, holds, replay);
            effects = new(reader, findings);
        }

        public AuditReport Run()
        {
            if (!Header()) return Report(isExport: false, complete: false);
            while (!findings.Full)
            {
                findings.Batch = lastBatch;
                if (!reader.Has(1)) return Truncated();
                switch (reader.Take(1)[0])
                {
                    case (byte)'B':
                        if (!Batch()) return Report(true, false);
                        break;
                    case (byte)'E':
                        return Report(true, Trailer());
                    case var tag:
                        findings.Add("audit.structure", 0, 0, "tag", "B / E", "0x" + tag.ToString("x2", null));
                        return Report(true, false);
                }
                if (reader.Offset < nextProgress) continue;
                nextProgress = reader.Offset + ProgressEvery;
                progress?.Report(new(reader.Offset, length, lastBatch, effects.Read));
            }
            return Report(true, false);
        }

        bool Header()
        {
            if (!reader.Has(FileHeader))
            {
                findings.Add("audit.not-an-export", 0, 0, "bytes", ">= " + FileHeader, reader.Ready(1, FileHeader));
                return false;
            }
            var header = reader.Take(FileHeader);
            var version = BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
            if (!header[..4].SequenceEqual("VBX1"u8) || version != 1)
            {
                findings.Add("audit.not-an-export", 0, 0, "magic, version", "56425831, 1", Convert.ToHexString(header[..4]) + ", " + version);
                return false;
            }
            Zeros(header[6..8], "header");
            venue = BinaryPrimitives.ReadUInt128LittleEndian(header[8..]);
            return true;
        }

        /// <summary>One record with its effects; false where the file cannot be read on.</summary>
        bool Batch()
        {
            if (!reader.Has(RecordHeader)) return Cut();
            var header = reader.Peek(RecordHeader);
            var count = BinaryPrimitives.ReadInt32LittleEndian(header[48..]);
            var payload = BinaryPrimitives.ReadInt32LittleEndian(header[52..]);
            if (!header[..4].SequenceEqual("VBJ1"u8) || BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) != 1)
                return Structure("record magic, version", "56424a31, 1", Convert.ToHexStringLower(header[..6]));
            if (count < 0 || payload < 0 || payload != (130L * count + 7) / 8 * 8) return Structure("payload length", (130L * count + 7) / 8 * 8, payload);
            if (payload > Array.MaxLength - RecordHeader - 64) return Structure("payload length", "< 2 GiB", payload);
            if (!reader.Has(RecordHeader + payload + 32 + 4)) return Cut();
            if (record.Length < RecordHeader + payload) record = new byte[RecordHeader + payload];
            var bytes = record.AsSpan(0, RecordHeader + payload);
            reader.Take(bytes.Length).CopyTo(bytes);
            Span<byte> hash = stackalloc byte[32];
            reader.Take(32).CopyTo(hash);
            var effectCount = BinaryPrimitives.ReadInt32LittleEndian(reader.Take(4));

            Chain(bytes, hash);
            var now = BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]);
            if (batches > 0 && now < lastTime) findings.Add("audit.time-back", 0, 0, "time", ">= " + lastTime, now);
            if (batches++ == 0) firstTime = now;
            // Timers go by the latest time seen, as the specification's clock does; a time that went back was reported.
            lastTime = batches == 1 ? now : Math.Max(lastTime, now);
            days.Add(lastTime, lastBatch, hash);
            if (effectCount < 0) return Structure("effects", ">= 0", effectCount);

            effects.Begin(effectCount);
            findings.Command = -1;
            time.Check(lastTime, effects);
            findings.Command = null;
            var rows = MemoryMarshal.Cast<byte, CommandRow>(bytes.Slice(RecordHeader, 128 * count));
            var codes = MemoryMarshal.Cast<byte, ushort>(bytes.Slice(RecordHeader + 128 * count, 2 * count));
            commands.Check(rows, codes, lastTime, effects);
            if (effects.Cut) return Cut();
            ledger.CheckConservation(findings);
            sequence += count;
            return true;
        }

        /// <summary>Checksums, own hash, link to the record before, numbers.</summary>
        void Chain(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> hash)
        {
            var number = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
            // The number the record should have: what follows is found under it even where the record's own is damaged.
            findings.Batch = ++lastBatch;
            Crc("header crc", Crc32C.Of(bytes[..92]), bytes[92..]);
            Crc("payload crc", Crc32C.Of(bytes[RecordHeader..]), bytes[88..]);
            Span<byte> own = stackalloc byte[32];
            SHA256.HashData(bytes, own);
            if (!own.SequenceEqual(hash)) findings.Add("audit.record-hash", 0, 0, "hash", own.ToArray(), hash.ToArray());
            if (!bytes.Slice(56, 32).SequenceEqual(lastHash)) findings.Add("audit.hash-chain", 0, 0, "previous hash", lastHash, bytes.Slice(56, 32).ToArray());
            hash.CopyTo(lastHash);
            var recordVenue = BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]);
            if (recordVenue != venue) findings.Add("audit.venue", 0, 0, "venue", venue, recordVenue);
            if (number != lastBatch) findings.Add("audit.batch-number", 0, 0, "batch", lastBatch, number);
            var first = BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]);
            if (first != sequence) findings.Add("audit.sequence", 0, 0, "first command", sequence, first);
            Zeros(bytes[6..8], "record header");
            Zeros(bytes[(RecordHeader + 130 * BinaryPrimitives.ReadInt32LittleEndian(bytes[48..]))..], "padding");
        }

        void Crc(string field, uint expected, ReadOnlySpan<byte> found)
        {
            var given = BinaryPrimitives.ReadUInt32LittleEndian(found);
            if (given != expected) findings.Add("audit.record-crc", 0, 0, field, expected.ToString("x8", null), given.ToString("x8", null));
        }

        void Zeros(ReadOnlySpan<byte> bytes, string field)
        {
            if (bytes.ContainsAnyExcept((byte)0)) findings.Add("audit.record-zeros", 0, 0, field, 0, bytes.ToArray());
        }

        bool Trailer()
        {
            findings.Batch = 0;
            var trailer = new TrailerCheck(ledger, findings, reader);
            if (!trailer.Check(lastBatch)) return findings.Full || findings.Found.Any(f => f.Code == "audit.structure") ? false : Cut();
            blocks = trailer.Blocks;
            if (findings.Full) return false;
            SerialUnits.Check(ledger, findings);
            var expected = reader.Hash();
            if (!reader.Has(32)) return Cut();
            var found = reader.Take(32);
            if (!found.SequenceEqual(expected)) findings.Add("audit.file-hash", 0, 0, "hash", expected, found.ToArray());
            if (reader.Has(1)) findings.Add("audit.trailing-bytes", 0, 0, "bytes", 0, ">= 1");
            return !findings.Full;
        }

        AuditReport Truncated()
        {
            Cut();
            return Report(true, false);
        }

        bool Cut()
        {
            findings.Command = null;
            findings.Add("audit.truncated", 0, 0, "last whole batch, bytes", "trailer", $"{(effects.Cut ? lastBatch - 1 : lastBatch)}, {reader.Offset}");
            return false;
        }

        bool Structure(string field, object expected, object found)
        {
            findings.Batch = lastBatch;
            findings.Add("audit.structure", 0, 0, field, expected, found);
            return false;
        }

        AuditReport Report(bool isExport, bool complete)
        {
            var assets = new Dictionary<int, (decimal Issued, decimal Owed)>();
            var holdings = 0L;
            foreach (ref readonly var h in ledger.Holdings)
            {
                if (h.Available == 0 && h.Held == 0) continue;
                holdings++;
                var total = (decimal)h.Available + h.Held;
                ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(assets, h.Asset, out _);
                if (total > 0) sums.Issued += total; else sums.Owed += total;
            }
            progress?.Report(new(reader.Offset, length, lastBatch, effects.Read));
            return new(
                isExport, complete, FindingList.Hex(venue), reader.Offset, batches, sequence - 1, commands.Accepted, effects.Read,
                ledger.AccountCount, holdings, ledger.PendingHoldCount, blocks, firstTime, lastTime, Convert.ToHexStringLower(lastHash),
                [.. ledger.Assets.Select(a => new AuditAsset(a.Id, a.Code, a.Serials is not null, assets.GetValueOrDefault(a.Id).Issued, assets.GetValueOrDefault(a.Id).Owed))],
                days.Finish(), findings.Found);
        }
    }
}
