using System.Runtime.InteropServices;

namespace Verdigris.Auditor.Replay;

/// <summary>At the end: a serialised holding has as many units as serials lie in it, and a hold as many as it keeps.</summary>
static class SerialUnits
{
    public static void Check(Ledger ledger, FindingList findings)
    {
        var available = new Dictionary<int, Int128>();
        var held = new Dictionary<int, Int128>();
        var inHold = new Dictionary<int, Int128>();
        foreach (var asset in ledger.Assets)
        {
            if (asset.Serials is null) continue;
            foreach (var run in asset.Serials.All())
            {
                var units = (Int128)run.Last - run.First + 1;
                if (run.Hold == SerialMap.Available) { CollectionsMarshal.GetValueRefOrAddDefault(available, run.Holding, out _) += units; continue; }
                CollectionsMarshal.GetValueRefOrAddDefault(held, run.Holding, out _) += units;
                CollectionsMarshal.GetValueRefOrAddDefault(inHold, run.Hold, out _) += units;
            }
        }
        for (var slot = 0; slot < ledger.Holdings.Length && !findings.Full; slot++)
        {
            ref readonly var h = ref ledger.Holdings[slot];
            if (ledger.Asset(h.Asset)?.Serials is null) continue;
            var account = ledger.Account(h.Account).Id;
            var (a, b) = (available.GetValueOrDefault(slot), held.GetValueOrDefault(slot));
            if (h.Available + h.Issued != a) findings.Add("audit.serial-units", account, h.Asset, "available", h.Available + h.Issued, a);
            if (h.Held - (Int128)h.HeldWithoutSerials != b) findings.Add("audit.serial-units", account, h.Asset, "held", h.Held - (Int128)h.HeldWithoutSerials, b);
        }
        foreach (var slot in ledger.PendingHolds)
        {
            ref var hold = ref ledger.Hold(slot);
            if (ledger.Asset(hold.Asset)?.Serials is null || hold.WithoutSerials) continue;
            var units = inHold.GetValueOrDefault(slot);
            if (units != hold.Remaining) findings.Add("audit.serial-units", hold.Debit, hold.Asset, "hold " + FindingList.Hex(hold.Id), hold.Remaining, units);
        }
    }
}
