using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Footprint.Plans;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.EnergyCertificates;

/// <summary>Use cases of energy certificates: register a block to a facility, cancel numbers of it for a report's period. The document is written first, the Book moves the serials, the document is finished.</summary>
public sealed class EnergyHandlers(BookCommands book)
{
    const string BlockColumns = """
        b.id, b.facility_id, b.operator_id, s.registry, s.prefix, b.first_no, b.last_no, b.kind, b.factor_t_per_mwh, b.produced_from, b.produced_to, b.issuer, b.country, b.state, b.book_code,
        (select coalesce(sum(u.last_no - u.first_no + 1), 0)::bigint from footprint.energy_use u where u.block_id = b.id and u.state <> 2), b.registered_by, b.registered_at, b.serial_first
        """;
    const string Blocks = "footprint.energy_block b join footprint.energy_series s on s.id = b.series_id";
    const string UseColumns = "u.id, u.block_id, u.report_id, u.facility_id, u.period_from, u.period_to, s.registry, s.prefix, u.first_no, u.last_no, b.factor_t_per_mwh, u.state, u.book_code, u.used_by, u.used_at";
    const string Uses = "footprint.energy_use u join footprint.energy_block b on b.id = u.block_id join footprint.energy_series s on s.id = b.series_id";

    sealed record Found(EnergyBlock Block, long SerialFirst);

    /// <summary>Registers certificates to an own facility. A number that was registered before, by whomever, is refused with the id of that block.</summary>
    public async Task<Answer<EnergyBlock>> Register(DbSession s, Guid facility, NewEnergyBlock wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await FacilityHandlers.Find(s, facility, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("facility.not-found");
        if (EnergyRules.Check(wanted, s.Today()) is { Count: > 0 } wrong) return Answer<EnergyBlock>.From(wrong);
        var (id, prefix, mwh) = (s.NewId(), wanted.Prefix ?? "", wanted.LastNo - wanted.FirstNo + 1);
        try
        {
            await s.InTransaction<Done>(async t =>
            {
                await s.Run("insert into footprint.energy_series (registry, prefix) values ($1, $2) on conflict do nothing", t, wanted.Registry, prefix);
                var opened = await s.Run("insert into footprint.energy_account (account, facility_id, operator_id, state) values (nextval('footprint.energy_account_number'), $1, $2, 'pending') on conflict (facility_id) do nothing", t, facility, s.Actor.OrganisationId);
                var account = await s.Value<long>("select account from footprint.energy_account where facility_id = $1", t, facility);
                var serial = await s.Value<long>("insert into footprint.energy_serial (only_one, next) values (true, 1 + $1) on conflict (only_one) do update set next = footprint.energy_serial.next + $1 returning next - $1", t, mwh);
                await s.Run("""
                    insert into footprint.energy_block (id, facility_id, operator_id, series_id, first_no, last_no, kind, factor_t_per_mwh, produced_from, produced_to, issuer, country, serial_first, state, registered_by, registered_at)
                    values ($1, $2, $3, (select id from footprint.energy_series where registry = $4 and prefix = $5), $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16)
                    """, t, id, facility, s.Actor.OrganisationId, wanted.Registry, prefix, wanted.FirstNo, wanted.LastNo, (short)wanted.Kind, wanted.FactorTPerMwh, wanted.ProducedFrom, wanted.ProducedTo, wanted.Issuer.Trim(), wanted.Country, serial, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("energy.registered", "facility", facility.ToString(), Details: new { Block = id, wanted.Registry, Prefix = prefix, wanted.FirstNo, wanted.LastNo }), t);
                // Opening again an account that is open is a repeat, so whoever comes first opens it.
                await book.Send(s, EnergyRegisteredKind.Name, id, new EnergySent(id), [EnergyBook.Open(account, facility), EnergyBook.Issue(account, serial, mwh, id, s.Actor.PersonId)], t);
                return default(Done);
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "energy_registered_once")
        {
            // Whose it is stays unsaid: the id alone is what the two can talk about.
            var first = await s.InTransaction(t => s.AsSystem(u => s.Value<Guid>("""
                select b.id from footprint.energy_block b join footprint.energy_series n on n.id = b.series_id where n.registry = $1 and n.prefix = $2 and b.state <> 2 and int8range(b.first_no, b.last_no, '[]') && int8range($3, $4, '[]') order by b.id limit 1
                """, u, wanted.Registry, prefix, wanted.FirstNo, wanted.LastNo), t), ct);
            return Refusal.Conflict("energy.registered-before", "firstNo", ("id", first.ToString()));
        }
        var made = (await Find(s, id, ct))!.Block;
        return made.State == BlockState.Refused ? Refusal.Conflict("energy.book-refused", null, ("code", made.BookCode!)) : made;
    }

    /// <summary>Cancels numbers for the period of an open report of the facility: the approver, for good. A megawatt-hour used before is refused with the id of that use.</summary>
    public async Task<Answer<EnergyUse>> Cancel(DbSession s, Guid block, NewEnergyUse wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        var id = s.NewId();
        try
        {
            var sent = await s.InTransaction<Done>(async t =>
            {
                if (await Find(s, block, t) is not { } found || found.Block.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("energy.not-found");
                // The report is locked: it is not handed in while its certificates are being cancelled.
                if (await ReportStore.Locked(s, wanted.ReportId, t) is not { Report: { } report } || report.FacilityId != found.Block.FacilityId) return Refusal.Of("energy.report", "reportId");
                if (ReportHandlers.Closed(report) is { } closed) return closed;
                if (EnergyRules.Check(found.Block, wanted, report.PeriodFrom, report.PeriodTo) is { Count: > 0 } wrong) return Answer<Done>.From(wrong);
                var account = await s.Value<long>("select account from footprint.energy_account where facility_id = $1", t, report.FacilityId);
                var (serial, mwh) = (found.SerialFirst + wanted.FirstNo - found.Block.FirstNo, wanted.LastNo - wanted.FirstNo + 1);
                await s.Run("insert into footprint.energy_use (id, block_id, report_id, facility_id, operator_id, period_from, period_to, first_no, last_no, serial_first, serial_last, state, used_by, used_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)", t,
                    id, block, report.Id, report.FacilityId, s.Actor.OrganisationId, report.PeriodFrom, report.PeriodTo, wanted.FirstNo, wanted.LastNo, serial, serial + mwh - 1, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("energy.cancelled", "report", report.Id.ToString(), Details: new { Use = id, Block = block, wanted.FirstNo, wanted.LastNo }), t);
                await book.Send(s, EnergyCancelledKind.Name, id, new EnergySent(id), [EnergyBook.CancelFor(account, serial, mwh, report.Id, s.Actor.PersonId)], t);
                return default(Done);
            }, ct);
            if (!sent.Ok) return Answer<EnergyUse>.From(sent.Refusals);
        }
        catch (PostgresException e) when (e.ConstraintName == "energy_used_once")
        {
            var first = (await s.One($"select {UseColumns} from {Uses} where u.block_id = $1 and u.state <> 2 and int8range(u.first_no, u.last_no, '[]') && int8range($2, $3, '[]') order by u.id limit 1", MapUse, ct, block, wanted.FirstNo, wanted.LastNo))!;
            return Refusal.Conflict("energy.used-before", "firstNo", ("id", first.Id.ToString()), ("report", first.ReportId.ToString()));
        }
        var made = (await s.One($"select {UseColumns} from {Uses} where u.id = $1", MapUse, ct, id))!;
        return made.State == UseState.Refused ? Refusal.Conflict("energy.book-refused", null, ("code", made.BookCode!)) : made;
    }

    /// <summary>Certificates of a facility, newest first; for who may see the facility.</summary>
    public async Task<Answer<IReadOnlyList<EnergyBlock>>> OfFacility(DbSession s, Guid facility, CancellationToken ct) => await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found")
        : await s.All($"select {BlockColumns} from {Blocks} where b.facility_id = $1 order by b.id desc limit 1000", r => Map(r).Block, ct, facility);

    /// <summary>What a facility cancelled, newest first.</summary>
    public async Task<Answer<IReadOnlyList<EnergyUse>>> UsesOf(DbSession s, Guid facility, CancellationToken ct) => await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found")
        : await s.All($"select {UseColumns} from {Uses} where u.facility_id = $1 order by u.id desc limit 1000", MapUse, ct, facility);

    /// <summary>What counts for a period: cancelled in the Book, whichever version of the report it was cancelled for.</summary>
    internal static async Task<IReadOnlyList<EnergyUse>> Counting(DbSession s, Report report, CancellationToken ct) =>
        await s.All($"select {UseColumns} from {Uses} where u.facility_id = $1 and u.period_from = $2 and u.period_to = $3 and u.state = 1 order by u.id", MapUse, ct, report.FacilityId, report.PeriodFrom, report.PeriodTo);

    static Task<Found?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {BlockColumns} from {Blocks} where b.id = $1", Map, ct, id);

    static Found Map(NpgsqlDataReader r) => new(new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetInt64(5), r.GetInt64(6), (EnergyKind)r.GetInt16(7), DecimalText.Trim(r.GetDecimal(8)), r.Day(9), r.Day(10), r.GetString(11), r.GetString(12), (BlockState)r.GetInt16(13), r.Text(14),
        r.GetInt64(15), r.GetGuid(16), r.Time(17)), r.GetInt64(18));

    static EnergyUse MapUse(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetGuid(2), r.GetGuid(3), r.Day(4), r.Day(5), r.GetString(6), r.GetString(7), r.GetInt64(8), r.GetInt64(9), DecimalText.Trim(r.GetDecimal(10)), (UseState)r.GetInt16(11), r.Text(12), r.GetGuid(13), r.Time(14));
}

sealed record EnergySent(Guid Id);

/// <summary>Finishes a block once the Book answered.</summary>
sealed class EnergyRegisteredKind : IBookCommandKind
{
    public const string Name = "footprint.energy-register";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var id = row.Payload<EnergySent>().Id;
        if (outcomes[0].Accepted || outcomes[0].Code == Code.AccountExists)
            await session.Run("update footprint.energy_account a set state = 'open' from footprint.energy_block b where b.id = $1 and a.facility_id = b.facility_id and a.state = 'pending'", ct, id);
        await session.Run("update footprint.energy_block set state = $2, book_code = $3 where id = $1 and state = 0", ct, id, (short)(outcomes[1].Accepted ? BlockState.Registered : BlockState.Refused), outcomes[1].Accepted ? null : outcomes[1].Code.ToString());
    }
}

/// <summary>Finishes a use once the Book answered.</summary>
sealed class EnergyCancelledKind : IBookCommandKind
{
    public const string Name = "footprint.energy-cancel";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        session.Run("update footprint.energy_use set state = $2, book_code = $3 where id = $1 and state = 0", ct, row.Payload<EnergySent>().Id, (short)(outcomes[0].Accepted ? UseState.Cancelled : UseState.Refused), outcomes[0].Accepted ? null : outcomes[0].Code.ToString());
}
