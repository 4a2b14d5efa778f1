using System.Runtime.CompilerServices;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Data.History;

/// <summary>A day of a history as its source prints it. Null: the source leaves it open.</summary>
/// <param name="Open">Prices in the series' currency a unit; of the book, without block trades.</param>
/// <param name="Close">Printed also on days without a trade in the book: then it is that of an earlier day.</param>
/// <param name="Units">Volume, block trades included, as is <paramref name="Turnover"/>.</param>
public sealed record HistoryDay(LocalDate Day, decimal? Open, decimal? High, decimal? Low, decimal? Vwap, decimal? Close, decimal Units, decimal Turnover, int Line)
{
    /// <summary>Traded in the book: its closing price was made that day.</summary>
    public bool Traded => High is not null;

    /// <summary>No printed price lies outside the printed range; a row that contradicts itself is shown as printed, and its range is not drawn.</summary>
    public bool Consistent => High is not { } high || Low is not { } low || (low <= high && (Open ?? low) >= low && (Open ?? low) <= high && (Close ?? low) >= low && (Close ?? low) <= high);
}

/// <summary>Past prices of one series.</summary>
/// <param name="Series">Code of the series: CN.SZA:v2019.</param>
/// <param name="Days">In the order of the file, which is that of time.</param>
public sealed record HistorySeries(string Series, string Contract, string Currency, string PriceUnit, string Citation, IReadOnlyList<HistoryDay> Days)
{
    /// <summary>Closing prices of days traded in the book, one a day: of two rows of a day the later.</summary>
    public IReadOnlyList<(LocalDate Day, decimal Price)> Closes => [.. Days.Where(d => d.Traded && d.Close is > 0).GroupBy(d => d.Day).Select(g => (g.Key, g.Last().Close!.Value))];
}

/// <summary>The price histories of <c>data/market</c>, read once. A line that cannot be read stops the reading: a wrong price is worse than none. Immutable, thread-safe.</summary>
public sealed class PriceHistory
{
    public const string File = "shenzhen_sza_trades_2020_2021.csv";
    const string Citation = "Shenzhen emission exchange, daily trades of SZA by vintage, as held in shengdong00/SZ-carbon-price-2020-2021, commit 8bdcdad (MIT)";

    static readonly string[] Header = ["date", "vintage_index", "open", "high", "low", "vwap", "close", "volume_t", "turnover_cny"];
    static readonly ConditionalWeakTable<RulePacks, PriceHistory> Read = [];

    PriceHistory(IReadOnlyList<HistorySeries> all) => All = all;

    /// <summary>By code of the series. Empty where the data folder has no history.</summary>
    public IReadOnlyList<HistorySeries> All { get; }

    /// <exception cref="FormatException">A line of the file is not right; the message names it.</exception>
    public static PriceHistory Of(RulePacks packs) => Read.GetValue(packs, p => new(Path.Combine(p.DataFolder, "market", File) is var path && System.IO.File.Exists(path) ? Parse(System.IO.File.ReadAllText(path)) : []));

    public HistorySeries? Find(string? series) => All.FirstOrDefault(h => h.Series == series);

    /// <summary>The file of the Shenzhen pilot: a row a vintage and day.</summary>
    internal static IReadOnlyList<HistorySeries> Parse(string text)
    {
        var rows = CsvReader.Read(text).ToList();
        if (rows.Count == 0 || !rows[0].Fields.SequenceEqual(Header)) throw new FormatException($"{File}:1: the columns are {string.Join(",", Header)}.");
        var days = new SortedDictionary<string, List<HistoryDay>>(StringComparer.Ordinal);
        foreach (var (line, f) in rows.Skip(1))
        {
            if (f.Count != Header.Length) throw new FormatException($"{File}:{line}: {f.Count} fields in place of {Header.Length}.");
            var day = LocalDatePattern.Iso.Parse(f[0]) is { Success: true, Value: var read } ? read : throw new FormatException($"{File}:{line}: '{f[0]}' is not a date.");
            if (!f[1].StartsWith("SZA-", StringComparison.Ordinal) || f[1].Length != 8) throw new FormatException($"{File}:{line}: '{f[1]}' is no vintage.");
            decimal? Number(int at) => f[at].Length == 0 ? null : DecimalText.TryRead(f[at], out var number) && number >= 0 ? number : throw new FormatException($"{File}:{line}: {Header[at]} '{f[at]}' is not a number.");
            var row = new HistoryDay(day, Number(2), Number(3), Number(4), Number(5), Number(6), Number(7) ?? throw new FormatException($"{File}:{line}: no volume."), Number(8) ?? throw new FormatException($"{File}:{line}: no turnover."), line);
            var series = "CN.SZA:v" + f[1][4..];
            if (!days.TryGetValue(series, out var list)) days[series] = list = [];
            if (list.Count > 0 && list[^1].Day > day) throw new FormatException($"{File}:{line}: the days are not in order.");
            list.Add(row);
        }
        return [.. days.Select(d => new HistorySeries(d.Key, "CN.SZA", "CNY", "SZA", Citation, d.Value))];
    }
}
