using Verdigris.Book;

namespace Verdigris.Simulator.Registry;

/// <summary>Where every single unit is, one entry a serial.</summary>
sealed class UnitCensus(RegistryWorld world)
{
    readonly Dictionary<(int Asset, long Serial), long> owners = [];
    readonly Dictionary<(int Asset, long Serial), long> givers = [];

    /// <summary>Null, or what is wrong with the units that moved.</summary>
    public string? Move(in Effect e)
    {
        if (e.SerialFirst <= 0) return "units without serials";
        bool issued = world.Account(e.Debit)!.Role == Role.Issuer;
        for (long serial = e.SerialFirst; serial < e.SerialFirst + e.Amount; serial++)
        {
            bool exists = owners.TryGetValue((e.Asset, serial), out long owner);
            if (issued && exists) return $"unit {serial} was issued twice";
            if (!issued && (!exists || owner != e.Debit)) return $"unit {serial} is not in that account but in {owner}";
            owners[(e.Asset, serial)] = e.Credit;
            if (world.Account(e.Credit)!.Role is Role.Surrendered or Role.Deleted) givers[(e.Asset, serial)] = e.Debit;
        }
        return null;
    }

    /// <summary>A unit among these that another account than this one gave to the sink it is in; null when there is none.</summary>
    public long? NotGivenBy(int asset, long first, long amount, long account)
    {
        for (long serial = first; serial < first + amount; serial++)
            if (givers.GetValueOrDefault((asset, serial)) != account) return serial;
        return null;
    }

    /// <summary>Holds the Book's balances, blocks and totals against the census. Null, or what differs.</summary>
    public string? Compare(IBookState book)
    {
        ILookup<(long Account, int Asset), long> byAccount = owners.ToLookup(o => (o.Value, o.Key.Asset), o => o.Key.Serial);
        foreach (int asset in world.Assets)
        {
            long sum = 0;
            foreach (RegistryAccount account in world.Accounts)
            {
                long total = book.Balance(account.Id, asset).Total;
                sum += total;
                if (account.Role == Role.Issuer) continue;
                SortedSet<long> counted = [.. byAccount[(account.Id, asset)]];
                if (total != counted.Count) return $"account {account.Id} has {total} units of asset {asset}, counted {counted.Count}";
                if (total > 0 && account.Scheme != asset / 10) return $"account {account.Id} holds asset {asset} of another scheme";
                foreach (BlockInfo block in book.Blocks(account.Id, asset, int.MaxValue))
                    for (long serial = block.First; serial <= block.Last; serial++)
                        if (!counted.Remove(serial)) return $"account {account.Id} holds unit {serial} of asset {asset}, which the census has elsewhere";
                if (counted.Count > 0) return $"account {account.Id} lacks unit {counted.Min} of asset {asset}";
            }
            if (sum != 0) return $"the totals of asset {asset} sum to {sum}";
        }
        return null;
    }
}
