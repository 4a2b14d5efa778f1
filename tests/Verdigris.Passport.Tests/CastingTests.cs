using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.TestHost;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Casting;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

/// <summary>A plant without a network: a key of its own, a run of numbers and a queue folder.</summary>
sealed class Casthouse : IDisposable
{
    Casthouse(World world, ECDsa key, CastingQueue queue)
    {
        World = world;
        Key = key;
        Queue = queue;
    }

    public World World { get; }
    public ECDsa Key { get; }
    public CastingQueue Queue { get; }

    public static async Task<Casthouse> Of(World world, int numbers = 50)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await world.Do(world.Approver, s => world.Get<PlantKeys>().Rotate(s, world.Plant, PublicJwk.Of(key), default));
        var place = Directory.CreateTempSubdirectory("verdigris-queue-").FullName;
        var house = new Casthouse(world, key, CastingQueue.Open(place).Value);
        await house.TakeNumbers(numbers);
        return house;
    }

    public async Task TakeNumbers(int count) =>
        Queue.Keep(await World.Do(World.Approver, s => World.Get<CastingHandlers>().TakeNumbers(s, new NewNumbers("VALU", 2026, count), default)));

    public Answer<QueueEntry> Sign(CertificateContent content, ECDsa? key = null) => Queue.Add(content, Queue.Newest("VALU")!.Brand, key ?? Key, World.Clock.GetCurrentInstant(), Guid.CreateVersion7);

    public CastCertificate Read(QueueEntry entry) => JsonSerializer.Deserialize<CastCertificate>(Queue.Read(entry), StorageJson.Options)!;

    public Task<Answer<Arrived>> HandIn(QueueEntry entry, Actor? by = null) => World.Try(by ?? World.Approver, s => World.Get<CastingHandlers>().Accept(s, Read(entry), default));

    public Task<Answer<Arrived>> HandIn(CastCertificate given) => World.Try(World.Approver, s => World.Get<CastingHandlers>().Accept(s, given, default));

    public void Dispose()
    {
        var place = Queue.Folder;
        Queue.Dispose();
        Key.Dispose();
        Directory.Delete(place, recursive: true);
    }
}

public sealed class CastingTests
{
    static readonly Instant Taken = Instant.FromUtc(2026, 3, 1, 0, 0), Noon = Instant.FromUtc(2026, 3, 10, 12, 0);

    /// <param name="signed">Days from the numbers to the signing time; null: not said.</param>
    /// <param name="arrived">Days from the numbers to the arrival.</param>
    /// <param name="validTo">The key was replaced then.</param>
    /// <param name="revoked">The key was revoked then, as far as anybody knows on arrival.</param>
    [Theory]
    [InlineData(9, 9, null, null, null)]
    [InlineData(9, 39, null, null, null)]
    [InlineData(9, 40, null, null, "certificate.too-long-on-the-way")]
    [InlineData(null, 9, null, null, "certificate.signing-time-missing")]
    [InlineData(9, 8, null, null, "certificate.signed-in-future")]
    [InlineData(-1, 9, null, null, "certificate.signed-before-numbers")]
    [InlineData(9, 12, 10, null, null)]
    [InlineData(11, 12, 10, null, "certificate.key-not-valid-then")]
    [InlineData(9, 41, 10, null, "certificate.too-long-on-the-way")]
    [InlineData(9, 12, null, 11, "certificate.key-revoked")]
    [InlineData(9, 12, 10, 11, "certificate.key-revoked")]
    public void A_signing_time_is_believed_only_between_times_the_server_knows(int? signed, int arrived, int? validTo, int? revoked, string? code)
    {
        Instant Day(int day) => Taken + Duration.FromDays(day);
        var key = new PlantKey("k", Guid.Empty, new("EC", "P-256", "", ""), "producer", Day(-5), validTo is { } to ? Day(to) : null, revoked is { } r ? Day(r) : null, null);
        var refusal = CastingRules.Judge(key, signed is { } s ? Day(s) : null, Taken, Day(arrived), Duration.FromDays(30), Duration.FromMinutes(5));
        Assert.Equal(code, refusal?.Code);
    }

    [Fact]
    public void Whoever_takes_a_key_gets_nothing_in_after_its_revocation_and_little_after_its_replacement()
    {
        var random = new Random(314);
        for (var round = 0; round < 20_000; round++)
        {
            Instant At(int hours) => Taken + Duration.FromHours(hours);
            int from = random.Next(-100, 500), arrived = random.Next(0, 3000), signed = random.Next(-200, 3000);
            int? to = random.Next(3) == 0 ? from + random.Next(1, 2000) : null, revoked = random.Next(3) == 0 ? from + random.Next(1, 2000) : null;
            if (to > arrived) to = null;
            if (revoked > arrived) revoked = null;
            var key = new PlantKey("k", Guid.Empty, new("EC", "P-256", "", ""), "producer", At(from), to is { } t ? At(t) : null, revoked is { } r ? At(r) : null, null);
            var accepted = CastingRules.Judge(key, At(signed), Taken, At(arrived), Duration.FromDays(30), Duration.FromMinutes(5)) is null;
            if (!accepted) continue;
            Assert.Null(revoked);
            Assert.InRange(signed, Math.Max(0, from), arrived);
            if (to is { } end) Assert.True(signed < end && arrived < end + (30 * 24));
            Assert.True(arrived - signed <= 30 * 24);
            Assert.True(key.ValidAt(CastingRules.Kept(key, At(signed), At(arrived))));
        }
    }

    [Fact]
    public void The_signing_time_stands_under_the_signature()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jws = Jws.Sign(key, "k", "x"u8, Noon + Duration.FromMilliseconds(400));
        Assert.Equal((Noon, "k"), (Jws.SignedAt(jws)!.Value, Jws.KeyId(jws)));
        var parts = jws.Split('.');
        var earlier = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"alg":"ES256","iat":{{Noon.ToUnixTimeSeconds() - 86_400}},"kid":"k"}""")) + ".." + parts[2];
        Assert.Equal(Noon - Duration.FromDays(1), Jws.SignedAt(earlier)!.Value);
        Assert.False(Jws.Verify(key, earlier, "x"u8));
        Assert.Null(Jws.SignedAt(Jws.Sign(key, "k", "x"u8)));
        Assert.Null(Jws.SignedAt(Base64Url.EncodeToString("""{"alg":"ES256","iat":1e99,"kid":"k"}"""u8) + "..AAAA"));
    }

    [Fact]
    public async Task A_certificate_signed_at_casting_arrives_signed_once_and_another_approver_publishes_it()
    {
        await using var world = await World.Make();
        using var house = await Casthouse.Of(world);
        var entry = house.Sign(World.Good("A")).Value;
        Assert.Matches("^VALU-2026-[0-9]{6}-[0-9a-f]{64}[.]json$", entry.File);
        world.Clock.Advance(Duration.FromDays(3));
        var first = await house.HandIn(entry);
        Assert.True(first.Value.Made);
        var again = await house.HandIn(entry);
        Assert.False(again.Value.Made);
        Assert.Equal(first.Value.Row with { Certificate = null! }, again.Value.Row with { Certificate = null! });
        var (row, id) = (first.Value.Row, first.Value.Row.Certificate.Id);
        Assert.Equal((CertificateState.Signed, entry.Sha256, entry.Number), (row.State, row.Sha256, row.Certificate.Number));
        Assert.Equal(3, (int)Math.Round((row.ArrivedAt!.Value - row.SignedAt!.Value).TotalHours / 24));
        Assert.Equal("valid", (await world.Do(world.Approver, s => world.Get<CertificateHandlers>().Signature(s, id, default))).State);
        Assert.Equal("certificate.publisher-brought-it", (await world.Try(world.Approver, s => world.Get<CertificateHandlers>().Publish(s, id, default))).Refusals[0].Code);
        var other = World.Person("other approver", world.Smelter, Role.ProducerApprover);
        Assert.Equal(CertificateState.Published, (await world.Do(other, s => world.Get<CertificateHandlers>().Publish(s, id, default))).State);
        // The next certificate made here does not meet a number of the run.
        var here = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good("B"), default));
        Assert.Equal("VALU-2026-000051", here.Certificate.Number);
    }

    [Fact]
    public async Task A_key_replaced_on_the_way_still_proves_what_it_signed_and_a_revoked_one_does_not()
    {
        await using var world = await World.Make();
        using var house = await Casthouse.Of(world);
        var (before, late, taken) = (house.Sign(World.Good("A")).Value, house.Sign(World.Good("B")).Value, house.Sign(World.Good("C")).Value);
        world.Clock.Advance(Duration.FromDays(2));
        using var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await world.Do(world.Approver, s => world.Get<PlantKeys>().Rotate(s, world.Plant, PublicJwk.Of(next), default));
        Assert.True((await house.HandIn(before)).Ok);
        world.Clock.Advance(Duration.FromMinutes(1));
        // The old key, still in somebody's hands, after it was replaced.
        Assert.Equal("certificate.key-not-valid-then", (await house.HandIn(house.Sign(World.Good("D")).Value)).Refusals[0].Code);
        var kid = PublicJwk.Of(house.Key).Thumbprint();
        await world.Do(world.Approver, s => world.Get<PlantKeys>().Revoke(s, kid, "taken", default));
        Assert.Equal("certificate.key-revoked", (await house.HandIn(taken)).Refusals[0].Code);
        house.Queue.MarkRefused(taken, "{}");
        // Signed anew under the same number, it arrives.
        var anew = house.Sign(World.Good("C"), next).Value;
        Assert.Equal(taken, anew);
        Assert.Empty(house.Queue.AllRefused());
        Assert.True((await house.HandIn(anew)).Ok);
        world.Clock.Advance(Duration.FromDays(40));
        Assert.Equal("certificate.key-revoked", (await house.HandIn(late)).Refusals[0].Code);
        using var third = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Equal("certificate.key-none", (await house.HandIn(house.Sign(World.Good("E"), third).Value)).Refusals[0].Code);
    }

    [Fact]
    public async Task What_is_not_this_producers_own_first_version_under_a_number_given_out_is_refused_by_name()
    {
        await using var world = await World.Make();
        using var house = await Casthouse.Of(world, 2);
        var entry = house.Sign(World.Good("A")).Value;
        var good = house.Read(entry);
        CastCertificate With(Func<Certificate, Certificate> change, ECDsa? key = null, Instant? at = null)
        {
            var bytes = CertificateJson.Bytes(change(CertificateJson.Read(good.Certificate)));
            using var document = JsonDocument.Parse(bytes);
            return new(document.RootElement.Clone(), Jws.Sign(key ?? house.Key, PublicJwk.Of(house.Key).Thumbprint(), bytes, at ?? world.Clock.GetCurrentInstant()));
        }
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (CastCertificate Given, string Code, string? Field)[] cases =
        [
            (good with { Jws = "x" }, "certificate.signature-malformed", "jws"),
            (good with { Certificate = JsonSerializer.SerializeToElement(new { number = 1 }) }, "certificate.casting-unreadable", "certificate"),
            (With(c => c with { Version = 2, SupersedesId = Guid.NewGuid(), Reason = "r" }), "certificate.casting-first-version", "certificate.version"),
            (With(c => c with { Content = c.Content with { ExchangeBrandCode = "NONE" } }), "certificate.brand-unknown", "certificate.exchangeBrandCode"),
            (With(c => c with { Number = "VALU-2026-000003" }), "certificate.number-not-given-out", "certificate.number"),
            (With(c => c with { Number = "VALU-2025-000001" }), "certificate.number-not-given-out", "certificate.number"),
            (With(c => c with { Number = "OTHR-2026-000001" }), "certificate.number-not-given-out", "certificate.number"),
            (With(c => c, stranger), "certificate.signature-wrong", "jws"),
            (With(c => c, at: world.Clock.GetCurrentInstant() + Duration.FromMinutes(6)), "certificate.signed-in-future", "jws"),
            (With(c => c with { ProducerId = world.Stranger }), "certificate.casting-not-of-brand", "certificate.producerId"),
            (With(c => c with { Content = c.Content with { NetKg = 30_000m } }), "certificate.net-over-gross", "certificate.netKg"),
            (With(c => c with { Content = c.Content with { IssueDate = new(2026, 11, 25) } }), "certificate.date-in-future", "certificate.issueDate"),
        ];
        foreach (var (given, code, field) in cases)
        {
            var refusal = (await house.HandIn(given)).Refusals[0];
            Assert.Equal((code, field), (refusal.Code, refusal.Field));
        }
        Assert.Equal("access.role-needed", (await house.HandIn(entry, world.Editor)).Refusals[0].Code);
        Assert.True((await house.HandIn(entry)).Ok);
        Assert.Equal("certificate.number-taken", (await house.HandIn(With(c => c with { Id = Guid.CreateVersion7(), Content = World.Good("Z") with { PlantId = world.Plant, Metal = "AL", ContractCode = "AH" } }))).Refusals[0].Code);
        Assert.Equal("certificate.id-taken", (await house.HandIn(With(c => c with { Number = "VALU-2026-000002" }))).Refusals[0].Code);
        Assert.True(house.Sign(World.Good("F")).Ok);
        Assert.Equal("sign.no-numbers", house.Sign(World.Good("G")).Refusals[0].Code);
    }

    [Fact]
    public async Task Numbers_are_given_out_once_and_only_of_an_own_brand()
    {
        await using var world = await World.Make();
        var runs = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => world.Do(world.Approver, s => world.Get<CastingHandlers>().TakeNumbers(s, new NewNumbers("VALU", 2026, n), default))));
        Assert.Equal(Enumerable.Range(1, 36), runs.SelectMany(r => Enumerable.Range(r.First, r.Last - r.First + 1)).Order());
        foreach (var (asked, code) in new[] { (new NewNumbers("NONE", 2026, 1), "certificate.brand-unknown"), (new(null, 2026, 1), "certificate.brand-unknown"), (new("VALU", 2026, 0), "certificate.numbers-out-of-range"), (new("VALU", 2019, 1), "certificate.numbers-year") })
            Assert.Equal(code, (await world.Try(world.Approver, s => world.Get<CastingHandlers>().TakeNumbers(s, asked, default))).Refusals[0].Code);
        await world.AsOwner("update passport.certificate_counter set last = 999990");
        Assert.Equal("certificate.numbers-used-up", (await world.Try(world.Approver, s => world.Get<CastingHandlers>().TakeNumbers(s, new("VALU", 2026, 100), default))).Refusals[0].Code);
    }

    [Fact]
    public async Task Whatever_order_the_queue_is_sent_in_and_wherever_it_breaks_off_each_certificate_ends_up_exactly_once()
    {
        await using var world = await World.Make();
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 1611;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var house = await Casthouse.Of(world, 100);
        // Two of a pair hold the same heats: of each pair one is refused.
        CertificateContent[] contents = [.. Enumerable.Range(0, 30).Select(i => World.Good("P" + i)), .. Enumerable.Range(0, 4).Select(i => World.Good("P" + i) with { SourceRef = "PAIR-" + i })];
        using var network = new BadNetwork(world.Web().App.GetTestServer().CreateHandler(), random);
        using var http = new HttpClient(network) { BaseAddress = new Uri("http://localhost") };
        http.DefaultRequestHeaders.Add("X-Test-Actor", HeaderActor.Write(world.Approver));
        var sender = new CastingSender(http);
        var runs = 0;
        do
        {
            // The plant goes on signing between the runs, and signs some of it twice.
            foreach (var content in contents.OrderBy(_ => random.Next()).Take(random.Next(contents.Length))) if (!Gone(content)) Assert.True(house.Sign(content).Ok);
            network.Sound = ++runs > 60;
            if (network.Sound) foreach (var content in contents) if (!Gone(content)) Assert.True(house.Sign(content).Ok);
            var waiting = house.Queue.Waiting().OrderBy(_ => random.Next()).ToList();
            var report = await sender.Send(house.Queue, waiting, default);
            Assert.Equal(waiting.Count, report.Sent.Count + report.Refused.Count + house.Queue.Waiting().Count);
            if (report.Broken is null) Assert.Empty(house.Queue.Waiting());
        } while (!network.Sound);

        Assert.Equal(30, house.Queue.AllSent().Count);
        Assert.Equal(4, house.Queue.AllRefused().Count);
        Assert.All(house.Queue.AllRefused(), e => Assert.Equal("certificate.heat-taken", JsonDocument.Parse(house.Queue.RefusalOf(e)).RootElement.GetProperty("code").GetString()));
        await using var s = world.As(world.Approver);
        var rows = await s.All("select number || '-' || encode(document_sha256, 'hex') || '.json' from passport.certificate order by 1", r => r.GetString(0), default);
        Assert.Equal(house.Queue.AllSent().Select(e => e.File), rows);
        Assert.Equal(34, house.Queue.AllSent().Concat(house.Queue.AllRefused()).Select(e => e.Number).Distinct().Count());
        Assert.True(network.Lost > 0 && network.Strange > 0 && network.Dead > 0);

        // A refused one would be signed anew on purpose only.
        bool Gone(CertificateContent content) => house.Queue.AllRefused().Any(e => File.ReadAllText(Path.Combine(house.Queue.Folder, "refused", e.File)).Contains($"\"sourceRef\":\"{content.SourceRef}\"", StringComparison.Ordinal));
    }

    /// <summary>Fails before, after or instead of the server.</summary>
    sealed class BadNetwork(HttpMessageHandler server, Random random) : DelegatingHandler(server)
    {
        public bool Sound { get; set; }
        public int Dead { get; private set; }
        public int Lost { get; private set; }
        public int Strange { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var fate = Sound ? 9 : random.Next(10);
            if (fate == 0) { Dead++; throw new HttpRequestException("no route"); }
            if (fate == 1) { Strange++; return new(HttpStatusCode.OK) { Content = new StringContent("<html>Please pay for this network</html>") }; }
            if (fate == 2) { Strange++; return new(random.Next(2) == 0 ? HttpStatusCode.NotFound : HttpStatusCode.ServiceUnavailable) { Content = new StringContent("{\"code\":\"request.no-such-address\"}") }; }
            var answer = await base.SendAsync(request, cancellationToken);
            if (fate == 3) { Lost++; answer.Dispose(); throw new HttpRequestException("reset"); }
            return answer;
        }
    }

    [Fact]
    public void A_queue_is_held_by_one_at_a_time_and_a_file_half_written_is_no_entry()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-held-").FullName;
        try
        {
            using (var first = CastingQueue.Open(folder).Value)
            {
                Assert.Equal("sign.queue-in-use", CastingQueue.Open(folder).Refusals[0].Code);
                File.WriteAllText(Path.Combine(folder, $"VALU-2026-000001-{new string('a', 64)}.json.new"), "{");
                File.WriteAllText(Path.Combine(folder, "notes.json"), "{}");
                Assert.Empty(first.Waiting());
            }
            CastingQueue.Open(folder).Value.Dispose();
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}
