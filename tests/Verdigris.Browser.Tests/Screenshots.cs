using Microsoft.Playwright;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Emissions;

namespace Verdigris.Browser.Tests;

/// <summary>Pictures of the main pages for people to look at. Runs only when asked for: VERDIGRIS_SCREENSHOTS names the folder.</summary>
[Collection(nameof(Stage))]
public sealed class Screenshots(Stage stage)
{
    [Fact(Explicit = true)]
    public async Task Take()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        var warrant = await stage.Issued("PICTURE");
        var waiting = await stage.Published("PICTUREWAIT");
        var certificate = (await stage.Do(Stage.Staff, s => stage.Get<Verdigris.Passport.Warrants.WarrantHandlers>().Read(s, warrant.Id, default))).Certificates[0];
        var draft = await stage.Do(Stage.Editor, s => stage.Get<EmissionsHandlers>().Create(s, new NewSubmission(Stage.Brand, 2024, EmissionsMethod.Cbam, new EmissionsValues(1.7m, 0.3m, Precursors: [new("Prebaked anodes", 0.42m, 0.3m, 0.05m)])), default));
        await using (var file = new MemoryStream("meter,kWh\nA,1\n"u8.ToArray())) await stage.Do(Stage.Editor, s => stage.Get<EvidenceHandlers>().Add(s, draft.Id, "meter readings 2024.csv", file, default));
        var papers = await PublicationPages.Stocked(stage);
        var shots = new (string? Seat, string Name, string Path)[]
        {
            (null, "publications", "/publications"), (null, "publication", $"/publications/{DemoPublications.Consultation}"), ("smelter@demo", "publication-answer", $"/publications/{papers.Open}/respond"), ("exchange@demo", "publication-open", $"/publications/{papers.Open}"), ("exchange@demo", "publication-edit", $"/publications/{papers.Draft}/edit"), (null, "plant-map", "/plants/map"),
            (null, "brands", "/brands"), (null, "brand", $"/brands/{Stage.Brand}"), (null, "bundle", $"/b/{waiting.Certificate.Number}/B1?seal=other"), (null, "plant", $"/plants/{Stage.Plant}"), (null, "check", $"/check?number={waiting.Certificate.Number}"),
            ("smelter.approver@demo", "plant-keys", $"/plants/{Stage.Plant}"), ("smelter@demo", "certificates", "/certificates"), ("smelter@demo", "labels", $"/certificates/{certificate}/labels"), ("smelter@demo", "certificate", $"/certificates/{certificate}"), ("smelter@demo", "certificate-new", $"/certificates/new?brand={Stage.Brand}"), ("smelter@demo", "import", "/certificates/import"),
            ("smelter@demo", "emissions", "/emissions"), ("smelter@demo", "emissions-new", "/emissions/new"), ("smelter@demo", "emissions-draft", $"/emissions/{draft.Id}"), ("smelter@demo", "evidence", $"/emissions/{draft.Id}/evidence"),
            ("exchange@demo", "home", "/"), ("exchange@demo", "anomalies", "/anomalies"), ("exchange@demo", "anomaly", $"/anomalies/{(await stage.Anomaly("PICTURELATE")).Id}"), ("exchange@demo", "organisation-new", "/organisations/new"), ("exchange@demo", "warehouse-organisation", $"/organisations/{Stage.Warehouse}"), ("exchange@demo", "first-administrator", $"/organisations/{Stage.Albion}/administrator"), ("exchange@demo", "people", "/people?sort=-name"), ("exchange@demo", "audit", "/audit"), (null, "developers", "/developers"),
            ("warehouse@demo", "inbound", "/inbound"), ("warehouse@demo", "match", $"/inbound/{waiting.Certificate.Number}"),
            ("owner@demo", "second-step", "/account/second-step"), ("owner@demo", "account", "/account"), ("owner@demo", "warrants", "/warrants"), ("owner@demo", "warrant", $"/warrants/{warrant.Id}"), ("owner@demo", "rent", "/warrants/rent?tonnes=25&rate=0.5&days=60&schedule=2015-proposal"), ("owner@demo", "transfers", "/transfers"),
        };
        foreach (var (language, scheme) in new[] { ("en", ColorScheme.Light), ("zh", ColorScheme.Light), ("en", ColorScheme.Dark) })
            foreach (var seat in shots.GroupBy(s => s.Seat))
            {
                await using var visitor = seat.Key is null ? await Visitor.Come(stage, language, scheme: scheme) : await Visitor.SignedIn(stage, language, seat.Key, scheme: scheme);
                foreach (var (_, name, path) in seat)
                    foreach (var (width, height) in new[] { (1280, 900), (390, 844) })
                    {
                        await visitor.Page.SetViewportSizeAsync(width, height);
                        await visitor.Open(path);
                        await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{width}-{language}{(scheme == ColorScheme.Dark ? "-dark" : "")}.png"), FullPage = true });
                    }
            }
    }
}
