using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Footprint.Meters;
using Verdigris.Primitives;

namespace Verdigris.Server.Tests;

/// <summary>A meter by API: registered, heard, added up, and its gaps listed.</summary>
public sealed class MeterWalkTests
{
    static readonly Guid Smelter = new("0190a000-0000-7000-8000-000000000001");

    [Fact]
    public async Task Readings_go_in_as_json_lines_plain_or_packed_and_come_out_as_hours()
    {
        await using var under = await ServerUnderTest.Start();
        using var editor = await ReportWalkTests.Somebody(under, 11, Smelter, Role.ProducerEditor);
        using var approver = await ReportWalkTests.Somebody(under, 12, Smelter, Role.ProducerApprover);
        var facility = await ReportWalkTests.Sent(editor, "POST", "/footprint/facilities", """{"name":"Potline 9","country":"CN"}""", HttpStatusCode.Created);
        var path = $"/footprint/facilities/{facility["id"]}";
        const string tags = """{"tags":[{"name":"line9.kwh","stream":"power","field":"loadMwh","unit":"kWh","kind":"Counter","holdSeconds":120,"rollOver":1000000,"factor":0.001,"dayOffsetHours":8}]}""";
        await ReportWalkTests.Sent(editor, "POST", path + "/tags", tags, HttpStatusCode.Conflict);
        var draft = await ReportWalkTests.Sent(editor, "POST", path + "/plans", """
            {"validFrom":"2024-01-01","content":{"product":"Primary aluminium","gwp":"AR5","streams":[
              {"id":"power","process":"electrolysis","scope":"Indirect","method":"electricity.location-based","fixed":{"area":"CN-yunnan","year":2023,"variant":"average","basis":"direct"},"measured":["loadMwh"],"meter":"Grid meter","uncertaintyPercent":1,"responsible":"Utilities","measuredData":true}]}}
            """, HttpStatusCode.Created);
        await ReportWalkTests.Sent(approver, "POST", $"/footprint/plans/{draft["id"]}/approve", null, HttpStatusCode.OK);
        var wrong = await ReportWalkTests.Sent(editor, "POST", path + "/tags", tags.Replace("loadMwh", "activity", StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);
        Assert.Equal("tags[0].field", wrong["errors"]![0]!["field"]!.GetValue<string>());
        await ReportWalkTests.Sent(editor, "POST", path + "/tags", tags, HttpStatusCode.Created);
        await ReportWalkTests.Sent(editor, "POST", path + "/tags", tags, HttpStatusCode.Conflict);

        // Three hours ago: a whole hour, and half of one.
        var begin = Instant.FromUnixTimeSeconds(SystemClock.Instance.GetCurrentInstant().ToUnixTimeSeconds() / 3600 * 3600 - 3 * 3600);
        var lines = string.Concat(Enumerable.Range(0, 91).Select(m => $"{{\"tag\":\"line9.kwh\",\"at\":\"{begin + Duration.FromMinutes(m)}\",\"value\":{999_000 + m * 20 - (m > 49 ? 1_000_000 : 0)}}}\n"));
        Assert.Equal((91, 0), await Send(editor, path, lines, packed: true));
        Assert.Equal((91, 1), await Send(editor, path, lines + "{\"tag\":\"line8.kwh\",\"at\":\"2026-11-20T00:00:00Z\",\"value\":1}\n", packed: false));
        await under.Server.Services.GetRequiredService<MeterWork>().Round(default);
        // A batch rests in the inbox until its minute is over; these are.
        var hours = await ReportWalkTests.Sent(editor, "GET", path + "/tags/line9.kwh/periods?step=hour&limit=1", null, HttpStatusCode.OK);
        Assert.Equal((1200m, "Measured", 1), (hours["items"]![0]!["amount"]!.GetValue<decimal>(), hours["items"]![0]!["state"]!.GetValue<string>(), hours["items"]![0]!["version"]!.GetValue<int>()));
        var second = await ReportWalkTests.Sent(editor, "GET", $"{path}/tags/line9.kwh/periods?step=hour&limit=1&cursor={hours["nextCursor"]}", null, HttpStatusCode.OK);
        Assert.Equal((600m, 50m), (second["items"]![0]!["measured"]!.GetValue<decimal>(), second["items"]![0]!["knownPercent"]!.GetValue<decimal>()));
        var minutes = await ReportWalkTests.Sent(editor, "GET", $"{path}/tags/line9.kwh/periods?step=minute&from={begin}&limit=60", null, HttpStatusCode.OK);
        Assert.Equal(1200m, minutes["items"]!.AsArray().Sum(m => m!["amount"]!.GetValue<decimal>()));
        var gaps = await ReportWalkTests.Sent(editor, "GET", path + "/gaps?limit=1", null, HttpStatusCode.OK);
        Assert.Equal("Unknown", gaps["items"]![0]!["state"]!.GetValue<string>());
        Assert.Equal("Unknown", (await ReportWalkTests.Sent(editor, "GET", $"{path}/gaps?limit=5&cursor={gaps["nextCursor"]}", null, HttpStatusCode.OK))["items"]![0]!["state"]!.GetValue<string>());
        Assert.Equal("2026", (await ReportWalkTests.Sent(editor, "GET", path + "/tags?q=line9", null, HttpStatusCode.OK))["items"]![0]!["lastAt"]!.GetValue<string>()[..4]);
        foreach (var bad in new[] { "/tags/line9.kwh/periods?step=week", "/tags/line9.kwh/periods?from=yesterday", "/tags/line9.kwh/periods?limit=0", "/tags/line9.kwh/periods?cursor=x", "/gaps?cursor=x", "/gaps?limit=x" })
            await ReportWalkTests.Sent(editor, "GET", path + bad, null, HttpStatusCode.UnprocessableEntity);
        using var torn = new HttpRequestMessage(HttpMethod.Post, $"/api/v1{path}/readings") { Content = new StringContent("no gzip", Encoding.UTF8, "application/x-ndjson") };
        torn.Content.Headers.ContentEncoding.Add("gzip");
        using (var reply = await editor.Http.SendAsync(torn)) Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        await ReportWalkTests.Sent(editor, "POST", path + "/tags/line9.kwh/retire", null, HttpStatusCode.OK);
        Assert.Equal((0, 91), await Send(editor, path, lines, packed: false));
    }

    static async Task<(int, int)> Send(Browser person, string path, string lines, bool packed)
    {
        var bytes = Encoding.UTF8.GetBytes(lines);
        if (packed)
        {
            using var buffer = new MemoryStream();
            using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest)) gzip.Write(bytes);
            bytes = buffer.ToArray();
        }
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/api/v1{path}/readings") { Content = new ByteArrayContent(bytes) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        if (packed) message.Content.Headers.ContentEncoding.Add("gzip");
        using var reply = await person.Http.SendAsync(message);
        var text = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, text);
        var taken = JsonNode.Parse(text)!;
        return (taken["accepted"]!.GetValue<int>(), taken["refused"]!.GetValue<int>());
    }
}
