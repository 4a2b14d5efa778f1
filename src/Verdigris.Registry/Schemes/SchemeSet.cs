using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Schemes;

/// <summary>Every scheme of the data folder, read once. Immutable, thread-safe.</summary>
public sealed class SchemeSet
{
    static readonly ConditionalWeakTable<RulePacks, SchemeSet> Read = [];

    readonly RulePacks packs;
    readonly Dictionary<string, Scheme> byCode;
    readonly ConcurrentDictionary<string, WorkingCalendar> calendars = new(StringComparer.Ordinal);

    SchemeSet(RulePacks packs)
    {
        this.packs = packs;
        All = [.. packs.Ids.Where(id => id.StartsWith("schemes/", StringComparison.Ordinal)).Select(id => MarketDoor.Opened(Of(packs.Pack(id))))];
        byCode = All.ToDictionary(s => s.Code, StringComparer.Ordinal);
    }

    public IReadOnlyList<Scheme> All { get; }

    /// <exception cref="RulePackException">A scheme file is not right.</exception>
    public static SchemeSet Of(RulePacks packs) => Read.GetValue(packs, p => new SchemeSet(p));

    public Scheme? Find(string? code) => code is not null && byCode.TryGetValue(code, out var scheme) ? scheme : null;

    /// <summary>A scheme's name in a language, Chinese or else English; what was given where there is no such scheme.</summary>
    public string NameOf(string code, string language) => Find(code) is not { } known ? code : language == "zh" ? known.NameZh : known.NameEn;

    /// <summary>The delay of an id; ids are unique over all schemes. Null where there is none.</summary>
    public HoursRule? Hours(string? rule) => All.SelectMany(s => s.Hours).FirstOrDefault(h => h.Rule == rule);

    /// <summary>The working days a delay counts.</summary>
    /// <exception cref="RulePackException">There is no such calendar, or it is not right.</exception>
    public WorkingCalendar Calendar(string id) => calendars.GetOrAdd(id, key => WorkingCalendars.Read(packs, key));

    static Scheme Of(RulePack pack)
    {
        var head = pack.Table("scheme").Rows.Single();
        return new(pack, head.Text("scheme"), head.Text("nameEn"), head.Text("nameZh"), head.Text("jurisdiction"), head.Text("currency"), head.Decimal("unitMassT"), head.Text("registryCode"), head.Integer("period"), head.Text("standing"),
            [.. pack.Table("units").Rows.Select(r => new UnitKind(r.Text("unit"), r.Text("nameEn"), r.Text("nameZh"), r.Text("kind"), r.Text("vintage"), r.TextOrNull("origin"), r.Has("local") && r.Flag("local")))],
            [.. pack.Table("accounts").Rows.Select(r => new AccountKind(r.Text("account"), r.Text("nameEn"), r.Text("nameZh"), Role(r.Text("role")), r.Integer("typeCode"), r.Flag("installation"), r.Flag("trustedList"), r.TextOrNull("trustedRule")))],
            [.. pack.Table("transactions").Rows.Select(r => new TransactionKind(r.Text("transaction"), r.Text("code"), r.Text("from"), r.Text("to"), r.Text("proposer"), r.Flag("second"), r.Flag("trusted"), r.TextOrNull("delay"), r.TextOrNull("reverses"), r.TextOrNull("of")))],
            [.. Optional(pack, "hours").Select(r => new HoursRule(r.Text("rule"), r.Text("kind"), r.Text("calendar"), r.Text("zone"), Time(r.Text("opens")), Time(r.Text("closes")), r.IntegerOrNull("hours"), r.IntegerOrNull("workingDays"), r.IntegerOrNull("cancelUntilHours"), r.TextOrNull("ends") == "in-hours"))],
            [.. Optional(pack, "documents").Select(r => new NeededDocument(r.Text("document"), r.Text("nameEn"), r.Text("nameZh"), r.Text("appliesTo")))]);
    }

    static IReadOnlyList<RuleRow> Optional(RulePack pack, string table) => pack.Tables.TryGetValue(table, out var found) ? found.Rows : [];

    static AccountRole Role(string word) => word switch { "issuer" => AccountRole.Issuer, "central" => AccountRole.Central, "holder" => AccountRole.Holder, "sink" => AccountRole.Sink, _ => AccountRole.Link };

    static NodaTime.LocalTime Time(string text) => LocalTimePattern.CreateWithInvariantCulture("HH:mm").Parse(text).GetValueOrThrow();
}
