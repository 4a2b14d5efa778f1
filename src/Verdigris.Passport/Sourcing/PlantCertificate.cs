using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Passport.Sourcing;

/// <summary>What every plant of a listed brand holds: ISO 14001 (environment) and ISO 45001 (health and safety), or equal. Numbers are stored and never change.</summary>
public enum ManagementStandard : short { Iso14001 = 0, Iso45001 = 1 }

/// <summary>A certificate as its holder enters it.</summary>
/// <param name="EqualTo">Name of an equal standard where it is not the ISO standard itself.</param>
/// <param name="ValidTo">The last day it holds.</param>
public sealed record NewPlantCertificate(Guid PlantId, ManagementStandard Standard, string Number, string Certifier, string Scope, LocalDate ValidFrom, LocalDate ValidTo, string? EqualTo = null);

public sealed record PlantCertificate(Guid Id, Guid PlantId, Guid OrganisationId, ManagementStandard Standard, string? EqualTo, string Number, string Certifier, string Scope, LocalDate ValidFrom, LocalDate ValidTo, Instant AddedAt, Instant? WithdrawnAt)
{
    public bool HoldsOn(LocalDate day) => WithdrawnAt is null && ValidFrom <= day && day <= ValidTo;
}

/// <summary>Pure decisions about certificates of management systems.</summary>
public static class PlantCertificateRules
{
    public static List<Refusal> Check(NewPlantCertificate c, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(c.Standard)) wrong.Add(Refusal.Of("sourcing.management-standard-unknown", "standard"));
        SourcingText.Line(c.Number, "number", wrong);
        SourcingText.Line(c.Certifier, "certifier", wrong);
        SourcingText.Line(c.Scope, "scope", wrong);
        if (c.EqualTo is not null) SourcingText.Line(c.EqualTo, "equalTo", wrong);
        if (c.ValidTo < c.ValidFrom) wrong.Add(Refusal.Of("sourcing.validity-reversed", "validTo", ("from", LocalDatePattern.Iso.Format(c.ValidFrom))));
        else if (c.ValidTo < today) wrong.Add(Refusal.Of("sourcing.no-longer-valid", "validTo", ("to", LocalDatePattern.Iso.Format(c.ValidTo))));
        return wrong;
    }

    /// <summary>The reminder that is due: the smallest of <paramref name="days"/> not below the days left, -1 once it is over, null while it is early.</summary>
    public static int? Reminder(LocalDate validTo, LocalDate today, IReadOnlyList<int> days) =>
        Expiry.Reminder(today, validTo, days) switch { null => null, (0, _) => -1, var (stage, _) => stage };

    /// <summary>The standards for which no certificate of the plant holds on the day.</summary>
    public static IReadOnlyList<ManagementStandard> Missing(IReadOnlyList<PlantCertificate> certificates, LocalDate on) =>
        [.. Enum.GetValues<ManagementStandard>().Where(s => !certificates.Any(c => c.Standard == s && c.HoldsOn(on)))];
}
