using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Api;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Finance;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Statistics;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry;

/// <summary>
/// The only door of the room: emission trading schemes and crediting programmes. The host brings <see cref="Database"/>, <see cref="IDbSessions"/>, <see cref="IVenue"/>, <see cref="Approvals"/>, <see cref="BookCommands"/>,
/// <see cref="EvidenceStore"/>, <see cref="RulePacks"/>, <see cref="CalculatorSet"/>, <see cref="IHolderDirectory"/>, the footprint room's <see cref="Footprint.Publication.IPublishedReports"/> and, for the API, <see cref="ICurrentActor"/>.
/// </summary>
public static class RegistryRoom
{
    public const string Name = "registry";

    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddStrings(typeof(RegistryRoom).Assembly);
        services.AddSingleton(p => SchemeSet.Of(p.GetRequiredService<RulePacks>()));
        services.AddSingleton<SchemeNumbers>();
        services.AddSingleton<Administration>();
        services.AddSingleton<OwnStatistics>();
        // The ways a task or a command of the Book ends may themselves begin others: they look each other up when they run.
        services.AddSingleton(p => new Lazy<BookCommands>(p.GetRequiredService<BookCommands>));
        services.AddSingleton<HolderHandlers>();
        services.AddSingleton<InstallationHandlers>();
        services.AddSingleton<AccountHandlers>();
        services.AddSingleton<ClosingHandlers>();
        services.AddSingleton<AccessHandlers>();
        services.AddSingleton<TransactionDesk>();
        services.AddSingleton<TransactionHandlers>();
        services.AddSingleton<SerialStandings>();
        services.AddSingleton<FreezeHandlers>();
        services.AddSingleton<SafetyReports>();
        services.AddSingleton<IPersonalData, Privacy.RegistryPersonalData>();
        services.AddSingleton<ComplianceHandlers>();
        services.AddSingleton<DealDesk>();
        services.AddSingleton<DealHandlers>();
        services.AddSingleton<IBookCommandKind, AccountOpened>();
        services.AddSingleton<IBookCommandKind, AccountClosed>();
        services.AddSingleton<IBookCommandKind, PlainCommand>();
        services.AddSingleton<IBookCommandKind, TransactionHeld>();
        services.AddSingleton<IBookCommandKind, TransactionPosted>();
        services.AddSingleton<PenaltyHandlers>();
        services.AddSingleton<PlantClasses>();
        services.AddSingleton<CarryOverHandlers>();
        services.AddSingleton<IBookCommandKind, CarryOverKind>();
        services.AddSingleton<IDailyWork, DelaysOver>();
        services.AddSingleton<IDailyWork, DueReminders>();
        services.AddSingleton<Links.LinkHandlers>();
        services.AddSingleton<IBookCommandKind, Links.LinkTaken>();
        services.AddSingleton<IDailyWork, Links.LinkTotals>();
        services.AddSingleton<IBookCommandKind, DealMoved>();
        services.AddSingleton<IDailyWork, MarginWatch>();
        Decides<HolderHandlers>(services, HolderHandlers.Task, h => h.Admit, h => h.TurnDown);
        Decides<InstallationHandlers>(services, InstallationHandlers.Task, h => h.Decide, h => h.TurnDown);
        Decides<AccountHandlers>(services, AccountHandlers.OpenTask, h => h.Open, h => h.RefuseOpening);
        Decides<ClosingHandlers>(services, ClosingHandlers.Task, h => h.Approve, _ => ClosingHandlers.KeepOpen);
        Decides<AccessHandlers>(services, AccessHandlers.RepresentativeTask, h => h.Confirm, h => h.Decline);
        Decides<AccessHandlers>(services, AccessHandlers.TrustTask, h => h.ConfirmTrust, h => h.DeclineTrust);
        Decides<TransactionDesk>(services, TransactionHandlers.HolderTask, h => h.Approve, h => h.Reject);
        Decides<TransactionDesk>(services, TransactionHandlers.AuthorityTask, h => h.Approve, h => h.Reject);
        Decides<FreezeHandlers>(services, FreezeHandlers.Task, h => h.Lift, _ => FreezeHandlers.KeepFrozen);
        Decides<ComplianceHandlers>(services, ComplianceHandlers.EmissionsTask, h => h.Accept, h => h.TurnDown);
        Decides<ComplianceHandlers>(services, ComplianceHandlers.AllocationTask, h => h.ApproveAllocation, h => h.WithdrawAllocation);
        Decides<PlantClasses>(services, PlantClasses.Task, h => h.Decide, h => h.TurnDown);
        Decides<PenaltyHandlers>(services, PenaltyHandlers.Task, h => h.Set, h => h.TurnDown);
        Decides<Links.LinkHandlers>(services, Links.LinkHandlers.Task, h => h.Open, _ => Links.LinkHandlers.TurnDown);
        Decides<Links.LinkHandlers>(services, Links.LinkHandlers.ResumeTask, h => h.Resume, _ => Links.LinkHandlers.KeepSuspended);
        Decides<CarryOverHandlers>(services, CarryOverHandlers.Task, h => h.Carry, h => h.TurnDown);
        Decides<DealHandlers>(services, DealHandlers.Task, h => h.Decide, h => h.TurnDown);
        Credits.CreditsDoor.Add(services);
        foreach (var kind in RegistryNotices.Kinds) services.AddSingleton(kind);
        return services;
    }

    /// <summary>Whoever may end a task may end what it asks for, also where another administers the scheme or programme since: else it would wait, and what it holds would be held, for ever.</summary>
    internal static void Decides<T>(IServiceCollection services, string kind, Func<T, Func<DbSession, Guid, CancellationToken, Task<Answer<Done>>>> approve, Func<T, Func<DbSession, Guid, string, CancellationToken, Task<Answer<Done>>>> reject) where T : notnull =>
        services.AddSingleton<IApprovalKind>(p => new SubjectApproval(kind, (s, id, ct) => approve(p.GetRequiredService<T>())(s, id, ct), (s, id, reason, ct) => s.Lent(t => reject(p.GetRequiredService<T>())(s, id, reason, t), ct)));

    /// <summary>Pages, texts and navigation; <see cref="AddRegistry"/> brings what they call.</summary>
    public static IServiceCollection AddRegistryPages(this IServiceCollection services) => services
        .AddRoom(typeof(RegistryRoom).Assembly, new NavItem("registry.nav", "/registry", 66, Sees), new NavItem("credits.nav", "/credits", 68, a => Credits.CreditsDoor.Sees(a) && !Sees(a) && !a.Is(Role.ExchangeStaff)))
        .AddSingleton(new HomeLink("schemes.home", "schemes.home-text", "/schemes", "scales", _ => true, 46))
        .AddSingleton(new HomeLink("registry.home", "registry.home-text", "/registry", "scales", a => Sees(a) || a.Is(Role.ExchangeStaff), 45))
        .AddSingleton(new HomeLink("credits.home", "credits.home-text", "/credits", "leaf", Credits.CreditsDoor.Sees, 46))
        .AddScoped<IRoomFigures, StatisticsFigures>();

    /// <summary>Who has the registry in the bar. The market's staff, who only name authorities, come by the start page: their bar is full.</summary>
    static bool Sees(Actor a) => a.Is(Role.AccountRepresentative) || a.Is(Role.AuthorityOfficer) || a.Is(Role.AuthorityApprover);

    /// <summary>Applies the room's schema. Storage's own comes first.</summary>
    public static Task ApplySchema(Database database, CancellationToken ct) => SchemaRunner.Apply(database, Name, typeof(RegistryRoom).Assembly, ct);

    /// <summary>Defines in the Book what the room needs. At every start, after the schema.</summary>
    public static async Task Start(IServiceProvider services, CancellationToken ct)
    {
        await services.GetRequiredService<SchemeNumbers>().Start(ct);
        await Credits.CreditsDoor.Start(services, ct);
    }

    /// <summary>The room's part of <c>/api/v1</c>.</summary>
    public static void MapRegistry(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1");
        api.AddListCsv();
        AccountApi.Map(api);
        TransactionApi.Map(api);
        LinkApi.Map(api);
        CreditsApi.Map(api);
        StatisticsApi.Map(api);
        SchemeApi.Map(api);
        FinanceApi.Map(api);
    }
}
