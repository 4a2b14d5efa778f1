using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class EvidenceTests
{
    static readonly byte[] Pdf = Encoding.ASCII.GetBytes("%PDF-1.7\nmeter readings 2025\n%%EOF\n");

    [Fact]
    public void A_file_is_taken_only_when_its_content_bears_out_its_ending()
    {
        var bytes = Gen.Choose(1, 60).SelectMany(n => Gen.Choose(0, 255).ArrayOf(n)).Select(a => a.Select(i => (byte)i).ToArray());
        var cases = from kind in Gen.Elements(EvidenceRules.Kinds.ToArray()) from rest in bytes from begins in Gen.Elements(true, false) from upper in Gen.Elements(true, false) select (kind, rest, begins, upper);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            byte[] content = c.begins ? [.. c.kind.Begins, .. c.rest] : c.rest;
            var answer = EvidenceRules.Check("a" + (c.upper ? c.kind.Ending.ToUpperInvariant() : c.kind.Ending), content);
            var fits = c.kind.Begins.Length > 0 ? content.AsSpan().StartsWith(c.kind.Begins) : IsText(content);
            return answer.Ok == fits && (answer.Ok ? answer.Value == c.kind.MediaType : answer.Refusals[0].Code == "emissions.evidence-not-what-it-says");
        }).QuickCheckThrowOnFailure();

        static bool IsText(byte[] content)
        {
            try { return !new UTF8Encoding(false, true).GetString(content).Contains('\0', StringComparison.Ordinal); }
            catch (DecoderFallbackException) { return false; }
        }
    }

    [Theory]
    [InlineData("", "x", "emissions.evidence-name-invalid")]
    [InlineData("C:\\reports\\", "x", "emissions.evidence-name-invalid")]
    [InlineData("a\u0007.csv", "x", "emissions.evidence-name-invalid")]
    [InlineData("a.csv", "", "emissions.evidence-empty")]
    [InlineData("a.html", "<b>", "emissions.evidence-kind-not-allowed")]
    [InlineData("a.pdf.exe", "%PDF-", "emissions.evidence-kind-not-allowed")]
    [InlineData("a.pdf", "<b>", "emissions.evidence-not-what-it-says")]
    public void What_is_wrong_with_a_file_is_said_by_code(string name, string content, string code)
    {
        var answer = EvidenceRules.Check(EvidenceRules.NameOf(name), Encoding.UTF8.GetBytes(content));
        Assert.Equal((code, "file"), (answer.Refusals[0].Code, answer.Refusals[0].Field));
    }

    [Fact]
    public async Task Evidence_is_added_to_a_draft_and_fetched_by_the_producer_and_after_handing_in_by_the_exchange_and_by_nobody_else()
    {
        await using var world = await World.Make();
        var draft = await Draft(world, optIn: true);
        var file = await Added(world, draft, "../secret/meter readings.pdf", Pdf);
        Assert.Equal("meter readings.pdf", file.FileName);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Pdf)), file.Sha256);
        Assert.Equal((long)Pdf.Length, file.SizeBytes);
        var path = $"/api/v1/emissions/{draft}/evidence";
        Actor?[] others = [world.Owner(0), World.Person("stranger", world.Stranger, Role.OwnerTrader), world.Operator, null];
        await Sees(world.Editor, true);
        await Sees(world.Approver, true);
        await Sees(world.Staff, false);
        foreach (var other in others) await Sees(other, false);

        await world.Do(world.Approver, s => world.Get<EmissionsHandlers>().Submit(s, draft, default));
        await Sees(world.Staff, true);
        await world.Decide(world.OtherStaff, AcceptSubmissionKind.Name, draft, true);
        // The figures are public now, the files behind them are not.
        Assert.Equal(HttpStatusCode.OK, (await world.Client(null).GetAsync($"/api/v1/emissions/{draft}")).StatusCode);
        foreach (var other in others) await Sees(other, false);
        await Sees(world.Editor, true);

        async Task Sees(Actor? actor, bool expected)
        {
            using var client = world.Client(actor);
            using var list = await client.GetAsync(path);
            using var content = await client.GetAsync($"{path}/{file.Id}");
            var status = expected ? HttpStatusCode.OK : HttpStatusCode.NotFound;
            Assert.Equal((status, status), (list.StatusCode, content.StatusCode));
            if (!expected) return;
            Assert.Equal(Pdf, await content.Content.ReadAsByteArrayAsync());
            Assert.Equal("application/pdf", content.Content.Headers.ContentType!.MediaType);
            Assert.Equal("attachment", content.Content.Headers.ContentDisposition!.DispositionType);
            await using var session = world.As(actor!);
            Assert.Single((await world.Get<EvidenceHandlers>().List(session, draft, default)).Value);
        }
    }

    [Fact]
    public async Task Evidence_is_changed_only_by_the_producers_editor_while_the_figures_may_be_changed()
    {
        await using var world = await World.Make();
        var draft = await Draft(world);
        var file = await Added(world, draft, "a.pdf", Pdf);
        Assert.Equal(HttpStatusCode.Conflict, (await Send(world, world.Editor, draft, "b.pdf", Pdf)).Status);
        Assert.Equal("emissions.evidence-already-there", (await Send(world, world.Editor, draft, "b.pdf", Pdf)).Code);
        Assert.Equal("access.role-needed", (await Send(world, world.Approver, draft, "b.csv", "a,b"u8.ToArray())).Code);
        Assert.Equal("access.not-visible", (await Send(world, World.Person("rival", world.Stranger, Role.ProducerEditor), draft, "b.csv", "a,b"u8.ToArray())).Code);
        Assert.Equal("emissions.evidence-too-large", (await Send(world, world.Editor, draft, "b.csv", new byte[EvidenceRules.LargestBytes + 1].Select(_ => (byte)'a').ToArray())).Code);
        for (var i = 1; i < EvidenceRules.MostFiles; i++) await Added(world, draft, $"{i}.csv", Encoding.UTF8.GetBytes($"meter,{i}"));
        Assert.Equal("emissions.evidence-too-many", (await Send(world, world.Editor, draft, "b.csv", "a,b"u8.ToArray())).Code);
        using var editor = world.Client(world.Editor);
        Assert.Equal(HttpStatusCode.NoContent, (await editor.DeleteAsync($"/api/v1/emissions/{draft}/evidence/{file.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await editor.GetAsync($"/api/v1/emissions/{draft}/evidence/{file.Id}")).StatusCode);
        var again = await Added(world, draft, "a.pdf", Pdf);
        await world.Do(world.Approver, s => world.Get<EmissionsHandlers>().Submit(s, draft, default));
        Assert.Equal("emissions.state-forbids", (await Send(world, world.Editor, draft, "c.csv", "a,b"u8.ToArray())).Code);
        Assert.Equal(HttpStatusCode.Conflict, (await editor.DeleteAsync($"/api/v1/emissions/{draft}/evidence/{again.Id}")).StatusCode);
        // The database refuses too.
        await using var session = world.As(world.Editor);
        Assert.Equal(0, await session.Run("delete from passport.emissions_evidence where id = $1", default, again.Id));
        // Returned, it is the producer's to change again.
        await world.Decide(world.Staff, AcceptSubmissionKind.Name, draft, false);
        Assert.Equal(HttpStatusCode.NoContent, (await editor.DeleteAsync($"/api/v1/emissions/{draft}/evidence/{again.Id}")).StatusCode);
    }

    [Fact]
    public async Task A_draft_is_read_by_its_producers_people_only()
    {
        await using var world = await World.Make();
        var draft = await Draft(world);
        var handlers = world.Get<EmissionsHandlers>();
        Assert.Equal(1.5m, (await world.Do(world.Editor, s => handlers.Read(s, draft, default))).Values.DirectTco2ePerT);
        Assert.True((await world.Try(World.Person("reader", world.Smelter, Role.Reader), s => handlers.Read(s, draft, default))).Ok);
        var unknown = await world.Try(world.Staff, s => handlers.Read(s, Guid.NewGuid(), default));
        var hidden = await world.Try(world.Staff, s => handlers.Read(s, draft, default));
        Assert.Equal(unknown.Refusals[0].Code, hidden.Refusals[0].Code);
        await using (var staff = world.As(world.Staff))
        {
            // The second fence hides the figures from the exchange as well.
            Assert.Equal(0, await staff.Value<long>("select count(*) from passport.emissions_value where submission_id = $1", default, draft));
            await world.Do(world.Approver, s => handlers.Submit(s, draft, default));
            Assert.Equal(1, await staff.Value<long>("select count(*) from passport.emissions_value where submission_id = $1", default, draft));
        }
        Assert.True((await world.Try(world.Staff, s => handlers.Read(s, draft, default))).Ok);
    }

    [Theory]
    [InlineData("{\"brandCode\":\"VALU\",\"reportYear\":2025,\"method\":\"Cbam\"}", "emissions.values-missing", "values")]
    [InlineData("{\"brandCode\":\"VALU\",\"reportYear\":2025,\"method\":\"Cbam\",\"values\":{\"directTco2ePerT\":1,\"indirectTco2ePerT\":1,\"precursors\":[null]}}", "emissions.precursor-invalid", "values.precursors[0]")]
    [InlineData("{\"brandCode\":\"VALU\",\"reportYear\":2025,\"method\":\"Cbam\",\"values\":{\"directTco2ePerT\":1,\"indirectTco2ePerT\":1,\"precursors\":[{\"name\":\"Anodes\",\"tonnesPerTonne\":-1,\"directTco2ePerT\":1,\"indirectTco2ePerT\":0}]}}", "emissions.value-out-of-range", "values.precursors[0].tonnesPerTonne")]
    public async Task Bad_figures_name_their_field(string body, string code, string field)
    {
        await using var world = await World.Make();
        using var client = world.Client(world.Editor);
        var answer = await client.PostAsync("/api/v1/emissions", new StringContent(body, Encoding.UTF8, "application/json"));
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((code, field), (problem.GetProperty("code").GetString(), problem.GetProperty("errors")[0].GetProperty("field").GetString()));
    }

    static async Task<Guid> Draft(World world, bool optIn = false) =>
        (await world.Do(world.Editor, s => world.Get<EmissionsHandlers>().Create(s, new NewSubmission("VALU", 2025, EmissionsMethod.Cbam, new EmissionsValues(1.5m, 0.25m), PublicOptIn: optIn), default))).Id;

    static async Task<EvidenceFile> Added(World world, Guid submission, string name, byte[] content)
    {
        await using var sent = new MemoryStream(content);
        return await world.Do(world.Editor, s => world.Get<EvidenceHandlers>().Add(s, submission, name, sent, default));
    }

    static async Task<(HttpStatusCode Status, string? Code)> Send(World world, Actor actor, Guid submission, string name, byte[] content)
    {
        using var client = world.Client(actor);
        var answer = await client.PostAsync($"/api/v1/emissions/{submission}/evidence?name={Uri.EscapeDataString(name)}", new ByteArrayContent(content));
        return (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }
}
