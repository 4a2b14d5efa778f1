using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests;

/// <summary>Every list of the API as a table.</summary>
public class ListCsvTests
{
    static readonly string[] Lists = ["organisations?sort=-name", "certificates?sort=number&state=Published", "brands?metal=AL", "publications?sort=title", "brands/VALU/listings?"];

    [Fact]
    public async Task A_table_holds_the_rows_of_all_pages_in_their_order()
    {
        await using var world = await World.Make();
        foreach (var i in Enumerable.Range(0, 205)) await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Owner, $"Trader {i * 7919 % 1000:000}", null, null, "GB"), default));
        foreach (var mark in new[] { "A", "B", "C" }) await world.Published(mark);
        await world.Do<Done>(Actor.System, async s => { await Demo.DemoPublications.Seed(s, default); return default(Done); });
        using var client = world.Client(world.Editor);
        foreach (var list in Lists)
        {
            var names = new List<string>();
            for (string? cursor = null; ;)
            {
                var page = await client.GetFromJsonAsync<JsonElement>($"/api/v1/{list}{(cursor is null ? "" : "&cursor=" + cursor)}");
                names.AddRange((page.ValueKind == JsonValueKind.Array ? page : page.GetProperty("items")).EnumerateArray().Select(Key));
                if (page.ValueKind == JsonValueKind.Array || !page.TryGetProperty("nextCursor", out var next) || (cursor = next.GetString()) is null) break;
            }
            Assert.NotEmpty(names);
            var answer = await client.GetAsync($"/api/v1/{list}&format=csv");
            Assert.Equal(("text/csv", "attachment"), (answer.Content.Headers.ContentType?.MediaType, answer.Content.Headers.ContentDisposition?.DispositionType));
            var rows = Rows(await answer.Content.ReadAsStringAsync());
            var column = Array.FindIndex(rows[0], c => c is "id" or "code" or "from");
            Assert.Equal(names, rows.Skip(1).Select(r => r[column]));
            Assert.All(rows, r => Assert.Equal(rows[0].Length, r.Length));
        }

        static string Key(JsonElement item) => (item.TryGetProperty("id", out var id) || item.TryGetProperty("code", out id) ? id : item.GetProperty("from")).GetString()!;
    }

    [Fact]
    public async Task Parts_stand_in_columns_of_their_own_and_nothing_typed_is_run_by_a_spreadsheet()
    {
        await using var world = await World.Make();
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Owner, "=cmd|' /C calc'!A0", "名,\"称\"", null, "GB"), default));
        using var client = world.Client(world.Editor);
        var rows = Rows(await client.GetStringAsync("/api/v1/organisations?q=cmd&format=csv"));
        Assert.Equal(("'=cmd|' /C calc'!A0", "名,\"称\"", ""), (Cell("name"), Cell("nameZh"), Cell("lei")));
        var publications = Rows(await client.GetStringAsync("/api/v1/publications?format=csv"));
        Assert.Contains("title.en", publications[0]);
        string Cell(string name) => rows[1][Array.IndexOf(rows[0], name)];
    }

    [Fact]
    public async Task What_is_refused_as_a_list_is_refused_as_a_table_and_another_form_is_not_known()
    {
        await using var world = await World.Make();
        using var anybody = world.Client(null);
        foreach (var (path, status) in new[] { ("/api/v1/organisations", HttpStatusCode.Forbidden), ("/api/v1/brands?sort=nonsense", HttpStatusCode.UnprocessableEntity), ("/api/v1/pledge-register", HttpStatusCode.Forbidden) })
        {
            var (json, csv) = (await anybody.GetAsync(path), await anybody.GetAsync(path + (path.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "format=csv"));
            Assert.Equal(status, json.StatusCode);
            Assert.Equal(json.StatusCode, csv.StatusCode);
            Assert.Equal("application/problem+json", csv.Content.Headers.ContentType?.MediaType);
        }
        var unknown = await anybody.GetAsync("/api/v1/brands?format=xml");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, true), (unknown.StatusCode, (await unknown.Content.ReadAsStringAsync()).Contains("request.word-unknown", StringComparison.Ordinal)));
    }

    static List<string[]> Rows(string text) => [.. CsvReader.Read(text).Select(r => r.Fields.ToArray())];
}
