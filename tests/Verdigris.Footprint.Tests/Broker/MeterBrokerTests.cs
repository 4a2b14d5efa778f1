using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using RabbitMQ.Client;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Meters.Broker;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Tests.Broker;

/// <summary>Readings by MQTT: a real broker, a meter that publishes, and a server that dies while it takes them.</summary>
public sealed class MeterBrokerTests
{
    [Fact]
    public async Task Readings_by_mqtt_are_neither_lost_nor_doubled_when_the_server_dies_while_it_takes_them()
    {
        const int messages = 400, perMessage = 5;
        await using var broker = await TestBroker.Start();
        await using var desk = await Desk.Open();
        var facility = (await desk.Facility()).Id;
        var meters = new MeterHandlers(desk.Rules, new KnownTags());
        await desk.Do(Desk.Editor, s => meters.Register(s, facility, [new("kwh", "power", "loadMwh", "kWh", MeterKind.Counter, 60)], default));
        var begin = desk.Clock.Now - Duration.FromHours(1);
        MeterBroker Server() => new(new(broker.Address), new Torn(desk.Sessions, 7), meters, NullLogger<MeterBroker>.Instance);

        // The first server makes the queue; what is published while none runs waits in it.
        var first = Server();
        await first.StartAsync(default);
        await Bound(broker);
        using var meter = await MqttPublisher.Connect(broker.MqttPort);
        async Task Send(int from, int to)
        {
            for (var i = from; i < to; i++)
                await meter.Publish($"verdigris/{facility}/readings", string.Concat(Enumerable.Range(i * perMessage, perMessage).Select(k => string.Create(CultureInfo.InvariantCulture, $"{{\"tag\":\"kwh\",\"at\":\"{begin + Duration.FromSeconds(k)}\",\"value\":{k * 3}}}\n"))));
        }

        var sending = Task.Run(() => Send(0, messages));
        await Until(async () => await Taken(desk) > 100);
        await first.StopAsync(default);
        first.Dispose();
        await sending;
        // A meter that did not hear the acknowledgement sends again what it has sent.
        await Send(messages / 2, messages / 2 + 50);
        await meter.Publish("verdigris/nowhere/readings", "{}");
        await meter.Publish($"verdigris/{facility}/readings", """{"tag":"gas","at":"2026-11-20T08:00:00Z","value":1}""");
        using var second = Server();
        await second.StartAsync(default);
        await Until(async () => await Waiting(broker, MeterBroker.Queue) == 0 && await Taken(desk) >= messages * perMessage && await Waiting(broker, MeterBroker.RefusedQueue) == 2);
        await second.StopAsync(default);

        await new MeterWork(desk.Sessions, desk.Rules, NullLogger<MeterWork>.Instance).Consolidate(default);
        desk.Clock.Now += Duration.FromMinutes(2);
        await new MeterWork(desk.Sessions, desk.Rules, NullLogger<MeterWork>.Instance).Consolidate(default);
        await using var s = desk.As(Actor.System);
        var kept = new List<Reading>();
        foreach (var (minute, packed) in await s.All("select minute, packed from footprint.meter_minute order by minute", r => (r.Time(0), r.GetFieldValue<byte[]>(1)), default)) ReadingPack.Read(packed, minute.ToUnixTimeMilliseconds(), kept);
        Assert.Equal(Enumerable.Range(0, messages * perMessage).Select(k => new Reading((begin + Duration.FromSeconds(k)).ToUnixTimeMilliseconds(), k * 3)), kept);
        Assert.Equal(["meter.tag-unknown", "meter.topic"], (await Refusals(broker)).Order(StringComparer.Ordinal));
    }

    /// <summary>Sessions of a server whose database goes away every so many times.</summary>
    sealed class Torn(IDbSessions sessions, int every) : IDbSessions
    {
        int count;

        public DbSession Open(Actor actor) => Interlocked.Increment(ref count) % every == 0 ? throw new IOException("The database has gone.") : sessions.Open(actor);
    }

    static async Task<long> Taken(Desk desk)
    {
        await using var s = desk.As(Actor.System);
        return await s.Value<long>("select coalesce(sum(readings), 0)::bigint from footprint.meter_inbox", default);
    }

    static Task Bound(TestBroker broker) => Until(async () =>
    {
        try { return await Waiting(broker, MeterBroker.RefusedQueue) == 0; }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException) { return false; }
    });

    static async Task<uint> Waiting(TestBroker broker, string queue) => await With(broker, async channel => (await channel.QueueDeclarePassiveAsync(queue)).MessageCount);

    static Task<List<string>> Refusals(TestBroker broker) => With(broker, async channel =>
    {
        var codes = new List<string>();
        while (await channel.BasicGetAsync(MeterBroker.RefusedQueue, autoAck: true) is { } message) codes.Add(Encoding.UTF8.GetString((byte[])message.BasicProperties.Headers!["verdigris-code"]!));
        return codes;
    });

    static async Task<T> With<T>(TestBroker broker, Func<IChannel, Task<T>> work)
    {
        await using var connection = await new ConnectionFactory { Uri = broker.Address }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        return await work(channel);
    }

    static async Task Until(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 600; i++)
        {
            if (await holds()) return;
            await Task.Delay(100);
        }
        Assert.Fail("It did not come about.");
    }
}
