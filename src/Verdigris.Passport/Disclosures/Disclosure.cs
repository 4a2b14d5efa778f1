using System.Globalization;
using System.Text.Json.Serialization;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Disclosures;

/// <summary>How a disclosure was assured; certified: a certificate of an independent body.</summary>
public enum Assurance { None, Limited, Reasonable, Certified }

/// <summary>Who sees a published disclosure: everybody; whoever holds title to the metal, and those granted; only those granted. The producer and the exchange always.</summary>
public enum Visibility { Public, Owner, Grant }

/// <summary>Where a disclosure stands. Numbers are stored and never change; Expiring and Expired are read off the dates and never stored.</summary>
public enum DisclosureState : short { Draft = 0, Submitted = 1, Returned = 2, Accepted = 3, Published = 4, Withdrawn = 5, Expiring = 6, Expired = 7 }

public enum DisclosureEvent { Submit, Accept, Return, Publish, Near, Lapse, Withdraw }

/// <summary>What a producer's editor writes.</summary>
/// <param name="Subject">Key of a <see cref="Disclosures.Subject"/>.</param>
/// <param name="Value">Of a metric, in the methodology's unit; at most six decimals.</param>
/// <param name="PeriodFrom">First day reported on; both days or neither.</param>
/// <param name="ValidFrom">First day it is good for; required, a draft cannot be kept without.</param>
/// <param name="ValidTo">Last day it is good for; null: no end is stated. A certificate has one.</param>
public sealed record DisclosureContent(string Subject, Guid MethodologyId, decimal? Value = null, string? CertificateNo = null, string? Statement = null, string? StatementZh = null,
    LocalDate? PeriodFrom = null, LocalDate? PeriodTo = null, string? Boundary = null, Assurance Assurance = Assurance.None, string? Assurer = null,
    LocalDate? ValidFrom = null, LocalDate? ValidTo = null, Visibility Visibility = Visibility.Public);

/// <summary>A disclosure as it stands on the day it is read.</summary>
/// <param name="WrittenBy">The person who wrote it last; the audit trail's affair, no reader's.</param>
public sealed record Disclosure(Guid Id, Subject Subject, string ProducerName, string? ProducerNameZh, Methodology Methodology, DisclosureContent Content, DisclosureState State, string? Reason, [property: JsonIgnore] Guid WrittenBy,
    Instant CreatedAt, Instant? SubmittedAt, Instant? DecidedAt, Instant? PublishedAt, int RowVersion)
{
    /// <summary>Others may rely on it today.</summary>
    public bool Current => State is DisclosureState.Published or DisclosureState.Expiring;
}

/// <summary>Pure decisions about disclosures.</summary>
public static class DisclosureRules
{
    /// <summary>Days before the last good one from which a disclosure counts as expiring.</summary>
    public const int ExpiringDays = 90;

    public static StateTable<DisclosureState, DisclosureEvent> Table { get; } = new(Refusal.Conflict("disclosure.state-forbids", "state"),
    [
        (DisclosureState.Draft, DisclosureEvent.Submit, DisclosureState.Submitted),
        (DisclosureState.Draft, DisclosureEvent.Withdraw, DisclosureState.Withdrawn),
        (DisclosureState.Submitted, DisclosureEvent.Accept, DisclosureState.Accepted),
        (DisclosureState.Submitted, DisclosureEvent.Return, DisclosureState.Returned),
        (DisclosureState.Returned, DisclosureEvent.Submit, DisclosureState.Submitted),
        (DisclosureState.Returned, DisclosureEvent.Withdraw, DisclosureState.Withdrawn),
        (DisclosureState.Accepted, DisclosureEvent.Publish, DisclosureState.Published),
        (DisclosureState.Accepted, DisclosureEvent.Withdraw, DisclosureState.Withdrawn),
        (DisclosureState.Published, DisclosureEvent.Near, DisclosureState.Expiring),
        (DisclosureState.Published, DisclosureEvent.Withdraw, DisclosureState.Withdrawn),
        (DisclosureState.Expiring, DisclosureEvent.Lapse, DisclosureState.Expired),
        (DisclosureState.Expiring, DisclosureEvent.Withdraw, DisclosureState.Withdrawn),
    ]);

    /// <summary>The state on a day: what is stored, moved on by the table where its last good day is near or past.</summary>
    public static DisclosureState On(LocalDate day, DisclosureState stored, LocalDate? validTo)
    {
        if (stored != DisclosureState.Published || validTo is not { } last || Expiry.DaysLeft(day, last) > ExpiringDays) return stored;
        var near = Table.Next(stored, DisclosureEvent.Near).Value;
        return day <= last ? near : Table.Next(near, DisclosureEvent.Lapse).Value;
    }

    /// <summary>What is wrong with a content, in the order of its fields.</summary>
    /// <param name="methodology">Null where there is none of that id to be seen.</param>
    /// <param name="metals">What the subject makes: one metal of a brand or product, all of a plant or company.</param>
    public static List<Refusal> Check(DisclosureContent c, Methodology? methodology, IReadOnlyCollection<string> metals, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (methodology is null) wrong.Add(Refusal.Of("disclosure.methodology-unknown", "methodologyId"));
        else if (methodology.State != MethodologyState.Approved) wrong.Add(Refusal.Conflict("disclosure.methodology-not-approved", "methodologyId", ("state", methodology.State.ToString())));
        else
        {
            if (methodology.Metals.Count > 0 && !methodology.Metals.Any(metals.Contains)) wrong.Add(Refusal.Of("disclosure.methodology-other-metal", "methodologyId", ("allowed", string.Join(", ", methodology.Metals))));
            CheckKind(c, methodology, wrong);
            if (methodology.Boundaries.Count > 0 ? c.Boundary is null || !methodology.Boundaries.Contains(c.Boundary) : c.Boundary is not null)
                wrong.Add(Refusal.Of("disclosure.boundary-not-of-methodology", "boundary", ("given", c.Boundary ?? "-"), ("allowed", methodology.Boundaries.Count == 0 ? "-" : string.Join(", ", methodology.Boundaries))));
        }
        if (c.PeriodFrom is null != c.PeriodTo is null) wrong.Add(Refusal.Of("disclosure.period-half", c.PeriodFrom is null ? "periodFrom" : "periodTo"));
        else if (c.PeriodTo < c.PeriodFrom) wrong.Add(Refusal.Of("disclosure.period-backwards", "periodTo"));
        else if (c.PeriodTo > today) wrong.Add(Refusal.Of("disclosure.period-not-over", "periodTo", ("today", Iso(today))));
        if (!Enum.IsDefined(c.Assurance)) wrong.Add(Refusal.Of("request.word-unknown", "assurance", ("given", c.Assurance.ToString())));
        if (c.Assurance == Assurance.None) { if (c.Assurer is not null) wrong.Add(Refusal.Of("disclosure.assurer-without-assurance", "assurer")); }
        else DisclosureText.Check(c.Assurer, "assurer", 200, wrong);
        if (c.ValidFrom is not { Year: >= 1990 and <= 2200 }) wrong.Add(Refusal.Of("disclosure.valid-from-missing", "validFrom"));
        else if (c.ValidTo < c.ValidFrom) wrong.Add(Refusal.Of("disclosure.validity-backwards", "validTo"));
        else if (c.ValidTo < today) wrong.Add(Refusal.Of("disclosure.validity-over", "validTo", ("today", Iso(today))));
        else if (c.ValidTo?.Year > 2200) wrong.Add(Refusal.Of("disclosure.validity-too-far", "validTo"));
        if (!Enum.IsDefined(c.Visibility)) wrong.Add(Refusal.Of("request.word-unknown", "visibility", ("given", c.Visibility.ToString())));
        return wrong;
    }

    /// <summary>A metric has a figure and a period, a certificate a number, an end and somebody who issued it, a statement a text; none has what another has.</summary>
    static void CheckKind(DisclosureContent c, Methodology m, List<Refusal> wrong)
    {
        if (m.ValueKind == ValueKind.Metric)
        {
            if (c.Value is not { } value) wrong.Add(Refusal.Of("disclosure.value-missing", "value", ("unit", m.Unit!)));
            else CheckNumber(value, "value", wrong);
            if (c.PeriodFrom is null && c.PeriodTo is null) wrong.Add(Refusal.Of("disclosure.period-missing", "periodFrom"));
        }
        else if (c.Value is not null) wrong.Add(Refusal.Of("disclosure.not-of-kind", "value", ("kind", m.ValueKind.ToString())));
        if (m.ValueKind == ValueKind.Certificate)
        {
            DisclosureText.Check(c.CertificateNo, "certificateNo", 100, wrong);
            if (c.ValidTo is null) wrong.Add(Refusal.Of("disclosure.certificate-without-end", "validTo"));
            if (c.Assurance != Assurance.Certified) wrong.Add(Refusal.Of("disclosure.certificate-not-certified", "assurance"));
        }
        else if (c.CertificateNo is not null) wrong.Add(Refusal.Of("disclosure.not-of-kind", "certificateNo", ("kind", m.ValueKind.ToString())));
        if (m.ValueKind == ValueKind.Statement)
        {
            DisclosureText.Check(c.Statement, "statement", 4000, wrong);
            DisclosureText.Check(c.StatementZh, "statementZh", 4000, wrong, required: false);
        }
        else if (c.Statement is not null || c.StatementZh is not null) wrong.Add(Refusal.Of("disclosure.not-of-kind", c.Statement is not null ? "statement" : "statementZh", ("kind", m.ValueKind.ToString())));
    }

    /// <summary>At most six decimals and less than 10¹² either way, which is what the table holds exactly.</summary>
    internal static void CheckNumber(decimal value, string field, List<Refusal> wrong)
    {
        if (decimal.Abs(value) >= 1_000_000_000_000m) wrong.Add(Refusal.Of("input.out-of-range", field, ("given", value.ToString(CultureInfo.InvariantCulture)), ("min", "-999999999999"), ("max", "999999999999")));
        else if (DecimalText.Trim(value).Scale > 6) wrong.Add(Refusal.Of("input.too-many-decimals", field, ("given", value.ToString(CultureInfo.InvariantCulture)), ("limit", "6")));
    }

    internal static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
}
