using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Passport.Organisations;

/// <summary>
/// How this room uses the Book. Each deliverable contract has one serialised asset of scale 0 (<c>WARRANT-AH</c>): one serial is one warrant, so the
/// warranted lots of a contract are one total of the Book. All of them share one class, so one rule serves every contract.
/// </summary>
public static class BookAccounts
{
    /// <summary>Asset class of warrants.</summary>
    public const ushort WarrantClass = 20;

    /// <summary>The venue's issuing account: the only one that may go negative in a warrant asset.</summary>
    public const ushort IssuanceType = 20;
    /// <summary>Holds title: owners, producers, lenders.</summary>
    public const ushort OwnerType = 21;
    /// <summary>Of the same organisation: metal that has left the warehouse. Nothing leaves it; its holder stays the last legal owner.</summary>
    public const ushort OffWarrantType = 22;
    /// <summary>Warehouses and the exchange: hold nothing, may issue and invalidate.</summary>
    public const ushort AuthorityType = 23;
    /// <summary>Warrants declared invalid.</summary>
    public const ushort InvalidType = 24;

    public const long Issuance = 20;
    public const long Invalid = 21;

    public const ushort Issue = 20;
    public const ushort Transfer = 21;
    /// <summary>Opened as a hold when a warrant is cancelled, posted when the metal is loaded out.</summary>
    public const ushort LoadOut = 22;
    public const ushort Pledge = 23;
    public const ushort Invalidate = 24;

    public const string Owner = "owner", OffWarrant = "off-warrant", Authority = "authority";

    /// <summary>Asset of each deliverable contract; numbers never change.</summary>
    public static IReadOnlyDictionary<string, int> WarrantAssets { get; } = new Dictionary<string, int>
    {
        ["AH"] = 2001,
        ["NA"] = 2002,
        ["AA"] = 2003,
        ["CA"] = 2004,
        ["NI"] = 2005,
        ["PB"] = 2006,
        ["SN"] = 2007,
        ["ZS"] = 2008,
        ["CO"] = 2009,
    };

    public static string AssetCode(string contract) => "WARRANT-" + contract;

    public static ushort TypeOf(string kind) => kind switch { Owner => OwnerType, OffWarrant => OffWarrantType, Authority => AuthorityType, _ => throw new ArgumentOutOfRangeException(nameof(kind)) };

    /// <summary>The accounts an organisation of a kind gets.</summary>
    public static IReadOnlyList<string> KindsFor(OrganisationKind kind) => kind switch
    {
        OrganisationKind.Warehouse or OrganisationKind.Exchange => [Authority],
        OrganisationKind.Verifier or OrganisationKind.Authority => [],
        _ => [Owner, OffWarrant],
    };

    static readonly BookDefinitions Definer = new(PassportRoom.Name);

    /// <inheritdoc cref="BookDefinitions.IdOf"/>
    public static UInt128 IdOf(string words) => BookDefinitions.IdOf(words);

    /// <summary>The definitions this room needs in the Book. Sent at every start; each is a repeat after the first.</summary>
    public static IReadOnlyList<Command> Definitions()
    {
        var commands = new List<Command>();
        foreach (var (contract, asset) in WarrantAssets.OrderBy(a => a.Value)) commands.Add(Definer.Serialised(asset, contract, AssetCode(contract), WarrantClass));
        commands.Add(Open(Issuance, IssuanceType, 0, authority: false));
        commands.Add(Open(Invalid, InvalidType, 0, authority: false));
        commands.Add(Rule(Issue, IssuanceType, OwnerType, RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.ProposeByAuthority));
        commands.Add(Rule(Transfer, OwnerType, OwnerType, RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.AcceptByCredit | RuleFlags.ProposeByDebit));
        commands.Add(Rule(LoadOut, OwnerType, OffWarrantType, RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.ProposeByDebit));
        commands.Add(Rule(Pledge, OwnerType, OwnerType, RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.ProposeByDebit));
        commands.Add(Rule(Invalidate, OwnerType, InvalidType, RuleFlags.Allowed | RuleFlags.ProposeByAuthority));
        return commands;
    }

    /// <param name="holder">Organisation; 0 for the venue itself.</param>
    public static Command Open(long account, ushort type, UInt128 holder, bool authority) => Definer.Account(account, type, holder, authority);

    static Command Rule(ushort type, ushort source, ushort destination, RuleFlags flags) => Definer.Rule(type, WarrantClass, source, destination, flags);
}
