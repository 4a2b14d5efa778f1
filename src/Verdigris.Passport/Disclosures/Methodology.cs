using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Disclosures;

/// <summary>What a disclosure made by a methodology consists of.</summary>
public enum ValueKind { Certificate, Metric, Statement }

/// <summary>Which of two values of a methodology is the better one.</summary>
public enum Better { Lower, Higher }

/// <summary>Where a methodology stands in the exchange's catalogue. Numbers are stored and never change.</summary>
public enum MethodologyState : short { Applied = 0, Review = 1, Approved = 2, Declined = 3, Retired = 4 }

public enum MethodologyEvent { TakeUp, Approve, Decline, Retire }

/// <summary>What is asked of the exchange: to let producers disclose by this methodology.</summary>
/// <param name="Code">The same for every version: 2-32 capital letters, digits, hyphens.</param>
/// <param name="Class">One of the fifteen classes of <see cref="Taxonomy"/>.</param>
/// <param name="Unit">Of a metric, such as <c>tCO2e/t</c>; null for certificates and statements.</param>
/// <param name="Comparable">Values of one version within one boundary may be ranked.</param>
/// <param name="Boundaries">Boundaries a value may be stated within, of <see cref="MethodologyRules.Boundaries"/>; none: no boundary is stated.</param>
/// <param name="Metals">Metals it is made for; none: any.</param>
/// <param name="Link">Where its text can be read: an https address.</param>
public sealed record MethodologyApplication(string Code, string Version, string Name, string? NameZh, string Owner, string Class, ValueKind ValueKind, string? Unit, bool Comparable, Better? Better,
    IReadOnlyList<string>? Boundaries, IReadOnlyList<string>? Metals, string Description, string? Link = null);

/// <summary>An entry of the catalogue: one version of a methodology.</summary>
/// <param name="Reason">Why it was declined or retired.</param>
public sealed record Methodology(Guid Id, string Code, string Version, string Name, string? NameZh, string Owner, string Class, ValueKind ValueKind, string? Unit, bool Comparable, Better? Better,
    IReadOnlyList<string> Boundaries, IReadOnlyList<string> Metals, string Description, string? Link, MethodologyState State, string? Reason, Guid AppliedOrganisation, Instant AppliedAt, Instant? DecidedAt, int RowVersion)
{
    /// <summary>Whether the exchange admits one methodology of this kind a metal: comparable emissions figures.</summary>
    public bool OneAMetal => Comparable && Class == Taxonomy.ClimateChange && Metals.Count > 0;
}

/// <summary>Pure decisions about methodologies.</summary>
public static class MethodologyRules
{
    /// <summary>Applied, taken up by staff, approved or declined, and one day retired.</summary>
    public static StateTable<MethodologyState, MethodologyEvent> Table { get; } = new(Refusal.Conflict("methodology.state-forbids", "state"),
    [
        (MethodologyState.Applied, MethodologyEvent.TakeUp, MethodologyState.Review),
        (MethodologyState.Review, MethodologyEvent.Approve, MethodologyState.Approved),
        (MethodologyState.Review, MethodologyEvent.Decline, MethodologyState.Declined),
        (MethodologyState.Approved, MethodologyEvent.Retire, MethodologyState.Retired),
    ]);

    /// <summary>What a figure can be stated within.</summary>
    public static IReadOnlyList<string> Boundaries { get; } = ["cradle-to-gate", "gate-to-gate", "site", "organisation"];

    /// <param name="classes">The classes there are.</param>
    /// <param name="metals">Symbols of the metals there are.</param>
    public static List<Refusal> Check(MethodologyApplication m, IReadOnlyCollection<string> classes, IReadOnlyCollection<string> metals)
    {
        var wrong = new List<Refusal>();
        if (m.Code is not { Length: >= 2 and <= 32 } code || code[0] == '-' || code.Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c != '-'))
            wrong.Add(Refusal.Of("methodology.code-invalid", "code", ("given", m.Code ?? "")));
        DisclosureText.Check(m.Version, "version", 32, wrong);
        DisclosureText.Check(m.Name, "name", 200, wrong);
        DisclosureText.Check(m.NameZh, "nameZh", 200, wrong, required: false);
        DisclosureText.Check(m.Owner, "owner", 200, wrong);
        if (!classes.Contains(m.Class)) wrong.Add(Refusal.Of("methodology.class-unknown", "class", ("given", m.Class ?? "")));
        if (!Enum.IsDefined(m.ValueKind)) wrong.Add(Refusal.Of("request.word-unknown", "valueKind", ("given", m.ValueKind.ToString())));
        if (m.ValueKind == ValueKind.Metric) DisclosureText.Check(m.Unit, "unit", 40, wrong);
        else if (m.Unit is not null) wrong.Add(Refusal.Of("methodology.unit-without-metric", "unit"));
        CheckList(m.Boundaries, Boundaries, "boundaries", "methodology.boundary-unknown", wrong);
        CheckList(m.Metals, metals, "metals", "methodology.metal-unknown", wrong);
        if (m.Better is { } better && !Enum.IsDefined(better)) wrong.Add(Refusal.Of("request.word-unknown", "better", ("given", better.ToString())));
        if (m.Comparable)
        {
            if (m.ValueKind != ValueKind.Metric) wrong.Add(Refusal.Of("methodology.comparable-without-metric", "comparable"));
            if (m.Better is null) wrong.Add(Refusal.Of("methodology.comparable-without-better", "better"));
            if (m.Boundaries is not { Count: > 0 }) wrong.Add(Refusal.Of("methodology.comparable-without-boundary", "boundaries"));
        }
        DisclosureText.Check(m.Description, "description", 4000, wrong);
        if (m.Link is not null && (m.Link.Length > 400 || !Uri.TryCreate(m.Link, UriKind.Absolute, out var link) || link.Scheme != Uri.UriSchemeHttps)) wrong.Add(Refusal.Of("methodology.link-invalid", "link"));
        return wrong;
    }

    static void CheckList(IReadOnlyList<string>? given, IReadOnlyCollection<string> known, string field, string code, List<Refusal> wrong)
    {
        for (var i = 0; i < (given?.Count ?? 0); i++)
            if (!known.Contains(given![i]) || given.Take(i).Contains(given[i])) wrong.Add(Refusal.Of(code, $"{field}[{i}]", ("given", given[i] ?? ""), ("allowed", string.Join(", ", known))));
    }
}

/// <summary>Lengths of what people write into disclosures, methodologies and targets.</summary>
static class DisclosureText
{
    /// <summary>Adds <c>input.required</c> or <c>input.too-long</c>.</summary>
    public static void Check(string? text, string field, int most, List<Refusal> wrong, bool required = true)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            if (required || text is not null) wrong.Add(Refusal.Of("input.required", field));
        }
        else if (text.Length > most || text.Any(c => char.IsControl(c) && c is not ('\n' or '\r')))
            wrong.Add(Refusal.Of("input.too-long", field, ("limit", most.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("given", text.Length.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }
}
