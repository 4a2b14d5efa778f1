using System.Globalization;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport.Warehousing.FloorCounts;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Warehousing;

public class FloorCountTests
{
    [Fact]
    public void Every_lot_of_floor_and_book_is_agreed_or_named_once_with_what_is_wrong()
    {
        var lot = from number in Gen.Choose(1, 12) from kg in Gen.Choose(24_900, 25_100) select ("L" + number.ToString(CultureInfo.InvariantCulture), (decimal)kg);
        var cases = from floor in lot.ListOf(10) from book in lot.ListOf(10) select (floor: floor.DistinctBy(l => l.Item1).ToList(), book);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var book = c.book.Select((b, i) => new BookLot(Guid.NewGuid(), $"AH-{i}", b.Item1, b.Item2)).ToList();
            var differences = FloorRules.Compare([.. c.floor.Select(f => new CountLine(f.Item1, f.Item2))], book, 0.2m);
            return c.floor.Select(f => f.Item1).Union(c.book.Select(b => b.Item1)).All(name =>
            {
                decimal? found = c.floor.Where(f => f.Item1 == name).Select(f => (decimal?)f.Item2).SingleOrDefault();
                var owed = c.book.Where(b => b.Item1 == name).Select(b => b.Item2).ToList();
                DifferenceKind? expected = found is null ? DifferenceKind.MissingOnFloor : owed.Count == 0 ? DifferenceKind.WithoutWarrant : Math.Abs(found.Value - owed.Sum()) * 100 > owed.Sum() * 0.2m ? DifferenceKind.WeightDiffers : null;
                return differences.Where(d => d.LotNo == name).Select(d => (DifferenceKind?)d.Kind).SingleOrDefault() == expected;
            });
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("lot,net_kg\nL-1,25000\nL-2;24999.5\n\nL-3 10\r\n", 3, null)]
    [InlineData("", 0, null)]
    [InlineData("L-1,25000\nL-1,24000", 0, "floor.lot-twice")]
    [InlineData("L-1", 0, "floor.line-unreadable")]
    [InlineData("L-1,0", 0, "floor.line-unreadable")]
    [InlineData("L-1,1.2345", 0, "floor.line-unreadable")]
    [InlineData("L-1,25000\nlot,net", 0, "floor.line-unreadable")]
    [InlineData("L-1,25,000", 0, "floor.line-unreadable")]
    public void A_list_is_read_as_typed_or_as_a_file_and_a_line_that_says_nothing_is_named(string text, int lines, string? code)
    {
        var read = FloorRules.Read(Encoding.UTF8.GetBytes(text));
        Assert.Equal(code, read.Ok ? null : read.Refusals[0].Code);
        if (read.Ok) Assert.Equal(lines, read.Value.Count);
    }

    [Fact]
    public async Task A_difference_between_floor_and_Book_stays_open_until_two_people_have_resolved_it()
    {
        await using var world = await World.Make();
        var counts = world.Get<FloorCountHandlers>();
        await world.Issued("A", 0);
        await world.Issued("B", 1);
        var (gone, _) = await world.Issued("C", 1);
        await world.Do(world.Owner(1), s => world.Get<LoadOutHandlers>().Cancel(s, gone.Id, default));
        await world.Do(world.Operator, s => world.Get<LoadOutHandlers>().Queue(s, gone.Id, default));
        var before = await Take("L-A,25000\nL-B,25060\nL-X,99");
        Assert.Equal([("L-B", DifferenceKind.WeightDiffers), ("L-C", DifferenceKind.MissingOnFloor), ("L-X", DifferenceKind.WithoutWarrant)], before.Differences.Select(d => (d.LotNo, d.Kind)));
        Assert.Equal((3, 75_000m, 3), (before.Count.BookLots, before.Count.BookKg, before.Count.FloorLots));
        await world.Scanned(gone.Id, world.Operator, world.Issuer);
        await world.Do(world.Operator, s => world.Get<LoadOutHandlers>().RequestLoadOut(s, gone.Id, default));
        await world.Decide(world.Issuer, LoadOutKind.Name, gone.Id, true);
        Assert.Empty((await Take("L-A,25000\nL-B,25050")).Differences);

        var difference = before.Differences[0].Id;
        Assert.Equal("certificate.reason-missing", (await world.Try(world.Operator, s => counts.ProposeResolution(s, difference, " ", default))).Refusals.Single().Code);
        var task = await world.Do(world.Operator, s => counts.ProposeResolution(s, difference, "wet pallets", default));
        var both = World.Person("operator", world.Warehouse, Role.WarehouseOperator, Role.WarehouseApprover);
        Assert.Equal("approval.same-person", (await world.Try(both, s => world.Get<Approvals>().Decide(s, task.Id, true, null, default))).Refusals.Single().Code);
        Assert.Equal(3, (await world.Do(world.Staff, s => counts.Open(s, world.Unit, null, null, 50, default))).Items.Count);
        foreach (var sort in new[] { null, "-added", "lot", "-lot" })
        {
            var whole = (await world.Do(world.Staff, s => counts.Open(s, world.Unit, sort, null, 50, default))).Items.Select(d => d.Id).ToList();
            var (one, cursor) = (new List<Guid>(), (string?)null);
            do
            {
                var page = await world.Do(world.Staff, s => counts.Open(s, world.Unit, sort, cursor, 1, default));
                one.Add(Assert.Single(page.Items).Id);
                cursor = page.NextCursor;
            }
            while (cursor is not null);
            Assert.Equal(whole, one);
        }
        Assert.Equal("page.limit-out-of-range", (await world.Try(world.Staff, s => counts.Open(s, world.Unit, null, null, 201, default))).Refusals[0].Code);
        await world.Decide(world.Issuer, ResolveDifferenceKind.Name, difference, true);
        var after = (await world.Do(world.Staff, s => counts.Read(s, before.Count.Id, default))).Differences[0];
        Assert.Equal((true, "wet pallets"), (after.Resolved, after.Reason));
        Assert.NotEqual(after.ProposedBy, after.ResolvedBy);
        Assert.Equal("floor.resolved", (await world.Try(world.Operator, s => counts.ProposeResolution(s, difference, "again", default))).Refusals.Single().Code);

        async Task<FloorCountView> Take(string lines) => await world.Do(world.Operator, s => counts.Take(s, world.Unit, World.Start.InUtc().Date, new MemoryStream(Encoding.UTF8.GetBytes(lines)), default));
    }

    [Fact]
    public async Task A_day_without_a_count_shows_and_strangers_see_none()
    {
        await using var world = await World.Make();
        var counts = world.Get<FloorCountHandlers>();
        var today = World.Start.InUtc().Date;
        Assert.All(await Days(), d => Assert.Null(d.Count));
        using var client = world.Client(world.Operator);
        Assert.Equal(HttpStatusCode.Created, (await client.PostAsync($"/api/v1/warehouses/{world.Unit}/floor-counts?day=2026-11-19", new StringContent("", Encoding.UTF8, "text/csv"))).StatusCode);
        Assert.Equal([today.PlusDays(-1)], (await Days()).Where(d => d.Count is not null).Select(d => d.Day));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await client.PostAsync($"/api/v1/warehouses/{world.Unit}/floor-counts?day=2026-11-18", new StringContent("", Encoding.UTF8, "text/csv"))).StatusCode);
        foreach (var other in new[] { world.Owner(0), World.Person("rival", world.Stranger, Role.WarehouseOperator) })
            Assert.Equal(HttpStatusCode.NotFound, (await world.Client(other).GetAsync($"/api/v1/warehouses/{world.Unit}/floor-days")).StatusCode);
        var page = await world.Client(world.Operator).GetStringAsync($"/warehouses/{world.Unit}");
        Assert.Equal(FloorCountHandlers.DaysShown - 1, page.Split("No count on this day").Length - 1);
        Assert.DoesNotContain("No count on this day", await world.Client(world.Owner(0)).GetStringAsync($"/warehouses/{world.Unit}"));

        Task<IReadOnlyList<FloorDay>> Days() => world.Do(world.Staff, s => counts.Days(s, world.Unit, default));
    }
}
