using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Register.Pages;
using Verdigris.Passport.Warrants.Pages;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport;

/// <summary>The room's pages and their entries in the main navigation.</summary>
public static class PassportNavigation
{
    static bool Desk(Actor a) => a.Is(Role.WarehouseOperator) || a.Is(Role.WarehouseApprover);

    public static IReadOnlyList<NavItem> Items { get; } =
    [
        new("passport.nav.inbound", "/inbound", 20, Desk),
        new("passport.nav.certificates", "/certificates", 30, a => a.SignedIn),
        new("passport.nav.warrants", "/warrants", 40, a => a.SignedIn),
        new("passport.nav.emissions", "/emissions", 50, a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover) || a.Is(Role.ExchangeStaff)),
        new("passport.nav.brands", "/brands", 60),
        new("passport.nav.organisations", "/organisations", 70),
        new("passport.nav.check", "/check", 75, a => !a.SignedIn),
    ];

    /// <summary>Pages, texts and navigation; <c>AddPassport</c> brings the handlers they call.</summary>
    public static IServiceCollection AddPassportPages(this IServiceCollection services)
    {
        services.AddRoom(typeof(PassportNavigation).Assembly, [.. Items]);
        services.AddSingleton<WarrantQueries>();
        services.AddSingleton<PublicCheck>();
        return services;
    }
}
