using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Footprint.EnergyCertificates;

/// <summary>How certificates lie in the Book: one serialised asset, a serial a megawatt-hour; issued to a facility's account, cancelled into the venue's. Nothing leads out of there.</summary>
static class EnergyBook
{
    public const string AssetCode = "ENERGY-MWH";
    public const int Asset = 3001;
    public const ushort Class = 30;

    /// <summary>The venue's issuing account's type, a facility's, and that of what was cancelled.</summary>
    public const ushort IssuanceType = 30, FacilityType = 31, CancelledType = 32;
    public const long Issuance = 30, Cancelled = 31;
    public const ushort Register = 30, Cancel = 31;

    static readonly BookDefinitions Definer = new(FootprintRoom.Name);

    public static IReadOnlyList<Command> Definitions() =>
    [
        Definer.Serialised(Asset, AssetCode, AssetCode, Class), Definer.Account(Issuance, IssuanceType, 0), Definer.Account(Cancelled, CancelledType, 0),
        Definer.Rule(Register, Class, IssuanceType, FacilityType, RuleFlags.Allowed | RuleFlags.Issues), Definer.Rule(Cancel, Class, FacilityType, CancelledType, RuleFlags.Allowed | RuleFlags.ProposeByDebit),
    ];

    public static Command Open(long account, Guid facility) => Definer.Account(account, FacilityType, BookId.From(facility));

    public static Command Issue(long account, long serialFirst, long mwh, Guid block, Guid person) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = Register,
        Asset = Asset,
        Debit = Issuance,
        Credit = account,
        Amount = mwh,
        SerialFirst = serialFirst,
        Reference = BookId.From(block),
        Actor = BookId.From(person),
    };

    public static Command CancelFor(long account, long serialFirst, long mwh, Guid report, Guid person) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = Cancel,
        Asset = Asset,
        Debit = account,
        Credit = Cancelled,
        Amount = mwh,
        SerialFirst = serialFirst,
        Reference = BookId.From(report),
        Actor = BookId.From(person),
        ActingFor = account,
    };
}
