namespace Verdigris.Primitives;

/// <summary>
/// Who is acting, in which organisation, with which rights: a person signed in, a machine token, or the system itself.
/// Every use case takes one; nothing reads it from ambient state.
/// </summary>
/// <param name="PersonId">Identity of the person or the machine client; the Book records it on every command.</param>
/// <param name="Name">Shown in the audit trail.</param>
/// <param name="OrganisationId">The organisation acted for; <see cref="Guid.Empty"/> for the public and the system.</param>
/// <param name="Roles">Organisation-scoped roles held there, see <see cref="Role"/>.</param>
public sealed record Actor(Guid PersonId, string Name, Guid OrganisationId, IReadOnlySet<string> Roles, bool IsMachine = false)
{
    /// <summary>The organisation whose person acts on behalf of <see cref="OrganisationId"/>, which gave it leave; null where a person acts for the own organisation.</summary>
    public Guid? AgentOrganisationId { get; init; }

    /// <summary>Somebody not signed in: may read what is public.</summary>
    public static Actor Public { get; } = new(Guid.Empty, "public", Guid.Empty, new HashSet<string>());

    /// <summary>The system's own work: schema, seeding, the reconciler. Never reachable from a request.</summary>
    public static Actor System { get; } = new(new Guid("00000000-0000-0000-0000-000000000001"), "system", Guid.Empty, new HashSet<string> { Role.System });

    public bool Is(string role) => Roles.Contains(role);
    public bool SignedIn => PersonId != Guid.Empty;
}

/// <summary>Roles inside an organisation. An organisation's kind (producer, warehouse, owner, exchange…) limits which of them it may give.</summary>
public static class Role
{
    /// <summary>Manages people, roles and machine tokens of the own organisation.</summary>
    public const string Administrator = "administrator";
    /// <summary>Producer: writes certificates, emissions, brands.</summary>
    public const string ProducerEditor = "producer.editor";
    /// <summary>Producer: signs certificates, submits emissions (the second pair of eyes).</summary>
    public const string ProducerApprover = "producer.approver";
    /// <summary>Warehouse: weighs and matches inbound metal, requests warrants.</summary>
    public const string WarehouseOperator = "warehouse.operator";
    /// <summary>Warehouse: issues warrants that an operator has matched.</summary>
    public const string WarehouseApprover = "warehouse.approver";
    /// <summary>Listed sampler and assayer: types certificates off paper.</summary>
    public const string SamplerEditor = "sampler.editor";
    /// <summary>Listed sampler and assayer: publishes what two people typed.</summary>
    public const string SamplerApprover = "sampler.approver";
    /// <summary>Verifier: leads the verification of a report and gives the opinion.</summary>
    public const string VerifierLead = "verifier.lead";
    /// <summary>Verifier: reviews what another has led, and decides.</summary>
    public const string VerifierReviewer = "verifier.reviewer";
    /// <summary>Metal owner: proposes and accepts transfers.</summary>
    public const string OwnerTrader = "owner.trader";
    /// <summary>Metal owner: second person for an own transfer.</summary>
    public const string OwnerApprover = "owner.approver";
    /// <summary>Lender: enters pledges in the register and asks it.</summary>
    public const string LenderOfficer = "lender.officer";
    /// <summary>Authority of a scheme or a crediting programme: opens accounts, checks, proposes.</summary>
    public const string AuthorityOfficer = "authority.officer";
    /// <summary>Authority: the second person for what an officer proposed.</summary>
    public const string AuthorityApprover = "authority.approver";
    /// <summary>Any organisation: may be named on an account of a registry; what he may do there stands with the account.</summary>
    public const string AccountRepresentative = "account.representative";
    /// <summary>Any organisation that is a member of a market: enters orders and bids for its trading accounts.</summary>
    public const string MarketTrader = "market.trader";
    /// <summary>Market member: sets limits of its traders, stops them, gives the second word where the market asks for two.</summary>
    public const string MarketSupervisor = "market.supervisor";
    /// <summary>Exchange: runs sessions, auctions and the surveillance of trading.</summary>
    public const string MarketOperator = "market.operator";
    /// <summary>Exchange: runs the clearing day, margins, delivery and defaults.</summary>
    public const string ClearingOfficer = "clearing.officer";
    /// <summary>Exchange: accepts submissions, lists brands, sees all.</summary>
    public const string ExchangeStaff = "exchange.staff";
    /// <summary>Reads everything of the own organisation, writes nothing.</summary>
    public const string Reader = "reader";
    /// <summary>The system itself.</summary>
    public const string System = "system";

    public static IReadOnlyList<string> All { get; } =
        [Administrator, ProducerEditor, ProducerApprover, WarehouseOperator, WarehouseApprover, SamplerEditor, SamplerApprover, VerifierLead, VerifierReviewer, OwnerTrader, OwnerApprover, LenderOfficer, AuthorityOfficer, AuthorityApprover, AccountRepresentative, MarketTrader, MarketSupervisor, MarketOperator, ClearingOfficer, ExchangeStaff, Reader];
}
