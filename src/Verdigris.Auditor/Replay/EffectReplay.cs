using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>
/// Applies effects as the file states them, leg by leg, and proves of each that it could happen: enough units, serials in the right
/// place and state, a hold that keeps what leaves it. After a finding it goes on with what the file says, so that one break does not hide others.
/// </summary>
sealed class EffectReplay(Ledger ledger, FindingList findings)
{
    /// <summary>Applies one effect.</summary>
    /// <param name="issues">The rule behind it issues: the debit holding may go negative and serials come into being.</param>
    /// <param name="hold">Slot of the hold it belongs to, or -1.</param>
    public void Apply(in EffectRow e, bool issues, int hold)
    {
        if (e.Amount <= 0)
        {
            findings.Add("audit.amount", e.Debit, e.Asset, "amount", "> 0", e.Amount);
            return;
        }
        if (ledger.Asset(e.Asset) is not { } asset)
        {
            findings.Add("audit.asset-unknown", e.Debit, e.Asset, "asset", "defined", e.Asset);
            return;
        }
        var debit = Holding(e.Debit, e.Asset);
        var credit = Holding(e.Credit, e.Asset);
        ledger.Touch(asset);
        switch (e.Kind)
        {
            case Effects.Posted:
                if (debit >= 0) Change(asset, debit, -e.Amount, 0, mayBeNegative: issues);
                if (credit >= 0) Change(asset, credit, e.Amount, 0);
                break;
            case Effects.Held:
                if (debit >= 0) Change(asset, debit, -e.Amount, e.Amount, mayBeNegative: issues);
                break;
            case Effects.HoldPosted or Effects.HoldReleased:
                if (debit >= 0) Change(asset, debit, 0, -e.Amount);
                if (credit >= 0) Change(asset, credit, e.Amount, 0);
                break;
            default:
                if (debit >= 0) Change(asset, debit, e.Amount, -e.Amount, mayBeNegative: true);
                break;
        }
        if (issues && debit >= 0 && e.Kind is Effects.Posted or Effects.Held) ledger.Holding(debit).Issued += e.Amount;
        Serials(in e, asset, issues, hold, debit, credit);
    }

    int Holding(long account, int asset)
    {
        var slot = ledger.AccountSlot(account);
        if (slot >= 0) return ledger.HoldingSlot(slot, asset);
        findings.Add("audit.account-unknown", account, asset, "account", "open", account);
        return -1;
    }

    /// <summary>Changes a balance. Only a debit of a holding that may not be negative can break a rule here.</summary>
    void Change(AssetState asset, int slot, long available, long held, bool mayBeNegative = false)
    {
        ref var holding = ref ledger.Holding(slot);
        var account = ledger.Account(holding.Account).Id;
        var newAvailable = (Int128)holding.Available + available;
        var newHeld = (Int128)holding.Held + held;
        if (newAvailable < long.MinValue || newAvailable > long.MaxValue || newHeld > long.MaxValue || newHeld < long.MinValue)
        {
            findings.Add("audit.overflow", account, asset.Id, available != 0 ? "available" : "held", "64 bits", available != 0 ? newAvailable : newHeld);
            return;
        }
        asset.Sum += (Int128)available + held;
        holding.Available = (long)newAvailable;
        holding.Held = (long)newHeld;
        if (available < 0 && newAvailable < 0 && !mayBeNegative) findings.Add("audit.negative", account, asset.Id, "available", ">= 0", newAvailable);
        if (newHeld < 0) findings.Add("audit.negative", account, asset.Id, "held", ">= 0", newHeld);
    }

    void Serials(in EffectRow e, AssetState asset, bool issues, int hold, int debit, int credit)
    {
        if (asset.Serials is not { } map)
        {
            if (e.SerialFirst != 0) findings.Add("audit.serial-form", e.Debit, e.Asset, "serial", 0, e.SerialFirst);
            return;
        }
        var withoutSerials = hold >= 0 && ledger.Hold(hold).WithoutSerials;
        if (e.SerialFirst == 0 && issues && e.Kind == Effects.Held)
        {
            // An issuing hold may leave its serials to the posting: they come into being there.
            if (hold >= 0) ledger.Hold(hold).WithoutSerials = true;
            if (debit >= 0) ledger.Holding(debit).HeldWithoutSerials += e.Amount;
            return;
        }
        if (withoutSerials)
        {
            if (debit >= 0)
            {
                ref var holding = ref ledger.Holding(debit);
                holding.HeldWithoutSerials -= e.Amount;
                if (e.Kind is not (Effects.HoldPosted or Effects.HoldReleased)) holding.Issued -= e.Amount;
            }
            if (e.Kind is not (Effects.HoldPosted or Effects.HoldReleased))
            {
                if (e.SerialFirst != 0) findings.Add("audit.serial-form", e.Debit, e.Asset, "serial", 0, e.SerialFirst);
                return;
            }
        }
        if (e.SerialFirst < 1 || e.SerialFirst > long.MaxValue - (e.Amount - 1))
        {
            findings.Add("audit.serial-form", e.Debit, e.Asset, "serial", "1..", e.SerialFirst);
            return;
        }
        var first = e.SerialFirst;
        var last = first + (e.Amount - 1);
        var (to, state) = e.Kind switch
        {
            Effects.Posted or Effects.HoldPosted or Effects.HoldReleased => (credit, SerialMap.Available),
            Effects.Held => (debit, hold),
            _ => (debit, SerialMap.Available),
        };
        if (to < 0) return;
        if (withoutSerials || (issues && e.Kind is Effects.Posted or Effects.Held))
        {
            if (map.Touching(first, last) is { } issued)
                findings.Add("audit.serial-issued-twice", e.Debit, e.Asset, "serial", "new " + first + "-" + last, Where(Math.Max(first, issued.First), issued));
        }
        else if (debit >= 0)
        {
            var from = e.Kind is Effects.Posted or Effects.Held ? SerialMap.Available : hold;
            var astray = map.Move(first, last, debit, from, to, state, out var where);
            if (astray == 0) return;
            findings.Add("audit.serial-not-held", e.Debit, e.Asset, "serial", Where(astray, new(astray, astray, debit, from)), where is { } run ? Where(astray, run) : astray + " never issued");
        }
        map.Put(first, last, to, state);
    }

    string Where(long serial, Run run) => serial + (run.Hold == SerialMap.Available ? " available, account " : " held, account ") + ledger.Account(ledger.Holding(run.Holding).Account).Id;
}
