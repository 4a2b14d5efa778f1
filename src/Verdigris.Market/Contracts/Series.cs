using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Market.Contracts;

public enum OptionRight { Call, Put }

/// <summary>What can be traded: a contract with its month, day, vintage or project; of an option its exercise price and right too. <see cref="Code"/> says all of it and is read back by <see cref="Read"/>.</summary>
/// <param name="Month">Of a future, forward, swap or option with months.</param>
/// <param name="Day">Of a daily future: its one trading day.</param>
/// <param name="Vintage">Of units that are told apart by year.</param>
/// <param name="Project">Of credits that are told apart by project.</param>
/// <param name="Currency">Of an order book in another currency than the contract's own; null for that one.</param>
public sealed record Series(string Contract, YearMonth? Month = null, LocalDate? Day = null, int? Vintage = null, string? Project = null, decimal? Strike = null, OptionRight? Right = null, string? Currency = null)
{
    static readonly YearMonthPattern Months = YearMonthPattern.CreateWithInvariantCulture("uuuu-MM");

    /// <summary>Unique over all contracts: ICE.EUA:2026-12, ICE.EUA.DAILY:2026-11-23, SHFE.AD.OPTION:2027-01:C18400, CN.SZA:v2021, SPOT.VCU:p1340:v2020, CORE.VCU:p1996:v2024:CNY, EEX.EUA.SPOT.</summary>
    public string Code => Contract
        + (Month is { } month ? ":" + Months.Format(month) : "")
        + (Day is { } day ? ":" + LocalDatePattern.Iso.Format(day) : "")
        + (Project is { } project ? ":p" + project : "")
        + (Vintage is { } vintage ? ":v" + vintage.ToString(CultureInfo.InvariantCulture) : "")
        + (Strike is { } strike ? (Right == OptionRight.Put ? ":P" : ":C") + DecimalText.Write(DecimalText.Trim(strike)) : "")
        + (Currency is { } currency ? ":" + currency : "");

    /// <summary>What a code stands for, whether or not it is listed. Refuses <c>contract.series-malformed</c>.</summary>
    public static Answer<Series> Read(string? code)
    {
        var parts = (code ?? "").Split(':');
        var series = new Series(parts[0]);
        foreach (var part in parts.Skip(1))
        {
            if (Months.Parse(part) is { Success: true, Value: var month }) series = series with { Month = month };
            else if (LocalDatePattern.Iso.Parse(part) is { Success: true, Value: var day }) series = series with { Day = day };
            else if (part.Length > 1 && part[0] == 'p') series = series with { Project = part[1..] };
            else if (part.Length == 5 && part[0] == 'v' && int.TryParse(part.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var vintage)) series = series with { Vintage = vintage };
            else if (part.Length > 1 && part[0] is 'C' or 'P' && DecimalText.TryRead(part[1..], out var strike)) series = series with { Strike = strike, Right = part[0] == 'C' ? OptionRight.Call : OptionRight.Put };
            else if (part.Length == 3 && part.All(char.IsAsciiLetterUpper)) series = series with { Currency = part };
            else return Malformed(code);
        }
        // One code a series: what reads back differently is not a code.
        return parts[0].Length > 0 && series.Code == code ? series : Malformed(code);
    }

    static Refusal Malformed(string? code) => Refusal.Of("contract.series-malformed", "series", ("given", code ?? ""));
}

/// <summary>A series on the list of a day.</summary>
/// <param name="LastDay">Last trading day. Null for one without end, or where <paramref name="Open"/> says why it is not known yet.</param>
/// <param name="Open">Why the last trading day is not known.</param>
public sealed record ListedSeries(Series Series, LocalDate? LastDay, Refusal? Open);

/// <summary>A series of an owner's choosing that was admitted to trading: a vintage, or a project with its vintage.</summary>
public sealed record AdmittedSeries(string? Project, int Vintage);
