using System.Collections.Immutable;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>Transfer and Hold: the checks in the order of the codes, then the movement of units.</summary>
public sealed partial class ReferenceLedger
{
    Code Transfer(in Command c)
    {
        Code code = CheckParties(c);
        if (code != Code.Accepted) return code;
        Asset asset = State.Assets[c.Asset];
        if (FindRule(c.TransactionType, asset.Class, c.Debit, c.Credit) is not { } rule) return Code.NoRule;
        if (!MayPropose(c, rule)) return Code.ProposerNotAllowed;
        if (rule.Has(RuleFlags.MustHold)) return Code.HoldRequired;
        if (rule.Has(RuleFlags.TrustedOrDelay) && !State.TrustsAt(c.Debit, c.Credit, now)) return Code.NotTrusted;
        if (State.IsFrozen(c.Debit, c.Asset, FreezeScope.Out)) return Code.DebitFrozen;
        if (State.IsFrozen(c.Credit, c.Asset, FreezeScope.In)) return Code.CreditFrozen;
        code = CheckUnits(c, rule, out ImmutableList<Run> runs, out ImmutableList<Run> left);
        if (code != Code.Accepted) return code;
        if (!Fits((Int128)State.Holding(c.Debit, c.Asset).Available - c.Amount, State.Holding(c.Debit, c.Asset).Held)) return Code.BalanceOverflow;
        if (!Fits((Int128)State.Holding(c.Credit, c.Asset).Available + c.Amount, State.Holding(c.Credit, c.Asset).Held)) return Code.BalanceOverflow;
        if (asset.Kind == AssetKind.Serialised && runs.IsEmpty) return Code.LimitReached;

        Take(c, rule, runs, left);
        Give(c.Asset, c.Credit, c.Amount, runs);
        Report(EffectKind.Posted, c.Asset, c.Debit, c.Credit, c.Amount, runs, hold: 0);
        Move(c.Asset, c.Debit, c.Credit, c.Amount, runs, c.Id, c.TransactionType);
        return Code.Accepted;
    }

    Code OpenHold(in Command c)
    {
        Code code = CheckParties(c);
        if (code != Code.Accepted) return code;
        bool expires = c.Flags.HasFlag(CommandFlags.Expires), releases = c.Flags.HasFlag(CommandFlags.Releases), lien = c.Flags.HasFlag(CommandFlags.Lien);
        Asset asset = State.Assets[c.Asset];
        if (FindRule(c.TransactionType, asset.Class, c.Debit, c.Credit) is not { } rule) return Code.NoRule;
        if (!MayPropose(c, rule)) return Code.ProposerNotAllowed;
        if (rule.Has(RuleFlags.OtherActor) && c.Actor == 0) return Code.ActorMissing;
        if (State.IsFrozen(c.Debit, c.Asset, FreezeScope.Out)) return Code.DebitFrozen;
        if (State.IsFrozen(c.Credit, c.Asset, FreezeScope.In)) return Code.CreditFrozen;
        if ((expires || releases) && c.Time <= now) return Code.TimePast;
        if (releases && !lien && rule.Has(RuleFlags.TrustedOrDelay) && !State.TrustsAt(c.Debit, c.Credit, now) && (Int128)c.Time < (Int128)now + rule.DelayMicros) return Code.DelayTooShort;
        code = CheckUnits(c, rule, out ImmutableList<Run> runs, out ImmutableList<Run> left);
        if (code != Code.Accepted) return code;
        Holding debit = State.Holding(c.Debit, c.Asset);
        if (!Fits((Int128)debit.Available - c.Amount, (Int128)debit.Held + c.Amount)) return Code.BalanceOverflow;
        if (asset.Kind == AssetKind.Serialised && runs.IsEmpty) return Code.LimitReached;

        Take(c, rule, runs, left);
        Holding taken = State.Holding(c.Debit, c.Asset);
        SetHolding(c.Debit, c.Asset, taken with { Held = taken.Held + c.Amount });
        State = State with
        {
            Holds = State.Holds.Add(c.Id, new(c.Id, releases ? HoldState.Scheduled : HoldState.Pending, c.Asset, c.Debit, c.Credit, c.Amount, c.Amount, runs,
                c.TransactionType, lien, now, c.Actor, c.Reference, null, 0)),
        };
        if (expires || releases) Appoint(c.Id, c.Time, releases);
        Report(EffectKind.Held, c.Asset, c.Debit, c.Credit, c.Amount, runs, c.Id);
        return Code.Accepted;
    }

    /// <summary>Checks 12 to 42.</summary>
    Code CheckParties(in Command c)
    {
        if (!State.Assets.TryGetValue(c.Asset, out Asset? asset)) return Code.AssetUnknown;
        if (!State.Accounts.TryGetValue(c.Debit, out Account? debit)) return Code.DebitUnknown;
        if (!State.Accounts.TryGetValue(c.Credit, out Account? credit)) return Code.CreditUnknown;
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (c.Debit == c.Credit) return Code.SameAccount;
        if (debit.Closed) return Code.DebitClosed;
        if (credit.Closed) return Code.CreditClosed;
        if (c.Amount <= 0) return Code.AmountNotPositive;
        if (c.SerialFirst != 0 && asset.Kind == AssetKind.Fungible) return Code.SerialOnFungible;
        if (c.SerialFirst < 0 || (Int128)c.SerialFirst + c.Amount - 1 > long.MaxValue) return Code.SerialRangeInvalid;
        return Code.Accepted;
    }

    /// <summary>The rule for the asset's class, or else the one for any class; null when there is none or it does not allow.</summary>
    Rule? FindRule(ushort transactionType, ushort assetClass, long debit, long credit)
    {
        ushort from = State.Accounts[debit].Type, to = State.Accounts[credit].Type;
        Rule? rule = State.Rules.GetValueOrDefault(new(transactionType, assetClass, from, to)) ?? State.Rules.GetValueOrDefault(new(transactionType, 0, from, to));
        return rule is not null && rule.Has(RuleFlags.Allowed) ? rule : null;
    }

    bool MayPropose(in Command c, Rule rule) => MayPropose(c.ActingFor, rule, c.TransactionType, State.Assets[c.Asset].Class, c.Debit);

    /// <summary>The system may; where no proposer is named, everybody; else one of those who are.</summary>
    bool MayPropose(long actingFor, Rule rule, ushort transactionType, ushort assetClass, long debit)
    {
        if (actingFor == 0 || !(rule.Has(RuleFlags.ProposeByDebit) || rule.Has(RuleFlags.ProposeByAuthority) || rule.Has(RuleFlags.ProposeByMandate))) return true;
        if (rule.Has(RuleFlags.ProposeByDebit) && actingFor == debit) return true;
        if (rule.Has(RuleFlags.ProposeByAuthority) && State.Accounts[actingFor].Authority) return true;
        ushort acting = State.Accounts[actingFor].Type, from = State.Accounts[debit].Type;
        Rule? mandate = State.Rules.GetValueOrDefault(new(transactionType, assetClass, acting, from)) ?? State.Rules.GetValueOrDefault(new(transactionType, 0, acting, from));
        return rule.Has(RuleFlags.ProposeByMandate) && mandate is not null && mandate.Has(RuleFlags.Mandate);
    }

    /// <summary>Checks 90 to 92; which serials it will be, and what is left of the source's blocks then.</summary>
    Code CheckUnits(in Command c, Rule rule, out ImmutableList<Run> runs, out ImmutableList<Run> left)
    {
        Asset asset = State.Assets[c.Asset];
        Holding debit = State.Holding(c.Debit, c.Asset);
        bool issues = rule.Has(RuleFlags.Issues);
        (runs, left) = ([], debit.Blocks);
        if (!issues && debit.Available < c.Amount) return Code.InsufficientBalance;
        if (asset.Kind == AssetKind.Fungible) return Code.Accepted;
        if (issues)
        {
            long highest = asset.Issued.IsEmpty ? 0 : asset.Issued[^1].Last;
            // No room above the highest serial: no range at all, which is answered last.
            if (c.SerialFirst == 0 && (Int128)highest + c.Amount > long.MaxValue) return Code.Accepted;
            long first = c.SerialFirst == 0 ? highest + 1 : c.SerialFirst;
            Run range = new(first, first + (c.Amount - 1));
            if (Runs.Touches(asset.Issued, range)) return Code.SerialAlreadyIssued;
            runs = [range];
            return Code.Accepted;
        }
        if (!Runs.HoldAtLeast(debit.Blocks, c.Amount)) return Code.InsufficientBalance;
        if (c.SerialFirst == 0)
        {
            (runs, left) = Runs.TakeOldest(debit.Blocks, c.Amount);
            return Code.Accepted;
        }
        Run wanted = new(c.SerialFirst, c.SerialFirst + (c.Amount - 1));
        if (Runs.Cut(debit.Blocks, wanted) is not { } rest) return Code.SerialNotHeld;
        (runs, left) = ([wanted], rest);
        return Code.Accepted;
    }

    /// <summary>Every balance lies within a long: what is available, what is held, and the two together.</summary>
    static bool Fits(Int128 available, Int128 held) => IsLong(available) && IsLong(held) && IsLong(available + held);

    static bool IsLong(Int128 value) => value >= long.MinValue && value <= long.MaxValue;

    /// <summary>Units leave what is available; where the rule issues, the serials come into being instead.</summary>
    void Take(in Command c, Rule rule, ImmutableList<Run> runs, ImmutableList<Run> left)
    {
        if (rule.Has(RuleFlags.Issues))
        {
            Asset asset = State.Assets[c.Asset];
            State = State with { Assets = State.Assets.SetItem(c.Asset, asset with { Issued = runs.Aggregate(asset.Issued, Runs.Insert) }) };
        }
        Holding debit = State.Holding(c.Debit, c.Asset);
        SetHolding(c.Debit, c.Asset, new(debit.Available - c.Amount, debit.Held, left));
    }

    void Give(int asset, long account, long amount, ImmutableList<Run> runs)
    {
        Holding holding = State.Holding(account, asset);
        SetHolding(account, asset, holding with { Available = holding.Available + amount, Blocks = runs.Aggregate(holding.Blocks, Runs.Join) });
    }

    void SetHolding(long account, int asset, Holding holding) => State = State with { Holdings = State.Holdings.SetItem((account, asset), holding) };

    /// <summary>One effect a contiguous run.</summary>
    void Report(EffectKind kind, int asset, long debit, long credit, long amount, ImmutableList<Run> runs, UInt128 hold, Code code = Code.Accepted)
    {
        foreach ((long count, long first) in Rows(amount, runs))
            effects.Add(new() { Kind = kind, Asset = asset, Debit = debit, Credit = credit, Amount = count, SerialFirst = first, Hold = hold, CommandIndex = index, Code = code });
    }

    /// <summary>What statements and the life of serials show.</summary>
    void Move(int asset, long debit, long credit, long amount, ImmutableList<Run> runs, UInt128 command, ushort transactionType)
    {
        // The balances of a statement run along with its lines: the last line shows the balance as it is now.
        long debitTotal = Total(debit, asset) + amount, creditTotal = Total(credit, asset) - amount;
        foreach ((long count, long first) in Rows(amount, runs))
        {
            debitTotal -= count;
            creditTotal += count;
            State = State with { Movements = State.Movements.Add(new(batch, now, asset, debit, credit, count, first, command, transactionType)) };
            AddLine(debit, asset, new(batch, now, credit, -count, debitTotal, first, command, transactionType));
            AddLine(credit, asset, new(batch, now, debit, count, creditTotal, first, command, transactionType));
        }
    }

    void AddLine(long account, int asset, Line line)
    {
        ImmutableList<Line> lines = State.Lines.GetValueOrDefault((account, asset)) ?? [];
        State = State with { Lines = State.Lines.SetItem((account, asset), lines.Add(line)) };
    }

    long Total(long account, int asset) => State.Holding(account, asset).Available + State.Holding(account, asset).Held;

    static IEnumerable<(long Count, long First)> Rows(long amount, ImmutableList<Run> runs) =>
        runs.IsEmpty ? [(amount, 0)] : runs.Select(r => (r.Count, r.First));
}
