using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Projects;

/// <summary>A block of an issuance on its way into the Book.</summary>
/// <param name="To">Account it is issued to.</param>
sealed record IssuedBlock(string Unit, long First, long Last, string Grammar, string[] Parts, int Year, long To);

sealed record IssuanceSubject(Guid IssuanceId, IReadOnlyList<IssuedBlock> Blocks);

/// <summary>
/// Makes the verified units of a period: numbered through the issuance, year by year, and in each year split between the project, the buffer pool, adaptation and overall mitigation. A hundred million of them are one block a part.
/// </summary>
public sealed class Issuing(Lazy<BookCommands> book, RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);
    readonly SerialGrammars grammars = SerialGrammars.Of(packs);
    readonly IssuingRules issuing = IssuingRules.Of(packs);

    /// <summary>In the transaction of the decision; the Book is told after its commit. Null where nothing is wrong: <c>credits.serial-part</c>, <c>credits.split-exceeds</c>, <c>credits.no-issuing-rule</c>.</summary>
    internal async Task<Refusal?> Issue(DbSession s, CycleCase known, CreditPeriod period, CancellationToken ct)
    {
        var (project, programme) = (known.Project, known.Programme);
        if (issuing.Refusal(grammars.OfUnit(programme.Unit), programme.Code) is { } none) return none;
        var grammar = grammars.OfUnit(programme.Unit)!;
        var issuance = s.NewId();
        return await s.AsSystem<Refusal?>(async system =>
        {
            var number = await NextNumber(s, programme.Code, system);
            var account = await CreditAccounts.Of(s, project.DeveloperId!.Value, system);
            var numbered = await Numbered(s, project, number, system);
            var (next, total, blocks) = (1L, new IssuanceSplit(), new List<IssuedBlock>());
            long series = 0;
            foreach (var vintage in period.Vintages.OrderBy(v => v.Year))
            {
                var split = IssuanceSplit.Of(vintage.Units, project.RiskPercent ?? 0, programme.AdaptationPercent, programme.MitigationPercent);
                if (!split.Ok) return split.Refusals[0];
                total = new(total.Project + split.Value.Project, total.Buffer + split.Value.Buffer, total.Adaptation + split.Value.Adaptation, total.Mitigation + split.Value.Mitigation);
                foreach (var (count, to) in new[] { (split.Value.Project, account), (split.Value.Buffer, CreditBook.Buffer), (split.Value.Adaptation, CreditBook.Adaptation), (split.Value.Mitigation, CreditBook.Cancelled) })
                {
                    if (count == 0) continue;
                    var printed = new SerialRange(next, next + count - 1);
                    next = printed.Last + 1;
                    if (printed.Last > SerialGrammar.LargestUnit) return Refusal.Conflict("credits.split-exceeds", "units", ("units", $"{printed.Last}"), ("parts", $"{SerialGrammar.LargestUnit}"));
                    var made = grammar.Make(issuing.Parts(grammar, numbered, vintage.Year), printed);
                    if (!made.Ok) return made.Refusals[0];
                    if (series == 0) series = await Series(s, programme.Unit, made.Value.Series, system);
                    var serials = CreditBook.Serials(series, printed);
                    blocks.Add(new(programme.Unit, serials.First, serials.Last, grammar.Name, [.. made.Value.Parts], vintage.Year, to));
                }
            }
            await s.Run("insert into registry.credit_issuance (id, project_id, period_id, programme, unit, number, to_project, to_buffer, to_adaptation, to_mitigation, state, issued_on, issued_by, issued_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13)", system,
                issuance, project.Id, period.Id, programme.Code, programme.Unit, number, total.Project, total.Buffer, total.Adaptation, total.Mitigation, s.Today(), s.Actor.PersonId, s.Now);
            await s.Run("update registry.credit_period set state = 5, issuance_id = $2, row_version = row_version + 1 where id = $1", system, period.Id, issuance);
            var (reference, actor) = (BookId.From(issuance), BookId.From(s.Actor.PersonId));
            List<Command> commands = [CreditBook.Open(account, project.DeveloperId.Value)];
            for (var i = 0; i < blocks.Count; i++)
            {
                var b = blocks[i];
                // All parts of an issuance, or none.
                commands.Add(CreditBook.Move(CreditBook.Issue, programme.Asset, CreditBook.Issuance, b.To, new(b.First, b.Last), reference, actor) with { Flags = i < blocks.Count - 1 ? CommandFlags.Linked : CommandFlags.None });
            }
            await book.Value.Send(s, IssuanceKind.Name, issuance, new IssuanceSubject(issuance, blocks), commands, system);
            await s.Audit(new AuditEntry("credit-issuance.made", "credit-project", project.Id.ToString(), Details: new { number, Units = total.Total, total.Buffer, total.Adaptation, total.Mitigation }), system);
            return null;
        }, ct);
    }

    /// <summary>What the serial numbers of a project's next issuance are made of.</summary>
    /// <param name="number">Of the issuance in the programme.</param>
    internal static async Task<IssuedProject> Numbered(DbSession s, CreditProject project, int number, CancellationToken ct) => new(project.Number, project.Country, project.Methodology, number, (int)await s.Value<long>("""
        select (select count(*) from registry.credit_statement where project_id = $1) + (select count(*) from registry.credit_issuance where project_id = $1 and state <> 3) + (select count(*) from registry.credit_conversion where to_project = $1)
        """, ct, project.Id));

    /// <summary>The number of the next issuance of a programme, which is then taken.</summary>
    internal static Task<int> NextNumber(DbSession s, string programme, CancellationToken ct) => s.Value<int>("update registry.credit_programme set next_issuance = next_issuance + 1 where code = $1 returning next_issuance - 1", ct, programme);

    internal static async Task<long> Series(DbSession s, string unit, string series, CancellationToken ct) =>
        await s.Value<long>("with made as (insert into registry.credit_series (unit, series) values ($1, $2) on conflict do nothing returning number) select number from made union all select number from registry.credit_series where unit = $1 and series = $2 limit 1", ct, unit, series);
}

/// <summary>Finishes an issuance once the Book answered: its blocks are known from then on.</summary>
sealed class IssuanceKind : IBookCommandKind
{
    public const string Name = "registry.credit-issuance";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var subject = row.Payload<IssuanceSubject>();
        await CreditAccounts.Opened(session, outcomes[0], row.Commands[0].Debit, ct);
        var refused = outcomes.Skip(1).FirstOrDefault(o => !o.Accepted && o.Code != Code.LinkedFailed);
        if (outcomes.Skip(1).Any(o => !o.Accepted))
        {
            await session.Run("update registry.credit_issuance set state = 3, book_code = $2 where id = $1 and state = 1", ct, subject.IssuanceId, refused.Code.ToString());
            await Tell(session, subject.IssuanceId, "registry.notice.credits.issuance-refused", ct);
            return;
        }
        var (project, on) = (await session.All("select project_id, issued_on from registry.credit_issuance where id = $1", r => (r.GetGuid(0), r.Day(1)), ct, subject.IssuanceId))[0];
        foreach (var b in subject.Blocks)
        {
            await session.Run("""
                insert into registry.credit_block (unit, first, last, grammar, parts, project_id, vintage_from, vintage_to, issued_on, labels, issuance_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', $10) on conflict do nothing
                """, ct, b.Unit, b.First, b.Last, b.Grammar, b.Parts, project, new LocalDate(b.Year, 1, 1), new LocalDate(b.Year, 12, 31), on, subject.IssuanceId);
            if (b.To == CreditBook.Cancelled)
                await session.Run("insert into registry.credit_ending (number, kind, unit, first, last, project_id, ended_on, reason, issuance_id) values (nextval('registry.credit_ending_number'), 1, $1, $2, $3, $4, $5, 'mitigation', $6)", ct, b.Unit, b.First, b.Last, project, on, subject.IssuanceId);
        }
        if (await session.Run("update registry.credit_issuance set state = 2 where id = $1 and state = 1", ct, subject.IssuanceId) == 1) await Tell(session, subject.IssuanceId, "registry.notice.credits.issued", ct);
    }

    /// <summary>The developer hears what became of the issuance.</summary>
    static async Task Tell(DbSession s, Guid issuance, string text, CancellationToken ct)
    {
        var (developer, project, name, unit, units) = (await s.All("select p.developer_id, p.id, p.name, i.unit, i.to_project from registry.credit_issuance i join registry.credit_project p on p.id = i.project_id where i.id = $1", r => (r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.GetInt64(4)), ct, issuance))[0];
        await CreditNotices.Tell(s, developer, text, $"/credits/projects/{project}", "credit-project", project, ct, ("project", name), ("unit", unit), ("units", $"{units}"));
    }
}
