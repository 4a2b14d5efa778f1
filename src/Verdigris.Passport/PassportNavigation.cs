using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Paper;
using Verdigris.Passport.Register;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport;

/// <summary>The room's pages and their entries in the main navigation.</summary>
public static class PassportNavigation
{
    static bool Desk(Actor a) => a.Is(Role.WarehouseOperator) || a.Is(Role.WarehouseApprover);

    // Producers and the exchange find papers and lots from the list of certificates.
    static bool Types(Actor a) => PaperRules.KindOf(a) is IssuerKind.WarehouseScan or IssuerKind.SamplerAssayer;

    public static IReadOnlyList<NavItem> Items { get; } =
    [
        new("passport.nav.inbound", "/inbound", 20, Desk),
        new("passport.nav.certificates", "/certificates", 30, a => a.SignedIn),
        new("paper.nav", "/paper", 35, Types),
        new("passport.nav.warrants", "/warrants", 40, a => a.SignedIn),
        new("lot.nav", "/lots", 45, a => a.Is(Role.OwnerTrader) || a.Is(Role.ProducerEditor)),
        new("passport.nav.emissions", "/emissions", 50, a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover) || a.Is(Role.ExchangeStaff)),
        new("passport.nav.anomalies", "/anomalies", 55, a => a.Is(Role.ExchangeStaff) || a.Is(Role.ProducerApprover)),
        new("passport.nav.disclosures", "/disclosures", 55),
        new("passport.nav.publications", "/publications", 80),
        new("passport.nav.brands", "/brands", 60),
        new("passport.nav.organisations", "/organisations", 70),
        new("passport.nav.sourcing", "/sourcing", 65),
        new("passport.nav.payments", "/payments", 43, a => a.Is(Role.OwnerTrader) || a.Is(Role.OwnerApprover) || a.Is(Role.LenderOfficer) || a.Is(Role.ExchangeStaff)),
        new("passport.nav.pledges", "/pledges", 42, a => a.Is(Role.LenderOfficer)),
        new("passport.nav.campaigns", "/campaigns", 67, a => !a.SignedIn),
        new("passport.nav.check", "/check", 75, a => !a.SignedIn),
    ];

    static IReadOnlyList<HomeLink> HomeLinks { get; } =
    [
        Home("import", "/certificates/import", "upload", a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover), 10),
        Home("new", "/certificates/new", "scroll", a => a.Is(Role.ProducerEditor), 20),
        Home("emissions", "/emissions", "leaf", a => a.Is(Role.ProducerEditor) || a.Is(Role.ProducerApprover) || a.Is(Role.ExchangeStaff), 30),
        Home("inbound", "/inbound", "scales", Desk, 10),
        Home("warrants", "/warrants", "ingot", a => a.Is(Role.OwnerTrader) || a.Is(Role.OwnerApprover), 10),
        Home("rent", "/warrants/rent", "store", a => Desk(a) || a.Is(Role.OwnerTrader), 40),
        Home("campaigns", "/campaigns", "search", a => Desk(a) || a.Is(Role.ExchangeStaff), 60),
        Home("pledges", "/pledges", "lock", a => a.Is(Role.LenderOfficer), 10),
        Home("payments", "/payments", "lock", a => a.Is(Role.OwnerTrader) || a.Is(Role.OwnerApprover), 50),
        Home("paper", "/paper/new", "upload", a => PaperRules.KindOf(a) is not null, 45),
        Home("brands", "/brands", "plant", a => a.Is(Role.ExchangeStaff), 40),
    ];

    static HomeLink Home(string name, string path, string icon, Func<Actor, bool> shown, int order) => new($"passport.home.{name}", $"passport.home.{name}-text", path, icon, shown, order);

    /// <summary>Pages, texts and navigation; <c>AddPassport</c> brings the handlers they call.</summary>
    public static IServiceCollection AddPassportPages(this IServiceCollection services)
    {
        services.AddRoom(typeof(PassportNavigation).Assembly, [.. Items]);
        services.AddSingleton<PublicCounts>();
        services.AddScoped<IRoomFigures, PassportFigures>();
        foreach (var link in HomeLinks) services.AddSingleton(link);
        return services;
    }
}
