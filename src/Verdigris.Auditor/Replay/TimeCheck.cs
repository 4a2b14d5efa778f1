using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>What the passing of time did at the start of a batch (docs/book.md section 3): nothing early, nothing missing, in order.</summary>
sealed class TimeCheck(Ledger ledger, FindingList findings, Timers timers, HoldReplay holds, EffectReplay effects)
{
    readonly List<(UInt128 Hold, bool Releases, long Due)> due = [];

    public void Check(long now, EffectCursor cursor)
    {
        due.Clear();
        while (timers.TryTakeDue(now, out var slot, out var releases, out var at)) due.Add((ledger.Hold(slot).Id, releases, at));
        var next = 0;
        while (cursor.At(-1, out var e))
        {
            var slot = ledger.HoldSlot(e.Hold);
            if (slot < 0)
            {
                findings.Add("audit.hold-not-pending", e.Debit, e.Asset, "hold", "pending", e.Hold);
                cursor.Advance();
                continue;
            }
            // Due entries of holds that another due entry ended need nothing more.
            while (next < due.Count && ledger.HoldSlot(due[next].Hold) < 0) next++;
            var expected = due.FindIndex(next, d => d.Hold == e.Hold);
            if (expected < 0)
                findings.Add("audit.timer-early", e.Debit, e.Asset, "time", Due(slot), now);
            else if (expected != next)
                findings.Add("audit.timer-order", e.Debit, e.Asset, "hold", due[next].Hold, e.Hold);
            End(slot, expected < 0 ? e.Kind == Effects.HoldReleased : due[expected].Releases, e.Hold, cursor);
        }
        foreach (var d in due)
            if (ledger.HoldSlot(d.Hold) is >= 0 and var left)
            {
                ref var hold = ref ledger.Hold(left);
                findings.Add("audit.timer-missing", hold.Debit, hold.Asset, "hold " + FindingList.Hex(d.Hold), (d.Releases ? "release at " : "expiry at ") + d.Due, "pending at " + now);
            }
    }

    string Due(int slot)
    {
        ref var hold = ref ledger.Hold(slot);
        var at = hold.ReleasesAt != long.MinValue ? hold.ReleasesAt : hold.ExpiresAt;
        return at == long.MinValue ? "no due time" : ">= " + at;
    }

    /// <summary>All effects of one hold's end, one a run.</summary>
    void End(int slot, bool releases, UInt128 id, EffectCursor cursor)
    {
        ref var hold = ref ledger.Hold(slot);
        var (asset, debit, credit, holding, remaining) = (hold.Asset, hold.Debit, hold.Credit, hold.Holding, hold.Remaining);
        // Decided before the first effect changes a balance.
        var barrier = releases ? Barrier(debit, credit, asset, remaining) : (ushort)0;
        var kind = !releases ? Effects.HoldExpired : barrier == 0 ? Effects.HoldReleased : Effects.ReleaseRefused;
        long sum = 0;
        while (cursor.At(-1, out var e) && e.Hold == id)
        {
            if (e.Kind != kind)
            {
                if (releases && e.Kind is Effects.HoldReleased or Effects.ReleaseRefused)
                    findings.Add("audit.release-refused", debit, asset, "kind", Effects.Name(kind), Effects.Name(e.Kind));
                else
                    findings.Add("audit.effect-mismatch", debit, asset, "kind", Effects.Name(kind), Effects.Name(e.Kind));
            }
            else if (kind == Effects.ReleaseRefused && e.Code != barrier)
                findings.Add("audit.release-refused", debit, asset, "code", barrier, e.Code);
            if (e.Asset != asset) findings.Add("audit.effect-mismatch", debit, asset, "asset", asset, e.Asset);
            else if (e.Debit != debit) findings.Add("audit.effect-mismatch", debit, asset, "debit", debit, e.Debit);
            else if (e.Credit != credit) findings.Add("audit.effect-mismatch", credit, asset, "credit", credit, e.Credit);
            effects.Apply(in e, false, slot);
            sum = e.Amount > 0 && sum <= long.MaxValue - e.Amount ? sum + e.Amount : sum;
            cursor.Advance();
        }
        if (sum != remaining) findings.Add("audit.hold-amount", debit, asset, "amount", remaining, sum);
        holds.Take(slot, remaining);
        holds.CheckSum(holding);
    }

    /// <summary>The code that would refuse a posting now, 0 for none; in the order of the list of codes.</summary>
    ushort Barrier(long debit, long credit, int asset, long amount) =>
        ledger.Closed(debit) ? Codes.DebitClosed
        : ledger.Closed(credit) ? Codes.CreditClosed
        : ledger.FrozenOut(debit, asset) ? Codes.DebitFrozen
        : ledger.FrozenIn(credit, asset) ? Codes.CreditFrozen
        : Overflows(credit, asset, amount) ? Codes.BalanceOverflow : (ushort)0;

    /// <summary>A balance that has no room refuses a release as it refuses a posting.</summary>
    bool Overflows(long credit, int asset, long amount)
    {
        if (ledger.AccountSlot(credit) is not (>= 0 and var account)) return false;
        ref var holding = ref ledger.Holding(ledger.HoldingSlot(account, asset));
        return (Int128)holding.Available + holding.Held + amount > long.MaxValue;
    }
}
