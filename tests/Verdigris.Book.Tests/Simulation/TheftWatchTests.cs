using Verdigris.Simulator;
using Verdigris.Simulator.Reference;
using Verdigris.Simulator.Registry;

namespace Verdigris.Book.Tests.Simulation;

/// <summary>The watch sees each theft by itself: it is told of commands and effects that no sound Book would let happen.</summary>
public sealed class TheftWatchTests
{
    // Thursday, 1 January 2026, 11:00 UTC.
    const long Thursday = 1_767_225_600_000_000 + 11 * DeskCalendar.Hour;

    const int Unit = 11;
    const long Mine = 111, Other = 112, Trader = 113;
    static readonly long Authority = RegistryWorld.Central(1, Role.Authority), Sink = RegistryWorld.Central(1, Role.Surrendered);

    readonly RegistryWorld world = new();
    readonly DeskPapers papers = new();
    readonly TheftWatch watch;
    readonly ReferenceLedger ledger = new();
    readonly BookState book = new();
    readonly Command[] beginning;

    ulong ids = 1_000;
    long mine = FirstOfMine;
    long now = Thursday;

    public TheftWatchTests()
    {
        watch = new(world, papers);
        beginning = [.. world.Beginning(new(1), RuleFlags.None)];
        Assert.Null(watch.Batch(beginning, ledger.Apply(beginning, now)));
        book.Apply(now, beginning, new Code[beginning.Length], new EffectList());
    }

    [Fact]
    public void Two_people_and_the_delay_are_no_theft()
    {
        UInt128 hold = Opened(Kind.Transfer, Mine, Other);
        now += 26 * DeskCalendar.Hour;
        Assert.Null(Posted(hold, Approver(Mine), Mine, Other));
    }

    [Fact]
    public void One_actor_is_seen_posting_and_by_time()
    {
        Assert.Contains("with one actor", Posted(Opened(Kind.Surrender, Mine, Sink), Initiator(Mine), Mine, Sink));
        Assert.Contains("with one actor", Released(Opened(Kind.Surrender, Mine, Sink), Mine, Sink));
        Command direct = Commands.Transfer(Id(), RegistryWorld.Type(1, Kind.Surrender), Unit, Mine, Sink, 1, Initiator(Mine), Mine);
        Assert.Contains("with one actor", Told(direct, Moved(EffectKind.Posted, Mine, Sink, 0, NextOf(Mine))));
    }

    [Fact]
    public void A_stranger_is_seen_but_where_the_desk_was_got_round()
    {
        UInt128 hold = Opened(Kind.Surrender, Mine, Sink);
        Assert.Contains("people who do not act for it", Posted(hold, Approver(Other), Mine, Sink));
        papers.Slipped(hold);
        Assert.Null(Posted(hold, Approver(Other), Mine, Sink));
        Assert.Contains("proposed for account 112", Posted(Opened(Kind.Surrender, Mine, Sink, actingFor: Other), Approver(Mine), Mine, Sink));
    }

    [Fact]
    public void A_minute_too_soon_is_seen()
    {
        UInt128 hold = Opened(Kind.Transfer, Mine, Other);
        now += 26 * DeskCalendar.Hour - 60_000_000;
        Assert.Contains("not trusted, and 1559 minutes", Posted(hold, Approver(Mine), Mine, Other));
    }

    [Fact]
    public void A_weekend_does_not_count_unless_the_desk_was_got_round()
    {
        now += DeskCalendar.Day;
        UInt128 hold = Opened(Kind.Transfer, Mine, Other);
        now += 48 * DeskCalendar.Hour;
        Assert.Contains("before the hours", Posted(hold, Approver(Mine), Mine, Other));
        papers.Slipped(hold);
        Assert.Null(Posted(hold, Approver(Mine), Mine, Other));
    }

    [Fact]
    public void A_trust_taken_away_while_the_command_was_on_its_way_leaves_the_delay_of_the_Book()
    {
        now += DeskCalendar.Day;
        Assert.Null(Told(Asked(Commands.SetTrust(Id(), Mine, Other, now + 6 * DeskCalendar.Day), Initiator(Mine), Approver(Mine))));
        now += 7 * DeskCalendar.Day;
        (UInt128 early, UInt128 late) = (Opened(Kind.Transfer, Mine, Other), Opened(Kind.Transfer, Mine, Other));
        now += 48 * DeskCalendar.Hour;
        Command seen = Asked(Commands.PostHold(Id(), early, actor: Approver(Mine)), Initiator(Mine), Approver(Mine));
        Assert.Null(Told(Commands.RemoveTrust(Id(), Mine, Other)));
        Assert.Null(Told(seen, Moved(EffectKind.HoldPosted, Mine, Other, early, NextOf(Mine))));
        now += 1;
        Command unseen = Asked(Commands.PostHold(Id(), late, actor: Approver(Mine)), Initiator(Mine), Approver(Mine));
        Assert.Contains("before the hours", Told(unseen, Moved(EffectKind.HoldPosted, Mine, Other, late, NextOf(Mine))));
    }

    [Fact]
    public void Trust_of_one_person_or_before_its_time_is_seen()
    {
        Command alone = Commands.SetTrust(Id(), Mine, Other, now + 30 * DeskCalendar.Day);
        Assert.Contains("one person, or a stranger", Told(alone));
        Assert.Contains("one person, or a stranger", Told(Asked(alone, Initiator(Mine), Initiator(Mine))));
        Assert.Contains("one person, or a stranger", Told(Asked(alone, Initiator(Mine), Approver(Other))));
        // Four working days from Thursday, 11:00, are over on Wednesday.
        long counts = now + 6 * DeskCalendar.Day;
        Assert.Contains("before its time", Told(Asked(Commands.SetTrust(Id(), Mine, Other, counts - 1), Initiator(Mine), Approver(Mine))));
        Assert.Null(Told(Asked(Commands.SetTrust(Id(), Mine, Other, counts), Initiator(Mine), Approver(Mine))));
        Assert.Contains("not trusted", Posted(Opened(Kind.Transfer, Mine, Other), Approver(Mine), Mine, Other));
        now = counts;
        Assert.Null(Posted(Opened(Kind.Transfer, Mine, Other), Approver(Mine), Mine, Other));
        Assert.Null(Told(Commands.RemoveTrust(Id(), Mine, Other)));
        Assert.Contains("not trusted", Posted(Opened(Kind.Transfer, Mine, Other), Approver(Mine), Mine, Other));
    }

    [Fact]
    public void What_leaves_or_reaches_a_frozen_account_is_seen()
    {
        UInt128 hold = Opened(Kind.Surrender, Mine, Sink);
        Assert.Null(Told(Commands.Freeze(Id(), Mine, 0, FreezeScope.Out)));
        Assert.Contains("it is frozen", Posted(hold, Approver(Mine), Mine, Sink));
        Command opening = Opening(Kind.Surrender, Mine, Sink, Mine);
        Assert.Contains("were set aside", Told(opening, Moved(EffectKind.Held, Mine, Sink, opening.Id)));
        Command lift = Commands.Unfreeze(Id(), Mine, 0, FreezeScope.Out);
        Assert.Contains("one person lifted", Told(Asked(lift, Officer(0), Officer(0))));
        Assert.Contains("one person lifted", Told(Asked(lift, Initiator(Mine), Approver(Mine))));
        Assert.Null(Told(Asked(lift, Officer(0), Officer(1))));
        Assert.Null(Told(Commands.Freeze(Id(), Sink, 0, FreezeScope.In)));
        Assert.Contains("what reaches that is frozen", Posted(hold, Approver(Mine), Mine, Sink));
    }

    [Fact]
    public void A_stopped_kind_is_seen_opened_and_agreed_to()
    {
        UInt128 hold = Opened(Kind.Surrender, Mine, Sink);
        foreach (Command rule in RegistryWorld.Rules(RegistryWorld.Schemes[0], Kind.Surrender, stopped: true, RuleFlags.None)) Assert.Null(Told(Asked(rule with { Id = Id() }, Officer(0), Officer(0))));
        Assert.Contains("was opened", Told(Opening(Kind.Surrender, Mine, Sink, Mine)));
        Assert.Contains("was agreed to", Posted(hold, Approver(Mine), Mine, Sink));
        Assert.Null(Told(Opening(Kind.Delete, Mine, RegistryWorld.Central(1, Role.Deleted), Mine)));
        Command again = RegistryWorld.Rules(RegistryWorld.Schemes[0], Kind.Surrender, stopped: false, RuleFlags.None).First() with { Id = Id() };
        Assert.Contains("one person took", Told(Asked(again, Officer(0), Officer(0))));
        Assert.Null(Told(Asked(again, Officer(0), Officer(1))));
        Assert.Null(Told(Opening(Kind.Surrender, Mine, Sink, Mine)));
    }

    [Fact]
    public void What_a_sink_gives_back_but_by_its_reversal_to_who_gave_is_seen()
    {
        Assert.Null(Posted(Opened(Kind.Surrender, Mine, Sink), Approver(Mine), Mine, Sink));
        Assert.Contains("does not lead", Posted(Opened(Kind.Transfer, Sink, Other, actingFor: Sink), Officer(1), Sink, Other));
        Assert.Contains("proposed for account 112", Posted(Opened(Kind.ReverseSurrender, Sink, Mine, actingFor: Other), Officer(1), Sink, Mine));
        UInt128 given = Opened(Kind.ReverseSurrender, Sink, Other, Authority, Officer(0));
        Assert.Contains("was given by another", Told(Commands.PostHold(Id(), given, actor: Officer(1)), Moved(EffectKind.HoldPosted, Sink, Other, given, FirstOfMine)));
        UInt128 back = Opened(Kind.ReverseSurrender, Sink, Mine, Authority, Officer(0));
        Assert.Null(Told(Commands.PostHold(Id(), back, actor: Officer(1)), Moved(EffectKind.HoldPosted, Sink, Mine, back, FirstOfMine)));
    }

    [Fact]
    public void A_unit_in_two_places_or_another_scheme_is_seen()
    {
        UInt128 hold = Opened(Kind.Surrender, Mine, Sink);
        Command post = Commands.PostHold(Id(), hold, actor: Approver(Mine));
        Assert.Contains("is not in that account but in 112", Told(post, Moved(EffectKind.HoldPosted, Mine, Sink, hold, FirstOfMine + 120)));
        Assert.Contains("is not in that account but in 0", Told(post, Moved(EffectKind.HoldPosted, Mine, Sink, hold, 100_000)));
        Assert.Contains("across schemes", Told(post, Moved(EffectKind.HoldPosted, Mine, 211, hold, FirstOfMine)));
        UInt128 issue = Opened(Kind.Issue, RegistryWorld.Central(1, Role.Issuer), RegistryWorld.Central(1, Role.Central), Authority, Officer(0));
        Assert.Contains("issued twice", Told(Commands.PostHold(Id(), issue, actor: Officer(1)), Moved(EffectKind.HoldPosted, RegistryWorld.Central(1, Role.Issuer), RegistryWorld.Central(1, Role.Central), issue, FirstOfMine)));
    }

    [Fact]
    public void A_Book_with_a_unit_elsewhere_is_seen_as_a_whole()
    {
        Assert.Null(watch.Whole(book));
        long authority = RegistryWorld.Central(1, Role.Authority);
        Command hold = Commands.Hold(Id(), RegistryWorld.Type(1, Kind.Allocate), Unit, RegistryWorld.Central(1, Role.Central), Mine, 3, Officer(0), authority);
        book.Apply(now, [hold, Commands.PostHold(Id(), hold.Id, actor: Officer(1), actingFor: authority)], new Code[2], new EffectList());
        Assert.Equal("account 102 has 477 units of asset 11, counted 480", watch.Whole(book));
    }

    [Fact]
    public void The_desk_s_arithmetic_and_the_walk_agree_on_the_hours()
    {
        Assert.Equal(Thursday + 26 * DeskCalendar.Hour, DeskCalendar.After(Thursday, 26));
        // Proposed on Friday at 18:00: the clock starts on Monday at 10:00.
        Assert.Equal(Thursday + 5 * DeskCalendar.Day + DeskCalendar.Hour, DeskCalendar.After(Thursday + DeskCalendar.Day + 7 * DeskCalendar.Hour, 26));
        SeededRandom random = new(3);
        for (int i = 0; i < 5_000; i++)
        {
            long at = Thursday + random.Below(21 * DeskCalendar.Day);
            if (random.Chance(20)) at -= at % DeskCalendar.Hour;
            foreach (int hours in (int[])[0, 26, 48, 96]) Assert.Equal(WalkedHours.After(at, hours), DeskCalendar.After(at, hours));
        }
    }

    /// <summary>The first serial allotted to the first holder: allotments follow each other.</summary>
    const long FirstOfMine = 1;

    UInt128 Id() => ++ids;

    UInt128 Initiator(long account) => world.Of(account, Right.Initiate)[0].Id;

    UInt128 Approver(long account) => world.Of(account, Right.Approve)[0].Id;

    UInt128 Officer(int number) => world.Of(Authority, Right.Approve)[number].Id;

    Command Opening(Kind kind, long debit, long credit, long actingFor, UInt128? actor = null) => Commands.Hold(Id(), RegistryWorld.Type(1, kind), Unit, debit, credit, 1, actor ?? Initiator(Mine), actingFor);

    UInt128 Opened(Kind kind, long debit, long credit, long? actingFor = null, UInt128? actor = null)
    {
        Command opening = Opening(kind, debit, credit, actingFor ?? debit, actor);
        Assert.Null(Told(opening));
        return opening.Id;
    }

    /// <summary>A unit that moves once.</summary>
    long NextOf(long account) => account == Mine ? mine++ : FirstOfMine;

    string? Posted(UInt128 hold, UInt128 actor, long debit, long credit) =>
        Told(Commands.PostHold(Id(), hold, actor: actor), Moved(EffectKind.HoldPosted, debit, credit, hold, NextOf(debit)));

    string? Released(UInt128 hold, long debit, long credit) =>
        watch.Batch([], new(1, now, [], [Moved(EffectKind.HoldReleased, debit, credit, hold, NextOf(debit)) with { CommandIndex = -1 }]));

    static Effect Moved(EffectKind kind, long debit, long credit, UInt128 hold, long first = 0) =>
        new() { Kind = kind, Asset = Unit, Debit = debit, Credit = credit, Amount = 1, SerialFirst = first, Hold = hold };

    Command Asked(Command command, UInt128 asks, UInt128 agrees)
    {
        papers.Write(command.Id, new(asks, agrees, now));
        return command;
    }

    string? Told(Command command, params Effect[] effects) => watch.Batch([command], new(1, now, [new(Code.Accepted, 1, now, false)], effects));
}
