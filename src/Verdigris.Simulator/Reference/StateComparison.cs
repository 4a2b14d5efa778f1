using System.Collections.Immutable;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>
/// Asks the Book everything its queries can tell and compares with the reference. Answers with the first difference in words, or null.
/// </summary>
/// <param name="random">Draws which of the questions without number are asked: old balances, statements, lives of serials, old outcomes.</param>
public sealed class StateComparison(SeededRandom random)
{
    const int Sample = 40;

    IBookState actual = null!;
    LedgerState expected = LedgerState.Empty;
    IReadOnlyList<LedgerState> past = [];

    /// <param name="commandIds">Ids ever sent, from which outcomes are sampled.</param>
    /// <param name="earlier">States kept from earlier batches, against which old balances are held.</param>
    public string? Whole(IBookState book, LedgerState reference, IReadOnlyList<UInt128> commandIds, IReadOnlyList<LedgerState>? earlier = null)
    {
        past = earlier ?? [];
        actual = book;
        expected = reference;
        return Clock() ?? Registers() ?? Holdings() ?? Holds() ?? Totals() ?? Outcomes(commandIds) ?? Histories() ?? Serials();
    }

    /// <summary>The holdings that a batch touched.</summary>
    public static string? Touched(IBookState book, LedgerState reference, ReadOnlySpan<Effect> effects)
    {
        foreach (Effect effect in effects)
        {
            foreach (long account in new[] { effect.Debit, effect.Credit })
            {
                Holding holding = reference.Holding(account, effect.Asset);
                if (book.Balance(account, effect.Asset) is var balance && balance != new Balance(holding.Available, holding.Held))
                    return $"account {account} asset {effect.Asset}: {balance}, expected available {holding.Available}, held {holding.Held}";
            }
        }
        return null;
    }

    string? Clock() =>
        Differs(() => "last batch", actual.LastBatch, expected.LastBatch) ?? Differs(() => "time", actual.TimeMicros, expected.TimeMicros);

    string? Registers()
    {
        foreach (Asset asset in expected.Assets.Values)
        {
            AssetInfo info = new(asset.Id, asset.Code, asset.Kind, asset.Scale, asset.Class);
            if ((Differs(() => $"asset {asset.Id}", actual.Asset(asset.Id), info) ?? Differs(() => $"asset {asset.Code}", actual.Asset(asset.Code), info)) is { } difference) return difference;
        }
        foreach (Account account in expected.Accounts.Values)
        {
            AccountInfo info = new(account.Id, account.Type, account.Holder, account.Authority, account.Closed);
            if (Differs(() => $"account {account.Id}", actual.Account(account.Id), info) is { } difference) return difference;
        }
        for (int i = 0; i < Sample; i++)
        {
            long id = random.Between(-2, 5000);
            if (!expected.Accounts.ContainsKey(id) && Differs(() => $"account {id}, never opened", actual.Account(id), null) is { } difference) return difference;
            long account = AnyAccount(), trusted = AnyAccount(), at = expected.TimeMicros + random.Between(-5_000_000, 5_000_000);
            if (Differs(() => $"{account} trusts {trusted} at {at}", actual.Trusts(account, trusted, at), expected.TrustsAt(account, trusted, at)) is { } trust) return trust;
        }
        foreach (((long account, long trusted), long from) in expected.Trusts)
            if ((Differs(() => $"{account} trusts {trusted} from {from}", actual.Trusts(account, trusted, from), true)
                ?? (from == long.MinValue ? null : Differs(() => $"{account} trusts {trusted} before {from}", actual.Trusts(account, trusted, from - 1), false))) is { } difference) return difference;
        foreach (long account in expected.Accounts.Keys)
        {
            foreach (int asset in expected.Assets.Keys)
            {
                FreezeScope scope = expected.Freezes.GetValueOrDefault((account, asset)) | expected.Freezes.GetValueOrDefault((account, 0));
                if (Differs(() => $"freeze of account {account} asset {asset}", actual.Frozen(account, asset), scope) is { } difference) return difference;
            }
        }
        return null;
    }

    string? Holdings()
    {
        ILookup<long, PendingPosting> pending = expected.Holds.Values.Where(h => h.State is HoldState.Pending or HoldState.Scheduled).ToLookup(h => h.Debit);
        foreach (((long account, int asset), Holding holding) in expected.Holdings)
        {
            string what = $"account {account} asset {asset}";
            if (Differs(() => what, actual.Balance(account, asset), new Balance(holding.Available, holding.Held)) is { } difference) return difference;
            if (expected.Assets[asset].Kind == AssetKind.Fungible) continue;
            IReadOnlyList<BlockInfo> blocks = actual.Blocks(account, asset, int.MaxValue);
            var available = blocks.TakeWhile(b => b.Hold == 0).Select(b => new Run(b.First, b.Last)).ToList();
            if (Differs(() => what + ", available blocks in order", Text(available), Text(holding.Blocks)) is { } order) return order;
            var held = blocks.Skip(available.Count).Select(b => (b.Hold, b.First, b.Last)).Order().ToList();
            var expectedHeld = pending[account].Where(h => h.Asset == asset).SelectMany(h => h.Blocks.Select(b => (h.Id, b.First, b.Last))).Order().ToList();
            if (Differs(() => what + ", held blocks", string.Join(" ", held), string.Join(" ", expectedHeld)) is { } heldBlocks) return heldBlocks;
        }
        foreach (IGrouping<long, KeyValuePair<(long Account, int Asset), Holding>> account in expected.Holdings.GroupBy(h => h.Key.Account))
        {
            var mine = account.Where(h => h.Value.Available + h.Value.Held != 0).Select(h => (h.Key.Asset, new Balance(h.Value.Available, h.Value.Held))).OrderBy(h => h.Asset);
            if (Differs(() => $"holdings of account {account.Key}", string.Join(" ", actual.Holdings(account.Key).OrderBy(h => h.Asset)), string.Join(" ", mine)) is { } difference) return difference;
        }
        for (int i = 0; i < Sample; i++)
        {
            (long account, int asset) = (random.Between(-1, 10_000), random.Below(12));
            if (!expected.Holdings.ContainsKey((account, asset)) && Differs(() => $"account {account} asset {asset}, never used", actual.Balance(account, asset), default) is { } difference) return difference;
        }
        return null;
    }

    string? Holds()
    {
        foreach (PendingPosting hold in expected.Holds.Values)
        {
            HoldInfo? info = actual.Hold(hold.Id);
            if (info is null) return $"hold {hold.Id:x32} is unknown, expected {hold.State}";
            HoldInfo same = info with
            {
                State = hold.State,
                Asset = hold.Asset,
                Debit = hold.Debit,
                Credit = hold.Credit,
                Amount = hold.Amount,
                Remaining = hold.Remaining,
                Lien = hold.Lien,
                TransactionType = hold.TransactionType,
                OpenedBy = hold.OpenedBy,
                Reference = hold.Reference,
                TimeMicros = hold.DueMicros,
            };
            if (Differs(() => $"hold {hold.Id:x32}", info, same) is { } difference) return difference;
        }
        UInt128 never = random.NextId();
        return Differs(() => $"hold {never:x32}, never opened", actual.Hold(never), null);
    }

    string? Totals()
    {
        foreach (int asset in expected.Assets.Keys)
        {
            Int128 issued = 0, owed = 0;
            foreach (((_, int of), Holding holding) in expected.Holdings)
            {
                if (of != asset) continue;
                Int128 total = (Int128)holding.Available + holding.Held;
                if (total > 0) issued += total;
                else owed += total;
            }
            if (issued + owed != 0) return $"the reference itself does not conserve asset {asset}: {issued} issued, {owed} owed";
            if (issued > long.MaxValue)
            {
                // More than the answer can say, from several issuers: it must not be answered with another number.
                try { return $"total of asset {asset}: {actual.Total(asset)}, expected no answer for {issued}"; }
                catch (OverflowException) { continue; }
            }
            if (Differs(() => $"total of asset {asset}", actual.Total(asset), ((long)issued, (long)owed)) is { } difference) return difference;
        }
        return null;
    }

    string? Outcomes(IReadOnlyList<UInt128> commandIds)
    {
        for (int i = 0; i < Sample && commandIds.Count > 0; i++)
        {
            UInt128 id = commandIds[random.Below(commandIds.Count)];
            Outcome? first = expected.Outcomes.GetValueOrDefault(id)?.Outcome;
            Outcome? told = actual.OutcomeOf(id);
            if (Differs(() => $"outcome of command {id:x32}", told is { } t ? t with { Repeated = false } : null, first) is { } difference) return difference;
        }
        UInt128 never = random.NextId();
        return Differs(() => $"outcome of command {never:x32}, never sent", actual.OutcomeOf(never), null);
    }

    /// <summary>Statements and old balances of some holdings.</summary>
    string? Histories()
    {
        if (expected.Holdings.IsEmpty) return null;
        (long Account, int Asset)[] keys = [.. expected.Holdings.Keys];
        for (int i = 0; i < 8; i++)
        {
            (long account, int asset) = random.Pick(keys);
            ImmutableList<Line> lines = expected.Lines.GetValueOrDefault((account, asset)) ?? [];
            string what = $"statement of account {account} asset {asset}";
            long cursor = 0;
            int at = lines.Count - 1;
            for (int page = 0; page < 3; page++)
            {
                int limit = 1 + random.Below(30);
                IReadOnlyList<StatementEntry> entries = actual.Statement(account, asset, cursor, limit);
                if (Differs(() => what + ", lines on a page", entries.Count, Math.Min(limit, at + 1)) is { } count) return count;
                foreach (StatementEntry entry in entries)
                {
                    Line line = lines[at--];
                    StatementEntry same = new(entry.Cursor, line.Batch, line.TimeMicros, line.Counterparty, line.Change, line.BalanceAfter, line.First, line.Command, line.TransactionType);
                    if (Differs(() => what, entry, same) is { } difference) return difference;
                    cursor = entry.Cursor;
                }
                if (at < 0) break;
            }
            if (past.Count > 0)
            {
                LedgerState then = random.Pick(past);
                Holding old = then.Holding(account, asset);
                if (Differs(() => $"account {account} asset {asset} as of batch {then.LastBatch}", actual.BalanceAsOf(account, asset, then.LastBatch), new Balance(old.Available, old.Held)) is { } earlier) return earlier;
            }
            Holding now = expected.Holding(account, asset);
            if (Differs(() => $"account {account} asset {asset} as of the last batch", actual.BalanceAsOf(account, asset, expected.LastBatch), new Balance(now.Available, now.Held)) is { } latest) return latest;
        }
        return null;
    }

    string? Serials()
    {
        Asset[] serialised = [.. expected.Assets.Values.Where(a => a.Kind == AssetKind.Serialised && !a.Issued.IsEmpty)];
        for (int i = 0; i < 12 && serialised.Length > 0; i++)
        {
            Asset asset = random.Pick(serialised);
            Run run = asset.Issued[random.Below(asset.Issued.Count)];
            long serial = random.Below(8) switch { 0 => run.First, 1 => run.Last, 2 => run.Last == long.MaxValue ? run.Last : run.Last + 1, _ => run.First + random.Below(run.Count) };
            string what = $"serial {serial} of asset {asset.Id}";
            var moves = expected.Movements.Where(m => m.Asset == asset.Id && m.First <= serial && serial - m.First < m.Amount).ToList();
            string life = string.Join("; ", actual.Life(asset.Id, serial).Select(m => (m.Batch, m.TimeMicros, m.Debit, m.Credit, m.CommandId, m.TransactionType, m.First <= serial && serial <= m.Last)));
            string expectedLife = string.Join("; ", moves.Select(m => (m.Batch, m.TimeMicros, m.Debit, m.Credit, m.Command, m.TransactionType, true)));
            if (Differs(() => "life of " + what, life, expectedLife) is { } difference) return difference;
            if (Differs(() => "owner of " + what, actual.Owner(asset.Id, serial), OwnerOf(asset.Id, serial)) is { } owner) return owner;
        }
        return null;
    }

    BlockInfo? OwnerOf(int asset, long serial)
    {
        foreach (((long account, int of), Holding holding) in expected.Holdings)
        {
            if (of != asset) continue;
            foreach (Run run in holding.Blocks)
                if (run.First <= serial && serial <= run.Last) return new(asset, account, run.First, run.Last, 0);
        }
        foreach (PendingPosting hold in expected.Holds.Values.Where(h => h.Asset == asset))
            foreach (Run run in hold.Blocks)
                if (run.First <= serial && serial <= run.Last) return new(asset, hold.Debit, run.First, run.Last, hold.Id);
        return null;
    }

    long AnyAccount() => expected.Accounts.IsEmpty || random.Chance(5) ? random.Below(3000) : random.Pick([.. expected.Accounts.Keys]);

    static string Text(IEnumerable<Run> runs) => string.Join(" ", runs.Select(r => $"{r.First}-{r.Last}"));

    // The words are made only where they are needed: most of a run is agreement.
    static string? Differs<T>(Func<string> what, T is_, T expected) =>
        EqualityComparer<T>.Default.Equals(is_, expected) ? null : $"{what()}: {Short(is_)}, expected {Short(expected)}";

    static string Short<T>(T value)
    {
        string text = value?.ToString() ?? "nothing";
        return text.Length <= 600 ? text : text[..600] + "…";
    }
}
