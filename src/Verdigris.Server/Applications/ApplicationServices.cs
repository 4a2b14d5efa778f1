using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What the capability brings to the server.</summary>
static class ApplicationServices
{
    public static void AddApplications(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeKind(Applications.Filed));
        services.AddSingleton<Applications>();
        services.AddSingleton<IApprovalKind, DecideApplication>();
        services.AddSingleton<IOutboxSubscriber, ApplicationMail>();
        services.AddSingleton<IDailyWork, ApplicationLapse>();
    }
}
