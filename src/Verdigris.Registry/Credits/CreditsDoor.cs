using Microsoft.Extensions.DependencyInjection;
using Verdigris.Book;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Orders;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits;

/// <summary>What the room's door brings of crediting programmes.</summary>
static class CreditsDoor
{
    /// <summary>Who is led to the pages from the first page; they are public all the same.</summary>
    public static bool Sees(Primitives.Actor a) => a.Is(Primitives.Role.OwnerTrader) || a.Is(Primitives.Role.OwnerApprover) || a.Is(Primitives.Role.ProducerEditor) || a.Is(Primitives.Role.VerifierLead) || a.Is(Primitives.Role.AuthorityOfficer) || a.Is(Primitives.Role.AuthorityApprover) || a.Is(Primitives.Role.ExchangeStaff);

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton(p => new Lazy<Approvals>(p.GetRequiredService<Approvals>));
        services.AddSingleton<ProgrammeAdministration>();
        services.AddSingleton<UnitQueries>();
        services.AddSingleton<Issuing>();
        services.AddSingleton<ProjectHandlers>();
        services.AddSingleton<PeriodHandlers>();
        services.AddSingleton<StepHandlers>();
        services.AddSingleton<OrderHandlers>();
        services.AddSingleton<CreditImports>();
        services.AddSingleton<CreditFreezes>();
        services.AddSingleton<Market.CreditMarket>();
        services.AddSingleton<Market.BasketCare>();
        services.AddSingleton<Duplicates.MatchHandlers>();
        services.AddSingleton<Article6.AuthorisationHandlers>();
        services.AddSingleton<LabelHandlers>();
        services.AddSingleton<IBookCommandKind, ImportKind>();
        services.AddSingleton<IBookCommandKind, CreditStop>();
        services.AddSingleton<IBookCommandKind, IssuanceKind>();
        services.AddSingleton<IBookCommandKind, OrderKind>();
        services.AddSingleton<IBookCommandKind, Market.CallInKind>();
        RegistryRoom.Decides<CreditFreezes>(services, CreditFreezes.Task, h => h.Lift, _ => CreditFreezes.KeepFrozen);
        RegistryRoom.Decides<StepHandlers>(services, StepHandlers.Task, h => h.Take, h => h.TurnDown);
        RegistryRoom.Decides<OrderHandlers>(services, OrderHandlers.OwnTask, h => h.Approve, h => h.TurnDown);
        RegistryRoom.Decides<OrderHandlers>(services, OrderHandlers.ProgrammeTask, h => h.Approve, h => h.TurnDown);
        RegistryRoom.Decides<OrderHandlers>(services, OrderHandlers.AcceptTask, h => h.Accept, h => h.Decline);
    }

    /// <summary>The programmes in the database, and their units, accounts and rules in the Book. At every start.</summary>
    public static async Task Start(IServiceProvider services, CancellationToken ct)
    {
        var rules = CreditRules.Of(services.GetRequiredService<RulePacks>());
        await ProgrammeAdministration.Start(services.GetRequiredService<IDbSessions>(), rules, ct);
        await new BookDefinitions(RegistryRoom.Name).ApplyAll(services.GetRequiredService<IVenue>(), CreditBook.Definitions(rules), ct);
        await using var s = services.GetRequiredService<IDbSessions>().Open(Primitives.Actor.System);
        foreach (var (use, number) in await s.All("select use, number from registry.credit_basket order by number", r => (r.GetString(0), r.GetInt32(1)), ct))
            await new BookDefinitions(RegistryRoom.Name).ApplyAll(services.GetRequiredService<IVenue>(), Market.BasketBook.Definitions(use, number), ct);
    }
}
