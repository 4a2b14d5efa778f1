using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Register;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class ListOrderTests(ITestOutputHelper output)
{
    /// <summary>Many rows share a value, so that a page breaks between equal ones.</summary>
    [Fact]
    public async Task Every_order_shows_every_certificate_once_whatever_the_page_size()
    {
        await using var world = await World.Make();
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { } given ? int.Parse(given) : 2718;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 23; i++)
        {
            var content = World.Good("L" + i, new LocalDate(2026, 3, 1 + random.Next(3))) with { Bundles = 24 + random.Next(3), NetKg = 25_000m + random.Next(3) * 0.5m };
            await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, content, default));
        }
        var handlers = world.Get<RegisterHandlers>();
        var keys = new (string Name, Func<CertificateListItem, IComparable> Key)[] { ("added", c => c.Id.ToString()), ("number", c => c.Number), ("produced", c => c.ProductionDate) };
        foreach (var (name, key) in keys)
            foreach (var descending in new[] { false, true })
                foreach (var size in new[] { 1, 4, 7, 23, 50 })
                {
                    var sort = (descending ? "-" : "") + name;
                    var seen = await Walk(cursor => world.Do(world.Editor, s => handlers.Certificates(s, new CertificateFilter(Sort: sort, Cursor: cursor, Limit: size), default)));
                    Assert.Equal(23, seen.Select(c => c.Id).Distinct().Count());
                    Assert.Equal(23, seen.Count);
                    var expected = descending ? seen.OrderByDescending(key).ThenByDescending(c => c.Id.ToString(), StringComparer.Ordinal) : seen.OrderBy(key).ThenBy(c => c.Id.ToString(), StringComparer.Ordinal);
                    Assert.True(seen.SequenceEqual(expected), $"seed {seed}: {sort} by {size}");
                }
        Assert.Equal((await Listed(null)).Select(c => c.Id), (await Listed("-added")).Select(c => c.Id));

        async Task<IReadOnlyList<CertificateListItem>> Listed(string? sort) => (await world.Do(world.Editor, s => handlers.Certificates(s, new CertificateFilter(Sort: sort), default))).Items;
    }

    [Fact]
    public async Task A_cursor_of_another_order_and_an_unknown_order_are_refused()
    {
        await using var world = await World.Make();
        foreach (var mark in new[] { "A", "B", "C" }) await world.Issued(mark, 0);
        var handlers = world.Get<RegisterHandlers>();
        var first = await world.Do(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(Limit: 1, Sort: "number"), default));
        Assert.NotNull(first.NextCursor);
        foreach (var other in new[] { "-number", "net", null })
            Assert.Equal("page.cursor-invalid", (await world.Try(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(Limit: 1, Sort: other, Cursor: first.NextCursor), default))).Refusals[0].Code);
        // Well made but of no sense: a number where a decimal should stand.
        var forged = Cursor.After("warrants/net", "a lot", Guid.NewGuid().ToString());
        Assert.Equal("page.cursor-invalid", (await world.Try(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(Sort: "net", Cursor: forged), default))).Refusals[0].Code);
        foreach (var unknown in new[] { "emissions", "-", "--net", "net desc", "directTco2ePerT" })
            Assert.Equal(("page.sort-unknown", "sort"), (await world.Try(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(Sort: unknown), default))).Refusals.Select(r => (r.Code, r.Field)).Single());
        foreach (var sort in new[] { "added", "-added", "number", "-number", "state", "-state", "brand", "-brand", "location", "-location", "lot", "-lot", "net", "-net" })
        {
            var seen = await Walk(cursor => world.Do(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(Sort: sort, Cursor: cursor, Limit: 1), default)));
            Assert.Equal(3, seen.Select(w => w.Id).Distinct().Count());
        }
        var offers = world.Get<TransferHandlers>();
        foreach (var warrant in (await world.Do(world.Owner(0), s => handlers.Warrants(s, new WarrantFilter(), default))).Items)
            await world.Do(world.Owner(0), s => offers.Propose(s, new TransferProposal(warrant.Id, world.Owners[1], world.Clock.GetCurrentInstant() + Duration.FromDays(1)), default));
        foreach (var sort in new[] { "proposed", "-proposed", "number", "-number", "kind", "-kind" })
            Assert.Equal(3, (await Walk(cursor => world.Do(world.Owner(1), s => offers.List(s, "proposed", cursor, 2, default, sort)))).Select(t => t.Id).Distinct().Count());
        foreach (var year in new[] { 2024, 2025 }) await world.Emitted(year, 1m);
        foreach (var sort in new[] { "added", "-added", "brand", "-brand", "year", "-year", "state", "-state" })
            Assert.Equal(2, (await Walk(cursor => world.Do(world.Staff, s => world.Get<Emissions.EmissionsHandlers>().List(s, null, null, cursor, 1, default, sort)))).Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public void A_list_in_memory_turns_with_the_minus_and_keeps_what_has_no_value_at_the_end()
    {
        string?[] names = ["b", null, "A", "c", null, "a"];
        (string, Func<string?, IComparable?>) key = ("name", x => x);
        Assert.Equal(["A", "a", "b", "c", null, null], Sorting.By(names, "name", key));
        Assert.Equal(["c", "b", "A", "a", null, null], Sorting.By(names, "-name", key));
        foreach (var unknown in new[] { null, "", "-", "other" }) Assert.Equal(names, Sorting.By(names, unknown, key));
    }

    static async Task<List<T>> Walk<T>(Func<string?, Task<Page<T>>> read)
    {
        var seen = new List<T>();
        string? cursor = null;
        do
        {
            var page = await read(cursor);
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
            Assert.True(seen.Count <= 100, "The pages do not end.");
        }
        while (cursor is not null);
        return seen;
    }
}
