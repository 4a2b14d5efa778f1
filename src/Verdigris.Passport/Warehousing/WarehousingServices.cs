using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Evidence;
using Verdigris.Passport.Warehousing.Campaigns;
using Verdigris.Passport.Warehousing.FloorCounts;
using Verdigris.Passport.Warehousing.LoadOuts;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Warehousing;

static class WarehousingServices
{
    /// <summary>Rules and use cases of the warehouse floor.</summary>
    public static void AddWarehousing(this IServiceCollection services)
    {
        services.AddSingleton(p => new WarehousingRules(p.GetRequiredService<RulePacks>()));
        services.AddSingleton<WeighHandlers>();
        services.AddSingleton<MatchPhotos>();
        services.AddSingleton<LoadOutOrders>();
        services.AddSingleton<FloorCountHandlers>();
        services.AddSingleton<AttachedFiles>();
        services.AddSingleton<CampaignHandlers>();
        services.AddSingleton<IApprovalKind, ResolveDifferenceKind>();
    }
}
