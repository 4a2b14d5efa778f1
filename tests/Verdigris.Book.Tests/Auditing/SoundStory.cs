using Verdigris.Book;

namespace Verdigris.Book.Tests.Auditing;

/// <summary>
/// A small sound history that touches every kind of command and effect. Account 1 issues (type 1), 2 and 3 own (type 2), 4 is closed on the
/// way, 9 is an authority (type 9). Asset 1 is fungible, asset 2 serialised (class 5). Transaction types: 1 issue, 2 transfer by the debit account,
/// 3 needs a hold and two people, 4 needs acceptance, 5 trust or an hour's delay, 6 by an authority.
/// </summary>
static class SoundStory
{
    public const long Second = 1_000_000;
    public const long Start = 1_790_000_000L * Second;
    public const long Hour = 3600 * Second;

    public const int Definitions = 0, Issue = 1, Transfers = 2, Holds = 3, Post = 4, Release = 5, Void = 6, Expiry = 7, Delayed = 8;

    public static readonly UInt128 Anna = 1001, Ben = 1002;
    public static readonly UInt128 Expiring = 4001, Serials = 4002, Releasing = 4003, Lien = 4004, Accepting = 4005, Waiting = 4006, Scheduled = 4007;

    public static ExportWriter Create()
    {
        UInt128 next = 100;
        var file = new ExportWriter();
        Definition(file, ref next);

        var b = Batch(file, 10 * Second);
        Do(b, Move(ref next, 1, 1, 1, 2, 1000), Posted(1, 1, 2, 1000));
        Do(b, Move(ref next, 1, 2, 1, 2, 100), Posted(2, 1, 2, 100, 1));
        Do(b, Move(ref next, 1, 1, 1, 3, 500), Posted(1, 1, 3, 500));
        Refuse(b, Move(ref next, 2, 1, 3, 2, 9999), Code.InsufficientBalance);

        b = Batch(file, 20 * Second);
        Do(b, Move(ref next, 2, 1, 2, 3, 300), Posted(1, 2, 3, 300));
        Do(b, Move(ref next, 2, 2, 2, 3, 10) with { SerialFirst = 11 }, Posted(2, 2, 3, 10, 11));
        Do(b, Move(ref next, 2, 2, 2, 3, 15), Posted(2, 2, 3, 10, 1), Posted(2, 2, 3, 5, 21));

        b = Batch(file, 30 * Second);
        Do(b, Hold(Expiring, 3, 1, 2, 3, 200) with { Flags = CommandFlags.Expires, Time = Start + 100 * Second }, Held(1, 2, 3, 200, Expiring));
        Do(b, Hold(Serials, 3, 2, 2, 3, 10) with { SerialFirst = 31 }, Held(2, 2, 3, 10, Serials, 31));
        Do(b, Hold(Releasing, 2, 1, 3, 2, 50) with { Flags = CommandFlags.Releases, Time = Start + 60 * Second }, Held(1, 3, 2, 50, Releasing));
        Do(b, Hold(Lien, 2, 1, 3, 2, 20) with { Flags = CommandFlags.Lien }, Held(1, 3, 2, 20, Lien));
        Do(b, Hold(Accepting, 4, 1, 3, 2, 30), Held(1, 3, 2, 30, Accepting));
        Do(b, Hold(Waiting, 5, 1, 2, 3, 40), Held(1, 2, 3, 40, Waiting));
        Do(b, Hold(Scheduled, 5, 1, 2, 3, 5), Held(1, 2, 3, 5, Scheduled));

        b = Batch(file, 40 * Second);
        Do(b, Answer(ref next, Operation.PostHold, Serials, Ben, 3) with { Amount = 4, Flags = CommandFlags.KeepRest }, Of(EffectKind.HoldPosted, 2, 2, 3, 4, Serials, 31));
        Do(b, Answer(ref next, Operation.PostHold, Serials, Ben, 3) with { Amount = 2 },
            Of(EffectKind.HoldPosted, 2, 2, 3, 2, Serials, 35), Of(EffectKind.HoldVoided, 2, 2, 3, 4, Serials, 37));
        Do(b, Answer(ref next, Operation.PostHold, Accepting, Ben, 2), Of(EffectKind.HoldPosted, 1, 3, 2, 30, Accepting));

        b = Batch(file, 60 * Second);
        ByTime(b, Of(EffectKind.HoldReleased, 1, 3, 2, 50, Releasing));
        Do(b, new Command { Id = next++, Operation = Operation.SetTrust, Debit = 3, Credit = 2, Time = Start, Actor = Anna, ActingFor = 3 });
        Do(b, Move(ref next, 5, 1, 3, 2, 7), Posted(1, 3, 2, 7));
        Do(b, Move(ref next, 6, 1, 3, 2, 3) with { ActingFor = 9 }, Posted(1, 3, 2, 3));
        Do(b, Answer(ref next, Operation.PostHold, Scheduled, Ben, 3) with { Flags = CommandFlags.Releases, Time = Start + 2 * Hour });

        b = Batch(file, 70 * Second);
        Do(b, Answer(ref next, Operation.VoidHold, Lien, Ben, 2), Of(EffectKind.HoldVoided, 1, 3, 2, 20, Lien));
        Do(b, new Command { Id = next++, Operation = Operation.Freeze, Debit = 3, Asset = 1, Detail = 2 });
        Do(b, new Command { Id = next++, Operation = Operation.CloseAccount, Debit = 4 });
        Refuse(b, Move(ref next, 2, 1, 2, 3, 1), Code.CreditFrozen);

        b = Batch(file, 100 * Second);
        ByTime(b, Of(EffectKind.HoldExpired, 1, 2, 3, 200, Expiring));
        Do(b, Move(ref next, 2, 1, 3, 2, 10) with { Flags = CommandFlags.Linked }, Posted(1, 3, 2, 10));
        Do(b, Move(ref next, 2, 2, 2, 3, 5) with { SerialFirst = 41 }, Posted(2, 2, 3, 5, 41));
        Refuse(b, Move(ref next, 2, 1, 3, 2, 1) with { Flags = CommandFlags.Linked }, Code.LinkedFailed);
        Refuse(b, Move(ref next, 2, 1, 2, 3, 1), Code.CreditFrozen);

        // The next day: the freeze is still on, so the scheduled release is refused and the units return.
        b = Batch(file, 26 * Hour);
        ByTime(b, Of(EffectKind.ReleaseRefused, 1, 2, 3, 5, Scheduled) with { Code = Code.CreditFrozen });
        Do(b, new Command { Id = next++, Operation = Operation.Unfreeze, Debit = 3, Asset = 1, Detail = 2 });
        Do(b, Answer(ref next, Operation.PostHold, Waiting, Ben, 3), Of(EffectKind.HoldPosted, 1, 2, 3, 40, Waiting));
        Do(b, Hold(5001, 2, 2, 3, 2, 3) with { SerialFirst = 12 }, Held(2, 3, 2, 3, 5001, 12));
        Do(b, new Command { Id = next++, Operation = Operation.Pulse });
        file.Seal();
        return file;
    }

    static void Definition(ExportWriter file, ref UInt128 next)
    {
        var b = Batch(file, 0);
        foreach (var (asset, code, detail) in new[] { (1, "EUR", 2L << 8), (2, "WARRANT-AL", 1L | (5L << 16)) })
        {
            var (low, high) = ExportWriter.AssetCode(code);
            Do(b, new Command { Id = next++, Operation = Operation.DefineAsset, Asset = asset, Target = low, Reference = high, Detail = detail });
        }
        foreach (var (account, type, authority) in new[] { (1L, 1L, 0L), (2, 2, 0), (3, 2, 0), (4, 2, 0), (9, 9, 1), (10, 10, 0) })
            Do(b, new Command { Id = next++, Operation = Operation.OpenAccount, Debit = account, Target = (UInt128)account, Detail = type | (authority << 16) });
        Rule(b, ref next, 1, 0, 1, 2, RuleFlags.Allowed | RuleFlags.Issues);
        Rule(b, ref next, 2, 0, 2, 2, RuleFlags.Allowed | RuleFlags.ProposeByDebit);
        Rule(b, ref next, 3, 0, 2, 2, RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.OtherActor);
        Rule(b, ref next, 4, 0, 2, 2, RuleFlags.Allowed | RuleFlags.AcceptByCredit);
        Rule(b, ref next, 5, 0, 2, 2, RuleFlags.Allowed | RuleFlags.TrustedOrDelay, Hour);
        Rule(b, ref next, 6, 0, 2, 2, RuleFlags.Allowed | RuleFlags.ProposeByAuthority);
        Rule(b, ref next, 7, 0, 2, 2, RuleFlags.Allowed | RuleFlags.ProposeByMandate | RuleFlags.PostByProposer);
        Rule(b, ref next, 7, 0, 10, 2, RuleFlags.Mandate);
        // The class comes before the general rule: warrants may not move by type 4.
        Rule(b, ref next, 4, 5, 2, 2, RuleFlags.None);
    }

    static void Rule(BatchStory b, ref UInt128 next, ushort type, int assetClass, long source, long destination, RuleFlags flags, long delay = 0) =>
        Do(b, new Command { Id = next++, Operation = Operation.SetRule, TransactionType = type, Asset = assetClass, Time = delay, Detail = source | (destination << 16) | ((long)flags << 32) });

    public static BatchStory Batch(ExportWriter file, long after)
    {
        var batch = new BatchStory(Start + after);
        file.Batches.Add(batch);
        return batch;
    }

    public static void Do(BatchStory b, Command c, params Effect[] effects)
    {
        foreach (var e in effects) b.Effects.Add(e with { CommandIndex = b.Commands.Count });
        b.Commands.Add(c);
        b.Codes.Add(Code.Accepted);
    }

    public static void Refuse(BatchStory b, Command c, Code code)
    {
        b.Commands.Add(c);
        b.Codes.Add(code);
    }

    static void ByTime(BatchStory b, Effect e) => b.Effects.Add(e with { CommandIndex = -1 });

    public static Command Move(ref UInt128 next, ushort type, int asset, long debit, long credit, long amount) => new()
    {
        Id = next++,
        Operation = Operation.Transfer,
        TransactionType = type,
        Asset = asset,
        Debit = debit,
        Credit = credit,
        Amount = amount,
        Actor = Anna,
        ActingFor = debit,
    };

    public static Command Hold(UInt128 id, ushort type, int asset, long debit, long credit, long amount) => new()
    {
        Id = id,
        Operation = Operation.Hold,
        TransactionType = type,
        Asset = asset,
        Debit = debit,
        Credit = credit,
        Amount = amount,
        Actor = Anna,
        ActingFor = debit,
    };

    static Command Answer(ref UInt128 next, Operation operation, UInt128 hold, UInt128 actor, long actingFor) =>
        new() { Id = next++, Operation = operation, Target = hold, Actor = actor, ActingFor = actingFor };

    public static Effect Posted(int asset, long debit, long credit, long amount, long serial = 0) => Of(EffectKind.Posted, asset, debit, credit, amount, 0, serial);
    static Effect Held(int asset, long debit, long credit, long amount, UInt128 hold, long serial = 0) => Of(EffectKind.Held, asset, debit, credit, amount, hold, serial);

    public static Effect Of(EffectKind kind, int asset, long debit, long credit, long amount, UInt128 hold, long serial = 0) =>
        new() { Kind = kind, Asset = asset, Debit = debit, Credit = credit, Amount = amount, Hold = hold, SerialFirst = serial };
}
