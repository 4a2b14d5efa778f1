using Microsoft.Extensions.DependencyInjection;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>What the capability brings to the server.</summary>
static class WebhookServices
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddSingleton(new NoticeKind(Webhooks.Disabled, Personal: true));
        services.AddSingleton<WebhookClient>();
        services.AddSingleton<Webhooks>();
        services.AddSingleton<WebhookSender>();
        services.AddHostedService(p => p.GetRequiredService<WebhookSender>());
        services.AddSingleton<IOutboxSubscriber, WebhookFanOut>();
        services.AddSingleton<IDailyWork, WebhookClearing>();
    }
}
