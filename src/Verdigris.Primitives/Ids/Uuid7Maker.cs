using System.Buffers.Binary;
using NodaTime;

namespace Verdigris.Primitives;

/// <summary>
/// Makes UUID version 7 (RFC 9562): 48 bits of milliseconds since 1970 UTC, then random bits. Ids of one maker rise strictly, also within
/// one millisecond and when the clock steps back (the random part then counts up, RFC 9562 section 6.2, method 2). Thread-safe.
/// </summary>
/// <param name="clock">Where the time comes from.</param>
/// <param name="fill">Fills a span with random bytes: <c>RandomNumberGenerator.Fill</c> in the product, a seeded source in tests.</param>
public sealed class Uuid7Maker(IClock clock, Uuid7Maker.FillRandom fill)
{
    public delegate void FillRandom(Span<byte> bytes);

    readonly Lock gate = new();
    long lastMillis = -1;
    UInt128 lastRandom;

    /// <summary>The 74 random bits of a UUID version 7: 12 beside the version, 62 beside the variant.</summary>
    static readonly UInt128 RandomMask = (UInt128.One << 74) - 1;

    /// <exception cref="InvalidOperationException">The clock stands before 1970 or after the year 10889.</exception>
    public Guid Next()
    {
        lock (gate)
        {
            var millis = clock.GetCurrentInstant().ToUnixTimeMilliseconds();
            if (millis is < 0 or >= 1L << 48) throw new InvalidOperationException("The clock is outside what a UUID version 7 can say.");
            if (millis > lastMillis)
            {
                Span<byte> bytes = stackalloc byte[16];
                fill(bytes);
                lastMillis = millis;
                // The top bit stays clear so that counting up within the millisecond cannot run over.
                lastRandom = BinaryPrimitives.ReadUInt128BigEndian(bytes) & (RandomMask >> 1);
            }
            else if (lastRandom == RandomMask)
            {
                lastMillis++;
                lastRandom = 0;
            }
            else
            {
                lastRandom++;
            }
            return Compose(lastMillis, lastRandom);
        }
    }

    /// <summary>The moment a UUID version 7 carries, or null for any other version.</summary>
    public static Instant? TimeOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        if (bytes[6] >> 4 != 7 || bytes[8] >> 6 != 2) return null;
        return Instant.FromUnixTimeMilliseconds((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16));
    }

    static Guid Compose(long millis, UInt128 random)
    {
        var high = ((ulong)millis << 16) | 0x7000UL | (ulong)(random >> 62);
        var low = 0x8000_0000_0000_0000UL | ((ulong)(random & ((UInt128.One << 62) - 1)));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new Guid(bytes, bigEndian: true);
    }
}
