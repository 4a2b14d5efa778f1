using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Certificates.Paper;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Register;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class PaperTests
{
    static CertificateContent Paper(string mark = "P") => World.Good(mark) with { SourceRef = null };
    static readonly PaperReading Reading = new(["HP2", "HP1"], 25_060m, 25_000m);

    [Fact]
    public void Two_readings_agree_just_when_weights_and_the_set_of_heats_do()
    {
        var heats = Gen.Choose(1, 4).SelectMany(n => Gen.Elements("A1", "A2", "B1", "B2").ArrayOf(n));
        var kilograms = Gen.Elements(1000m, 1000.0m, 1000.001m, 999.999m);
        var cases = from a in heats from b in heats from n1 in kilograms from n2 in kilograms from g1 in kilograms from g2 in kilograms select (a, b, n1, n2, g1, g2);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var found = PaperRules.Differences(new CertificateContent { HeatNumbers = c.a, NetKg = c.n1, GrossKg = c.g1 }, new(c.b, c.g2, c.n2));
            var fields = new List<string>();
            if (!c.a.Distinct().Order().SequenceEqual(c.b.Distinct().Order())) fields.Add("heatNumbers");
            if (c.n1 != c.n2) fields.Add("netKg");
            if (c.g1 != c.g2) fields.Add("grossKg");
            return found.Select(d => d.Field).SequenceEqual(fields) && found.All(d => d.First != d.Second || d.Field == "heatNumbers");
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("a.pdf", 3, null)]
    [InlineData("a.PNG", null, null)]
    [InlineData("a.jpeg", 1, null)]
    [InlineData("a.pdf", null, "paper.pages-out-of-range")]
    [InlineData("a.pdf", 501, "paper.pages-out-of-range")]
    [InlineData("a.jpg", 2, "paper.image-is-one-page")]
    [InlineData("a.xlsx", 1, "paper.kind-not-allowed")]
    public void A_scan_is_a_pdf_with_its_pages_counted_or_an_image(string name, int? pages, string? code)
    {
        var answer = PaperRules.CheckScan(name, pages);
        Assert.Equal(code, answer.Ok ? null : answer.Refusals[0].Code);
        if (answer.Ok) Assert.Equal(pages ?? 1, answer.Value);
    }

    [Fact]
    public async Task A_paper_goes_from_scan_to_a_certificate_by_two_people_and_is_attested_by_their_organisation_and_no_producer()
    {
        await using var world = await World.Make();
        var handlers = world.Get<PaperHandlers>();
        var paper = await Uploaded(world, world.Operator);
        Assert.Equal((PaperState.Uploaded, IssuerKind.WarehouseScan, 2), (paper.State, paper.IssuerKind, paper.Scan.Pages));
        await world.Do(world.Operator, s => handlers.Type(s, paper.Id, Paper(), ["netKg"], default));
        // Blind: neither the second person nor the exchange sees what was typed, and no producer sees the paper at all.
        foreach (var other in new[] { world.Issuer, world.Staff })
        {
            var seen = await world.Do(other, s => handlers.Read(s, paper.Id, default));
            Assert.Null(seen.Content);
            Assert.Empty(seen.TypedDoubtful);
            Assert.All((await world.Do(other, s => handlers.List(s, new(), default))).Items, p => Assert.Null(p.Content));
            Assert.DoesNotContain("25000", await world.Client(other).GetStringAsync($"/api/v1/paper-certificates/{paper.Id}"), StringComparison.Ordinal);
        }
        Assert.Equal("access.not-visible", Code(await world.Try(world.Editor, s => handlers.Read(s, paper.Id, default))));
        Assert.Equal("paper.state-forbids", Code(await world.Try(world.Issuer, s => handlers.Publish(s, paper.Id, default))));
        var differs = await world.Do(world.Issuer, s => handlers.Check(s, paper.Id, Reading with { NetKg = 25_100m, GrossKg = 25_160m }, ["heatNumbers"], default));
        Assert.Equal(PaperState.Differs, differs.State);
        Assert.Equal([new("netKg", "25000", "25100"), new("grossKg", "25060", "25160")], differs.Differences);
        Assert.Equal("paper.state-forbids", Code(await world.Try(world.Issuer, s => handlers.Publish(s, paper.Id, default))));
        // Both see the differences now; each corrects his own.
        Assert.Equal(2, (await world.Do(world.Operator, s => handlers.Read(s, paper.Id, default))).Differences.Count);
        var third = World.Person("third", world.Warehouse, Role.WarehouseOperator);
        Assert.Equal("paper.typed-by-another", Code(await world.Try(third, s => handlers.Check(s, paper.Id, Reading, [], default))));
        Assert.Equal("paper.typed-by-another", Code(await world.Try(third, s => handlers.Type(s, paper.Id, Paper(), [], default))));
        var confirmed = await world.Do(world.Issuer, s => handlers.Check(s, paper.Id, Reading, [], default));
        Assert.Equal(PaperState.Confirmed, confirmed.State);
        Assert.Equal("access.role-needed", Code(await world.Try(third, s => handlers.Publish(s, paper.Id, default))));
        var published = await world.Do(world.Issuer, s => handlers.Publish(s, paper.Id, default));
        Assert.Equal(["netKg"], published.Doubtful);

        var row = (await world.Do(world.Staff, s => world.Get<CertificateHandlers>().Read(s, published.CertificateId!.Value, default))).Row;
        Assert.Equal((CertificateState.Published, (string?)null, (Guid?)world.Warehouse, IssuerKind.WarehouseScan), (row.State, row.Kid, row.AttestedBy, row.Certificate.Content.IssuerKind));
        Assert.Equal(new SourceDocument(paper.Scan.Sha256, "application/pdf", 2), row.Certificate.Content.SourceDoc);
        var signature = await world.Do(world.Staff, s => world.Get<CertificateHandlers>().Signature(s, row.Certificate.Id, default));
        Assert.Equal(("attested", world.Warehouse), (signature.State, signature.AttestedBy!.Value));
        Assert.DoesNotContain(signature.Kid, (await world.Do(Actor.System, async s => (Answer<List<PlantKey>>)await world.Get<PlantKeys>().OfPlant(s, world.Plant, default))).Select(k => k.Kid));
        using var key = signature.PublicKey!.Key();
        Assert.True(Jws.Verify(key!, signature.Jws!, CertificateJson.Bytes(row.Certificate)));

        // Everybody may check it, and is told that it comes from paper.
        var check = await world.Do(Actor.Public, s => world.Get<CheckHandlers>().Find(s, published.CertificateNumber!, default));
        Assert.Equal((true, "attested", world.Warehouse, 2), (check.Valid, check.Signature, check.FromPaper!.AttestedBy, check.FromPaper.Pages));
        var page = await world.Client(null).GetStringAsync($"/check?number={published.CertificateNumber}");
        Assert.Contains("From paper", page, StringComparison.Ordinal);
        Assert.Contains("not the producer", page, StringComparison.Ordinal);
        Assert.DoesNotContain("certificate is good", page, StringComparison.OrdinalIgnoreCase);
        // The producer sees the certificate made of its metal, with the scan; a stranger sees neither.
        Assert.Equal(HttpStatusCode.OK, (await world.Client(world.Editor).GetAsync($"/api/v1/certificates/{row.Certificate.Id}/scan")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Client(world.Owner(0)).GetAsync($"/api/v1/certificates/{row.Certificate.Id}/scan")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await world.Client(world.Editor).GetAsync($"/api/v1/paper-certificates/{paper.Id}/scan")).StatusCode);
    }

    [Fact]
    public async Task One_person_cannot_do_both_nor_publish_what_he_typed_and_the_database_says_so_too()
    {
        await using var world = await World.Make();
        var handlers = world.Get<PaperHandlers>();
        var both = World.Person("both", world.Warehouse, Role.WarehouseOperator, Role.WarehouseApprover);
        var paper = await Uploaded(world, both);
        Assert.Equal("paper.state-forbids", Code(await world.Try(world.Issuer, s => handlers.Check(s, paper.Id, Reading, [], default))));
        await world.Do(both, s => handlers.Type(s, paper.Id, Paper(), [], default));
        Assert.Equal("paper.same-person", Code(await world.Try(both, s => handlers.Check(s, paper.Id, Reading, [], default))));
        await world.Do(world.Operator, s => handlers.Check(s, paper.Id, Reading, [], default));
        Assert.Equal("paper.publisher-typed-it", Code(await world.Try(both, s => handlers.Publish(s, paper.Id, default))));
        await using var system = world.As(Actor.System);
        Assert.Equal("paper_certificate_two_people", await Breaks("update passport.paper_certificate set checked_by = typed_by"));
        Assert.Equal("paper_certificate_agreed", await Breaks("update passport.paper_certificate set net_kg = net_kg + 1"));
        Assert.Equal("paper_certificate_agreed", await Breaks("update passport.paper_certificate set heats = array['HP1']"));
        var published = await world.Do(world.Issuer, s => handlers.Publish(s, paper.Id, default));
        Assert.Equal("paper_certificate_other_publisher", await Breaks("update passport.paper_certificate set published_by = typed_by"));
        // The certificate can never pass for one its plant signed.
        Assert.Equal("certificate_from_paper_has_no_plant_key", await Breaks("update passport.certificate set kid = (select kid from passport.plant_key limit 1), attester_kid = null, state = 12"));
        Assert.Equal("certificate_from_paper_attested", await Breaks("update passport.certificate set attester_kid = null, signature = null, state = 10"));
        Assert.Equal("certificate_attested_by_own_key", await Breaks("update passport.certificate set attester_kid = (select kid from passport.plant_key limit 1)"));
        await Assert.ThrowsAsync<PostgresException>(() => system.Run("update passport.certificate set attested_by = null", default));
        Assert.NotNull(published.CertificateId);

        async Task<string?> Breaks(string sql) => (await Assert.ThrowsAsync<PostgresException>(() => system.Run(sql, default))).ConstraintName;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_the_plant_signed_for_the_same_heats_is_a_finding_whichever_came_first(bool paperFirst)
    {
        await using var world = await World.Make();
        CertificateRow? signed = null;
        if (!paperFirst) signed = await world.Published("P");
        var paper = await Published(world);
        if (paperFirst)
        {
            Assert.Empty(await Found(world));
            signed = await world.Published("P");
        }
        var found = Assert.Single(await Found(world));
        Assert.Equal((AnomalyRules.HeatsOnPaper, paper.CertificateNumber, signed!.Certificate.Number), (found.Rule, found.Number, found.Args["other"]));
        Assert.Equal(found.Id, (await world.Do(world.Approver, s => world.Get<AnomalyHandlers>().Read(s, found.Id, default))).Id);
        // Of other heats, or of another year, there is nothing to say.
        await world.Published("Q");
        var certificates = world.Get<CertificateHandlers>();
        var earlier = await world.Do(world.Editor, s => certificates.Create(s, World.Good("P", new LocalDate(2025, 3, 2)) with { SourceRef = null }, default));
        await world.Do(world.Approver, s => certificates.Sign(s, earlier.Certificate.Id, default));
        await world.Do(world.Approver, s => certificates.Publish(s, earlier.Certificate.Id, default));
        Assert.Single(await Found(world));

        static async Task<IReadOnlyList<Anomaly>> Found(World world) => (await world.Do(world.Staff, s => world.Get<AnomalyHandlers>().List(s, new(Rule: AnomalyRules.HeatsOnPaper), default))).Items;
    }

    [Fact]
    public async Task A_revoked_key_proves_nothing_and_the_next_paper_gets_a_new_one()
    {
        await using var world = await World.Make();
        var first = await Published(world);
        var keys = await world.Do(Actor.Public, async s => (Answer<List<OrganisationKey>>)await world.Get<OrganisationKeys>().Of(s, world.Warehouse, default));
        var kid = Assert.Single(keys).Kid;
        Assert.Equal("access.other-organisation", Code(await world.Try(world.Approver, s => world.Get<OrganisationKeys>().Revoke(s, kid, "stolen", default))));
        await world.Do(world.Issuer, s => world.Get<OrganisationKeys>().Revoke(s, kid, "stolen", default));
        Assert.Equal("key.already-revoked", Code(await world.Try(world.Issuer, s => world.Get<OrganisationKeys>().Revoke(s, kid, "again", default))));
        var check = await world.Do(Actor.Public, s => world.Get<CheckHandlers>().Find(s, first.CertificateNumber!, default));
        Assert.Equal((false, "key-revoked"), (check.Valid, check.Signature));
        var second = await Published(world, "Z");
        Assert.Equal("attested", (await world.Do(Actor.Public, s => world.Get<CheckHandlers>().Find(s, second.CertificateNumber!, default))).Signature);
    }

    [Fact]
    public async Task A_paper_can_be_discarded_and_a_published_one_withdrawn_by_its_organisation_with_a_reason()
    {
        await using var world = await World.Make();
        var handlers = world.Get<PaperHandlers>();
        var paper = await Uploaded(world, world.Operator);
        Assert.Equal("paper.already-there", Code(await TryUpload(world, world.Issuer)));
        Assert.Equal("certificate.reason-missing", Code(await world.Try(world.Operator, s => handlers.Discard(s, paper.Id, " ", default))));
        await world.Do(world.Operator, s => handlers.Discard(s, paper.Id, "illegible", default));
        Assert.Equal("paper.state-forbids", Code(await world.Try(world.Operator, s => handlers.Type(s, paper.Id, Paper(), [], default))));
        var published = await Published(world);
        Assert.Equal("paper.state-forbids", Code(await world.Try(world.Issuer, s => handlers.Discard(s, published.Id, "late", default))));
        await world.Do(world.Issuer, s => handlers.Withdraw(s, published.Id, "another lot", default));
        Assert.Equal(CertificateState.Voided, (await world.Do(Actor.Public, s => world.Get<CheckHandlers>().Find(s, published.CertificateNumber!, default))).State);
        Assert.Equal("certificate.state-forbids", Code(await world.Try(world.Issuer, s => handlers.Withdraw(s, published.Id, "again", default))));
    }

    [Fact]
    public async Task Whose_paper_it_is_follows_from_the_organisation_and_nobody_else_may_name_another_issuer()
    {
        await using var world = await World.Make();
        var handlers = world.Get<PaperHandlers>();
        var lab = Guid.CreateVersion7();
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Verifier, "Assay house", null, null, "GB", lab), default));
        var sampler = World.Person("sampler", lab, Role.SamplerEditor);
        Assert.Equal(IssuerKind.Producer, (await Uploaded(world, world.Editor)).IssuerKind);
        var theirs = await Uploaded(world, sampler);
        Assert.Equal(IssuerKind.SamplerAssayer, theirs.IssuerKind);
        Assert.Equal("certificate.sampler-without-lab", Code(await world.Try(sampler, s => handlers.Type(s, theirs.Id, Paper() with { Lab = null }, [], default))));
        Assert.Equal("paper.reference-not-taken", Code(await world.Try(sampler, s => handlers.Type(s, theirs.Id, Paper() with { SourceRef = "X" }, [], default))));
        Assert.Equal("paper.field-unknown", Code(await world.Try(sampler, s => handlers.Type(s, theirs.Id, Paper(), ["colour"], default))));
        Assert.Equal("access.role-needed", Code(await TryUpload(world, world.Owner(0))));
        Assert.Equal("certificate.issuer-needs-paper", Code(await world.Try(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good() with { IssuerKind = IssuerKind.SamplerAssayer }, default))));
        // A producer types its own brands' papers, not another's.
        var other = Guid.CreateVersion7();
        await world.Do(Actor.System, s => world.Get<OrganisationHandlers>().Create(s, new NewOrganisation(OrganisationKind.Producer, "Other smelter", null, null, "NO", other), default));
        var rival = World.Person("rival", other, Role.ProducerEditor);
        var rivals = await Uploaded(world, rival);
        Assert.Equal("certificate.brand-unknown", Code(await world.Try(rival, s => handlers.Type(s, rivals.Id, Paper(), [], default))));
    }

    [Fact]
    public async Task The_api_takes_a_paper_from_upload_to_publication()
    {
        await using var world = await World.Make();
        using var one = world.Client(world.Operator);
        using var two = world.Client(world.Issuer);
        using var made = await one.PostAsync("/api/v1/paper-certificates?name=coa.pdf&pages=2", new ByteArrayContent(Pdf("api")));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var path = made.Headers.Location!.ToString();
        using var typed = await one.PutAsync(path + "/content", new StringContent(StorageJson.Write(new { content = Paper() }), Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.OK, typed.StatusCode);
        using var same = await one.PutAsJsonAsync(path + "/reading", new { heatNumbers = Reading.HeatNumbers, grossKg = Reading.GrossKg, netKg = Reading.NetKg });
        Assert.Equal(HttpStatusCode.Forbidden, same.StatusCode);
        using var read = await two.PutAsJsonAsync(path + "/reading", new { heatNumbers = Reading.HeatNumbers, grossKg = Reading.GrossKg, netKg = Reading.NetKg });
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var published = await two.PostAsync(path + "/publish", null);
        using var body = JsonDocument.Parse(await published.Content.ReadAsStringAsync());
        Assert.Equal("Published", body.RootElement.GetProperty("state").GetString());
        Assert.Equal(Pdf("api"), await two.GetByteArrayAsync(path + "/scan"));
        using var check = JsonDocument.Parse(await world.Client(null).GetStringAsync($"/api/v1/certificates/check/{body.RootElement.GetProperty("certificateNumber").GetString()}"));
        Assert.Equal("attested", check.RootElement.GetProperty("signature").GetString());
    }

    static byte[] Pdf(string mark) => Encoding.ASCII.GetBytes($"%PDF-1.7\n{mark}\n%%EOF\n");

    static Task<Answer<PaperCertificate>> TryUpload(World world, Actor actor, string mark = "scan") =>
        world.Try(actor, s => world.Get<PaperHandlers>().Upload(s, "coa.pdf", 2, new MemoryStream(Pdf(mark)), default));

    static Task<PaperCertificate> Uploaded(World world, Actor actor, string mark = "scan") => world.Do(actor, s => world.Get<PaperHandlers>().Upload(s, "coa.pdf", 2, new MemoryStream(Pdf(mark)), default));

    static async Task<PaperCertificate> Published(World world, string mark = "P")
    {
        var handlers = world.Get<PaperHandlers>();
        var paper = await Uploaded(world, world.Operator, "published " + mark);
        var content = Paper(mark);
        await world.Do(world.Operator, s => handlers.Type(s, paper.Id, content, [], default));
        await world.Do(world.Issuer, s => handlers.Check(s, paper.Id, new(content.HeatNumbers, content.GrossKg, content.NetKg), [], default));
        return await world.Do(world.Issuer, s => handlers.Publish(s, paper.Id, default));
    }

    static string Code<T>(Answer<T> answer) => answer.Ok ? "ok" : answer.Refusals[0].Code;
}
