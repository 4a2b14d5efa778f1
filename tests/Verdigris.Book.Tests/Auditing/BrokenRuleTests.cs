using Verdigris.Auditor;
using Verdigris.Book;
using static Verdigris.Book.Tests.Auditing.SoundStory;

namespace Verdigris.Book.Tests.Auditing;

/// <summary>
/// One row a rule: a change to the sound story that breaks it, and the place where the auditor must find it. Unless a row lists others,
/// the rule is the only one found broken.
/// </summary>
public sealed class BrokenRuleTests
{
    sealed record Row(string Name, string Code, int Batch, long Account, Action<ExportWriter> Break, bool Reseal = true, string[]? Also = null);

    static UInt128 fresh = 900_000;

    static BatchStory Last(ExportWriter f) => f.Batches[Delayed];

    static void Extra(ExportWriter f, Command c, params Effect[] effects) => Do(Last(f), c, effects);

    static Command NewMove(ushort type, int asset, long debit, long credit, long amount) => Move(ref fresh, type, asset, debit, credit, amount);

    static Command NewAnswer(Operation operation, UInt128 hold, UInt128 actor, long actingFor) =>
        new() { Id = fresh++, Operation = operation, Target = hold, Actor = actor, ActingFor = actingFor };

    static Command New(Operation operation) => new() { Id = fresh++, Operation = operation };

    static void Change(ExportWriter f, int batch, int command, Func<Command, Command> change) => f.Batches[batch].Commands[command] = change(f.Batches[batch].Commands[command]);

    static void ChangeEffect(ExportWriter f, int batch, int effect, Func<Effect, Effect> change) => f.Batches[batch].Effects[effect] = change(f.Batches[batch].Effects[effect]);

    static readonly Row[] Rows =
    [
        // Records
        new("header checksum", "audit.record-crc", 3, 0, f => f.Batches[2].BadHeaderCrc = true),
        new("payload checksum", "audit.record-crc", 3, 0, f => f.Batches[2].BadPayloadCrc = true),
        new("record hash", "audit.record-hash", 3, 0, f => f.Batches[2].BadHash = true),
        new("previous hash", "audit.hash-chain", 3, 0, f => f.Batches[2].PreviousHash = new byte[32]),
        new("first record with a previous hash", "audit.hash-chain", 1, 0, f => f.Batches[0].PreviousHash = [.. Enumerable.Repeat((byte)1, 32)]),
        new("another venue's record", "audit.venue", 4, 0, f => f.Batches[3].Venue = 78),
        new("a batch left out of the numbering", "audit.batch-number", 5, 0, f => f.Batches[4].Number = 6),
        new("a gap in the sequence", "audit.sequence", 5, 0, f => f.Batches[4].Sequence = 9999),
        new("time goes back", "audit.time-back", 3, 0, f => f.Batches[2].Time = Start + 9 * Second),
        new("padding", "audit.record-zeros", 2, 0, f => { Refuse(f.Batches[1], NewMove(2, 1, 2, 3, 1), Code.NoRule); f.Batches[1].Padding = 7; }),
        new("reserved bytes", "audit.record-zeros", 2, 0, f => f.Batches[1].Reserved = 7),
        new("effects that cannot be counted", "audit.structure", 3, 0, f => f.Batches[2].EffectCount = -1),
        new("commands that do not fit the payload", "audit.structure", 2, 0, f => f.Batches[2].CommandCount = 99),
        // Commands
        new("unknown code", "audit.code-unknown", 9, 0, f => Refuse(Last(f), New(Operation.Pulse), (Code)8)),
        new("accepted without an id", "audit.command-id", 9, 0, f => Extra(f, New(Operation.Pulse) with { Id = 0 })),
        new("the same id accepted with other bytes", "audit.command-id", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1) with { Id = f.Batches[2].Commands[0].Id }, Posted(1, 2, 3, 1))),
        new("the same command accepted twice", "audit.command-id", 9, 2, f => Extra(f, f.Batches[2].Commands[0], Posted(1, 2, 3, 300))),
        new("unknown operation", "audit.command-form", 9, 0, f => Extra(f, New((Operation)33))),
        new("a field the operation does not use", "audit.command-form", 9, 0, f => Extra(f, New(Operation.Pulse) with { Amount = 1 })),
        new("expires with releases", "audit.command-form", 9, 2,
            f => Extra(f, Hold(7001, 2, 1, 2, 3, 1) with { Flags = CommandFlags.Expires | CommandFlags.Releases, Time = Start + 99 * Hour }, Of(EffectKind.Held, 1, 2, 3, 1, 7001))),
        new("half a chain accepted", "audit.linked", 8, 3, f => { f.Batches[Expiry].Codes[1] = Code.InsufficientBalance; f.Batches[Expiry].Effects.RemoveAll(e => e.CommandIndex == 1); }),
        new("a chain open at the end of the batch", "audit.linked", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1) with { Flags = CommandFlags.Linked }, Posted(1, 2, 3, 1))),
        new("account opened twice", "audit.definition", 9, 3, f => Extra(f, New(Operation.OpenAccount) with { Debit = 3, Detail = 2 })),
        new("asset defined twice", "audit.definition", 9, 0, f => Extra(f, f.Batches[0].Commands[0] with { Id = fresh++ })),
        new("unknown freeze scope", "audit.definition", 9, 3, f => Extra(f, New(Operation.Freeze) with { Debit = 3, Detail = 4 })),
        new("unknown rule flag", "audit.definition", 9, 0, f => Extra(f, New(Operation.SetRule) with { TransactionType = 8, Detail = 2 | (2 << 16) | (2048L << 32) })),
        new("unknown asset", "audit.asset-unknown", 9, 2, f => Extra(f, NewMove(2, 7, 2, 3, 1), Posted(7, 2, 3, 1)), Reseal: false),
        new("unknown acting account", "audit.account-unknown", 9, 55, f => Extra(f, New(Operation.Pulse) with { ActingFor = 55 })),
        new("same account", "audit.same-account", 9, 2, f => Extra(f, NewMove(2, 1, 2, 2, 1), Posted(1, 2, 2, 1))),
        new("out of a closed account", "audit.account-closed", 9, 4, f => Extra(f, NewMove(2, 1, 2, 4, 1), Posted(1, 2, 4, 1))),
        new("closed twice", "audit.account-closed", 9, 4, f => Extra(f, New(Operation.CloseAccount) with { Debit = 4 })),
        new("closed with units in it", "audit.close-not-empty", 9, 3, f => Extra(f, New(Operation.CloseAccount) with { Debit = 3 })),
        new("out of a frozen account", "audit.frozen", 9, 2, f => { Extra(f, New(Operation.Freeze) with { Debit = 2, Detail = 1 }); Extra(f, NewMove(2, 1, 2, 3, 1), Posted(1, 2, 3, 1)); }),
        new("into a frozen holding", "audit.frozen", 9, 3, f => { Extra(f, New(Operation.Freeze) with { Debit = 3, Asset = 1, Detail = 2 }); Extra(f, NewMove(2, 1, 2, 3, 1), Posted(1, 2, 3, 1)); }),
        new("a hold posted out of a frozen account", "audit.frozen", 9, 3,
            f => { Extra(f, New(Operation.Freeze) with { Debit = 3, Detail = 1 }); Extra(f, NewAnswer(Operation.PostHold, 5001, Ben, 2), Of(EffectKind.HoldPosted, 2, 3, 2, 3, 5001, 12)); }),
        new("nothing moved", "audit.amount", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 0), Posted(1, 2, 3, 0)), Reseal: false),
        // Constraints
        new("no rule", "audit.rule-none", 9, 2, f => Extra(f, NewMove(60, 1, 2, 3, 1), Posted(1, 2, 3, 1))),
        new("no rule in that direction", "audit.rule-none", 9, 2, f => Extra(f, NewMove(2, 1, 2, 1, 1), Posted(1, 2, 1, 1))),
        new("forbidden for the class", "audit.rule-none", 9, 2, f => Extra(f, NewMove(4, 2, 2, 3, 1) with { SerialFirst = 60 }, Posted(2, 2, 3, 1, 60))),
        new("somebody else proposes", "audit.rule-proposer", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1) with { ActingFor = 3 }, Posted(1, 2, 3, 1))),
        new("somebody without a mandate proposes", "audit.rule-proposer", 9, 2, f => Extra(f, NewMove(7, 1, 2, 3, 1), Posted(1, 2, 3, 1))),
        new("an authority without a mandate proposes", "audit.rule-proposer", 9, 2, f => Extra(f, NewMove(7, 1, 2, 3, 1) with { ActingFor = 9 }, Posted(1, 2, 3, 1))),
        new("posted by somebody without a mandate", "audit.rule-proposer", 9, 2,
            f => { Extra(f, Hold(7007, 7, 1, 2, 3, 1) with { ActingFor = 10 }, Of(EffectKind.Held, 1, 2, 3, 1, 7007)); Extra(f, NewAnswer(Operation.PostHold, 7007, Ben, 3), Of(EffectKind.HoldPosted, 1, 2, 3, 1, 7007)); }),
        new("no authority proposes", "audit.rule-proposer", 9, 2, f => Extra(f, NewMove(6, 1, 2, 3, 1), Posted(1, 2, 3, 1))),
        new("transferred without a hold", "audit.rule-must-hold", 9, 2, f => Extra(f, NewMove(3, 1, 2, 3, 1), Posted(1, 2, 3, 1))),
        new("the same person posts", "audit.rule-other-actor", 5, 2, f => Change(f, Post, 0, c => c with { Actor = Anna })),
        new("nobody posts", "audit.rule-other-actor", 5, 2, f => Change(f, Post, 1, c => c with { Actor = 0 })),
        new("the debit account accepts", "audit.rule-accept-by-credit", 5, 2, f => Change(f, Post, 2, c => c with { ActingFor = 3 })),
        new("a lien posted by its debtor", "audit.rule-accept-by-credit", 7, 2,
            f => { Change(f, SoundStory.Void, 0, c => c with { Operation = Operation.PostHold, ActingFor = 3 }); ChangeEffect(f, SoundStory.Void, 0, e => e with { Kind = EffectKind.HoldPosted }); }),
        new("no trust", "audit.rule-trust", 6, 3, f => Change(f, Release, 0, c => c with { Time = Start + 61 * Second })),
        new("posted before the delay", "audit.rule-delay", 9, 2,
            f => { Extra(f, Hold(7006, 5, 1, 2, 3, 1), Of(EffectKind.Held, 1, 2, 3, 1, 7006)); Extra(f, NewAnswer(Operation.PostHold, 7006, Ben, 3), Of(EffectKind.HoldPosted, 1, 2, 3, 1, 7006)); }),
        new("released before the delay", "audit.rule-delay", 9, 2,
            f => Extra(f, Hold(7002, 5, 1, 2, 3, 1) with { Flags = CommandFlags.Releases, Time = Start + 26 * Hour + 1 }, Of(EffectKind.Held, 1, 2, 3, 1, 7002))),
        new("a lien voided by its debtor", "audit.void-not-allowed", 7, 3, f => Change(f, SoundStory.Void, 0, c => c with { ActingFor = 3 })),
        new("a hold voided by a stranger", "audit.void-not-allowed", 9, 3, f => Extra(f, NewAnswer(Operation.VoidHold, 5001, Ben, 1), Of(EffectKind.HoldVoided, 2, 3, 2, 3, 5001, 12))),
        // Effects
        new("a code where none belongs", "audit.effect-form", 3, 2, f => ChangeEffect(f, Transfers, 0, e => e with { Code = Code.NoRule })),
        new("effects out of order", "audit.effect-order", 2, 1, f => f.Batches[Issue].Effects.Reverse(1, 2), Also: ["audit.effects-missing", "audit.serial-not-held", "audit.trailer-holding", "audit.trailer-block", "audit.negative", "audit.serial-units"]),
        new("an effect of no command", "audit.effect-order", 9, 2, f => Last(f).Effects.Add(Posted(1, 2, 3, 1) with { CommandIndex = 50 }), Reseal: false),
        new("an effect left out", "audit.effects-missing", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1))),
        new("a refused command moved units", "audit.refused-with-effects", 9, 2, f => { Refuse(Last(f), NewMove(2, 1, 2, 3, 1), Code.NoRule); Last(f).Effects.Add(Posted(1, 2, 3, 1) with { CommandIndex = Last(f).Commands.Count - 1 }); }),
        new("a repeat moved units again", "audit.command-id", 9, 2, f => Extra(f, f.Batches[Transfers].Commands[0], Posted(1, 2, 3, 300))),
        new("more moved than asked", "audit.effect-mismatch", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1), Posted(1, 2, 3, 2))),
        new("another account credited", "audit.effect-mismatch", 9, 3, f => Extra(f, NewMove(2, 1, 2, 3, 1), Posted(1, 2, 9, 1))),
        new("another asset moved", "audit.effect-mismatch", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1), Posted(2, 2, 3, 1, 60))),
        new("posted instead of held", "audit.effect-mismatch", 9, 2, f => Extra(f, Hold(7003, 2, 1, 2, 3, 1), Posted(1, 2, 3, 1)), Also: ["audit.hold-sum", "audit.trailer-hold"]),
        new("serials outside the range asked for", "audit.effect-mismatch", 9, 2, f => Extra(f, NewMove(2, 2, 2, 3, 2) with { SerialFirst = 60 }, Posted(2, 2, 3, 2, 61))),
        new("a definition with an effect", "audit.effect-mismatch", 9, 2, f => Extra(f, New(Operation.Pulse), Posted(1, 2, 3, 1))),
        // Balances
        new("units out of nothing", "audit.conservation", 9, 0, f => Extra(f, NewMove(2, 1, 8, 3, 1), Posted(1, 8, 3, 1)), Reseal: false, Also: ["audit.account-unknown", "audit.rule-none", "audit.trailer-holding"]),
        new("spent more than available", "audit.negative", 9, 3, f => Extra(f, NewMove(2, 1, 3, 2, 9999), Posted(1, 3, 2, 9999))),
        new("spent what is held", "audit.negative", 4, 2, f => Do(f.Batches[Holds], NewMove(2, 1, 2, 3, 500), Posted(1, 2, 3, 500)), Also: ["audit.trailer-holding"]),
        new("a balance out of range", "audit.overflow", 9, 1, f => Extra(f, NewMove(1, 1, 1, 3, long.MaxValue), Posted(1, 1, 3, long.MaxValue)), Reseal: false, Also: ["audit.conservation", "audit.trailer-holding"]),
        // Serials
        new("a serial on a fungible asset", "audit.serial-form", 9, 2, f => Extra(f, NewMove(2, 1, 2, 3, 1), Posted(1, 2, 3, 1) with { SerialFirst = 5 }), Reseal: false, Also: ["audit.trailer-holding"]),
        new("no serial on a serialised asset", "audit.serial-form", 9, 2, f => Extra(f, NewMove(2, 2, 2, 3, 1), Posted(2, 2, 3, 1)), Also: ["audit.serial-units"]),
        new("issued twice", "audit.serial-issued-twice", 9, 1, f => Extra(f, NewMove(1, 2, 1, 2, 10) with { SerialFirst = 95 }, Posted(2, 1, 2, 10, 95)), Also: ["audit.serial-units"]),
        new("issued with a gap nobody asked for", "audit.serial-next", 9, 1, f => Extra(f, NewMove(1, 2, 1, 2, 10), Posted(2, 1, 2, 10, 201))),
        new("somebody else's serial", "audit.serial-not-held", 9, 2, f => Extra(f, NewMove(2, 2, 2, 3, 1) with { SerialFirst = 1 }, Posted(2, 2, 3, 1, 1)), Also: ["audit.serial-units"]),
        new("a serial in a hold", "audit.serial-not-held", 9, 3, f => Extra(f, NewMove(2, 2, 3, 2, 1) with { SerialFirst = 13 }, Posted(2, 3, 2, 1, 13)), Also: ["audit.serial-units"]),
        new("a serial never issued", "audit.serial-not-held", 9, 2, f => Extra(f, NewMove(2, 2, 2, 3, 1) with { SerialFirst = 500 }, Posted(2, 2, 3, 1, 500)), Also: ["audit.serial-units"]),
        // Holds and time
        new("a hold posted twice", "audit.hold-not-pending", 9, 2, f => Extra(f, NewAnswer(Operation.PostHold, Waiting, Ben, 3), Of(EffectKind.HoldPosted, 1, 2, 3, 40, Waiting)), Also: ["audit.negative", "audit.trailer-hold"]),
        new("a scheduled hold posted now", "audit.hold-not-pending", 7, 2, f => Do(f.Batches[SoundStory.Void], NewAnswer(Operation.PostHold, Scheduled, Ben, 3), Of(EffectKind.HoldPosted, 1, 2, 3, 5, Scheduled)), Also: ["audit.frozen", "audit.negative", "audit.trailer-hold", "audit.trailer-holding", "audit.rule-delay"]),
        new("more posted than held", "audit.hold-amount", 5, 2, f => { Change(f, Post, 1, c => c with { Amount = 7 }); }, Also: ["audit.effect-mismatch"]),
        new("half a hold ended", "audit.hold-amount", 8, 2, f => ChangeEffect(f, Expiry, 0, e => e with { Amount = 100 }), Also: ["audit.hold-sum", "audit.trailer-hold"]),
        new("less held than the hold says", "audit.effect-mismatch", 9, 2, f => Extra(f, Hold(7004, 2, 1, 2, 3, 10), Of(EffectKind.Held, 1, 2, 3, 9, 7004)), Also: ["audit.hold-sum", "audit.trailer-hold"]),
        new("due before it is opened", "audit.timer-past", 9, 2, f => Extra(f, Hold(7005, 2, 1, 2, 3, 1) with { Flags = CommandFlags.Expires, Time = Start + 26 * Hour }, Of(EffectKind.Held, 1, 2, 3, 1, 7005))),
        new("expired early", "audit.timer-early", 8, 2, f => f.Batches[Expiry].Time -= 1),
        new("not expired when due", "audit.timer-missing", 8, 2, f => f.Batches[Expiry].Effects.RemoveAt(0)),
        new("released in the wrong order", "audit.timer-order", 6, 3, f =>
        {
            // Both are due at the same time, and the expiring hold was scheduled first.
            Change(f, Holds, 0, c => c with { Time = Start + 60 * Second });
            f.Batches[Release].Effects.Insert(1, f.Batches[Expiry].Effects[0]);
            f.Batches[Expiry].Effects.RemoveAt(0);
        }),
        new("a release refused without a reason", "audit.release-refused", 6, 3, f => ChangeEffect(f, Release, 0, e => e with { Kind = EffectKind.ReleaseRefused, Code = Code.DebitFrozen })),
        new("a release that should have been refused", "audit.release-refused", 9, 2, f => ChangeEffect(f, Delayed, 0, e => e with { Kind = EffectKind.HoldReleased, Code = 0 })),
        new("a release refused with another code", "audit.release-refused", 9, 2, f => ChangeEffect(f, Delayed, 0, e => e with { Code = Code.DebitFrozen })),
        // Trailer
        new("another last batch", "audit.trailer-batch", 0, 0, f => f.LastBatch = 12, Reseal: false),
        new("a holding changed", "audit.trailer-holding", 0, 2, f => f.Holdings[2] = f.Holdings[2] with { Available = 1, Held = f.Holdings[2].Held + f.Holdings[2].Available - 1 }, Reseal: false),
        new("a holding left out", "audit.trailer-holding", 0, 3, f => f.Holdings.RemoveAt(4), Reseal: false, Also: ["audit.trailer-conservation"]),
        new("a holding made up", "audit.trailer-holding", 0, 4, f => f.Holdings.Add((4, 1, 0, 0)), Reseal: false),
        new("holdings that do not cancel", "audit.trailer-conservation", 0, 0, f => f.Holdings[2] = f.Holdings[2] with { Available = f.Holdings[2].Available + 1 }, Reseal: false, Also: ["audit.trailer-holding"]),
        new("holdings out of order", "audit.trailer-order", 0, 1, f => (f.Holdings[0], f.Holdings[1]) = (f.Holdings[1], f.Holdings[0]), Reseal: false, Also: ["audit.trailer-holding"]),
        new("a pending hold left out", "audit.trailer-hold", 0, 3, f => f.Holds.Clear(), Reseal: false),
        new("a pending hold changed", "audit.trailer-hold", 0, 3, f => f.Holds[0] = f.Holds[0] with { Amount = 4 }, Reseal: false),
        new("a block left out", "audit.trailer-block", 0, 3, f => f.Blocks.RemoveAt(0), Reseal: false),
        new("a block with another owner", "audit.trailer-block", 0, 2, f => f.Blocks[0] = f.Blocks[0] with { Account = 2 }, Reseal: false),
        new("a block in another state", "audit.trailer-block", 0, 3, f => f.Blocks[1] = f.Blocks[1] with { State = 0 }, Reseal: false),
        new("blocks that overlap", "audit.trailer-order", 0, 3, f => f.Blocks.Insert(1, f.Blocks[0]), Reseal: false),
        new("a block longer than what was issued", "audit.trailer-block", 0, 2, f => f.Blocks[^1] = f.Blocks[^1] with { Last = 150 }, Reseal: false),
    ];

    public static TheoryData<string> Names => [.. Rows.Select(r => r.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_broken_rule_is_named_with_its_batch_and_account(string name)
    {
        var row = Rows.Single(r => r.Name == name);
        var file = SoundStory.Create();
        row.Break(file);
        if (row.Reseal) file.Seal();
        var report = ExportAuditor.Audit(new MemoryStream(file.ToBytes()), new(1000));
        Assert.False(report.Sound);
        var all = string.Join("\n", report.Findings);
        var hit = report.Findings.FirstOrDefault(f => f.Code == row.Code);
        Assert.True(hit is not null, "not found; instead:\n" + all);
        Assert.True(hit.Batch == row.Batch, all);
        Assert.True(hit.Account == row.Account, all);
        Assert.All(report.Findings, f => Assert.True(f.Code == row.Code || row.Also?.Contains(f.Code) == true, all));
    }

    [Fact]
    public void Every_rule_of_the_list_has_a_row_that_breaks_it()
    {
        // Those of the file as a whole are broken in FileDamageTests; conservation and hold-sum show beside the cause.
        string[] elsewhere = ["audit.not-an-export", "audit.truncated", "audit.trailing-bytes", "audit.file-hash", "audit.hold-sum", "audit.serial-units"];
        var covered = Rows.Select(r => r.Code).Concat(elsewhere).ToHashSet();
        Assert.Equal([], AuditRule.All.Select(r => r.Code).Except(covered));
        foreach (var code in new[] { "audit.hold-sum", "audit.serial-units" }) Assert.Contains(Rows, r => r.Also?.Contains(code) == true);
    }
}
