using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;
using Verdigris.Web;

namespace Verdigris.Server.Tests;

public sealed class IdempotencyTests
{
    sealed class Somebody : ICurrentActor
    {
        public Actor Actor { get; } = new(new Guid("0190a000-0000-7000-8000-0000000000aa"), "Somebody", Guid.Empty, new HashSet<string>());
    }

    /// <summary>A counter behind the middleware: what it counts is how often the work was really done.</summary>
    sealed class Counter : IAsyncDisposable
    {
        readonly TestDatabase database;
        readonly WebApplication app;
        int done;

        Counter(TestDatabase database, WebApplication app) => (this.database, this.app) = (database, app);

        public int Done => done;
        public HttpClient Http { get; private set; } = null!;
        public TaskCompletionSource Gate { get; } = new();

        public static async Task<Counter> Start()
        {
            var database = await TestCluster.NewDatabase(("server", typeof(ServerHost).Assembly));
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseTestServer();
            builder.Services.AddSingleton<IClock>(SystemClock.Instance).AddSingleton(database.Database).AddSingleton<IDbSessions, DbSessions>().AddSingleton<Idempotency>()
                .AddScoped<ICurrentActor, Somebody>().AddStrings(typeof(ServerHost).Assembly);
            var counter = new Counter(database, builder.Build());
            Idempotency.Use(counter.app);
            counter.app.MapPost("/api/count", () => Results.Json(new { count = Interlocked.Increment(ref counter.done) }, statusCode: 201));
            counter.app.MapPost("/api/key", () => Results.Json(new { key = $"secret {Interlocked.Increment(ref counter.done)}" })).WithMetadata(ShownOnce.Here);
            counter.app.MapPost("/api/bid", () => Results.Json(new { place = Interlocked.Increment(ref counter.done) })).WithMetadata(SealedOnArrival.Here);
            counter.app.MapPost("/api/fail", () => Interlocked.Increment(ref counter.done) == 1 ? Results.StatusCode(500) : Results.Ok());
            counter.app.MapPost("/api/slow", async () => { Interlocked.Increment(ref counter.done); await counter.Gate.Task; return Results.Ok(); });
            await counter.app.StartAsync();
            counter.Http = counter.app.GetTestClient();
            return counter;
        }

        public Task<HttpResponseMessage> Post(string path, string? key, string body = "{}")
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (key is not null) request.Headers.Add(Idempotency.Header, key);
            return Http.SendAsync(request);
        }

        public async Task<T> Kept<T>(string sql)
        {
            await using var s = app.Services.GetRequiredService<IDbSessions>().Open(Actor.System);
            return await s.Value<T>(sql, TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await app.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_repeat_gets_the_first_outcome_and_does_nothing()
    {
        await using var counter = await Counter.Start();
        using var first = await counter.Post("/api/count", "k1");
        using var second = await counter.Post("/api/count", "k1");
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(1, counter.Done);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        await using var counter = await Counter.Start();
        (await counter.Post("/api/count", "k1")).Dispose();
        using var second = await counter.Post("/api/count", "k1", "{\"other\":1}");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("idempotency.key-reused", await second.Content.ReadAsStringAsync());
        Assert.Equal(1, counter.Done);
    }

    [Fact]
    public async Task An_answer_that_is_shown_once_is_kept_nowhere_and_a_repeat_is_told_that_it_was_given()
    {
        await using var counter = await Counter.Start();
        using var first = await counter.Post("/api/key", "k1");
        Assert.Contains("secret 1", await first.Content.ReadAsStringAsync());
        using var second = await counter.Post("/api/key", "k1");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("idempotency.shown-once", await second.Content.ReadAsStringAsync());
        Assert.Equal((1, 0L), (counter.Done, await counter.Kept<long>("select sum(octet_length(body))::bigint from server.idempotent_request")));
    }

    [Fact]
    public async Task Of_a_sealed_request_nothing_is_kept_by_which_its_words_could_be_guessed()
    {
        await using var counter = await Counter.Start();
        using var first = await counter.Post("/api/bid", "k1", "{\"price\":80}");
        using var second = await counter.Post("/api/bid", "k1", "{\"price\":80}");
        Assert.Equal((HttpStatusCode.OK, await first.Content.ReadAsStringAsync(), 1), (second.StatusCode, await second.Content.ReadAsStringAsync(), counter.Done));
        using var other = await counter.Post("/api/bid", "k1", "{\"price\":81}");
        Assert.Contains("idempotency.key-reused", await other.Content.ReadAsStringAsync());
        // The same words on another server: what is kept of them differs, and neither is a digest of the words alone.
        await using var elsewhere = await Counter.Start();
        (await elsewhere.Post("/api/bid", "k1", "{\"price\":80}")).Dispose();
        const string Digest = "select request_sha256 from server.idempotent_request";
        Assert.NotEqual(await counter.Kept<byte[]>(Digest), await elsewhere.Kept<byte[]>(Digest));
        // After a restart nobody can tell whether it is the same request.
        await counter.Kept<int>("update server.idempotent_request set server_run = gen_random_uuid() returning 1");
        using var later = await counter.Post("/api/bid", "k1", "{\"price\":80}");
        Assert.Contains("idempotency.outcome-unknown", await later.Content.ReadAsStringAsync());
        Assert.Equal(1, counter.Done);
    }

    [Fact]
    public async Task A_repeat_while_the_first_is_under_way_is_told_so()
    {
        await using var counter = await Counter.Start();
        var first = counter.Post("/api/slow", "k1");
        while (counter.Done == 0) await Task.Delay(10);
        using var second = await counter.Post("/api/slow", "k1");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.Contains("idempotency.under-way", await second.Content.ReadAsStringAsync());
        counter.Gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await first).StatusCode);
        Assert.Equal(1, counter.Done);
    }

    [Fact]
    public async Task Many_repeats_at_once_do_the_work_once()
    {
        await using var counter = await Counter.Start();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => counter.Post("/api/count", "k1")));
        Assert.Equal(1, counter.Done);
        Assert.All(answers, a => Assert.Contains(a.StatusCode, new[] { HttpStatusCode.Created, HttpStatusCode.Conflict }));
    }

    [Fact]
    public async Task A_server_fault_is_no_outcome_and_may_be_repeated()
    {
        await using var counter = await Counter.Start();
        Assert.Equal(HttpStatusCode.InternalServerError, (await counter.Post("/api/fail", "k1")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await counter.Post("/api/fail", "k1")).StatusCode);
    }

    [Fact]
    public async Task Without_a_key_every_request_counts()
    {
        await using var counter = await Counter.Start();
        (await counter.Post("/api/count", null)).Dispose();
        (await counter.Post("/api/count", null)).Dispose();
        Assert.Equal(2, counter.Done);
    }

    [Fact]
    public async Task A_key_of_more_than_200_characters_is_refused()
    {
        await using var counter = await Counter.Start();
        using var answer = await counter.Post("/api/count", new string('k', 201));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(0, counter.Done);
    }
}
