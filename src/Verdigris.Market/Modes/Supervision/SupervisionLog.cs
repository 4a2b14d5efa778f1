using NodaTime;
using Verdigris.Market.Members;
using Verdigris.Storage;

namespace Verdigris.Market.Modes.Supervision;

/// <summary>One thing the supervision of trading did.</summary>
/// <param name="Act">halted, resumed, interrupted, killed, release-asked, released, bust-asked, busted, bust-turned-down, orders-cancelled.</param>
/// <param name="Subject">What else it was about: a trade's number, a session's name.</param>
public sealed record SupervisionEntry(long Number, Instant At, string Person, string Act, string? Series, string? Account, Guid? OrganisationId, string? Subject, string? Reason);

/// <summary>Who did what to whom, and why. Nobody changes an entry.</summary>
static class SupervisionLog
{
    public static Task Write(DbSession s, string act, string? reason, CancellationToken ct, string? series = null, long? account = null, Guid? organisation = null, Guid? counterOrganisation = null, string? subject = null) => s.Run(
        "insert into market.supervision_entry (at, person_id, person, act, series, account, organisation_id, counter_organisation_id, subject, reason) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", ct,
        s.Now, s.Actor.PersonId, s.Actor.Name, act, series, account, organisation, counterOrganisation, subject, reason);

    /// <summary>Everything for the exchange, for a member what concerns it; the newest first.</summary>
    public static Task<List<SupervisionEntry>> List(DbSession s, CancellationToken ct, long? before = null, int limit = 100) => s.All("select number, at, person, act, series, account, organisation_id, subject, reason from market.supervision_entry where number < $1 order by number desc limit $2",
        r => new SupervisionEntry(r.GetInt64(0), r.Time(1), r.GetString(2), r.GetString(3), r.Text(4), r.IsDBNull(5) ? null : TradingAccount.CodeOf(r.GetInt64(5)), r.MaybeGuid(6), r.Text(7), r.Text(8)), ct, before ?? long.MaxValue, Math.Clamp(limit, 1, 500));
}
