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
        await Sent(lead, "GET", path, null, HttpStatusCode.NotFound);
        await Sent(approver, "POST", path + "/submit", $$"""{"verifierId":"{{Smelter}}"}""", HttpStatusCode.Forbidden);
        await Sent(approver, "POST", path + "/submit", $$"""{"verifierId":"{{Verifier}}"}""", HttpStatusCode.OK);
        await Sent(lead, "POST", path + "/take-up", null, HttpStatusCode.OK);
        var finding = await Sent(lead, "POST", path + "/findings", """{"kind":"Request","stream":"power","text":"Calibration of the grid meter, please."}""", HttpStatusCode.Created);
        Assert.Contains("Calibration of the grid meter", await lead.Text($"{path}?lang=en"));
        await Sent(lead, "POST", path + "/opinion", Opinion, HttpStatusCode.Conflict);
        await Sent(editor, "POST", $"/footprint/findings/{finding["id"]}/answer", """{"answer":"Attached."}""", HttpStatusCode.OK);
        await Sent(lead, "POST", $"/footprint/findings/{finding["id"]}/close", """{"conclusion":"Valid until 2027."}""", HttpStatusCode.OK);
        await Sent(lead, "POST", path + "/opinion", Opinion, HttpStatusCode.OK);
        var accepted = await Sent(reviewer, "POST", path + "/review", null, HttpStatusCode.OK);
        Assert.Equal("Accepted", accepted["report"]!["state"]!.GetValue<string>());
        Assert.Equal(view["figures"]!.ToJsonString(), accepted["figures"]!.ToJsonString());
        var list = await Sent(reviewer, "GET", "/footprint/reports?state=Accepted", null, HttpStatusCode.OK);
        Assert.Equal(report["id"]!.GetValue<string>(), list["items"]![0]!["id"]!.GetValue<string>());
    }

    const string Opinion = """{"kind":"ReasonableAssurance","statement":"Free of material misstatement.","accreditation":"SWEDAC 1234","siteVisitOn":"2025-05-06"}""";

    static async Task<Browser> Somebody(ServerUnderTest under, int number, Guid organisation, string role)
    {
        var name = $"report{number}@demo";
        await DemoPeople.Ensure(under.Server.Services, [new DemoPerson(new Guid($"0190b000-0000-7000-8000-{700 + number:000000000000}"), name, $"Report {number}", organisation, "", [role])], CancellationToken.None);
        var browser = await under.SignedIn(name);
        browser.Http.DefaultRequestHeaders.Add("X-CSRF-Token", Browser.TokenOf(await browser.Text("/account")));
        return browser;
    }

    static async Task<JsonNode> Sent(Browser person, string verb, string path, string? body, HttpStatusCode expected)
    {
        using var message = new HttpRequestMessage(new HttpMethod(verb), "/api/v1" + path);
        if (body is not null) message.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var reply = await person.Http.SendAsync(message);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.StatusCode == expected, $"{verb} {path}: {(int)reply.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
