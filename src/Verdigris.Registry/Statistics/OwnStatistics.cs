using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Statistics;

/// <summary>
/// What this registry holds as figures for everybody: sums over all accounts by year, nobody's account among them. Counted at most once a minute whoever asks: a public page must not cost a sum over every transaction.
/// </summary>
public sealed class OwnStatistics(IDbSessions sessions, SchemeSet schemes, RulePacks packs) : IDisposable
{
    const string Market = "own";

    static readonly Duration Kept = Duration.FromMinutes(1);

    readonly SemaphoreSlim one = new(1);
    volatile Counted? last;

    sealed record Counted(Instant At, MarketStatistics All);

    /// <param name="Of">Code of a scheme, a programme or a kind of end.</param>
    sealed record Sum(string Of, int Year, decimal Units, long Entries);

    /// <summary>The printed figures, and the registry's own as they stood within the last minute.</summary>
    public async Task<MarketStatistics> All(CancellationToken ct)
    {
        await using var s = sessions.Open(Actor.System);
        if (Fresh(s.Now) is { } known) return known;
        await one.WaitAsync(ct);
        try
        {
            if (Fresh(s.Now) is { } meanwhile) return meanwhile;
            var all = MarketStatistics.Of(packs).With(await Figures(s, ct));
            last = new(s.Now, all);
            return all;
        }
        finally { one.Release(); }
    }

    public void Dispose() => one.Dispose();

    MarketStatistics? Fresh(Instant now) => last is { } l && now - l.At < Kept && now >= l.At ? l.All : null;

    async Task<List<StatFigure>> Figures(DbSession s, CancellationToken ct)
    {
        var day = s.Today();
        const string Year = "extract(year from finished_at at time zone 'UTC')::int";
        Task<List<Sum>> Moved(string of, string year, string where) => Sums(s, $"select {of}, {year}, sum(quantity), count(*) from registry.transaction where state = 3 and {where} group by 1, 2", ct);
        var figures = new List<StatFigure>();
        void Add(string chart, IEnumerable<Sum> sums, Func<string, Bilingual> name, string series = "") => figures.AddRange(sums.Select(x => Figure(chart, x, name(x.Of), series + x.Of, day)));
        Add("own-auctioned", await Moved("scheme", Year, "kind = 'auction-delivery'"), SchemeName);
        Add("own-issued", await Moved("scheme", Year, "kind = 'issue'"), SchemeName);
        Add("own-issued", await Sums(s, "select programme, extract(year from issued_on)::int, sum(to_project + to_buffer + to_adaptation + to_mitigation), count(*) from registry.credit_issuance where state = 2 group by 1, 2", ct), ProgrammeName);
        Add("own-ended", ByUnit(await Moved("kind || '/' || scheme || '/' || (select a.unit from registry.asset a where a.asset = transaction.asset)", Year, "kind in ('surrender', 'delete')")), End);
        Add("own-ended", await Sums(s, "select kind::text, extract(year from ended_on)::int, sum(last - first + 1), count(*) from registry.credit_ending where import_id is null and ended_on is not null group by 1, 2", ct), k => CreditEnd((EndingKind)Number(k)), "credits-");
        Add("own-emissions", await Sums(s, """
            select i.scheme, e.year, sum(e.tco2e), count(*) from (select distinct on (installation_id, year) installation_id, year, tco2e from registry.emissions where state = 1 order by installation_id, year, id desc) e
            join registry.installation i on i.id = e.installation_id
            where not exists (select from registry.exclusion x where x.installation_id = e.installation_id and x.year = e.year and x.lifted_at is null) group by 1, 2
            """, ct), c => Both(SchemeName(c), "verified", "核查排放"), "verified-");
        Add("own-emissions", await Moved("scheme", $"coalesce(year, {Year} - 1)", "kind = 'surrender'"), c => Both(SchemeName(c), "surrendered", "清缴"), "surrendered-");
        return [.. figures.OrderBy(f => f.Period, StringComparer.Ordinal).ThenBy(f => f.Series, StringComparer.Ordinal)];
    }

    static Task<List<Sum>> Sums(DbSession s, string sql, CancellationToken ct) => s.All(sql, r => new Sum(r.GetString(0), r.GetInt32(1), r.GetDecimal(2), r.GetInt64(3)), ct);

    /// <summary>Unit and article come from the chart.</summary>
    static StatFigure Figure(string chart, Sum sum, Bilingual name, string series, LocalDate day) => new(chart, series, name, Market, Verdigris.Web.Numbers.Plain(sum.Year), sum.Units, null, null, "", default,
        new($"entries: {Verdigris.Web.Numbers.Plain(sum.Entries)}", $"记录数：{Verdigris.Web.Numbers.Plain(sum.Entries)}"), "", StatFigure.ThisRegistry, day, RuleStatus.Verified, null, null, []);

    Bilingual SchemeName(string code) => schemes.Find(code) is { } scheme ? new(scheme.NameEn, scheme.NameZh) : new(code, code);

    Bilingual ProgrammeName(string code) => CreditRules.Of(packs).Programme(code)?.Name ?? new(code, code);

    /// <summary>What ended by kind, credits apart from allowances: a credit that was taken in and surrendered is no allowance.</summary>
    IEnumerable<Sum> ByUnit(IEnumerable<Sum> ended) => ended.Select(x => x.Of.Split('/', 3) is [var kind, var scheme, var unit] && schemes.Find(scheme)?.Unit(unit) is { Kind: "credit" } ? x with { Of = kind + Credits } : x with { Of = x.Of.Split('/')[0] })
        .GroupBy(x => (x.Of, x.Year)).Select(g => new Sum(g.Key.Of, g.Key.Year, g.Sum(x => x.Units), g.Sum(x => x.Entries)));

    const string Credits = "-credits";

    static Bilingual End(string kind) => kind switch
    {
        "surrender" => new("Allowances surrendered", "配额清缴"),
        "surrender" + Credits => new("Credits surrendered in place of allowances", "抵销信用清缴"),
        "delete" => new("Allowances deleted", "配额注销"),
        _ => new("Credits deleted", "信用注销（体系账户）"),
    };

    static Bilingual CreditEnd(EndingKind kind) => kind switch
    {
        EndingKind.Retired => new("Credits retired", "信用注销"),
        EndingKind.Cancelled => new("Credits cancelled", "信用取消"),
        EndingKind.Converted => new("Credits converted", "信用转换"),
        EndingKind.Immobilised => new("Credits immobilised", "信用冻结转出"),
        _ => new("Credits reversed", "信用逆转"),
    };

    static Bilingual Both(Bilingual scheme, string en, string zh) => new($"{scheme.En}: {en}", $"{scheme.Zh}：{zh}");

    static int Number(string text) => int.Parse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
}
