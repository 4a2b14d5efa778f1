using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Verdigris.Footprint.Tests.Broker;

/// <summary>As much of MQTT 3.1.1 as a meter needs: connect, publish with QoS 1, wait for the acknowledgement.</summary>
sealed class MqttPublisher : IDisposable
{
    readonly TcpClient socket = new();
    NetworkStream? stream;
    ushort packet;

    public static async Task<MqttPublisher> Connect(int port)
    {
        var publisher = new MqttPublisher();
        await publisher.socket.ConnectAsync(IPAddress.Loopback, port);
        publisher.stream = publisher.socket.GetStream();
        using var body = new MemoryStream();
        Write(body, "MQTT");
        body.WriteByte(4); // 3.1.1
        body.WriteByte(0b1100_0010); // user, password, clean session
        body.Write([0, 60]);
        Write(body, $"meter-{Environment.ProcessId}");
        Write(body, "guest");
        Write(body, "guest");
        await publisher.Send(0x10, body.ToArray());
        var (type, answer) = await publisher.Receive();
        Assert.Equal((0x20, 0), (type, answer[1]));
        return publisher;
    }

    /// <summary>Returns when the broker has taken it over.</summary>
    public async Task Publish(string topic, string text)
    {
        packet++;
        using var body = new MemoryStream();
        Write(body, topic);
        body.Write([(byte)(packet >> 8), (byte)(packet & 0xff)]);
        body.Write(Encoding.UTF8.GetBytes(text));
        await Send(0x32, body.ToArray()); // QoS 1
        var (type, answer) = await Receive();
        Assert.Equal((0x40, packet), (type, BinaryPrimitives.ReadUInt16BigEndian(answer)));
    }

    async Task Send(byte type, byte[] body)
    {
        using var message = new MemoryStream();
        message.WriteByte(type);
        var length = body.Length;
        do message.WriteByte((byte)(length % 128 | (length >= 128 ? 128 : 0)));
        while ((length /= 128) > 0);
        message.Write(body);
        await stream!.WriteAsync(message.ToArray());
    }

    async Task<(int Type, byte[] Body)> Receive()
    {
        var head = new byte[2];
        await stream!.ReadExactlyAsync(head);
        var body = new byte[head[1]];
        await stream.ReadExactlyAsync(body);
        return (head[0] & 0xf0, body);
    }

    static void Write(MemoryStream to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        to.Write([(byte)(bytes.Length >> 8), (byte)(bytes.Length & 0xff)]);
        to.Write(bytes);
    }

    public void Dispose() => socket.Dispose();
}
