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
public sealed record Authorisation(Guid Id, Guid ProjectId, string Party, IReadOnlyList<string> Uses, int YearFrom, int YearTo, string FirstTransfer, string Approach, Guid DocumentId, Instant EnteredAt, IReadOnlyList<Adjustment> Adjusted);

public sealed record Adjustment(int Year, string ReportedIn);

public sealed record NewAuthorisation(IReadOnlyList<string>? Uses, int YearFrom, int YearTo, string? FirstTransfer, string? Approach, Guid DocumentId)
{
    public IReadOnlyList<string>? Uses { get; set => field = value ?? []; } = Uses ?? [];
}

/// <param name="ReportedIn">The party's report that shows the adjustment.</param>
public sealed record NewAdjustment(int Year, string? ReportedIn, Guid DocumentId);

/// <summary>One row of the agreed electronic format: units authorised that are held, or something done with them.</summary>
/// <param name="Action">Holding, or authorisation, first-transfer, use, cancellation.</param>
/// <param name="FirstTransferOn">Null: not yet, or not known.</param>
public sealed record AefRow(string Action, string Approach, string Party, string FirstId, string LastId, long Units, int Vintage, string Uses, LocalDate? On, string? UsingEntity, LocalDate? FirstTransferOn, bool Adjusted);

/// <summary>Letters of authorisation and corresponding adjustments (Article 6), entered by the programme's officers from the party's own documents, and the tables parties report.</summary>
public sealed class AuthorisationHandlers(UnitQueries units)
{
    static readonly string[] Uses = ["ndc", "international", "other"], First = ["authorisation", "issuance", "use"];

    /// <summary>Enters a letter. <c>credits.authorisation</c>, <c>credits.letter</c>, <c>credits.country</c> where the project's country is not one.</summary>
    public async Task<Answer<Authorisation>> Authorise(DbSession s, Guid project, NewAuthorisation wanted, CancellationToken ct)
    {
        if (await ProjectStore.Find(s, project, ct) is not { } known) return Refusal.NotFound("credits.project-not-found");
        if (await ProgrammeAdministration.Acts(s, known.Programme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var approach = Given.Text(wanted.Approach, "approach", 200, wrong);
        if (wanted.Uses!.Count == 0 || wanted.Uses.Any(u => !Uses.Contains(u)) || wanted.YearFrom < 2013 || wanted.YearTo is > 2100 || wanted.YearTo < wanted.YearFrom || !First.Contains(wanted.FirstTransfer)) wrong.Add(Refusal.Of("credits.authorisation", "uses"));
        if (!CountryCode.IsAssigned(known.Country)) wrong.Add(Refusal.Conflict("credits.country", "country", ("given", known.Country ?? "")));
        if (!(await ProjectStore.Documents(s, project, ct)).Any(d => d.Id == wanted.DocumentId && d.Kind == "authorisation")) wrong.Add(Refusal.Of("credits.letter", "documentId"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        return await s.InTransaction<Authorisation>(async t =>
        {
            await s.Run("insert into registry.credit_authorisation (id, project_id, party, uses, year_from, year_to, first_transfer, approach, document_id, entered_by, entered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", t,
                id, project, known.Country, wanted.Uses.Distinct().ToArray(), wanted.YearFrom, wanted.YearTo, wanted.FirstTransfer, approach, wanted.DocumentId, s.Actor.PersonId, s.Now);
            await s.Audit(new AuditEntry("credit-project.authorised", "credit-project", project.ToString(), Details: new { wanted.Uses, wanted.YearFrom, wanted.YearTo, wanted.FirstTransfer }), t);
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
        return await s.All("select id, project_id, party, uses, year_from, year_to, first_transfer, approach, document_id, entered_at from registry.credit_authorisation where project_id = $1 order by year_from, id", r =>
            new Authorisation(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.Texts(3), r.GetInt32(4), r.GetInt32(5), r.GetString(6), r.GetString(7), r.GetGuid(8), r.Time(9), [.. adjusted[r.GetGuid(0)]]), ct, project);
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
                LocalDate? FirstOn(LocalDate? issued, LocalDate? used) => letter.FirstTransfer switch { "authorisation" => letter.EnteredAt.InUtc().Date, "issuance" => issued, _ => used };
                foreach (var b in blocks.Where(b => Covered(b.VintageFrom)))
                {
                    var (first, last) = Ends(b.Serial);
                    if (holdings && b.Standing is UnitStanding.Held or UnitStanding.Outside or UnitStanding.Buffer or UnitStanding.Adaptation or UnitStanding.Immobilised)
                        rows.Add(new("holding", letter.Approach, letter.Party, first, last, b.Units, b.VintageFrom!.Value.Year, string.Join("|", letter.Uses), null, null, FirstOn(null, null), Adjusted(b.VintageFrom)));
                    else if (!holdings) rows.Add(new("authorisation", letter.Approach, letter.Party, first, last, b.Units, b.VintageFrom!.Value.Year, string.Join("|", letter.Uses), letter.EnteredAt.InUtc().Date, null, FirstOn(null, null), Adjusted(b.VintageFrom)));
                }
                if (holdings) continue;
                foreach (var e in endings.Where(e => Covered(e.VintageFrom) && e.Kind is EndingKind.Retired or EndingKind.Cancelled))
                {
                    var (first, last) = Ends(e.Serial);
                    rows.Add(new(e.Kind == EndingKind.Retired ? "use" : "cancellation", letter.Approach, letter.Party, first, last, e.Units, e.VintageFrom!.Value.Year, e.Reason, e.EndedOn, e.Beneficiary, FirstOn(null, e.EndedOn), Adjusted(e.VintageFrom)));
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
