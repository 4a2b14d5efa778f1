using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using NodaTime;

namespace Verdigris.Server;

/// <summary>Time-based one-time passwords as every authenticator app makes them: RFC 6238 over RFC 4226, HMAC-SHA-1, 30 seconds, six digits.</summary>
static class Totp
{
    public const int SecretBytes = 20, Digits = 6, PeriodSeconds = 30;

    /// <summary>A clock may be off by one period, either way (RFC 6238, 5.2).</summary>
    const int Window = 1;

    const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static long StepOf(Instant time) => Math.DivRem(time.ToUnixTimeSeconds(), PeriodSeconds).Quotient;

    /// <summary>The password of a step.</summary>
    public static string Code(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[8], mac = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
#pragma warning disable CA5350 // RFC 6238 as apps implement it: HMAC keeps its strength where the hash alone has lost it.
        HMACSHA1.HashData(secret, counter, mac);
#pragma warning restore CA5350
        var truncated = BinaryPrimitives.ReadInt32BigEndian(mac[(mac[^1] & 15)..]) & int.MaxValue;
        return (truncated % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }

    /// <summary>The step whose password was typed, blanks ignored; null where it is none of now. The caller sees to it that no step counts twice.</summary>
    public static long? StepFor(ReadOnlySpan<byte> secret, string typed, Instant now)
    {
        var digits = string.Concat(typed.Where(c => !char.IsWhiteSpace(c)));
        if (digits.Length != Digits || !digits.All(char.IsAsciiDigit)) return null;
        var given = System.Text.Encoding.ASCII.GetBytes(digits);
        long? found = null;
        for (var step = StepOf(now) - Window; step <= StepOf(now) + Window; step++)
            if (CryptographicOperations.FixedTimeEquals(System.Text.Encoding.ASCII.GetBytes(Code(secret, step)), given)) found = step;
        return found;
    }

    /// <summary>What an app reads from the QR code.</summary>
    public static string Address(string issuer, string name, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(name)}?secret={Base32(secret)}&issuer={Uri.EscapeDataString(issuer)}&algorithm=SHA1&digits={Digits}&period={PeriodSeconds}";

    /// <summary>RFC 4648 section 6, without padding.</summary>
    public static string Base32(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder((bytes.Length * 8 + 4) / 5);
        int buffer = 0, bits = 0;
        foreach (var b in bytes)
        {
            buffer = (buffer << 8) | b;
            for (bits += 8; bits >= 5; bits -= 5) text.Append(Alphabet[(buffer >> (bits - 5)) & 31]);
            buffer &= (1 << bits) - 1;
        }
        if (bits > 0) text.Append(Alphabet[(buffer << (5 - bits)) & 31]);
        return text.ToString();
    }
}
