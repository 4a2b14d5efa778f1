using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Payments;

/// <param name="Document">Kind of document that must be attached; null where the checks need none.</param>
/// <param name="WaiveFailed">Two people may waive it where it failed.</param>
/// <param name="WaiveUnclear">Two people may waive it where nobody can tell.</param>
public sealed record ChecklistItem(string Item, string? Document, bool WaiveFailed, bool WaiveUnclear);

/// <summary>Dated rules of the gate, from the pack <c>metals/payment-gate</c>. Immutable.</summary>
public sealed class PaymentRules
{
    readonly RulePack pack;

    public PaymentRules(RulePacks rules)
    {
        pack = rules.Pack("metals/payment-gate");
        LegalForms = pack.Table("legal-forms").Rows.Select(r => r.Text("form")).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Pack and version, for the record.</summary>
    public string Version => $"{pack.Id}@{pack.Version}";

    /// <summary>Words of names that say what a company is.</summary>
    public IReadOnlySet<string> LegalForms { get; }

    /// <summary>The checklist in force on a day, in order.</summary>
    public IReadOnlyList<ChecklistItem> Checklist(LocalDate on) =>
        [.. pack.Table("checklist").Rows.Where(r => r.InForce(on)).OrderBy(r => r.Integer("place")).Select(r => new ChecklistItem(r.Text("item"), r.TextOrNull("document"), r.Flag("waive_failed"), r.Flag("waive_unclear")))];

    /// <summary>Kinds of document anything may be attached as.</summary>
    public IReadOnlyList<string> Documents(LocalDate on) => [.. Checklist(on).Select(i => i.Document).OfType<string>()];

    /// <summary>A limit in the unit its note says.</summary>
    public decimal Limit(string rule, LocalDate on) => pack.Table("limits").Find(on, rule)?.Decimal("value") ?? throw new InvalidOperationException($"metals/payment-gate holds no limit '{rule}'.");

    /// <summary>Usual days from port to port, either way; null is unknown.</summary>
    public int? VoyageDays(string from, string to, LocalDate on)
    {
        var routes = pack.Table("routes");
        return (routes.Find(on, from, to) ?? routes.Find(on, to, from))?.Integer("days");
    }
}
