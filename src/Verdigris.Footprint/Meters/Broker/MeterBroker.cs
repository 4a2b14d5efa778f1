using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters.Broker;

/// <summary>Where readings come from by MQTT: a RabbitMQ with its MQTT plugin, reached by AMQP.</summary>
/// <param name="Address">amqp:// or amqps:// with user, password and virtual host. Null: no broker.</param>
public sealed record BrokerOptions(Uri? Address);

/// <summary>
/// Takes the readings that meters publish under the MQTT topic <c>verdigris/FACILITY/readings</c>, as the same JSON lines that HTTP takes. They wait in a quorum queue of the broker; a message leaves it once its readings are
/// durable here, so that a server that dies in between gets it again, and having it twice changes nothing. Who may publish for a facility is decided by the broker's topic permissions. There is nobody to answer, so what is
/// refused goes to a queue of its own with the reason.
/// </summary>
public sealed partial class MeterBroker(BrokerOptions options, IDbSessions sessions, MeterHandlers meters, ILogger<MeterBroker> log) : BackgroundService
{
    public const string Queue = "verdigris.readings", RefusedQueue = "verdigris.readings.refused", Key = "verdigris.*.readings";

    /// <summary>Messages the broker hands over before the first is acknowledged.</summary>
    const ushort Ahead = 2000;

    const int MostRefusedKept = 100_000;
    const int MostBytes = 4 << 20;
    static readonly TimeSpan Wait = TimeSpan.FromSeconds(3);

    sealed record Delivery(ulong Tag, string RoutingKey, byte[] Body);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Address is null) return;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Consume(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogLost(log, e.Message);
            }
            // What was not acknowledged is delivered again to the next connection.
            await Task.Delay(Wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task Consume(CancellationToken ct)
    {
        var factory = new ConnectionFactory { Uri = options.Address!, AutomaticRecoveryEnabled = false, ClientProvidedName = "verdigris" };
        await using var connection = await factory.CreateConnectionAsync(ct);
        await using var channel = await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), ct);
        var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        await channel.QueueDeclareAsync(Queue, durable: true, exclusive: false, autoDelete: false, quorum, cancellationToken: ct);
        await channel.QueueDeclareAsync(RefusedQueue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?>(quorum) { ["x-max-length"] = MostRefusedKept }, cancellationToken: ct);
        // The plugin publishes to this exchange, with points for the topic's slashes.
        await channel.QueueBindAsync(Queue, "amq.topic", Key, cancellationToken: ct);
        await channel.BasicQosAsync(0, Ahead, global: false, ct);
        var arrived = Channel.CreateBounded<Delivery>(Ahead);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, e) => await arrived.Writer.WriteAsync(new(e.DeliveryTag, e.RoutingKey, e.Body.ToArray()), ct);
        channel.ChannelShutdownAsync += (_, e) => { arrived.Writer.TryComplete(new OperationInterruptedException(e)); return Task.CompletedTask; };
        await channel.BasicConsumeAsync(Queue, autoAck: false, consumer, ct);
        LogConnected(log, factory.Endpoint.ToString());
        var batch = new List<Delivery>();
        while (await arrived.Reader.WaitToReadAsync(ct))
        {
            batch.Clear();
            // All that is there goes together: ten thousand meters that publish one reading each make no ten thousand commits.
            for (var bytes = 0; bytes < MostBytes && arrived.Reader.TryRead(out var delivery); bytes += delivery.Body.Length) batch.Add(delivery);
            await Take(channel, batch, ct);
            await channel.BasicAckAsync(batch[^1].Tag, multiple: true, ct);
        }
    }

    async Task Take(IChannel channel, List<Delivery> batch, CancellationToken ct)
    {
        await using var session = sessions.Open(Actor.System);
        foreach (var of in batch.GroupBy(d => d.RoutingKey))
        {
            var words = of.Key.Split('.');
            var body = Joined(of);
            if (words.Length != 3 || !Guid.TryParse(words[1], out var facility))
            {
                await Refuse(channel, of.Key, body, "meter.topic", ct);
                continue;
            }
            var taken = await meters.Take(session, facility, body, int.MaxValue, ct);
            if (!taken.Ok)
            {
                await Refuse(channel, of.Key, body, taken.Refusals[0].Code, ct);
                continue;
            }
            if (taken.Value.Lines.Count == 0) continue;
            var lines = Encoding.UTF8.GetString(body).Split('\n');
            foreach (var line in taken.Value.Lines) await Refuse(channel, of.Key, Encoding.UTF8.GetBytes(lines[line.Line - 1]), line.Code, ct);
        }
    }

    static byte[] Joined(IEnumerable<Delivery> deliveries)
    {
        using var all = new MemoryStream();
        foreach (var delivery in deliveries)
        {
            all.Write(delivery.Body);
            all.WriteByte((byte)'\n');
        }
        return all.ToArray();
    }

    async Task Refuse(IChannel channel, string key, byte[] body, string code, CancellationToken ct)
    {
        LogRefused(log, key, code);
        var properties = new BasicProperties { Persistent = true, Headers = new Dictionary<string, object?> { ["verdigris-code"] = code, ["verdigris-key"] = key } };
        await channel.BasicPublishAsync("", RefusedQueue, mandatory: true, properties, body, ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The broker of meter readings cannot be reached; it is tried again: {Reason}")]
    static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Takes meter readings from {Endpoint}")]
    static partial void LogConnected(ILogger log, string endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "Readings under {Key} refused: {Code}")]
    static partial void LogRefused(ILogger log, string key, string code);
}
