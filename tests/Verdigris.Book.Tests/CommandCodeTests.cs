using static Verdigris.Book.Tests.Ledger;

namespace Verdigris.Book.Tests;

/// <summary>One table an operation: what is refused, with which code, in the order the checks are documented in.</summary>
public sealed class CommandCodeTests
{
    static Command Pay(Ledger l, long amount = 10, ushort type = Ledger.Pay, int asset = Cash, long debit = Anna, long credit = Ben, long actingFor = 0, long first = 0, UInt128 actor = default) =>
        Commands.Transfer(l.Id(), type, asset, debit, credit, amount, actor, actingFor, first);

    static Command Hold(Ledger l, long amount = 10, ushort type = Ledger.Pay, int asset = Cash, long debit = Anna, long credit = Ben, long actingFor = 0, long first = 0, UInt128 actor = default, long expires = 0, long releases = 0, bool lien = false) =>
        Commands.Hold(l.Id(), type, asset, debit, credit, amount, actor, actingFor, first, expires, releases, lien);

    static UInt128 Held(Ledger l, Command? hold = null) => l.Ok(hold ?? Hold(l.With(Anna, 100)));

    [Fact]
    public void Every_operation_checks_its_form() => Table(
        ("no id", l => Pay(l) with { Id = 0 }, Code.CommandIdMissing),
        ("id of another command", l => Pay(l) with { Id = 1_000 }, Code.CommandIdReused),
        ("operation 0", l => new Command { Id = l.Id() }, Code.OperationUnknown),
        ("operation 9 with rubbish", l => new Command { Id = l.Id(), Operation = (Operation)9, Amount = 5 }, Code.OperationUnknown),
        ("transfer with time", l => Pay(l) with { Time = 1 }, Code.ReservedFieldSet),
        ("transfer with target", l => Pay(l) with { Target = 1 }, Code.ReservedFieldSet),
        ("transfer that expires", l => Pay(l) with { Flags = CommandFlags.Expires }, Code.ReservedFieldSet),
        ("unknown flag", l => Pay(l) with { Flags = (CommandFlags)64 }, Code.ReservedFieldSet),
        ("hold with both times", l => Hold(l, expires: 9_000_000) with { Flags = CommandFlags.Expires | CommandFlags.Releases }, Code.ReservedFieldSet),
        ("hold with a time and no flag", l => Hold(l) with { Time = 9_000_000 }, Code.ReservedFieldSet),
        ("post with a debit", l => Commands.PostHold(l.Id(), 1) with { Debit = Anna }, Code.ReservedFieldSet),
        ("void with an amount", l => Commands.VoidHold(l.Id(), 1) with { Amount = 1 }, Code.ReservedFieldSet),
        ("pulse with an amount", l => Commands.Pulse(l.Id()) with { Amount = 1 }, Code.ReservedFieldSet),
        ("open account with an unknown flag", l => Commands.OpenAccount(l.Id(), 77, 2) with { Detail = 2 | 1 << 17 }, Code.ReservedFieldSet),
        ("define asset with too much detail", l => Commands.DefineAsset(l.Id(), 7, "X", AssetKind.Fungible) with { Detail = 1L << 32 }, Code.ReservedFieldSet),
        ("linked and alone", l => Pay(l).Linked(), Code.ChainOpen),
        ("unknown party of the system", l => Commands.Pulse(l.Id()) with { ActingFor = 99 }, Code.ActingForUnknown),
        ("pulse", l => Commands.Pulse(l.Id()), Code.Accepted));

    [Fact]
    public void DefineAsset_answers_in_order() => Table(
        ("id taken", l => Commands.DefineAsset(l.Id(), Cash, "NEW", AssetKind.Fungible), Code.AssetExists),
        ("code taken and scale wrong", l => Commands.DefineAsset(l.Id(), 5, "EUR", AssetKind.Fungible, 10), Code.AssetExists),
        ("id 0", l => Commands.DefineAsset(l.Id(), 0, "NEW", AssetKind.Fungible), Code.AssetInvalid),
        ("no code", l => Commands.DefineAsset(l.Id(), 5, "", AssetKind.Fungible), Code.AssetInvalid),
        ("code too long", l => Commands.DefineAsset(l.Id(), 5, new string('A', 33), AssetKind.Fungible), Code.AssetInvalid),
        ("code with a blank", l => Commands.DefineAsset(l.Id(), 5, "A B", AssetKind.Fungible), Code.AssetInvalid),
        ("kind 2", l => Commands.DefineAsset(l.Id(), 5, "NEW", (AssetKind)2), Code.AssetInvalid),
        ("scale 10", l => Commands.DefineAsset(l.Id(), 5, "NEW", AssetKind.Fungible, 10), Code.AssetInvalid),
        ("acting for nobody", l => Commands.DefineAsset(l.Id(), 5, "NEW", AssetKind.Fungible, actingFor: 99), Code.ActingForUnknown),
        ("code of 32", l => Commands.DefineAsset(l.Id(), 5, new string('A', 32), AssetKind.Serialised, 9, ushort.MaxValue), Code.Accepted));

    [Fact]
    public void Accounts_trust_and_freezes_answer_in_order() => Table(
        ("account exists", l => Commands.OpenAccount(l.Id(), Anna, 0), Code.AccountExists),
        ("account id 0", l => Commands.OpenAccount(l.Id(), 0, 2), Code.AccountInvalid),
        ("account type 0", l => Commands.OpenAccount(l.Id(), 99, 0), Code.AccountInvalid),
        ("account acting for nobody", l => Commands.OpenAccount(l.Id(), 99, 2, actingFor: 98), Code.ActingForUnknown),
        ("account", l => Commands.OpenAccount(l.Id(), 99, 2), Code.Accepted),
        ("close nobody", l => Commands.CloseAccount(l.Id(), 99), Code.DebitUnknown),
        ("close full", l => Commands.CloseAccount(l.With(Anna, 5).Id(), Anna), Code.AccountNotEmpty),
        ("close issuer", l => Commands.CloseAccount(l.With(Anna, 5).Id(), Issuer), Code.AccountNotEmpty),
        ("close twice", l => Commands.CloseAccount(l.Id(), Closed), Code.AccountAlreadyClosed),
        ("close", l => Commands.CloseAccount(l.Id(), Anna), Code.Accepted),
        ("trust by nobody", l => Commands.SetTrust(l.Id(), 99, 98), Code.DebitUnknown),
        ("trust nobody", l => Commands.SetTrust(l.Id(), Anna, 98), Code.CreditUnknown),
        ("trust acting for nobody", l => Commands.SetTrust(l.Id(), Anna, Anna, actingFor: 97), Code.ActingForUnknown),
        ("trust oneself", l => Commands.SetTrust(l.Id(), Closed, Closed), Code.SameAccount),
        ("trust by closed", l => Commands.SetTrust(l.Id(), Closed, Anna), Code.DebitClosed),
        ("trust", l => Commands.SetTrust(l.Id(), Anna, Ben), Code.Accepted),
        ("untrust nobody", l => Commands.RemoveTrust(l.Id(), Anna, 98), Code.CreditUnknown),
        ("untrust what never was", l => Commands.RemoveTrust(l.Id(), Anna, Ben), Code.Accepted),
        ("freeze unknown asset of nobody", l => Commands.Freeze(l.Id(), 99, 77, FreezeScope.None), Code.AssetUnknown),
        ("freeze nobody", l => Commands.Freeze(l.Id(), 99, 0, FreezeScope.None), Code.DebitUnknown),
        ("freeze nothing", l => Commands.Freeze(l.Id(), Anna, 0, FreezeScope.None), Code.ScopeInvalid),
        ("freeze scope 4", l => Commands.Unfreeze(l.Id(), Anna, Cash, (FreezeScope)4), Code.ScopeInvalid),
        ("freeze", l => Commands.Freeze(l.Id(), Anna, 0, FreezeScope.Both), Code.Accepted),
        ("rule with source type 0", l => Commands.SetRule(l.Id(), 1, 0, 0, 2, RuleFlags.Allowed), Code.RuleInvalid),
        ("rule with unknown flag", l => Commands.SetRule(l.Id(), 1, 0, 1, 2, (RuleFlags)2048), Code.RuleInvalid),
        ("rule with negative delay", l => Commands.SetRule(l.Id(), 1, 0, 1, 2, RuleFlags.Allowed, -1), Code.RuleInvalid),
        ("rule for class 65536", l => Commands.SetRule(l.Id(), 1, 0, 1, 2, RuleFlags.Allowed) with { Asset = 65_536 }, Code.RuleInvalid),
        ("rule acting for nobody", l => Commands.SetRule(l.Id(), 1, 0, 0, 2, RuleFlags.Allowed, actingFor: 99), Code.ActingForUnknown));

    [Fact]
    public void Transfer_answers_in_order() => Table(
        ("unknown asset between nobodies", l => Pay(l, asset: 77, debit: 98, credit: 99), Code.AssetUnknown),
        ("unknown debit", l => Pay(l, debit: 98, credit: 99), Code.DebitUnknown),
        ("unknown credit", l => Pay(l, credit: 99, actingFor: 97), Code.CreditUnknown),
        ("unknown party", l => Pay(l, debit: Closed, credit: Closed, actingFor: 97), Code.ActingForUnknown),
        ("to oneself", l => Pay(l, debit: Closed, credit: Closed), Code.SameAccount),
        ("from closed", l => Pay(l, debit: Closed, amount: 0), Code.DebitClosed),
        ("to closed", l => Pay(l, credit: Closed, amount: 0), Code.CreditClosed),
        ("amount 0", l => Pay(l, amount: 0, first: 1), Code.AmountNotPositive),
        ("amount below 0", l => Pay(l, amount: long.MinValue), Code.AmountNotPositive),
        ("serial of cash", l => Pay(l, first: -1, type: 99), Code.SerialOnFungible),
        ("serial below 0", l => Pay(l, asset: Warrant, first: -1, type: 99), Code.SerialRangeInvalid),
        ("range past the end", l => Pay(l, asset: Warrant, first: long.MaxValue, amount: 2, type: 99), Code.SerialRangeInvalid),
        ("no rule", l => Pay(l, type: 99), Code.NoRule),
        ("rule that allows nothing", l => Pay(l, type: NotAllowed), Code.NoRule),
        ("proposed by the credit", l => Pay(l, type: ByDebit, actingFor: Ben), Code.ProposerNotAllowed),
        ("proposed by a holder where an authority must", l => Pay(l, type: ByAuthority, actingFor: Anna), Code.ProposerNotAllowed),
        ("proposed without a mandate", l => Pay(l, type: ByMandate, actingFor: Anna), Code.ProposerNotAllowed),
        ("proposed by an authority without a mandate", l => Pay(l, type: ByMandate, actingFor: Authority), Code.ProposerNotAllowed),
        ("proposed by a mandate", l => Pay(l.With(Anna, 10), type: ByMandate, actingFor: Agent), Code.Accepted),
        ("proposed by a mandate for other transactions", l => Pay(l, type: ByAuthority, actingFor: Agent), Code.ProposerNotAllowed),
        ("moved by the mandate itself", l => Pay(l, type: ByMandate) with { Debit = Agent, Credit = Anna }, Code.NoRule),
        ("proposed by neither", l => Pay(l, type: ByEither, actingFor: Carla), Code.ProposerNotAllowed),
        ("proposed by the debit", l => Pay(l.With(Anna, 10), type: ByEither, actingFor: Anna), Code.Accepted),
        ("proposed by the authority", l => Pay(l.With(Anna, 10), type: ByEither, actingFor: Authority), Code.Accepted),
        ("proposed by the system", l => Pay(l.With(Anna, 10), type: ByAuthority), Code.Accepted),
        ("without the hold it needs", l => Pay(l, type: FourEyes), Code.HoldRequired),
        ("not trusted", l => Pay(l, type: Delayed), Code.NotTrusted),
        ("trusted later", l => { l.Ok(Commands.SetTrust(l.Id(), Anna, Ben, l.Now + 1_000_000)); return Pay(l, type: Delayed); }, Code.NotTrusted),
        ("trusted", l => { l.Ok(Commands.SetTrust(l.Id(), Anna, Ben, l.Now + 1)); return Pay(l.With(Anna, 10), type: Delayed); }, Code.Accepted),
        ("debit frozen", l => { l.Ok(Commands.Freeze(l.Id(), Anna, 0, FreezeScope.Out)); l.Ok(Commands.Freeze(l.Id(), Ben, Cash, FreezeScope.In)); return Pay(l); }, Code.DebitFrozen),
        ("credit frozen", l => { l.Ok(Commands.Freeze(l.Id(), Ben, Cash, FreezeScope.Both)); return Pay(l); }, Code.CreditFrozen),
        ("frozen the other way", l => { l.Ok(Commands.Freeze(l.Id(), Anna, 0, FreezeScope.In)); return Pay(l.With(Ben, 10), debit: Ben, credit: Carla); }, Code.Accepted),
        ("frozen for another asset", l => { l.Ok(Commands.Freeze(l.With(Anna, 10).Id(), Anna, Warrant, FreezeScope.Out)); return Pay(l); }, Code.Accepted),
        ("thawed", l => { l.Ok(Commands.Freeze(l.With(Anna, 10).Id(), Anna, 0, FreezeScope.Both)); l.Ok(Commands.Unfreeze(l.Id(), Anna, 0, FreezeScope.Out)); return Pay(l); }, Code.Accepted),
        ("too little", l => Pay(l.With(Anna, 9)), Code.InsufficientBalance),
        ("what is held cannot be spent", l => { Held(l, Hold(l.With(Anna, 10), amount: 1)); return Pay(l); }, Code.InsufficientBalance),
        ("serials of somebody else", l => Pay(l.With(Anna, 10, Warrant).With(Ben, 10, Warrant), asset: Warrant, first: 6), Code.SerialNotHeld),
        ("serials in a hold", l => { Held(l, Hold(l.With(Anna, 30, Warrant), asset: Warrant, first: 10)); return Pay(l, asset: Warrant, first: 1); }, Code.SerialNotHeld),
        ("issued before", l => Pay(l.With(Anna, 10, Warrant, first: 5), type: Issue, debit: Issuer, asset: Warrant, first: 14, amount: 2), Code.SerialAlreadyIssued),
        ("issued around", l => Pay(l.With(Anna, 10, Warrant, first: 5), type: Issue, debit: Issuer, asset: Warrant, first: 1, amount: 100), Code.SerialAlreadyIssued),
        ("issued beside", l => Pay(l.With(Anna, 10, Warrant, first: 5), type: Issue, debit: Issuer, asset: Warrant, first: 1, amount: 4), Code.Accepted),
        ("credit full", l => Pay(l.With(Ben, long.MaxValue), type: Issue, debit: Issuer, amount: 1), Code.BalanceOverflow),
        ("issuer at the end", l => Pay(l.With(Ben, long.MaxValue).With(Carla, 1), type: Issue, debit: Issuer, credit: Anna, amount: 1), Code.BalanceOverflow),
        ("no serials left", l => Pay(l.With(Ben, 1, Warrant, first: long.MaxValue), type: Issue, debit: Issuer, asset: Warrant, amount: 1), Code.LimitReached),
        ("everything", l => Pay(l.With(Anna, 10)), Code.Accepted));

    [Fact]
    public void Hold_answers_in_order() => Table(
        ("no rule", l => Hold(l, type: 99), Code.NoRule),
        ("nobody acts where two must", l => Hold(l, type: FourEyes), Code.ActorMissing),
        ("frozen", l => { l.Ok(Commands.Freeze(l.Id(), Anna, Cash, FreezeScope.Out)); return Hold(l, expires: 1); }, Code.DebitFrozen),
        ("expires in the past", l => Hold(l, expires: l.Now), Code.TimePast),
        ("expires with the batch", l => Hold(l, expires: l.Now + 1), Code.TimePast),
        ("released in the past", l => Hold(l, type: Delayed, releases: l.Now), Code.TimePast),
        ("released too soon", l => Hold(l, type: Delayed, releases: l.Now + Delay), Code.DelayTooShort),
        ("released after the delay, without units", l => Hold(l, type: Delayed, releases: l.Now + 1 + Delay), Code.InsufficientBalance),
        ("too little", l => Hold(l.With(Anna, 9)), Code.InsufficientBalance),
        ("serials not there", l => Hold(l.With(Anna, 20, Warrant), asset: Warrant, first: 15), Code.SerialNotHeld),
        ("serials issued before", l => Hold(l.With(Anna, 20, Warrant), asset: Warrant, type: Issue, debit: Issuer, first: 15), Code.SerialAlreadyIssued),
        ("held", l => Hold(l.With(Anna, 10)), Code.Accepted));

    [Fact]
    public void PostHold_answers_in_order() => Table(
        ("acting for nobody", l => Commands.PostHold(l.Id(), 5, actingFor: 99), Code.ActingForUnknown),
        ("no such hold", l => Commands.PostHold(l.Id(), 5), Code.HoldUnknown),
        ("a transfer's id", l => { var pay = Pay(l.With(Anna, 10)); l.Ok(pay); return Commands.PostHold(l.Id(), pay.Id); }, Code.HoldUnknown),
        ("a refused hold", l => { var hold = Hold(l); l.Send(hold); return Commands.PostHold(l.Id(), hold.Id); }, Code.HoldUnknown),
        ("posted by who could not have proposed", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: ByMandate) with { ActingFor = Agent }), actingFor: Ben), Code.ProposerNotAllowed),
        ("posted by an authority without a mandate", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: ByMandate) with { ActingFor = Agent }), actingFor: Authority), Code.ProposerNotAllowed),
        ("posted by who could", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: ByMandate) with { ActingFor = Agent }), actingFor: Agent), Code.Accepted),
        ("posted", l => { var id = Held(l); l.Ok(Commands.PostHold(l.Id(), id)); return Commands.PostHold(l.Id(), id); }, Code.HoldPosted),
        ("voided", l => { var id = Held(l); l.Ok(Commands.VoidHold(l.Id(), id)); return Commands.PostHold(l.Id(), id); }, Code.HoldVoided),
        ("expired", l => { var id = Held(l, Hold(l.With(Anna, 100), expires: l.Now + 50)); l.WaitUntil(l.Now + 60); return Commands.PostHold(l.Id(), id); }, Code.HoldExpired),
        ("released", l => { var id = Held(l, Hold(l.With(Anna, 100), releases: l.Now + 50)); l.WaitUntil(l.Now + 60); return Commands.PostHold(l.Id(), id); }, Code.HoldReleased),
        ("waiting for its time", l => { var id = Held(l); l.Ok(Commands.PostHold(l.Id(), id, releasesAtMicros: l.Now + 50)); return Commands.PostHold(l.Id(), id); }, Code.HoldScheduled),
        ("more than held, of a closed account", l => { var id = Held(l); l.Ok(Commands.CloseAccount(l.Id(), Ben)); return Commands.PostHold(l.Id(), id, 11); }, Code.AmountOverHold),
        ("credit closed", l => { var id = Held(l); l.Ok(Commands.CloseAccount(l.Id(), Ben)); return Commands.PostHold(l.Id(), id, -1); }, Code.CreditClosed),
        ("less than nothing", l => Commands.PostHold(l.Id(), Held(l), -1), Code.AmountNotPositive),
        ("rule withdrawn", l => { var id = Held(l); l.Ok(Commands.SetRule(l.Id(), Ledger.Pay, 0, 2, 2, RuleFlags.None)); return Commands.PostHold(l.Id(), id); }, Code.NoRule),
        ("nobody acts", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: FourEyes, actor: Smith))), Code.ActorMissing),
        ("debit frozen", l => { var id = Held(l); l.Ok(Commands.Freeze(l.Id(), Anna, 0, FreezeScope.Out)); return Commands.PostHold(l.Id(), id); }, Code.DebitFrozen),
        ("credit frozen", l => { var id = Held(l); l.Ok(Commands.Freeze(l.Id(), Ben, 0, FreezeScope.In)); return Commands.PostHold(l.Id(), id); }, Code.CreditFrozen),
        ("at a time gone by", l => Commands.PostHold(l.Id(), Held(l), releasesAtMicros: l.Now), Code.TimePast),
        ("by the same person", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: FourEyes, actor: Smith)), actor: Smith), Code.SameActor),
        ("by another person", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: FourEyes, actor: Smith)), actor: Jones), Code.Accepted),
        ("accepted by the wrong side", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: Accept)), actingFor: Anna), Code.AcceptByCreditRequired),
        ("accepted by the credit", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: Accept)), actingFor: Ben), Code.Accepted),
        ("a lien posted by its giver", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), lien: true)), actingFor: Anna), Code.AcceptByCreditRequired),
        ("a lien posted by an authority", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), lien: true)), actingFor: Authority), Code.AcceptByCreditRequired),
        ("a lien posted by its beneficiary", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: FourEyes, actor: Smith, lien: true)), actor: Smith, actingFor: Ben), Code.Accepted),
        ("before the delay", l => Commands.PostHold(l.Id(), Held(l, Hold(l.With(Anna, 100), type: Delayed))), Code.DelayTooShort),
        ("after the delay", l => { var id = Held(l, Hold(l.With(Anna, 100), type: Delayed)); l.WaitUntil(l.Now + Delay); return Commands.PostHold(l.Id(), id); }, Code.Accepted),
        ("a part, later", l => Commands.PostHold(l.Id(), Held(l), 5, releasesAtMicros: l.Now + 500), Code.PartNotSchedulable),
        ("credit full", l => { var id = Held(l, Hold(l.With(Anna, 100), amount: 100)); l.With(Ben, long.MaxValue - 99); return Commands.PostHold(l.Id(), id); }, Code.BalanceOverflow),
        ("posted", l => Commands.PostHold(l.Id(), Held(l)), Code.Accepted));

    [Fact]
    public void VoidHold_answers_in_order() => Table(
        ("acting for nobody", l => Commands.VoidHold(l.Id(), 5, actingFor: 99), Code.ActingForUnknown),
        ("no such hold", l => Commands.VoidHold(l.Id(), 5), Code.HoldUnknown),
        ("posted", l => { var id = Held(l); l.Ok(Commands.PostHold(l.Id(), id)); return Commands.VoidHold(l.Id(), id); }, Code.HoldPosted),
        ("voided", l => { var id = Held(l); l.Ok(Commands.VoidHold(l.Id(), id)); return Commands.VoidHold(l.Id(), id); }, Code.HoldVoided),
        ("expired", l => { var id = Held(l, Hold(l.With(Anna, 100), expires: l.Now + 50)); l.WaitUntil(l.Now + 60); return Commands.VoidHold(l.Id(), id); }, Code.HoldExpired),
        ("released", l => { var id = Held(l, Hold(l.With(Anna, 100), releases: l.Now + 50)); l.WaitUntil(l.Now + 60); return Commands.VoidHold(l.Id(), id); }, Code.HoldReleased),
        ("refused at its release", l => { var id = Held(l, Hold(l.With(Anna, 100), releases: l.Now + 50)); l.Ok(Commands.CloseAccount(l.Id(), Ben)); l.WaitUntil(l.Now + 60); return Commands.VoidHold(l.Id(), id); }, Code.HoldVoided),
        ("by a stranger", l => Commands.VoidHold(l.Id(), Held(l), actingFor: Carla), Code.VoidNotAllowed),
        ("a lien by its giver", l => Commands.VoidHold(l.Id(), Held(l, Hold(l.With(Anna, 100), lien: true)), actingFor: Anna), Code.VoidNotAllowed),
        ("a lien by its beneficiary", l => Commands.VoidHold(l.Id(), Held(l, Hold(l.With(Anna, 100), lien: true)), actingFor: Ben), Code.Accepted),
        ("a lien by an authority", l => Commands.VoidHold(l.Id(), Held(l, Hold(l.With(Anna, 100), lien: true)), actingFor: Authority), Code.Accepted),
        ("by the debit", l => Commands.VoidHold(l.Id(), Held(l), actingFor: Anna), Code.Accepted),
        ("by the credit, frozen", l => { var id = Held(l); l.Ok(Commands.Freeze(l.Id(), Anna, 0, FreezeScope.Both)); return Commands.VoidHold(l.Id(), id, actingFor: Ben); }, Code.Accepted),
        ("while it waits for its time", l => { var id = Held(l); l.Ok(Commands.PostHold(l.Id(), id, releasesAtMicros: l.Now + 50)); return Commands.VoidHold(l.Id(), id); }, Code.Accepted));
}
