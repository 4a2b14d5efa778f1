using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using Verdigris.Testing;
using Side = Verdigris.Registry.Finance.Terms.Side;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>
/// Deals over credits against a model that knows of each block only whose it is and which deal holds it. Many run at once, in any order, while the holders retire, give away and immobilise what they can: the Book says the same of every block after every step.
/// </summary>
public sealed class CreditDealBookTests
{
    const long Giver = 7_000_000_001, Taker = 7_000_000_002, Other = 7_000_000_003, Series = 7;
    const int Size = 10, Blocks = 60, Asset = 50_002;

    static readonly Guid Person = Guid.Parse("0190c2f0-6f3a-7c1d-9b3e-2f4a5b6c7d8e");

    readonly BookState book = new();
    readonly long[] owner = new long[Blocks];
    readonly Life?[] holder = new Life?[Blocks];
    long time = 1;

    /// <summary>A deal: <c>Main</c> are the blocks of its sheet, or those named for its way back.</summary>
    sealed class Life(DealTerms terms, int from, int count)
    {
        public Guid Id { get; } = Guid.NewGuid();
        public DealTerms Terms => terms;
        public IEnumerable<int> Main { get; set; } = [.. Enumerable.Range(from, count)];
        public int From { get; set; } = from;
        public int Count => count;
        public DealState State { get; set; } = DealState.Proposed;
        public bool Held { get; set; }
        public List<int> Added { get; } = [];
        public int Tries { get; set; }
        public Dictionary<string, int> Holds { get; } = [];
    }

    static long Serial(int block) => CreditBook.Serials(Series, new(1 + block * Size, 1 + block * Size)).First;

    static long AccountOf(Side side) => side switch { Side.Giver => Giver, Side.Taker => Taker, _ => Other };

    Code[] Try(IReadOnlyList<Command> commands)
    {
        var codes = new Code[commands.Count];
        var batch = commands.Select((c, i) => { if (c.Id == 0) c.Id = BookDefinitions.IdOf($"{time}/{i}"); return c; }).ToArray();
        book.Apply(++time, batch, codes, null);
        return codes;
    }

    bool Done(IReadOnlyList<Command> commands) => Try(commands).All(c => c == Code.Accepted);

    IReadOnlyList<Command> Commands(Life life, IReadOnlyList<UnitLeg> legs, int from) =>
        FinanceBook.Of(life.Id, life.Terms.Kind, legs, AccountOf, Asset, Person, leg => leg.Act is UnitAct.Hold or UnitAct.Lien ? life.Tries : life.Holds[leg.Slot], _ => Serial(from));

    bool Step(Life life, IReadOnlyList<UnitLeg> legs, int from)
    {
        if (legs.Count == 0) return true;
        var codes = Try(Commands(life, legs, from));
        if (codes.Any(c => c != Code.Accepted))
        {
            Assert.DoesNotContain(Code.Accepted, codes);
            Assert.All(codes, c => Assert.Contains(c, new[] { Code.SerialNotHeld, Code.InsufficientBalance, Code.LinkedFailed }));
            life.Tries++;
            return false;
        }
        foreach (var leg in legs.Where(l => l.Act is UnitAct.Hold or UnitAct.Lien)) life.Holds[leg.Slot] = life.Tries;
        return true;
    }

    bool Free(IEnumerable<int> blocks, long account) => blocks.All(b => b < Blocks && owner[b] == account && holder[b] is null);

    void Set(IEnumerable<int> blocks, long? account, Life? held)
    {
        foreach (var b in blocks) (owner[b], holder[b]) = (account ?? owner[b], held);
    }

    /// <summary>What an event does with the blocks, in the words of the agreement and not of the legs.</summary>
    void Happened(Life life, DealEvent happened)
    {
        var kind = life.Terms.Kind;
        switch (happened)
        {
            case DealEvent.Accept when kind != DealKind.Forward || life.Terms.Covered: Set(life.Main, null, life); break;
            case DealEvent.Abandon: Set(life.Main, null, null); break;
            case DealEvent.Open when kind is DealKind.Repo or DealKind.BuyBack or DealKind.Custody: Set(life.Main, Taker, life); break;
            case DealEvent.Open when kind is DealKind.Lending: Set(life.Main, Taker, null); break;
            case DealEvent.Settle:
                Set(life.Main, kind switch { DealKind.Custody => Other, DealKind.Forward => Taker, _ => Giver }, null);
                Set(life.Added, null, null);
                break;
            case DealEvent.Enforce when kind is DealKind.Pledge or DealKind.Repo:
                Set(life.Main, Taker, null);
                Set(life.Added, Taker, null);
                break;
            case DealEvent.Enforce when life.Held: Set(life.Main, null, null); break;
            case DealEvent.Lapse: Set(life.Main, null, null); break;
        }
    }

    void SameAsBook()
    {
        for (var b = 0; b < Blocks; b++)
        {
            var first = book.Owner(Asset, Serial(b))!.Value;
            var last = book.Owner(Asset, Serial(b) + Size - 1)!.Value;
            Assert.True((first.Account, first.Hold != 0, last.Account, last.Hold != 0) == (owner[b], holder[b] is not null, owner[b], holder[b] is not null), $"block {b}: {first.Account} {first.Hold != 0}, should be {owner[b]} {holder[b] is not null}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_deals_and_orders_run_at_once_each_block_is_where_the_model_says_and_one_thing_at_a_time(int seed)
    {
        var random = new Random(seed);
        Assert.True(Done([.. CreditBook.Definitions(CreditRules.Of(RulePacks.Open(Checkout.Path("data")))), .. new[] { Giver, Taker, Other }.Select(a => CreditBook.Open(a, Person))]));
        for (var b = 0; b < Blocks; b++)
        {
            owner[b] = new[] { Giver, Taker, Other }[b / 20];
            Assert.True(Done([CreditBook.Move(CreditBook.Issue, Asset, CreditBook.Issuance, owner[b], new(Serial(b), Serial(b) + Size - 1), 1, 1)]));
        }
        var (lives, ended, refused) = (new List<Life>(), 0, 0);
        for (var turn = 0; turn < 4000; turn++)
        {
            if (random.Next(4) == 0) Order(random.Next(Blocks), random);
            if (lives.Count < 8)
            {
                var count = random.Next(1, 4);
                var terms = A.Deal((DealKind)random.Next(6)) with { Units = count * Size };
                lives.Add(new(terms.Kind == DealKind.Forward ? terms with { Covered = random.Next(2) == 0 } : terms, random.Next(Blocks - 3), count));
            }
            var life = lives[random.Next(lives.Count)];
            var events = DealLife.Table.Where(m => m.From == life.State && m.Event is not (DealEvent.BookRefuses or DealEvent.Decline or DealEvent.Withdraw)).Select(m => m.Event).ToList();
            var happened = events[random.Next(events.Count)];
            if (!FinanceBookTests.Fits(life.Terms, happened, life.Held, life.State)) continue;
            if (happened == DealEvent.Meet && random.Next(Blocks) is var more && Step(life, [UnitLegs.Adding(life.Added.Count + 1, Size)], more) is var added)
            {
                Assert.Equal(Free([more], Giver), added);
                if (added) { life.Added.Add(more); Set([more], null, life); }
            }
            if (happened == DealEvent.Cover) life.Main = [.. Enumerable.Range(life.From = random.Next(Blocks - 3), life.Count)];
            var legs = UnitLegs.Of(life.Terms, happened, [.. life.Added.Select(_ => (long)Size)], life.Held);
            var opens = happened is DealEvent.Accept or DealEvent.Cover && legs.Count > 0;
            var may = !opens || Free(life.Main, DealLife.Covering(life.Terms) == Side.Taker && happened == DealEvent.Cover ? Taker : Giver);
            Assert.Equal(may, Step(life, legs, life.From));
            Follow(life, happened, may);
            if (!may) refused++;
            if (DealLife.Table.Final.Contains(life.State) || (!may && life.State == DealState.Proposed)) { lives.Remove(life); ended++; }
            SameAsBook();
        }
        // Much came to an end and much was refused: the walk was no walk beside the point.
        Assert.True(ended > 100 && refused > 50, $"{ended} ended, {refused} refused");
    }

    void Follow(Life life, DealEvent happened, bool may)
    {
        if (!may) return;
        if (happened == DealEvent.Cover) Set(life.Main, null, life);
        else Happened(life, happened);
        if (happened == DealEvent.Cover || (happened == DealEvent.Accept && life.Terms.Covered)) life.Held = true;
        life.State = DealLife.Table.Next(life.State, happened).Value;
    }

    /// <summary>A holder does with a block what orders do; units of a deal are given to none, and what ended stays.</summary>
    void Order(int block, Random random)
    {
        var account = owner[block];
        var (type, to) = random.Next(5) switch
        {
            0 => (CreditBook.Immobilise, CreditBook.Immobilised),
            1 when random.Next(20) == 0 => (CreditBook.Retire, CreditBook.Retired),
            _ => (CreditBook.Transfer, new[] { Giver, Taker, Other }.First(a => a != account)),
        };
        var serials = new SerialRange(Serial(block), Serial(block) + Size - 1);
        var hold = BookDefinitions.IdOf($"order/{time}");
        var move = CreditBook.Move(type, Asset, account, to, serials, 1, 1, account);
        var code = type == CreditBook.Transfer ? Try([move with { Operation = Operation.Hold, Id = hold }])[0] : Try([move])[0];
        var free = holder[block] is null && account is Giver or Taker or Other;
        Assert.Equal(free, code == Code.Accepted);
        if (code != Code.Accepted) return;
        if (type == CreditBook.Transfer) Assert.True(Done([new Command { Operation = Operation.PostHold, Target = hold, Actor = 2, ActingFor = to }]));
        // What stands behind an instrument comes back when it has ended.
        if (type == CreditBook.Immobilise)
        {
            Assert.True(Done([CreditBook.Move(CreditBook.Release, Asset, to, account, serials, 1, 1)]));
            to = account;
        }
        owner[block] = to;
    }
}
