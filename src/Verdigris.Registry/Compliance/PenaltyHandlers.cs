using System.Globalization;
using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Compliance;

/// <param name="Year">Of the emissions whose deadline was missed.</param>
/// <param name="Amount">What the authority sets, within what the rule allows; may be left out where the rule leaves no choice.</param>
/// <param name="ReferencePrice">Market price the scheme refers to, where it does. <paramref name="IndexFactor"/>: rise of consumer prices since the amount was set, where it is indexed.</param>
public sealed record NewPenalty(int Year, decimal? Amount, decimal? ReferencePrice, decimal? IndexFactor, string? Reason);

/// <summary>
/// What is owed for units missing after the day of surrender. The shortfall is counted by the registry, the amount by the scheme's rule; an officer proposes within it, an approver sets it. The units stay owed: the measure is cumulative.
/// </summary>
public sealed class PenaltyHandlers(SchemeSet schemes, ComplianceHandlers compliance, Approvals approvals)
{
    public const string Task = "registry.penalty";

    /// <summary><c>penalty.not-due</c> (the day of surrender is not over), <c>penalty.no-shortfall</c>, <c>penalty.there</c>, <c>penalty.amount</c>; of the rule <c>ets.no-rule</c>, <c>calc.missing-field</c>.</summary>
    public async Task<Answer<Penalty>> Propose(DbSession s, Guid installation, NewPenalty wanted, CancellationToken ct)
    {
        var read = await compliance.Read(s, installation, ct);
        if (!read.Ok) return Answer<Penalty>.From(read.Refusals);
        var (i, scheme) = (read.Value.Installation, schemes.Find(read.Value.Installation.Scheme)!);
        if (await Administration.Acts(s, i.Scheme, ct) is { } no) return no;
        var due = ComplianceCalendar.DueOn(scheme, wanted.Year);
        if (due is null || due >= s.Today() || wanted.Year < i.FirstYear) return Refusal.Conflict("penalty.not-due", "year", ("day", due is { } day ? $"{day:uuuu-MM-dd}" : "?"));
        // What was missing on the day over all years up to this one: what later years owe is no part of it, and what was surrendered later does not undo it.
        if (await ShortfallOf(s, scheme, read.Value, wanted.Year, due.Value, ct) is not { } shortfall) return Refusal.Conflict("penalty.unknown", "year", ("year", $"{wanted.Year}"));
        if (shortfall == 0) return Refusal.Conflict("penalty.no-shortfall", "year", ("year", $"{wanted.Year}"));
        var amounts = Penalties.Of(scheme, due.Value.Year, shortfall, wanted.ReferencePrice, wanted.IndexFactor);
        if (!amounts.Ok) return Answer<Penalty>.From(amounts.Refusals);
        var money = amounts.Value.Where(a => a.Most > 0).ToList();
        var (least, most) = (Cents(money.Sum(a => a.Least)), Cents(money.Sum(a => a.Most)));
        var amount = wanted.Amount ?? (least == most ? least : null);
        if (amount is not { } set || set < least || set > most || set != Cents(set)) return Refusal.Of("penalty.amount", "amount", ("least", DecimalText.Write(least)), ("most", DecimalText.Write(most)), ("currency", scheme.Currency));
        var basis = new JsonObject
        {
            ["shortfall"] = shortfall,
            ["referencePrice"] = wanted.ReferencePrice,
            ["indexFactor"] = wanted.IndexFactor,
            ["penalties"] = new JsonArray([.. amounts.Value.Select(a => (JsonNode)new JsonObject { ["penalty"] = a.Penalty, ["least"] = a.Least, ["most"] = a.Most, ["owedUnits"] = a.OwedUnits, ["article"] = a.Rule.Article, ["pack"] = a.Rule.Pack, ["version"] = a.Rule.Version })]),
        };
        var id = s.NewId();
        try
        {
            return await s.InTransaction<Penalty>(async t =>
            {
                await s.Run("insert into registry.penalty (id, installation_id, year, shortfall, amount_from, amount_to, currency, basis, amount, state, reason, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12)", t,
                    id, installation, wanted.Year, shortfall, least, most, scheme.Currency, new Json(basis.ToJsonString()), set, wanted.Reason?.Trim(), s.Actor.PersonId, s.Now);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, $"/registry/installations/{installation}", t, ("name", i.Name), ("year", wanted.Year), ("amount", set.ToString("0.00", CultureInfo.InvariantCulture)), ("currency", scheme.Currency));
                await s.Run("update registry.penalty set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("registry-penalty.proposed", "registry-installation", installation.ToString(), wanted.Reason, Details: new { wanted.Year, shortfall, set }), t);
                return (await ComplianceStore.FindPenalty(s, id, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "penalty_once") { return Refusal.Conflict("penalty.there", "year", ("year", $"{wanted.Year}")); }
    }

    /// <summary>The money is there, or the penalty is lifted (saying why); the authority's officer.</summary>
    public async Task<Answer<Penalty>> Settle(DbSession s, Guid id, bool paid, string? reason, CancellationToken ct)
    {
        if (await ComplianceStore.FindPenalty(s, id, ct) is not { } known || await InstallationHandlers.Find(s, known.InstallationId, ct) is not { } installation) return Refusal.NotFound("penalty.not-found");
        if (await Administration.Acts(s, installation.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong, required: !paid);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<Penalty>(async t =>
        {
            // Two officers settle at the same time: the second is told that the first was there.
            await s.Run("select from registry.penalty where id = $1 for update", t, id);
            var now = (await ComplianceStore.FindPenalty(s, id, t))!;
            if (DutyRules.Penalties.Next(now.State, paid ? PenaltyEvent.Pay : PenaltyEvent.Lift) is var next && !next.Ok) return Answer<Penalty>.From(next.Refusals);
            await s.Run("update registry.penalty set state = $2, reason = coalesce($3, reason) where id = $1", t, id, (short)next.Value, words);
            await s.Audit(new AuditEntry(paid ? "registry-penalty.paid" : "registry-penalty.lifted", "registry-installation", installation.Id.ToString(), words), t);
            return (await ComplianceStore.FindPenalty(s, id, t))!;
        }, ct);
    }

    internal async Task<Answer<Done>> Set(DbSession s, Guid id, CancellationToken ct)
    {
        if (await ComplianceStore.FindPenalty(s, id, ct) is not { } known || await InstallationHandlers.Find(s, known.InstallationId, ct) is not { } installation) return Refusal.NotFound("penalty.not-found");
        if (await Administration.Acts(s, installation.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (DutyRules.Penalties.Next(known.State, PenaltyEvent.Set) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("select from registry.installation where id = $1 for no key update", ct, installation.Id);
        // Emissions may have been corrected, a surrender taken back or a year excluded since: an amount for another shortfall is not set.
        var read = await compliance.Read(s, installation.Id, ct);
        if (!read.Ok) return Answer<Done>.From(read.Refusals);
        var scheme = schemes.Find(installation.Scheme)!;
        if (await ShortfallOf(s, scheme, read.Value, known.Year, ComplianceCalendar.DueOn(scheme, known.Year)!.Value, ct) is not { } shortfall) return Refusal.Conflict("penalty.unknown", "year", ("year", $"{known.Year}"));
        if (shortfall != known.Shortfall) return Refusal.Conflict("penalty.shortfall-changed", "year", ("year", $"{known.Year}"), ("before", known.Shortfall.ToString(CultureInfo.InvariantCulture)), ("now", shortfall.ToString(CultureInfo.InvariantCulture)));
        await s.Run("update registry.penalty set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-penalty.set", "registry-installation", installation.Id.ToString(), Details: new { known.Year, known.Amount }), ct);
        await s.Notify(new Notice(RegistryNotices.Due, new NoticeTo(Organisation: installation.OrganisationId, Roles: [Role.Administrator, Role.AccountRepresentative]), "registry.notice.penalty",
            new Dictionary<string, string> { ["name"] = installation.Name, ["year"] = $"{known.Year}", ["amount"] = DecimalText.Write(known.Amount!.Value), ["currency"] = known.Currency }, $"/registry/installations/{installation.Id}", "registry-installation", installation.Id.ToString()), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await ComplianceStore.FindPenalty(s, id, ct) is not { } known) return Refusal.NotFound("penalty.not-found");
        if (DutyRules.Penalties.Next(known.State, PenaltyEvent.TurnDown) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.penalty set state = 3, amount = null, reason = $2 where id = $1", ct, id, reason);
        await s.Audit(new AuditEntry("registry-penalty.turned-down", "registry-penalty", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Units missing at the end of a day of surrender over all years up to one; null where emissions of one of them are unknown.</summary>
    static async Task<long?> ShortfallOf(DbSession s, Scheme scheme, InstallationCompliance c, int year, LocalDate due, CancellationToken ct)
    {
        var zone = DateTimeZoneProviders.Tzdb[scheme.Hours.Count > 0 ? scheme.Hours[0].Zone : "UTC"];
        var given = await ComplianceStore.SurrenderedBy(s, c.Installation.Id, due.PlusDays(1).AtStartOfDayInZone(zone).ToInstant(), ct);
        var charges = (await ComplianceStore.Charges(s, c.Installation.Id, scheme.Code, ct)).Where(x => x.Year < year).Select(x => x.Units);
        var allotted = (await ComplianceStore.Allotted(s, c.Installation.Id, scheme.Code, ct)).ToDictionary(a => a.Year, a => a.Units);
        var classes = PlantClasses.ByYear(await ComplianceStore.Classes(s, c.Installation.Id, scheme.Code, ct));
        var until = c.Years.Where(y => y.Year <= year).ToList();
        var standing = ComplianceHandlers.Standing(scheme, c.Installation.FirstYear, c.Installation.LastYear, year + 1, until.Where(y => y.Emissions is not null).Select(y => (y.Year, y.Emissions!.Value)), until.Where(y => y.Excluded).Select(y => y.Year), given, charges, classes, allotted);
        return standing.Owed is { } owed ? Math.Max(0, (long)owed - given) : null;
    }

    static decimal Cents(decimal amount) => decimal.Round(amount, 2, MidpointRounding.ToEven);
}
