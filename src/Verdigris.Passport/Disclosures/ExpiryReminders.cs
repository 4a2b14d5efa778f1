using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Disclosures;

/// <summary>A disclosure whose end is near or past.</summary>
/// <param name="DaysLeft">Whole days to its last good one; negative once that is past.</param>
/// <param name="Stage">90, 30 or 7: the last reminder that fell due; 0: it has expired.</param>
/// <param name="Due">The day that reminder fell due.</param>
public sealed record ExpiryReminder(Disclosure Disclosure, LocalDate LastDay, int DaysLeft, int Stage, LocalDate Due);

/// <summary>Which published disclosures a producer is reminded of, from their dates alone. Pure.</summary>
public static class ExpiryReminders
{
    /// <summary>Days before the last good one a reminder falls due, the first first.</summary>
    public static IReadOnlyList<int> Stages { get; } = [DisclosureRules.ExpiringDays, 30, 7];

    /// <summary>The reminder in force on a day; null where the end is further off than the first stage.</summary>
    public static (int Stage, LocalDate Due)? On(LocalDate day, LocalDate lastDay) => Expiry.Reminder(day, lastDay, Stages);

    /// <summary>Nearest end first; what expired before the others. Drafts, withdrawn ones and those without an end have none.</summary>
    public static IReadOnlyList<ExpiryReminder> Of(IEnumerable<Disclosure> disclosures, LocalDate today) =>
        [.. disclosures.Where(d => d.State is DisclosureState.Published or DisclosureState.Expiring or DisclosureState.Expired)
            .Select(d => d.Content.ValidTo is { } last && On(today, last) is { } due ? new ExpiryReminder(d, last, Expiry.DaysLeft(today, last), due.Stage, due.Due) : null)
            .OfType<ExpiryReminder>().OrderBy(r => r.LastDay).ThenBy(r => r.Disclosure.Id)];
}
