using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Organisations;

/// <summary>What an organisation is; limits the roles it may give and the accounts it gets in the Book.</summary>
public enum OrganisationKind { Producer, Warehouse, Owner, Exchange, Verifier, Lender, Authority, Other }

/// <param name="State">active, suspended or closed.</param>
public sealed record Organisation(Guid Id, OrganisationKind Kind, string Name, string? NameZh, string? Lei, string Country, string State, Instant CreatedAt);

/// <param name="CapacityTPerYear">Tonnes of metal a year.</param>
public sealed record Plant(Guid Id, Guid OrganisationId, string Code, string Name, string? NameZh, string Country, decimal? LatitudeDeg, decimal? LongitudeDeg, decimal CapacityTPerYear, IReadOnlyList<string> Processes);

/// <param name="Unit">The unit's number on the exchange's list.</param>
/// <param name="LocationCode">UN/LOCODE, five characters.</param>
/// <param name="Metals">Metal symbols the unit is listed for.</param>
public sealed record Warehouse(Guid Id, Guid OrganisationId, string Unit, string Name, string? NameZh, string LocationCode, string Country, IReadOnlyList<string> Metals, decimal? AreaM2, string State);

/// <param name="Kind">owner, off-warrant or authority; see <see cref="BookAccounts"/>.</param>
public sealed record BookAccount(long Account, Guid OrganisationId, string Kind, string State);

public sealed record NewOrganisation(OrganisationKind Kind, string Name, string? NameZh, string? Lei, string Country, Guid? Id = null);
public sealed record NewPlant(Guid OrganisationId, string Code, string Name, string? NameZh, string Country, decimal? LatitudeDeg, decimal? LongitudeDeg, decimal CapacityTPerYear, IReadOnlyList<string> Processes, Guid? Id = null);
public sealed record NewWarehouse(Guid OrganisationId, string Unit, string Name, string? NameZh, string LocationCode, string Country, IReadOnlyList<string> Metals, decimal? AreaM2 = null, Guid? Id = null);

/// <summary>Input rules of organisations, plants and warehouses. Pure.</summary>
public static class OrganisationRules
{
    /// <summary>The roles people of an organisation may be given there.</summary>
    public static IReadOnlyList<string> RolesOf(OrganisationKind kind) => kind switch
    {
        OrganisationKind.Producer => [Role.Administrator, Role.ProducerEditor, Role.ProducerApprover, Role.OwnerTrader, Role.OwnerApprover, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor, Role.Reader],
        OrganisationKind.Warehouse => [Role.Administrator, Role.WarehouseOperator, Role.WarehouseApprover, Role.Reader],
        OrganisationKind.Owner => [Role.Administrator, Role.OwnerTrader, Role.OwnerApprover, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor, Role.Reader],
        OrganisationKind.Exchange => [Role.Administrator, Role.ExchangeStaff, Role.MarketOperator, Role.ClearingOfficer, Role.Reader],
        OrganisationKind.Verifier => [Role.Administrator, Role.VerifierLead, Role.VerifierReviewer, Role.SamplerEditor, Role.SamplerApprover, Role.Reader],
        OrganisationKind.Lender => [Role.Administrator, Role.LenderOfficer, Role.OwnerTrader, Role.OwnerApprover, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor, Role.Reader],
        OrganisationKind.Authority => [Role.Administrator, Role.AuthorityOfficer, Role.AuthorityApprover, Role.MarketSupervisor, Role.Reader],
        _ => [Role.Administrator, Role.OwnerTrader, Role.OwnerApprover, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor, Role.Reader],
    };

    public static List<Refusal> Check(NewOrganisation o)
    {
        var wrong = new List<Refusal>();
        Name(o.Name, "name", wrong);
        if (o.Lei is not null && !Lei.IsValid(o.Lei)) wrong.Add(Refusal.Of("organisation.lei-invalid", "lei", ("given", o.Lei)) with { Rule = "ISO 17442, ISO/IEC 7064 MOD 97-10" });
        Country(o.Country, wrong);
        return wrong;
    }

    public static List<Refusal> Check(NewPlant p)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsWord(p.Code)) wrong.Add(Refusal.Of("organisation.code-invalid", "code", ("given", p.Code)));
        Name(p.Name, "name", wrong);
        Country(p.Country, wrong);
        if (p.LatitudeDeg is < -90 or > 90) wrong.Add(Refusal.Of("plant.position-invalid", "latitudeDeg"));
        if (p.LongitudeDeg is < -180 or > 180) wrong.Add(Refusal.Of("plant.position-invalid", "longitudeDeg"));
        if (p.LatitudeDeg is null != p.LongitudeDeg is null) wrong.Add(Refusal.Of("plant.position-half", "longitudeDeg"));
        if (p.CapacityTPerYear is <= 0 or >= 1e11m) wrong.Add(Refusal.Of("plant.capacity-not-positive", "capacityTPerYear"));
        if (p.Processes.Count == 0 || p.Processes.Any(x => !CertificateRules.IsText(x))) wrong.Add(Refusal.Of("plant.process-missing", "processes"));
        return wrong;
    }

    public static List<Refusal> Check(NewWarehouse w)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsWord(w.Unit)) wrong.Add(Refusal.Of("organisation.code-invalid", "unit", ("given", w.Unit)));
        Name(w.Name, "name", wrong);
        Country(w.Country, wrong);
        if (w.LocationCode is not { Length: 5 } || w.LocationCode.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c)) || !w.LocationCode.StartsWith(w.Country, StringComparison.Ordinal))
            wrong.Add(Refusal.Of("warehouse.location-invalid", "locationCode", ("given", w.LocationCode ?? ""), ("country", w.Country)) with { Rule = "UN/LOCODE" });
        if (w.Metals.Count == 0) wrong.Add(Refusal.Of("warehouse.metal-missing", "metals"));
        if (w.AreaM2 is <= 0) wrong.Add(Refusal.Of("warehouse.area-not-positive", "areaM2"));
        return wrong;
    }

    internal static void Name(string name, string field, List<Refusal> wrong)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Length > 200) wrong.Add(Refusal.Of("organisation.name-invalid", field));
    }

    static void Country(string country, List<Refusal> wrong)
    {
        if (!CountryCode.IsAssigned(country)) wrong.Add(Refusal.Of("organisation.country-unknown", "country", ("given", country)));
    }

    public static string Word(OrganisationKind kind) => kind.ToString().ToLowerInvariant();
    public static OrganisationKind Kind(string word) => Enum.Parse<OrganisationKind>(word, ignoreCase: true);
}
