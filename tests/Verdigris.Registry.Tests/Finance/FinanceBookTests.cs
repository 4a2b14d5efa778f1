using Verdigris.Book;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using Side = Verdigris.Registry.Finance.Terms.Side;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>Deals carried out in a Book of their own: what each side holds after every event.</summary>
public sealed class FinanceBookTests
{
    const int Asset = 1;
    const ushort Class = 9, IssuerType = 1, HolderType = 2, Issue = 1, Plain = 2;
    const long Issuer = 1, Giver = 10, Taker = 20, Other = 30;
    const long Stock = 5000;

    static readonly Guid Person = Guid.Parse("0190c2f0-6f3a-7c1d-9b3e-2f4a5b6c7d8e");

    readonly BookState book = new();
    long time = 1;

    public FinanceBookTests()
    {
        var definer = new BookDefinitions("finance-test");
        Run([definer.Serialised(Asset, "UNIT", "UNIT", Class), definer.Account(Issuer, IssuerType, 0), definer.Account(Giver, HolderType, 1), definer.Account(Taker, HolderType, 2), definer.Account(Other, HolderType, 3),
            definer.Rule(Issue, Class, IssuerType, HolderType, RuleFlags.Allowed | RuleFlags.Issues), definer.Rule(Plain, Class, HolderType, HolderType, RuleFlags.Allowed | RuleFlags.ProposeByDebit), .. FinanceBook.Rules(definer, "test", Class, HolderType, HolderType, null)]);
        foreach (var account in new[] { Giver, Taker, Other }) Run([new Command { Id = (UInt128)account, Operation = Operation.Transfer, TransactionType = Issue, Asset = Asset, Debit = Issuer, Credit = account, Amount = Stock }]);
    }

    Code[] Try(IReadOnlyList<Command> commands)
    {
        var codes = new Code[commands.Count];
        var batch = commands.Select((c, i) => { if (c.Id == 0) c.Id = BookDefinitions.IdOf($"{time}/{i}"); return c; }).ToArray();
        book.Apply(++time, batch, codes, null);
        return codes;
    }

    void Run(IReadOnlyList<Command> commands) => Assert.All(Try(commands), c => Assert.Equal(Code.Accepted, c));

    static long AccountOf(Side side) => side switch { Side.Giver => Giver, Side.Taker => Taker, _ => Other };

    static IReadOnlyList<Command> Commands(Guid id, DealTerms t, DealEvent happened, IReadOnlyList<long> added, bool held, int tries = 0) => FinanceBook.Of(id, t.Kind, UnitLegs.Of(t, happened, added, held), AccountOf, Asset, Person, leg => leg.Slot == "closing" ? tries : 0);

    (long Giver, long GiverHeld, long Taker, long TakerHeld) Balances => (book.Balance(Giver, Asset).Available, book.Balance(Giver, Asset).Held, book.Balance(Taker, Asset).Available, book.Balance(Taker, Asset).Held);

    Code Spend(long from, long to, long units) => Try([new Command { Operation = Operation.Transfer, TransactionType = Plain, Asset = Asset, Debit = from, Credit = to, Amount = units, ActingFor = from }])[0];

    [Fact]
    public void A_repo_gives_the_units_to_the_lender_who_cannot_sell_them_and_brings_them_back()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Repo));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Assert.Equal((4000, 1000, 5000, 0), Balances);
        Run(Commands(id, t, DealEvent.Open, [], false));
        Assert.Equal((4000, 0, 5000, 1000), Balances);
        Assert.Equal(Code.InsufficientBalance, Spend(Taker, Other, 5001));
        Run(Commands(id, t, DealEvent.Settle, [], false));
        Assert.Equal((5000, 0, 5000, 0), Balances);
    }

    [Fact]
    public void A_repo_that_fails_leaves_the_units_and_what_was_added_with_the_lender()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Repo));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Run(Commands(id, t, DealEvent.Open, [], false));
        Run(FinanceBook.Of(id, t.Kind, [UnitLegs.Adding(1, 70)], AccountOf, Asset, Person, _ => 0));
        Assert.Equal((3930, 70, 5000, 1000), Balances);
        Run(Commands(id, t, DealEvent.Enforce, [70], false));
        Assert.Equal((3930, 0, 6070, 0), Balances);
    }

    [Fact]
    public void A_pledged_unit_cannot_be_moved_and_only_the_lender_frees_it()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Pledge));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Assert.Equal(Code.InsufficientBalance, Spend(Giver, Other, 4001));
        Assert.Equal(Code.Accepted, Spend(Giver, Other, 4000));
        Assert.Equal(Code.VoidNotAllowed, Try([new Command { Operation = Operation.VoidHold, Target = FinanceBook.HoldOf(id, "pledge"), Actor = 1, ActingFor = Giver }])[0]);
        Assert.Equal(Code.AcceptByCreditRequired, Try([new Command { Operation = Operation.PostHold, Target = FinanceBook.HoldOf(id, "pledge"), Actor = 1, ActingFor = Giver }])[0]);
        Run(Commands(id, t, DealEvent.Settle, [], false));
        Assert.Equal((1000, 0, 5000, 0), Balances);
    }

    [Fact]
    public void What_is_in_custody_is_seen_with_the_holder_who_cannot_move_it_and_goes_to_the_beneficiary()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Custody));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Run(Commands(id, t, DealEvent.Open, [], false));
        Assert.Equal((4000, 0, 5000, 1000), Balances);
        Assert.Equal(Code.VoidNotAllowed, Try([new Command { Operation = Operation.VoidHold, Target = FinanceBook.HoldOf(id, "closing"), Actor = 1, ActingFor = Taker }])[0]);
        Run(Commands(id, t, DealEvent.Settle, [], false));
        Assert.Equal((4000, 0, 5000, 0), Balances);
        Assert.Equal(Stock + 1000, book.Balance(Other, Asset).Available);
    }

    [Fact]
    public void Lent_units_are_the_borrowers_to_use_and_he_must_have_as_many_again_before_anything_ends()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Lending));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Run(Commands(id, t, DealEvent.Open, [], false));
        Assert.Equal((4000, 0, 6000, 0), Balances);
        Assert.Equal(Code.Accepted, Spend(Taker, Other, 5500));
        Assert.Equal(Code.InsufficientBalance, Try(Commands(id, t, DealEvent.Cover, [], false))[0]);
        Assert.Equal(Code.Accepted, Spend(Other, Taker, 500));
        // What was refused stays refused: a new try is another hold.
        Assert.Equal(Code.InsufficientBalance, Try(Commands(id, t, DealEvent.Cover, [], false))[0]);
        Run(Commands(id, t, DealEvent.Cover, [], false, tries: 1));
        Assert.Equal((4000, 0, 0, 1000), Balances);
        Run(Commands(id, t, DealEvent.Settle, [], true, tries: 1));
        Assert.Equal((5000, 0, 0, 0), Balances);
    }

    [Fact]
    public void Nobody_can_agree_to_more_than_he_has_and_a_chain_that_fails_moves_nothing()
    {
        var t = A.Deal(DealKind.Repo) with { Units = Stock + 1 };
        Assert.Equal(Code.InsufficientBalance, Try(Commands(Guid.NewGuid(), t, DealEvent.Accept, [], false))[0]);
        // Without the first hold neither of the two steps of the opening happens.
        Assert.DoesNotContain(Code.Accepted, Try(Commands(Guid.NewGuid(), A.Deal(DealKind.Repo), DealEvent.Open, [], false)));
        Assert.Equal((Stock, 0, Stock, 0), Balances);
    }

    [Fact]
    public void The_wrong_side_cannot_post_what_is_held()
    {
        var (id, t) = (Guid.NewGuid(), A.Deal(DealKind.Forward));
        Run(Commands(id, t, DealEvent.Accept, [], false));
        Assert.Equal(Code.AcceptByCreditRequired, Try([new Command { Operation = Operation.PostHold, Target = FinanceBook.HoldOf(id, "delivery"), Actor = 1, ActingFor = Giver }])[0]);
        Assert.Equal(Code.ProposerNotAllowed, Try([new Command { Operation = Operation.Hold, TransactionType = FinanceBook.Delivery, Asset = Asset, Debit = Giver, Credit = Taker, Amount = 1, ActingFor = Taker }])[0]);
    }

    [Fact]
    public void Over_a_thousand_lives_units_are_conserved_nothing_held_is_left_and_the_end_decides_who_has_them()
    {
        var random = new Random(20260302);
        for (var life = 0; life < 1000; life++)
        {
            var t = A.Deal((DealKind)random.Next(6)) with { Units = random.Next(1, 2000) };
            t = t.Kind == DealKind.Forward ? t with { Covered = random.Next(2) == 0 } : t;
            var (id, state, held, added) = (Guid.NewGuid(), DealState.Proposed, false, new List<long>());
            while (!DealLife.Table.Final.Contains(state))
            {
                var events = DealLife.Table.Where(m => m.From == state && m.Event is not (DealEvent.BookRefuses or DealEvent.Decline or DealEvent.Withdraw)).Select(m => m.Event).ToList();
                var happened = events[random.Next(events.Count)];
                if (Fits(t, happened, held, state) is false) continue;
                if (happened == DealEvent.Meet && t.Margined)
                {
                    var more = (long)random.Next(1, 40);
                    if (Try(FinanceBook.Of(id, t.Kind, [UnitLegs.Adding(added.Count + 1, more)], AccountOf, Asset, Person, _ => 0))[0] == Code.Accepted) added.Add(more);
                }
                var commands = Commands(id, t, happened, added, held);
                var codes = Try(commands);
                if (codes.Length > 0 && codes.Any(c => c != Code.Accepted))
                {
                    Assert.DoesNotContain(Code.Accepted, codes);
                    // Too few units: the only answer the Book gives here. The deal ends without a move, or waits.
                    Assert.Contains(Code.InsufficientBalance, codes);
                    if (state == DealState.Proposed) break;
                    if (happened is DealEvent.Cover) { state = DealState.Enforced; break; }
                    continue;
                }
                if (t.Kind == DealKind.Forward && happened is DealEvent.Accept && t.Covered || happened == DealEvent.Cover) held = true;
                state = DealLife.Table.Next(state, happened).Value;
                Assert.Equal(3 * Stock, new[] { Giver, Taker, Other }.Sum(a => book.Balance(a, Asset).Available + book.Balance(a, Asset).Held));
            }
            Assert.Equal(0, new[] { Giver, Taker, Other }.Sum(a => book.Balance(a, Asset).Held));
        }
    }

    internal static bool Fits(DealTerms t, DealEvent happened, bool held, DealState state) => happened switch
    {
        DealEvent.Cover => DealLife.Covering(t) is not null && !held,
        DealEvent.Lapse => t.Kind == DealKind.BuyBack,
        DealEvent.Miss => t.Kind is not (DealKind.BuyBack or DealKind.Custody),
        DealEvent.Call or DealEvent.Meet or DealEvent.Cure => t.Margined,
        DealEvent.Abandon => CashLegs.Opening(t).Count > 0,
        DealEvent.Settle => DealLife.Covering(t) is null || held,
        _ => state != DealState.Failed,
    };
}
