using Microsoft.AspNetCore.Components;
using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Market.Data.History;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Market.Data.Pages;

/// <summary>What the pages of prices stand on. They are open to everybody and name nobody.</summary>
public abstract class PricePageBase : RoomPage
{
    [Inject] protected ContractSet Contracts { get; set; } = null!;
    [Inject] protected PriceHistory History { get; set; } = null!;
    [Inject] protected PriceFeed Feed { get; set; } = null!;

    protected override string DonePrefix => "market.done.";

    protected string In(string en, string zh) => S.Language == "zh" ? zh : en;

    /// <summary>A price with the places of its contract's tick at least.</summary>
    protected string Price(decimal? price, string contract) => price is { } p ? Show.Number(p, Math.Max(PlacesOf(contract), p.Scale)) : "–";

    protected int PlacesOf(string contract) => Contracts.Find(contract)?.Tick(Today)?.Scale ?? 2;

    protected string Lots(long lots) => Show.Count(lots);

    protected string Signed(decimal? change, string contract) => change is { } c ? (c > 0 ? "+" : "") + Price(c, contract) : "–";

    protected static string Plain(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
}
