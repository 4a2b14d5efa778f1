using NodaTime;

namespace Verdigris.Passport.Emissions;

public enum JoinKind { SameYear, YearBefore, Default }

/// <summary>An accepted submission of one brand and method, as the join rule sees it.</summary>
public readonly record struct AcceptedYear(Guid SubmissionId, int ReportYear, Instant AcceptedAt);

/// <summary>
/// Which submission a certificate takes: the latest accepted one of the year of production, else of the year before, else none, in which case the default
/// applies where the metal has one, and is marked as such. (Metals domain notes 1.7, join rule.)
/// </summary>
public static class JoinRule
{
    public static (JoinKind Kind, Guid? SubmissionId) Choose(IEnumerable<AcceptedYear> accepted, int productionYear)
    {
        AcceptedYear? same = null, before = null;
        foreach (var one in accepted)
        {
            if (one.ReportYear == productionYear && (same is null || one.AcceptedAt > same.Value.AcceptedAt)) same = one;
            if (one.ReportYear == productionYear - 1 && (before is null || one.AcceptedAt > before.Value.AcceptedAt)) before = one;
        }
        return same is { } s ? (JoinKind.SameYear, s.SubmissionId) : before is { } b ? (JoinKind.YearBefore, b.SubmissionId) : (JoinKind.Default, null);
    }
}

/// <summary>What a certificate shows of one method.</summary>
/// <param name="ReportYear">Null for a default.</param>
/// <param name="IsDefault">The figures are no statement of the producer but the rule's default; <paramref name="Rule"/> cites it.</param>
public sealed record EmissionsOnCertificate(EmissionsMethod Method, JoinKind Join, bool IsDefault, int? ReportYear, EmissionsValues Values, VerificationStatus? Verification, Guid? SubmissionId, string? ValuesSha256, string? Salt, string Rule);
