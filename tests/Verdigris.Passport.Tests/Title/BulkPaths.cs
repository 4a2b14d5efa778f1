using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Title;

/// <summary>Every path on which many certificates are read at once, over all histories: list, search, filters, export, warrants, pages; and the database itself, with the application's decision taken away.</summary>
sealed partial class BulkPaths(TitleWorld market, ReadPaths paths)
{
    readonly TitleModel model = market.Model;

    public async Task Check(Actor actor, Random random)
    {
        if (!actor.SignedIn) { await Anonymous(); await Database(actor); return; }
        var visible = model.Lots.Where(l => model.Sees(actor.OrganisationId, l, l.Now)).ToList();
        await List(actor, "", visible);
        await List(actor, "&q=ingot", visible); // a word that stands in every one: the search gives exactly what the list gives
        await List(actor, "&sort=produced&verdict=Pass", visible);
        foreach (var lot in Enumerable.Range(0, 3).Select(_ => model.Lots[random.Next(model.Lots.Count)]))
        {
            await List(actor, $"&brand={lot.Brand}", visible.Where(l => l.Brand == lot.Brand));
            await List(actor, $"&state={lot.Now.State}&q={lot.Brand}*", visible.Where(l => l.Now.State == lot.Now.State && l.Brand == lot.Brand));
            await List(actor, $"&producedFrom={lot.Day:uuuu-MM-dd}&producedTo={lot.Day.PlusDays(30):uuuu-MM-dd}", visible.Where(l => l.Day >= lot.Day && l.Day <= lot.Day.PlusDays(30)));
        }
        await Export(actor, visible);
        await Warrants(actor);
        await Pages(actor, visible);
        await Database(actor);
    }

    async Task List(Actor actor, string filter, IEnumerable<ModelLot> expected)
    {
        var found = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            using var page = JsonDocument.Parse(await paths.Text(actor, $"/api/v1/certificates?limit=200{filter}{(cursor.Length > 0 ? "&cursor=" + Uri.EscapeDataString(cursor) : "")}"));
            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray()) found.Add($"{item.GetProperty("id").GetGuid()} {item.GetProperty("number").GetString()} {item.GetProperty("state").GetString()}");
            cursor = page.RootElement.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        Agree("list" + filter, actor, expected.Select(l => $"{l.Now.Id} {l.Number} {l.Now.State}"), found);
    }

    /// <summary>The file with emissions: the same certificates, and in each line the figures of the form it takes; where there is none, a figure of no form.</summary>
    async Task Export(Actor actor, List<ModelLot> visible)
    {
        var file = await paths.Text(actor, "/api/v1/certificates/export?emissions=true");
        var lines = file.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(l => l.Split(',')).ToList();
        var taken = model.Forms.Select(f => f.Direct).ToHashSet();
        Agree("export", actor, visible.Select(l => $"{l.Number} {l.Now.State} {Cell(l, EmissionsMethod.Cbam)} {Cell(l, EmissionsMethod.Iai)}"),
            lines.Select(c => $"{c[0]} {c[8]} {Known(c[10])} {Known(c[13])}"));
        string Cell(ModelLot lot, EmissionsMethod method) => model.Taken(lot.Brand, lot.Year, method)?.Direct.ToString(CultureInfo.InvariantCulture) ?? "-";
        string Known(string cell) => cell.Length > 0 && taken.Contains(decimal.Parse(cell, CultureInfo.InvariantCulture)) ? cell : "-";
    }

    async Task Warrants(Actor actor)
    {
        var found = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            using var page = JsonDocument.Parse(await paths.Text(actor, $"/api/v1/warrants?limit=200{(cursor.Length > 0 ? "&cursor=" + Uri.EscapeDataString(cursor) : "")}"));
            foreach (var item in page.RootElement.GetProperty("items").EnumerateArray()) found.Add($"{item.GetProperty("id").GetGuid()} {item.GetProperty("state").GetString()} {item.GetProperty("mine").GetBoolean()}");
            cursor = page.RootElement.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }
        var me = actor.OrganisationId;
        Agree("warrants", actor, model.Lots.SelectMany(l => l.Warrants).Where(w => me == market.Exchange || me == w.Warehouse || me == w.Owner).Select(w => $"{w.Id} {w.State} {me == w.Owner && me != market.Exchange}"), found);
    }

    async Task Pages(Actor actor, List<ModelLot> visible)
    {
        var seen = visible.Select(l => l.Now.Id).ToHashSet();
        foreach (var path in new[] { "/certificates", "/certificates?q=ingot&lang=zh" })
            foreach (Match link in Link().Matches(await paths.Text(actor, path)))
                Assert.True(seen.Contains(Guid.Parse(link.Groups[1].ValueSpan)), $"{path} leads {actor.Name} {actor.OrganisationId} to a certificate he may not see: {link.Value}");
    }

    async Task Anonymous()
    {
        using var client = market.World.Client(null);
        foreach (var path in new[] { "/api/v1/certificates", "/api/v1/certificates?q=ingot", "/api/v1/certificates/export?emissions=true", "/api/v1/warrants", "/api/v1/transfers", "/api/v1/receipts", "/api/v1/emissions", "/certificates", "/warrants" })
        {
            using var reply = await client.GetAsync(path);
            Assert.True((int)reply.StatusCode is 401 or 403, $"{path} answers the public with {(int)reply.StatusCode}.");
        }
    }

    /// <summary>The second fence alone: the same rows asked for without any condition, on a connection that acts as the reader.</summary>
    async Task Database(Actor actor)
    {
        await using var s = market.World.As(actor);
        var who = TitleWorld.OrganisationOf(actor);
        var all = who == market.Exchange;
        var forms = model.Forms.ToDictionary(f => f.Id);
        var shown = model.Shown(who);
        var producersOwn = model.Forms.Where(f => f.Producer == who).Select(f => f.Id);
        Agree("emissions_value", actor, shown.Union(producersOwn).Select(f => $"{f} {forms[f].Direct.ToString(CultureInfo.InvariantCulture)}"), await s.All("select submission_id, direct_tco2e_per_t from passport.emissions_value", r => $"{r.GetGuid(0)} {r.GetDecimal(1).ToString(CultureInfo.InvariantCulture)}", default));
        Agree("the join of emissions", actor,
            model.Lots.Select(l => (l.Brand, l.Year)).Distinct().SelectMany(g => Enum.GetValues<EmissionsMethod>().Select(m => (g.Brand, g.Year, Form: model.Taken(g.Brand, g.Year, m)))).Where(g => g.Form is { } form && shown.Contains(form.Id)).Select(g => $"{g.Brand} {g.Year} {g.Form!.Id}"),
            await s.All("""
                select distinct c.brand_code, c.production_year::int, v.submission_id from passport.certificate c
                join passport.emissions_join j on j.brand_code = c.brand_code and j.production_year = c.production_year join passport.emissions_value v on v.submission_id = j.submission_id
                """, r => $"{r.GetString(0)} {r.GetInt32(1)} {r.GetGuid(2)}", default));
        Agree("title_fence", actor, model.Lots.SelectMany(l => l.Versions.Where(v => v.Fenced && (all || (who is not null && (l.Producer == who || v.Owner == who || v.Place == who)))).Select(v => $"{v.Id} {v.Owner} {v.Place}")),
            await s.All("select certificate_id, owner_organisation, warehouse_organisation from passport.title_fence", r => $"{r.GetGuid(0)} {r.MaybeGuid(1)} {r.MaybeGuid(2)}", default));
        Agree("title_receipt", actor, model.Lots.SelectMany(l => l.Receipts).Where(r => all || r.Organisation == who).Select(r => $"{r.Certificate} {r.Organisation}"),
            await s.All("select certificate_id, organisation_id from passport.title_receipt", r => $"{r.GetGuid(0)} {r.GetGuid(1)}", default));
    }

    static void Agree(string path, Actor actor, IEnumerable<string> expected, IEnumerable<string> found)
    {
        var (wanted, there) = (expected.Order(StringComparer.Ordinal).ToList(), found.Order(StringComparer.Ordinal).ToList());
        if (wanted.SequenceEqual(there)) return;
        var (tooMuch, missing) = (there.Except(wanted).Take(3), wanted.Except(there).Take(3));
        Assert.Fail($"{path} for {(actor.SignedIn ? $"{actor.Name} {actor.OrganisationId}" : "the public")}: {there.Count} rows, {wanted.Count} expected. Shown and should not be: {string.Join("; ", tooMuch)}. Missing: {string.Join("; ", missing)}.");
    }

    [GeneratedRegex("href=\"/certificates/([0-9a-f-]{36})")]
    private static partial Regex Link();
}
