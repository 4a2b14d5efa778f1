using System.Text.Json.Nodes;
using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Auctions;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>auction.clear</c>: the price of an auction and what each bid gets.</summary>
sealed class AuctionMethod() : Calculator("auction.clear", "1.0", new("Clearing of an auction", "拍卖出清"), Text("format", "Format of a scheme, for example eu-uniform", "拍卖形式，例如 eu-uniform"), Number("volume", "Offered", "拍卖量", "units"),
    Number("lot", "Lot in place of the format's", "代替拍卖形式的手数", "units", above: true, optional: true),
    Items("bids", "Bids, in the order they came in", "投标（按时间顺序）", Text("id", "Bid", "投标"), Number("qty", "Quantity", "数量", "units"), Number("price", "Price", "价格"), Text("bidder", "Bidder", "投标人", optional: true)),
    new InputField("tieOrder", InputKind.Texts, new("Bids in the order drawn before the auction", "拍卖前抽签确定的顺序"), Required: false, AtLeast: 0),
    Number("reservePrice", "Reserve price", "保留价", optional: true),
    new InputField("steps", InputKind.List, new("Units that come to the offer above a price, or leave it below", "高于某价时增加、低于某价时扣减的数量"), Required: false, AtLeast: 0, Items: [Choice("kind", "Comes or leaves", "增加或扣减", ["add", "withhold"]), Number("price", "Trigger", "触发价格"), Number("units", "At most", "最多", "units")]))
{
    /// <summary>Most units of an offer or a bid.</summary>
    const decimal MostUnits = 1_000_000_000_000m;

    protected override void Work(Working w)
    {
        var schemes = SchemeSet.Of(w.Rules);
        if (AuctionFormats.Find(schemes, w.Input.Text("format")) is not { } found)
        {
            w.Stop<Done>(Refusal.NotFound("auction.format-unknown", "format", ("given", w.Input.Text("format")), ("known", string.Join(", ", AuctionFormats.Names(schemes)))));
            return;
        }
        var format = w.Input.DecimalOrNull("lot") is { } lot ? found.Format with { Lot = Whole(w, lot, "lot") } : found.Format;
        var bids = w.Input.List("bids").Select((b, i) => new AuctionBid(b.Text("id"), Whole(w, b.Decimal("qty"), $"bids[{i}].qty"), b.Decimal("price"), b.TextOrNull("bidder"))).ToList();
        var outcome = w.Value(AuctionClearing.Clear(format, Whole(w, w["volume"], "volume"), bids, w.Input.Texts("tieOrder"), w.Input.DecimalOrNull("reservePrice"),
            [.. w.Input.List("steps").Select((s, i) => new SupplyStep(s.Decimal("price"), Whole(w, s.Decimal("units"), $"steps[{i}].units"), s.Text("kind") == "withhold"))]));
        w.Put("status", outcome.Status.ToString().ToLowerInvariant());
        w.Put("price", outcome.Price is { } price ? w.Step("price", "Clearing price", "出清价格", "price of the bid at which the sum reaches the volume", found.Scheme.Currency, price, found.Rule, ("volume", w["volume"]), ("asked", outcome.Asked)) : (JsonNode?)null);
        w.Put("offered", w.Step("offered", "Offered in the end", "最终拍卖量", "volume + added - withheld", "units", outcome.Offered, ("volume", w["volume"])));
        w.Put("sold", w.Step("sold", "Sold", "售出", "sum(fills)", "units", outcome.Sold));
        w.Put("cover", w.Step("cover", "Cover", "认购倍数", "round(bids / volume)", "1", outcome.Cover));
        w.Put("proceeds", w.Step("proceeds", "Proceeds", "拍卖收入", "price * sold", found.Scheme.Currency, outcome.Proceeds, ("sold", outcome.Sold)));
        var fills = new JsonObject();
        foreach (var (id, quantity) in outcome.Fills) fills[id] = (decimal)quantity;
        w.Put("fills", fills);
    }

    static long Whole(Working w, decimal value, string field) => value == decimal.Truncate(value) && value <= MostUnits ? (long)value : w.Stop<long>(Refusal.Of("calc.not-whole", field, ("field", field), ("given", DecimalText.Write(value))));
}
