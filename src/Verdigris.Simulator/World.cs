using System.Buffers.Binary;
using System.Text;
using Verdigris.Book;

namespace Verdigris.Simulator;

/// <summary>
/// The small market a simulation starts from: two currencies of each kind of asset, two of them near the limits of a long, accounts of
/// every type, and a rule for each flag.
/// </summary>
static class World
{
    public const ushort Issuer = 1, Holder = 2, Exchange = 3, Authority = 4, Retirement = 5;

    public const int Allowance = 1, Cash = 2, Credit = 3, Warrant = 4, Vast = 5, VastSerials = 6;

    public const ushort Issue = 1, Pay = 2, FourEyes = 3, Deliver = 4, Trusted = 5, Pledge = 6, Retire = 7, Return = 8, Shadowed = 9, IssueHeld = 10, Either = 11;

    /// <summary>Long enough to outlast a few batches, short enough to run out in most runs.</summary>
    public const long DelayMicros = 3_000_000;

    public static readonly UInt128[] Actors = [new(1, 1), new(1, 2), new(1, 3), 0];

    public static List<Command> Commands(SeededRandom random)
    {
        List<Command> all = [];
        void Add(Command c) => all.Add(c with { Id = random.NextId() });

        Add(DefineAsset(Allowance, "EUA", AssetKind.Fungible, 0, 1));
        Add(DefineAsset(Cash, "EUR", AssetKind.Fungible, 2, 2));
        Add(DefineAsset(Credit, "CREDIT-2026", AssetKind.Serialised, 0, 3));
        Add(DefineAsset(Warrant, "AL-WARRANT-OF-A-LONG-CODE-32-CHR", AssetKind.Serialised, 3, 4));
        Add(DefineAsset(Vast, "VAST", AssetKind.Fungible, 9, 5));
        Add(DefineAsset(VastSerials, "VAST-SERIALS", AssetKind.Serialised, 0, ushort.MaxValue));

        for (long id = 1; id <= 3; id++) Add(OpenAccount(id, Issuer, false, random));
        for (long id = 4; id <= 5; id++) Add(OpenAccount(id, Authority, true, random));
        for (long id = 6; id <= 7; id++) Add(OpenAccount(id, Retirement, false, random));
        for (long id = 8; id <= 11; id++) Add(OpenAccount(id, Exchange, id == 8, random));
        for (long id = 12; id <= 24; id++) Add(OpenAccount(id, Holder, false, random));

        foreach ((ushort type, ushort assetClass, ushort from, ushort to, RuleFlags flags) in Rules())
            Add(SetRule(type, assetClass, from, to, flags, flags.HasFlag(RuleFlags.TrustedOrDelay) ? DelayMicros : 0));
        return all;
    }

    public static IEnumerable<(ushort Type, ushort AssetClass, ushort From, ushort To, RuleFlags Flags)> Rules()
    {
        const RuleFlags yes = RuleFlags.Allowed;
        ushort[] owners = [Holder, Exchange];
        foreach (ushort to in owners)
        {
            yield return (Issue, 0, Issuer, to, yes | RuleFlags.Issues);
            yield return (Issue, 3, Issuer, to, yes | RuleFlags.Issues | RuleFlags.ProposeByAuthority);
            yield return (IssueHeld, 0, Issuer, to, yes | RuleFlags.Issues | RuleFlags.MustHold | RuleFlags.OtherActor);
            foreach (ushort from in owners)
            {
                yield return (Pay, 0, from, to, yes | RuleFlags.ProposeByDebit);
                yield return (FourEyes, 0, from, to, yes | RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.ProposeByDebit);
                yield return (Deliver, 0, from, to, yes | RuleFlags.MustHold | RuleFlags.AcceptByCredit);
                yield return (Trusted, 0, from, to, yes | RuleFlags.TrustedOrDelay | RuleFlags.ProposeByDebit);
                yield return (Trusted, 4, from, to, yes | RuleFlags.TrustedOrDelay | RuleFlags.AcceptByCredit | RuleFlags.OtherActor);
                yield return (Pledge, 0, from, to, yes | RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.AcceptByCredit | RuleFlags.TrustedOrDelay);
                // The rule of the class hides the one for any class, and does not allow.
                yield return (Shadowed, 0, from, to, yes);
                yield return (Shadowed, 2, from, to, RuleFlags.None);
                yield return (Either, 0, from, to, yes | RuleFlags.ProposeByDebit | RuleFlags.ProposeByAuthority);
            }
            yield return (Retire, 0, to, Retirement, yes | RuleFlags.ProposeByDebit);
            yield return (Return, 0, to, Issuer, yes);
            yield return (Return, 0, Issuer, to, yes);
        }
        yield return (Issue, 0, Issuer, Issuer, yes | RuleFlags.Issues);
    }

    public static Command DefineAsset(int id, string code, AssetKind kind, int scale, ushort assetClass)
    {
        byte[] bytes = new byte[32];
        Encoding.ASCII.GetBytes(code, bytes);
        return new()
        {
            Operation = Operation.DefineAsset,
            Asset = id,
            Target = BinaryPrimitives.ReadUInt128LittleEndian(bytes),
            Reference = BinaryPrimitives.ReadUInt128LittleEndian(bytes.AsSpan(16)),
            Detail = (long)kind | ((long)scale << 8) | ((long)assetClass << 16),
        };
    }

    public static Command OpenAccount(long id, ushort type, bool authority, SeededRandom random) =>
        new() { Operation = Operation.OpenAccount, Debit = id, Target = random.NextId(), Detail = type | (authority ? 1L << 16 : 0) };

    public static Command SetRule(ushort type, ushort assetClass, ushort from, ushort to, RuleFlags flags, long delayMicros) => new()
    {
        Operation = Operation.SetRule,
        TransactionType = type,
        Asset = assetClass,
        Time = delayMicros,
        Detail = from | ((long)to << 16) | ((long)(uint)flags << 32),
    };
}
