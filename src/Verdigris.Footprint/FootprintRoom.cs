using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Verdigris.Book;
using Verdigris.Footprint.Api;
using Verdigris.Footprint.EnergyCertificates;
using Verdigris.Footprint.Meters;
using Verdigris.Footprint.Pages;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Reports.Import;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint;

/// <summary>
/// The only door of the room. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="EvidenceStore"/>, <see cref="RulePacks"/>, the <see cref="Primitives.Calculations.CalculatorSet"/> of all rooms, <see cref="IVerifierRegister"/>,
/// <see cref="IReportSigner"/>, <see cref="IBrandForms"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class FootprintRoom
{
    public const string Name = "footprint";

    /// <param name="broker">Where readings come from by MQTT; null: from nowhere.</param>
    public static IServiceCollection AddFootprint(this IServiceCollection services, Uri? broker = null)
    {
        services.AddStrings(typeof(FootprintRoom).Assembly);
        services.AddSingleton<FacilityHandlers>();
        services.AddSingleton<PlanHandlers>();
        services.AddSingleton<ReportHandlers>();
        services.AddSingleton<VerificationHandlers>();
        services.AddSingleton<ReportSignatures>();
        services.AddSingleton<FindingFiles>();
        foreach (var kind in ReportNotices.Kinds) services.AddSingleton(kind);
        services.AddSingleton<IDailyWork, FindingReminders>();
        services.AddSingleton<ActivityImports>();
        services.AddSingleton<ReportTraces>();
        services.AddSingleton<ReportDossiers>();
        services.AddMeters(broker);
        services.AddSingleton<IPersonalData, Privacy.FootprintPersonalData>();
        services.AddSingleton<EnergyHandlers>();
        services.AddSingleton<IBookCommandKind, EnergyRegisteredKind>();
        services.AddSingleton<IBookCommandKind, EnergyCancelledKind>();
        services.AddSingleton<Publications>();
        services.AddSingleton<IPublishedReports>(p => p.GetRequiredService<Publications>());
        // One session a request, acting as whoever is signed in.
        services.TryAddScoped(p => p.GetRequiredService<IDbSessions>().Open(p.GetRequiredService<ICurrentActor>().Actor));
        services.AddSingleton<FacilityExamples>();
        return services;
    }

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(FootprintRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => new BookDefinitions(Name).Apply(services.GetRequiredService<IVenue>(), EnergyBook.Definitions(), ct);

    /// <summary>Pages, texts and navigation; <see cref="AddFootprint"/> brings what they call.</summary>
    public static IServiceCollection AddFootprintPages(this IServiceCollection services) => services
        .AddRoom(typeof(FootprintRoom).Assembly, new NavItem("footprint.nav", "/footprint", 62))
        .AddSingleton(new HomeLink("footprint.home", "footprint.home-text", "/footprint", "leaf", a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover), 35));

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapFootprint(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        ReportApi.Map(api);
        ActivityImportApi.Map(api);
        ReportFileApi.Map(api);
        MeterApi.Map(api);
        AlarmApi.Map(api);
        PublicationApi.Map(api);
        EnergyApi.Map(api);
        MethodApi.Map(api);
        FacilityDownload.Map(app);
    }
}
