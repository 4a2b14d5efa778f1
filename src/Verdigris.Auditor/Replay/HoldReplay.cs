using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>Ends and shrinks holds as effects say, and keeps the sum of pending holds beside each holding's held amount.</summary>
sealed class HoldReplay(Ledger ledger, FindingList findings, Timers timers)
{
    public int Open(in HoldState hold)
    {
        var slot = ledger.AddHold(in hold);
        ledger.Holding(hold.Holding).PendingHolds += hold.Remaining;
        timers.Schedule(in hold);
        return slot;
    }

    /// <summary>Takes an amount out of a hold; ended when nothing is left.</summary>
    public void Take(int slot, long amount)
    {
        ref var hold = ref ledger.Hold(slot);
        // What the file takes too much is reported by the caller; here a hold keeps nothing negative.
        amount = Math.Clamp(amount, 0, hold.Remaining);
        hold.Remaining -= amount;
        ref var holding = ref ledger.Holding(hold.Holding);
        holding.PendingHolds -= amount;
        if (hold.Remaining == 0)
        {
            timers.Forget(in hold);
            ledger.EndHold(slot);
        }
    }

    /// <summary>The held amount of a holding is the sum of its pending holds, after every command that touches either.</summary>
    public void CheckSum(int holdingSlot)
    {
        ref var holding = ref ledger.Holding(holdingSlot);
        if (holding.Held != holding.PendingHolds)
            findings.Add("audit.hold-sum", ledger.Account(holding.Account).Id, holding.Asset, "held", holding.PendingHolds, holding.Held);
    }
}
