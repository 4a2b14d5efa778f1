using Microsoft.Extensions.DependencyInjection;
using Verdigris.Footprint.Alarms;
using Verdigris.Footprint.Meters.Broker;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

static class MeterServices
{
    public static void AddMeters(this IServiceCollection services, Uri? broker)
    {
        services.AddSingleton<KnownTags>();
        services.AddSingleton<MeterHandlers>();
        services.AddSingleton<MeterPeriods>();
        services.AddSingleton<MeteredFigures>();
        services.AddSingleton(new NoticeKind(MeteredFigures.Changed));
        services.AddSingleton<AlarmHandlers>();
        services.AddSingleton(new NoticeKind(AlarmWatch.Raised));
        services.AddSingleton<MeterWork>();
        services.AddHostedService(p => p.GetRequiredService<MeterWork>());
        services.AddSingleton<IDailyWork, ReadingRetention>();
        if (broker is null) return;
        services.AddSingleton(new BrokerOptions(broker));
        services.AddHostedService<MeterBroker>();
    }
}
