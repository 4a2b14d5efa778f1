namespace Verdigris.Book;

/// <summary>Where the state's memory is, in bytes.</summary>
public sealed record BookMemory(long Accounts, long Holdings, long Blocks, long Segments, long Holds, long History, long CommandIds, uint HoldingCount, long BlockCount)
{
    /// <summary>Accounts and holdings with their indexes, for one pair of account and asset; null where there is none.</summary>
    public decimal? BytesPerHolding => HoldingCount == 0 ? null : Math.Round((Accounts + Holdings) / (decimal)HoldingCount, 1);

    /// <summary>Blocks, their index and their lineage's index, for one block; null where there is none.</summary>
    public decimal? BytesPerBlock => BlockCount == 0 ? null : Math.Round((Blocks + Segments) / (decimal)BlockCount, 1);
}

public sealed partial class BookState
{
    /// <summary>Counts what the tables take. Walks the serial indexes: not for the hot path.</summary>
    public BookMemory MemoryReport() => new(
        Accounts.Bytes + accountIndex.Bytes,
        HoldingTable.Bytes + holdingIndex.Bytes,
        BlockTable.Bytes + Assets.Sum(a => a.Blocks.Bytes),
        Assets.Sum(a => a.Segments.Bytes),
        Holds.Bytes,
        Moves.Bytes + Checkpoints.Bytes + Nodes.Bytes + Parents.Bytes + Batches.Bytes,
        Commands.Bytes + commandIndex.Bytes,
        HoldingTable.Count,
        Assets.Sum(a => a.Blocks.Count));
}
