using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Api;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Organisations.Groups;
using Verdigris.Passport.Payments;
using Verdigris.Passport.PlantMap;
using Verdigris.Passport.Publications;
using Verdigris.Passport.Reading;
using Verdigris.Passport.Register;
using Verdigris.Passport.Reminders;
using Verdigris.Passport.Sourcing;
using Verdigris.Passport.Finance;
using Verdigris.Passport.Warehousing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport;

/// <param name="KeysFolder">Where the private keys kept for plants lie, readable by the server only: <c>DATA/keys</c>.</param>
public sealed record PassportOptions(string KeysFolder);

/// <summary>
/// The only door of the room. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>, <see cref="EvidenceStore"/>,
/// <see cref="IClock"/>, <see cref="RulePacks"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class PassportRoom
{
    public const string Name = "passport";

    public static IServiceCollection AddPassport(this IServiceCollection services, PassportOptions options)
    {
        services.AddStrings(typeof(PassportRoom).Assembly);
        services.AddSingleton(options);
        services.AddSingleton(_ => new KeyVault(options.KeysFolder));
        services.AddSingleton(p => ContractTerms.Load(p.GetRequiredService<RulePacks>()));
        services.AddSingleton(p => new PassportRules(p.GetRequiredService<RulePacks>()));
        services.AddSingleton<TitleReader>();
        services.AddSingleton<TitleFence>();
        services.AddSingleton<PlantKeys>();
        services.AddSingleton<OrganisationKeys>();
        services.AddSingleton<Certificates.Paper.PaperPublishing>();
        services.AddSingleton<Certificates.Paper.PaperHandlers>();
        services.AddSingleton<OrganisationHandlers>();
        services.AddSingleton<BrandHandlers>();
        services.AddSingleton<CertificateHandlers>();
        services.AddSingleton<Certificates.Casting.CastingHandlers>();
        services.AddSingleton<AnomalyWatch>();
        services.AddSingleton<AnomalyHandlers>();
        services.AddSingleton<CertificateImport>();
        services.AddSingleton<ImportMappings>();
        services.AddSingleton<ImportRuns>();
        services.AddSingleton<ImportSigning>();
        services.AddSingleton<ImportSigningRuns>();
        services.AddSingleton<EmissionsHandlers>();
        services.AddSingleton<IOwnedEmissions, OwnedEmissionsReading>();
        services.AddSingleton<CertificateCache>();
        services.AddSingleton<CertificateReading>();
        services.AddSingleton<EvidenceHandlers>();
        services.AddSingleton<WarrantHandlers>();
        services.AddSingleton<LapsedOffers>();
        services.AddSingleton<TransferHandlers>();
        services.AddSingleton<TitleDelivery>();
        services.AddSingleton<LoadOutHandlers>();
        services.AddSingleton<Lots.LotHandlers>();
        services.AddSingleton<RegisterHandlers>();
        services.AddSingleton<CheckHandlers>();
        services.AddWarehousing();
        services.AddFinance();
        services.AddDisclosures();
        services.AddSourcing();
        foreach (var kind in PassportNotices.Kinds) services.AddSingleton(kind);
        services.AddSingleton<IDailyWork, ExpiryNotices>();
        services.AddPublications();
        services.AddSingleton<IPersonalData, Privacy.PassportPersonalData>();
        services.AddPayments();
        services.AddSingleton<PlantMapHandlers>();
        services.AddSingleton<OrganisationRegister>();
        services.AddSingleton<BrandRegister>();
        services.AddSingleton<GroupHandlers>();
        services.AddSingleton<GroupRegister>();
        services.AddSingleton<LandOutline>();
        services.AddSingleton<IBookCommandKind, OpenAccountsKind>();
        services.AddSingleton<IBookCommandKind, IssuedKind>();
        services.AddSingleton<IBookCommandKind, TransferOpenedKind>();
        services.AddSingleton<IBookCommandKind, TransferEndedKind>();
        services.AddSingleton<IBookCommandKind, WarrantMovedKind>();
        services.AddSingleton<IBookCommandKind, StockTakenKind>();
        services.AddSingleton<StockTakeover>();
        services.AddSingleton<IApprovalKind, ListBrandKind>();
        services.AddSingleton<IApprovalKind, IssueWarrantKind>();
        services.AddSingleton<IApprovalKind, AcceptTransferKind>();
        services.AddSingleton<IApprovalKind, LoadOutKind>();
        services.AddSingleton<IApprovalKind, InvalidateKind>();
        services.AddSingleton<IApprovalKind, AcceptSubmissionKind>();
        // One session a request, acting as whoever is signed in.
        services.TryAddScoped(p => p.GetRequiredService<IDbSessions>().Open(p.GetRequiredService<ICurrentActor>().Actor));
        return services;
    }

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(PassportRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => BookSetup.Apply(services.GetRequiredService<IVenue>(), ct);

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapPassport(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        OrganisationApi.Map(api);
        BrandApi.Map(api);
        CertificateApi.Map(api);
        CastingApi.Map(api);
        ImportApi.Map(api);
        AnomalyApi.Map(api);
        PaperApi.Map(api);
        LotApi.Map(api);
        WarrantApi.Map(api);
        WarehouseApi.Map(api);
        CampaignApi.Map(api);
        PledgeApi.Map(api);
        EmissionsApi.Map(api);
        DisclosureApi.Map(api);
        SourcingApi.Map(api);
        PublicationApi.Map(api);
        PaymentApi.Map(api);
        PlantMapApi.Map(api);
        GroupApi.Map(api);
    }
}
