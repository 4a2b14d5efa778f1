using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>
/// Proves of every command of a batch that its outcome and its effects belong together, and of every accepted one that the rule table
/// and the state before it allowed it (docs/book.md sections 2 and 4). That a refusal was right is not proved: it counts nothing twice.
/// </summary>
sealed class CommandCheck(Ledger ledger, FindingList findings, Timers timers, HoldReplay holds, EffectReplay effects)
{
    readonly CommandIds ids = new();
    readonly DefinitionCheck definitions = new(ledger, findings);

    public long Accepted { get; private set; }

    public void Check(ReadOnlySpan<CommandRow> commands, ReadOnlySpan<ushort> codes, long now, EffectCursor cursor)
    {
        for (var i = 0; i < commands.Length && !findings.Full && !cursor.Cut; i++)
        {
            findings.Command = i;
            Warm(commands, i);
            if (commands[i].Has(Flags.Linked) && (i == 0 || !commands[i - 1].Has(Flags.Linked))) Chain(commands, codes, i);
            One(in commands[i], codes[i], i, now, cursor);
        }
        findings.Command = null;
        cursor.Finish(commands.Length);
    }

    /// <summary>In a large venue each look-up is a miss of the memory: asked for a few commands ahead, they overlap.</summary>
    void Warm(ReadOnlySpan<CommandRow> commands, int i)
    {
        if (i + 18 < commands.Length)
        {
            ref readonly var far = ref commands[i + 18];
            ids.Warm(far.Id);
            ledger.WarmIndex(far.Debit);
            ledger.WarmIndex(far.Credit);
        }
        if (i + 12 < commands.Length)
        {
            ledger.WarmAccount(commands[i + 12].Debit);
            ledger.WarmAccount(commands[i + 12].Credit);
        }
        if (i + 6 >= commands.Length) return;
        ledger.WarmHolding(commands[i + 6].Debit);
        ledger.WarmHolding(commands[i + 6].Credit);
    }

    /// <summary>
    /// A chain is accepted or refused whole. A repeat inside it answers what it did the first time and is not counted.
    /// </summary>
    void Chain(ReadOnlySpan<CommandRow> commands, ReadOnlySpan<ushort> codes, int start)
    {
        var end = start;
        while (end < commands.Length && commands[end].Has(Flags.Linked)) end++;
        var open = end == commands.Length;
        if (open) end--;
        int accepted = 0, fresh = 0;
        for (var i = start; i <= end; i++)
        {
            if (commands[i].Id == 0 || ids.Knows(commands[i].Id)) continue;
            fresh++;
            if (codes[i] == Codes.Accepted) accepted++;
        }
        if (open && accepted > 0)
            findings.Add("audit.linked", commands[end].Debit, commands[end].Asset, "chain", "ended in the batch", "open");
        else if (accepted > 0 && accepted < fresh)
            findings.Add("audit.linked", commands[start].Debit, commands[start].Asset, "accepted", "0 / " + fresh, accepted);
    }

    void One(in CommandRow c, ushort code, int index, long now, EffectCursor cursor)
    {
        if (!Codes.Known(code)) findings.Add("audit.code-unknown", c.Debit, c.Asset, "code", "0-94", code);
        var repeated = false;
        if (c.Id == 0)
        {
            if (code != Codes.CommandIdMissing) findings.Add("audit.command-id", c.Debit, c.Asset, "id", Codes.CommandIdMissing, code);
        }
        else if (code is not (Codes.CommandIdMissing or Codes.CommandIdReused) && !ids.TryAdd(in c, code, out var first, out var sameContent))
        {
            // The same bytes again are answered with the first outcome and change nothing; anything else must be refused.
            repeated = sameContent && first == code && !cursor.At(index, out _);
            if (!repeated && code == Codes.Accepted) findings.Add("audit.command-id", c.Debit, c.Asset, "id", "new", c.Id);
        }
        if (code != Codes.Accepted || repeated)
        {
            while (cursor.At(index, out var stray))
            {
                findings.Add("audit.refused-with-effects", stray.Debit, stray.Asset, "effects of code " + code, 0, Effects.Name(stray.Kind) + " " + stray.Amount);
                Stray(in stray, cursor);
            }
            return;
        }
        Accepted++;
        if (CommandForm.Fault(in c) is { } field) findings.Add("audit.command-form", c.Debit, c.Asset, field, 0, "set");
        if (c.ActingFor != 0 && c.Operation != Operations.Note && ledger.AccountSlot(c.ActingFor) < 0) findings.Add("audit.account-unknown", c.ActingFor, c.Asset, "acting for", "open", c.ActingFor);
        switch (c.Operation)
        {
            case Operations.Transfer: Transfer(in c, index, now, cursor); break;
            case Operations.Hold: Hold(in c, index, now, cursor); break;
            case Operations.PostHold: PostHold(in c, index, now, cursor); break;
            case Operations.VoidHold: VoidHold(in c, index, cursor); break;
            default: definitions.Apply(in c); break;
        }
        while (cursor.At(index, out var more))
        {
            findings.Add("audit.effect-mismatch", more.Debit, more.Asset, "effect", "none", Effects.Name(more.Kind) + " " + more.Amount);
            Stray(in more, cursor);
        }
    }

    /// <summary>An effect nothing asked for, already reported: what it moved is moved, so that later balances are read as the file has them.</summary>
    void Stray(in EffectRow e, EffectCursor cursor)
    {
        if (e.Kind == Effects.Posted) effects.Apply(in e, false, -1);
        cursor.Advance();
    }

    void Transfer(in CommandRow c, int index, long now, EffectCursor cursor)
    {
        var rule = Movement(in c, lien: false, now);
        if (rule.Has(Rules.MustHold)) findings.Add("audit.rule-must-hold", c.Debit, c.Asset, "operation", "Hold", "Transfer");
        if (rule.Has(Rules.TrustedOrDelay) && !ledger.Trusts(c.Debit, c.Credit, now))
            findings.Add("audit.rule-trust", c.Debit, c.Asset, "trust", c.Credit, "none");
        Runs(in c, index, Effects.Posted, rule.Has(Rules.Issues), -1, cursor);
    }

    void Hold(in CommandRow c, int index, long now, EffectCursor cursor)
    {
        var lien = c.Has(Flags.Lien);
        var rule = Movement(in c, lien, now);
        if (rule.Has(Rules.OtherActor) && !lien && c.Actor == 0) findings.Add("audit.rule-other-actor", c.Debit, c.Asset, "actor", "set", 0);
        var timed = c.Has(Flags.Expires) || c.Has(Flags.Releases);
        if (timed && c.Time <= now) findings.Add("audit.timer-past", c.Debit, c.Asset, "time", "> " + now, c.Time);
        if (c.Has(Flags.Releases) && !lien && rule.Has(Rules.TrustedOrDelay) && !ledger.Trusts(c.Debit, c.Credit, now) && c.Time < (Int128)now + rule.Delay)
            findings.Add("audit.rule-delay", c.Debit, c.Asset, "time", ">= " + ((Int128)now + rule.Delay), c.Time);
        var account = ledger.AccountSlot(c.Debit);
        if (account < 0 || c.Amount <= 0 || ledger.HoldSlot(c.Id) >= 0)
        {
            // Reported above; without a holding there is nothing to keep.
            while (cursor.At(index, out _)) cursor.Advance();
            return;
        }
        var holding = ledger.HoldingSlot(account, c.Asset);
        var slot = holds.Open(new()
        {
            Id = c.Id,
            Actor = c.Actor,
            Asset = c.Asset,
            Holding = holding,
            TransactionType = c.TransactionType,
            Lien = lien,
            Issues = rule.Has(Rules.Issues),
            Debit = c.Debit,
            Credit = c.Credit,
            Remaining = c.Amount,
            OpenedAt = now,
            ExpiresAt = c.Has(Flags.Expires) ? c.Time : long.MinValue,
            ReleasesAt = c.Has(Flags.Releases) ? c.Time : long.MinValue,
        });
        Runs(in c, index, Effects.Held, rule.Has(Rules.Issues), slot, cursor);
        holds.CheckSum(holding);
    }

    /// <summary>What Transfer and Hold have in common: accounts, amount, rule, proposer, freezes. Returns the rule that applies.</summary>
    RuleState Movement(in CommandRow c, bool lien, long now)
    {
        int debit = ledger.AccountSlot(c.Debit), credit = ledger.AccountSlot(c.Credit);
        if (c.Debit == c.Credit) findings.Add("audit.same-account", c.Debit, c.Asset, "credit", "another account", c.Credit);
        if (c.Amount <= 0) findings.Add("audit.amount", c.Debit, c.Asset, "amount", "> 0", c.Amount);
        if (ledger.Asset(c.Asset) is not { } asset)
        {
            findings.Add("audit.asset-unknown", c.Debit, c.Asset, "asset", "defined", c.Asset);
            return default;
        }
        if (asset.Serials is null ? c.SerialFirst != 0 : c.SerialFirst < 0) findings.Add("audit.serial-form", c.Debit, c.Asset, "serial", asset.Serials is null ? "0" : ">= 0", c.SerialFirst);
        if (debit < 0 || credit < 0)
        {
            var unknown = debit < 0 ? c.Debit : c.Credit;
            findings.Add("audit.account-unknown", unknown, c.Asset, debit < 0 ? "debit" : "credit", "open", unknown);
            return default;
        }
        Barriers(c.Debit, c.Credit, c.Asset);
        var rule = ledger.Rule(c.TransactionType, asset.Class, ledger.Account(debit).Type, ledger.Account(credit).Type);
        if (!rule.Has(Rules.Allowed))
        {
            findings.Add("audit.rule-none", c.Debit, c.Asset, "transaction type " + c.TransactionType, "allowed", "not allowed");
            return rule;
        }
        Proposer(c.ActingFor, rule, c.TransactionType, asset.Class, c.Debit, c.Asset);
        return rule;
    }

    /// <summary>Who may propose (rule flags 64, 128, 256 and the mandates, 512), and post what only a proposer posts (1024).</summary>
    void Proposer(long actingFor, RuleState rule, ushort transactionType, ushort assetClass, long debit, int asset)
    {
        if (actingFor == 0 || (rule.Flags & (Rules.ProposeByDebit | Rules.ProposeByAuthority | Rules.ProposeByMandate)) == 0) return;
        if ((rule.Has(Rules.ProposeByDebit) && actingFor == debit) || (rule.Has(Rules.ProposeByAuthority) && ledger.IsAuthority(actingFor))) return;
        if (rule.Has(Rules.ProposeByMandate) && ledger.AccountSlot(actingFor) is >= 0 and var acting && ledger.AccountSlot(debit) is >= 0 and var from
            && ledger.Rule(transactionType, assetClass, ledger.Account(acting).Type, ledger.Account(from).Type).Has(Rules.Mandate)) return;
        findings.Add("audit.rule-proposer", debit, asset, "acting for", rule.Has(Rules.ProposeByDebit) ? debit : rule.Has(Rules.ProposeByMandate) ? "mandate" : "authority", actingFor);
    }

    void Barriers(long debit, long credit, int asset)
    {
        if (ledger.Closed(debit)) findings.Add("audit.account-closed", debit, asset, "debit", "open", "closed");
        if (ledger.Closed(credit)) findings.Add("audit.account-closed", credit, asset, "credit", "open", "closed");
        if (ledger.FrozenOut(debit, asset)) findings.Add("audit.frozen", debit, asset, "out", "not frozen", "frozen");
        if (ledger.FrozenIn(credit, asset)) findings.Add("audit.frozen", credit, asset, "in", "not frozen", "frozen");
    }

    /// <summary>The effects of a Transfer or Hold: right kind, asset and accounts, amounts that add up, serials inside the range asked for.</summary>
    void Runs(in CommandRow c, int index, byte kind, bool issues, int slot, EffectCursor cursor)
    {
        Int128 sum = 0;
        var count = 0;
        var asset = ledger.Asset(c.Asset);
        while (cursor.At(index, out var e))
        {
            if (Matches(in e, kind, c.Asset, c.Debit, c.Credit, slot < 0 ? 0 : c.Id) && asset?.Serials is { } map && e.SerialFirst > 0)
            {
                if (c.SerialFirst > 0 && (e.SerialFirst < c.SerialFirst || (Int128)e.SerialFirst + e.Amount > (Int128)c.SerialFirst + c.Amount))
                    findings.Add("audit.effect-mismatch", c.Debit, c.Asset, "serial", $"{c.SerialFirst} + {c.Amount}", $"{e.SerialFirst} + {e.Amount}");
                if (issues && c.SerialFirst == 0 && e.SerialFirst != (Int128)map.Highest + 1)
                    findings.Add("audit.serial-next", c.Debit, c.Asset, "serial", (Int128)map.Highest + 1, e.SerialFirst);
            }
            effects.Apply(in e, issues, slot);
            sum += e.Amount;
            count++;
            cursor.Advance();
        }
        if (cursor.Cut) return;
        if (count == 0) findings.Add("audit.effects-missing", c.Debit, c.Asset, "amount", c.Amount, 0);
        else if (sum != c.Amount) findings.Add("audit.effect-mismatch", c.Debit, c.Asset, "amount", c.Amount, sum);
        else if (count > 1 && asset is { Serials: null }) findings.Add("audit.effect-mismatch", c.Debit, c.Asset, "effects", 1, count);
    }

    void PostHold(in CommandRow c, int index, long now, EffectCursor cursor)
    {
        var slot = ledger.HoldSlot(c.Target);
        if (slot < 0) { NotPending(in c, index, cursor); return; }
        var hold = ledger.Hold(slot);
        if (hold.ReleasesAt != long.MinValue) findings.Add("audit.hold-not-pending", hold.Debit, hold.Asset, "hold", "not scheduled", "release at " + hold.ReleasesAt);
        if (c.Amount < 0) findings.Add("audit.amount", hold.Debit, hold.Asset, "amount", ">= 0", c.Amount);
        if (c.Amount > hold.Remaining) findings.Add("audit.hold-amount", hold.Debit, hold.Asset, "amount", "<= " + hold.Remaining, c.Amount);
        Barriers(hold.Debit, hold.Credit, hold.Asset);
        Acceptance(in c, in hold, now);
        if (c.Has(Flags.Releases))
        {
            if (c.Time <= now) findings.Add("audit.timer-past", hold.Debit, hold.Asset, "time", "> " + now, c.Time);
            if (c.Amount != 0 && c.Amount != hold.Remaining) findings.Add("audit.command-form", hold.Debit, hold.Asset, "amount", 0, c.Amount);
            // A hold has one timer: the release takes the place of an expiry.
            timers.Forget(in hold);
            ref var scheduled = ref ledger.Hold(slot);
            scheduled.ReleasesAt = c.Time;
            scheduled.ExpiresAt = long.MinValue;
            timers.ScheduleRelease(hold.Id, c.Time);
            return;
        }
        var posted = c.Amount <= 0 ? hold.Remaining : Math.Min(c.Amount, hold.Remaining);
        var rest = c.Has(Flags.KeepRest) ? 0 : hold.Remaining - posted;
        HoldRuns(index, cursor, slot, in hold, posted, rest);
    }

    /// <summary>Who may post a hold, and when (rule flags 8, 16, 32; liens).</summary>
    void Acceptance(in CommandRow c, in HoldState hold, long now)
    {
        if (ledger.Asset(hold.Asset) is not { } asset || ledger.AccountSlot(hold.Debit) is not (>= 0 and var debit) || ledger.AccountSlot(hold.Credit) is not (>= 0 and var credit)) return;
        var rule = ledger.Rule(hold.TransactionType, asset.Class, ledger.Account(debit).Type, ledger.Account(credit).Type);
        if (!rule.Has(Rules.Allowed)) findings.Add("audit.rule-none", hold.Debit, hold.Asset, "transaction type " + hold.TransactionType, "allowed", "not allowed");
        if ((hold.Lien || rule.Has(Rules.AcceptByCredit)) && c.ActingFor != 0 && c.ActingFor != hold.Credit)
            findings.Add("audit.rule-accept-by-credit", hold.Credit, hold.Asset, "acting for", hold.Credit, c.ActingFor);
        // A lien is the beneficiary's alone: no other rule of acceptance applies to it.
        if (hold.Lien) return;
        if (rule.Has(Rules.PostByProposer)) Proposer(c.ActingFor, rule, hold.TransactionType, asset.Class, hold.Debit, hold.Asset);
        if (rule.Has(Rules.OtherActor) && (c.Actor == 0 || c.Actor == hold.Actor))
            findings.Add("audit.rule-other-actor", hold.Debit, hold.Asset, "actor", "not " + FindingList.Hex(hold.Actor), c.Actor);
        var earliest = (Int128)hold.OpenedAt + rule.Delay;
        var at = c.Has(Flags.Releases) ? Math.Max(now, c.Time) : now;
        if (rule.Has(Rules.TrustedOrDelay) && at < earliest && !ledger.Trusts(hold.Debit, hold.Credit, now))
            findings.Add("audit.rule-delay", hold.Debit, hold.Asset, "time", ">= " + earliest, at);
    }

    void VoidHold(in CommandRow c, int index, EffectCursor cursor)
    {
        var slot = ledger.HoldSlot(c.Target);
        if (slot < 0) { NotPending(in c, index, cursor); return; }
        var hold = ledger.Hold(slot);
        var may = c.ActingFor == 0 || c.ActingFor == hold.Credit || (c.ActingFor == hold.Debit && !hold.Lien) || ledger.IsAuthority(c.ActingFor);
        if (!may) findings.Add("audit.void-not-allowed", hold.Debit, hold.Asset, "acting for", hold.Lien ? hold.Credit : $"{hold.Debit}, {hold.Credit}", c.ActingFor);
        HoldRuns(index, cursor, slot, in hold, 0, hold.Remaining);
    }

    void NotPending(in CommandRow c, int index, EffectCursor cursor)
    {
        cursor.At(index, out var e);
        findings.Add("audit.hold-not-pending", e.Debit, e.Asset, "hold", "pending", c.Target);
        for (; cursor.At(index, out e); cursor.Advance()) effects.Apply(in e, false, -1);
    }

    /// <summary>The effects that post a part of a hold and void the rest.</summary>
    void HoldRuns(int index, EffectCursor cursor, int slot, in HoldState hold, long posted, long voided)
    {
        Int128 sumPosted = 0, sumVoided = 0;
        var any = false;
        while (cursor.At(index, out var e))
        {
            any = true;
            Matches(in e, e.Kind == Effects.HoldVoided && voided > 0 ? Effects.HoldVoided : posted > 0 ? Effects.HoldPosted : Effects.HoldVoided, hold.Asset, hold.Debit, hold.Credit, hold.Id);
            effects.Apply(in e, false, slot);
            if (e.Kind == Effects.HoldVoided) sumVoided += e.Amount; else sumPosted += e.Amount;
            cursor.Advance();
        }
        if (cursor.Cut) return;
        if (!any) findings.Add("audit.effects-missing", hold.Debit, hold.Asset, "amount", posted + voided, 0);
        else if (sumPosted != posted) findings.Add("audit.effect-mismatch", hold.Debit, hold.Asset, "posted amount", posted, sumPosted);
        else if (sumVoided != voided) findings.Add("audit.effect-mismatch", hold.Debit, hold.Asset, "voided amount", voided, sumVoided);
        holds.Take(slot, posted + voided);
        holds.CheckSum(hold.Holding);
    }

    bool Matches(in EffectRow e, byte kind, int asset, long debit, long credit, UInt128 hold)
    {
        if (e.Kind != kind) findings.Add("audit.effect-mismatch", debit, asset, "kind", Effects.Name(kind), Effects.Name(e.Kind));
        else if (e.Asset != asset) findings.Add("audit.effect-mismatch", debit, asset, "asset", asset, e.Asset);
        else if (e.Debit != debit) findings.Add("audit.effect-mismatch", debit, asset, "debit", debit, e.Debit);
        else if (e.Credit != credit) findings.Add("audit.effect-mismatch", credit, asset, "credit", credit, e.Credit);
        else if (e.Hold != hold) findings.Add("audit.effect-mismatch", debit, asset, "hold", hold, e.Hold);
        else return true;
        return false;
    }
}
