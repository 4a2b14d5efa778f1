using System.Globalization;
using Verdigris.Book;

namespace Verdigris.Simulator.Days;

public enum DayAction : byte { New, Replace, Cancel }

/// <summary>A line of a day of orders.</summary>
/// <param name="Micros">Since the midnight that begins the day.</param>
/// <param name="Member">1 to <see cref="OrderDayFile.MostMembers"/>.</param>
/// <param name="Order">The number its sender gives the order, once in a day; replaces and cancels name it again.</param>
/// <param name="Quantity">Lots; of a replace the whole quantity, what was traded of it included.</param>
/// <param name="Price">Ticks; null: at whatever price there is.</param>
/// <param name="Display">Lots shown at a time; 0: all.</param>
public readonly record struct OrderDayLine(long Micros, int Member, DayAction Action, long Order, string Series, Side Side, long Quantity, int? Price, TimeInForce TimeInForce, long Display);

/// <summary>What of a file is wrong.</summary>
/// <param name="Line">From 1, the head of the table.</param>
public sealed class OrderDayException(int line, string column, string message, string chinese) : Exception($"{line}: {column}: {message} / {chinese}")
{
    public int Line => line;
    public string Column => column;
}

/// <summary>
/// A day of orders as CSV: <c>time,member,action,order,series,side,quantity,price,timeInForce,display</c>. Times are HH:mm:ss.ffffff and do not go back; actions new, replace and cancel; sides buy and sell; quantities in lots; prices in the currency
/// of the series, empty for a market order; timeInForce day, ioc or fok.
/// </summary>
public static class OrderDayFile
{
    public const string Head = "time,member,action,order,series,side,quantity,price,timeInForce,display";
    public const int MostMembers = 100_000;

    static readonly string[] Columns = Head.Split(',');

    public static void Write(TextWriter to, IEnumerable<OrderDayLine> lines, decimal tick)
    {
        to.Write(Head + "\n");
        foreach (var l in lines)
        {
            var side = l.Action == DayAction.New ? l.Side == Side.Buy ? "buy" : "sell" : "";
            to.Write(string.Create(CultureInfo.InvariantCulture, $"{TimeSpan.FromMicroseconds(l.Micros):hh\\:mm\\:ss\\.ffffff},{l.Member},{l.Action switch { DayAction.New => "new", DayAction.Replace => "replace", _ => "cancel" }},{l.Order},{l.Series},{side},"));
            if (l.Action != DayAction.Cancel) to.Write(string.Create(CultureInfo.InvariantCulture, $"{l.Quantity},{(l.Price is { } ticks ? ticks * tick : null)}"));
            else to.Write(',');
            to.Write(',');
            if (l.Action == DayAction.New) to.Write(l.TimeInForce switch { TimeInForce.ImmediateOrCancel => "ioc", TimeInForce.FillOrKill => "fok", _ => "day" });
            to.Write(l.Display > 0 ? string.Create(CultureInfo.InvariantCulture, $",{l.Display}\n") : ",\n");
        }
    }

    /// <summary>Reads line by line; nothing of a file is kept.</summary>
    /// <param name="tick">Least step of a price.</param>
    /// <exception cref="OrderDayException">A line is not like the table, when it is reached.</exception>
    public static IEnumerable<OrderDayLine> Read(TextReader from, decimal tick)
    {
        if (from.ReadLine()?.TrimStart('\uFEFF') is not Head) throw new OrderDayException(1, Columns[0], $"the table begins with {Head}", $"表头应为 {Head}");
        var number = 1;
        long before = 0;
        var series = new Dictionary<string, string>(StringComparer.Ordinal);
        while (from.ReadLine() is { } text)
        {
            number++;
            if (text.Length == 0) continue;
            var line = One(text, number, tick, series);
            if (line.Micros < before) throw new OrderDayException(number, "time", "earlier than the line before", "早于上一行的时间");
            before = line.Micros;
            yield return line;
        }
    }

    static OrderDayLine One(string text, int number, decimal tick, Dictionary<string, string> known)
    {
        Span<Range> cells = stackalloc Range[Columns.Length + 1];
        var line = text.AsSpan();
        if (line.Split(cells, ',') != Columns.Length) throw new OrderDayException(number, Columns[0], $"{Columns.Length} cells are needed", $"应有 {Columns.Length} 列");
        if (!TimeSpan.TryParseExact(line[cells[0]], ["hh\\:mm\\:ss\\.ffffff", "hh\\:mm\\:ss\\.fff", "hh\\:mm\\:ss"], CultureInfo.InvariantCulture, out var time)) throw new OrderDayException(number, "time", "not like 09:30:00.000001", "格式应为 09:30:00.000001");
        var member = Whole(line[cells[1]], number, "member", 1, MostMembers);
        var action = line[cells[2]] switch { "new" => DayAction.New, "replace" => DayAction.Replace, "cancel" => DayAction.Cancel, _ => throw new OrderDayException(number, "action", "new, replace or cancel", "应为 new、replace 或 cancel") };
        var order = Whole(line[cells[3]], number, "order", 1, long.MaxValue);
        var symbol = line[cells[4]].ToString();
        if (symbol.Length is 0 or > 40) throw new OrderDayException(number, "series", "1 to 40 characters", "1 至 40 个字符");
        if (!known.TryGetValue(symbol, out var series)) known[symbol] = series = symbol;
        if (action == DayAction.Cancel) return new(time.Ticks / TimeSpan.TicksPerMicrosecond, (int)member, action, order, series, Side.None, 0, null, TimeInForce.Day, 0);
        var side = action == DayAction.Replace ? Side.None : line[cells[5]] switch { "buy" => Side.Buy, "sell" => Side.Sell, _ => throw new OrderDayException(number, "side", "buy or sell", "应为 buy 或 sell") };
        var quantity = Whole(line[cells[6]], number, "quantity", 1, BookTerms.MostLots);
        int? price = null;
        if (line[cells[7]] is { IsEmpty: false } given)
        {
            if (!decimal.TryParse(given, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var amount) || amount / tick is var ticks && (ticks != decimal.Truncate(ticks) || Math.Abs(ticks) > BookTerms.MostPrice))
                throw new OrderDayException(number, "price", $"a whole number of steps of {tick.ToString(CultureInfo.InvariantCulture)}", $"应为 {tick.ToString(CultureInfo.InvariantCulture)} 的整数倍");
            price = (int)(amount / tick);
        }
        else if (action == DayAction.Replace) throw new OrderDayException(number, "price", "a replace needs a price", "改单须填写价格");
        if (action == DayAction.Replace) return new(time.Ticks / TimeSpan.TicksPerMicrosecond, (int)member, action, order, series, side, quantity, price, TimeInForce.Day, 0);
        var force = line[cells[8]] switch { "day" => TimeInForce.Day, "ioc" => TimeInForce.ImmediateOrCancel, "fok" => TimeInForce.FillOrKill, _ => throw new OrderDayException(number, "timeInForce", "day, ioc or fok", "应为 day、ioc 或 fok") };
        if (price is null && force == TimeInForce.Day) throw new OrderDayException(number, "timeInForce", "an order without a price is ioc or fok", "不填价格的订单应为 ioc 或 fok");
        return new(time.Ticks / TimeSpan.TicksPerMicrosecond, (int)member, action, order, series, side, quantity, price, force, line[cells[9]].IsEmpty ? 0 : Whole(line[cells[9]], number, "display", 1, quantity));
    }

    static long Whole(ReadOnlySpan<char> cell, int line, string column, long least, long most) =>
        long.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : throw new OrderDayException(line, column, $"a whole number from {least} to {most}", $"应为 {least} 至 {most} 的整数");
}
