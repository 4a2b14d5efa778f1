using System.Text.Json.Nodes;
using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>auction.reserve-sale</c>: units of a reserve at fixed prices, the cheapest tier first.</summary>
sealed class ReserveSaleMethod() : FormatMethod("auction.reserve-sale", "1.0", new("Sale of reserved units", "储备配额出售"), Format(), Year(),
    Items("tiers", "Tiers, the cheapest first", "档位（价格从低到高）", Text("tier", "Tier of the scheme: tier-1", "档位：tier-1"), Number("units", "Units", "数量", "units")), Bids(), TieOrder(), Limits())
{
    protected override void Work(Working w)
    {
        var (format, scheme, rule) = FormatOf(w);
        var tiers = w.Input.List("tiers").Select((t, i) => w.Value(AuctionTerms.Tier(scheme, format.Name, w.Input.Integer("year"), t.Text("tier"), Units(w, t.Decimal("units"), $"tiers[{i}].units")))).ToList();
        var sale = w.Value(ReserveSale.Run(format, [.. tiers.Select(t => t.Tier)], BidsOf(w), w.Input.Texts("tieOrder"), LimitsOf(w, scheme, format.Name)));
        PutCuts(w, sale.Cuts);
        var result = new JsonObject();
        foreach (var tier in sale.Tiers)
        {
            var price = tiers.First(t => t.Tier.Name == tier.Name);
            w.Step($"price-{tier.Name}", $"Price of {tier.Name}", $"{tier.Name} 价格", "printed, or grown from the last printed", scheme.Currency, tier.Price, price.Rule);
            w.Step($"sold-{tier.Name}", $"Sold of {tier.Name}", $"{tier.Name} 售出", "min(units, asked)", "units", tier.Sold, rule, ("units", price.Tier.Units), ("asked", tier.Asked));
            result[tier.Name] = new JsonObject { ["price"] = Working.Shown(tier.Price), ["asked"] = (decimal)tier.Asked, ["sold"] = (decimal)tier.Sold, ["proceeds"] = Working.Shown(tier.Proceeds) };
        }
        w.Put("tiers", result);
        var fills = new JsonObject();
        foreach (var bid in sale.Fills.GroupBy(f => f.Id, StringComparer.Ordinal)) fills[bid.Key] = new JsonObject(bid.Select(f => KeyValuePair.Create(f.Tier, (JsonNode?)(decimal)f.Quantity)));
        w.Put("fills", fills);
        w.Put("sold", w.Step("sold", "Sold", "售出", "sum(fills)", "units", sale.Sold));
        w.Put("proceeds", w.Step("proceeds", "Proceeds", "出售收入", "sum(price * sold)", scheme.Currency, sale.Proceeds, ("sold", sale.Sold)));
    }
}

/// <summary>Method <c>auction.joint-reserve</c>: the reserve price of schemes that sell together.</summary>
sealed class JointReserveMethod() : FormatMethod("auction.joint-reserve", "1.0", new("Reserve price of a joint auction", "联合拍卖保留价"), Format(), Year(), ExchangeRate(),
    new InputField("reserves", InputKind.List, new("Reserve prices as announced, in place of those of the files", "已公布的各体系保留价（代替文件数值）"), Required: false, AtLeast: 0, Items: [Text("scheme", "Scheme", "体系"), Number("price", "Price in its own currency", "以该体系货币计的价格", above: true)]))
{
    protected override void Work(Working w)
    {
        var (format, scheme, _) = FormatOf(w);
        var joint = w.Value(JointReserve.Of(SchemeSet.Of(w.Rules), scheme, format.Name, w.Input.Integer("year"), w["exchangeRate"], [.. w.Input.List("reserves").Select(r => (r.Text("scheme"), r.Decimal("price")))]));
        w.Put("reservePrice", Steps(w, joint));
        w.Put("currency", joint.Currency);
        w.Put("decides", joint.Decides);
        w.Put("inOther", w.Step("other", $"In {joint.OtherCurrency}", $"折合 {joint.OtherCurrency}", "the other scheme's own price where it decides, else price * rate", joint.OtherCurrency, joint.PriceOther, ("rate", w["exchangeRate"])));
        w.Put("otherCurrency", joint.OtherCurrency);
    }

    /// <summary>The steps to the price that counts, and it.</summary>
    internal static decimal Steps(Working w, JointReserve joint)
    {
        foreach (var part in joint.Parts)
        {
            w.Step($"reserve-{part.Scheme}", $"Reserve price of {part.Scheme}", $"{part.Scheme} 保留价", part.Rule is null ? "as announced" : "printed, or grown from the last printed", part.Currency, part.Own, part.Rule);
            if (part.Currency != joint.Currency) w.Step($"converted-{part.Scheme}", $"The same in {joint.Currency}", $"折合 {joint.Currency}", "price / rate, to the cent", joint.Currency, part.Common, ("price", part.Own), ("rate", joint.Rate));
        }
        return w.Step("reserve", "The higher of them", "取其较高者", "max", joint.Currency, joint.Price, joint.Rule, [.. joint.Parts.Select(p => (p.Scheme, p.Common))]);
    }
}

/// <summary>Method <c>auction.floor</c>: a floor worked out of market prices.</summary>
sealed class AuctionFloorMethod() : FormatMethod("auction.floor", "1.1", new("Floor of an auction", "拍卖底价"), Format(), Year(),
    new InputField("means", InputKind.List, new("Mean prices of the windows", "各时段均价"), Required: false, AtLeast: 0, Items: [Window(), Number("mean", "Mean price", "均价", above: true)]),
    new InputField("prices", InputKind.List, new("Or the prices in a window: of each day of trade where it counts days, the mean of each month where it counts months", "或该时段内的价格：按日计的时段给出各交易日价格，按月计的时段给出各月均价"), Required: false, AtLeast: 0, Items: [Window(), Number("price", "Price", "价格", above: true)]))
{
    static InputField Window() => Text("window", "Window of the scheme: three-months, last-month, three-days", "时段：three-months、last-month、three-days");

    protected override void Work(Working w)
    {
        var (format, scheme, _) = FormatOf(w);
        var means = w.Input.List("means").Select(m => (m.Text("window"), m.Decimal("mean"))).ToList();
        foreach (var window in w.Input.List("prices").GroupBy(p => p.Text("window"), StringComparer.Ordinal))
        {
            var prices = window.Select(p => p.Decimal("price")).ToList();
            var (mean, count, months, of) = w.Value(AuctionTerms.WindowMean(scheme, format.Name, w.Input.Integer("year"), window.Key, prices, "prices"));
            means.Add((window.Key, w.Step($"mean-{window.Key}", $"Mean of {window.Key}", $"{window.Key} 均价", "sum(prices) / count", scheme.Currency, mean, of, (months ? "months" : "days", count))));
        }
        var (floor, rule) = w.Value(AuctionTerms.Floor(scheme, format, w.Input.Integer("year"), means));
        w.Put("floor", w.Step("floor", "Floor", "底价", "round(mean of the means) to the tick", scheme.Currency, floor, rule, [.. means.Select(m => (m.Item1, m.Item2)), ("tick", format.Tick)]));
    }
}

/// <summary>Method <c>auction.unsold</c>: the auctions that take what one did not sell.</summary>
sealed class UnsoldMethod() : FormatMethod("auction.unsold", "1.0", new("Where unsold units go", "未售配额的去向"), Format(), Year(), Number("unsold", "Unsold", "未售出", "units", above: true),
    Items("next", "Auctions of the same seller that follow, in order", "同一出售方后续各场拍卖（按顺序）", Text("id", "Auction", "拍卖"), Year(), Number("planned", "Planned", "计划量", "units"), Number("added", "Already added to it", "此前已增加", "units", optional: true)),
    Whole("settledAbove", "Auctions in a row that settled above the reserve price", "连续高于保留价成交的场次", 0, 1_000, optional: true),
    new InputField("announced", InputKind.Numbers, new("Shares as announced", "已公布的分配量"), Required: false, Unit: "units", Minimum: 0))
{
    protected override void Work(Working w)
    {
        var (format, scheme, _) = FormatOf(w);
        var (spread, rule) = w.Value(AuctionTerms.Unsold(scheme, format.Name, w.Input.Integer("year")));
        var next = w.Input.List("next").Select((a, i) => new PlannedAuction(a.Text("id"), a.Integer("year"), Units(w, a.Decimal("planned"), $"next[{i}].planned"), Units(w, a.DecimalOrNull("added") ?? 0, $"next[{i}].added"))).ToList();
        if (spread.SettledAbove > 0 && w.Input.IntegerOrNull("settledAbove") is null) w.Stop<Done>(Refusal.Of("calc.missing-field", "settledAbove", ("field", "settledAbove")));
        var announced = w.Input.Has("announced") ? w.Input.Numbers("announced").Select((a, i) => Units(w, a, $"announced[{i}]")).ToList() : null;
        var answer = w.Value(UnsoldVolume.Spread(spread, format.Lot, Units(w, w["unsold"], "unsold"), w.Input.Integer("year"), next, w.Input.IntegerOrNull("settledAbove") ?? 0, announced));
        var shares = new JsonObject();
        foreach (var (id, units) in answer.Shares)
            shares[id] = w.Step($"share-{id}", $"Added to {id}", $"增加至 {id}", announced is null ? "equal shares in whole lots, the last takes the rest" : "as announced", "units", units, rule, ("unsold", w["unsold"]), ("lot", format.Lot));
        w.Put("shares", shares);
        w.Put("left", w.Step("left", "Taken by no auction", "无拍卖接收", "unsold - sum(shares)", "units", answer.Left, rule, ("unsold", w["unsold"])));
        w.Put("waits", answer.Waits);
    }
}

/// <summary>Method <c>auction.tie-order</c>: the order drawn for equal prices, out of the seed published after the auction.</summary>
sealed class TieOrderMethod() : Calculator("auction.tie-order", "1.0", new("Order drawn for equal prices", "同价投标抽签顺序"), Text("auction", "Auction", "拍卖"), Text("seed", "Seed, 64 hexadecimal digits", "种子（64 位十六进制）"),
    new InputField("ids", InputKind.Texts, new("Bids", "投标")), Text("commitment", "Commitment published before the auction", "拍卖前公布的承诺值", optional: true))
{
    protected override void Work(Working w)
    {
        var (auction, ids) = (w.Input.Text("auction"), w.Input.Texts("ids"));
        if (Hex(w.Input.Text("seed")) is not { Length: TieDraw.SeedBytes } seed) { w.Stop<Done>(Refusal.Of("auction.seed", "seed")); return; }
        if (ids.GroupBy(i => i, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) w.Stop<Done>(Refusal.Of("auction.bid-twice", "ids", ("given", twice.Key)));
        w.Put("commitment", Convert.ToHexStringLower(TieDraw.Commitment(auction, seed)));
        if (w.Input.TextOrNull("commitment") is { } published) w.Put("opens", Hex(published) is { } bytes && TieDraw.Opens(bytes, auction, seed));
        w.Put("order", new JsonArray([.. TieDraw.Order(auction, seed, ids).Select(id => (JsonNode)id)]));
    }

    static byte[]? Hex(string text) => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : null;
}
