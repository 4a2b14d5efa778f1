using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Cbam.Api;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Suppliers;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam;

/// <summary>
/// The only door of the room: the European border measure (Regulation (EU) 2023/956). The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>,
/// <see cref="EvidenceStore"/>, <see cref="RulePacks"/>, the passport room's <see cref="Passport.IOwnedEmissions"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class CbamRoom
{
    public const string Name = "cbam";

    public static IServiceCollection AddCbam(this IServiceCollection services)
    {
        services.AddStrings(typeof(CbamRoom).Assembly);
        services.AddSingleton<DeclarantHandlers>();
        services.AddSingleton<IDeskRules, DeskRules>();
        services.AddSingleton<ThresholdWatch>();
        services.AddSingleton<YearWatch>();
        services.AddSingleton<CustomsImports>();
        services.AddSingleton<LineHandlers>();
        services.AddSingleton<SupplierHandlers>();
        services.AddSingleton<RequestHandlers>();
        services.AddSingleton<DeclarationDrafting>();
        services.AddSingleton<DeclarationHandlers>();
        services.AddSingleton<QReport.QReportFile>();
        services.AddSingleton<QuarterReports>();
        services.AddSingleton<DeclarationDossiers>();
        services.AddSingleton<OrderDesk>();
        services.AddSingleton<CertificateHandlers>();
        services.AddSingleton<IApprovalKind, DeclarationApproval>();
        services.AddSingleton<IApprovalKind, OrderApproval>();
        services.AddSingleton<IBookCommandKind, OrderKindOfBook>();
        services.AddSingleton<IDailyWork, RequestReminders>();
        services.AddSingleton<IDailyWork, CertificateEnding>();
        services.AddSingleton<Landed.LandedCosts>();
        services.AddSingleton<Template.CommunicationTemplate>();
        services.AddSingleton<CommunicationHandlers>();
        services.AddSingleton<VerifierHandlers>();
        services.AddSingleton<BrandForms>();
        services.AddSingleton<IApprovalKind, OpinionApproval>();
        foreach (var kind in CommunicationNotices.Kinds) services.AddSingleton(kind);
        foreach (var kind in CbamNotices.Kinds) services.AddSingleton(kind);
        services.AddSingleton<IPersonalData, Privacy.CbamPersonalData>();
        return services;
    }

    /// <summary>Pages, texts and navigation; <see cref="AddCbam"/> brings what they call.</summary>
    public static IServiceCollection AddCbamPages(this IServiceCollection services) => services
        .AddRoom(typeof(CbamRoom).Assembly, new NavItem("cbam.nav", "/cbam", 64, a => a.Is(Role.OwnerTrader) || a.Is(Role.OwnerApprover)),
            new NavItem("communication.nav", "/cbam/communications", 63, a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover) || a.Is(Role.VerifierLead) || a.Is(Role.VerifierReviewer)))
        .AddSingleton(new HomeLink("cbam.home", "cbam.home-text", "/cbam", "globe", a => a.Is(Role.OwnerTrader) || a.Is(Role.OwnerApprover), 40));

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(CbamRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => new BookDefinitions(Name).Apply(services.GetRequiredService<IVenue>(), CertificateBook.Definitions(), ct);

    /// <summary>The room's part of <c>/api/v1</c>, and the file of a page's form.</summary>
    public static void MapCbam(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        DeskApi.Map(api);
        SupplierApi.Map(api);
        CommunicationApi.Map(api);
        LandedApi.Map(api);
        QuarterDownload.Map(app);
    }
}
