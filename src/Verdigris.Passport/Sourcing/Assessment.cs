using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Sourcing;

/// <summary>Where the responsible sourcing of a brand and year stands. Numbers are stored and never change.</summary>
public enum AssessmentState : short
{
    NotStarted = 0, SupplierMapping = 1, Screening = 2, FlagsFound = 3, NoFlags = 4, Mitigation = 5, Filed = 6, Queries = 7, Compliant = 8,
    /// <summary>The yearly check is due; the next year's assessment is begun.</summary>
    DueAgain = 9,
    Suspended = 20, Delisted = 21,
}

public enum AssessmentEvent { Begin, Screen, Remap, Conclude, Reopen, Mitigate, FileDirectly, File, Ask, Answer, Accept, FallDue, Suspend, Restore, Delist }

/// <summary>The responsible sourcing of a brand in a year.</summary>
/// <param name="Day">The day the assessment speaks of: lists and look-back months count from it. Null before it is begun.</param>
/// <param name="NextCheckDue">From the finding of compliance on; null before.</param>
/// <param name="StateBefore">What a suspension goes back to; null where it is not suspended.</param>
public sealed record Assessment(Guid Id, string BrandCode, Guid ProducerId, int Year, AssessmentState State, AssessmentState? StateBefore, Track? Track, LocalDate? Day,
    LocalDate? NextCheckDue, Guid CreatedBy, Instant CreatedAt, Instant? FiledAt, Instant? AcceptedAt, int RowVersion);

/// <summary>What is filed for a track. Days are calendar days; the end of a validity is the last day it holds.</summary>
/// <param name="Standard">Track A: a code of the table <c>standards</c>.</param>
/// <param name="AuditorId">Track B: an organisation of the register that verifies.</param>
/// <param name="RecyclableInputPercent">Track D.</param>
/// <param name="AttestedBy">Track D: name and office of who signs.</param>
public sealed record Filing(Track Track, string? Standard = null, string? CertificateNumber = null, string? Certifier = null, LocalDate? ValidFrom = null, LocalDate? ValidTo = null,
    Guid? AuditorId = null, LocalDate? AuditDay = null, decimal? RecyclableInputPercent = null, string? AttestedBy = null);

/// <summary>Pure decisions about an assessment's life and its filing.</summary>
public static class AssessmentRules
{
    /// <summary>Tracks A and D file without a red flag assessment. Conclude, Restore and Delist name their end; a suspension goes back to where it came from.</summary>
    public static StateTable<AssessmentState, AssessmentEvent> Table { get; } = new(Refusal.Conflict("sourcing.state-forbids", "state"),
    [
        (AssessmentState.NotStarted, AssessmentEvent.Begin, AssessmentState.SupplierMapping),
        (AssessmentState.NotStarted, AssessmentEvent.FileDirectly, AssessmentState.Filed),
        (AssessmentState.SupplierMapping, AssessmentEvent.Screen, AssessmentState.Screening),
        (AssessmentState.SupplierMapping, AssessmentEvent.FileDirectly, AssessmentState.Filed),
        (AssessmentState.Screening, AssessmentEvent.Remap, AssessmentState.SupplierMapping),
        (AssessmentState.Screening, AssessmentEvent.Conclude, AssessmentState.FlagsFound),
        (AssessmentState.Screening, AssessmentEvent.Conclude, AssessmentState.NoFlags),
        (AssessmentState.FlagsFound, AssessmentEvent.Reopen, AssessmentState.Screening),
        (AssessmentState.NoFlags, AssessmentEvent.Reopen, AssessmentState.Screening),
        (AssessmentState.FlagsFound, AssessmentEvent.Mitigate, AssessmentState.Mitigation),
        (AssessmentState.NoFlags, AssessmentEvent.File, AssessmentState.Filed),
        (AssessmentState.Mitigation, AssessmentEvent.File, AssessmentState.Filed),
        (AssessmentState.Filed, AssessmentEvent.Ask, AssessmentState.Queries),
        (AssessmentState.Queries, AssessmentEvent.Ask, AssessmentState.Queries),
        (AssessmentState.Queries, AssessmentEvent.Answer, AssessmentState.Filed),
        (AssessmentState.Filed, AssessmentEvent.Accept, AssessmentState.Compliant),
        (AssessmentState.Compliant, AssessmentEvent.FallDue, AssessmentState.DueAgain),
        .. Open.Select(s => (s, AssessmentEvent.Suspend, AssessmentState.Suspended)),
        .. Open.Select(s => (AssessmentState.Suspended, AssessmentEvent.Restore, s)),
        .. Open.Append(AssessmentState.Suspended).Select(s => (s, AssessmentEvent.Delist, AssessmentState.Delisted)),
    ]);

    /// <summary>Every state a suspension can come upon.</summary>
    static IEnumerable<AssessmentState> Open => Enum.GetValues<AssessmentState>().Where(s => s < AssessmentState.Suspended);

    /// <summary>The state on a day: compliance falls due by itself.</summary>
    public static AssessmentState StateOn(AssessmentState stored, LocalDate? nextCheckDue, LocalDate on) =>
        stored == AssessmentState.Compliant && nextCheckDue <= on ? Table.Next(stored, AssessmentEvent.FallDue).Value : stored;

    /// <summary>When the next check is due: so many months after compliance was found, or with the end of the filed certificate where that comes first.</summary>
    public static LocalDate NextCheck(LocalDate accepted, Filing filing, int recheckMonths) =>
        filing.ValidTo is { } end && end < accepted.PlusMonths(recheckMonths) ? end : accepted.PlusMonths(recheckMonths);

    /// <summary>Whether rows, flags and plans of the assessment may still be changed.</summary>
    public static bool IsFiled(AssessmentState state) => state is >= AssessmentState.Filed;

    /// <summary>What is wrong with a filing, by track; the files that must be there are asked for elsewhere.</summary>
    /// <param name="metal">Of the brand.</param>
    /// <param name="recyclablePercent">What track D asks.</param>
    public static List<Refusal> Check(Filing f, string metal, LocalDate today, IReadOnlyList<RuleRow> standards, int recyclablePercent)
    {
        var wrong = new List<Refusal>();
        switch (f.Track)
        {
            case Track.A:
                var named = SourcingRules.Find(standards, "standard", f.Standard);
                if (named is null || !named.InForce(today)) wrong.Add(Refusal.Of("sourcing.standard-not-recognised", "standard", ("given", f.Standard ?? "")));
                else if (!named.List("metals").Contains(metal)) wrong.Add(Refusal.Of("sourcing.standard-not-for-metal", "standard", ("given", f.Standard!), ("metal", metal)) with { Rule = named.Source.Citation });
                SourcingText.Line(f.CertificateNumber, "certificateNumber", wrong);
                SourcingText.Line(f.Certifier, "certifier", wrong);
                CheckValidity(f.ValidFrom, f.ValidTo, today, wrong);
                break;
            case Track.B:
                if (f.AuditorId is null) wrong.Add(Refusal.Of("sourcing.auditor-not-approved", "auditorId"));
                if (f.AuditDay is null) wrong.Add(Refusal.Of("sourcing.day-missing", "auditDay"));
                else if (f.AuditDay > today) wrong.Add(Refusal.Of("sourcing.day-in-future", "auditDay", ("latest", Text(today))));
                break;
            case Track.D:
                if (f.RecyclableInputPercent != recyclablePercent) wrong.Add(Refusal.Of("sourcing.input-not-all-recyclable", "recyclableInputPercent", ("given", f.RecyclableInputPercent?.ToString(CultureInfo.InvariantCulture) ?? "-"), ("needed", recyclablePercent.ToString(CultureInfo.InvariantCulture))));
                SourcingText.Line(f.AttestedBy, "attestedBy", wrong);
                break;
            case Track.C: break;
            default: wrong.Add(Refusal.Of("sourcing.track-unknown", "track")); break;
        }
        return wrong;
    }

    /// <summary>Both days given, in order, and today between them.</summary>
    internal static void CheckValidity(LocalDate? from, LocalDate? to, LocalDate today, List<Refusal> wrong)
    {
        if (from is null) wrong.Add(Refusal.Of("sourcing.day-missing", "validFrom"));
        if (to is null) wrong.Add(Refusal.Of("sourcing.day-missing", "validTo"));
        if (from is not { } start || to is not { } end) return;
        if (end < start) wrong.Add(Refusal.Of("sourcing.validity-reversed", "validTo", ("from", Text(start))));
        else if (start > today) wrong.Add(Refusal.Of("sourcing.not-yet-valid", "validFrom", ("from", Text(start))));
        else if (end < today) wrong.Add(Refusal.Of("sourcing.no-longer-valid", "validTo", ("to", Text(end))));
    }

    static string Text(LocalDate day) => LocalDatePattern.Iso.Format(day);
}
