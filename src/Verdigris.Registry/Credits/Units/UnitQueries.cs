using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Imports;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Units;

/// <summary>Units that stand together, with what is known of them.</summary>
/// <param name="Serial">As the registry prints it.</param>
/// <param name="Waiting">Held in the Book: for a transfer that is not accepted yet, a conversion, or a deal (pledge, repo, custody, delivery).</param>
/// <param name="IssuedOn">Null where it is not known.</param>
public sealed record BlockView(string Unit, string Serial, long Units, UnitStanding Standing, bool Waiting, Guid ProjectId, LocalDate? VintageFrom, LocalDate? VintageTo, IReadOnlyList<string>? Labels, Guid? IssuanceId, LocalDate? IssuedOn = null);

/// <summary>One posting in the life of a unit.</summary>
/// <param name="What">issued, transferred, retired, cancelled, converted, immobilised, released, reversed, conversion-undone, replenished, taken-in, given-back, to-market, from-market, sold, bought-back, pledge-taken, lent, lending-ended, into-custody, custody-ended, deposited, traded.</param>
/// <param name="From">To, and from where; accounts of holders are not named.</param>
/// <param name="Units">Of the run that moved together.</param>
public sealed record LifeStep(Instant At, string What, UnitStanding? From, UnitStanding To, string Serial, long Units);

/// <summary>An end that is written down, with the number of its certificate.</summary>
/// <param name="InTheBook">The Book has these units where the certificate says.</param>
/// <param name="TakenBack">A conversion that was undone since: the certificate says what was, not what is.</param>
/// <param name="IssuedOn">Day the units were issued; null where it is not known.</param>
public sealed record EndingView(long Number, EndingKind Kind, string Unit, string Serial, long Units, LocalDate? EndedOn, string? Beneficiary, string Reason, string? Printed, string? Purpose, Guid ProjectId, string Project, string Programme, string ProjectNumber, string? Country, LocalDate? VintageFrom, LocalDate? VintageTo,
    bool Outside, bool InTheBook, bool TakenBack = false, LocalDate? IssuedOn = null);

/// <summary>What is known of printed serial numbers.</summary>
/// <param name="Known">False where none of the units was ever in the Book here: that says nothing of them elsewhere.</param>
/// <param name="Pieces">Runs that stand alike, at most 200.</param>
/// <param name="Life">Of the first unit asked for, oldest first.</param>
/// <param name="Eligibility">What units of the first piece may be used for today.</param>
public sealed record SerialStatus(string Serial, string Programme, string Unit, long Units, bool Known, IReadOnlyList<BlockView> Pieces, IReadOnlyList<LifeStep> Life, IReadOnlyList<EndingView> Endings, string? Project, Guid? ProjectId, IReadOnlyList<EligibilityAnswer> Eligibility)
{
    /// <summary>Conversions these units came of or went into, newest first: each leads to its other end.</summary>
    public IReadOnlyList<Orders.ConversionView> Conversions { get; init; } = [];
}

/// <summary>Reads units: of a project, of an account, and of any serial number. Where they stand is asked of the Book; the rest of the documents.</summary>
public sealed class UnitQueries(IVenue venue, RulePacks packs)
{
    const int MostPieces = 200;

    readonly CreditRules rules = CreditRules.Of(packs);
    readonly SerialGrammars grammars = SerialGrammars.Of(packs);
    readonly EligibilityRules eligibility = EligibilityRules.Of(packs);

    /// <summary>A row of credit_block.</summary>
    internal sealed record Row(string Unit, long First, long Last, string Grammar, string[] Parts, Guid ProjectId, LocalDate? VintageFrom, LocalDate? VintageTo, IReadOnlyList<string>? Labels, IReadOnlyList<string>? AuthorisedFor, bool? Adjusted, Guid? IssuanceId, LocalDate? IssuedOn);

    /// <summary>Of units issued here the labels are those their programme has given and not taken; of an export's those its registry printed.</summary>
    const string Columns = """
        b.unit, b.first, b.last, b.grammar, b.parts, b.project_id, b.vintage_from, b.vintage_to,
        case when b.import_id is not null then b.labels else array(select l.label from registry.credit_label l where l.project_id = b.project_id and l.year = extract(year from b.vintage_from) and l.taken_at is null order by l.label) end,
        b.authorised_for, b.adjusted, b.issuance_id, b.issued_on
        """;

    static Row Map(Npgsql.NpgsqlDataReader r) => new(r.GetString(0), r.GetInt64(1), r.GetInt64(2), r.GetString(3), r.Texts(4), r.GetGuid(5), r.MaybeDay(6), r.MaybeDay(7), r.IsDBNull(8) ? null : r.Texts(8), r.IsDBNull(9) ? null : r.Texts(9), ProjectFlag(r, 10), r.MaybeGuid(11), r.MaybeDay(12));

    static bool? ProjectFlag(Npgsql.NpgsqlDataReader r, int i) => r.IsDBNull(i) ? null : r.GetBoolean(i);

    /// <summary>The units of a project, at most 2,000 blocks.</summary>
    public async Task<IReadOnlyList<BlockView>> OfProject(DbSession s, Guid project, CancellationToken ct) =>
        Pieces(await s.All($"select {Columns} from registry.credit_block b where b.project_id = $1 order by b.unit, b.first limit 2000", Map, ct, project), int.MaxValue);

    /// <summary>What the actor's organisation holds, at most 2,000 blocks.</summary>
    public async Task<Answer<IReadOnlyList<BlockView>>> Holdings(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        return await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) is { } account ? await In(s, account, rules.Units, UnitStanding.Held, ct) : new List<BlockView>();
    }

    /// <summary>The buffer pools of programmes, at most 2,000 blocks of each unit.</summary>
    public async Task<IReadOnlyList<BlockView>> Buffer(DbSession s, IReadOnlyCollection<string> programmes, CancellationToken ct) => await In(s, CreditBook.Buffer, [.. rules.Units.Where(u => programmes.Contains(u.Programme))], UnitStanding.Buffer, ct);

    /// <summary>What the actor's organisation immobilised and nobody has released, at most 500 blocks.</summary>
    public async Task<IReadOnlyList<BlockView>> Immobilised(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return [];
        var ordered = await s.All("select distinct unit, first, last from registry.credit_order where organisation_id = $1 and kind = 4 and state = 3 order by 1, 2 limit 500", r => (Unit: r.GetString(0), First: r.GetInt64(1), Last: r.GetInt64(2)), ct, s.Actor.OrganisationId);
        var rows = new List<Row>();
        foreach (var of in ordered.GroupBy(o => o.Unit))
            foreach (var row in await Rows(s, of.Key, [.. of.Select(o => (o.First, o.Last))], ct))
                rows.AddRange(of.Where(o => o.First <= row.Last && row.First <= o.Last).Select(o => row with { First = Math.Max(o.First, row.First), Last = Math.Min(o.Last, row.Last) }));
        return [.. Pieces(rows, MostPieces).Where(p => p.Standing == UnitStanding.Immobilised).DistinctBy(p => p.Serial)];
    }

    async Task<List<BlockView>> In(DbSession s, long account, IReadOnlyList<CreditUnit> of, UnitStanding standing, CancellationToken ct)
    {
        var held = venue.Read(b => of.SelectMany(u => b.Blocks(account, u.Asset, 2000).Select(x => (Unit: u.Code, x.First, x.Last, Waiting: x.Hold != 0))).ToList());
        var views = new List<BlockView>();
        foreach (var unit in held.GroupBy(h => h.Unit))
        {
            var runs = unit.OrderBy(h => h.First).ToList();
            foreach (var row in await Rows(s, unit.Key, [.. runs.Select(r => (r.First, r.Last))], ct))
                foreach (var run in runs.Where(r => r.First <= row.Last && row.First <= r.Last)) views.Add(View(row, Math.Max(run.First, row.First), Math.Min(run.Last, row.Last), standing, run.Waiting));
        }
        return views;
    }

    internal async Task<List<Row>> Rows(DbSession s, string unit, IReadOnlyList<(long First, long Last)> runs, CancellationToken ct) => await s.All($"""
        select distinct on (b.unit, b.first) {Columns} from unnest($2::bigint[], $3::bigint[]) w(first, last)
        join lateral (select * from registry.credit_block x where x.unit = $1 and x.first <= w.last and x.first >= coalesce((select max(y.first) from registry.credit_block y where y.unit = $1 and y.first <= w.first), w.first) and x.last >= w.first) b on true
        order by b.unit, b.first limit 4000
        """, Map, ct, unit, runs.Select(r => r.First).ToArray(), runs.Select(r => r.Last).ToArray());

    /// <summary>
    /// The life of any serial number, for everybody: where its units stand, how they got there, and the certificates of those that ended. Whose accounts they were in is not told. <c>credits.serial-unknown</c>, <c>credits.serial-malformed</c>,
    /// <c>credits.serial-range-needed</c> where a registry prints the range beside the serial number: write <c>SERIAL 1-100</c>.
    /// </summary>
    public async Task<Answer<SerialStatus>> Status(DbSession s, string? text, CancellationToken ct)
    {
        var read = Parse(text);
        if (!read.Ok) return Answer<SerialStatus>.From(read.Refusals);
        var (block, printed) = read.Value;
        var (unit, asset) = (block.Unit, rules.Unit(block.Unit)!.Asset);
        var shown = Print(block.Grammar, block.Parts, printed);
        var number = await s.All("select number from registry.credit_series where unit = $1 and series = $2", r => r.GetInt64(0), ct, unit, block.Series);
        if (number.Count == 0) return new SerialStatus(shown, block.Programme, unit, printed.Count, false, [], [], [], null, null, []);
        var serials = CreditBook.Serials(number[0], printed);
        var rows = await Rows(s, unit, [(serials.First, serials.Last)], ct);
        var pieces = Pieces(rows.Select(r => r with { First = Math.Max(r.First, serials.First), Last = Math.Min(r.Last, serials.Last) }).Where(r => r.First <= r.Last), MostPieces);
        var first = rows.FirstOrDefault(r => r.Last >= serials.First);
        var at = first is null ? serials.First : Math.Max(first.First, serials.First);
        var life = venue.Read(b => b.Life(asset, at));
        var endings = await Endings(s, """
            e.number in (
              select x.number from registry.credit_ending x where x.unit = $1 and x.kind <> 3 and x.first <= $3 and x.last >= $2
                and x.first >= coalesce((select max(y.first) from registry.credit_ending y where y.unit = $1 and y.kind <> 3 and y.first <= $2), $2)
              union all (select x.number from registry.credit_ending x where x.unit = $1 and x.kind = 3 and x.first <= $3 and x.last >= $2))
            """, ct, unit, serials.First, serials.Last);
        var project = first is null ? null : (await s.All("select name from registry.credit_project where id = $1", r => r.GetString(0), ct, first.ProjectId)).FirstOrDefault();
        return new SerialStatus(shown, block.Programme, unit, printed.Count, pieces.Count > 0, pieces, [.. life.Select(m => Step(first, m))], endings, project, first?.ProjectId, first is null ? [] : eligibility.All(await Facts(s, first, ct), s.Today()))
        {
            Conversions = await new Orders.Conversions(venue, this, packs).Touching(s, unit, serials.First, serials.Last, ct),
        };
    }

    /// <summary>What is known of a block for its uses: labels and authorisations of its registry, and those written down here.</summary>
    internal async Task<UnitFacts> Facts(DbSession s, Row row, CancellationToken ct)
    {
        var (project, sink) = (await s.All("select programme, sink from registry.credit_project where id = $1", r => (r.GetString(0), ProjectFlag(r, 1)), ct, row.ProjectId))[0];
        var (uses, adjusted) = (row.AuthorisedFor?.ToHashSet(StringComparer.Ordinal), row.Adjusted);
        if (row.VintageFrom is { } from && row.VintageTo is { } to)
        {
            var letters = await s.All("select a.uses, (select count(*) from registry.credit_adjustment j where j.authorisation_id = a.id and j.year between $3 and $4) from registry.credit_authorisation a where a.project_id = $1 and a.year_from <= $2 and a.year_to >= $2",
                r => (Uses: r.Texts(0), Adjusted: r.GetInt64(1)), ct, row.ProjectId, from.Year, from.Year, to.Year);
            if (letters.Count > 0)
            {
                uses = [.. uses ?? [], .. letters.SelectMany(l => l.Uses)];
                // Every year of the vintage, or it is not adjusted yet: that is not known to be never.
                adjusted = letters.Any(l => l.Adjusted == to.Year - from.Year + 1) ? true : adjusted;
            }
        }
        return new(project, row.Unit, row.VintageFrom, row.VintageTo, row.Labels?.ToHashSet(StringComparer.Ordinal), sink, uses, adjusted);
    }

    /// <summary>A printed serial number with its range.</summary>
    internal Answer<(SerialBlock Block, PrintedRange Printed)> Parse(string? text)
    {
        text = text?.Trim() ?? "";
        var read = grammars.Read(text);
        if (read.Ok && read.Value.Range is { } range) return (read.Value, range);
        if (read.Ok) return Refusal.Of("credits.serial-range-needed", "serial", ("serial", text));
        // SERIAL 1-100, where the registry prints the range beside it.
        if (text.LastIndexOf(' ') is var gap and > 0 && text[(gap + 1)..].Split('-') is { Length: 1 or 2 } ends && Number(ends[0]) is { } first && Number(ends[^1]) is { } last && first <= last
            && grammars.Read(text[..gap]) is { Ok: true, Value.Grammar.HasRange: false } without) return (without.Value, new PrintedRange(first, last));
        return Answer<(SerialBlock, PrintedRange)>.From(read.Refusals);
        static long? Number(string digits) => long.TryParse(digits, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) && n <= SerialGrammar.LargestUnit ? n : null;
    }

    /// <summary>One unit of a block as its registry prints it.</summary>
    internal string PrintedAs(SerialBlock block, long unit) => Print(block.Grammar, block.Parts, new(unit, unit));

    /// <summary>Serials of the Book for a printed block; <c>credits.serial-not-here</c> where its series is not known.</summary>
    internal async Task<Answer<(string Unit, int Asset, SerialRange Serials)>> Find(DbSession s, string? text, CancellationToken ct)
    {
        var read = Parse(text);
        if (!read.Ok) return Answer<(string, int, SerialRange)>.From(read.Refusals);
        var (block, printed) = read.Value;
        var number = await s.All("select number from registry.credit_series where unit = $1 and series = $2", r => r.GetInt64(0), ct, block.Unit, block.Series);
        if (number.Count == 0) return Refusal.NotFound("credits.serial-not-here", "serial");
        return (block.Unit, rules.Unit(block.Unit)!.Asset, CreditBook.Serials(number[0], printed));
    }

    /// <summary>The first so many units of a printed block, all of one row of credit_block. What <see cref="Find"/> refuses, <c>credits.take-too-many</c>, <c>credits.serial-not-here</c> and <c>credits.one-block</c>.</summary>
    /// <param name="at">Field a refusal of the count names.</param>
    internal async Task<Answer<(Row Row, int Asset, SerialRange Serials)>> Block(DbSession s, string? text, long count, string at, CancellationToken ct)
    {
        var found = await Find(s, text, ct);
        if (!found.Ok) return Answer<(Row, int, SerialRange)>.From(found.Refusals);
        var (unit, asset, all) = found.Value;
        if (count < 1 || count > all.Count) return Refusal.Of("credits.take-too-many", at, ("given", $"{count}"), ("quantity", $"{all.Count}"));
        var (serials, _) = all.Take(count);
        if (await RowOf(s, unit, serials.First, ct) is not { } row || row.Last < serials.First) return Refusal.NotFound("credits.serial-not-here", "serial");
        return row.Last < serials.Last ? Refusal.Conflict("credits.one-block", "serial") : (row, asset, serials);
    }

    /// <summary>The block of credit_block that holds a serial; null where none does.</summary>
    internal async Task<Row?> RowOf(DbSession s, string unit, long serial, CancellationToken ct) => (await Rows(s, unit, [(serial, serial)], ct)).FirstOrDefault();

    /// <summary>Serials of the Book as their registry prints them.</summary>
    internal async Task<string> PrintedOf(DbSession s, string unit, long first, long last, CancellationToken ct) => await RowOf(s, unit, first, ct) is { } row ? View(row, first, last, UnitStanding.Held, false).Serial : CreditBook.Printed(first, last).Printed.ToString();

    /// <summary>An end by the number of its certificate; public.</summary>
    public async Task<Answer<EndingView>> Ending(DbSession s, long number, CancellationToken ct) => (await Endings(s, "e.number = $1", ct, number)).FirstOrDefault() is { } found ? found : Refusal.NotFound("credits.ending-not-found");

    /// <summary>Ends of a project's units, newest first, at most 200.</summary>
    public Task<IReadOnlyList<EndingView>> EndingsOf(DbSession s, Guid project, CancellationToken ct) => Endings(s, "e.project_id = $1", ct, project);

    async Task<IReadOnlyList<EndingView>> Endings(DbSession s, string where, CancellationToken ct, params object?[] args)
    {
        var found = await s.All($"""
            select e.number, e.kind, e.unit, e.first, e.last, e.ended_on, e.beneficiary, e.reason, e.printed, e.purpose, e.project_id, p.name, p.programme, p.number, p.country, e.import_id is not null, exists (select from registry.credit_conversion c where c.id = e.order_id and c.state = 4)
            from registry.credit_ending e join registry.credit_project p on p.id = e.project_id where {where} order by e.number desc limit 200
            """, r => (Number: r.GetInt64(0), Kind: (EndingKind)r.GetInt16(1), Unit: r.GetString(2), First: r.GetInt64(3), Last: r.GetInt64(4), On: r.MaybeDay(5), Beneficiary: r.Text(6), Reason: r.GetString(7), Printed: r.Text(8), Purpose: r.Text(9), Project: r.GetGuid(10), Name: r.GetString(11),
                Programme: r.GetString(12), ProjectNumber: r.GetString(13), Country: r.Text(14), Outside: r.GetBoolean(15), Back: r.GetBoolean(16)), ct, args);
        var views = new List<EndingView>();
        foreach (var e in found)
        {
            var row = await RowOf(s, e.Unit, e.First, ct);
            var asset = rules.Unit(e.Unit)!.Asset;
            var stands = venue.Read(b => b.Owner(asset, e.First) is { } o && b.Owner(asset, e.Last) is { } l && Fits(e.Kind, o.Account) && Fits(e.Kind, l.Account));
            views.Add(new(e.Number, e.Kind, e.Unit, row is null ? "" : View(row, e.First, e.Last, UnitStanding.Retired, false).Serial, e.Last - e.First + 1, e.On, e.Beneficiary, e.Reason, e.Printed, e.Purpose, e.Project, e.Name, e.Programme, e.ProjectNumber, e.Country, row?.VintageFrom, row?.VintageTo,
                e.Outside, stands && !e.Back, e.Back, row?.IssuedOn));
        }
        return views;
        // Units reversed out of the buffer pool lie with what is cancelled; what was immobilised may stand behind a scheme's units by now.
        static bool Fits(EndingKind kind, long account) => (kind == EndingKind.Immobilised && account == CreditBook.Deposited) || CreditBook.StandingOf(account) == kind switch { EndingKind.Retired => UnitStanding.Retired, EndingKind.Converted => UnitStanding.Converted, EndingKind.Immobilised => UnitStanding.Immobilised, _ => UnitStanding.Cancelled };
    }

    List<BlockView> Pieces(IEnumerable<Row> rows, int most)
    {
        var views = new List<BlockView>();
        foreach (var part in rows.Chunk(500))
        {
            var found = venue.Read(b => part.SelectMany(row => Runs(b, rules.Unit(row.Unit)!.Asset, row.First, row.Last, most).Select(run => (row, run))).ToList());
            foreach (var (row, run) in found)
            {
                views.Add(View(row, run.First, run.Last, run.Standing, run.Waiting));
                if (views.Count == most) return views;
            }
        }
        return views;
    }

    /// <summary>Runs of a range that stand alike, as the Book has them now.</summary>
    static List<(long First, long Last, UnitStanding Standing, bool Waiting)> Runs(IBookState book, int asset, long first, long last, int most)
    {
        var runs = new List<(long, long, UnitStanding, bool)>();
        for (var at = first; at <= last && runs.Count < most;)
        {
            if (book.Owner(asset, at) is not { } owner) break;
            var end = Math.Min(owner.Last, last);
            runs.Add((at, end, CreditBook.StandingOf(owner.Account), owner.Hold != 0));
            at = end + 1;
        }
        return runs;
    }

    BlockView View(Row row, long first, long last, UnitStanding standing, bool waiting) =>
        new(row.Unit, Print(grammars.Named(row.Grammar), row.Parts, CreditBook.Printed(first, last).Printed), last - first + 1, standing, waiting, row.ProjectId, row.VintageFrom, row.VintageTo, row.Labels, row.IssuanceId, row.IssuedOn);

    LifeStep Step(Row? row, SerialMove m) => new(NodaConstants.UnixEpoch + Duration.FromNanoseconds(m.TimeMicros * 1000L), CreditBook.WordOf(m.TransactionType), m.Debit == CreditBook.Issuance ? null : CreditBook.StandingOf(m.Debit), CreditBook.StandingOf(m.Credit),
        row is null ? "" : Print(grammars.Named(row.Grammar), row.Parts, CreditBook.Printed(m.First, m.Last).Printed), m.Last - m.First + 1);

    internal static string Print(SerialGrammar grammar, IReadOnlyList<string> parts, PrintedRange range) => grammar.HasRange && range.First >= 1 ? grammar.Write(parts, new SerialRange(range.First, range.Last)) : grammar.HasRange ? $"{grammar.Name} {range}" : $"{grammar.Write(parts, null)} {range}";
}
