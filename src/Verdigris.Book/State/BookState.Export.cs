namespace Verdigris.Book;

// The whole state in the order of the export's trailer.
public sealed partial class BookState
{
    internal long BlockCount => Assets.Sum(a => a.Blocks.Count);

    /// <summary>Holdings with something in them, by account and asset.</summary>
    internal List<(long Account, int Asset, long Available, long Held)> ExportHoldings()
    {
        var list = new List<(long Account, int Asset, long Available, long Held)>();
        for (uint i = 0; i < HoldingTable.Count; i++)
        {
            ref var holding = ref HoldingTable[i];
            if (holding.Available != 0 || holding.Held != 0) list.Add((Accounts[holding.Account].Id, Assets[holding.Asset].Id, holding.Available, holding.Held));
        }
        list.Sort((a, b) => a.Account != b.Account ? a.Account.CompareTo(b.Account) : a.Asset.CompareTo(b.Asset));
        return list;
    }

    internal List<(UInt128 Id, int Asset, long Debit, long Credit, long Remaining)> ExportPendingHolds()
    {
        var list = new List<(UInt128 Id, int Asset, long Debit, long Credit, long Remaining)>();
        for (uint i = 0; i < Holds.Count; i++)
        {
            ref var hold = ref Holds[i];
            if (!hold.Ended) list.Add((Commands[hold.Command].Id, Assets[hold.Asset].Id, Accounts[HoldingTable[hold.Debit].Account].Id, Accounts[hold.Credit].Id, hold.Remaining));
        }
        list.Sort((a, b) => a.Id.CompareTo(b.Id));
        return list;
    }

    internal IEnumerable<BlockInfo> ExportBlocks() =>
        Assets.OrderBy(a => a.Id).SelectMany(a => a.Blocks.From(long.MinValue)).Select(entry => Info(entry.Value));
}
