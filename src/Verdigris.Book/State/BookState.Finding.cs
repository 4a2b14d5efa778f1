using System.Runtime.CompilerServices;

namespace Verdigris.Book;

/// <remarks>Rows of accounts, assets, holdings and batches by what they are known by.</remarks>
public sealed partial class BookState
{
    uint FindAccount(long id) => accountIndex.Find(Mix.Hash(unchecked((ulong)id)), new AccountMatch(this, id));

    bool ActingForKnown(long id) => id == 0 || FindAccount(id) != None;

    AssetState? FindAsset(int id)
    {
        if (lastAsset is not null && lastAsset.Id == id) return lastAsset;
        return assetById.TryGetValue(id, out var asset) ? lastAsset = asset : null;
    }

    static ulong HoldingHash(uint account, int asset) => Mix.Hash((ulong)account << 32 | (uint)asset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    uint FindHolding(uint account, int asset)
    {
        ref var row = ref Accounts[account];
        if (row.FirstHolding != 0 && row.FirstAsset == asset) return row.FirstHolding - 1;
        return row.FirstHolding == 0 ? None : holdingIndex.Find(HoldingHash(account, asset), new HoldingMatch(this, account, asset));
    }

    uint HoldingOf(uint account, int asset)
    {
        uint found = FindHolding(account, asset);
        if (found != None) return found;
        uint row = HoldingTable.Add();
        ref var holding = ref HoldingTable[row];
        ref var owner = ref Accounts[account];
        holding.Account = account;
        holding.Asset = asset;
        holding.NextOfAccount = owner.Holdings;
        owner.Holdings = row + 1;
        if (owner.FirstHolding == 0)
        {
            owner.FirstHolding = row + 1;
            owner.FirstAsset = asset;
        }
        holdingIndex.Add(HoldingHash(account, asset), row);
        return row;
    }

    long BatchOfCommand(uint row) => BatchWhere(row, moves: false);

    long BatchOfMove(uint row) => BatchWhere(row, moves: true);

    /// <summary>The last batch that begins at or before the row.</summary>
    long BatchWhere(uint row, bool moves)
    {
        uint low = 0, high = Batches.Count;
        while (low < high)
        {
            uint middle = low + (high - low) / 2;
            ref var batch = ref Batches[middle];
            if ((moves ? batch.FirstMove : batch.FirstCommand) <= row) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
