using Microsoft.Playwright;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Emissions;

namespace Verdigris.Browser.Tests;

/// <summary>Pictures of the main pages for people to look at. Runs only when asked for: VERDIGRIS_SCREENSHOTS names the folder, VERDIGRIS_SCREENSHOT_NAMES some of the pictures.</summary>
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
        var stock = await WarehousePages.Stocked(stage);
        var papers = await PaperPages.Stocked(stage);
        var lot = await LotPages.Stocked(stage);
        var mapping = await MappingPages.Stocked(stage);
        var publications = await PublicationPages.Stocked(stage);
        var payments = await PaymentPages.Stocked(stage);
        var shots = new (string? Seat, string Name, string Path)[]
        {
            ("owner@demo", "payments", "/payments"), ("owner@demo", "payment-new", "/payments/new"), ("owner@demo", "payment-blocked", $"/payments/{payments.Blocked}"), ("owner@demo", "payment-ready", $"/payments/{payments.Ready}"), ("exchange@demo", "payment-lists", "/payments/lists"),
            ("smelter@demo", "mappings", "/certificates/import/mappings"), ("smelter@demo", "mapping", $"/certificates/import/mappings/{mapping}"),
            ("smelter@demo", "lots", "/lots?ended=true"), ("smelter@demo", "lot", $"/lots/{lot.Child}"), ("smelter@demo", "lot-genealogy", $"/lots/{lot.Child}/genealogy"),
            (null, "paper-check", $"/check?number={papers.Number}"), ("warehouse@demo", "papers", "/paper"), ("warehouse@demo", "paper-new", "/paper/new"), ("warehouse@demo", "paper-type", $"/paper/{papers.Open}/type?brand={Stage.Brand}"),
            ("warehouse.approver@demo", "paper-blind", $"/paper/{papers.Typed}"), ("warehouse.approver@demo", "paper-differs", $"/paper/{papers.Differs}"), ("warehouse.approver@demo", "paper-published", $"/paper/{papers.Published}"), ("warehouse.approver@demo", "paper-keys", $"/organisations/{Stage.Warehouse}"),
            (null, "publications", "/publications"), (null, "publication", $"/publications/{DemoPublications.Consultation}"), ("smelter@demo", "publication-answer", $"/publications/{publications.Open}/respond"), ("exchange@demo", "publication-open", $"/publications/{publications.Open}"), ("exchange@demo", "publication-edit", $"/publications/{publications.Draft}/edit"), (null, "plant-map", "/plants/map"),
            (null, "groups", "/groups"), (null, "group", $"/groups/{await GroupPages.Stocked(stage)}?asOf=2021-01-01"), ("smelter.approver@demo", "group-head", $"/groups/{await GroupPages.Stocked(stage)}"),
            (null, "brands", "/brands"), (null, "brand", $"/brands/{Stage.Brand}"), (null, "bundle", $"/b/{waiting.Certificate.Number}/B1?seal=other"), (null, "plant", $"/plants/{Stage.Plant}"), (null, "check", $"/check?number={waiting.Certificate.Number}"),
            ("smelter.approver@demo", "plant-keys", $"/plants/{Stage.Plant}"), ("smelter@demo", "certificates", "/certificates"), ("smelter@demo", "labels", $"/certificates/{certificate}/labels"), ("smelter@demo", "certificate", $"/certificates/{certificate}"), ("smelter@demo", "certificate-new", $"/certificates/new?brand={Stage.Brand}"), ("smelter@demo", "import", "/certificates/import"),
            ("smelter@demo", "emissions", "/emissions"), ("smelter@demo", "emissions-new", "/emissions/new"), ("smelter@demo", "emissions-draft", $"/emissions/{draft.Id}"), ("smelter@demo", "evidence", $"/emissions/{draft.Id}/evidence"),
            ("exchange@demo", "home", "/"), ("exchange@demo", "anomalies", "/anomalies"), ("exchange@demo", "anomaly", $"/anomalies/{(await stage.Anomaly("PICTURELATE")).Id}"), ("exchange@demo", "organisation-new", "/organisations/new"), ("exchange@demo", "warehouse-organisation", $"/organisations/{Stage.Warehouse}"), ("exchange@demo", "first-administrator", $"/organisations/{Stage.Albion}/administrator"), ("exchange@demo", "people", "/people?sort=-name"), ("exchange@demo", "audit", "/audit"), (null, "developers", "/developers"),
            ("warehouse@demo", "inbound", "/inbound"), ("warehouse@demo", "match", $"/inbound/{waiting.Certificate.Number}"),
            ("warehouse@demo", "match-done", $"/inbound/matches/{stock.Match}"), ("warehouse@demo", "load-out", $"/warrants/{stock.Leaving}/load-out"), ("warehouse@demo", "warehouse", $"/warehouses/{Stage.Unit}"), ("warehouse@demo", "floor-count-new", $"/warehouses/{Stage.Unit}/floor-counts/new"), ("warehouse@demo", "floor-count", $"/floor-counts/{stock.Count}"), ("warehouse@demo", "campaign-item", $"/campaigns/items/{stock.Open}"),
            ("exchange@demo", "campaign-new", "/campaigns/new"), ("exchange@demo", "campaign", $"/campaigns/{stock.Campaign}"), ("lender@demo", "pledges", "/pledges"), ("owner@demo", "queued-warrant", $"/warrants/{stock.Leaving}"),
            ("owner@demo", "queue", "/warehouses/queue?policy=2015-proposal&from=2026-01-01&days=95&stockT=150000&queuedT=140000&inboundTPerDay=2000&ordersTPerDay=2000&lotT=25&ratePerTDay=0.5"),
            ("owner@demo", "second-step", "/account/second-step"), ("owner@demo", "account", "/account"), ("owner@demo", "warrants", "/warrants"), ("owner@demo", "warrant", $"/warrants/{warrant.Id}"), ("owner@demo", "rent", "/warrants/rent?tonnes=25&rate=0.5&days=60&schedule=2015-proposal"), ("owner@demo", "transfers", "/transfers"),
        };
        await Shoot(folder, shots, ("en", ColorScheme.Light), ("zh", ColorScheme.Light), ("en", ColorScheme.Dark));
    }

    [Fact(Explicit = true)]
    public async Task Take_people_programs_and_applicants()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await IdentityPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"identity-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Dark));
    }

    [Fact(Explicit = true)]
    public async Task Take_sessions_of_programs()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await FixPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"fix-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Dark));
    }

    [Fact(Explicit = true)]
    public async Task Take_methods_and_footprints()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. FootprintPages.Seats.SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"footprint-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Dark));
    }

    [Fact(Explicit = true)]
    public async Task Take_facilities_and_reports()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await ReportPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"report-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Light));
    }

    [Fact(Explicit = true)]
    public async Task Take_meters_and_alarms()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await MeterPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"meter-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Light));
    }

    [Fact(Explicit = true)]
    public async Task Take_the_border_measure()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await CbamPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"cbam-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Light));
    }

    [Fact(Explicit = true)]
    public async Task Take_the_registry_and_credits()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await Shoot(folder, [.. (await RegistryPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"registry-{i}{j}", p))), .. (await CreditPages.Seats(stage)).SelectMany((s, i) => s.Paths.Select((p, j) => (s.Seat, $"credit-{i}{j}", p)))], ("en", ColorScheme.Light), ("zh", ColorScheme.Light));
    }

    [Fact(Explicit = true)]
    public async Task Take_schemes_and_figures()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        await RegistryPages.Seats(stage);
        var paths = SchemePages.Seats.Concat(StatisticsPages.Seats(stage)).SelectMany(s => s.Paths).Where(p => !p.Contains('?', StringComparison.Ordinal));
        await Shoot(folder, [.. paths.Select(p => ((string?)null, p[1..].Replace('/', '-'), p))], ("en", ColorScheme.Light), ("zh", ColorScheme.Light));
    }

    async Task Shoot(string folder, (string? Seat, string Name, string Path)[] shots, params (string, ColorScheme)[] ways)
    {
        foreach (var (language, scheme) in ways)
            foreach (var seat in shots.Where(s => Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOT_NAMES") is not { Length: > 0 } only || only.Split(',').Contains(s.Name)).GroupBy(s => s.Seat))
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
