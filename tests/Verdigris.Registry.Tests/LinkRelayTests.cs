using System.Net;
using System.Text;
using Verdigris.Primitives;
using Verdigris.Registry.Links;
using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

/// <summary>The program that carries messages, between two registries whose network fails on purpose.</summary>
public sealed class LinkRelayTests
{
    static LinkRelay Between(LinkedPair pair, Wire? union = null, Wire? swiss = null) => new(End(pair.Union, pair.UnionLink, union), End(pair.Swiss, pair.SwissLink, swiss));

    static RelayEnd End(RegistryWorld w, Guid link, Wire? wire) => new(new HttpClient(new Door(w, wire ?? new Wire())) { BaseAddress = new Uri($"http://{w.Code}/") }, link);

    [Fact]
    public async Task A_transfer_and_its_answer_go_over_in_one_run_and_another_run_finds_nothing_to_do()
    {
        await using var pair = await LinkedPair.Open();
        var sent = await pair.Send(400, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        var back = await pair.Send(100, "CH-100-1-0-11");
        Assert.Equal(new(2, 2, null, null), await Between(pair).Carry(default));
        Assert.Equal((LinkTransferState.Accepted, LinkTransferState.Refused), ((await pair.Out(sent.Id)).State, (await pair.Out(back.Id)).State));
        Assert.Equal((600L, 400L), (pair.Union.Held(pair.Union.SmelterAccount), pair.Swiss.Held(pair.Swiss.TraderAccount, "EUA")));
        Assert.Equal(new(0, 0, null, null), await Between(pair).Carry(default));
    }

    [Fact]
    public async Task Whatever_the_network_loses_every_message_has_its_effect_once_and_the_tries_are_bounded()
    {
        await using var pair = await LinkedPair.Open();
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var to = await pair.Swiss.FullId(pair.Swiss.TraderAccount);
        for (var i = 0; i < 8; i++) await pair.Send(10 + i, to);
        var (union, swiss) = (new Wire(() => (Fault)random.Next(5)), new Wire(() => (Fault)random.Next(5)));
        var pauses = new List<TimeSpan>();
        RelayReport report;
        do report = await LinkRelay.Insist(() => Between(pair, union, swiss).Carry(default), 3, pause => { pauses.Add(pause); return Task.CompletedTask; });
        while (report.Broken is not null && pauses.Count < 500);
        Assert.True(report.Ended, $"seed {seed}: {report}");
        Assert.True(union.Failed + swiss.Failed > 0, $"seed {seed}: nothing failed");
        Assert.All(pauses, p => Assert.InRange(p, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)));
        Assert.Equal(Enumerable.Range(10, 8).Sum(), pair.Swiss.Held(pair.Swiss.TraderAccount, "EUA"));
        Assert.All(await pair.Union.Do(Officer, s => pair.Union.Get<LinkHandlers>().Transfers(s, pair.UnionLink, default)), t => Assert.Equal(LinkTransferState.Accepted, t.State));
        foreach (var (w, link) in new[] { (pair.Union, pair.UnionLink), (pair.Swiss, pair.SwissLink) })
            Assert.Equal((8L, 8L), await Counted(w, link));
    }

    static async Task<(long Out, long In)> Counted(RegistryWorld w, Guid link)
    {
        await using var s = w.Sessions.Open(Actor.System);
        return (await s.Value<long>("select count(*) from registry.link_message where link_id = $1 and outward", default, link), await s.Value<long>("select count(*) from registry.link_message where link_id = $1 and not outward", default, link));
    }

    [Fact]
    public async Task A_network_that_never_answers_ends_after_the_tries_with_longer_and_longer_pauses()
    {
        await using var pair = await LinkedPair.Open();
        await pair.Send(10, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        var swiss = new Wire(() => Fault.Busy);
        var pauses = new List<TimeSpan>();
        var report = await LinkRelay.Insist(() => Between(pair, null, swiss).Carry(default), 9, pause => { pauses.Add(pause); return Task.CompletedTask; });
        Assert.Equal("http://ch-ets/ 503 Service Unavailable", report.Broken);
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], pauses.Select(p => (int)p.TotalSeconds));
        Assert.Equal((0L, 0L), await Counted(pair.Swiss, pair.SwissLink));
    }

    [Fact]
    public async Task What_a_registry_refuses_is_told_with_its_code_and_not_tried_again()
    {
        await using var pair = await LinkedPair.Open();
        await pair.Send(10, await pair.Swiss.FullId(pair.Swiss.TraderAccount));
        // Somebody on the way makes more of it.
        var runs = 0;
        var report = await LinkRelay.Insist(() => { runs++; return Between(pair, new Wire { Changed = text => text.Replace("quantity\\\":10", "quantity\\\":90", StringComparison.Ordinal) }).Carry(default); }, 5, _ => Task.CompletedTask);
        Assert.Equal((1, "http://ch-ets/ 400 link.hash", (string?)null), (runs, report.Refused, report.Broken));
        Assert.Equal(new(1, 1, null, null), await Between(pair).Carry(default));
        // A link that nobody knows there.
        var lost = new LinkRelay(End(pair.Union, pair.UnionLink, null), End(pair.Swiss, pair.SwissLink, null) with { Link = Guid.NewGuid() });
        Assert.Equal("http://ch-ets/ 404 link.not-found", (await lost.Carry(default)).Refused);
    }

    [Fact]
    public async Task Two_relays_at_once_and_more_messages_than_a_page_holds_do_no_harm()
    {
        await using var pair = await LinkedPair.Open();
        const int many = 1_030;
        await using (var s = pair.Union.Sessions.Open(Actor.System))
            await s.InTransaction(async t =>
            {
                for (var i = 0; i < many; i++) await LinkLog.Say(s, pair.UnionLink, new("accepted", Guid.NewGuid()), t);
                return true;
            }, default);
        var reports = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Run(() => Between(pair).Carry(default))));
        Assert.All(reports, r => Assert.True(r.Ended, $"{r}"));
        Assert.Equal((0L, (long)many), await Counted(pair.Swiss, pair.SwissLink));
    }

    enum Fault { None, NoneEither, Unreachable, Busy, AnswerLost }

    /// <summary>What happens to a request on its way.</summary>
    sealed class Wire(Func<Fault>? next = null)
    {
        public int Failed { get; private set; }

        /// <summary>What becomes of an answer.</summary>
        public Func<string, string> Changed { get; init; } = text => text;

        public Fault Next()
        {
            var fault = next?.Invoke() ?? Fault.None;
            if (fault > Fault.NoneEither) Failed++;
            return fault;
        }
    }

    /// <summary>The two addresses of a registry that a relay knows.</summary>
    sealed class Door(RegistryWorld w, Wire wire) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            var fault = wire.Next();
            if (fault == Fault.Unreachable) throw new HttpRequestException("no route");
            if (fault == Fault.Busy) return new(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("<html>busy</html>") };
            var answer = await Answer(request, ct);
            return fault == Fault.AnswerLost ? throw new HttpRequestException("connection reset") : answer;
        }

        async Task<HttpResponseMessage> Answer(HttpRequestMessage request, CancellationToken ct)
        {
            var asked = Guid.Parse(request.RequestUri!.Segments[^2].TrimEnd('/'));
            if (request.Method == HttpMethod.Get) return Reply(await w.Try(Officer, s => w.Get<LinkHandlers>().Messages(s, asked, long.Parse(request.RequestUri.Query["?after=".Length..], System.Globalization.CultureInfo.InvariantCulture), ct)));
            var delivery = StorageJson.Read<LinkDelivery>(await request.Content!.ReadAsStringAsync(ct));
            Assert.InRange(delivery.Messages.Count, 0, LinkRelay.DeliverySize);
            return Reply(await w.Try(Officer, s => w.Get<LinkHandlers>().Receive(s, asked, delivery, ct)));
        }

        HttpResponseMessage Reply<T>(Answer<T> answer) => answer.Ok
            ? new(HttpStatusCode.OK) { Content = new StringContent(wire.Changed(StorageJson.Write(answer.Value)), Encoding.UTF8, "application/json") }
            : new((HttpStatusCode)(answer.Refusals[0].Kind switch { RefusalKind.NotFound => 404, RefusalKind.Forbidden => 403, RefusalKind.Conflict => 409, _ => 400 })) { Content = new StringContent($"{{\"code\":\"{answer.Refusals[0].Code}\"}}") };
    }
}
