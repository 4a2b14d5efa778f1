using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Registry.Schemes;

/// <summary>What an account kind of a scheme is to the Book and to people.</summary>
public enum AccountRole
{
    /// <summary>The one kind that may go negative: units are made here.</summary>
    Issuer,
    /// <summary>The authority's: auction, allocation, reserves.</summary>
    Central,
    /// <summary>Of an organisation admitted to the scheme.</summary>
    Holder,
    /// <summary>Surrendered, deleted, retired: nothing leaves but by a reversal the scheme names.</summary>
    Sink,
    /// <summary>Units under way to or from another registry.</summary>
    Link,
}

/// <param name="Kind">Word of the scheme file: operator-holding, trading, surrender.</param>
/// <param name="TypeCode">Number in the scheme's account ids: 100.</param>
/// <param name="NeedsInstallation">Whether it belongs to one installation.</param>
/// <param name="TrustedRule">Rule of <see cref="Scheme.Hours"/> by which a new entry of its trusted list waits; null: the scheme's first one.</param>
public sealed record AccountKind(string Kind, string NameEn, string NameZh, AccountRole Role, int TypeCode, bool NeedsInstallation, bool NeedsTrustedList, string? TrustedRule = null);

/// <param name="Unit">Code: EUA.</param>
/// <param name="Kind">allowance or credit.</param>
/// <param name="Origin">Registry that makes it, where this one only holds it; null for the scheme's own.</param>
/// <param name="Vintage">none, year or phase: whether units of different years are different assets.</param>
/// <param name="Local">A credit that counts as one from here.</param>
public sealed record UnitKind(string Unit, string NameEn, string NameZh, string Kind, string Vintage, string? Origin = null, bool Local = false);

/// <summary>What may move where, and who must agree.</summary>
/// <param name="Transaction">Word: transfer, surrender, allocate.</param>
/// <param name="Code">The scheme's own: 10-50.</param>
/// <param name="Proposer">holder, authority, or system (the registry's own work).</param>
/// <param name="Second">A second person approves.</param>
/// <param name="Trusted">Only at once to a trusted account; else after the delay.</param>
/// <param name="Delay">Id of the rule in <see cref="Scheme.Hours"/>; null where none applies.</param>
/// <param name="Reverses">The transaction this one takes back.</param>
/// <param name="Of">Kind of unit it is for, allowance or credit; null where it is for any.</param>
public sealed record TransactionKind(string Transaction, string Code, string From, string To, string Proposer, bool Second, bool Trusted, string? Delay, string? Reverses, string? Of = null);

/// <summary>When a delay runs, and how long. Days outside the working calendar do not count.</summary>
/// <param name="Kind">transfer (hours after initiation) or trusted-list (working days after approval).</param>
/// <param name="Calendar">Pack <c>calendars/…</c> whose days count.</param>
/// <param name="Hours">Transfer: hours of delay. <paramref name="WorkingDays"/>: trusted list.</param>
/// <param name="CancelUntilHours">A transfer can be cancelled until so many hours before it is carried out.</param>
/// <param name="EndsInHours">An end outside the hours waits for the next opening; else it stands where it falls, on a working day.</param>
public sealed record HoursRule(string Rule, string Kind, string Calendar, string Zone, LocalTime Opens, LocalTime Closes, int? Hours, int? WorkingDays, int? CancelUntilHours, bool EndsInHours = false);

/// <param name="AppliesTo">holder or representative.</param>
public sealed record NeededDocument(string Document, string NameEn, string NameZh, string AppliesTo);

/// <summary>One emission trading scheme or crediting programme: a file in <c>data/schemes</c>.</summary>
/// <param name="Currency">ISO 4217.</param>
/// <param name="UnitMassT">Tonnes of CO2e a unit stands for: 1; RGGI 0.90718474.</param>
/// <param name="RegistryCode">Letters in account ids: EU.</param>
/// <param name="Period">Number in account ids: 0.</param>
/// <param name="Standing">operating, historic or programme.</param>
public sealed record Scheme(RulePack Pack, string Code, string NameEn, string NameZh, string Jurisdiction, string Currency, decimal UnitMassT, string RegistryCode, int Period, string Standing,
    IReadOnlyList<UnitKind> Units, IReadOnlyList<AccountKind> Accounts, IReadOnlyList<TransactionKind> Transactions, IReadOnlyList<HoursRule> Hours, IReadOnlyList<NeededDocument> Documents)
{
    public AccountKind? Account(string kind) => Accounts.FirstOrDefault(a => a.Kind == kind);

    /// <summary>Whether a transaction is for units of this kind: what its file says; and an issuer makes allowances where the scheme has any, unless a kind of its own is for credits.</summary>
    public bool IsFor(TransactionKind transaction, UnitKind unit)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(unit);
        return (transaction.Of ?? (Account(transaction.From) is { Role: AccountRole.Issuer } && Units.Any(u => u.Kind == "allowance") ? "allowance" : unit.Kind)) == unit.Kind;
    }

    /// <summary>How long a new entry of a trusted list of this kind of account waits; null where the scheme has no such delay.</summary>
    public HoursRule? TrustedDelay(string kind) => Account(kind)?.TrustedRule is { } named ? Hours.First(h => h.Rule == named) : Hours.FirstOrDefault(h => h.Kind == "trusted-list");

    public UnitKind? Unit(string code) => Units.FirstOrDefault(u => u.Unit == code);

    public TransactionKind? Transaction(string transaction, string from, string to) => Transactions.FirstOrDefault(t => t.Transaction == transaction && t.From == from && t.To == to);

    /// <summary>Rows of a table of the file; none where the scheme leaves the table out.</summary>
    public IReadOnlyList<RuleRow> Rows(string table) => Pack.Tables.TryGetValue(table, out var found) ? found.Rows : [];

    /// <summary>Rows of a table in force in a year.</summary>
    public IEnumerable<RuleRow> Rows(string table, int year) => Rows(table).Where(r => r.InForce(On(year)));

    /// <summary>The row of a key in force in a year (with no year, the one whose validity has no end). Refuses <c>ets.no-rule</c>: what a scheme does not say is not known.</summary>
    public Answer<(RuleRow Row, RuleRef Rule)> Rule(string table, int? year, params ReadOnlySpan<string> key) =>
        Pack.Tables.TryGetValue(table, out var rows) && rows.Find(year is { } y ? On(y) : null, key) is { } row ? (row, row.Ref(Pack)) : NoRule(table, year, key);

    /// <summary><c>ets.no-rule</c>: scheme, table, key and year it says nothing of.</summary>
    public Refusal NoRule(string table, int? year, params ReadOnlySpan<string> key) =>
        Refusal.NotFound("ets.no-rule", "scheme", ("scheme", Code), ("table", table), ("key", string.Join(" / ", key.ToArray())), ("year", year is { } y ? $"{y}" : "-"));

    public RuleRef Ref(RuleRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Ref(Pack);
    }

    /// <summary>How the scheme rounds something (allocation, reserve, obligation, limit): what its table says, else half up to whole units.</summary>
    public RoundingRule Rounding(string what)
    {
        if (Rows("rounding").FirstOrDefault(r => r.Text("what") == what) is not { } row) return new(what, MidpointRounding.AwayFromZero, 0);
        var mode = row.Text("mode") switch { "down" => MidpointRounding.ToZero, "up" => MidpointRounding.ToPositiveInfinity, "half-even" => MidpointRounding.ToEven, _ => MidpointRounding.AwayFromZero };
        return new(what, mode, row.Integer("digits"), row.Article);
    }

    /// <summary>The day that decides which row is in force in a year: its last, since a change during a year counts for what falls due at its end.</summary>
    public static LocalDate On(int year) => new(year, 12, 31);
}
