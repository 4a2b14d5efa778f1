using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

/// <summary>Word to people: who gets it, how, once, and in the language asked for.</summary>
public sealed class NoticeTests
{
    static readonly Guid Auriga = new("0190a000-0000-7000-8000-000000000003");

    static async Task Tell(ServerUnderTest own, NoticeTo to, string kind = "transfer.accepted", string number = "W-1")
    {
        var sessions = own.Server.Services.GetRequiredService<IDbSessions>();
        await using (var s = sessions.Open(Actor.System))
            await s.Notify(new Notice(kind, to, "passport.notice.transfer-accepted", new Dictionary<string, string> { ["number"] = number }, "/transfers", "transfer", number));
        await Delivered(own);
    }

    /// <summary>Dispatches, and waits for what the server's own listener has taken up.</summary>
    internal static async Task Delivered(ServerUnderTest own)
    {
        do await own.Server.Services.GetRequiredService<OutboxDispatcher>().Dispatch(default);
        while (await own.Value<long>("select count(*) from storage.outbox_event where done_at is null") > 0);
    }

    /// <summary>Sends what is due, waits for what the server's own sender has taken up or is about to, and answers the newest letter in the folder among those of a condition.</summary>
    internal static async Task<string> MailOf(ServerUnderTest own, string which = "")
    {
        var now = own.Clock.GetCurrentInstant();
        do await own.Server.Services.GetRequiredService<MailSender>().SendDue(default);
        while (await own.Value<long>($"select count(*) from server.mail where state = 'sending' or (state = 'waiting' and due_at <= '{now}')") > 0);
        var newest = await own.Value<Guid>($"select coalesce((select id from server.mail {which} order by id desc limit 1), gen_random_uuid())");
        var file = Path.Combine(own.MailFolder, $"{newest}.eml");
        return File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
    }

    [Fact]
    public async Task A_notice_reaches_those_who_hold_the_role_in_the_organisation_and_nobody_else()
    {
        await using var own = await ServerUnderTest.Start();
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]));
        using var trader = await own.SignedIn("owner@demo");
        var page = await trader.Text("/notifications?lang=en");
        Assert.Contains("Your transfer was accepted", page);
        Assert.Contains("Notifications, 1 unread", page);
        foreach (var other in new[] { "owner.approver@demo", "buyer@demo", "exchange@demo" })
        {
            using var browser = await own.SignedIn(other);
            Assert.DoesNotContain("Your transfer was accepted", await browser.Text("/notifications?lang=en"));
        }
    }

    [Fact]
    public async Task Following_a_notice_marks_it_as_read_and_leads_to_its_subject_for_its_owner_only()
    {
        await using var own = await ServerUnderTest.Start();
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]));
        var id = await own.Value<Guid>("select id from server.notice");
        using (var stranger = await own.SignedIn("buyer@demo")) Assert.Equal(HttpStatusCode.NotFound, (await stranger.Get($"/notifications/{id}")).StatusCode);
        using var trader = await own.SignedIn("owner@demo");
        using var followed = await trader.Get($"/notifications/{id}");
        Assert.Equal("/transfers", followed.Headers.Location!.ToString());
        Assert.DoesNotContain("unread\"", (await trader.Text("/?lang=en")).Replace("Notifications, ", "", StringComparison.Ordinal));
        Assert.True(await own.Value<bool>("select read_at is not null from server.notice"));
    }

    [Fact]
    public async Task Each_chooses_by_kind_between_site_mail_and_nothing_and_in_which_language()
    {
        await using var own = await ServerUnderTest.Start();
        using var trader = await own.SignedIn("owner@demo");
        (await trader.Post("/notifications/settings", "settings", ("Input.Language", "zh"), ("Input.Mailed", "transfer.accepted"))).Dispose();
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]));
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.notice"));
        var body = await own.Value<string>("select body from server.mail");
        Assert.Contains("您的转让已被接受", body);
        Assert.DoesNotContain("Your transfer", body);
        Assert.Contains(own.Address.ToString().TrimEnd('/') + "/transfers", body);
        (await trader.Post("/notifications/settings", "settings", ("Input.Language", "both"))).Dispose();
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]), number: "W-2");
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.mail"));
    }

    [Fact]
    public async Task A_letter_goes_into_the_folder_once_with_its_message_id_however_often_it_is_sent()
    {
        await using var own = await ServerUnderTest.Start();
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]));
        var letter = await MailOf(own);
        var id = await own.Value<Guid>("select id from server.mail");
        Assert.Contains($"<{id}@localhost>", letter);
        Assert.Contains("owner@demo", letter);
        Assert.Equal("sent", await own.Value<string>("select state from server.mail"));
        await MailOf(own);
        // Delivered again, as after a crash between the mark and the next event: the database knows it went.
        await own.Sql("update storage.outbox_event set done_at = null, next_attempt_at = null; delete from storage.outbox_delivery");
        await Delivered(own);
        await MailOf(own);
        Assert.Single(Directory.EnumerateFiles(own.MailFolder));
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.notice"));
    }

    [Fact]
    public async Task A_letter_nobody_knows_the_fate_of_is_never_sent_again()
    {
        await using var own = await ServerUnderTest.Start();
        await own.Sql("insert into server.mail (id, person_id, address, subject, body, state, attempts, created_at, due_at, claimed_at) select gen_random_uuid(), id, sign_in_name, 's', 'b', 'sending', 1, now(), now(), now() from server.person where sign_in_name = 'owner@demo'");
        own.Clock.Turn(Duration.FromMinutes(11));
        await own.Server.Services.GetRequiredService<MailSender>().SendDue(default);
        Assert.Equal("unknown", await own.Value<string>("select state from server.mail"));
        own.Clock.Turn(Duration.FromDays(1));
        await own.Server.Services.GetRequiredService<MailSender>().SendDue(default);
        Assert.False(Directory.Exists(own.MailFolder) && Directory.EnumerateFiles(own.MailFolder).Any());
    }

    [Fact]
    public async Task A_mail_server_that_refuses_at_first_gets_the_letter_later()
    {
        await using var smtp = new SmallMailServer(refusals: 1);
        await using var own = await ServerUnderTest.Start(mail: new MailOptions("post@verdigris.example") { Host = "127.0.0.1", Port = smtp.Port, Tls = false });
        await Tell(own, new NoticeTo(Organisation: Auriga, Roles: [Role.OwnerTrader]));
        await MailOf(own);
        Assert.Equal("waiting", await own.Value<string>("select state from server.mail"));
        Assert.NotEqual("", await own.Value<string>("select last_error from server.mail"));
        own.Clock.Turn(MailSender.Pause(1) + Duration.FromSeconds(1));
        await MailOf(own);
        Assert.Equal("sent", await own.Value<string>("select state from server.mail"));
        var letter = Assert.Single(smtp.Letters);
        Assert.Contains("RCPT TO:<owner@demo>", letter, StringComparison.OrdinalIgnoreCase);
        Assert.Contains($"<{await own.Value<Guid>("select id from server.mail")}@verdigris.example>", letter);
    }

    [Fact]
    public void Pauses_between_tries_double_and_end_at_six_hours()
    {
        var pauses = Enumerable.Range(1, 60).Select(MailSender.Pause).ToList();
        Assert.Equal(Duration.FromMinutes(1), pauses[0]);
        Assert.Equal(Duration.FromHours(6), pauses[^1]);
        Assert.All(pauses.Zip(pauses.Skip(1)), p => Assert.True(p.Second == Duration.Min(p.First * 2, Duration.FromHours(6))));
    }

    [Fact]
    public async Task A_task_is_told_to_those_who_may_decide_and_its_decision_to_who_proposed_it()
    {
        await using var own = await ServerUnderTest.Start();
        using var administrator = await own.SignedIn("owner.approver@demo");
        var person = await own.Value<Guid>("select id from server.person where sign_in_name = 'owner@demo'");
        (await administrator.Post($"/people/{person}", "roles", ("Input.Roles", "owner.trader"), ("Input.Roles", "administrator"), ("Input.Reason", "Cover"))).Dispose();
        await Delivered(own);
        using var exchange = await own.SignedIn("exchange@demo");
        Assert.Contains("Something waits for your decision", await exchange.Text("/notifications?lang=en"));
        Assert.DoesNotContain("Something waits for your decision", await administrator.Text("/notifications?lang=en"));
        var task = await own.Value<Guid>("select id from storage.approval_task");
        (await exchange.Post($"/tasks/{task}", "decide", ("Input.Decision", "reject"), ("Input.Reason", "Not yet"))).Dispose();
        await Delivered(own);
        Assert.Contains("Your proposal was rejected", await administrator.Text("/notifications?lang=en"));
    }

    [Theory]
    [InlineData("smtp://user%40x@mail.example:25", null, "mail.example", 25, "user@x", "verdigris@mail.example")]
    [InlineData("smtp://mail.example", "post@x.example", "mail.example", 587, null, "post@x.example")]
    public void The_environment_says_where_mail_goes(string smtp, string? from, string host, int port, string? user, string sender)
    {
        var read = MailOptions.FromEnvironment(name => name switch { "VERDIGRIS_SMTP" => smtp, "VERDIGRIS_MAIL_FROM" => from, _ => null })!;
        Assert.Equal((host, port, user, sender, true), (read.Host, read.Port, read.User, read.From, read.Tls));
    }

    [Theory]
    [InlineData("mail.example", null)]
    [InlineData("http://mail.example", null)]
    [InlineData("smtp://mail.example", "nobody")]
    public void What_the_environment_says_and_cannot_be_read_stops_the_start(string smtp, string? from) =>
        Assert.Equal("server.mail-invalid", Assert.Throws<StorageProblem>(() => MailOptions.FromEnvironment(name => name == "VERDIGRIS_SMTP" ? smtp : name == "VERDIGRIS_MAIL_FROM" ? from : null)).Code);
}

/// <summary>As much of RFC 5321 as a client needs to be rid of a letter; the first connections can be turned away.</summary>
sealed class SmallMailServer : IAsyncDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource stop = new();
    readonly Task running;
    int refusals;

    public SmallMailServer(int refusals = 0)
    {
        this.refusals = refusals;
        listener.Start();
        running = Task.Run(Serve);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Everything said by the clients whose letters were taken, envelope and content.</summary>
    public List<string> Letters { get; } = [];

    async Task Serve()
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync(stop.Token);
                await Talk(client.GetStream());
            }
        }
        catch (OperationCanceledException) { }
    }

    async Task Talk(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        await using var writer = new StreamWriter(stream, new UTF8Encoding(false)) { NewLine = "\r\n", AutoFlush = true };
        if (Interlocked.Decrement(ref refusals) >= 0)
        {
            await writer.WriteLineAsync("421 busy");
            return;
        }
        await writer.WriteLineAsync("220 here");
        var said = new StringBuilder();
        var data = false;
        while (await reader.ReadLineAsync(stop.Token) is { } line)
        {
            said.AppendLine(line);
            if (data)
            {
                if (line != ".") continue;
                data = false;
                lock (Letters) Letters.Add(said.ToString());
                await writer.WriteLineAsync("250 taken");
            }
            else if (line.StartsWith("DATA", StringComparison.OrdinalIgnoreCase))
            {
                data = true;
                await writer.WriteLineAsync("354 go on");
            }
            else if (line.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("221 bye");
                return;
            }
            else await writer.WriteLineAsync("250 good");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        listener.Dispose();
        stop.Dispose();
    }
}
