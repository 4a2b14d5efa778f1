namespace Verdigris.Book.Tests;

/// <summary>A small Book to try commands on: two assets, an issuer, three holders, an authority, a closed account, and a rule for each flag.</summary>
sealed class Ledger
{
    public const int Cash = 1, Warrant = 2;
    public const long Issuer = 1, Anna = 10, Ben = 11, Carla = 12, Authority = 20, Agent = 21, Closed = 30;
    public const ushort Issue = 1, Pay = 2, FourEyes = 3, Accept = 4, Delayed = 5, ByDebit = 6, ByAuthority = 7, ByEither = 8, NotAllowed = 9, ByMandate = 10;
    public const long Delay = 1_000;
    public static readonly UInt128 Smith = 501, Jones = 502;

    public readonly BookState State = new();
    public readonly EffectList Effects = new();
    ulong next = 1_000;
    long now = 1_000_000;

    public Ledger()
    {
        Ok(Commands.DefineAsset(Id(), Cash, "EUR", AssetKind.Fungible, 2, 1));
        Ok(Commands.DefineAsset(Id(), Warrant, "AL-WARRANT", AssetKind.Serialised, 0, 2));
        Ok(Commands.OpenAccount(Id(), Issuer, 1));
        foreach (long id in new[] { Anna, Ben, Carla, Closed }) Ok(Commands.OpenAccount(Id(), id, 2));
        Ok(Commands.OpenAccount(Id(), Authority, 3, authority: true));
        Ok(Commands.CloseAccount(Id(), Closed));
        Rule(Issue, 1, RuleFlags.Issues);
        Rule(Pay, 2, 0);
        Rule(FourEyes, 2, RuleFlags.MustHold | RuleFlags.OtherActor);
        Rule(Accept, 2, RuleFlags.AcceptByCredit);
        Rule(Delayed, 2, RuleFlags.TrustedOrDelay, Delay);
        Rule(ByDebit, 2, RuleFlags.ProposeByDebit);
        Rule(ByAuthority, 2, RuleFlags.ProposeByAuthority);
        Rule(ByEither, 2, RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority);
        Ok(Commands.OpenAccount(Id(), Agent, 4));
        Rule(ByMandate, 2, RuleFlags.ProposeByMandate | RuleFlags.PostByProposer);
        Ok(Commands.SetRule(Id(), ByMandate, 0, 4, 2, RuleFlags.Mandate));
        Ok(Commands.SetRule(Id(), NotAllowed, 0, 2, 2, RuleFlags.None));
    }

    void Rule(ushort type, ushort source, RuleFlags flags, long delay = 0) => Ok(Commands.SetRule(Id(), type, 0, source, 2, RuleFlags.Allowed | flags, delay));

    public long Now => State.TimeMicros;

    public UInt128 Id() => next++;

    /// <summary>One command in a batch of its own, one microsecond later.</summary>
    public Code Send(Command command) => Send([command])[0];

    public Code[] Send(params Command[] commands)
    {
        var codes = new Code[commands.Length];
        State.Apply(++now, commands, codes, Effects);
        return codes;
    }

    /// <summary>Lets time pass.</summary>
    public void WaitUntil(long micros)
    {
        now = Math.Max(now, micros - 1);
        Ok(Commands.Pulse(Id()));
    }

    public UInt128 Ok(Command command)
    {
        Assert.Equal(Code.Accepted, Send(command));
        return command.Id;
    }

    public Ledger With(long account, long amount, int asset = Cash, long first = 0)
    {
        Ok(Commands.Transfer(Id(), Issue, asset, Issuer, account, amount, serialFirst: first));
        return this;
    }

    public (long Available, long Held) Of(long account, int asset = Cash) => (State.Balance(account, asset).Available, State.Balance(account, asset).Held);

    public string Blocks(long account) => string.Join(" ", State.Blocks(account, Warrant).Select(b => $"{b.First}-{b.Last}{(b.Hold == 0 ? "" : "h")}"));

    /// <summary>Each row on a fresh ledger: prepare, send, compare.</summary>
    public static void Table(params (string What, Func<Ledger, Command> Make, Code Expected)[] rows)
    {
        foreach (var (what, make, expected) in rows)
        {
            var ledger = new Ledger();
            var command = make(ledger);
            var before = ledger.State.Holds.Count;
            Code code = ledger.Send(command);
            Assert.True(expected == code, $"{what}: {code}, expected {expected}");
            if (code == Code.Accepted) continue;
            Assert.True(ledger.Effects.Count == 0 && ledger.State.Holds.Count == before, $"{what}: a refusal did something");
        }
    }
}
