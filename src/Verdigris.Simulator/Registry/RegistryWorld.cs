using Verdigris.Book;

namespace Verdigris.Simulator.Registry;

enum Role { Issuer = 1, Central = 2, Holding = 3, Trading = 4, Surrendered = 5, Deleted = 6, Authority = 7 }

enum Kind { Issue = 1, Allocate = 2, Transfer = 3, Surrender = 4, Delete = 5, ReverseSurrender = 6, ReverseDelete = 7 }

[Flags]
enum Right { None = 0, Initiate = 1, Approve = 2 }

/// <param name="DelayHours">Wait of a transfer to an account that is not trusted.</param>
/// <param name="TrustDays">Working days until a new entry of the trusted list counts.</param>
sealed record Scheme(int Number, int DelayHours, int TrustDays);

sealed record RegistryAccount(long Id, int Scheme, Role Role)
{
    public bool OfHolder => Role is Role.Holding or Role.Trading;
}

/// <summary>A person, who acts for one account: a holder's, or the authority's as its officer.</summary>
sealed record Person(UInt128 Id, int Scheme, long Account, Right Rights);

/// <summary>
/// Two emissions trading schemes in one venue, as the registry lays them down in the Book: accounts of the scheme and of holders, people with rights, serialised units, and for every kind of
/// transaction a rule whose flags ask for a hold, a second person, the right proposer, and trust or a delay.
/// </summary>
sealed class RegistryWorld
{
    const int Holders = 6, Officers = 3;

    /// <summary>Units a holder starts with, of each asset.</summary>
    const long Allotted = 120;

    public static readonly Scheme[] Schemes = [new(1, 26, 4), new(2, 48, 2)];

    readonly Dictionary<UInt128, Person> people = [];
    readonly Dictionary<long, RegistryAccount> accounts = [];

    public RegistryWorld()
    {
        foreach (Scheme scheme in Schemes)
        {
            foreach (Role role in (Role[])[Role.Issuer, Role.Central, Role.Surrendered, Role.Deleted, Role.Authority]) Add(new RegistryAccount(Central(scheme.Number, role), scheme.Number, role));
            for (int i = 1; i <= Officers; i++) Add(new Person(new(7, (ulong)(scheme.Number * 1000 + i)), scheme.Number, Central(scheme.Number, Role.Authority), Right.Initiate | Right.Approve));
            for (int i = 1; i <= Holders; i++)
            {
                // Every third holder trades only.
                RegistryAccount account = new(scheme.Number * 100 + 10 + i, scheme.Number, i % 3 == 0 ? Role.Trading : Role.Holding);
                Add(account);
                ulong first = (ulong)(account.Id * 10);
                Add(new Person(new(7, first + 1), scheme.Number, account.Id, Right.Initiate));
                Add(new Person(new(7, first + 2), scheme.Number, account.Id, Right.Approve));
                Add(new Person(new(7, first + 3), scheme.Number, account.Id, Right.Initiate | Right.Approve));
            }
        }
    }

    public IEnumerable<Person> People => people.Values;
    public IEnumerable<RegistryAccount> Accounts => accounts.Values;

    public IReadOnlyList<int> Assets { get; } = [.. Schemes.SelectMany(s => new[] { s.Number * 10 + 1, s.Number * 10 + 2 })];

    public Person? Person(UInt128 id) => people.GetValueOrDefault(id);
    public RegistryAccount? Account(long id) => accounts.GetValueOrDefault(id);

    /// <summary>The people of an account who have a right.</summary>
    public Person[] Of(long account, Right right) => [.. people.Values.Where(p => p.Account == account && (p.Rights & right) != 0)];

    public RegistryAccount[] HoldersOf(int scheme) => [.. accounts.Values.Where(a => a.Scheme == scheme && a.OfHolder)];

    public static long Central(int scheme, Role role) => scheme * 100 + (int)role;

    public static int SchemeOfAsset(int asset) => asset / 10;

    public static ushort Type(int scheme, Kind kind) => (ushort)(scheme * 100 + (int)kind);

    public static (int Scheme, Kind Kind) KindOf(ushort type) => (type / 100, (Kind)(type % 100));

    public static bool ByAuthority(Kind kind) => kind is not (Kind.Transfer or Kind.Surrender or Kind.Delete);

    static ushort AccountType(int scheme, Role role) => (ushort)(scheme * 10 + (int)role);

    /// <summary>Schemes, accounts and rules, then the first issue and allotment, each proposed by one officer and approved by another.</summary>
    /// <param name="without">Flags that no rule gets.</param>
    public IEnumerable<Command> Beginning(SeededRandom random, RuleFlags without)
    {
        foreach (int asset in Assets) yield return Commands.DefineAsset(random.NextId(), asset, $"UNIT-{asset}", AssetKind.Serialised, 0, (ushort)SchemeOfAsset(asset));
        foreach (RegistryAccount account in Accounts) yield return Commands.OpenAccount(random.NextId(), account.Id, AccountType(account.Scheme, account.Role), account.OfHolder ? random.NextId() : 0, account.Role == Role.Authority);
        foreach (Scheme scheme in Schemes)
            foreach (Kind kind in Enum.GetValues<Kind>())
                foreach (Command rule in Rules(scheme, kind, stopped: false, without)) yield return rule with { Id = random.NextId() };
        foreach (int asset in Assets)
        {
            int scheme = SchemeOfAsset(asset);
            foreach (Command c in ByOfficers(random, Kind.Issue, asset, Central(scheme, Role.Issuer), Central(scheme, Role.Central), Allotted * (Holders + 2))) yield return c;
            foreach (RegistryAccount holder in HoldersOf(scheme).Where(h => h.Role == Role.Holding))
                foreach (Command c in ByOfficers(random, Kind.Allocate, asset, Central(scheme, Role.Central), holder.Id, Allotted)) yield return c;
        }
    }

    IEnumerable<Command> ByOfficers(SeededRandom random, Kind kind, int asset, long debit, long credit, long amount)
    {
        int scheme = SchemeOfAsset(asset);
        long authority = Central(scheme, Role.Authority);
        Person[] officers = Of(authority, Right.Approve);
        UInt128 hold = random.NextId();
        yield return Commands.Hold(hold, Type(scheme, kind), asset, debit, credit, amount, officers[0].Id, authority);
        yield return Commands.PostHold(random.NextId(), hold, actor: officers[1].Id, actingFor: authority);
    }

    /// <summary>The rules of a kind as the Book is told them; stopped, none of them allows anything. Ids are the caller's to give.</summary>
    public static IEnumerable<Command> Rules(Scheme scheme, Kind kind, bool stopped, RuleFlags without)
    {
        foreach ((Kind of, Role from, Role to, RuleFlags flags) in Rules())
        {
            if (of != kind) continue;
            RuleFlags given = (stopped ? flags & ~RuleFlags.Allowed : flags) & ~without;
            long delay = flags.HasFlag(RuleFlags.TrustedOrDelay) ? scheme.DelayHours * DeskCalendar.Hour : 0;
            yield return Commands.SetRule(0, Type(scheme.Number, kind), (ushort)scheme.Number, AccountType(scheme.Number, from), AccountType(scheme.Number, to), given, delay);
        }
    }

    static IEnumerable<(Kind Kind, Role From, Role To, RuleFlags Flags)> Rules()
    {
        const RuleFlags second = RuleFlags.Allowed | RuleFlags.MustHold | RuleFlags.OtherActor;
        const RuleFlags holder = second | RuleFlags.ProposeByDebit, authority = second | RuleFlags.ProposeByAuthority;
        Role[] holders = [Role.Holding, Role.Trading];
        yield return (Kind.Issue, Role.Issuer, Role.Central, authority | RuleFlags.Issues);
        yield return (Kind.Allocate, Role.Central, Role.Holding, authority);
        yield return (Kind.Surrender, Role.Holding, Role.Surrendered, holder);
        yield return (Kind.ReverseSurrender, Role.Surrendered, Role.Holding, authority);
        foreach (Role from in holders)
        {
            foreach (Role to in holders) yield return (Kind.Transfer, from, to, holder | RuleFlags.TrustedOrDelay);
            yield return (Kind.Delete, from, Role.Deleted, holder);
            yield return (Kind.ReverseDelete, Role.Deleted, from, authority);
        }
    }

    void Add(RegistryAccount account) => accounts.Add(account.Id, account);

    void Add(Person person) => people.Add(person.Id, person);
}
