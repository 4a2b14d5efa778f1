using NodaTime;
using Npgsql;
using Verdigris.Primitives;

using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Registry.Credits.Article6;

/// <summary>A host country's letter: which reductions may be used for what beyond its own contribution.</summary>
/// <param name="Uses">ndc, international, other.</param>
/// <param name="FirstTransfer">When the first transfer happens: authorisation, issuance or use.</param>
/// <param name="Approach">Name of the cooperative approach.</param>
/// <param name="Adjusted">Years whose corresponding adjustment is entered, with where it was reported.</param>
/// <param name="AuthorisedOn">Day of the letter; null where it was not entered.</param>
public sealed record Authorisation(Guid Id, Guid ProjectId, string Party, IReadOnlyList<string> Uses, int YearFrom, int YearTo, string FirstTransfer, string Approach, Guid DocumentId, Instant EnteredAt, IReadOnlyList<Adjustment> Adjusted, LocalDate? AuthorisedOn = null);

public sealed record Adjustment(int Year, string ReportedIn);

/// <param name="AuthorisedOn">Day of the letter, not after today; left out, no first transfer at authorisation has a day.</param>
public sealed record NewAuthorisation(IReadOnlyList<string>? Uses, int YearFrom, int YearTo, string? FirstTransfer, string? Approach, Guid DocumentId, LocalDate? AuthorisedOn = null)
{
    public IReadOnlyList<string>? Uses { get; set => field = value ?? []; } = Uses ?? [];
}

/// <param name="ReportedIn">The party's report that shows the adjustment.</param>
public sealed record NewAdjustment(int Year, string? ReportedIn, Guid DocumentId);

/// <summary>One row of the agreed electronic format: units authorised that are held, or something done with them.</summary>
/// <param name="Action">Holding, or authorisation, first-transfer, use, cancellation.</param>
/// <param name="On">Day of what was done; null where it is not known.</param>
/// <param name="FirstTransferOn">Day the letter, the issuance or the use made them transferred first, as the letter has it. Null: not yet, or not known.</param>
public sealed record AefRow(string Action, string Approach, string Party, string FirstId, string LastId, long Units, int Vintage, string Uses, LocalDate? On, string? UsingEntity, LocalDate? FirstTransferOn, bool Adjusted);

/// <summary>Letters of authorisation and corresponding adjustments (Article 6), entered by the programme's officers from the party's own documents, and the tables parties report.</summary>
public sealed class AuthorisationHandlers(UnitQueries units)
{
    /// <summary>What a letter authorises for.</summary>
    public static IReadOnlyList<string> Uses { get; } = ["ndc", "international", "other"];

    /// <summary>What makes units transferred first.</summary>
    public static IReadOnlyList<string> First { get; } = ["authorisation", "issuance", "use"];

    /// <summary>Enters a letter. <c>credits.authorisation</c>, <c>credits.authorised-on</c> where its day is still to come, <c>credits.letter</c>, <c>credits.country</c> where the project's country is not one.</summary>
    public async Task<Answer<Authorisation>> Authorise(DbSession s, Guid project, NewAuthorisation wanted, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.project-not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var approach = Given.Text(wanted.Approach, "approach", 200, wrong);
        if (wanted.Uses!.Count == 0 || wanted.Uses.Any(u => !Uses.Contains(u)) || wanted.YearFrom < 2013 || wanted.YearTo is > 2100 || wanted.YearTo < wanted.YearFrom || !First.Contains(wanted.FirstTransfer)) wrong.Add(Refusal.Of("credits.authorisation", "uses"));
        if (wanted.AuthorisedOn > s.Today()) wrong.Add(Refusal.Of("credits.authorised-on", "authorisedOn", ("given", $"{wanted.AuthorisedOn:uuuu-MM-dd}")));
        if (!CountryCode.IsAssigned(known.Country)) wrong.Add(Refusal.Conflict("credits.country", "country", ("given", known.Country ?? "")));
        if (!(await ProjectStore.Documents(s, project, ct)).Any(d => d.Id == wanted.DocumentId && d.Kind == "authorisation")) wrong.Add(Refusal.Of("credits.letter", "documentId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<Authorisation>(async t =>
        {
            await s.Run("insert into registry.credit_authorisation (id, project_id, party, uses, year_from, year_to, first_transfer, approach, document_id, entered_by, entered_at, authorised_on) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", t,
                id, project, known.Country, wanted.Uses.Distinct().ToArray(), wanted.YearFrom, wanted.YearTo, wanted.FirstTransfer, approach, wanted.DocumentId, s.Actor.PersonId, s.Now, wanted.AuthorisedOn);
            await s.Audit(new AuditEntry("credit-project.authorised", "credit-project", project.ToString(), Details: new { wanted.Uses, wanted.YearFrom, wanted.YearTo, wanted.FirstTransfer, wanted.AuthorisedOn }), t);
            return (await Of(s, project, t)).First(a => a.Id == id);
        }, ct);
    }

    /// <summary>Enters that the party adjusted for a year. <c>credits.authorisation-not-found</c>, <c>credits.adjustment-year</c>, <c>credits.letter</c>, <c>credits.adjusted-already</c>.</summary>
    public async Task<Answer<Authorisation>> Adjust(DbSession s, Guid project, Guid authorisation, NewAdjustment wanted, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.project-not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        if ((await Of(s, project, ct)).FirstOrDefault(a => a.Id == authorisation) is not { } letter) return Refusal.NotFound("credits.authorisation-not-found");
        var wrong = new List<Refusal>();
        var report = Given.Text(wanted.ReportedIn, "reportedIn", 200, wrong);
        if (wanted.Year < letter.YearFrom || wanted.Year > letter.YearTo) wrong.Add(Refusal.Of("credits.adjustment-year", "year", ("year", $"{wanted.Year}")));
        if (!(await ProjectStore.Documents(s, project, ct)).Any(d => d.Id == wanted.DocumentId && d.Kind == "adjustment")) wrong.Add(Refusal.Of("credits.letter", "documentId"));
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<Authorisation>(async t =>
            {
                await s.Run("insert into registry.credit_adjustment (id, authorisation_id, year, reported_in, document_id, entered_by, entered_at) values ($1, $2, $3, $4, $5, $6, $7)", t, s.NewId(), authorisation, wanted.Year, report, wanted.DocumentId, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("credit-project.adjusted", "credit-project", project.ToString(), Details: new { wanted.Year, report }), t);
                return (await Of(s, project, t)).First(a => a.Id == authorisation);
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Refusal.Conflict("credits.adjusted-already", "year"); }
    }

    /// <summary>Letters of a project; public where the project is.</summary>
    public async Task<IReadOnlyList<Authorisation>> Of(DbSession s, Guid project, CancellationToken ct)
    {
        var adjusted = (await s.All("select j.authorisation_id, j.year, j.reported_in from registry.credit_adjustment j join registry.credit_authorisation a on a.id = j.authorisation_id where a.project_id = $1 order by j.year", r => (Of: r.GetGuid(0), Is: new Adjustment(r.GetInt32(1), r.GetString(2))), ct, project)).ToLookup(a => a.Of, a => a.Is);
        return await s.All("select id, project_id, party, uses, year_from, year_to, first_transfer, approach, document_id, entered_at, authorised_on from registry.credit_authorisation where project_id = $1 order by year_from, id", r =>
            new Authorisation(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.Texts(3), r.GetInt32(4), r.GetInt32(5), r.GetString(6), r.GetString(7), r.GetGuid(8), r.Time(9), [.. adjusted[r.GetGuid(0)]], r.MaybeDay(10)), ct, project);
    }

    /// <summary>
    /// The tables of the agreed electronic format for a programme: what authorised units are held, and what was done with them (authorisation, first transfer, use, cancellation). A first transfer that is not known has no date. The programme's staff.
    /// </summary>
    public async Task<Answer<IReadOnlyList<AefRow>>> Table(DbSession s, string programme, bool holdings, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.AuthorityOfficer, Role.AuthorityApprover, Role.Reader) is { } no) return no;
        if (!s.Actor.Is(Role.System) && await ProgrammeAdministration.AdministratorOf(s, programme, ct) != s.Actor.OrganisationId) return Refusal.Forbidden("credits.not-administered", "programme", ("programme", programme));
        var rows = new List<AefRow>();
        foreach (var project in await s.All("select distinct p.id from registry.credit_project p join registry.credit_authorisation a on a.project_id = p.id where p.programme = $1 order by 1", r => r.GetGuid(0), ct, programme))
        {
            var blocks = await units.OfProject(s, project, ct);
            var endings = await units.EndingsOf(s, project, ct);
            foreach (var letter in await Of(s, project, ct))
            {
                bool Covered(LocalDate? from) => from?.Year is { } year && letter.YearFrom <= year && year <= letter.YearTo;
                bool Adjusted(LocalDate? from) => letter.Adjusted.Any(a => a.Year == from?.Year);
                // A letter names what makes a first transfer; for use it happens unit by unit, when one is used or cancelled.
                LocalDate? FirstOn(LocalDate? issued, LocalDate? ended) => letter.FirstTransfer switch { "authorisation" => letter.AuthorisedOn, "issuance" => issued, _ => ended };
                AefRow Row(string action, string serial, long count, LocalDate? from, string uses, LocalDate? on, string? user, LocalDate? first)
                {
                    var (one, last) = Ends(serial);
                    return new(action, letter.Approach, letter.Party, one, last, count, from!.Value.Year, uses, on, user, first, Adjusted(from));
                }
                var authorised = string.Join("|", letter.Uses);
                foreach (var b in blocks.Where(b => Covered(b.VintageFrom)))
                {
                    var first = FirstOn(b.IssuedOn, null);
                    if (holdings && b.Standing is UnitStanding.Held or UnitStanding.Outside or UnitStanding.Buffer or UnitStanding.Adaptation or UnitStanding.Immobilised or UnitStanding.Deposited) rows.Add(Row("holding", b.Serial, b.Units, b.VintageFrom, authorised, null, null, first));
                    if (holdings) continue;
                    rows.Add(Row("authorisation", b.Serial, b.Units, b.VintageFrom, authorised, letter.AuthorisedOn, null, first));
                    if (first is not null) rows.Add(Row("first-transfer", b.Serial, b.Units, b.VintageFrom, authorised, first, null, first));
                }
                if (holdings) continue;
                foreach (var e in endings.Where(e => Covered(e.VintageFrom) && e.Kind is EndingKind.Retired or EndingKind.Cancelled))
                {
                    var first = FirstOn(e.IssuedOn, e.EndedOn);
                    if (letter.FirstTransfer == "use" && first is not null) rows.Add(Row("first-transfer", e.Serial, e.Units, e.VintageFrom, authorised, first, null, first));
                    rows.Add(Row(e.Kind == EndingKind.Retired ? "use" : "cancellation", e.Serial, e.Units, e.VintageFrom, e.Reason, e.EndedOn, e.Beneficiary, first));
                }
            }
        }
        return rows;
    }

    /// <summary>Both tables as a workbook, a sheet each; heads are the field names, the same in every language.</summary>
    public async Task<Answer<byte[]>> Workbook(DbSession s, string programme, CancellationToken ct)
    {
        var (holdings, actions) = (await Table(s, programme, true, ct), await Table(s, programme, false, ct));
        return holdings.Ok && actions.Ok ? XlsxWriter.Write(new XlsxSheet("holdings", Rows(holdings.Value)), new XlsxSheet("actions", Rows(actions.Value))) : Answer<byte[]>.From(holdings.Refusals.Count > 0 ? holdings.Refusals : actions.Refusals);
    }

    /// <summary>A day is written as a text: a spreadsheet then shows it as it is. What is not known is an empty cell.</summary>
    static IReadOnlyList<IReadOnlyList<object?>> Rows(IReadOnlyList<AefRow> rows) =>
    [
        ["action", "approach", "party", "firstId", "lastId", "units", "vintage", "uses", "on", "usingEntity", "firstTransferOn", "adjusted"],
        .. rows.Select(r => (IReadOnlyList<object?>)[r.Action, r.Approach, r.Party, r.FirstId, r.LastId, r.Units, r.Vintage, r.Uses, Day(r.On), r.UsingEntity, Day(r.FirstTransferOn), r.Adjusted ? "yes" : "no"]),
    ];

    static string? Day(LocalDate? day) => day is { } on ? $"{on:uuuu-MM-dd}" : null;

    /// <summary>First and last unit of a printed block, each as its registry prints a single one: what can be asked for by itself.</summary>
    (string First, string Last) Ends(string serial) => units.Parse(serial) is { Ok: true, Value: var (block, range) } ? (units.PrintedAs(block, range.First), units.PrintedAs(block, range.Last)) : (serial, serial);
}
