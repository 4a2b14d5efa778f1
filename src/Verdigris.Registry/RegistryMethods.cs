using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance.Methods;
using Verdigris.Registry.Methods;

namespace Verdigris.Registry;

/// <summary>The methods of calculation this room offers to the command line, the API and the pages.</summary>
public static class RegistryMethods
{
    public static IReadOnlyList<ICalculator> All { get; } =
    [
        new TransferDelayMethod(), new AccountCheckMethod(), new ComplianceMethod(),
        new CapMethod(), new CoverageMethod(), new CirculationMethod(), new ReserveMethod(), new ReserveYearsMethod(), new ReserveLapseMethod(), new AuctionVolumeMethod(), new PriceTriggerMethod(), new PricePathMethod(), new PriceControlMethod(), new LaterPurchaseMethod(),
        new FreeAllocationMethod(), new PreAllocationMethod(), new ActivityLevelMethod(), new BenchmarkUpdateMethod(),
        new OffsetLimitMethod(), new PenaltyMethod(), new CarryOverMethod(), new BorrowingMethod(), new HoldingLimitMethod(), new ComplianceDatesMethod(), new ObligationMethod(), new DutiesMethod(),
        new AuctionMethod(), new ReserveSaleMethod(), new JointReserveMethod(), new AuctionFloorMethod(), new UnsoldMethod(), new TieOrderMethod(),
        new RepoMethod(), new PledgeMethod(), new MarginMethod(), new FeeMethod(), new ForwardMethod(), new LinkedLoanMethod(),
        new ParseSerialMethod(), new SplitMethod(), new EligibilityMethod(),
    ];
}
