using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What the capability brings to the server.</summary>
static class NoticeServices
{
    public const string NewSignIn = "account.new-sign-in", SecondStepReset = "account.second-step-reset", Recovered = "account.recovered";

    public static void AddNotices(this IServiceCollection services)
    {
        foreach (var kind in ApprovalNotices.Kinds) services.AddSingleton(kind);
        services.AddSingleton(new NoticeKind(NewSignIn, Personal: true));
        services.AddSingleton(new NoticeKind(SecondStepReset, Personal: true));
        services.AddSingleton(new NoticeKind(Recovered, Personal: true));
        services.AddSingleton<ServerAddress>();
        services.AddSingleton<NoticeBoard>();
        services.AddSingleton<MailPost>();
        services.AddSingleton<MailSender>();
        services.AddHostedService(p => p.GetRequiredService<MailSender>());
        services.AddSingleton<IOutboxSubscriber, NoticeDelivery>();
        services.AddSingleton<IDailyWork, NoticeClearing>();
        services.AddSingleton<DailyWorks>();
        services.AddHostedService(p => p.GetRequiredService<DailyWorks>());
    }
}
