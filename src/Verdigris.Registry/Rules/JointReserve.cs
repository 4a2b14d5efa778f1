using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Rules;

/// <summary>The reserve price of one of the schemes that sell together.</summary>
/// <param name="Own">In its own currency, and <paramref name="Common"/> in that of the auction, to the cent.</param>
/// <param name="Rule">Where it comes from; null where it was given as announced.</param>
public sealed record ReservePart(string Scheme, string Currency, decimal Own, decimal Common, RuleRef? Rule);

/// <summary>The reserve price of an auction in which several schemes sell: the highest of theirs in one currency.</summary>
/// <param name="Price">In the currency of the scheme the auction stands with, and <paramref name="PriceOther"/> in that of the others: printed where one of them decides, else converted back. Whole cents.</param>
/// <param name="Rate">Units of the other currency for one of the auction's.</param>
/// <param name="Decides">Scheme whose price is the highest; the auction's own where they are alike.</param>
/// <param name="Rule">That the highest counts.</param>
public sealed record JointReserve(decimal Price, string Currency, decimal PriceOther, string OtherCurrency, decimal Rate, string Decides, IReadOnlyList<ReservePart> Parts, RuleRef Rule)
{
    /// <summary>What an exchange rate can be.</summary>
    public const decimal LeastRate = 0.000001m, MostRate = 1_000_000m;

    /// <summary>Whether other schemes sell in the auctions of a format in a year.</summary>
    public static bool Is(Scheme scheme, string format, int year)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return Partners(scheme, format, year).Any();
    }

    /// <summary>
    /// Refuses <c>ets.no-rule</c> (nobody else sells in the format, or a file has no reserve price of the year), <c>calc.missing-field</c> where a reserve price follows from inflation that nobody gave: then it is given as announced; and
    /// <c>auction.joint-scheme</c> for a price of a scheme that does not sell there, or one given twice; <c>auction.exchange-rate</c> for one that can be none.
    /// </summary>
    /// <param name="rate">Units of the others' currency for one of the auction's own: 1.3654 Canadian for one US dollar.</param>
    /// <param name="announced">Reserve prices in their own currencies that stand in place of those of the files.</param>
    public static Answer<JointReserve> Of(SchemeSet schemes, Scheme scheme, string format, int year, decimal rate, IReadOnlyList<(string Scheme, decimal Price)> announced)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(announced);
        if (rate < LeastRate || rate > MostRate) return Refusal.Of("auction.exchange-rate", "exchangeRate", ("given", DecimalText.Write(rate)), ("least", DecimalText.Write(LeastRate)), ("most", DecimalText.Write(MostRate)));
        var partners = Partners(scheme, format, year).ToList();
        if (partners.Count == 0) return scheme.NoRule("joint-auctions", year, format);
        var known = partners.Select(p => p.Text("scheme")).Prepend(scheme.Code).ToList();
        foreach (var (i, given) in announced.Index())
            if (!known.Contains(given.Scheme) || announced.Take(i).Any(a => a.Scheme == given.Scheme)) return Refusal.Of("auction.joint-scheme", $"reserves[{i}].scheme", ("given", given.Scheme), ("known", string.Join(", ", known)));
        decimal Cents(decimal price) => scheme.Rounding("price").Apply(price);
        var parts = new List<ReservePart>();
        foreach (var (code, control) in partners.Select(p => (p.Text("scheme"), (string?)p.Text("control"))).Prepend((scheme.Code, AuctionTerms.ReserveControl(scheme, format, year))))
        {
            if (schemes.Find(code) is not { } of) return scheme.NoRule("joint-auctions", year, format, code);
            decimal own;
            RuleRef? rule = null;
            if (announced.FirstOrDefault(a => a.Scheme == code) is { Scheme: not null } stated) own = stated.Price;
            else
            {
                if (control is null) return scheme.NoRule("auction-prices", year, format, "reserve");
                var price = PriceControls.Of(of, control, year, []);
                if (!price.Ok) return price.Refusals.ToList();
                (own, rule) = (price.Value.Price, price.Value.Rule);
            }
            parts.Add(new(code, of.Currency, own, of.Currency == scheme.Currency ? own : Cents(own / rate), rule));
        }
        var highest = parts.MaxBy(p => p.Common)!;
        var other = parts.FirstOrDefault(p => p.Currency != scheme.Currency)?.Currency ?? scheme.Currency;
        var inOther = highest.Currency == other ? highest.Own : Cents(highest.Common * rate);
        return new JointReserve(highest.Common, scheme.Currency, inOther, other, rate, highest.Scheme, parts, scheme.Ref(partners[0]));
    }

    static IEnumerable<RuleRow> Partners(Scheme scheme, string format, int year) => scheme.Rows("joint-auctions", year).Where(r => r.Text("format") == format);
}
