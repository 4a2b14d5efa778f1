using Verdigris.Book;

namespace Verdigris.Simulator.Registry;

/// <summary>
/// Who steals, in each scheme: an insider who may propose, one who may approve, a stolen session of somebody who may do both, an officer of the authority; each of them alone. And two people of
/// one account who are in it together: nothing keeps those from taking their own account's units, so that a watch which sees no theft there is not blind but right.
/// </summary>
sealed class Gang
{
    readonly HashSet<UInt128> members = [];
    readonly Dictionary<int, long> wanted = [];

    public Gang(RegistryWorld world, SeededRandom random)
    {
        foreach (Scheme scheme in RegistryWorld.Schemes)
        {
            List<RegistryAccount> holders = [.. world.HoldersOf(scheme.Number)];
            for (int i = holders.Count - 1; i > 0; i--)
            {
                int other = random.Below(i + 1);
                (holders[i], holders[other]) = (holders[other], holders[i]);
            }
            Person[] Of(int holder, Right right) => world.Of(holders[holder].Id, right);
            Person insider = Of(0, Right.Initiate).First(p => p.Rights == Right.Initiate);
            Person approver = Of(1, Right.Approve).First(p => p.Rights == Right.Approve);
            Person session = Of(2, Right.Approve).First(p => p.Rights == (Right.Initiate | Right.Approve));
            Person officer = random.Pick(world.Of(RegistryWorld.Central(scheme.Number, Role.Authority), Right.Approve));
            Alone.AddRange([insider, approver, session, officer]);
            Pairs.Add((Of(3, Right.Initiate).First(p => p.Rights == Right.Initiate), Of(3, Right.Approve).First(p => p.Rights == Right.Approve)));
            wanted.Add(scheme.Number, holders[4].Id);
        }
        members.UnionWith(Alone.Select(p => p.Id));
        members.UnionWith(Pairs.SelectMany(p => new[] { p.First.Id, p.Second.Id }));
    }

    /// <summary>Thieves who have nobody.</summary>
    public List<Person> Alone { get; } = [];

    public List<(Person First, Person Second)> Pairs { get; } = [];

    public bool Contains(UInt128 person) => members.Contains(person);

    /// <summary>Whether it is where stolen units are to go.</summary>
    public bool Wants(long account) => wanted.ContainsValue(account);

    /// <summary>The account of a scheme that stolen units are to reach.</summary>
    public long Goal(int scheme) => wanted[scheme];
}
