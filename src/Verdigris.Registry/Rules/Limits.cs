using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>What one may use, hold, carry over and borrow.</summary>
public static class Limits
{
    /// <summary>Most credits that count towards an obligation, rounded as the scheme rounds limits, and how many of them must be local. 0 where the scheme lets none in; refuses <c>ets.no-rule</c> where it does not say.</summary>
    /// <param name="basis">obligation, allocation-before or emissions: what <paramref name="amount"/> is.</param>
    public static Answer<(decimal Most, decimal? Local, RuleRef Rule)> Offsets(Scheme scheme, int? year, string basis, decimal amount)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("offsets", year, basis);
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        var most = scheme.Rounding("limit").Apply(amount * row.Decimal("share"));
        return (most, row.DecimalOrNull("local") is { } local ? most - decimal.Floor(most * (1 - local)) : null, rule);
    }

    /// <summary>
    /// Units the share of credits of a year refers to: those of all emissions, or, where the scheme's rule names what is due (<c>due</c>), what a limit on the obligation of this kind of plant leaves of them. That a control period asks for a part of it
    /// first changes nothing. Refuses <c>ets.no-rule</c>, and <c>transaction.offset-due-unknown</c> while the allocation such a limit refers to is not decided: what is due may be less than it seems.
    /// </summary>
    /// <param name="units">Emissions of the year in units of the scheme.</param>
    /// <param name="relief">Kind of plant of the scheme's file; null where all emissions count.</param>
    /// <param name="allocation">Free allocation of the year, decided; null while it is not.</param>
    public static Answer<decimal> OffsetBase(Scheme scheme, int year, decimal units, string? relief, decimal? allocation)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("offsets", year, "obligation");
        if (!found.Ok) return found.Refusals.ToList();
        if (!OfDue(found.Value.Row) || relief is null || !scheme.Rule("duty-limits", year, relief).Ok) return units;
        if (allocation is not { } given) return Refusal.Conflict("transaction.offset-due-unknown", "year", ("year", $"{year}"));
        var limited = Obligations.Limited(scheme, year, relief, units, given);
        return limited.Ok ? limited.Value.Units : limited.Refusals.ToList();
    }

    /// <summary>Whether a row of the rule of credits takes its share of what is due rather than of all emissions.</summary>
    internal static bool OfDue(RuleRow row) => row.Has("due") && row.Flag("due");

    /// <summary>
    /// Why a credit does not count towards the obligation of a year: null where it does. <c>transaction.offset-unit</c> (not among those of the scheme's rule), <c>transaction.offset-vintage</c> (too old, or of no year where the rule asks for one);
    /// <c>ets.no-rule</c> where the scheme does not say.
    /// </summary>
    /// <param name="vintage">Year of the credit; null where it has none.</param>
    public static Refusal? NoOffset(Scheme scheme, int year, string unit, int? vintage)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("offsets", year, "obligation");
        if (!found.Ok) return found.Refusals[0];
        var row = found.Value.Row;
        if (row.Has("units") && !row.List("units").Contains(unit)) return Refusal.Conflict("transaction.offset-unit", "unit", ("unit", unit), ("known", string.Join(", ", row.List("units"))), ("year", $"{year}"));
        return row.IntegerOrNull("firstVintage") is { } first && !(vintage >= first) ? Refusal.Conflict("transaction.offset-vintage", "vintage", ("first", $"{first}"), ("year", $"{year}")) : null;
    }

    /// <summary>
    /// Why allowances marked with one year are not taken for the emissions of another: null where they are. <c>transaction.vintage-later</c>: of a year beyond the control period, where nothing may be borrowed; <c>transaction.vintage-earlier</c>: of a year before,
    /// where nothing lives on. How much of what may be borrowed is a question of the shortfall (<see cref="Borrowing"/>), and carrying over makes other units of it.
    /// </summary>
    /// <param name="year">Of the emissions.</param>
    public static Refusal? NoVintage(Scheme scheme, int year, int vintage)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var last = LastOfPeriod(scheme, year);
        Refusal Of(string code) => Refusal.Conflict(code, "vintage", ("vintage", $"{vintage}"), ("year", $"{year}"));
        if (vintage > last && scheme.Rule("banking", year, "borrowing") is { Ok: true, Value: var borrowing } && borrowing.Row.Text("rule") == "none") return Of("transaction.vintage-later");
        return vintage < year && scheme.Rule("banking", year, "banking") is { Ok: true, Value: var banking } && banking.Row.Text("rule") == "none" ? Of("transaction.vintage-earlier") : null;
    }

    /// <summary>Last year of the control period a year is in; the year itself where the scheme has none.</summary>
    public static int LastOfPeriod(Scheme scheme, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return scheme.Rows("periods").FirstOrDefault(p => p.Integer("firstYear") <= year && year <= p.Integer("lastYear"))?.Integer("lastYear") ?? year;
    }

    /// <summary>Most units one may hold in a year of this budget.</summary>
    public static Answer<(decimal Most, RuleRef Rule)> Holding(Scheme scheme, int year, string limit, decimal budget)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("holding-limits", year, limit);
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        var first = Math.Min(budget, row.Decimal("firstUnits"));
        return (decimal.Floor(first * row.Decimal("firstShare") + (budget - first) * row.Decimal("restShare")), rule);
    }

    /// <summary>
    /// How many units of a vintage live on. Net sold is what was sold less what was bought over the whole span, never a year's figure alone: nobody gains by buying back.
    /// </summary>
    /// <param name="vintage">Year of the units.</param>
    public static Answer<(decimal Most, RuleRef Rule)> CarryOver(Scheme scheme, int vintage, decimal held, decimal sold, decimal bought)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("banking", vintage, "carry-over") is { Ok: true } own ? own : scheme.Rule("banking", vintage, "banking");
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        return row.Text("rule") switch
        {
            "unlimited" => (held, rule),
            "none" => (0m, rule),
            "net-sold" => (Math.Min(held, scheme.Rounding("limit").Apply(Math.Max(0, sold - bought) * (row.DecimalOrNull("factor") ?? 1) + (row.DecimalOrNull("basic") ?? 0))), rule),
            _ => (scheme.Rounding("limit").Apply(held * (row.DecimalOrNull("factor") ?? 0)), rule),
        };
    }

    /// <summary>How many units of a later year may be used for this one. <c>least</c> of the file: the share of the obligation the shortfall must reach before any may.</summary>
    public static Answer<(decimal Most, RuleRef Rule)> Borrowing(Scheme scheme, int year, decimal obligation, decimal shortfall)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var found = scheme.Rule("banking", year, "borrowing");
        if (!found.Ok) return found.Refusals.ToList();
        var (row, rule) = found.Value;
        var allowed = row.Text("rule") switch { "none" => 0m, "unlimited" => shortfall, _ => shortfall * (row.DecimalOrNull("factor") ?? 0) };
        return (shortfall < obligation * (row.DecimalOrNull("least") ?? 0) ? 0 : scheme.Rounding("limit").Apply(allowed), rule);
    }
}
