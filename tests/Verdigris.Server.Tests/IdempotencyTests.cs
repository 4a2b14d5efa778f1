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
