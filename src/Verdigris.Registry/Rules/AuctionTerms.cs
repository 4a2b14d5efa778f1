using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>Units one containment reserve has in a year, or several have together.</summary>
/// <param name="Prices">Triggers of its reserves.</param>
/// <param name="Withholds">They leave the offer; else they come to it.</param>
public sealed record ControlPool(string Name, IReadOnlyList<decimal> Prices, decimal Units, bool Withholds);

/// <summary>What a scheme's file says about one auction of a year beside its format: prices it works by, shares of bidders, its floor, and where unsold units go. Each refuses <c>ets.no-rule</c> where the file says nothing.</summary>
public static class AuctionTerms
{
    /// <summary>The published reserve price of a year; null where auctions of the format have none. Refuses what <see cref="PriceControls.Of"/> refuses.</summary>
    public static Answer<(decimal Price, RuleRef Rule)?> Reserve(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        if (ReserveControl(scheme, format, year) is not { } control) return ((decimal, RuleRef)?)null;
        var price = PriceControls.Of(scheme, control, year, []);
        return price.Ok ? (price.Value.Price, price.Value.Rule) : price.Refusals.ToList();
    }

    /// <summary>The price control that is the reserve price of a format in a year; null where its auctions have none.</summary>
    internal static string? ReserveControl(Scheme scheme, string format, int year) => scheme.Rows("auction-prices", year).FirstOrDefault(r => r.Text("format") == format && r.Text("role") == "reserve")?.Text("control");

    /// <summary>A containment reserve as a step of an auction. Refuses <c>calc.missing-field</c> where neither the caller nor the file says how many units it has, and <c>auction.control-split</c> where the file says it of several together.</summary>
    /// <param name="units">What is left of it for this auction; null: what the file prints for the year.</param>
    /// <param name="at">Field a refusal names.</param>
    public static Answer<(SupplyStep Step, RuleRef Rule)> Step(Scheme scheme, string format, int year, string control, long? units, string at)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = Priced(scheme, format, year, control, "add", "withhold");
        if (!found.Ok) return found.Refusals.ToList();
        var (row, price, printed, rule) = found.Value;
        if ((units ?? (long?)printed) is { } most) return (new SupplyStep(price, most, row.Text("role") == "withhold"), rule);
        return Total(scheme, year, control) is { } total
            ? Refusal.Of("auction.control-split", at, ("control", control), ("controls", string.Join(", ", total.List("controls"))), ("units", DecimalText.Write(total.Decimal("units"))), ("year", $"{year}"))
            : Refusal.Of("calc.missing-field", at, ("field", at));
    }

    /// <summary>What the containment reserves of a year have at most, each by itself or several together, with their trigger prices; a reserve whose units the file leaves open is not among them.</summary>
    public static IReadOnlyList<ControlPool> Pools(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var pools = new List<ControlPool>();
        foreach (var row in scheme.Rows("auction-prices", year).Where(r => r.Text("format") == format && r.Text("role") is "add" or "withhold"))
        {
            if (Priced(scheme, format, year, row.Text("control"), row.Text("role")) is not { Ok: true, Value: var priced }) continue;
            var total = Total(scheme, year, row.Text("control"));
            if ((total is null ? priced.Units : total.Decimal("units")) is not { } units) continue;
            var (name, withholds) = (total?.Text("pool") ?? row.Text("control"), row.Text("role") == "withhold");
            if (pools.FindIndex(p => p.Name == name && p.Withholds == withholds) is >= 0 and var at) pools[at] = pools[at] with { Prices = [.. pools[at].Prices, priced.Price] };
            else pools.Add(new(name, [priced.Price], units, withholds));
        }
        return pools;
    }

    /// <summary>Why the steps of an auction take more than the reserves of the year have: null where they do not. <c>auction.control-total</c>.</summary>
    /// <param name="taken">Steps that earlier auctions of the year took.</param>
    /// <param name="at">Field the refusal names.</param>
    public static Refusal? OverPools(Scheme scheme, string format, int year, IReadOnlyList<SupplyStep> steps, IReadOnlyList<SupplyStep> taken, string at)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(taken);
        foreach (var pool in Pools(scheme, format, year))
        {
            if (Of(pool, steps) is > 0 and var asked && Of(pool, taken) is var before && asked + before > pool.Units)
                return Refusal.Conflict("auction.control-total", at, ("control", pool.Name), ("units", DecimalText.Write(pool.Units)), ("taken", DecimalText.Write(before)), ("asked", DecimalText.Write(asked)), ("year", $"{year}"));
        }
        return null;
    }

    /// <summary>The steps of an auction cut to what the reserves of the year still have, in whole units: within a reserve whose trigger is reached first comes first, so that of what is added the lowest has the units, of what is withheld the highest. A step of which nothing is left falls out.</summary>
    /// <param name="taken">Steps that earlier auctions of the year took.</param>
    public static IReadOnlyList<SupplyStep> WithinPools(Scheme scheme, string format, int year, IReadOnlyList<SupplyStep> steps, IReadOnlyList<SupplyStep> taken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(taken);
        var within = steps.ToArray();
        foreach (var pool in Pools(scheme, format, year))
        {
            var left = Math.Max(0, pool.Units - Of(pool, taken));
            foreach (var i in Enumerable.Range(0, within.Length).Where(i => Draws(pool, within[i])).OrderBy(i => pool.Withholds ? -within[i].Price : within[i].Price))
            {
                within[i] = within[i] with { Units = (long)Math.Min(within[i].Units, left) };
                left -= within[i].Units;
            }
        }
        return [.. within.Where(s => s.Units > 0)];
    }

    static bool Draws(ControlPool pool, SupplyStep step) => step.Withholds == pool.Withholds && pool.Prices.Contains(step.Price);

    static decimal Of(ControlPool pool, IReadOnlyList<SupplyStep> all) => all.Where(s => Draws(pool, s)).Sum(s => (decimal)s.Units);

    static RuleRow? Total(Scheme scheme, int year, string control) => scheme.Rows("control-totals").FirstOrDefault(r => r.Integer("firstYear") <= year && year <= r.Integer("lastYear") && r.List("controls").Contains(control));

    /// <summary>A tier of a reserve sale at its price of the year.</summary>
    public static Answer<(ReserveTier Tier, RuleRef Rule)> Tier(Scheme scheme, string format, int year, string control, long units)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = Priced(scheme, format, year, control, "tier");
        return found.Ok ? (new ReserveTier(control, found.Value.Price, units), found.Value.Rule) : found.Refusals.ToList();
    }

    /// <summary>Tiers a format sells at fixed prices in a year, by their word; empty where it is an auction at one price.</summary>
    public static IReadOnlyList<string> Tiers(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return [.. scheme.Rows("auction-prices", year).Where(r => r.Text("format") == format && r.Text("role") == "tier").Select(r => r.Text("control"))];
    }

    /// <summary>Whether auctions of a format have a floor worked out of market prices (<see cref="Floor"/>).</summary>
    public static bool HasFloor(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return Windows(scheme, format, year).Count > 0;
    }

    static Answer<(RuleRow Row, decimal Price, decimal? Units, RuleRef Rule)> Priced(Scheme scheme, string format, int year, string control, params string[] roles)
    {
        if (scheme.Rows("auction-prices", year).FirstOrDefault(r => r.Text("format") == format && r.Text("control") == control && roles.Contains(r.Text("role"))) is not { } row) return scheme.NoRule("auction-prices", year, format, control);
        var price = PriceControls.Of(scheme, control, year, []);
        return price.Ok ? (row, price.Value.Price, price.Value.Units, price.Value.Rule) : price.Refusals.ToList();
    }

    /// <summary>Most a bidder of a kind may ask for, of what is offered.</summary>
    public static Answer<(decimal Share, RuleRef Rule)> Share(Scheme scheme, string format, int? year, string bidders)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("bidder-shares", year, format, bidders);
        return found.Ok ? (found.Value.Row.Decimal("share"), found.Value.Rule) : found.Refusals.ToList();
    }

    public static Answer<(UnsoldRule Spread, RuleRef Rule)> Unsold(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("unsold", year, format);
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        return (new UnsoldRule(row.Integer("auctions"), row.DecimalOrNull("mostOfPlanned"), row.Flag("withinYear"), row.IntegerOrNull("settledAbove") ?? 0), rule);
    }

    /// <summary>
    /// Mean price of one window of a floor, out of its prices: as many as the file says the window has, the mean of each month where it counts months, the price of each day of trade where it counts days. Refuses <c>auction.window</c> for a window the file does
    /// not know, and <c>auction.window-length</c> for more or fewer prices.
    /// </summary>
    /// <param name="at">Field a refusal names.</param>
    public static Answer<(decimal Mean, int Count, bool Months, RuleRef Rule)> WindowMean(Scheme scheme, string format, int year, string window, IReadOnlyList<decimal> prices, string at)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(prices);
        var windows = Windows(scheme, format, year);
        if (windows.Count == 0) return scheme.NoRule("floor-windows", year, format);
        if (windows.FirstOrDefault(r => r.Text("window") == window) is not { } row) return NoWindow(windows, window, at);
        var (months, needed) = (row.IntegerOrNull("months") is not null, row.IntegerOrNull("months") ?? row.IntegerOrNull("days"));
        if (needed is not { } count) return scheme.NoRule("floor-windows", year, format, window);
        return prices.Count == count ? (prices.Sum() / count, count, months, scheme.Ref(row)) : Refusal.Of("auction.window-length", at, ("window", window), ("given", $"{prices.Count}"), ("needed", $"{count}"));
    }

    /// <summary>
    /// A floor that is the mean of the means of several windows of market prices, to the tick of the format, half up (which the source leaves open). Refuses <c>ets.no-rule</c> (no such floor), <c>calc.missing-field</c> for a window whose mean is not given,
    /// and <c>auction.window</c> for one the file does not know or that stands twice.
    /// </summary>
    /// <param name="means">Window of the file and the mean price in it.</param>
    public static Answer<(decimal Floor, RuleRef Rule)> Floor(Scheme scheme, AuctionFormat format, int year, IReadOnlyList<(string Window, decimal Mean)> means)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(means);
        var windows = Windows(scheme, format.Name, year);
        if (windows.Count == 0) return scheme.NoRule("floor-windows", year, format.Name);
        foreach (var (i, mean) in means.Index())
            if (windows.All(w => w.Text("window") != mean.Window) || means.Take(i).Any(m => m.Window == mean.Window)) return NoWindow(windows, mean.Window, $"means[{i}].window");
        foreach (var window in windows)
            if (means.All(m => m.Window != window.Text("window"))) return Refusal.Of("calc.missing-field", "means", ("field", window.Text("window")));
        return (Math.Round(means.Sum(m => m.Mean) / means.Count / format.Tick, 0, MidpointRounding.AwayFromZero) * format.Tick, scheme.Ref(windows[0]));
    }

    static List<RuleRow> Windows(Scheme scheme, string format, int year) => [.. scheme.Rows("floor-windows", year).Where(r => r.Text("format") == format)];

    static Refusal NoWindow(List<RuleRow> windows, string given, string at) => Refusal.Of("auction.window", at, ("given", given), ("known", string.Join(", ", windows.Select(w => w.Text("window")))));
}
