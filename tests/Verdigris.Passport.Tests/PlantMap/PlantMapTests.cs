using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.PlantMap;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests.PlantMap;

public partial class PlantMapTests
{
    static decimal Between(Random random, int from, int to) => from + (random.Next(0, (to - from) * 100) / 100m);

    [Fact]
    public void North_is_above_south_east_is_right_of_west_and_both_halves_mirror_each_other()
    {
        var random = new Random(4711);
        for (var i = 0; i < 5_000; i++)
        {
            var (north, south, east, west) = (Between(random, 1, 90), Between(random, -90, 0), Between(random, 1, 180), Between(random, -180, 0));
            Assert.True(NaturalEarthProjection.Project(north, east).Y < NaturalEarthProjection.Project(south, east).Y);
            Assert.True(NaturalEarthProjection.Project(north, east).X > NaturalEarthProjection.Project(north, west).X);
            var (here, mirrored) = (NaturalEarthProjection.Project(south, west), NaturalEarthProjection.Project(south, -west));
            Assert.Equal(NaturalEarthProjection.Width, decimal.Round(here.X + mirrored.X, 12));
            Assert.InRange(here.X, 0m, NaturalEarthProjection.Width);
        }
        Assert.Equal((0m, NaturalEarthProjection.Width), (decimal.Round(NaturalEarthProjection.Project(0, -180).X, 12), decimal.Round(NaturalEarthProjection.Project(0, 180).X, 12)));
        Assert.Equal(0m, NaturalEarthProjection.Project(NaturalEarthProjection.NorthDeg, 10).Y);
        Assert.Equal(NaturalEarthProjection.Height, NaturalEarthProjection.Project(NaturalEarthProjection.SouthDeg, 10).Y);
        // The projection's published shape: a pole is a line of about half the equator, and the map 0.52 as high as wide.
        Assert.Equal(0.52m, decimal.Round((NaturalEarthProjection.Project(-90, 0).Y - NaturalEarthProjection.Project(90, 0).Y) / NaturalEarthProjection.Width, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => NaturalEarthProjection.Project(90.1m, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => NaturalEarthProjection.Project(0, -180.1m));
    }

    [Fact]
    public void Every_ring_of_the_land_closes_lies_on_the_earth_and_known_places_lie_on_land_or_at_sea()
    {
        var rings = LandOutline.Rings(File.ReadAllText(Path.Combine(RulePacks.Locate().DataFolder, "geo", "land-110m.txt")));
        Assert.True(rings.Count > 100);
        foreach (var ring in rings)
        {
            Assert.Equal(ring[0], ring[^1]);
            // A line from one edge of the map to the other would be a ring that was not cut.
            Assert.All(ring.Zip(ring.Skip(1)), step => Assert.True(Math.Abs(step.First.LongitudeDeg - step.Second.LongitudeDeg) < 90));
            Assert.All(ring, p => Assert.True(p.LatitudeDeg is >= -90 and <= 90 && p.LongitudeDeg is >= -180 and <= 180));
        }
        foreach (var (north, east, land) in new[] { (61m, 9m, true), (65m, -18m, true), (-25m, 134m, true), (40m, -100m, true), (35m, 105m, true), (67m, -175m, true), (67m, 175m, true), (0m, -30m, false), (30m, -150m, false), (-40m, 80m, false) })
            Assert.Equal(land, rings.Count(r => Inside(r, north, east)) % 2 == 1);
        Assert.InRange(new LandOutline(RulePacks.Locate()).SvgPath.Length, 10_000, 40_000);
    }

    [Fact]
    public void Every_thing_stands_under_one_mark_near_it_and_no_two_marks_touch()
    {
        var random = new Random(815);
        for (var round = 0; round < 50; round++)
        {
            var points = Enumerable.Range(0, random.Next(1, 120)).Select(_ => new MapPoint(Between(random, 0, 400), Between(random, 0, 300))).ToList();
            var clusters = MapClusters.Of(points, p => p, 40m);
            Assert.Equal(points.Order(ByPlace), clusters.SelectMany(c => c.Items).Order(ByPlace));
            foreach (var cluster in clusters)
            {
                Assert.All(cluster.Items, p => Assert.True(Apart(p, cluster.At) < 1600m));
                Assert.All(clusters, other => Assert.True(other == cluster || Apart(other.At, cluster.At) >= 1600m));
            }
        }
    }

    [Theory]
    [InlineData("en", "not published")]
    [InlineData("zh-Hans", "未公布")]
    public async Task The_map_shows_every_plant_with_a_place_once_as_a_mark_and_once_in_the_table(string language, string unpublished)
    {
        await using var w = await World.Make();
        var far = Guid.CreateVersion7();
        await w.Do(w.Editor, s => w.Get<OrganisationHandlers>().AddPlant(s, new(w.Smelter, "P2", "Far plant", null, "AU", -23.9m, 151.3m, 1_000m, ["smelting"], far), default));
        await using (var system = w.As(Actor.System))
        {
            foreach (var organisation in DemoPlan.Organisations) Assert.True((await w.Get<OrganisationHandlers>().Create(system, organisation, default)).Ok);
        }
        foreach (var plant in DemoPlan.Plants) await w.Do(DemoPlan.Actor("smelter-editor"), s => w.Get<OrganisationHandlers>().AddPlant(s, plant, default));
        using var client = w.Client(null);
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd(language);
        var html = WebUtility.HtmlDecode(await client.GetStringAsync("/plants/map"));
        Assert.DoesNotContain("⟦", html, StringComparison.Ordinal);
        // Three smelters in the north: two close together, and each of the others alone.
        Assert.Equal(3, Mark().Count(html));
        foreach (var id in DemoPlan.Plants.Select(p => p.Id!.Value).Append(far)) Assert.Contains($"data-href=\"/plants/{id}\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain($"data-href=\"/plants/{w.Plant}\"", html, StringComparison.Ordinal);
        Assert.Contains(unpublished, html, StringComparison.Ordinal);
        var features = (await client.GetFromJsonAsync<JsonElement>("/api/v1/plants/map")).GetProperty("features");
        Assert.Equal(4, features.GetArrayLength());
        var there = features.EnumerateArray().Single(f => f.GetProperty("id").GetGuid() == far);
        Assert.Equal([151.3m, -23.9m], there.GetProperty("geometry").GetProperty("coordinates").EnumerateArray().Select(c => c.GetDecimal()));
        Assert.Equal(0, (await client.GetFromJsonAsync<JsonElement>("/api/v1/plants/map?metal=CU")).GetProperty("features").GetArrayLength());
        Assert.Equal(0, (await client.GetFromJsonAsync<JsonElement>("/api/v1/plants/map?published=true")).GetProperty("features").GetArrayLength());
        Assert.Equal(4, (await client.GetFromJsonAsync<JsonElement>("/api/v1/plants/map?published=false")).GetProperty("features").GetArrayLength());
    }

    static Comparer<MapPoint> ByPlace => Comparer<MapPoint>.Create((a, b) => (a.X, a.Y).CompareTo((b.X, b.Y)));

    static decimal Apart(MapPoint a, MapPoint b) => ((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y));

    /// <summary>Whether a line due east from the place crosses the ring an odd number of times.</summary>
    static bool Inside(IReadOnlyList<(decimal LatitudeDeg, decimal LongitudeDeg)> ring, decimal north, decimal east)
    {
        var inside = false;
        for (var (i, j) = (0, ring.Count - 1); i < ring.Count; j = i++)
            if (ring[i].LatitudeDeg > north != ring[j].LatitudeDeg > north && east < ring[i].LongitudeDeg + ((ring[j].LongitudeDeg - ring[i].LongitudeDeg) * (north - ring[i].LatitudeDeg) / (ring[j].LatitudeDeg - ring[i].LatitudeDeg)))
                inside = !inside;
        return inside;
    }

    [GeneratedRegex("<a href=\"[^\"]*\" class=\"mark")]
    private static partial Regex Mark();
}
