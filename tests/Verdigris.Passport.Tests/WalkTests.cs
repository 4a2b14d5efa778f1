using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Verdigris.Passport.Demo;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

public class WalkTests(ITestOutputHelper output)
{
    static async Task<JsonElement> Ok(Task<HttpResponseMessage> sending)
    {
        var reply = await sending;
        var body = await reply.Content.ReadAsStringAsync();
        Assert.True(reply.IsSuccessStatusCode, $"{(int)reply.StatusCode} {reply.RequestMessage!.RequestUri}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }

    static StringContent Body(object value) => new(JsonSerializer.Serialize(value, StorageJson.Options), Encoding.UTF8, "application/json");

    [Fact]
    public async Task From_certificate_to_new_owner_over_the_interface()
    {
        await using var world = await World.Make();
        using HttpClient editor = world.Client(world.Editor), approver = world.Client(world.Approver), operatorOf = world.Client(world.Operator), ownerA = world.Client(world.Owner(0)), ownerB = world.Client(world.Owner(1)), nobody = world.Client(null);
        await world.Emitted(2025, 1.61m);
        var made = await Ok(editor.PostAsync("/api/v1/certificates", Body(World.Good())));
        var id = made.GetProperty("id").GetGuid();
        Assert.Equal("VALU-2026-000001", made.GetProperty("number").GetString());
        await Ok(approver.PostAsync($"/api/v1/certificates/{id}/sign", null));
        await Ok(approver.PostAsync($"/api/v1/certificates/{id}/publish", null));
        Assert.Equal("valid", (await Ok(editor.GetAsync($"/api/v1/certificates/{id}/signature"))).GetProperty("state").GetString());
        await Ok(operatorOf.PostAsync("/api/v1/weigh-tickets", Body(new NewWeighTicket(WeighDirection.In, world.Unit, id, null, null, "T1", "SCALE-1", 25_400.5m, 388))));
        var match = await Ok(operatorOf.PostAsync("/api/v1/inbound-matches", Body(new InboundObservation(id, world.Unit, "VALU", "ingot", 25, 25_012.5m, [], ["HA1", "HA2"], "SCALE-1", world.Clock.GetCurrentInstant()))));
        Assert.True(match.GetProperty("passed").GetBoolean());
        var warrant = (await Ok(operatorOf.PostAsync("/api/v1/warrants", Body(new WarrantRequest([id], world.Owners[0], "LOT-1", "unpaid"))))).GetProperty("id").GetGuid();
        Assert.Equal(HttpStatusCode.NotFound, (await ownerA.GetAsync($"/api/v1/certificates/{id}")).StatusCode);
        await world.Decide(world.Issuer, IssueWarrantKind.Name, warrant, true);
        var seen = await ownerA.GetAsync($"/api/v1/certificates/{id}");
        var shown = await Ok(Task.FromResult(seen));
        Assert.Equal("LegalOwner", shown.GetProperty("because").GetString());
        var cbam = shown.GetProperty("emissions").GetProperty("items")[0];
        Assert.Equal((1.61m, 2025, "YearBefore"), (cbam.GetProperty("values").GetProperty("directTco2ePerT").GetDecimal(), cbam.GetProperty("reportYear").GetInt32(), cbam.GetProperty("join").GetString()));
        // The tag saves a repeat to its reader and tells a former reader nothing.
        var again = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/certificates/{id}") { Headers = { { "If-None-Match", seen.Headers.ETag!.ToString() } } };
        Assert.Equal(HttpStatusCode.NotModified, (await ownerA.SendAsync(again)).StatusCode);
        var offer = (await Ok(ownerA.PostAsync($"/api/v1/warrants/{warrant}/transfers", Body(new { toOrganisationId = world.Owners[1], expiresAt = world.Clock.GetCurrentInstant() + NodaTime.Duration.FromDays(1) })))).GetProperty("id").GetGuid();
        Assert.Equal(HttpStatusCode.NotFound, (await ownerB.GetAsync($"/api/v1/certificates/{id}/emissions")).StatusCode);
        Assert.Equal("accepted", (await Ok(ownerB.PostAsync($"/api/v1/transfers/{offer}/accept", null))).GetProperty("state").GetString());
        Assert.Equal("LegalOwner", (await Ok(ownerB.GetAsync($"/api/v1/certificates/{id}/emissions"))).GetProperty("because").GetString());
        var former = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/certificates/{id}") { Headers = { { "If-None-Match", seen.Headers.ETag!.ToString() } } };
        Assert.Equal(HttpStatusCode.NotFound, (await ownerA.SendAsync(former)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await nobody.GetAsync($"/api/v1/certificates/{id}")).StatusCode);
        var receipt = (await Ok(ownerA.GetAsync("/api/v1/receipts"))).GetProperty("items")[0];
        Assert.True(receipt.GetProperty("hadValues").GetBoolean());
        Assert.DoesNotContain("1.61", receipt.ToString());
        // The order in the address is that of the warrants, of which none are left here; the receipts beside them are offered in their own.
        var page = WebUtility.HtmlDecode(await ownerA.GetStringAsync("/warrants?sort=brand"));
        var offered = Regex.Matches(page, "href=\"(/api/v1/[^\"]*format=csv)\"").Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(["/api/v1/receipts?format=csv"], offered);
        foreach (var table in offered) Assert.Equal(HttpStatusCode.OK, (await ownerA.GetAsync(table)).StatusCode);
        var moves = await Ok(ownerB.GetAsync($"/api/v1/warrants/{warrant}/history"));
        Assert.Equal(["issued", "transferred"], moves.EnumerateArray().Select(m => m.GetProperty("what").GetString()));
        // The warehouse issued to the first owner: the second one sees that, not to whom.
        Assert.False(moves[0].TryGetProperty("to", out _));
    }

    [Fact]
    public async Task Bad_input_is_refused_with_code_field_and_words_in_both_languages()
    {
        await using var world = await World.Make();
        using var editor = world.Client(world.Editor);
        var reply = await editor.PostAsync("/api/v1/certificates", Body(World.Good() with { NetKg = 26_000m }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.StatusCode);
        var error = (await reply.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors")[0];
        Assert.Equal(("certificate.net-over-gross", "netKg"), (error.GetProperty("code").GetString(), error.GetProperty("field").GetString()));
        Assert.Contains("26000", error.GetProperty("message").GetString());
        Assert.Contains("千克", error.GetProperty("messageZh").GetString());
        Assert.Equal("request.unreadable", (await (await editor.PostAsync("/api/v1/certificates", new StringContent("{\"pieces\":\"many\"}", Encoding.UTF8, "application/json"))).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
        using var owner = world.Client(world.Owner(0));
        Assert.Equal(HttpStatusCode.Forbidden, (await owner.PostAsync("/api/v1/certificates", Body(World.Good()))).StatusCode);
    }

    [Fact]
    public async Task A_failed_match_quarantines_and_blocks_the_warrant()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        var match = await world.Matched(world.Operator, new InboundObservation(row.Certificate.Id, world.Unit, "VALU", "ingot", 25, 24_000m, [], row.Certificate.Content.HeatNumbers, "S1", world.Clock.GetCurrentInstant()));
        Assert.Equal(["match.net-differs"], match.Differences.Select(d => d.Code));
        var answer = await world.Try(world.Operator, s => world.Get<WarrantHandlers>().Request(s, new WarrantRequest([row.Certificate.Id], world.Owners[0], "L1", "paid"), default));
        Assert.Equal("warrant.not-matched", answer.Refusals[0].Code);
        await world.Do(world.Staff, s => world.Get<Certificates.CertificateHandlers>().Release(s, row.Certificate.Id, "re-weighed", default));
        await world.Matched(row);
    }

    [Fact]
    public async Task A_form_due_after_the_duty_begins_must_be_verified_and_an_accepted_one_is_superseded_by_the_next()
    {
        await using var world = await World.Make();
        var handlers = world.Get<Emissions.EmissionsHandlers>();
        var late = await world.Do(world.Editor, s => handlers.Create(s, new Emissions.NewSubmission("VALU", 2026, Emissions.EmissionsMethod.Cbam, new Emissions.EmissionsValues(1.5m, 0.2m)), default));
        Assert.Equal("emissions.verification-required", (await world.Try(world.Approver, s => handlers.Submit(s, late.Id, default))).Refusals[0].Code);
        var first = await world.Emitted(2025, 1.5m);
        var second = await world.Emitted(2025, 1.4m, optIn: true);
        Assert.Equal(Emissions.SubmissionState.Superseded, (await world.Do(world.Editor, s => handlers.Read(s, first, default))).Submission.State);
        await using var nobody = world.As(Actor.Public);
        Assert.Equal([second], (await handlers.PublicOfBrand(nobody, "VALU", default)).Select(v => v.Submission.Id));
        Assert.Equal(1.4m, (await handlers.Read(nobody, second, default)).Value.Values.DirectTco2ePerT);
        Assert.Equal("access.not-visible", (await handlers.Read(nobody, first, default)).Refusals[0].Code);
        Assert.Equal("access.not-visible", (await handlers.Read(nobody, late.Id, default)).Refusals[0].Code);
    }

    [Fact]
    public async Task A_correction_keeps_the_number_and_leaves_the_old_version_as_it_was()
    {
        await using var world = await World.Make();
        var handlers = world.Get<Certificates.CertificateHandlers>();
        var first = await world.Published("A");
        var second = await world.Do(world.Editor, s => handlers.Correct(s, first.Certificate.Id, World.Good() with { GrossKg = 25_070m }, "Gross misread", default));
        Assert.Equal((first.Certificate.Number, 2, first.Certificate.Id), (second.Certificate.Number, second.Certificate.Version, second.Certificate.SupersedesId!.Value));
        var history = await world.Do(world.Editor, s => handlers.History(s, second.Certificate.Id, default));
        Assert.Equal([Certificates.CertificateState.Corrected, Certificates.CertificateState.Draft], history.Select(v => v.State));
        Assert.Equal(first.Sha256, history[0].Sha256);
        Assert.Equal("valid", (await world.Do(world.Editor, s => handlers.Signature(s, first.Certificate.Id, default))).State);
        Assert.Equal("certificate.correction-changes-number", (await world.Try(world.Editor, s => handlers.Correct(s, second.Certificate.Id, World.Good("A", new(2025, 3, 2)), "year", default))).Refusals[0].Code);
        Assert.Equal("certificate.heat-taken", (await world.Try(world.Editor, s => handlers.Create(s, World.Good() with { SourceRef = "other" }, default))).Refusals[0].Code);
    }

    [Fact]
    public async Task A_pledged_warrant_waits_for_its_lender()
    {
        await using var world = await World.Make();
        var (warrant, _) = await world.Issued("A", 0);
        var transfers = world.Get<TransferHandlers>();
        var pledge = await world.Do(world.Owner(0), s => transfers.Pledge(s, warrant.Id, world.Owners[3], default));
        Assert.Equal("accepted", pledge.State);
        Assert.Equal("warrant.state-forbids", (await world.Try(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default))).Refusals[0].Code);
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(0), s => transfers.ReleasePledge(s, pledge.Id, default))).Refusals[0].Code);
        Assert.Equal("released", (await world.Do(world.Owner(3), s => transfers.ReleasePledge(s, pledge.Id, default))).State);
        await world.Do(world.Owner(0), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default));
    }

    [Fact]
    public void Both_languages_are_complete_and_every_refusal_has_words()
    {
        var catalogue = new StringCatalogue([new StringSource(typeof(Refusal).Assembly), new StringSource(typeof(WebKit).Assembly), new StringSource(typeof(PassportRoom).Assembly)]);
        Assert.Empty(catalogue.Faults());
        var codes = Checkout.Files("src/Verdigris.Passport", ".cs").Where(f => !f.Contains("Specifications") && !f.Contains("Warehousing"))
            .SelectMany(f => System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Checkout.Path(f)), "(?:Refusal\\.(?:Of|NotFound|Forbidden|Conflict)\\(|Add\\(wrong, |Differ\\()\"([a-z0-9.-]+)\"")).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(codes.Count > 120);
        Assert.Equal([], codes.Where(c => !catalogue.Has("refusal." + c)));
    }

    [Fact]
    public async Task The_demo_is_made_once_and_the_same_seed_gives_the_same_file()
    {
        Assert.Equal(new DemoPlan(5, new(2026, 11, 1)).CertificateFile(), new DemoPlan(5, new(2026, 11, 1)).CertificateFile());
        await using var world = await World.Make(cast: false);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var made = await DemoSeeder.Run(world.Services, new Reports(p => output.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s, processor {Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s: {p.Step} {p.Done}/{p.Total}")), default);
        output.WriteLine($"demo: {made.Certificates} certificates, {made.Warrants} warrants in {made.Took.TotalSeconds:0.0} s");
        Assert.Equal(DemoPlan.Certificates + DemoLots.Certificates + 1, made.Certificates);
        Assert.False(made.AlreadyThere);
        Assert.True((await DemoSeeder.Run(world.Services, null, default)).AlreadyThere);
        await using var s = world.As(Actor.System);
        // What was seeded before is found again, not made twice.
        await DemoDisclosures.Seed(world.Services, s.Now.InUtc().Date, default);
        Assert.Equal([(0, 1L), (1, 1L), (4, 8L)], await s.All("select state, count(*) from passport.disclosure group by state order by state", r => ((int)r.GetInt16(0), r.GetInt64(1)), default));
        Assert.Equal((5L, 3L, 1L), (await s.Value<long>("select count(*) from passport.methodology where state = 2", default), await s.Value<long>("select count(*) from passport.emissions_methodology", default), await s.Value<long>("select count(*) from passport.sustainability_target where state = 1", default)));
        await DemoPayments.Seed(world.Services, s.Now.InUtc().Date, default);
        Assert.Equal([(0, 2L), (1, 1L)], await s.All("select state, count(*) from passport.payment_gate group by state order by state", r => ((int)r.GetInt16(0), r.GetInt64(1)), default));
        await DemoSourcing.Seed(world.Services, s.Now.InUtc().Date, default);
        Assert.Equal([("FJGI", 6), ("FJNI", 8), ("FJSI", 5)], await s.All("select brand_code, state from passport.sourcing_assessment order by brand_code", r => (r.GetString(0), (int)r.GetInt16(1)), default));
        await DemoGroups.Seed(world.Services, default);
        await DemoLots.Seed(world.Services, s.Now.InUtc().Date, default);
        await DemoOverseas.Seed(world.Services, s, default);
        // Metal of an origin that does not go free, verified with reasonable assurance: the importer of the border measure rests a line on it.
        await using (var importer = world.As(DemoPlan.Actor("owner-c")))
        {
            var owned = await world.Get<IOwnedEmissions>().Find(importer, OwnedDocument.Certificate, DemoOverseas.Certificate, new(2026, 4, 22), default);
            Assert.Equal(("IN", "reasonable", 1.72m, DemoOverseas.NetKg), owned.Ok ? (owned.Value.Country, owned.Value.Verification, owned.Value.DirectTco2ePerT, owned.Value.NetKg) : default);
        }
        Assert.Equal((1L, 2L, 3L, 2L, 1L), (await s.Value<long>("select count(*) from passport.grievance", default), await s.Value<long>("select count(*) from passport.group_membership where state = 1", default), await s.Value<long>("select count(*) from passport.lot", default),
            await s.Value<long>("select count(distinct lot_id) from passport.lot_bundle where open", default), await s.Value<long>("select count(*) from passport.pledge where warrant_id is null", default)));
        var states = await s.All("select state, count(*) from passport.warrant group by state order by state", r => ((WarrantState)r.GetInt16(0), r.GetInt64(1)), default);
        output.WriteLine(string.Join(", ", states));
        Assert.Equal(0, await s.Value<long>("select count(*) from storage.book_command where state <> 'Finished'", default));
        // Every live warrant's fence says what the Book says.
        var titles = world.Get<Access.TitleReader>();
        foreach (var (asset, serial, owner) in await s.All("select f.asset, f.serial, f.owner_organisation from passport.title_fence f where f.serial is not null", r => (r.GetInt32(0), r.GetInt64(1), r.MaybeGuid(2)), default))
            Assert.Equal(titles.Owner(asset, serial), owner);
    }

    sealed class Reports(Action<(string Step, int Done, int Total)> report) : IProgress<(string Step, int Done, int Total)>
    {
        public void Report((string Step, int Done, int Total) value) => report(value);
    }
}
