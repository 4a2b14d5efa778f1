using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class OutboxTests
{
    readonly ManualClock clock = new(Instant.FromUtc(2026, 11, 20, 9, 0));

    DbSessions Sessions(TestDatabase test) => new(test.Database, clock);
    OutboxDispatcher Dispatcher(TestDatabase test, params IOutboxSubscriber[] subscribers) => new(Sessions(test), subscribers, NullLogger<OutboxDispatcher>.Instance);

    async Task Publish(TestDatabase test, string topic, params int[] numbers)
    {
        await using var session = Sessions(test).Open(A.Person("p", Guid.NewGuid(), Role.ProducerEditor));
        await session.InTransaction(async ct =>
        {
            foreach (var number in numbers) await session.Publish(topic, new { number }, ct);
        });
    }

    [Fact]
    public async Task Events_reach_those_who_want_them_in_order_and_once()
    {
        await using var test = await A.NoteDatabase();
        Noting warrants = new("warrants", "warrant."), all = new("all", "");
        await Publish(test, "warrant.issued", 1, 2, 3);
        await Publish(test, "brand.listed", 4);
        Assert.Equal(7, await Dispatcher(test, warrants, all).Dispatch(default));
        Assert.Equal(0, await Dispatcher(test, warrants, all).Dispatch(default));
        Assert.Equal([1, 2, 3], warrants.Numbers);
        Assert.Equal([1, 2, 3, 4], all.Numbers);
    }

    [Fact]
    public async Task An_event_of_a_rolled_back_change_is_never_delivered()
    {
        await using var test = await A.NoteDatabase();
        await using (var session = Sessions(test).Open(Actor.System))
        {
            await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
            {
                await session.Publish("warrant.issued", new { number = 1 }, ct);
                throw new InvalidDataException();
            }));
        }
        Assert.Equal(0, await Dispatcher(test, new Noting("all", "")).Dispatch(default));
    }

    [Fact]
    public async Task A_failed_delivery_is_tried_again_later_and_its_writes_count_once()
    {
        await using var test = await A.NoteDatabase();
        Noting good = new("good", ""), flaky = new("flaky", "") { FailAfterWriting = 2 };
        await Publish(test, "warrant.issued", 1);
        var dispatcher = Dispatcher(test, good, flaky);
        Assert.Equal(1, await dispatcher.Dispatch(default));
        Assert.Equal(0, await dispatcher.Dispatch(default)); // not due yet
        clock.Advance(Duration.FromSeconds(60));
        Assert.Equal(0, await dispatcher.Dispatch(default));
        clock.Advance(Duration.FromSeconds(60));
        Assert.Equal(1, await dispatcher.Dispatch(default));
        Assert.Equal([1], good.Numbers);
        Assert.Equal([1, 1, 1], flaky.Numbers);
        await using var session = Sessions(test).Open(Actor.System);
        Assert.Equal("flaky 1,good 1", await session.Scalar<string>("select string_agg(text, ',' order by text) from note"));
    }

    /// <summary>Erases what the event behind it says, as the erasure of a person does from another session.</summary>
    sealed class Erasing(TestDatabase test) : IOutboxSubscriber
    {
        public string Name => "erasing";
        public bool Wants(string topic) => topic == "person.erased";
        public Task Handle(DbSession session, OutboxEvent e, CancellationToken ct) => A.ExecuteAs(test.SuperuserConnectionString, "update storage.outbox_event set payload = '{\"number\": 0}' where topic = 'warrant.issued'");
    }

    [Fact]
    public async Task What_was_erased_from_an_event_after_it_was_found_due_reaches_nobody()
    {
        await using var test = await A.NoteDatabase();
        var all = new Noting("all", "");
        await Publish(test, "person.erased", 1);
        await Publish(test, "warrant.issued", 2);
        Assert.Equal(3, await Dispatcher(test, new Erasing(test), all).Dispatch(default));
        Assert.Equal([1, 0], all.Numbers);
    }

    [Fact]
    public async Task A_poisoned_event_is_given_up_named_and_can_be_tried_again()
    {
        await using var test = await A.NoteDatabase();
        var poisoned = new Noting("poisoned", "") { FailAfterWriting = OutboxDispatcher.MostAttempts };
        await Publish(test, "warrant.issued", 1, 2);
        var dispatcher = Dispatcher(test, poisoned);
        poisoned.OnlyFailFor = 1;
        for (var i = 0; i < 2 * OutboxDispatcher.MostAttempts; i++)
        {
            await dispatcher.Dispatch(default);
            clock.Advance(Duration.FromMinutes(10));
        }
        Assert.Equal(OutboxDispatcher.MostAttempts, poisoned.Numbers.Count(n => n == 1));
        Assert.Equal(1, poisoned.Numbers.Count(n => n == 2));
        await using var session = Sessions(test).Open(Actor.System);
        var given = Assert.Single(await OutboxDispatcher.GivenUp(session, default));
        Assert.Equal(("poisoned", OutboxDispatcher.MostAttempts, "cannot"), (given.Subscriber, given.Attempts, given.LastError));
        Assert.True(await OutboxDispatcher.TryAgain(session, given.EventId, "poisoned", default));
        Assert.Equal(1, await dispatcher.Dispatch(default));
        Assert.Empty(await OutboxDispatcher.GivenUp(session, default));
    }

    [Fact]
    public async Task Several_servers_deliver_each_event_once()
    {
        await using var test = await A.NoteDatabase();
        await Publish(test, "warrant.issued", [.. Enumerable.Range(1, 40)]);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Dispatcher(test, new Noting("all", "")).Dispatch(default))));
        await Dispatcher(test, new Noting("all", "")).Dispatch(default);
        await using var session = Sessions(test).Open(Actor.System);
        Assert.Equal("40 40", await session.Scalar<string>("select count(*) || ' ' || count(distinct text) from note"));
    }

    [Fact]
    public async Task Events_are_read_by_the_system_alone_and_forgotten_after_their_time()
    {
        await using var test = await A.NoteDatabase();
        await Publish(test, "warrant.issued", 1);
        await using (var staff = Sessions(test).Open(A.Person("s", Guid.NewGuid(), Role.ExchangeStaff)))
            Assert.Equal(0L, await staff.Scalar<long>("select count(*) from storage.outbox_event"));
        var dispatcher = Dispatcher(test, new Noting("all", ""));
        clock.Advance(OutboxDispatcher.Kept + Duration.FromDays(1));
        Assert.Equal(0, await dispatcher.Forget(default)); // nobody has had it
        await dispatcher.Dispatch(default);
        Assert.Equal(0, await dispatcher.Forget(default));
        clock.Advance(OutboxDispatcher.Kept + Duration.FromDays(1));
        Assert.Equal(1, await dispatcher.Forget(default));
    }

    [Fact]
    public async Task The_listener_delivers_within_a_moment_of_the_commit()
    {
        await using var test = await A.NoteDatabase();
        var all = new Noting("all", "");
        using var listener = new OutboxListener(test.Database, Dispatcher(test, all), NullLogger<OutboxListener>.Instance);
        await listener.StartAsync(default);
        await Task.Delay(200);
        await Publish(test, "warrant.issued", 1);
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        while (all.Numbers.Count == 0 && System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(8)) await Task.Delay(10);
        Assert.Equal([1], all.Numbers);
        await listener.StopAsync(default);
    }

    sealed class Noting(string name, string prefix) : IOutboxSubscriber
    {
        public List<int> Numbers { get; } = [];
        public int FailAfterWriting { get; set; }
        public int? OnlyFailFor { get; set; }
        public string Name => name;

        public bool Wants(string topic) => topic.StartsWith(prefix, StringComparison.Ordinal);

        public async Task Handle(DbSession session, OutboxEvent e, CancellationToken ct)
        {
            var number = e.Payload<Payload>().Number;
            lock (Numbers) Numbers.Add(number);
            await session.Execute($"insert into note (text) values ('{name} {number}')", ct);
            if ((OnlyFailFor is null || OnlyFailFor == number) && FailAfterWriting > 0)
            {
                FailAfterWriting--;
                throw new InvalidDataException("cannot");
            }
        }

        sealed record Payload(int Number);
    }
}
