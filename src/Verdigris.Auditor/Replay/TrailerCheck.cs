using System.Buffers.Binary;
using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>
/// Compares the state the exporter wrote at the end with the auditor's own (docs/book.md section 7): holdings, pending holds, blocks. Blocks
/// are compared by what they cover: where the Book keeps neighbours apart, they count as one.
/// </summary>
sealed class TrailerCheck(Ledger ledger, FindingList findings, ExportReader reader)
{
    readonly record struct Cover(int Asset, long First, long Last, long Account, int State);

    readonly Dictionary<int, Int128> sums = [];
    Cover? nextTheirs;
    int blocksLeft;
    bool cut;

    public long Blocks { get; private set; }

    /// <summary>False where the file ends inside the trailer or its lengths cannot be.</summary>
    public bool Check(long lastBatch)
    {
        if (!reader.Has(8)) return false;
        var batch = BinaryPrimitives.ReadInt64LittleEndian(reader.Take(8));
        if (batch != lastBatch) findings.Add("audit.trailer-batch", 0, 0, "last batch", lastBatch, batch);
        if (!Holdings() || !Holds()) return false;
        CompareBlocks();
        return !cut;
    }

    bool Count(out int count)
    {
        count = 0;
        if (!reader.Has(4)) return false;
        count = BinaryPrimitives.ReadInt32LittleEndian(reader.Take(4));
        if (count >= 0) return true;
        findings.Add("audit.structure", 0, 0, "trailer count", ">= 0", count);
        return false;
    }

    bool Holdings()
    {
        if (!Count(out var count)) return false;
        var mine = new List<(long Account, int Asset, int Slot)>();
        for (var slot = 0; slot < ledger.Holdings.Length; slot++)
        {
            ref readonly var h = ref ledger.Holdings[slot];
            if (h.Available != 0 || h.Held != 0) mine.Add((ledger.Account(h.Account).Id, h.Asset, slot));
        }
        mine.Sort();
        var at = 0;
        (long, int) previous = (long.MinValue, 0);
        for (; count > 0; count--)
        {
            if (!reader.Has(32)) return false;
            var row = reader.Take(32);
            var account = BinaryPrimitives.ReadInt64LittleEndian(row);
            var asset = BinaryPrimitives.ReadInt32LittleEndian(row[8..]);
            var available = BinaryPrimitives.ReadInt64LittleEndian(row[16..]);
            var held = BinaryPrimitives.ReadInt64LittleEndian(row[24..]);
            Zero(row[12..16], account, asset);
            sums[asset] = sums.GetValueOrDefault(asset) + available + held;
            if (previous.CompareTo((account, asset)) >= 0) findings.Add("audit.trailer-order", account, asset, "holding", "> " + previous, (account, asset).ToString());
            previous = (account, asset);
            for (; at < mine.Count && (mine[at].Account, mine[at].Asset).CompareTo((account, asset)) < 0; at++) Missing(mine[at].Slot);
            if (at < mine.Count && mine[at].Account == account && mine[at].Asset == asset)
            {
                ref var h = ref ledger.Holding(mine[at++].Slot);
                if (h.Available != available) findings.Add("audit.trailer-holding", account, asset, "available", h.Available, available);
                if (h.Held != held) findings.Add("audit.trailer-holding", account, asset, "held", h.Held, held);
            }
            else
            {
                findings.Add("audit.trailer-holding", account, asset, "available + held", "0 + 0", $"{available} + {held}");
            }
            if (findings.Full) return true;
        }
        for (; at < mine.Count && !findings.Full; at++) Missing(mine[at].Slot);
        foreach (var (asset, sum) in sums.OrderBy(s => s.Key))
            if (sum != 0) findings.Add("audit.trailer-conservation", 0, asset, "sum", 0, sum);
        return true;
    }

    void Missing(int slot)
    {
        ref var h = ref ledger.Holding(slot);
        findings.Add("audit.trailer-holding", ledger.Account(h.Account).Id, h.Asset, "available + held", $"{h.Available} + {h.Held}", "-");
    }

    void Zero(ReadOnlySpan<byte> bytes, long account, int asset)
    {
        if (bytes.ContainsAnyExcept((byte)0)) findings.Add("audit.record-zeros", account, asset, "trailer", 0, bytes.ToArray());
    }

    bool Holds()
    {
        if (findings.Full) return true;
        if (!Count(out var count)) return false;
        var mine = ledger.PendingHolds.Select(slot => (ledger.Hold(slot).Id, Slot: slot)).ToList();
        mine.Sort();
        var at = 0;
        UInt128? previous = null;
        for (; count > 0; count--)
        {
            if (!reader.Has(48)) return false;
            var row = reader.Take(48);
            var id = BinaryPrimitives.ReadUInt128LittleEndian(row);
            var asset = BinaryPrimitives.ReadInt32LittleEndian(row[16..]);
            var debit = BinaryPrimitives.ReadInt64LittleEndian(row[24..]);
            var credit = BinaryPrimitives.ReadInt64LittleEndian(row[32..]);
            var amount = BinaryPrimitives.ReadInt64LittleEndian(row[40..]);
            Zero(row[20..24], debit, asset);
            if (previous >= id) findings.Add("audit.trailer-order", debit, asset, "hold", "> " + FindingList.Hex(previous.Value), id);
            previous = id;
            for (; at < mine.Count && mine[at].Id < id; at++) MissingHold(mine[at].Slot);
            if (at < mine.Count && mine[at].Id == id)
            {
                ref var h = ref ledger.Hold(mine[at++].Slot);
                if (h.Asset != asset) findings.Add("audit.trailer-hold", debit, asset, "asset", h.Asset, asset);
                if (h.Debit != debit) findings.Add("audit.trailer-hold", debit, asset, "debit", h.Debit, debit);
                if (h.Credit != credit) findings.Add("audit.trailer-hold", credit, asset, "credit", h.Credit, credit);
                if (h.Remaining != amount) findings.Add("audit.trailer-hold", debit, asset, "amount", h.Remaining, amount);
            }
            else
            {
                findings.Add("audit.trailer-hold", debit, asset, "hold", "-", id);
            }
            if (findings.Full) return true;
        }
        for (; at < mine.Count && !findings.Full; at++) MissingHold(mine[at].Slot);
        return true;
    }

    void MissingHold(int slot)
    {
        ref var h = ref ledger.Hold(slot);
        findings.Add("audit.trailer-hold", h.Debit, h.Asset, "hold", h.Id, "-");
    }

    void CompareBlocks()
    {
        if (findings.Full) return;
        if (!Count(out blocksLeft)) { cut = true; return; }
        Blocks = blocksLeft;
        using var theirs = Merged(TheirBlocks()).GetEnumerator();
        using var mine = Merged(MyBlocks()).GetEnumerator();
        Cover? a = mine.MoveNext() ? mine.Current : null, b = theirs.MoveNext() ? theirs.Current : null;
        while ((a is not null || b is not null) && !findings.Full && !cut)
        {
            var order = a is null ? 1 : b is null ? -1 : (a.Value.Asset, a.Value.First).CompareTo((b.Value.Asset, b.Value.First));
            if (order == 0)
            {
                var (x, y) = (a!.Value, b!.Value);
                var last = Math.Min(x.Last, y.Last);
                if (x.Account != y.Account || x.State != y.State)
                    findings.Add("audit.trailer-block", y.Account, y.Asset, "block", Text(x with { Last = last }), Text(y with { Last = last }));
                a = x.Last > last ? x with { First = last + 1 } : mine.MoveNext() ? mine.Current : null;
                b = y.Last > last ? y with { First = last + 1 } : theirs.MoveNext() ? theirs.Current : null;
            }
            else if (order < 0)
            {
                var x = a!.Value;
                var last = b is { } y && y.Asset == x.Asset ? Math.Min(x.Last, y.First - 1) : x.Last;
                findings.Add("audit.trailer-block", x.Account, x.Asset, "block", Text(x with { Last = last }), "-");
                a = x.Last > last ? x with { First = last + 1 } : mine.MoveNext() ? mine.Current : null;
            }
            else
            {
                var y = b!.Value;
                var last = a is { } x && x.Asset == y.Asset ? Math.Min(y.Last, x.First - 1) : y.Last;
                findings.Add("audit.trailer-block", y.Account, y.Asset, "block", "-", Text(y with { Last = last }));
                b = y.Last > last ? y with { First = last + 1 } : theirs.MoveNext() ? theirs.Current : null;
            }
        }
    }

    static string Text(Cover c) => $"{c.First}-{c.Last} {(c.State == 0 ? "available" : "held")} account {c.Account}";

    static IEnumerable<Cover> Merged(IEnumerable<Cover> covers)
    {
        Cover? open = null;
        foreach (var c in covers)
        {
            if (open is { } o && o.Asset == c.Asset && o.Last < long.MaxValue && o.Last + 1 == c.First && o.Account == c.Account && o.State == c.State)
                open = o with { Last = c.Last };
            else
            {
                if (open is not null) yield return open.Value;
                open = c;
            }
        }
        if (open is not null) yield return open.Value;
    }

    IEnumerable<Cover> MyBlocks() =>
        from asset in ledger.Assets
        where asset.Serials is not null
        from run in asset.Serials!.All()
        select new Cover(asset.Id, run.First, run.Last, ledger.Account(ledger.Holding(run.Holding).Account).Id, run.Hold == SerialMap.Available ? 0 : 1);

    IEnumerable<Cover> TheirBlocks()
    {
        for (; blocksLeft > 0; blocksLeft--)
        {
            if (ReadBlock() is not { } block) { cut = true; yield break; }
            if (nextTheirs is { } before && (before.Asset, before.Last).CompareTo((block.Asset, block.First)) >= 0 || block.First < 1 || block.Last < block.First || block.State is not (0 or 1))
            {
                // Out of order or overlapping: reported, and left out of the comparison, which needs an order.
                findings.Add("audit.trailer-order", block.Account, block.Asset, "block", nextTheirs is { } p ? "after " + p.Last : "1..", Text(block));
                if (findings.Full) yield break;
                continue;
            }
            nextTheirs = block;
            yield return block;
        }
    }

    Cover? ReadBlock()
    {
        if (!reader.Has(32)) return null;
        var row = reader.Take(32);
        return new(BinaryPrimitives.ReadInt32LittleEndian(row), BinaryPrimitives.ReadInt64LittleEndian(row[16..]), BinaryPrimitives.ReadInt64LittleEndian(row[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(row[8..]), BinaryPrimitives.ReadInt32LittleEndian(row[4..]));
    }
}
