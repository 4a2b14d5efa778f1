using System.Buffers;

namespace Verdigris.Footprint.Meters;

/// <summary>
/// Readings of one tag in few bytes: each the milliseconds since the one before, a byte of quality and places, and the value as the difference to the one before where the places are the same. A reading a second of
/// a meter that moves little takes five bytes.
/// </summary>
static class ReadingPack
{
    /// <param name="readings">In order of time, none before the base.</param>
    public static void Write(IBufferWriter<byte> to, ReadOnlySpan<Reading> readings, long baseMs)
    {
        var (at, places, before) = (baseMs, -1, 0L);
        foreach (var reading in readings)
        {
            Number(to, checked((ulong)(reading.AtMs - at)));
            var scale = Reading.DecimalPlaces(reading.Value, out var digits);
            var mantissa = (long)digits;
            Byte(to, (byte)((int)reading.Quality | (reading.Disputed ? 4 : 0) | scale << 3));
            Number(to, ZigZag(scale == places ? mantissa - before : mantissa));
            (at, places, before) = (reading.AtMs, scale, mantissa);
        }
    }

    public static byte[] Write(ReadOnlySpan<Reading> readings, long baseMs)
    {
        var buffer = new ArrayBufferWriter<byte>(readings.Length * 6 + 8);
        Write(buffer, readings, baseMs);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Adds the readings of a pack that holds nothing else.</summary>
    public static void Read(ReadOnlySpan<byte> pack, long baseMs, List<Reading> to)
    {
        var (at, places, before) = (baseMs, -1, 0L);
        while (!pack.IsEmpty) Next(ref pack, ref at, ref places, ref before, to);
    }

    /// <summary>Adds a number of readings and leaves what follows them.</summary>
    public static void Read(ref ReadOnlySpan<byte> pack, int count, long baseMs, List<Reading> to)
    {
        var (at, places, before) = (baseMs, -1, 0L);
        for (var i = 0; i < count; i++) Next(ref pack, ref at, ref places, ref before, to);
    }

    static void Next(ref ReadOnlySpan<byte> pack, ref long at, ref int places, ref long before, List<Reading> to)
    {
        at += (long)Number(ref pack);
        var marks = pack[0];
        pack = pack[1..];
        var scale = marks >> 3;
        var mantissa = UnZigZag(Number(ref pack)) + (scale == places ? before : 0);
        (places, before) = (scale, mantissa);
        var value = new decimal(unchecked((int)Math.Abs(mantissa)), unchecked((int)(Math.Abs(mantissa) >> 32)), 0, mantissa < 0, (byte)scale);
        to.Add(new(at, value, (ReadingQuality)(marks & 3), (marks & 4) != 0));
    }

    /// <summary>Seven bits a byte, the last without its high bit.</summary>
    public static void Number(IBufferWriter<byte> to, ulong number)
    {
        var span = to.GetSpan(10);
        var length = 0;
        for (; number >= 0x80; number >>= 7) span[length++] = (byte)(number & 0x7f | 0x80);
        span[length++] = (byte)number;
        to.Advance(length);
    }

    public static ulong Number(ref ReadOnlySpan<byte> pack)
    {
        ulong number = 0;
        for (int i = 0, shift = 0; ; i++, shift += 7)
        {
            number |= (ulong)(pack[i] & 0x7f) << shift;
            if (pack[i] >= 0x80) continue;
            pack = pack[(i + 1)..];
            return number;
        }
    }

    static void Byte(IBufferWriter<byte> to, byte value)
    {
        to.GetSpan(1)[0] = value;
        to.Advance(1);
    }

    static ulong ZigZag(long number) => unchecked((ulong)((number << 1) ^ (number >> 63)));

    static long UnZigZag(ulong number) => unchecked((long)(number >> 1) ^ -(long)(number & 1));
}

/// <summary>Readings of many tags, as a batch is kept until it is added up: tag by tag, each with its count.</summary>
static class BatchPack
{
    /// <param name="readings">By tag, then by time.</param>
    public static byte[] Write(ReadOnlySpan<(int Tag, Reading Reading)> readings)
    {
        var buffer = new ArrayBufferWriter<byte>(readings.Length * 10 + 16);
        var earliest = long.MaxValue;
        foreach (var (_, reading) in readings) earliest = Math.Min(earliest, reading.AtMs);
        ReadingPack.Number(buffer, checked((ulong)earliest));
        var run = new List<Reading>();
        for (int i = 0, before = 0; i < readings.Length;)
        {
            var tag = readings[i].Tag;
            run.Clear();
            for (; i < readings.Length && readings[i].Tag == tag; i++) run.Add(readings[i].Reading);
            ReadingPack.Number(buffer, (ulong)(tag - before));
            ReadingPack.Number(buffer, (ulong)run.Count);
            ReadingPack.Write(buffer, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run), earliest);
            before = tag;
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Adds the readings to the lists of their tags.</summary>
    public static void Read(ReadOnlySpan<byte> pack, Dictionary<int, List<Reading>> byTag)
    {
        var earliest = (long)ReadingPack.Number(ref pack);
        for (var tag = 0; !pack.IsEmpty;)
        {
            tag += (int)ReadingPack.Number(ref pack);
            var count = (int)ReadingPack.Number(ref pack);
            if (!byTag.TryGetValue(tag, out var readings)) byTag.Add(tag, readings = new(count));
            ReadingPack.Read(ref pack, count, earliest, readings);
        }
    }
}
