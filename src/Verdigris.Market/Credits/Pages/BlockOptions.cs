using Verdigris.Registry.Credits.Market;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Market.Credits.Pages;

/// <summary>Blocks at the market as a form offers them: which basket, if any, and the serial number.</summary>
static class BlockOptions
{
    /// <summary>Free blocks; the value is <c>USE|SERIAL</c>, without a use for what lies there by project and year.</summary>
    public static IReadOnlyList<Option> Of(IReadOnlyList<MarketBlock> blocks, Show show) =>
        [.. blocks.Where(b => !b.Held).Select(b => new Option($"{b.Use}|{b.Serial}", $"{b.ProjectNumber} {b.Year}{(b.Use is null ? "" : $" · {b.Use.ToUpperInvariant()}")} · {b.Serial} ({show.Count(b.Units)})"))];

    /// <summary>What was chosen.</summary>
    public static (string? Basket, string Serial) Read(string? chosen)
    {
        var at = (chosen ?? "").IndexOf('|', StringComparison.Ordinal);
        return at < 0 ? (null, chosen ?? "") : (at == 0 ? null : chosen![..at], chosen![(at + 1)..]);
    }
}
