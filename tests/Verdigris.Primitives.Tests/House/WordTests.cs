using System.Text.Json;
using System.Text.RegularExpressions;

namespace Verdigris.Primitives.Tests.House;

/// <summary>Both languages complete, documents in step, nothing left lying about.</summary>
public sealed partial class WordTests
{
    static readonly string[] SourceEndings = [".cs", ".razor", ".sql", ".css", ".js", ".mjs", ".sh", ".yaml", ".csv", ".md", ".csproj"];

    static IEnumerable<string> EnglishCatalogues => Checkout.Files("src", "en.json").Where(f => f.Contains("/Strings/", StringComparison.Ordinal));

    static Dictionary<string, string> Catalogue(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Checkout.Path(file)));
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in document.RootElement.EnumerateObject()) Assert.True(words.TryAdd(entry.Name, entry.Value.GetString()!), $"{file}: '{entry.Name}' stands twice");
        return words;
    }

    [Fact]
    public void Chinese_has_every_key_of_English_and_no_other()
    {
        var wrong = new List<string>();
        foreach (var file in EnglishCatalogues)
        {
            var chinese = file.Replace("en.json", "zh.json", StringComparison.Ordinal);
            if (!File.Exists(Checkout.Path(chinese))) { wrong.Add($"{chinese} is missing"); continue; }
            var (en, zh) = (Catalogue(file), Catalogue(chinese));
            wrong.AddRange(en.Keys.Except(zh.Keys).Select(k => $"{chinese} lacks {k}"));
            wrong.AddRange(zh.Keys.Except(en.Keys).Select(k => $"{file} lacks {k}"));
        }
        Found.Nothing(wrong);
        Assert.NotEmpty(EnglishCatalogues);
    }

    [Fact]
    public void Both_languages_fill_the_same_placeholders_and_no_text_is_empty()
    {
        var wrong = new List<string>();
        foreach (var file in EnglishCatalogues)
        {
            var chinese = file.Replace("en.json", "zh.json", StringComparison.Ordinal);
            if (!File.Exists(Checkout.Path(chinese))) continue;
            var (en, zh) = (Catalogue(file), Catalogue(chinese));
            foreach (var key in en.Keys.Intersect(zh.Keys))
            {
                if (string.IsNullOrWhiteSpace(en[key]) || string.IsNullOrWhiteSpace(zh[key])) wrong.Add($"{file}: {key} is empty");
                if (!Placeholders(en[key]).SetEquals(Placeholders(zh[key]))) wrong.Add($"{file}: {key} has {string.Join(' ', Placeholders(en[key]))} in English and {string.Join(' ', Placeholders(zh[key]))} in Chinese");
            }
        }
        Found.Nothing(wrong);

        static HashSet<string> Placeholders(string text) => Placeholder().Matches(text).Select(m => m.Value).ToHashSet();
    }

    [Fact]
    public void Every_refusal_has_words()
    {
        var known = EnglishCatalogues.SelectMany(f => Catalogue(f).Keys).ToHashSet();
        var codes = Checkout.Files("src", ".cs", ".razor").SelectMany(file => RefusalCode().Matches(File.ReadAllText(Checkout.Path(file))).Select(match => (File: file, Code: match.Groups[1].Value)));
        Found.Nothing(codes.Where(c => !known.Contains("refusal." + c.Code)).GroupBy(c => c.Code).Select(c => $"no catalogue has refusal.{c.Key} ({string.Join(", ", c.Select(u => Path.GetFileName(u.File)).Distinct())})"));
    }

    /// <summary>An action whose end is put together where it is written has words for at least one; the trail of a whole cast is looked at in the browser.</summary>
    [Fact]
    public void Whatever_the_audit_trail_records_has_words()
    {
        var known = EnglishCatalogues.SelectMany(f => Catalogue(f).Keys).ToHashSet();
        var entries = Checkout.Files("src", ".cs").SelectMany(file => TrailEntry().Matches(File.ReadAllText(Checkout.Path(file)))).ToArray();
        var actions = entries.SelectMany(e => Quoted().Matches(e.Groups["action"].Value)).Select(m => m.Groups[1].Value).Where(a => a.Contains('.', StringComparison.Ordinal)).ToHashSet();
        Assert.True(actions.Count > 100);
        Found.Nothing(actions.Where(a => a.EndsWith('.') ? !known.Any(k => k.StartsWith("audit." + a, StringComparison.Ordinal)) : !known.Contains("audit." + a)).Select(a => $"no catalogue has audit.{a}"));
        Found.Nothing(entries.Select(e => e.Groups["kind"].Value).Where(k => k.Length > 0 && !known.Contains("audit.kind." + k)).Distinct().Select(k => $"no catalogue has audit.kind.{k}"));
    }

    [Fact]
    public void A_file_over_500_lines_says_why_in_its_first_comment() =>
        Assert.DoesNotContain(Checkout.Files("src", ".cs", ".razor", ".sql", ".css", ".js", ".mjs").Concat(Checkout.Files("tests", ".cs", ".mjs")), file =>
        {
            var lines = File.ReadAllLines(Checkout.Path(file));
            return lines.Length > 500 && !lines.Take(5).Any(l => l.Contains("long because", StringComparison.OrdinalIgnoreCase));
        });

    /// <summary>The compiler drops a blank before a block of code, so a remark would stick to the value it follows: it begins with a mark of its own.</summary>
    [Fact]
    public void A_remark_that_is_not_always_there_keeps_its_distance_from_the_value_before_it() =>
        Found.Nothing(Checkout.Files("src", ".razor").SelectMany(file => StickingRemark().Matches(File.ReadAllText(Checkout.Path(file))).Select(match => $"{file}: {match.Value}")));

    [Fact]
    public void Nothing_is_left_to_be_done_later()
    {
        var wrong = new List<string>();
        foreach (var file in Everything)
        {
            var line = 0;
            foreach (var text in File.ReadLines(Checkout.Path(file)))
            {
                line++;
                if (LeftOver().IsMatch(text) && !text.Contains("private static partial Regex", StringComparison.Ordinal) && !text.Contains("GeneratedRegex", StringComparison.Ordinal)) wrong.Add($"{file}:{line}: {text.Trim()}");
            }
        }
        Found.Nothing(wrong);
    }

    [Fact]
    public void No_path_of_one_machine_is_in_the_sources() =>
        Assert.DoesNotContain(Everything, f => !f.EndsWith("WordTests.cs", StringComparison.Ordinal) && MachinePath().IsMatch(File.ReadAllText(Checkout.Path(f))));

    [Fact]
    public void The_readme_says_the_same_in_both_languages()
    {
        var (en, zh) = (Headings("README.md"), Headings("README.zh-CN.md"));
        Assert.NotEmpty(en);
        Assert.Equal(en, zh);

        static List<int> Headings(string file)
        {
            Assert.True(File.Exists(Checkout.Path(file)), $"{file} is missing");
            var fenced = false;
            var levels = new List<int>();
            foreach (var line in File.ReadLines(Checkout.Path(file)))
            {
                if (line.StartsWith("```", StringComparison.Ordinal)) fenced = !fenced;
                else if (!fenced && line.StartsWith('#')) levels.Add(line.TakeWhile(c => c == '#').Count());
            }
            return levels;
        }
    }

    static IEnumerable<string> Everything => new[] { "src", "tests", "scripts", "data", "docs", ".ci" }.Where(f => Directory.Exists(Checkout.Path(f))).SelectMany(f => Checkout.Files(f, SourceEndings)).Where(f => !f.Contains("/vendor/", StringComparison.Ordinal));

    [GeneratedRegex("""(?:new AuditEntry|Audit\(new)\((?<action>[^,]*),\s*(?:"(?<kind>[a-z-]+)")?""")]
    private static partial Regex TrailEntry();

    [GeneratedRegex("""\$?"([a-z.-]+)""")]
    private static partial Regex Quoted();

    [GeneratedRegex("""(?<=[\w")]) ?@if \((?:[^{}\n]|\{[^{}\n]*\})*?\) \{ <span class="(?:muted|unit)">@""")]
    private static partial Regex StickingRemark();

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"(?:Refusal\.(?:Of|NotFound|Forbidden|Conflict|Unavailable)|new Refusal)\(\s*""([a-z0-9.-]+)""")]
    private static partial Regex RefusalCode();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b")]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"(?<![\w.])/work/|\.\./shared\b|/tmp/brief")]
    private static partial Regex MachinePath();
}
