using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Registry.Auctions;

/// <summary>
/// Reads files of auction results as EEX publishes them by year, workbook or CSV. The header is looked for: it does not always stand on the first row, and columns are named by what they hold, not by where
/// they stand. Files before 2020 have no column for the status.
/// </summary>
public static class AuctionFile
{
    /// <summary>Rows before the header that are looked at.</summary>
    public const int MostPreamble = 60;

    /// <summary>Most lines of a file.</summary>
    public const int MostLines = 200_000;

    /// <summary>Columns with the names they go by: without case, spaces and punctuation.</summary>
    static readonly (string Column, bool Needed, string[] Names)[] Columns =
    [
        ("date", true, ["DATE", "AUCTIONDATE"]),
        ("auction", true, ["AUCTIONNAME", "AUCTION"]),
        ("contract", true, ["CONTRACT", "PRODUCT"]),
        ("status", false, ["STATUS", "AUCTIONSTATUS"]),
        ("price", true, ["AUCTIONPRICETCO2", "AUCTIONPRICEEURTCO2", "AUCTIONPRICE", "PRICEEUR", "CLEARINGPRICE"]),
        ("volume", true, ["AUCTIONVOLUMETCO2", "AUCTIONVOLUME", "VOLUMET", "VOLUME"]),
        ("bids", false, ["TOTALAMOUNTOFBIDS", "TOTALAMOUNTOFBIDSTCO2", "BIDVOLUMET", "TOTALBIDVOLUME"]),
        ("cover", false, ["COVERRATIO"]),
        ("revenue", false, ["TOTALREVENUE", "TOTALREVENUEEUR", "REVENUEEUR"]),
        ("meanWon", false, ["AVERAGEVOLUMEWONPERBIDDER", "AVERAGEVOLUMEWONBYBIDDER", "AVGVOLUMEWONPERBIDDER"]),
        ("bidders", false, ["TOTALNUMBEROFBIDDERS", "NUMBEROFBIDDERS", "BIDDERS"]),
        ("winners", false, ["NUMBEROFSUCCESSFULBIDDERS", "SUCCESSFULBIDDERS"]),
        ("country", false, ["COUNTRY"]),
    ];

    /// <summary>
    /// Every line with what is wrong with it; a line that cannot be read is found and left out. Refuses a file without the columns (<c>auctions.no-header</c>) or with too many lines
    /// (<c>auctions.lines</c>), and what <see cref="TableLines"/> refuses.
    /// </summary>
    /// <param name="content">Seekable; stays the caller's.</param>
    public static Answer<AuctionReading> Read(Stream content)
    {
        using var lines = TableLines.Open(content);
        if (Header(lines) is not { } header) return Refusal.Of(lines.Fault ?? "auctions.no-header", "file", ("columns", string.Join(", ", Columns.Where(c => c.Needed).Select(c => c.Column))));
        var records = new List<AuctionRecord>();
        var findings = new List<AuctionFinding>();
        var seen = new Dictionary<(LocalDate, string, string), int>();
        var count = 0;
        while (lines.Next() is { } cells)
        {
            if (++count > MostLines) return Refusal.Of("auctions.lines", "file", ("most", $"{MostLines}"));
            var before = findings.Count;
            var line = new Line(header, cells, lines.Line, findings);
            var record = line.Record();
            if (record is null || findings.Count > before) continue;
            // Two auctions of a day differ in their name: date and contract alone are no key.
            if (!seen.TryAdd((record.Date, record.Auction, record.Contract), record.Line)) line.Wrong("date", "auctions.twice", ("line", $"{seen[(record.Date, record.Auction, record.Contract)]}"));
            else records.Add(record);
        }
        return lines.Fault is { } fault ? Refusal.Of(fault, "file") : new AuctionReading(records, findings, count);
    }

    /// <summary>Reads on to the header; where each column stands and what the file calls it. Null where there is none.</summary>
    static IReadOnlyDictionary<string, (int At, string Head)>? Header(ITableLines lines)
    {
        for (var i = 0; i < MostPreamble && lines.Next() is { } cells; i++)
        {
            var found = new Dictionary<string, (int, string)>(StringComparer.Ordinal);
            foreach (var (at, cell) in cells.Index())
                if (Columns.FirstOrDefault(c => c.Names.Contains(HeaderMappings.Plain(cell))) is { Column: { } column }) found.TryAdd(column, (at, cell.Trim()));
            if (Columns.All(c => !c.Needed || found.ContainsKey(c.Column))) return found;
        }
        return null;
    }

    sealed class Line(IReadOnlyDictionary<string, (int At, string Head)> header, IReadOnlyList<string> cells, int number, List<AuctionFinding> findings)
    {
        public AuctionRecord? Record()
        {
            var (auction, contract, volume, price) = (Text("auction"), Text("contract"), Number("volume"), Number("price"));
            var status = Text("status").ToUpperInvariant();
            var cancelled = header.ContainsKey("status") && status.Length > 0 ? status.StartsWith("CANCEL", StringComparison.Ordinal) : price is null;
            if (status.Length > 0 && !cancelled && status is not ("SUCCESSFUL" or "SUCCESS" or "CLEARED")) Wrong("status", "auctions.status", ("given", Text("status")));
            if (auction.Length == 0) Wrong("auction", "input.required");
            if (contract.Length == 0) Wrong("contract", "input.required");
            if (volume is null && Text("volume").Length == 0) Wrong("volume", "input.required");
            if (price is null && !cancelled && Text("price").Length == 0) Wrong("price", "input.required");
            if (cancelled && price is not null) Wrong("price", "auctions.cancelled-price");
            if (Date() is not { } date || volume is not { } units) return null;
            return new(number, date, auction, contract, cancelled, cancelled ? null : price, units, Number("bids"), Number("cover"), Number("revenue"), Number("meanWon"), Number("bidders"), Number("winners"), Text("country") is { Length: > 0 } country ? country : null);
        }

        public void Wrong(string column, string code, params (string, string)[] args) => findings.Add(new(number, header[column].Head, Refusal.Of(code, column, args)));

        string Text(string column) => header.TryGetValue(column, out var at) && at.At < cells.Count ? cells[at.At].Trim() : "";

        LocalDate? Date()
        {
            // A workbook's date may carry a time of day.
            var text = Text("date");
            if (LocalDatePattern.Iso.Parse(text.Length > 10 && text[10] is ('T' or ' ') ? text[..10] : text) is { Success: true } day) return day.Value;
            Wrong("date", "auctions.date", ("given", text));
            return null;
        }

        decimal? Number(string column)
        {
            var text = Text(column);
            if (text.Length == 0 || text is "-" or "–" or "n/a") return null;
            if (DecimalText.TryRead(text, out var value) && value >= 0) return value;
            if (findings.All(f => f.Line != number || f.Column != header[column].Head)) Wrong(column, "auctions.number", ("given", text));
            return null;
        }
    }
}
