using System.Collections.Immutable;
using Verdigris.Book;

namespace Verdigris.Simulator.Reference;

/// <summary>How a hold ends: posted, voided, or by the passing of time.</summary>
public sealed partial class ReferenceLedger
{
    Code PostHold(in Command c)
    {
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (!State.Holds.TryGetValue(c.Target, out PendingPosting? hold)) return Code.HoldUnknown;
        if (Ended(hold) is { } ended) return ended;
        if (hold.State == HoldState.Scheduled) return Code.HoldScheduled;
        if (c.Amount > hold.Remaining) return Code.AmountOverHold;
        if (State.Accounts[hold.Debit].Closed) return Code.DebitClosed;
        if (State.Accounts[hold.Credit].Closed) return Code.CreditClosed;
        if (c.Amount < 0) return Code.AmountNotPositive;
        if (FindRule(hold.TransactionType, State.Assets[hold.Asset].Class, hold.Debit, hold.Credit) is not { } rule) return Code.NoRule;
        bool releases = c.Flags.HasFlag(CommandFlags.Releases);
        bool otherActor = rule.Has(RuleFlags.OtherActor) && !hold.Lien;
        if (!hold.Lien && rule.Has(RuleFlags.PostByProposer) && !MayPropose(c.ActingFor, rule, hold.TransactionType, State.Assets[hold.Asset].Class, hold.Debit)) return Code.ProposerNotAllowed;
        if (otherActor && c.Actor == 0) return Code.ActorMissing;
        if (State.IsFrozen(hold.Debit, hold.Asset, FreezeScope.Out)) return Code.DebitFrozen;
        if (State.IsFrozen(hold.Credit, hold.Asset, FreezeScope.In)) return Code.CreditFrozen;
        if (releases && c.Time <= now) return Code.TimePast;
        if (otherActor && c.Actor == hold.OpenedBy) return Code.SameActor;
        if ((hold.Lien || rule.Has(RuleFlags.AcceptByCredit)) && c.ActingFor != 0 && c.ActingFor != hold.Credit) return Code.AcceptByCreditRequired;
        long postedAt = releases ? c.Time : now;
        if (!hold.Lien && rule.Has(RuleFlags.TrustedOrDelay) && !State.TrustsAt(hold.Debit, hold.Credit, now) && postedAt < (Int128)hold.OpenedMicros + rule.DelayMicros)
            return Code.DelayTooShort;
        long amount = c.Amount == 0 ? hold.Remaining : c.Amount;
        if (releases && amount != hold.Remaining) return Code.PartNotSchedulable;
        if (!releases && !CreditFits(hold, amount)) return Code.BalanceOverflow;

        if (releases)
        {
            SetHold(hold with { State = HoldState.Scheduled });
            Appoint(hold.Id, c.Time, release: true);
            return Code.Accepted;
        }
        Post(hold, amount, EffectKind.HoldPosted, c.Id);
        PendingPosting rest = State.Holds[hold.Id];
        if (rest.Remaining == 0) End(rest, HoldState.Posted);
        else if (!c.Flags.HasFlag(CommandFlags.KeepRest))
        {
            GiveBack(rest, EffectKind.HoldVoided);
            End(State.Holds[hold.Id], HoldState.Posted);
        }
        return Code.Accepted;
    }

    Code VoidHold(in Command c)
    {
        if (!ActingForKnown(c)) return Code.ActingForUnknown;
        if (!State.Holds.TryGetValue(c.Target, out PendingPosting? hold)) return Code.HoldUnknown;
        if (Ended(hold) is { } ended) return ended;
        bool isSide = c.ActingFor == hold.Credit || (c.ActingFor == hold.Debit && !hold.Lien);
        if (c.ActingFor != 0 && !isSide && !ActsForAuthority(c)) return Code.VoidNotAllowed;
        GiveBack(hold, EffectKind.HoldVoided);
        End(State.Holds[hold.Id], HoldState.Voided);
        return Code.Accepted;
    }

    static Code? Ended(PendingPosting hold) => hold.State switch
    {
        HoldState.Posted => Code.HoldPosted,
        HoldState.Voided or HoldState.ReleaseRefused => Code.HoldVoided,
        HoldState.Expired => Code.HoldExpired,
        HoldState.Released => Code.HoldReleased,
        _ => null,
    };

    /// <summary>What is due at the batch's time happens before its commands, by due time and then in the order it was scheduled.</summary>
    void PassTime()
    {
        index = -1;
        while (!State.Schedule.IsEmpty && State.Schedule.Min.AtMicros <= now)
        {
            Due due = State.Schedule.Min;
            State = State with { Schedule = State.Schedule.Remove(due) };
            PendingPosting hold = State.Holds[due.Hold];
            if (!due.Release)
            {
                GiveBack(hold, EffectKind.HoldExpired);
                End(State.Holds[hold.Id], HoldState.Expired);
                continue;
            }
            Code refusal = WhyNotReleased(hold);
            if (refusal != Code.Accepted)
            {
                GiveBack(hold, EffectKind.ReleaseRefused, refusal);
                End(State.Holds[hold.Id], HoldState.ReleaseRefused);
                continue;
            }
            Post(hold, hold.Remaining, EffectKind.HoldReleased, hold.Id);
            End(State.Holds[hold.Id], HoldState.Released);
        }
    }

    Code WhyNotReleased(PendingPosting hold)
    {
        if (State.Accounts[hold.Debit].Closed) return Code.DebitClosed;
        if (State.Accounts[hold.Credit].Closed) return Code.CreditClosed;
        if (State.IsFrozen(hold.Debit, hold.Asset, FreezeScope.Out)) return Code.DebitFrozen;
        if (State.IsFrozen(hold.Credit, hold.Asset, FreezeScope.In)) return Code.CreditFrozen;
        return CreditFits(hold, hold.Remaining) ? Code.Accepted : Code.BalanceOverflow;
    }

    bool CreditFits(PendingPosting hold, long amount)
    {
        Holding credit = State.Holding(hold.Credit, hold.Asset);
        return Fits((Int128)credit.Available + amount, credit.Held);
    }

    /// <summary>Held units reach the credit account; the oldest serials of the hold first.</summary>
    void Post(PendingPosting hold, long amount, EffectKind kind, UInt128 command)
    {
        ImmutableList<Run> runs = [], left = [];
        if (!hold.Blocks.IsEmpty) (runs, left) = Runs.TakeOldest(hold.Blocks, amount);
        Holding debit = State.Holding(hold.Debit, hold.Asset);
        SetHolding(hold.Debit, hold.Asset, debit with { Held = debit.Held - amount });
        Give(hold.Asset, hold.Credit, amount, runs);
        SetHold(hold with { Remaining = hold.Remaining - amount, Blocks = left });
        Report(kind, hold.Asset, hold.Debit, hold.Credit, amount, runs, hold.Id);
        Move(hold.Asset, hold.Debit, hold.Credit, amount, runs, command, hold.TransactionType);
    }

    /// <summary>What remains held returns to the source.</summary>
    void GiveBack(PendingPosting hold, EffectKind kind, Code code = Code.Accepted)
    {
        Holding debit = State.Holding(hold.Debit, hold.Asset);
        SetHolding(hold.Debit, hold.Asset, debit with { Held = debit.Held - hold.Remaining });
        Give(hold.Asset, hold.Debit, hold.Remaining, hold.Blocks);
        Report(kind, hold.Asset, hold.Debit, hold.Credit, hold.Remaining, hold.Blocks, hold.Id, code);
        SetHold(hold with { Remaining = 0, Blocks = [] });
    }

    void End(PendingPosting hold, HoldState state)
    {
        SetHold(hold with { State = state });
        CancelAppointment(hold.Id);
    }

    void SetHold(PendingPosting hold) => State = State with { Holds = State.Holds.SetItem(hold.Id, hold) };

    /// <summary>A hold has at most one appointment: a release time given later takes the place of an expiry.</summary>
    void Appoint(UInt128 id, long atMicros, bool release)
    {
        CancelAppointment(id);
        Due due = new(atMicros, State.Scheduled + 1, id, release);
        State = State with { Scheduled = due.Order, Schedule = State.Schedule.Add(due) };
        SetHold(State.Holds[id] with { Appointment = due, DueMicros = atMicros });
    }

    void CancelAppointment(UInt128 id)
    {
        if (State.Holds[id].Appointment is not { } due) return;
        State = State with { Schedule = State.Schedule.Remove(due) };
        SetHold(State.Holds[id] with { Appointment = null });
    }
}
