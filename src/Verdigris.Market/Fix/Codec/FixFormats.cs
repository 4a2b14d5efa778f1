using System.Buffers.Text;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>Values as FIX 4.4 writes them (volume 1, field data types): read from bytes and checked without making anything on the heap.</summary>
static class FixFormats
{
    /// <summary>Digits a number may have in all: what a decimal holds exactly.</summary>
    const int MostDigits = 28;

    public static bool Fits(FixFormat format, ReadOnlySpan<byte> value) => format switch
    {
        FixFormat.Char => value.Length == 1,
        FixFormat.Whole => Whole(value, out _),
        FixFormat.Count => Count(value, out _),
        FixFormat.Number => Number(value, out _),
        FixFormat.Boolean => value is [(byte)'Y'] or [(byte)'N'],
        FixFormat.Timestamp => Timestamp(value, out _),
        FixFormat.Date => value.Length == 8 && Date(value, out _, out _, out _),
        FixFormat.Time => TimeOfDay(value, out _),
        FixFormat.MonthYear => MonthYear(value),
        _ => true,
    };

    /// <summary>Digits, at most 18.</summary>
    public static bool Count(ReadOnlySpan<byte> value, out long number)
    {
        number = 0;
        if (value.Length is 0 or > 18) return false;
        foreach (var b in value)
        {
            if (b is < (byte)'0' or > (byte)'9') return false;
            number = number * 10 + (b - '0');
        }
        return true;
    }

    /// <summary>Digits, perhaps after a minus.</summary>
    public static bool Whole(ReadOnlySpan<byte> value, out long number)
    {
        if (value is not [(byte)'-', ..]) return Count(value, out number);
        if (!Count(value[1..], out number)) return false;
        number = -number;
        return true;
    }

    /// <summary>Digits with at most one point, perhaps after a minus: no plus, no exponent, no separators.</summary>
    public static bool Number(ReadOnlySpan<byte> value, out decimal number)
    {
        number = 0;
        var digits = 0;
        var points = 0;
        for (var i = value is [(byte)'-', ..] ? 1 : 0; i < value.Length; i++)
        {
            if (value[i] == '.') points++;
            else if (value[i] is >= (byte)'0' and <= (byte)'9') digits++;
            else return false;
        }
        if (digits is 0 or > MostDigits || points > 1) return false;
        // The parser wants a digit on both sides of nothing: "5." and ".5" are written in full.
        Span<byte> full = stackalloc byte[MostDigits + 4];
        var length = 0;
        foreach (var b in value)
        {
            if (b == '.' && (length == 0 || full[length - 1] == '-')) full[length++] = (byte)'0';
            full[length++] = b;
        }
        if (full[length - 1] == '.') full[length++] = (byte)'0';
        return Utf8Parser.TryParse(full[..length], out number, out var used) && used == length;
    }

    /// <summary><c>YYYYMMDD-HH:MM:SS</c>, with no, 3, 6 or 9 digits of a second. A leap second is the end of the one before.</summary>
    public static bool Timestamp(ReadOnlySpan<byte> value, out Instant time)
    {
        time = default;
        if (value.Length < 17 || value[8] != '-' || !Date(value[..8], out var year, out var month, out var day) || !TimeOfDay(value[9..], out var nanoseconds)) return false;
        time = new LocalDate(year, month, day).AtMidnight().InUtc().ToInstant().PlusNanoseconds(nanoseconds);
        return true;
    }

    /// <param name="value">At least the eight digits of a day.</param>
    public static bool Date(ReadOnlySpan<byte> value, out int year, out int month, out int day)
    {
        year = month = day = 0;
        if (value.Length < 8 || !Count(value[..8], out var number)) return false;
        (year, month, day) = ((int)(number / 10_000), (int)(number / 100 % 100), (int)(number % 100));
        return year is >= 1 and <= 9999 && month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month);
    }

    static bool TimeOfDay(ReadOnlySpan<byte> value, out long nanoseconds)
    {
        nanoseconds = 0;
        if (value.Length < 8 || value[2] != ':' || value[5] != ':') return false;
        if (!Count(value[..2], out var hour) || !Count(value[3..5], out var minute) || !Count(value[6..8], out var second) || hour > 23 || minute > 59 || second > 60) return false;
        long fraction = 0;
        if (value.Length > 8)
        {
            if (value[8] != '.' || value.Length is not (12 or 15 or 18) || !Count(value[9..], out fraction)) return false;
            for (var digits = value.Length - 9; digits < 9; digits++) fraction *= 10;
        }
        nanoseconds = second == 60 ? ((hour * 60 + minute) * 60 + 60) * 1_000_000_000 - 1 : ((hour * 60 + minute) * 60 + second) * 1_000_000_000 + fraction;
        return true;
    }

    /// <summary><c>YYYYMM</c>, <c>YYYYMMDD</c> or <c>YYYYMMwN</c>.</summary>
    static bool MonthYear(ReadOnlySpan<byte> value) => value.Length switch
    {
        6 => Count(value, out var month) && month % 100 is >= 1 and <= 12,
        8 when value[6] == 'w' => MonthYear(value[..6]) && value[7] is >= (byte)'1' and <= (byte)'5',
        8 => Date(value, out _, out _, out _),
        _ => false,
    };

    /// <summary>With milliseconds, 21 bytes.</summary>
    public static int WriteTimestamp(Instant time, Span<byte> into)
    {
        var at = time.InUtc().LocalDateTime;
        Digits(into, 0, 4, at.Year);
        Digits(into, 4, 2, at.Month);
        Digits(into, 6, 2, at.Day);
        into[8] = (byte)'-';
        Digits(into, 9, 2, at.Hour);
        into[11] = (byte)':';
        Digits(into, 12, 2, at.Minute);
        into[14] = (byte)':';
        Digits(into, 15, 2, at.Second);
        into[17] = (byte)'.';
        Digits(into, 18, 3, at.Millisecond);
        return 21;
    }

    static void Digits(Span<byte> into, int at, int count, int number)
    {
        for (var i = at + count - 1; i >= at; i--, number /= 10) into[i] = (byte)('0' + number % 10);
    }
}
