using System.Text.Json.Nodes;
using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>A method that works by the format of an auction.</summary>
abstract class FormatMethod(string method, string version, Bilingual title, params IReadOnlyList<InputField> fields) : Calculator(method, version, title, fields)
{
    /// <summary>Most units of an offer or a bid.</summary>
    const decimal MostUnits = 1_000_000_000_000m;

    protected static InputField Format() => Text("format", "Format of a scheme, for example eu-uniform", "拍卖形式，例如 eu-uniform");

    protected static InputField Year(bool optional = false) => Whole("year", "Year of the auction", "拍卖年份", SchemeMethod.FirstYear, SchemeMethod.LastYear, optional);

    protected static InputField Bids() =>
        Items("bids", "Bids, in the order they came in", "投标（按时间顺序）", Text("id", "Bid", "投标"), Number("qty", "Quantity", "数量", "units"), Number("price", "Price", "价格"), Text("bidder", "Bidder", "投标人", optional: true));

    protected static InputField ExchangeRate(bool optional = false) => Number("exchangeRate", "Units of the other scheme's currency for one of this, where schemes sell together", "联合拍卖时一单位本体系货币折合另一体系货币的数额", above: true, optional: optional);

    protected static InputField TieOrder() => new("tieOrder", InputKind.Texts, new("Bids in the order drawn before the auction", "拍卖前抽签确定的顺序"), Required: false, AtLeast: 0);

    protected static InputField Limits() => new("limits", InputKind.List, new("Limits of bidders", "投标人限额"), Required: false, AtLeast: 0, Items:
        [Text("bidder", "Bidder", "投标人"), Text("bidders", "What the bidder is, as the scheme says: covered, other", "投标人类别（按体系）：covered、other", optional: true), Number("share", "Most of what is offered, as a fraction", "占拍卖量的上限（小数）", max: 1, optional: true),
            Number("holdingRoom", "May still come to hold", "尚可持有", "units", optional: true), Number("guarantee", "Guarantee", "保证金", optional: true)]);

    protected static (AuctionFormat Format, Scheme Scheme, RuleRef Rule) FormatOf(Working w)
    {
        var schemes = SchemeSet.Of(w.Rules);
        return AuctionFormats.Find(schemes, w.Input.Text("format"))
            ?? w.Stop<(AuctionFormat, Scheme, RuleRef)>(Refusal.NotFound("auction.format-unknown", "format", ("given", w.Input.Text("format")), ("known", string.Join(", ", AuctionFormats.Names(schemes)))));
    }

    protected static IReadOnlyList<AuctionBid> BidsOf(Working w) => [.. w.Input.List("bids").Select((b, i) => new AuctionBid(b.Text("id"), Units(w, b.Decimal("qty"), $"bids[{i}].qty"), b.Decimal("price"), b.TextOrNull("bidder")))];

    /// <summary>Limits as given, or the share of the scheme's file for what the bidder is.</summary>
    protected static IReadOnlyList<BidderLimit> LimitsOf(Working w, Scheme scheme, string format) => [.. w.Input.List("limits").Select((l, i) =>
    {
        var share = l.DecimalOrNull("share");
        if (share is null && l.TextOrNull("bidders") is { } kind)
        {
            var (ofKind, rule) = w.Value(AuctionTerms.Share(scheme, format, w.Input.IntegerOrNull("year"), kind));
            share = w.Step($"share-{l.Text("bidder")}", $"Most of the offer: {l.Text("bidder")}", $"最多占拍卖量：{l.Text("bidder")}", "share of its kind", "1", ofKind, rule);
        }
        return new BidderLimit(l.Text("bidder"), share, l.DecimalOrNull("holdingRoom") is { } room ? Units(w, room, $"limits[{i}].holdingRoom") : null, l.DecimalOrNull("guarantee"));
    })];

    /// <summary>What limits cut off bids, as steps and in the result.</summary>
    protected static void PutCuts(Working w, IReadOnlyList<BidCut> cuts)
    {
        var list = new JsonObject();
        foreach (var cut in cuts)
        {
            var (en, zh) = cut.Limit switch { LimitKind.PurchaseShare => ("share of the offer", "拍卖量份额"), LimitKind.HoldingRoom => ("holding limit", "持有上限"), _ => ("guarantee", "保证金") };
            list[cut.Id] = w.Step($"cut-{cut.Id}", $"Cut off {cut.Id}: {en}", $"削减 {cut.Id}：{zh}", "asked - most within the limit", "units", cut.Units, ("left", cut.Left));
        }
        if (cuts.Count > 0) w.Put("cuts", list);
    }

    protected static long Units(Working w, decimal value, string field) => value == decimal.Truncate(value) && value <= MostUnits ? (long)value : w.Stop<long>(Refusal.Of("calc.not-whole", field, ("field", field), ("given", DecimalText.Write(value))));
}

/// <summary>Method <c>auction.clear</c>: the price of an auction and what each bid gets.</summary>
sealed class AuctionMethod() : FormatMethod("auction.clear", "1.2", new("Clearing of an auction", "拍卖出清"), Format(), Number("volume", "Offered", "拍卖量", "units"), Year(optional: true),
    Number("lot", "Lot in place of the format's", "代替拍卖形式的手数", "units", above: true, optional: true), Bids(), TieOrder(),
    Number("reservePrice", "Reserve price", "保留价", optional: true), ExchangeRate(optional: true), Number("confidentialReserve", "Confidential reserve price", "保密保留价", optional: true),
    new InputField("steps", InputKind.List, new("Units that come to the offer above a price, or leave it below", "高于某价时增加、低于某价时扣减的数量"), Required: false, AtLeast: 0, Items: [Choice("kind", "Comes or leaves", "增加或扣减", ["add", "withhold"]), Number("price", "Trigger", "触发价格"), Number("units", "At most", "最多", "units")]),
    new InputField("controls", InputKind.List, new("Containment reserves of the scheme that take part in the year", "当年参与的体系成本／排放控制储备"), Required: false, AtLeast: 0, Items: [Text("control", "Control of the scheme: ccr, ecr", "调控类型：ccr、ecr"), Number("units", "Left of it; else what the file prints", "剩余数量；未给出则取文件数值", "units", optional: true)]),
    Limits())
{
    protected override void Work(Working w)
    {
        var (given, scheme, rule) = FormatOf(w);
        var format = w.Input.DecimalOrNull("lot") is { } lot ? given with { Lot = Units(w, lot, "lot") } : given;
        var volume = Units(w, w["volume"], "volume");
        var offer = new AuctionOffer(volume, ReserveOf(w, scheme, format), w.Input.DecimalOrNull("confidentialReserve"), StepsOf(w, scheme, format));
        var outcome = w.Value(AuctionClearing.Clear(format, offer, BidsOf(w), w.Input.Texts("tieOrder"), LimitsOf(w, scheme, format.Name)));
        PutCuts(w, outcome.Cuts);
        if (outcome.InterimPrice is { } interim && outcome.Steps.Count > 0) w.Step("interim", "Price without containment", "未启用储备时的价格", "price of the bid at which the sum reaches the volume", scheme.Currency, interim, ("volume", volume));
        foreach (var (i, step) in outcome.Steps.Index())
            w.Step($"step-{i + 1}", step.Withholds ? "Withheld below the trigger" : "Added above the trigger", step.Withholds ? "低于触发价格扣减" : "高于触发价格增加", "until the price reaches the trigger or nothing is left", "units", step.Units, ("trigger", step.Price));
        w.Put("status", outcome.Status.ToString().ToLowerInvariant());
        if (outcome.Why != NothingSold.No) w.Put("why", outcome.Why switch { NothingSold.NoBids => "no-bids", NothingSold.TooFewBids => "too-few-bids", NothingSold.BelowConfidential => "below-confidential", _ => "all-withheld" });
        w.Put("price", outcome.Price is { } price ? w.Step("price", "Clearing price", "出清价格", outcome.Status == AuctionStatus.Partial ? "reserve price or the last bid's" : "price of the bid at which the sum reaches the offer, or the trigger", scheme.Currency, price, rule, ("volume", volume), ("asked", outcome.Asked)) : (JsonNode?)null);
        if (outcome.InterimPrice is { } before) w.Put("interimPrice", before);
        w.Put("offered", w.Step("offered", "Offered in the end", "最终拍卖量", "volume + added - withheld", "units", outcome.Offered, ("volume", volume)));
        if (outcome.AtPrice > outcome.LeftAtPrice) w.Step("at-price", "Left for bids at the price", "出清价上可分配量", "offered - bids above", "units", outcome.LeftAtPrice, ("asked", outcome.AtPrice));
        w.Put("sold", w.Step("sold", "Sold", "售出", "sum(fills)", "units", outcome.Sold));
        w.Put("unsold", w.Step("unsold", "Unsold", "未售出", "offered - sold", "units", outcome.Unsold, ("offered", outcome.Offered), ("sold", outcome.Sold)));
        w.Put("cover", w.Step("cover", "Cover", "认购倍数", "round(bids / volume)", "1", outcome.Cover));
        w.Put("proceeds", w.Step("proceeds", "Proceeds", "拍卖收入", "price * sold", scheme.Currency, outcome.Proceeds, ("sold", outcome.Sold)));
        var fills = new JsonObject();
        foreach (var (id, quantity) in outcome.Fills) fills[id] = (decimal)quantity;
        w.Put("fills", fills);
    }

    /// <summary>The price given, or that of the scheme's file for the year.</summary>
    static decimal? ReserveOf(Working w, Scheme scheme, AuctionFormat format)
    {
        if (w.Input.DecimalOrNull("reservePrice") is { } given) return given;
        if (w.Input.IntegerOrNull("year") is not { } year) return null;
        if (JointReserve.Is(scheme, format.Name, year))
        {
            if (w.Input.DecimalOrNull("exchangeRate") is not { } rate) return w.Stop<decimal?>(Refusal.Of("calc.missing-field", "exchangeRate", ("field", "exchangeRate")));
            return JointReserveMethod.Steps(w, w.Value(JointReserve.Of(SchemeSet.Of(w.Rules), scheme, format.Name, year, rate, [])));
        }
        if (w.Value(AuctionTerms.Reserve(scheme, format.Name, year)) is not { } reserve) return null;
        return w.Step("reserve", "Reserve price of the year", "当年保留价", "printed, or grown from the last printed", scheme.Currency, reserve.Price, reserve.Rule);
    }

    static IReadOnlyList<SupplyStep> StepsOf(Working w, Scheme scheme, AuctionFormat format)
    {
        var year = w.Input.IntegerOrNull("year");
        var steps = w.Input.List("steps").Select((s, i) => new SupplyStep(s.Decimal("price"), Units(w, s.Decimal("units"), $"steps[{i}].units"), s.Text("kind") == "withhold")).ToList();
        foreach (var (i, control) in w.Input.List("controls").Index())
        {
            if (year is not { } on) return w.Stop<IReadOnlyList<SupplyStep>>(Refusal.Of("calc.missing-field", "year", ("field", "year")));
            var left = control.DecimalOrNull("units") is { } units ? Units(w, units, $"controls[{i}].units") : (long?)null;
            var (step, rule) = w.Value(AuctionTerms.Step(scheme, format.Name, on, control.Text("control"), left, $"controls[{i}].units"));
            w.Step($"control-{control.Text("control")}", $"Trigger of {control.Text("control")}", $"{control.Text("control")} 触发价格", "printed, or grown from the last printed", scheme.Currency, step.Price, rule, ("units", step.Units));
            if (step.Units > 0) steps.Add(step);
        }
        if (year is { } of && AuctionTerms.OverPools(scheme, format.Name, of, steps, [], "controls") is { } over) return w.Stop<IReadOnlyList<SupplyStep>>(over);
        return steps;
    }
}
