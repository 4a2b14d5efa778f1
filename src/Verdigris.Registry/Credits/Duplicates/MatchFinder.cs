namespace Verdigris.Registry.Credits.Duplicates;

/// <summary>Finds the projects of other programmes that meet a rule, without comparing everything with everything: only those that share a number, a word of the name, or lie somewhere at all. Not thread-safe.</summary>
public sealed class MatchFinder
{
    readonly MatchRules rules;
    readonly IReadOnlyList<MatchFacts> all;
    readonly Dictionary<(string, string), List<int>> byKey = [];
    readonly Dictionary<string, List<int>> byName = new(StringComparer.Ordinal), byWord = new(StringComparer.Ordinal);
    readonly List<int> placed = [];

    public MatchFinder(MatchRules rules, IReadOnlyList<MatchFacts> all)
    {
        this.rules = rules;
        this.all = all;
        for (var i = 0; i < all.Count; i++)
        {
            var facts = all[i];
            Add(byKey, facts.Key, i);
            foreach (var stated in facts.Stated) Add(byKey, stated, i);
            if (facts.Name is { } name) Add(byName, name, i);
            foreach (var word in facts.Words) Add(byWord, word, i);
            if (facts.Latitude is not null) placed.Add(i);
        }
    }

    /// <summary>Everything a project matches, in the order it was given.</summary>
    public IReadOnlyList<(MatchFacts Other, MatchFound Found)> Of(MatchFacts project)
    {
        var near = new HashSet<int>();
        Take(byKey, project.Key);
        foreach (var stated in project.Stated) Take(byKey, stated);
        if (project.Name is { } name) Take(byName, name);
        if (project.Latitude is not null) near.UnionWith(placed);
        // Two names alike share at least half of their words.
        var shared = new Dictionary<int, int>();
        foreach (var word in project.Words)
            if (byWord.TryGetValue(word, out var with))
                foreach (var i in with) shared[i] = shared.GetValueOrDefault(i) + 1;
        foreach (var (i, count) in shared) if (count * 2 >= project.Words.Count) near.Add(i);
        return [.. near.Order().Select(i => (all[i], Found: rules.Compare(project, all[i]))).Where(x => x.Found is not null).Select(x => (x.Item1, x.Found!))];

        void Take<TKey>(Dictionary<TKey, List<int>> index, TKey key) where TKey : notnull
        {
            if (index.TryGetValue(key, out var found)) near.UnionWith(found);
        }
    }

    static void Add<TKey>(Dictionary<TKey, List<int>> index, TKey key, int i) where TKey : notnull
    {
        if (!index.TryGetValue(key, out var list)) index.Add(key, list = []);
        list.Add(i);
    }
}
