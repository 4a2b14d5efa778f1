using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>Messages to programs: signed, to public addresses only, tried again, kept in a log and given up in the end.</summary>
public sealed class WebhookTests
{
    static readonly Guid Auriga = new("0190a000-0000-7000-8000-000000000003"), Borealis = new("0190a000-0000-7000-8000-000000000004");

    static Actor Administrator(Guid organisation) => new(Guid.NewGuid(), "Admin", organisation, new HashSet<string> { Role.Administrator });

    static Webhooks Of(ServerUnderTest own) => own.Server.Services.GetRequiredService<Webhooks>();

    static async Task<NewWebhook> Registered(ServerUnderTest own, Receiver receiver, Actor actor) => (await Of(own).Register(actor, receiver.Url, ["transfer.accepted", "task.waiting"], default)).Value;

    static async Task Tell(ServerUnderTest own, Guid organisation, string kind = "transfer.accepted")
    {
        await using (var s = own.Server.Services.GetRequiredService<IDbSessions>().Open(Actor.System))
            await s.Notify(new Notice(kind, new NoticeTo(Organisation: organisation, Roles: [Role.OwnerTrader]), "passport.notice.transfer-accepted", new Dictionary<string, string> { ["number"] = "W-7" }, "/transfers/1", "transfer", "1"));
        await NoticeTests.Delivered(own);
    }

    /// <summary>Sends what is due, and waits for what the server's own sender has taken up, also where it is just about to.</summary>
    static async Task Sent(ServerUnderTest own)
    {
        var now = own.Clock.GetCurrentInstant();
        do await own.Server.Services.GetRequiredService<WebhookSender>().SendDue(default);
        while (await own.Value<long>($"select count(*) from server.webhook_delivery d join server.webhook w on w.id = d.webhook_id where d.state = 'sending' or (d.state = 'waiting' and d.due_at <= '{now}' and w.state = 'active' and w.removed_at is null)") > 0);
    }

    [Fact]
    public async Task A_message_arrives_signed_and_only_at_the_organisation_it_concerns_and_the_kinds_asked_for()
    {
        await using var own = await ServerUnderTest.Start();
        await using Receiver ours = await Receiver.Start(), theirs = await Receiver.Start();
        var made = await Registered(own, ours, Administrator(Auriga));
        await Registered(own, theirs, Administrator(Borealis));
        await Tell(own, Auriga);
        await Tell(own, Auriga, "transfer.ended");
        await Sent(own);
        Assert.Empty(theirs.Got);
        var message = Assert.Single(ours.Got);
        var id = message.Headers["webhook-id"];
        var timestamp = message.Headers["webhook-timestamp"];
        // Counted anew here, by the words of the specification.
        using var hmac = new System.Security.Cryptography.HMACSHA256(Convert.FromBase64String(made.Secret["whsec_".Length..]));
        Assert.Equal("v1," + Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes($"{id}.{timestamp}.{message.Body}"))), message.Headers["webhook-signature"]);
        var body = JsonDocument.Parse(message.Body).RootElement;
        Assert.Equal("transfer.accepted", body.GetProperty("type").GetString());
        Assert.Equal(Auriga, body.GetProperty("data").GetProperty("organisationId").GetGuid());
        Assert.Contains("W-7", body.GetProperty("data").GetProperty("textZh").GetString());
        Assert.DoesNotContain(made.Secret, await own.Value<string>("select secret_sealed from server.webhook limit 1"));
    }

    /// <summary>The example of the specification's own text.</summary>
    [Fact]
    public void The_signature_is_that_of_the_specifications_example() =>
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            WebhookClient.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}"));

    [Fact]
    public async Task What_is_not_taken_comes_again_under_the_same_id_until_it_is_and_the_log_keeps_every_try()
    {
        await using var own = await ServerUnderTest.Start();
        await using var receiver = await Receiver.Start();
        receiver.Answers.Enqueue((503, "later"));
        receiver.Answers.Enqueue((301, "elsewhere"));
        var actor = Administrator(Auriga);
        var made = await Registered(own, receiver, actor);
        await Tell(own, Auriga);
        await Sent(own);
        Assert.Equal("waiting", await own.Value<string>("select state from server.webhook_delivery"));
        Assert.NotNull((await Of(own).Find(actor, made.Id, default)).Value.FailingSince);
        for (var i = 0; i < 2; i++)
        {
            own.Clock.Turn(WebhookSender.Pauses[i] + Duration.FromSeconds(1));
            await Sent(own);
        }
        Assert.Equal(3, receiver.Got.Count);
        Assert.Single(receiver.Got.Select(g => g.Headers["webhook-id"]).Distinct());
        var id = await own.Value<Guid>("select id from server.webhook_delivery");
        var (delivery, attempts) = (await Of(own).Delivery(actor, id, default)).Value;
        Assert.Equal("delivered", delivery.State);
        Assert.Equal([503, 301, 200], attempts.Select(a => a.Status!.Value));
        Assert.Equal("later", attempts[0].Response);
        Assert.Null((await Of(own).Find(actor, made.Id, default)).Value.FailingSince);

        var again = (await Of(own).Replay(actor, id, default)).Value;
        await Sent(own);
        Assert.Equal(receiver.Got.First().Headers["webhook-id"], receiver.Got.Last().Headers["webhook-id"]);
        Assert.NotEqual(id, again.Id);
    }

    [Fact]
    public async Task An_address_that_takes_nothing_for_days_is_disabled_its_administrators_told_and_enabled_by_hand()
    {
        await using var own = await ServerUnderTest.Start();
        await using var receiver = await Receiver.Start();
        receiver.Always = 500;
        var actor = Administrator(Auriga);
        var made = await Registered(own, receiver, actor);
        await Tell(own, Auriga);
        foreach (var pause in WebhookSender.Pauses.Prepend(Duration.Zero))
        {
            own.Clock.Turn(pause + Duration.FromSeconds(1));
            await Sent(own);
        }
        Assert.Equal("failed", await own.Value<string>("select state from server.webhook_delivery"));
        Assert.Equal("active", (await Of(own).Find(actor, made.Id, default)).Value.State);
        own.Clock.Turn(WebhookSender.Patience);
        await Tell(own, Auriga);
        await Sent(own);
        Assert.Equal("disabled", (await Of(own).Find(actor, made.Id, default)).Value.State);
        await NoticeTests.Delivered(own);
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.notice where kind = 'webhook.disabled'"));

        receiver.Always = 200;
        Assert.True((await Of(own).Enable(actor, made.Id, default)).Ok);
        own.Clock.Turn(Duration.FromMinutes(1));
        await Sent(own);
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.webhook_delivery where state = 'delivered'"));
    }

    [Fact]
    public async Task An_answer_of_gone_disables_at_once()
    {
        await using var own = await ServerUnderTest.Start();
        await using var receiver = await Receiver.Start();
        receiver.Always = 410;
        var actor = Administrator(Auriga);
        var made = await Registered(own, receiver, actor);
        await Tell(own, Auriga);
        await Sent(own);
        Assert.Equal("disabled", (await Of(own).Find(actor, made.Id, default)).Value.State);
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("2002:a00:1::", false)]
    [InlineData("2001:db8::1", false)]
    public void Only_addresses_of_the_public_internet_are_public(string address, bool expected) => Assert.Equal(expected, PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("http://erp.example/hook", "webhook.not-https")]
    [InlineData("https://10.0.0.7/hook", "webhook.address-private")]
    [InlineData("https://[::1]/hook", "webhook.address-private")]
    [InlineData("https://localhost/hook", "webhook.address-private")]
    [InlineData("https://2130706433/hook", "webhook.address-private")]
    [InlineData("https://user:secret@erp.example/", "webhook.url-invalid")]
    [InlineData("ftp://erp.example/", "webhook.url-invalid")]
    [InlineData("erp.example", "webhook.url-invalid")]
    [InlineData("https://erp.example/hook", null)]
    public void An_address_that_must_not_be_reached_is_refused_when_it_is_registered(string url, string? code)
    {
        using var client = new WebhookClient(new ServerOptions { Demo = false });
        Assert.Equal(code, client.Check(url)?.Code);
    }

    [Fact]
    public async Task A_name_that_leads_to_the_loopback_is_found_out_when_it_is_resolved()
    {
        await using var receiver = await Receiver.Start();
        using var client = new WebhookClient(new ServerOptions { Demo = false });
        var answer = await client.Post(receiver.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal), WebhookClient.NewSecret(), Guid.NewGuid(), "{}", Instant.FromUnixTimeSeconds(0), default);
        Assert.Equal("address", answer.Fault);
        Assert.Empty(receiver.Got);
    }

    [Fact]
    public async Task Nobody_sees_or_stops_the_webhook_of_another_organisation_and_a_machine_registers_none()
    {
        await using var own = await ServerUnderTest.Start();
        await using var receiver = await Receiver.Start();
        var made = await Registered(own, receiver, Administrator(Auriga));
        await Tell(own, Auriga);
        var delivery = await own.Value<Guid>("select id from server.webhook_delivery");
        var stranger = Administrator(Borealis);
        Assert.Empty((await Of(own).List(stranger, default)).Value);
        foreach (var refused in new[] { (await Of(own).Find(stranger, made.Id, default)).Ok, (await Of(own).Remove(stranger, made.Id, default)).Ok, (await Of(own).Enable(stranger, made.Id, default)).Ok, (await Of(own).Test(stranger, made.Id, default)).Ok, (await Of(own).Delivery(stranger, delivery, default)).Ok, (await Of(own).Replay(stranger, delivery, default)).Ok })
            Assert.False(refused);
        var machine = new Actor(Guid.NewGuid(), "erp", Auriga, new HashSet<string> { Role.OwnerTrader }, IsMachine: true);
        Assert.Single((await Of(own).List(machine, default)).Value);
        Assert.False((await Of(own).Register(machine, receiver.Url, ["task.waiting"], default)).Ok);
        Assert.False((await Of(own).List(machine with { IsMachine = false }, default)).Ok);
    }

    [Fact]
    public async Task Pages_lead_from_registering_to_the_log_and_the_secret_is_shown_once()
    {
        await using var own = await ServerUnderTest.Start();
        await using var receiver = await Receiver.Start();
        using var browser = await own.SignedIn("owner.approver@demo");
        using (var wrong = await browser.Post("/webhooks/new?lang=en", "webhook", ("Input.Url", "http://erp.example/"))) Assert.Contains("https addresses only", await wrong.Content.ReadAsStringAsync());
        using var made = await browser.Post("/webhooks/new", "webhook", ("Input.Url", receiver.Url), ("Input.Kinds", "transfer.accepted"));
        Assert.Contains("whsec_", await made.Content.ReadAsStringAsync());
        var id = await own.Value<Guid>("select id from server.webhook");
        (await browser.Post($"/webhooks/{id}", "test")).Dispose();
        await Sent(own);
        foreach (var page in new[] { "/webhooks", $"/webhooks/{id}", $"/webhooks/deliveries/{await own.Value<Guid>("select id from server.webhook_delivery")}" })
            foreach (var language in new[] { "en", "zh" })
            {
                var text = await browser.Text($"{page}?lang={language}");
                Assert.DoesNotContain("whsec_", text);
                Assert.DoesNotContain("⟦", text);
            }
        Assert.Single(receiver.Got);
        using var removed = await browser.Post($"/webhooks/{id}", "remove");
        Assert.Equal(HttpStatusCode.NotFound, (await browser.Get($"/webhooks/{id}")).StatusCode);
    }

    /// <summary>A program of somebody's that takes messages on the loopback, or says it does not.</summary>
    sealed class Receiver : IAsyncDisposable
    {
        readonly WebApplication app;

        Receiver(WebApplication app) => this.app = app;

        public ConcurrentQueue<(IReadOnlyDictionary<string, string> Headers, string Body)> Got { get; } = new();
        public ConcurrentQueue<(int Status, string Text)> Answers { get; } = new();
        public int Always { get; set; } = 200;
        public string Url { get; private set; } = "";

        public static async Task<Receiver> Start()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var made = new Receiver(builder.Build());
            made.app.MapPost("/hook", async context =>
            {
                using var reader = new StreamReader(context.Request.Body);
                made.Got.Enqueue((context.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), await reader.ReadToEndAsync()));
                var (status, text) = made.Answers.TryDequeue(out var next) ? next : (made.Always, "taken");
                context.Response.StatusCode = status;
                if (status == 301) context.Response.Headers.Location = "/other";
                await context.Response.WriteAsync(text);
            });
            await made.app.StartAsync();
            made.Url = made.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/hook";
            return made;
        }

        public async ValueTask DisposeAsync() => await app.DisposeAsync();
    }
}
