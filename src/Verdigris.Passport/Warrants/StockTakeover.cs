using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>A lot of an existing stock: its certificate, where it lies, who owns it, and what it weighed coming in.</summary>
public sealed record StockLot(Guid CertificateId, Guid WarehouseId, Guid OwnerOrganisationId, decimal WeighedKg);

/// <summary>
/// Takes an existing stock of warrants over from another register: matches, warrants and Book postings of many lots at once, each step one statement, the postings in batches.
/// The same rows come out as from matching and issuing one by one. The system's own; no request reaches it.
/// </summary>
public sealed class StockTakeover(BookCommands book, PassportRules rules)
{
    const int Batch = 2000;

    /// <returns>Ids of the warrants, in the order of the lots.</returns>
    public async Task<IReadOnlyList<Guid>> Take(DbSession s, IReadOnlyList<StockLot> lots, Guid by, string byName, CancellationToken ct)
    {
        if (!s.Actor.Is(Role.System)) throw new InvalidOperationException("Only the system takes stocks over.");
        var warrants = new List<Guid>();
        foreach (var part in lots.Chunk(Batch)) warrants.AddRange(await s.InTransaction(t => TakePart(s, part, by, byName, t), ct));
        return warrants;
    }

    async Task<IReadOnlyList<Guid>> TakePart(DbSession s, StockLot[] lots, Guid by, string byName, CancellationToken ct)
    {
        var (percent, ruleId) = rules.NetTolerance(s.Now.InUtc().Date);
        var certificates = lots.Select(l => l.CertificateId).ToArray();
        var rows = (await s.All("""
            select x.ordinal, c.contract_code, c.net_kg, h.organisation_id, o.account, a.account
            from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as x (certificate, warehouse, owner, ordinal)
            join passport.certificate c on c.id = x.certificate and c.state = 2 join passport.warehouse h on h.id = x.warehouse
            join passport.book_account o on o.organisation_id = x.owner and o.kind = 'owner' and o.state = 'open'
            join passport.book_account a on a.organisation_id = h.organisation_id and a.kind = 'authority' and a.state = 'open'
            order by x.ordinal
            """, r => (Contract: r.GetString(1), Net: r.GetDecimal(2), Operator: r.GetGuid(3), Owner: r.GetInt64(4), Authority: r.GetInt64(5)), ct,
            certificates, lots.Select(l => l.WarehouseId).ToArray(), lots.Select(l => l.OwnerOrganisationId).ToArray())).ToArray();
        if (rows.Length != lots.Length) throw new InvalidOperationException($"{lots.Length - rows.Length} of {lots.Length} lots name no published certificate, no warehouse or no open account.");
        for (var i = 0; i < lots.Length; i++)
            if (Math.Abs(lots[i].WeighedKg - rows[i].Net) * 100 > rows[i].Net * percent) throw new InvalidOperationException($"Lot {i} weighs {lots[i].WeighedKg} kg, its certificate says {rows[i].Net} kg.");
        var next = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var contract in rows.GroupBy(r => r.Contract)) next[contract.Key] = await WarrantStore.TakeSerials(s, contract.Key, contract.Count(), ct);
        var ids = lots.Select(_ => s.NewId()).ToArray();
        var serials = rows.Select(r => next[r.Contract]++).ToArray();
        await s.Run("""
            insert into passport.inbound_match (id, certificate_id, warehouse_id, brand_mark, shape, bundles, net_kg, seals, heats, scale_id, weighed_at, passed, differences, tolerance_pct, rule_id, operator_id, operator_name, created_at)
            select gen_random_uuid(), c.id, x.warehouse, c.brand_code, c.shape, c.bundles, x.weighed, '{}', array(select json_array_elements_text(d.document::json -> 'heatNumbers')), 'SCALE-1', $4, true, '[]', $5, $6, $7, $8, $4
            from unnest($1::uuid[], $2::uuid[], $3::numeric[]) as x (certificate, warehouse, weighed) join passport.certificate c on c.id = x.certificate join passport.certificate_content d on d.certificate_id = c.id
            """, ct, certificates, lots.Select(l => l.WarehouseId).ToArray(), lots.Select(l => l.WeighedKg).ToArray(), s.Now, percent, ruleId, by, byName);
        await s.Run("""
            insert into passport.warrant (id, number, asset, serial, contract_code, brand_code, shape, net_kg, gross_kg, pieces, bundles, lot_no, warehouse_id, warehouse_organisation, location_code, origin, duty_status,
              rent_usd_per_tonne_day, fot_usd_per_tonne, first_owner, state, requested_by, requested_at, row_version)
            select x.id, x.number, x.asset, x.serial, c.contract_code, c.brand_code, c.shape, c.net_kg, c.gross_kg, c.pieces, c.bundles, 'L-' || x.serial, x.warehouse, h.organisation_id, h.location_code, d.document::json ->> 'countryOfOrigin', 'unpaid',
              0.52, 41.50, x.owner, 1, $8, $9, 1
            from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[]) as x (id, number, asset, serial, certificate, warehouse, owner)
            join passport.certificate c on c.id = x.certificate join passport.certificate_content d on d.certificate_id = c.id join passport.warehouse h on h.id = x.warehouse
            """, ct, ids, rows.Select((r, i) => WarrantStore.NumberOf(r.Contract, serials[i])).ToArray(), rows.Select(r => BookAccounts.WarrantAssets[r.Contract]).ToArray(), serials, certificates,
            lots.Select(l => l.WarehouseId).ToArray(), lots.Select(l => l.OwnerOrganisationId).ToArray(), by, s.Now);
        await s.Run("insert into passport.warrant_certificate (warrant_id, certificate_id) select * from unnest($1::uuid[], $2::uuid[])", ct, ids, certificates);
        await s.Run("""
            update passport.certificate c set state = 3, warehouse_id = x.warehouse, warrant_id = x.warrant, changed_at = $4, row_version = row_version + 1
            from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as x (certificate, warehouse, warrant) where c.id = x.certificate
            """, ct, certificates, lots.Select(l => l.WarehouseId).ToArray(), ids, s.Now);
        var commands = rows.Select((r, i) => new Command
        {
            Operation = Operation.Transfer,
            TransactionType = BookAccounts.Issue,
            Asset = BookAccounts.WarrantAssets[r.Contract],
            Debit = BookAccounts.Issuance,
            Credit = r.Owner,
            Amount = 1,
            SerialFirst = serials[i],
            Reference = BookId.From(ids[i]),
            Actor = BookId.From(by),
            ActingFor = r.Authority,
        }).ToList();
        await book.Send(s, StockTakenKind.Name, ids[0], new TakenStock(ids), commands, ct);
        await s.Audit(new AuditEntry("stock.taken-over", "warrant", ids[0].ToString(), Details: new { Lots = ids.Length }), ct);
        return ids;
    }
}

sealed record TakenStock(IReadOnlyList<Guid> Warrants);

/// <summary>The Book has issued a whole batch.</summary>
sealed class StockTakenKind : IBookCommandKind
{
    public const string Name = "passport.stock.taken";
    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var all = row.Payload<TakenStock>().Warrants;
        var issued = all.Where((_, i) => outcomes[i].Accepted).ToArray();
        var refused = all.Where((_, i) => !outcomes[i].Accepted).ToArray();
        await session.Run("update passport.warrant set state = 2, issued_by = requested_by, issued_at = $2, row_version = row_version + 1 where id = any($1) and state = 1", ct, issued, TitleCommands.Time(outcomes[0].TimeMicros));
        await session.Run("update passport.warrant set state = 8, closed_at = $2, row_version = row_version + 1 where id = any($1) and state = 1", ct, refused, session.Now);
        await session.Run("update passport.certificate set warrant_id = null where warrant_id = any($1)", ct, refused);
        await session.Run("update passport.certificate set state = 4, changed_at = $2, row_version = row_version + 1 where warrant_id = any($1) and state = 3", ct, issued, session.Now);
        await session.Run("""
            insert into passport.title_fence (certificate_id, brand_code, production_year, producer_id, warehouse_organisation, owner_organisation, asset, serial, batch, changed_at)
            select c.id, c.brand_code, c.production_year, c.producer_id, w.warehouse_organisation, w.first_owner, w.asset, w.serial, $2, $3
            from passport.warrant w join passport.certificate c on c.warrant_id = w.id where w.id = any($1)
            on conflict (certificate_id) do nothing
            """, ct, issued, outcomes[0].Batch, session.Now);
    }
}
