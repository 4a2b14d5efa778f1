using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Orders;

/// <summary>Where a conversion stands. Numbers are those of the table.</summary>
public enum ConversionState { Pending = 1, Done, Refused, Undone }

/// <summary>Units that ended and the units of another programme that were issued for them. Public, like both ends.</summary>
/// <param name="From">As the registries print them.</param>
public sealed record ConversionView(Guid Id, string FromUnit, string From, long FromUnits, string ToUnit, string To, long ToUnits, Guid FromProject, Guid ToProject, ConversionState State, LocalDate ConvertedOn, LocalDate? UndoneOn);

/// <summary>What units of a project can become.</summary>
/// <param name="ToNumber">Number of the other project in its programme.</param>
public sealed record ConversionTarget(string FromUnit, Guid FromProject, string ToUnit, Guid ToProject, string ToProgramme, string ToNumber, string ToName);

/// <summary>A conversion's block on its way into the Book.</summary>
sealed record ConvertedBlock(string Unit, long First, long Last, string Grammar, string[] Parts, LocalDate? VintageFrom, LocalDate? VintageTo);

/// <summary>
/// What conversions take: a pair of units that the programmes' rules have, an issuing rule of the unit that is issued, and a decision that both projects are one activity. The units wait in the Book until the other programme agrees; then they end and
/// the others are issued, in one chain. Undoing is the same the other way round, and only while nothing of what was issued has moved.
/// </summary>
sealed class Conversions(IVenue venue, UnitQueries units, RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);
    readonly SerialGrammars grammars = SerialGrammars.Of(packs);
    readonly IssuingRules issuing = IssuingRules.Of(packs);

    sealed record Row(Guid Id, string FromUnit, long FromFirst, long FromLast, Guid FromProject, string ToUnit, long ToFirst, long ToLast, Guid ToProject, ConversionState State, LocalDate On, LocalDate? UndoneOn);

    const string Columns = "c.id, c.from_unit, c.from_first, c.from_last, c.from_project, c.to_unit, c.to_first, c.to_last, c.to_project, c.state, c.converted_on, c.undone_on";

    static Row Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetInt64(2), r.GetInt64(3), r.GetGuid(4), r.GetString(5), r.GetInt64(6), r.GetInt64(7), r.GetGuid(8), (ConversionState)r.GetInt16(9), r.Day(10), r.MaybeDay(11));

    /// <summary>
    /// Why units cannot be converted; null where they can. <c>credits.conversion-none</c>, <c>credits.no-issuing-rule</c>, <c>credits.conversion-project</c>, <c>credits.conversion-link</c>, <c>credits.one-block</c>, and what the rule of the pair closes out.
    /// </summary>
    public async Task<Refusal?> Closed(DbSession s, string unit, string? targetUnit, Guid? targetProject, UnitQueries.Row? row, SerialRange serials, CancellationToken ct)
    {
        if (rules.Conversions.FirstOrDefault(c => c.From == unit && c.To == targetUnit) is not { } rule)
            return Refusal.Conflict("credits.conversion-none", "targetUnit", ("from", unit), ("to", targetUnit ?? "-"), ("known", string.Join(", ", rules.Conversions.Where(c => c.From == unit).Select(c => c.To)) is { Length: > 0 } known ? known : "-"));
        var programme = rules.Unit(rule.To)!.Programme;
        if (issuing.Refusal(grammars.OfUnit(rule.To), programme) is { } unnumbered) return unnumbered;
        if (row is null || row.Last < serials.Last) return Refusal.Conflict("credits.one-block", "serial");
        if (targetProject is not { } target || await ProjectStore.Find(s, target, ct) is not { } to || to.Programme != programme) return Refusal.Of("credits.conversion-project", "targetProject", ("programme", programme));
        var from = (await ProjectStore.Find(s, row.ProjectId, ct))!;
        if (rule.Linked && !(await MatchStore.Of(s, from.Programme, [from.Number], ct)).Any(m => m.Other.Programme == to.Programme && m.Other.Number == to.Number && (m.Decision == MatchDecision.Linked || (m.Decision == MatchDecision.Moved && m.Stands == programme))))
            return Refusal.Conflict("credits.conversion-link", "targetProject", ("from", $"{from.Programme} {from.Number}"), ("to", $"{to.Programme} {to.Number}"));
        return rule.Closed(serials.Count, row.VintageFrom, row.VintageTo, from.Sink);
    }

    public async Task<IReadOnlyList<ConversionTarget>> Targets(DbSession s, IReadOnlyCollection<BlockView> held, CancellationToken ct)
    {
        var targets = new List<ConversionTarget>();
        foreach (var (unit, project) in held.Select(h => (h.Unit, h.ProjectId)).Distinct())
        {
            var open = rules.Conversions.Where(c => c.From == unit && issuing.Knows(grammars.OfUnit(c.To)) is true).ToList();
            if (open.Count == 0 || await ProjectStore.Find(s, project, ct) is not { } from) continue;
            foreach (var match in await MatchStore.Of(s, from.Programme, [from.Number], ct))
                foreach (var rule in open.Where(r => rules.Unit(r.To)!.Programme == match.Other.Programme && (match.Decision == MatchDecision.Linked || (match.Decision == MatchDecision.Moved && match.Stands == match.Other.Programme))))
                    foreach (var (id, name) in await s.All("select id, name from registry.credit_project where programme = $1 and number = $2", r => (r.GetGuid(0), r.GetString(1)), ct, match.Other.Programme, match.Other.Number))
                        targets.Add(new(unit, project, rule.To, id, match.Other.Programme, match.Other.Number, name));
        }
        return targets;
    }

    /// <summary>Numbers the units to be issued, writes the conversion down, and says what the Book is to do: the held units end and the others are issued to their holder, or neither.</summary>
    public async Task<Answer<(ConvertedBlock Block, IReadOnlyList<Command> Commands)>> Begin(DbSession s, Guid order, string unit, SerialRange serials, string targetUnit, Guid targetProject, long account, UInt128 hold, CancellationToken ct)
    {
        var row = await units.RowOf(s, unit, serials.First, ct);
        if (await Closed(s, unit, targetUnit, targetProject, row, serials, ct) is { } closed) return closed;
        var rule = rules.Conversions.First(c => c.From == unit && c.To == targetUnit);
        var (asset, programme, grammar) = (rules.Unit(targetUnit)!.Asset, rules.Unit(targetUnit)!.Programme, grammars.OfUnit(targetUnit)!);
        var project = (await ProjectStore.Find(s, targetProject, ct))!;
        // One at a time in a programme: of two that number at once the second waits here.
        var number = await Issuing.NextNumber(s, programme, ct);
        var printed = new SerialRange(1, (long)(serials.Count * rule.Each));
        var made = grammar.Make(issuing.Parts(grammar, await Issuing.Numbered(s, project, number, ct), row!.VintageFrom?.Year ?? 0), printed);
        if (!made.Ok) return Answer<(ConvertedBlock, IReadOnlyList<Command>)>.From(made.Refusals);
        var issued = CreditBook.Serials(await Issuing.Series(s, targetUnit, made.Value.Series, ct), printed);
        await s.Run("insert into registry.credit_conversion (id, from_unit, from_first, from_last, from_project, to_unit, to_first, to_last, to_project, state, converted_on) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)", ct,
            order, unit, serials.First, serials.Last, row.ProjectId, targetUnit, issued.First, issued.Last, targetProject, s.Today());
        var (reference, actor) = (BookId.From(order), BookId.From(s.Actor.PersonId));
        return (new(targetUnit, issued.First, issued.Last, grammar.Name, [.. made.Value.Parts], row.VintageFrom, row.VintageTo),
        [
            new() { Operation = Operation.PostHold, Target = hold, Reference = reference, Actor = actor, Flags = CommandFlags.Linked },
            CreditBook.Move(CreditBook.Issue, asset, CreditBook.Issuance, account, issued, reference, actor),
        ]);
    }

    /// <summary>Once the Book has done it: the block is known from then on.</summary>
    public static async Task Done(DbSession s, Guid order, ConvertedBlock block, CancellationToken ct)
    {
        await s.Run("""
            insert into registry.credit_block (unit, first, last, grammar, parts, project_id, vintage_from, vintage_to, issued_on, labels, conversion_id)
            select $2, $3, $4, $5, $6, c.to_project, $7, $8, c.converted_on, '{}', c.id from registry.credit_conversion c where c.id = $1 on conflict do nothing
            """, ct, order, block.Unit, block.First, block.Last, block.Grammar, block.Parts, block.VintageFrom, block.VintageTo);
        await s.Run("update registry.credit_conversion set state = 2 where id = $1 and state = 1", ct, order);
    }

    public static Task Refused(DbSession s, Guid order, CancellationToken ct) => s.Run("update registry.credit_conversion set state = 3 where id = $1 and state = 1", ct, order);

    /// <summary>What undoing a conversion needs. <c>credits.conversion-not-found</c>, <c>credits.undo-late</c>, <c>credits.undo-moved</c> where a unit of what was issued is no longer its holder's.</summary>
    /// <param name="conversion">Its order.</param>
    public async Task<Answer<Undoing>> Undoable(DbSession s, Guid? conversion, CancellationToken ct)
    {
        if (conversion is not { } id || await Find(s, id, ct) is not { State: ConversionState.Done } c) return Refusal.NotFound("credits.conversion-not-found", "conversion");
        var rule = rules.Conversions.FirstOrDefault(r => r.From == c.FromUnit && r.To == c.ToUnit);
        if (rule is null || c.On.PlusDays(rule.UndoDays) < s.Today()) return Refusal.Conflict("credits.undo-late", "conversion", ("days", $"{rule?.UndoDays ?? 0}"), ("on", $"{c.On:uuuu-MM-dd}"));
        var account = await s.InTransaction(t => s.AsSystem(async u => await CreditAccounts.Of(s, await s.Value<Guid>("select organisation_id from registry.credit_order where id = $1", u, id), u), t), ct);
        var whole = venue.Read(b => CreditBook.FreeIn(b, rules.Unit(c.ToUnit)!.Asset, new(c.ToFirst, c.ToLast))) == account;
        return whole ? new Undoing(c.FromUnit, new(c.FromFirst, c.FromLast), rules.Unit(c.FromUnit)!.Programme, c.ToUnit, new(c.ToFirst, c.ToLast), rules.Unit(c.ToUnit)!.Programme, account) : Refusal.Conflict("credits.undo-moved", "conversion");
    }

    /// <summary>The Book's part of undoing: what was issued is cancelled and what ended is the holder's, or neither.</summary>
    public IReadOnlyList<Command> Undo(Undoing undoing, UInt128 reference, UInt128 actor) =>
    [
        CreditBook.Move(CreditBook.Cancel, rules.Unit(undoing.ToUnit)!.Asset, undoing.Account, CreditBook.Cancelled, undoing.To, reference, actor) with { Flags = CommandFlags.Linked },
        CreditBook.Move(CreditBook.Undo, rules.Unit(undoing.FromUnit)!.Asset, CreditBook.Converted, undoing.Account, undoing.From, reference, actor),
    ];

    /// <summary>Once the Book has undone it: the conversion says so, and what was issued has a certificate of its end.</summary>
    public static async Task Undone(DbSession s, Guid order, Guid conversion, CancellationToken ct)
    {
        if (await s.Run("update registry.credit_conversion set state = 4, undone_on = $3, undone_by_order = $2 where id = $1 and state = 2", ct, conversion, order, s.Today()) == 0) return;
        await s.Run("""
            insert into registry.credit_ending (number, kind, unit, first, last, project_id, ended_on, reason, order_id)
            select nextval('registry.credit_ending_number'), 1, c.to_unit, c.to_first, c.to_last, c.to_project, c.undone_on, $3, $2 from registry.credit_conversion c where c.id = $1
            """, ct, conversion, order, CreditRules.ConversionUndone);
    }

    /// <summary>Conversions that share serials with a range, either end; newest first.</summary>
    public async Task<IReadOnlyList<ConversionView>> Touching(DbSession s, string unit, long first, long last, CancellationToken ct) => await Views(s, await s.All($"""
        select {Columns} from registry.credit_conversion c where c.state in (2, 4) and ((c.from_unit = $1 and c.from_first <= $3 and c.from_last >= $2) or (c.to_unit = $1 and c.to_first <= $3 and c.to_last >= $2)) order by c.id desc limit 50
        """, Map, ct, unit, first, last), ct);

    /// <summary>Conversions into units of programmes that can still be undone, newest first, at most 200.</summary>
    public async Task<IReadOnlyList<ConversionView>> Into(DbSession s, IReadOnlyCollection<string> programmes, CancellationToken ct) =>
        await Views(s, await s.All($"select {Columns} from registry.credit_conversion c where c.state = 2 and c.to_unit = any ($1) order by c.id desc limit 200", Map, ct, (object)rules.Units.Where(u => programmes.Contains(u.Programme)).Select(u => u.Code).ToArray()), ct);

    /// <summary>A conversion by its order; null where none is done.</summary>
    public async Task<ConversionView?> Of(DbSession s, Guid order, CancellationToken ct) => await Find(s, order, ct) is { } row ? (await Views(s, [row], ct))[0] : null;

    static Task<Row?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from registry.credit_conversion c where c.id = $1", Map, ct, id);

    async Task<IReadOnlyList<ConversionView>> Views(DbSession s, IReadOnlyList<Row> rows, CancellationToken ct)
    {
        var views = new List<ConversionView>();
        foreach (var c in rows)
            views.Add(new(c.Id, c.FromUnit, await units.PrintedOf(s, c.FromUnit, c.FromFirst, c.FromLast, ct), c.FromLast - c.FromFirst + 1, c.ToUnit, await units.PrintedOf(s, c.ToUnit, c.ToFirst, c.ToLast, ct), c.ToLast - c.ToFirst + 1, c.FromProject, c.ToProject, c.State, c.On, c.UndoneOn));
        return views;
    }
}

/// <summary>A conversion that can be undone.</summary>
sealed record Undoing(string FromUnit, SerialRange From, string FromProgramme, string ToUnit, SerialRange To, string ToProgramme, long Account);
