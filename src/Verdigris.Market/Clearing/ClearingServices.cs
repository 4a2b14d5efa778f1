using Microsoft.Extensions.DependencyInjection;
using Verdigris.Market.Clearing.Collaterals;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Defaults;
using Verdigris.Market.Clearing.Deliveries;
using Verdigris.Market.Clearing.Exercises;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing;

/// <summary>What clearing brings to the room.</summary>
static class ClearingServices
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<SeriesRegister>();
        services.AddSingleton<PositionBook>();
        services.AddSingleton<FloorTrades>();
        services.AddSingleton<FloorTradesReader>();
        services.AddHostedService(p => p.GetRequiredService<FloorTradesReader>());
        services.AddSingleton<ClearingFlows>();
        services.AddSingleton<PriceHandlers>();
        services.AddSingleton<IndexCorrections>();
        services.AddSingleton<ExerciseDesk>();
        services.AddSingleton<CollateralDesk>();
        services.AddSingleton<IntradayCalls>();
        services.AddSingleton<DeliveryUnits>();
        // A market without a room of passports delivers no warrants.
        services.AddSingleton(p => new WarrantDelivery(p.GetService<TitleDelivery>()));
        services.AddSingleton<DeliveryDesk>();
        services.AddSingleton<BuyIns>();
        services.AddSingleton<DefaultDesk>();
        services.AddSingleton<DefaultFund>();
        services.AddSingleton<FundMoves>();
        services.AddSingleton<CollateralSales>();
        services.AddSingleton<DefaultAuctions>();
        services.AddSingleton<IClearingStep, CloseSessionsStep>();
        services.AddSingleton<IClearingStep, SettlementPricesStep>();
        services.AddSingleton<IClearingStep, ExerciseStep>();
        services.AddSingleton<IClearingStep, VariationStep>();
        services.AddSingleton<IClearingStep, NettingStep>();
        services.AddSingleton<IClearingStep, ExpiryStep>();
        services.AddSingleton<IClearingStep, DeliveryStep>();
        services.AddSingleton<IClearingStep, InitialMarginStep>();
        services.AddSingleton<IClearingStep, CallsStep>();
        services.AddSingleton<IClearingStep, FeesStep>();
        services.AddSingleton<IClearingStep, CarryStep>();
        services.AddSingleton<IClearingStep, ReportStep>();
        services.AddSingleton(p => new ClearingPipeline(p.GetRequiredService<IDbSessions>(), p.GetRequiredService<ContractSet>(), p.GetRequiredService<FloorTrades>(), p.GetServices<IClearingStep>()));
        services.AddSingleton<ClearingClock>();
        services.AddHostedService(p => p.GetRequiredService<ClearingClock>());
        services.AddSingleton<IBookCommandKind, FlowPosted>();
        services.AddSingleton<IBookCommandKind, DeliverySent>();
        services.AddSingleton<IBookCommandKind, CollateralMoved>();
        services.AddSingleton<IBookCommandKind, DefaultPosted>();
        MarketRoom.Decides<PriceHandlers>(services, PriceHandlers.Task, _ => PriceHandlers.Accept, _ => PriceHandlers.Reject);
        MarketRoom.Decides<PriceHandlers>(services, PriceHandlers.IndexTask, _ => PriceHandlers.AcceptIndex, _ => PriceHandlers.RejectIndex);
        MarketRoom.Decides<IndexCorrections>(services, IndexCorrections.Task, h => h.Accept, _ => PriceHandlers.RejectIndex);
        MarketRoom.Decides<FundMoves>(services, FundMoves.Task, h => h.Accept, _ => FundMoves.Reject);
        MarketRoom.Decides<BuyIns>(services, BuyIns.Task, h => h.Accept, _ => BuyIns.Reject);
        MarketRoom.Decides<BuyIns>(services, BuyIns.ConsentTask, h => h.Consent, h => h.Dissent);
        MarketRoom.Decides<DefaultDesk>(services, DefaultDesk.Task, h => h.Declare, _ => DefaultDesk.TurnDown);
    }
}
