using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>A year's report by API, from the plan to the acceptance, by the five people it takes.</summary>
public sealed class ReportWalkTests
{
    static readonly Guid Smelter = new("0190a000-0000-7000-8000-000000000001"), Verifier = new("0190a000-0000-7000-8000-0000000000f0");

    [Fact]
    public async Task A_report_goes_from_the_plan_to_the_acceptance_by_api()
    {
        await using var under = await ServerUnderTest.Start();
        await using (var system = under.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System))
            Assert.True((await under.Server.Services.GetRequiredService<OrganisationHandlers>().Create(system, new NewOrganisation(OrganisationKind.Verifier, "Klarsyn Assurance", null, null, "SE", Verifier), default)).Ok);
        using var editor = await Somebody(under, 1, Smelter, Role.ProducerEditor);
        using var approver = await Somebody(under, 2, Smelter, Role.ProducerApprover);
        using var lead = await Somebody(under, 3, Verifier, Role.VerifierLead);
        using var reviewer = await Somebody(under, 4, Verifier, Role.VerifierReviewer);

        var facility = await Sent(editor, "POST", "/footprint/facilities", """{"name":"Potline 1","nameZh":"一号系列","country":"CN"}""", HttpStatusCode.Created);
        const string plan = """
            {"validFrom":"2024-01-01","content":{"product":"Primary aluminium","gwp":"AR5","streams":[
              {"id":"anodes","process":"electrolysis","scope":"Direct","method":"aluminium.anode-prebake","fixed":{"sulphurPercent":2.0,"ashPercent":0.4},"measured":["productionT","netAnodeTPerT"],"meter":"Weighbridge 1","uncertaintyPercent":2,"responsible":"Anode shop","measuredData":true},
              {"id":"power","process":"electrolysis","scope":"Indirect","method":"electricity.location-based","fixed":{"area":"CN-yunnan","year":2023,"variant":"average","basis":"direct"},"measured":["loadMwh"],"meter":"Grid meter","uncertaintyPercent":1,"responsible":"Utilities","measuredData":true}]}}
            """;
        var wrong = await Sent(editor, "POST", $"/footprint/facilities/{facility["id"]}/plans", plan.Replace("netAnodeTPerT", "anodesUsed", StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);
        Assert.Equal("content.streams[0].measured", wrong["errors"]![0]!["field"]!.GetValue<string>());
        var draft = await Sent(editor, "POST", $"/footprint/facilities/{facility["id"]}/plans", plan, HttpStatusCode.Created);
        Assert.Equal("InForce", (await Sent(approver, "POST", $"/footprint/plans/{draft["id"]}/approve", null, HttpStatusCode.OK))["state"]!.GetValue<string>());

        var report = await Sent(editor, "POST", "/footprint/reports", $$"""{"facilityId":"{{facility["id"]}}","periodFrom":"2025-01-01","periodTo":"2025-03-31"}""", HttpStatusCode.Created);
        var path = $"/footprint/reports/{report["id"]}";
        var csv = "stream,month,field,value,source\n" + string.Concat(Enumerable.Range(1, 3).Select(m => $"production,2025-0{m},massT,1000,book\nanodes,2025-0{m},productionT,1000,book\nanodes,2025-0{m},netAnodeTPerT,0.42,scale\npower,2025-0{m},loadMwh,13500,meter\n"));
        using (var sent = await editor.Http.PostAsync("/api/v1" + path + "/activity/csv", new StringContent(csv, Encoding.UTF8, "text/csv")))
            Assert.Equal(HttpStatusCode.OK, sent.StatusCode);
        // The power again, out of the meter's own file: kWh, under headings of its own.
        var brought = await Brought(editor, $"{path}/imports?name=meter.csv", Encoding.UTF8.GetBytes("Month;Energy kWh\n" + string.Concat(Enumerable.Range(1, 3).Select(m => $"2025-0{m};13.500.000,0\n"))));
        Assert.Null(brought["lines"]);
        var mapped = await Sent(editor, "PUT", $"/footprint/imports/{brought["file"]!["id"]}/mapping", """{"name":"Grid meter","decimalComma":true,"columns":[{"header":"Month","target":"month"},{"header":"Energy kWh","target":"power.loadMwh","factor":0.001,"combine":"Once"}]}""", HttpStatusCode.OK);
        Assert.Equal([13_500m, 13_500m, 13_500m], mapped["figures"]!.AsArray().Select(f => f!["value"]!.GetValue<decimal>()));
        await Sent(editor, "POST", $"/footprint/imports/{brought["file"]!["id"]}/apply", """{"mode":"whole-file"}""", HttpStatusCode.OK);
        var view = await Sent(editor, "GET", path, null, HttpStatusCode.OK);
        Assert.True(view["figures"]!["complete"]!.GetValue<bool>());
        Assert.Equal(4509.12m, view["figures"]!["directTco2e"]!.GetValue<decimal>());
        Assert.Equal(13_500 * 3 * 0.1333m, view["figures"]!["indirectTco2e"]!.GetValue<decimal>());

        // The pages show the same, in both languages.
        foreach (var (language, words) in new[] { ("en", "Hand in for verification"), ("zh", "提交核查") })
        {
            Assert.Contains(language == "en" ? "Potline 1" : "一号系列", WebUtility.HtmlDecode(await approver.Text($"/footprint/facilities?lang={language}")));
            Assert.Contains(language == "en" ? "In force" : "生效", WebUtility.HtmlDecode(await approver.Text($"/footprint/facilities/{facility["id"]}?lang={language}")));
            Assert.Contains(words, WebUtility.HtmlDecode(await approver.Text($"{path}?lang={language}")));
            Assert.Contains("4,509.120", WebUtility.HtmlDecode(await approver.Text($"{path}?lang={language}")));
        }
        foreach (var language in new[] { "en", "zh" })
        {
            Assert.Contains("meter.csv", await editor.Text($"{path}/import/{brought["file"]!["id"]}?lang={language}"));
            Assert.Contains("Grid meter", await editor.Text($"{path}/import/{brought["file"]!["id"]}?lang={language}"));
            Assert.Contains("meter.csv", await editor.Text($"{path}/trace?stream=power&month=2025-02&lang={language}"));
            Assert.Contains("4,509.120", WebUtility.HtmlDecode(await editor.Text($"{path}/print?lang={language}")));
            Assert.Contains("anodes", await editor.Text($"/footprint/facilities/{facility["id"]}/plan?lang={language}"));
            Assert.Contains("netAnodeTPerT", await editor.Text($"/footprint/facilities/{facility["id"]}/plan/stream?id=anodes&lang={language}"));
        }
        var trace = await Sent(editor, "GET", $"{path}/trace?stream=power&month=2025-02", null, HttpStatusCode.OK);
        Assert.Equal(("meter.csv", 3), (trace["inputs"]![0]!["fileName"]!.GetValue<string>(), trace["inputs"]![0]!["origin"]!["firstLine"]!.GetValue<int>()));
        Assert.NotEmpty(trace["calculation"]!["trace"]!.AsArray());
        await Sent(lead, "GET", path, null, HttpStatusCode.NotFound);
        const string guarantees = """{"registry":"GO","prefix":"6430","firstNo":1,"lastNo":10000,"kind":"Hydro","factorTPerMwh":0,"producedFrom":"2025-01-01","producedTo":"2025-03-31","issuer":"Statnett","country":"NO"}""";
        var block = await Sent(editor, "POST", $"/footprint/facilities/{facility["id"]}/energy-certificates", guarantees, HttpStatusCode.Created);
        Assert.Equal("Registered", block["state"]!.GetValue<string>());
        var cancel = $$"""{"reportId":"{{report["id"]}}","firstNo":1,"lastNo":9000}""";
        var used = await Sent(approver, "POST", $"/footprint/energy-certificates/{block["id"]}/cancellations", cancel, HttpStatusCode.Created);
        Assert.Equal("Cancelled", used["state"]!.GetValue<string>());
        var twice = await Sent(approver, "POST", $"/footprint/energy-certificates/{block["id"]}/cancellations", cancel, HttpStatusCode.Conflict);
        Assert.Contains(used["id"]!.GetValue<string>(), twice["errors"]![0]!["message"]!.GetValue<string>());
        view = await Sent(editor, "GET", path, null, HttpStatusCode.OK);
        Assert.Equal((13_500 * 3 - 9000) * 0.1333m, view["figures"]!["market"]!["tco2"]!.GetValue<decimal>());
        Assert.Contains("643", await approver.Text($"/footprint/facilities/{facility["id"]}/certificates?lang=zh"));
        await Sent(approver, "POST", path + "/submit", $$"""{"verifierId":"{{Smelter}}"}""", HttpStatusCode.Forbidden);
        await Sent(approver, "POST", path + "/submit", $$"""{"verifierId":"{{Verifier}}"}""", HttpStatusCode.OK);
        await Sent(lead, "POST", path + "/take-up", null, HttpStatusCode.OK);
        var finding = await Sent(lead, "POST", path + "/findings", """{"kind":"Request","stream":"power","text":"Calibration of the grid meter, please."}""", HttpStatusCode.Created);
        Assert.Contains("Calibration of the grid meter", await lead.Text($"{path}?lang=en"));
        await Sent(lead, "POST", path + "/opinion", Opinion, HttpStatusCode.Conflict);
        var evidence = await Brought(editor, $"/footprint/findings/{finding["id"]}/files?name=calibration.pdf", Evidence);
        using (var file = await lead.Http.GetAsync($"/api/v1/footprint/findings/{finding["id"]}/files/{evidence["id"]}"))
            Assert.Equal(Evidence, await file.Content.ReadAsByteArrayAsync());
        await Sent(editor, "POST", $"/footprint/findings/{finding["id"]}/answer", """{"answer":"Attached."}""", HttpStatusCode.OK);
        await Sent(lead, "POST", $"/footprint/findings/{finding["id"]}/close", """{"conclusion":"Valid until 2027."}""", HttpStatusCode.OK);
        await Sent(lead, "POST", path + "/opinion", Opinion, HttpStatusCode.OK);
        var accepted = await Sent(reviewer, "POST", path + "/review", null, HttpStatusCode.OK);
        Assert.Equal("Accepted", accepted["report"]!["state"]!.GetValue<string>());
        Assert.Equal(view["figures"]!.ToJsonString(), accepted["figures"]!.ToJsonString());
        var signatures = (await Sent(editor, "GET", path + "/signatures", null, HttpStatusCode.OK)).AsArray();
        Assert.Equal(["HandedIn", "Opinion", "Decision"], signatures.Select(x => x!["step"]!.GetValue<string>()));
        Assert.All(signatures, x => Assert.Equal("valid", x!["verdict"]!.GetValue<string>()));
        Assert.Contains(signatures[2]!["kid"]!.GetValue<string>(), await reviewer.Text($"{path}/print?lang=en"));
        foreach (var (format, begins) in new[] { ("json", "{"), ("csv", "\"stream\""), ("xlsx", "PK") })
        {
            using var export = await editor.Http.GetAsync($"/api/v1{path}/export?format={format}");
            Assert.StartsWith(begins, Encoding.UTF8.GetString(await export.Content.ReadAsByteArrayAsync()));
        }
        await Sent(editor, "POST", path + "/publications", """{"audience":"Brand","brandCode":"VNLAL","method":"CBAM"}""", HttpStatusCode.Conflict);
        var record = await Sent(approver, "POST", path + "/publications", """{"audience":"Cbam"}""", HttpStatusCode.Created);
        Assert.Equal(accepted["report"]!["figuresSha256"]!.GetValue<string>(), record["content"]!["figuresSha256"]!.GetValue<string>());
        Assert.Contains(record["sha256"]!.GetValue<string>()[..16], await approver.Text(path + "/publish?lang=zh"));
        var list = await Sent(reviewer, "GET", "/footprint/reports?state=Accepted", null, HttpStatusCode.OK);
        Assert.Equal(report["id"]!.GetValue<string>(), list["items"]![0]!["id"]!.GetValue<string>());
        // What somebody did here is in what they may take out on themselves.
        using var own = new ZipArchive(new MemoryStream(await lead.Http.GetByteArrayAsync("/api/v1/me/data")));
        foreach (var (table, holds) in new[] { ("reports", report["id"]), ("findings", finding["id"]), ("report-signatures", report["id"]) })
        {
            using var text = new StreamReader(own.GetEntry($"{table}.csv")!.Open());
            Assert.Contains(holds!.GetValue<string>(), await text.ReadToEndAsync());
        }
    }

    static byte[] Evidence => "%PDF-1.7 calibration"u8.ToArray();

    const string Opinion = """{"kind":"ReasonableAssurance","statement":"Free of material misstatement.","accreditation":"SWEDAC 1234","siteVisitOn":"2025-05-06"}""";

    internal static async Task<Browser> Somebody(ServerUnderTest under, int number, Guid organisation, string role)
    {
        var name = $"report{number}@demo";
        await DemoPeople.Ensure(under.Server.Services, [new DemoPerson(new Guid($"0190b000-0000-7000-8000-{700 + number:000000000000}"), name, $"Report {number}", organisation, "", [role])], CancellationToken.None);
        var browser = await under.SignedIn(name);
        browser.Http.DefaultRequestHeaders.Add("X-CSRF-Token", Browser.TokenOf(await browser.Text("/account")));
        return browser;
    }

    static async Task<JsonNode> Brought(Browser person, string path, byte[] content)
    {
        using var body = new ByteArrayContent(content) { Headers = { ContentType = new("application/octet-stream") } };
        using var reply = await person.Http.PostAsync("/api/v1" + path, body);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.StatusCode == HttpStatusCode.Created, $"{path}: {(int)reply.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }

    internal static async Task<JsonNode> Sent(Browser person, string verb, string path, string? body, HttpStatusCode expected)
    {
        using var message = new HttpRequestMessage(new HttpMethod(verb), "/api/v1" + path);
        if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var reply = await person.Http.SendAsync(message);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.StatusCode == expected, $"{verb} {path}: {(int)reply.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
