using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Registry.Finance;

/// <summary>Rows of deals. Row-level security shows them to their sides and to the administrator of the scheme, a draft to the side that writes it.</summary>
static class DealStore
{
    const string Columns = """
        d.id, coalesce(d.scheme, d.programme), coalesce(a.unit, d.unit), coalesce(a.vintage, d.year::text), d.terms::text, d.giver, coalesce(registry.account_id(d.giver), d.giver::text), d.giver_organisation, d.taker, coalesce(registry.account_id(d.taker), d.taker::text), d.taker_organisation,
        d.beneficiary, coalesce(registry.account_id(d.beneficiary), d.beneficiary::text), d.beneficiary_organisation,
        d.proposer, d.state, d.held, d.call_due, d.defaulted_on, d.free_at, d.moving is not null, d.proposed_by, d.proposed_at, d.ended_at,
        d.programme, d.project_id, coalesce(d.project, ''), d.year, d.serial, d.first
        """;

    const string From = "from registry.deal d left join registry.asset a on a.asset = d.asset";

    static readonly ListOrders<Deal> Orders = new("registry-deals", "-proposed", ListKey<Deal>.Id("proposed", "d.id", d => d.Id), ListKey<Deal>.Number("kind", "d.kind", d => (int)d.Terms.Kind), ListKey<Deal>.Number("state", "d.state", d => (int)d.State));

    public static Task<Deal?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} {From} where d.id = $1", Map, ct, id);

    public static Task<Deal?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} {From} where d.id = $1 for update of d", Map, ct, id);

    public static async Task<Answer<Page<Deal>>> List(DbSession s, DealFilter f, CancellationToken ct)
    {
        var query = new Where();
        if (f.Scheme is { } scheme) query.And("coalesce(d.scheme, d.programme) = ", scheme);
        if (f.Kind is { } kind) query.And("d.kind = ", (short)kind);
        if (f.State is { } state) query.And("d.state = ", (short)state);
        return await Orders.Page(s, $"select {Columns} {From}", query, f.Sort, f.Cursor, f.Limit, Map, ct);
    }

    /// <summary>Deals in which days or prices may have changed something.</summary>
    public static Task<List<Guid>> Running(DbSession s, CancellationToken ct) => s.All("select id from registry.deal where state in (4, 7, 8) and moving is null order by id", r => r.GetGuid(0), ct);

    /// <param name="asset">Of units of a scheme; null of credits.</param>
    public static Task Add(DbSession s, Deal d, int? asset, CancellationToken ct) => s.Run("""
        insert into registry.deal (id, scheme, asset, terms, kind, giver, taker, beneficiary, giver_organisation, taker_organisation, beneficiary_organisation, proposer, state, held, ends_on, proposed_by, proposed_at, programme, unit, project_id, project, year, first, serial)
        values ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9, $10, $11, $12, $13, false, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
        """, ct,
        d.Id, d.Credits is null ? d.Scheme : null, asset, StorageJson.Write(d.Terms), (short)d.Terms.Kind, d.Giver, d.Taker, d.Beneficiary, d.GiverOrganisation, d.TakerOrganisation, d.BeneficiaryOrganisation, (short)d.Proposer, (short)d.State, d.Terms.End, d.ProposedBy, d.ProposedAt,
        d.Credits?.Programme, d.Credits?.Unit, d.Credits?.ProjectId, d.Credits?.Project, d.Credits?.Year, d.Credits?.First, d.Credits?.Serial);

    static Deal Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), StorageJson.Read<DealTerms>(r.GetString(4)), r.GetInt64(5), r.GetString(6), r.GetGuid(7), r.GetInt64(8), r.GetString(9), r.GetGuid(10),
        r.IsDBNull(11) ? null : r.GetInt64(11), r.Text(12), r.MaybeGuid(13), (Side)r.GetInt16(14), (DealState)r.GetInt16(15), r.GetBoolean(16), r.MaybeDay(17), r.MaybeDay(18), r.MaybeTime(19), r.GetBoolean(20), r.GetGuid(21), r.Time(22), r.MaybeTime(23),
        r.IsDBNull(24) ? null : new(r.GetString(24), r.GetString(2), r.GetGuid(25), r.GetString(26), r.GetInt32(27), r.Text(28)) { First = r.IsDBNull(29) ? null : r.GetInt64(29) });

    // --- money ---

    public static Task<List<DealCash>> Cash(DbSession s, Deal deal, CancellationToken ct) => s.All("select id, at_end, what, payer, amount, due, state, reference, claimed_at, confirmed_at from registry.deal_cash where deal_id = $1 and state <> 3 order by id", r =>
    {
        var payer = (Side)r.GetInt16(3);
        return new DealCash(r.GetGuid(0), (CashWhen)r.GetInt16(1), r.GetString(2), payer, payer == Side.Giver ? Side.Taker : Side.Giver, r.GetDecimal(4), deal.Terms.Currency, r.Day(5), (CashState)r.GetInt16(6), r.Text(7), r.MaybeTime(8), r.MaybeTime(9));
    }, ct, deal.Id);

    public static async Task AddCash(DbSession s, Guid deal, IEnumerable<CashLeg> legs, CancellationToken ct)
    {
        foreach (var leg in legs) await s.Run("insert into registry.deal_cash (id, deal_id, at_end, what, payer, amount, due, state) values ($1, $2, $3, $4, $5, $6, $7, 0)", ct, s.NewId(), deal, (short)leg.When, leg.What, (short)leg.Payer, leg.Amount, leg.Due);
    }

    // --- steps ---

    const string StepColumns = "id, act, side, cash_id, units, state, note, book_code, task_id, written_by, written_at, decided_by, decided_at, serial, first";

    public static Task<List<DealStep>> Steps(DbSession s, Guid deal, CancellationToken ct) => s.All($"select {StepColumns} from registry.deal_step where deal_id = $1 order by id", MapStep, ct, deal);

    public static async Task<(Guid Deal, DealStep Step)?> Step(DbSession s, Guid id, CancellationToken ct)
    {
        var found = await s.All($"select {StepColumns}, deal_id from registry.deal_step where id = $1", r => (r.GetGuid(15), MapStep(r)), ct, id);
        return found.Count == 0 ? null : found[0];
    }

    public static Task AddStep(DbSession s, Guid deal, DealStep step, CancellationToken ct) => s.Run("insert into registry.deal_step (id, deal_id, act, side, cash_id, units, state, note, written_by, written_at, serial, first) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", ct,
        step.Id, deal, step.Act.ToString(), step.Side is { } side ? (short)side : null, step.CashId, step.Units, (short)step.State, step.Note, step.WrittenBy, step.WrittenAt, step.Serial, step.First);

    static DealStep MapStep(NpgsqlDataReader r) => new(r.GetGuid(0), Enum.Parse<DealAct>(r.GetString(1)), r.IsDBNull(2) ? null : (Side)r.GetInt16(2), r.MaybeGuid(3), r.IsDBNull(4) ? null : r.GetInt64(4), (DealStepState)r.GetInt16(5), r.Text(6), r.Text(7), r.MaybeGuid(8), r.GetGuid(9), r.Time(10), r.MaybeGuid(11), r.MaybeTime(12), r.Text(13)) { First = r.IsDBNull(14) ? null : r.GetInt64(14) };

    // --- holds ---

    public static Task<List<long>> Added(DbSession s, Guid deal, CancellationToken ct) => s.All("select units from registry.deal_addition where deal_id = $1 order by place", r => r.GetInt64(0), ct, deal);

    /// <summary>Steps the Book refused, and of each hold how many there were when it was opened.</summary>
    public static async Task<(int Tries, Dictionary<string, int> Holds)> Tries(DbSession s, Guid deal, CancellationToken ct) => (await s.All("select tries, holds::text from registry.deal where id = $1", r => (r.GetInt32(0), StorageJson.Read<Dictionary<string, int>>(r.GetString(1))), ct, deal))[0];

    public static Task KeepHolds(DbSession s, Guid deal, Dictionary<string, int> holds, CancellationToken ct) => s.Run("update registry.deal set holds = $2::text::jsonb where id = $1", ct, deal, StorageJson.Write(holds));

    // --- prices ---

    /// <summary>The latest price up to a day, no older than so many days; null where there is none.</summary>
    public static Task<UnitPrice?> Price(DbSession s, Deal d, LocalDate on, int days, CancellationToken ct) => d.Credits is { } c
        ? s.One($"{CreditPrices} where p.unit = $1 and p.project_id = $2 and p.year = $3 and p.currency = $4 and p.day <= $5 and p.day >= $6 order by p.day desc limit 1", MapPrice, ct, c.Unit, c.ProjectId, c.Year, d.Terms.Currency, on, on.PlusDays(-days))
        : s.One($"{SchemePrices} where a.scheme = $1 and a.unit = $2 and a.vintage = $3 and p.currency = $4 and p.day <= $5 and p.day >= $6 order by p.day desc limit 1", MapPrice, ct, d.Scheme, d.Unit, d.Vintage, d.Terms.Currency, on, on.PlusDays(-days));

    /// <param name="scheme">Or a programme; null for all.</param>
    public static Task<List<UnitPrice>> Prices(DbSession s, string? scheme, CancellationToken ct) =>
        s.All($"select * from ({SchemePrices} union all {CreditPrices}) p (scheme, unit, vintage, currency, day, price, source, project) where $1::text is null or scheme = $1 order by day desc, scheme, unit, vintage, project limit 500", MapPrice, ct, scheme);

    const string SchemePrices = "select a.scheme, a.unit, a.vintage, p.currency, p.day, p.price, p.source, null::text from registry.unit_price p join registry.asset a on a.asset = p.asset";

    const string CreditPrices = "select j.programme, p.unit, p.year::text, p.currency, p.day, p.price, p.source, j.number from registry.credit_price p join registry.credit_project j on j.id = p.project_id";

    static UnitPrice MapPrice(NpgsqlDataReader r) => new(r.GetString(0), r.GetString(1), r.GetString(2), r.GetString(3), r.Day(4), DecimalText.Trim(r.GetDecimal(5)), r.GetString(6), r.Text(7));
}
