using System.Text;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.Finance.DealWorld;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests.Finance;

/// <summary>Deals over credits that lie in the accounts for credits of the smelter and the trader, block by block, with a database and a Book.</summary>
public sealed class ProgrammeDealTests
{
    const string Block = "GS1-1-UG-GS900-16-2024-700-1-1000", More = "GS1-1-UG-GS900-16-2024-701-1-500", OlderYear = "GS1-1-UG-GS900-16-2023-702-1-500", OtherProject = "GS1-1-UG-GS901-16-2024-703-1-500";

    const string Export = """
        Vintage,Credit Status,Quantity,GSID,Project Name,Project Developer,Country,Project Type,Methodology,Programme of Activities,POA GSID,Product Type,Issuance Date,Monitoring Period Start,Monitoring Period End,Serial Number,Label,Article Six Authorization
        2024,Issued,1000,900,Stoves,Somebody,Uganda,Energy Efficiency - Domestic,,Standalone,,VER,2025-04-13T12:35:58.842275,2024-01-01,2024-12-08,GS1-1-UG-GS900-16-2024-700-1-1000,Emission Reduction,Not Applicable
        2024,Issued,500,900,Stoves,Somebody,Uganda,Energy Efficiency - Domestic,,Standalone,,VER,2025-05-13T12:35:58.842275,2024-01-01,2024-12-08,GS1-1-UG-GS900-16-2024-701-1-500,Emission Reduction,Not Applicable
        2023,Issued,500,900,Stoves,Somebody,Uganda,Energy Efficiency - Domestic,,Standalone,,VER,2025-06-13T12:35:58.842275,2023-01-01,2023-12-08,GS1-1-UG-GS900-16-2023-702-1-500,Emission Reduction,Not Applicable
        2024,Issued,500,901,Other stoves,Somebody,Uganda,Energy Efficiency - Domestic,,Standalone,,VER,2025-07-13T12:35:58.842275,2024-01-01,2024-12-08,GS1-1-UG-GS901-16-2024-703-1-500,Emission Reduction,Not Applicable
        """;

    static DealTerms Terms(DealKind kind, long units = 400) => A.Deal(kind) with { Start = Start, End = kind == DealKind.Custody ? null : End, Units = units };

    sealed record World(RegistryWorld W, long Smelter, long Trader) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => W.DisposeAsync();
    }

    /// <summary>The smelter has all four blocks in its account for credits, the trader an empty one.</summary>
    static async Task<World> Opened()
    {
        var w = await Ready(Start.At(new(10, 0)).InUtc().ToInstant());
        await using (var s = w.Sessions.Open(Actor.System)) await s.Run("update registry.credit_programme set administrator_id = $1, appointed_by = $1, appointed_at = $2", default, Authority, s.Now);
        await using var file = new MemoryStream(Encoding.UTF8.GetBytes(Export.ReplaceLineEndings("\n")));
        var brought = await w.Do(Officer, s => w.Get<CreditImports>().Bring(s, "gold_standard_issuances.csv", file, default));
        await w.Do(Officer, s => w.Get<CreditImports>().Apply(s, brought.File.Id, default));
        await w.Do(TraderFirst, s => w.Get<OrderHandlers>().OpenAccount(s, default));
        foreach (var serial in new[] { Block, More, OlderYear, OtherProject }) await Took(w, SmelterFirst, serial);
        return new(w, await Number(w, SmelterFirst), await Number(w, TraderFirst));
    }

    static async Task<long> Number(RegistryWorld w, Actor who) => (await w.All(who, s => w.Get<OrderHandlers>().Account(s, default)))!.Value;

    static async Task Took(RegistryWorld w, Actor who, string serial) =>
        await w.Decide(Approver, (await w.Do(who, s => w.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.TakeIn, serial, Instrument: "immobilised for this registry"), default))).Id, s => w.Get<UnitQueries>().Holdings(s, default));

    static NewDeal Sheet(World x, DealTerms terms, string? serial = Block, bool giving = true) => new(x.Smelter, giving, $"{x.Trader}", null, null, terms, Serial: serial);

    static NewCreditOrder Retire(string serial, long? units = null) => new(CreditOrderKind.Retire, serial, units, Beneficiary: "Somebody", Reason: "voluntary");

    static Task<string> RefusedOrder(World x, Actor who, NewCreditOrder order) => x.W.Refused(who, s => x.W.Get<OrderHandlers>().Propose(s, order, default));

    static async Task<CreditOrderState> Ordered(World x, Actor who, NewCreditOrder order)
    {
        var asked = await x.W.Do(who, s => x.W.Get<OrderHandlers>().Propose(s, order, default));
        await x.W.DecideTask(SecondOf(who), asked.TaskId!.Value);
        return (await x.W.Do(who, s => x.W.Get<OrderHandlers>().Read(s, asked.Id, default))).State;
    }

    /// <summary>What an organisation's account has, and whether the Book holds it.</summary>
    static async Task<string[]> Has(World x, Actor who) => [.. (await x.W.Do(who, s => x.W.Get<UnitQueries>().Holdings(s, default))).Select(b => b.Serial + (b.Waiting ? " held" : "")).Order(StringComparer.Ordinal)];

    static async Task<DealState> Paid(World x, Guid id, CashWhen when) => (await x.W.Paid(id, when)).Deal.State;

    static string Of(string block, int first, int last) => block[..(block[..block.LastIndexOf('-')].LastIndexOf('-') + 1)] + $"{first}-{last}";

    static readonly string[] Rest = [OlderYear, Of(Block, 401, 1000), More, OtherProject];

    /// <summary>What is held of a block by a deal nobody can retire, cancel, give away, put behind an instrument, give back, sell or hold again.</summary>
    static async Task NothingElse(World x, Actor who, string held)
    {
        var to = who.OrganisationId == Smelter ? Trader : Smelter;
        foreach (var order in new NewCreditOrder[] { Retire(held), Retire(held, 1), new(CreditOrderKind.Cancel, held, Reason: "error"), new(CreditOrderKind.Transfer, held, 1, to), new(CreditOrderKind.Immobilise, held, Instrument: "token 1"), new(CreditOrderKind.GiveBack, held), new(CreditOrderKind.Replenish, held) })
        {
            var refused = await x.W.Try(who, s => x.W.Get<OrderHandlers>().Propose(s, order, default));
            Assert.False(refused.Ok, $"{order.Kind}");
            Assert.Contains(refused.Refusals, r => order.Kind is CreditOrderKind.Cancel ? r.Code is "credits.not-held" or "credits.reason-unknown" : r.Code == "credits.not-held");
        }
        var (own, other) = who.OrganisationId == Smelter ? (x.Smelter, x.Trader) : (x.Trader, x.Smelter);
        Assert.Equal("credits.not-held", await x.W.Refused(who, s => x.W.Get<DealHandlers>().Propose(s, new(own, true, $"{other}", null, null, Terms(DealKind.Pledge, 1), Serial: held), default)));
        // A page that forgot to ask would get no further: the Book gives none of it to any command of its account, of whatever type.
        var found = await x.W.All(who, s => x.W.Get<UnitQueries>().Find(s, held, default));
        var stolen = (from type in Enumerable.Range(200, 17).Concat(Enumerable.Range(300, 8))
                      from account in new[] { CreditBook.Retired, CreditBook.Cancelled, CreditBook.Converted, CreditBook.Immobilised, CreditBook.Outside, CreditBook.Buffer, other }
                      from operation in new[] { Operation.Transfer, Operation.Hold }
                      select new Command { Id = BookId.From(Guid.NewGuid()), Operation = operation, TransactionType = (ushort)type, Asset = found.Value.Asset, Debit = own, Credit = account, Amount = 1, SerialFirst = found.Value.Serials.First, ActingFor = own, Actor = 7 }).ToArray();
        var codes = (await x.W.Venue.Send(stolen)).Select(o => o.Code).ToList();
        Assert.All(codes, c => Assert.Contains(c, new[] { Code.NoRule, Code.HoldRequired, Code.SerialNotHeld, Code.InsufficientBalance }));
        Assert.Contains(codes, c => c is Code.SerialNotHeld or Code.InsufficientBalance);
    }

    [Fact]
    public async Task Pledged_credits_stay_where_they_are_can_do_nothing_else_and_are_free_when_the_loan_is_paid_back()
    {
        await using var x = await Opened();
        var id = await x.W.Agreed(Sheet(x, Terms(DealKind.Pledge) with { Principal = 20_000 }));
        Assert.Equal(DealState.Open, await Paid(x, id, CashWhen.Opening));
        var held = Of(Block, 1, 400);
        Assert.Equal(["GSVER", "2024", "GS900", held, "gold-standard"], (await x.W.ReadDeal(id)).Deal is { Credits: { } c } d ? [d.Unit, d.Vintage, c.Project, c.Serial!, d.Scheme] : []);
        Assert.Equal([OlderYear, $"{held} held", Of(Block, 401, 1000), More, OtherProject], await Has(x, SmelterFirst));
        await NothingElse(x, SmelterFirst, held);
        Assert.Equal("credits.not-held", await RefusedOrder(x, SmelterFirst, Retire(Of(Block, 400, 401))));
        Assert.Equal(CreditOrderState.Done, await Ordered(x, SmelterFirst, Retire(Of(Block, 401, 500))));
        await x.W.ActByTwo(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, await Paid(x, id, CashWhen.Closing));
        Assert.Equal(CreditOrderState.Done, await Ordered(x, SmelterFirst, Retire(held)));
    }

    [Fact]
    public async Task A_call_goes_by_the_price_of_the_project_and_year_is_met_with_more_of_them_and_missed_gives_the_lender_the_very_blocks()
    {
        await using var x = await Opened();
        var id = await x.W.Agreed(Sheet(x, Terms(DealKind.Pledge) with { Principal = 20_000 }));
        await Paid(x, id, CashWhen.Opening);
        Task Price(string project, string year, decimal price) => x.W.Do(Officer, s => x.W.Get<DealHandlers>().Publish(s, new(null, "GSVER", year, "CNY", x.W.Today, price, "broker", project), default));
        await Price("GS900", "2023", 10);
        await Price("901", "2024", 10);
        Assert.Equal(0, await x.W.Day(Start));
        Assert.Null((await x.W.ReadDeal(id)).Price);
        await Price("GS900", "2024", 60);
        Assert.Equal("GS900", (await x.W.ReadDeal(id)).Price!.Project);
        Assert.Equal(1, await x.W.Day(Start));
        Assert.Equal((DealState.Called, 156L), ((await x.W.ReadDeal(id)).Deal.State, (await x.W.ReadDeal(id)).Standing!.UnitsToMeet));
        Task<string> Added(string? serial, long units = 156) => x.W.RefusedAct(SmelterFirst, id, new(DealAct.Add, Units: units, Serial: serial));
        Assert.Equal("input.required", await Added(null));
        Assert.Equal("finance.credit-other", await Added(OlderYear));
        Assert.Equal("finance.credit-other", await Added(OtherProject));
        Assert.Equal("credits.take-too-many", await Added(More, 501));
        Assert.Equal("credits.not-held", await Added(Of(Block, 300, 600)));
        await x.W.ActByTwo(SmelterFirst, id, new(DealAct.Add, Units: 156, Serial: More));
        Assert.Equal(DealState.Open, await x.W.StateOf(id));
        await NothingElse(x, SmelterFirst, Of(More, 1, 156));
        // Called again, nobody answers, and after the days of the cure the lender takes all of it, block by block.
        await x.W.Day(Start.PlusDays(1));
        await Price("GS900", "2024", 30);
        await x.W.Watch();
        Assert.Equal(1, await x.W.Day(Start.PlusDays(4)));
        Assert.Equal("finance.too-early", await x.W.RefusedAct(TraderFirst, id, new(DealAct.Enforce)));
        Assert.Equal("finance.side", await x.W.RefusedAct(SmelterFirst, id, new(DealAct.Enforce)));
        await x.W.Day(Start.PlusDays(12));
        await x.W.ActByTwo(TraderFirst, id, new(DealAct.Enforce));
        Assert.Equal(DealState.Enforced, await x.W.StateOf(id));
        Assert.Equal([Of(Block, 1, 400), Of(More, 1, 156)], await Has(x, TraderFirst));
        var held = (await x.W.Do(TraderFirst, s => x.W.Get<UnitQueries>().Holdings(s, default)))[0];
        Assert.Equal((2024, 2024), (held.VintageFrom!.Value.Year, held.VintageTo!.Value.Year));
        Assert.Equal("credits.not-held", await RefusedOrder(x, SmelterFirst, Retire(Of(Block, 1, 400))));
        Assert.Equal(CreditOrderState.Done, await Ordered(x, TraderFirst, Retire(Of(Block, 1, 400))));
        Assert.Contains("pledge-taken", (await x.W.Do(Foreign, s => x.W.Get<UnitQueries>().Status(s, Of(Block, 1, 1), default))).Life.Select(l => l.What));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_repo_gives_the_block_to_the_lender_under_a_hold_and_it_comes_back_or_stays_when_the_day_is_missed(bool back)
    {
        await using var x = await Opened();
        var id = await x.W.Agreed(Sheet(x, Terms(DealKind.Repo)));
        Assert.Equal(DealState.Open, await Paid(x, id, CashWhen.Opening));
        var sold = Of(Block, 1, 400);
        Assert.Equal([$"{sold} held"], await Has(x, TraderFirst));
        await NothingElse(x, TraderFirst, sold);
        Assert.Equal("credits.not-held", await RefusedOrder(x, SmelterFirst, Retire(sold)));
        if (back)
        {
            await x.W.Day(End);
            await x.W.ActByTwo(SmelterFirst, id, new(DealAct.Close));
            Assert.Equal(DealState.Settled, await Paid(x, id, CashWhen.Closing));
            Assert.Equal([OlderYear, Block, More, OtherProject], await Has(x, SmelterFirst));
            return;
        }
        await x.W.Day(End.PlusDays(3));
        await x.W.Day(End.PlusDays(10));
        await x.W.ActByTwo(TraderFirst, id, new(DealAct.Enforce));
        Assert.Equal(CreditOrderState.Done, await Ordered(x, TraderFirst, Retire(sold)));
    }

    [Fact]
    public async Task Credits_in_custody_lie_under_the_owners_lien_and_come_back_at_the_word_of_two_of_its_people()
    {
        await using var x = await Opened();
        var id = await x.W.Agreed(Sheet(x, Terms(DealKind.Custody)));
        Assert.Equal(DealState.Open, await x.W.StateOf(id));
        await NothingElse(x, TraderFirst, Of(Block, 1, 400));
        Assert.Equal("finance.side", await x.W.RefusedAct(TraderFirst, id, new(DealAct.Return)));
        await x.W.Act(SmelterFirst, id, new(DealAct.Return));
        Assert.Equal([$"{Of(Block, 1, 400)} held"], await Has(x, TraderFirst));
        await x.W.Second(SmelterSecond, id);
        Assert.Equal((DealState.Settled, 4), (await x.W.StateOf(id), (await Has(x, SmelterFirst)).Length));
    }

    [Fact]
    public async Task Lent_credits_are_the_borrowers_to_use_and_what_comes_back_is_of_the_same_project_and_year()
    {
        await using var x = await Opened();
        var id = await x.W.Agreed(Sheet(x, Terms(DealKind.Lending)));
        Assert.Equal(DealState.Open, await Paid(x, id, CashWhen.Opening));
        Assert.Equal(CreditOrderState.Done, await Ordered(x, TraderFirst, Retire(Of(Block, 1, 400))));
        // Another block of the same credits, which the borrower bought, does as well; of another year it does not.
        foreach (var serial in new[] { More, OlderYear })
        {
            var sold = await x.W.Do(SmelterFirst, s => x.W.Get<OrderHandlers>().Propose(s, new(CreditOrderKind.Transfer, serial, null, Trader), default));
            await x.W.DecideTask(SmelterSecond, sold.TaskId!.Value);
            await x.W.DecideTask(TraderFirst with { Roles = new HashSet<string> { Role.OwnerTrader } }, await x.W.TaskOf(sold.Id));
        }
        Assert.Equal("finance.credit-other", await x.W.RefusedAct(TraderFirst, id, new(DealAct.Cover, Serial: OlderYear)));
        await x.W.ActByTwo(TraderFirst, id, new(DealAct.Cover, Serial: More));
        await NothingElse(x, TraderFirst, Of(More, 1, 400));
        await x.W.ActByTwo(SmelterFirst, id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, await Paid(x, id, CashWhen.Closing));
        Assert.Contains(Of(More, 1, 400), await Has(x, SmelterFirst));
    }

    const string Labelled = "GS1-1-UG-GS900-16-2024-704-1-500", Plain = "GS1-1-UG-GS900-16-2024-705-1-500";

    /// <summary>Two blocks more of the stoves and 2024: one with a label more than the others, one with none.</summary>
    static async Task Bought(World x, Actor who, params string[] serials)
    {
        static string Line(int issuance, string label) => $"2024,Issued,500,900,Stoves,Somebody,Uganda,Energy Efficiency - Domestic,,Standalone,,VER,2025-08-13T12:35:58.842275,2024-01-01,2024-12-08,GS1-1-UG-GS900-16-2024-{issuance}-1-500,{label},Not Applicable";
        await using var file = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', Export.ReplaceLineEndings("\n").Split('\n')[0], Line(704, "\"ICVCM CCP, Emission Reduction\""), Line(705, ""))));
        var brought = await x.W.Do(Officer, s => x.W.Get<CreditImports>().Bring(s, "more_issuances.csv", file, default));
        await x.W.Do(Officer, s => x.W.Get<CreditImports>().Apply(s, brought.File.Id, default));
        foreach (var serial in serials) await Took(x.W, who, serial);
    }

    [Fact]
    public async Task What_is_given_back_or_added_is_as_good_as_what_the_sheet_names()
    {
        await using var x = await Opened();
        await Bought(x, TraderFirst, Labelled, Plain);
        var lent = await x.W.Agreed(Sheet(x, Terms(DealKind.Lending)));
        Assert.Equal(DealState.Open, await Paid(x, lent, CashWhen.Opening));
        Assert.Equal("finance.credit-other", await x.W.RefusedAct(TraderFirst, lent, new(DealAct.Cover, Serial: Plain)));
        await x.W.ActByTwo(TraderFirst, lent, new(DealAct.Cover, Serial: Labelled));
        Assert.Contains($"{Of(Labelled, 1, 400)} held", await Has(x, TraderFirst));
        // Security likewise; and what is known of an adjustment and of uses that a country authorised counts as the labels do.
        var pledged = await x.W.Agreed(new NewDeal(x.Trader, true, $"{x.Smelter}", null, null, Terms(DealKind.Pledge, 50) with { Principal = 2_500 }, Serial: Of(Labelled, 401, 500)), TraderFirst, SmelterFirst);
        await Paid(x, pledged, CashWhen.Opening);
        Assert.Equal("finance.credit-other", await x.W.RefusedAct(TraderFirst, pledged, new(DealAct.Add, Units: 5, Serial: Plain)));
        await x.W.Act(TraderFirst, pledged, new(DealAct.Add, Units: 5, Serial: Of(Labelled, 451, 500)));
    }

    [Fact]
    public async Task Credits_to_come_are_sold_by_project_and_year_and_delivered_out_of_the_block_the_seller_names_when_it_has_it()
    {
        await using var x = await Opened();
        var terms = Terms(DealKind.Forward, 300) with { Covered = false };
        NewDeal ToCome(string unit, string project, string year) => new(x.Trader, false, $"{x.Smelter}", unit, year, terms, Project: project);
        async Task<string> Refused(NewDeal sheet) => await x.W.Refused(TraderFirst, s => x.W.Get<DealHandlers>().Propose(s, sheet, default));
        Assert.Equal("credits.unit-unknown", await Refused(ToCome("EUA", "GS900", "2024")));
        Assert.Equal("credits.project-unknown", await Refused(ToCome("GSVER", "GS77", "2024")));
        Assert.Equal("finance.credit-year", await Refused(ToCome("GSVER", "GS900", "2037")));
        Assert.Equal("input.required", await Refused(ToCome("GSVER", "GS900", "2024") with { Terms = terms with { Covered = true } }));
        var drafted = await x.W.Do(TraderFirst, s => x.W.Get<DealHandlers>().Propose(s, ToCome("GSVER", "GS900", "2023"), default));
        await x.W.DecideTask(TraderSecond, drafted.Steps[0].TaskId!.Value);
        await x.W.ActByTwo(SmelterFirst, drafted.Deal.Id, new(DealAct.Accept));
        Assert.Equal((DealState.Open, (string?)null), (await x.W.StateOf(drafted.Deal.Id), (await x.W.ReadDeal(drafted.Deal.Id)).Deal.Credits!.Serial));
        Assert.Equal("finance.credit-other", await x.W.RefusedAct(SmelterFirst, drafted.Deal.Id, new(DealAct.Cover, Serial: More)));
        await x.W.ActByTwo(SmelterFirst, drafted.Deal.Id, new(DealAct.Cover, Serial: OlderYear));
        await NothingElse(x, SmelterFirst, Of(OlderYear, 1, 300));
        await x.W.ActByTwo(TraderFirst, drafted.Deal.Id, new(DealAct.Close));
        Assert.Equal(DealState.Settled, await Paid(x, drafted.Deal.Id, CashWhen.Closing));
        Assert.Equal([Of(OlderYear, 1, 300)], await Has(x, TraderFirst));
    }

    [Fact]
    public async Task Of_an_order_and_a_deal_over_the_same_credits_the_Book_lets_the_first_have_them_and_refuses_the_other()
    {
        await using var x = await Opened();
        var retiring = await x.W.Do(SmelterFirst, s => x.W.Get<OrderHandlers>().Propose(s, Retire(Of(Block, 300, 350)), default));
        var first = await x.W.Offered(Sheet(x, Terms(DealKind.Pledge)));
        var second = await x.W.Offered(Sheet(x, Terms(DealKind.Repo), Of(Block, 400, 1000)));
        await x.W.ActByTwo(TraderFirst, first, new(DealAct.Accept));
        await x.W.ActByTwo(TraderFirst, second, new(DealAct.Accept));
        Assert.Equal((DealState.Agreed, DealState.Failed), (await x.W.StateOf(first), await x.W.StateOf(second)));
        Assert.Equal("SerialNotHeld", (await x.W.ReadDeal(second)).Steps.Single(s => s.Act == DealAct.Accept).BookCode);
        await x.W.DecideTask(SmelterSecond, retiring.TaskId!.Value);
        Assert.Equal((CreditOrderState.Refused, "SerialNotHeld"), await x.W.Do(SmelterFirst, s => x.W.Get<OrderHandlers>().Read(s, retiring.Id, default)) is var o ? (o.State, o.BookCode) : default);
        // Nobody pays: after the days of grace the units are free.
        await x.W.Day(Start.PlusDays(3));
        Assert.Equal((DealState.Abandoned, CreditOrderState.Done), (await x.W.StateOf(first), await Ordered(x, SmelterFirst, Retire(Block))));
    }

    [Fact]
    public async Task A_frozen_account_gives_no_credits_by_a_deal_and_takes_none()
    {
        await using var x = await Opened();
        var offered = await x.W.Offered(Sheet(x, Terms(DealKind.Repo)));
        await x.W.ActByTwo(TraderFirst, offered, new(DealAct.Accept));
        await x.W.Do(Officer, s => x.W.Get<CreditFreezes>().Freeze(s, new("gold-standard", Trader, FreezeScope.Both, "stolen"), default));
        Assert.Equal(DealState.Agreed, await Paid(x, offered, CashWhen.Opening));
        Assert.Empty(await Has(x, TraderFirst));
        await x.W.Do(Officer, s => x.W.Get<CreditFreezes>().Freeze(s, new("gold-standard", Smelter, FreezeScope.Out, "stolen"), default));
        Assert.Equal("credits.frozen", await x.W.Refused(SmelterFirst, s => x.W.Get<DealHandlers>().Propose(s, Sheet(x, Terms(DealKind.Pledge), More), default)));
    }

    [Fact]
    public async Task A_sheet_names_an_own_free_block_of_one_year_and_another_holders_account_for_credits()
    {
        await using var x = await Opened();
        async Task<string> Refused(NewDeal sheet, Actor? who = null) => string.Join(' ', (await x.W.Try(who ?? SmelterFirst, s => x.W.Get<DealHandlers>().Propose(s, sheet, default))).Refusals.Select(r => $"{r.Code} {r.Field}"));
        var sheet = Sheet(x, Terms(DealKind.Pledge));
        Assert.Equal("input.required serial", await Refused(sheet with { Serial = null }));
        Assert.Equal("credits.take-too-many serial", await Refused(sheet with { Terms = Terms(DealKind.Pledge, 1001) }));
        Assert.Equal("credits.serial-not-here serial", await Refused(sheet with { Serial = "GS1-1-UG-GS900-16-2024-999-1-1000" }));
        Assert.Equal("credits.serial-unknown serial", await Refused(sheet with { Serial = "no number" }));
        Assert.Equal("finance.counterparty counterparty", await Refused(sheet with { Counterparty = $"{x.Smelter}" }));
        Assert.Equal("finance.counterparty counterparty", await Refused(sheet with { Counterparty = await x.W.FullId(x.W.TraderAccount) }));
        Assert.Equal("finance.beneficiary beneficiary", await Refused(sheet with { Beneficiary = $"{x.Trader}" }));
        Assert.Equal("finance.start-over terms.start", await Refused(sheet with { Terms = Terms(DealKind.Pledge) with { Start = Start.PlusDays(-1) } }));
        Assert.Equal("input.required terms", await Refused(sheet with { Terms = null! }));
        Assert.Equal("access.role-needed ", await Refused(sheet, SmelterFirst with { Roles = new HashSet<string> { Role.Reader } }));
        // Not one's own account, and not one's own units.
        Assert.Equal("account.not-found ", await Refused(sheet, TraderFirst));
        Assert.Equal("credits.not-held serial", await Refused(new(x.Trader, true, $"{x.Smelter}", null, null, Terms(DealKind.Pledge), Serial: Block), TraderFirst));
        // Two accounts of different kinds are in no deal.
        Assert.Equal("finance.counterparty counterparty", await Refused(new(x.W.SmelterAccount, true, $"{x.Trader}", "EUA", null, Terms(DealKind.Pledge))));
        Assert.Equal("finance.not-found", await x.W.Refused(SmelterFirst, async s => await x.W.Get<DealHandlers>().Read(s, (await x.W.Do(TraderFirst, t => x.W.Get<DealHandlers>().Propose(t, new(x.Trader, false, $"{x.Smelter}", null, null, Terms(DealKind.Pledge), Serial: Block), default))).Deal.Id, default)));
    }

    [Fact]
    public async Task A_price_of_credits_is_published_by_the_programmes_officers_and_stands()
    {
        await using var x = await Opened();
        var price = new UnitPrice(null, "GSVER", "2024", "CNY", Start, 60, "broker", "900");
        Task<string> Refused(Actor who, UnitPrice p) => x.W.Refused(who, s => x.W.Get<DealHandlers>().Publish(s, p, default));
        Assert.Equal("access.role-needed", await Refused(SmelterFirst, price));
        Assert.Equal("credits.not-administered", await Refused(Foreign, price));
        Assert.Equal("credits.project-unknown", await Refused(Officer, price with { Project = "77" }));
        Assert.Equal("credits.vintage-range", await Refused(Officer, price with { Vintage = "soon" }));
        var published = await x.W.Do(Officer, s => x.W.Get<DealHandlers>().Publish(s, price, default));
        Assert.Equal(("gold-standard", "GS900"), (published.Scheme, published.Project));
        Assert.Equal("finance.price-there", await Refused(Officer, price with { Price = 1 }));
        Assert.Equal([("gold-standard", "GS900", 60m)], (await x.W.All(SmelterFirst, s => x.W.Get<DealHandlers>().Prices(s, "gold-standard", default))).Select(p => (p.Scheme!, p.Project!, p.Price)));
    }
}
