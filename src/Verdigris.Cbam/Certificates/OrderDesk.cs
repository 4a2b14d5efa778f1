using NodaTime;
using Npgsql;
using Verdigris.Book;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Certificates;

/// <summary>What an order may be at this moment, by the rules and by what the Book holds, and how an approved one gets there.</summary>
public sealed class OrderDesk(BookCommands book, IVenue venue, IDeskRules rules, RulePacks packs)
{
    internal const string Columns = "id, kind, year, count, period, price_eur, amount_eur, declaration_id, purchase_id, serial_first, state, book_code, reason, task_id, ordered_by, ordered_at, decided_by, decided_at";

    /// <summary>Sends an approved order to the Book, in the transaction of the decision.</summary>
    internal async Task<Answer<Done>> Carry(DbSession s, Guid id, CancellationToken ct)
    {
        await DeclarantHandlers.Locked(s, s.Actor.OrganisationId, ct);
        if (await Find(s, id, ct) is not { State: OrderState.Proposed } order || await DeclarantHandlers.Find(s, s.Actor.OrganisationId, ct) is not { } declarant) return Refusal.NotFound("order.not-found");
        if (OrderRules.Standing(declarant, order.Kind, s.Today()) is { } unauthorised) return unauthorised;
        var wanted = new NewOrder(order.Kind, order.Year, order.Count, order.Period is { } p && p[5] == 'Q' ? p[6] - '0' : null, order.DeclarationId, order.PurchaseId);
        // A day or a price may have passed since it was proposed.
        if (OrderRules.Check(wanted, YearDates.Of(packs, order.Year), s.Today()) is { Count: > 0 } wrong) return Answer<Done>.From(wrong);
        var priced = await Priced(s, wanted, ct);
        if (!priced.Ok) return Answer<Done>.From(priced.Refusals);
        if (priced.Value != (order.Period, order.PriceEur)) return Refusal.Conflict("order.price-changed", "priceEur", ("before", $"{order.Period} {order.PriceEur}"), ("now", $"{priced.Value.Period} {priced.Value.Price}"));
        if (await Within(s, wanted, ct) is { } over) return over;
        await s.Run("insert into cbam.certificate_account (account, organisation_id, state) values (nextval('cbam.certificate_account_number'), $1, 'pending') on conflict (organisation_id) do nothing", ct, s.Actor.OrganisationId);
        var account = (await Account(s, s.Actor.OrganisationId, ct))!.Value;
        var serial = order.Kind switch
        {
            OrderKind.Purchase => await s.Value<long>("insert into cbam.certificate_serial (year, next) values ($1, 1 + $2) on conflict (year) do update set next = cbam.certificate_serial.next + $2 returning next - $2", ct, order.Year, order.Count),
            OrderKind.Repurchase => await LastHeld(s, account, order, ct),
            _ => 0,
        };
        try
        {
            await s.Run("update cbam.certificate_order set state = 1, serial_first = $2, decided_by = $3, decided_at = $4 where id = $1", ct, id, serial == 0 ? null : serial, s.Actor.PersonId, s.Now);
        }
        catch (PostgresException e) when (e.ConstraintName == "surrender_within_due") { return Refusal.Conflict("order.over-due", "count", ("left", "0")); }
        // Opening again an account that is open is a repeat.
        await book.Send(s, OrderKindOfBook.Name, id, new OrderSubject(id), [CertificateBook.Open(account, s.Actor.OrganisationId), order.Kind == OrderKind.Purchase ? CertificateBook.Sold(account, order.Year, serial, order.Count, id, s.Actor.PersonId)
            : CertificateBook.Out(order.Kind == OrderKind.Surrender ? CertificateBook.Surrender : CertificateBook.Repurchase, account, order.Year, serial, order.Count, id, s.Actor.PersonId)], ct);
        await s.Audit(new AuditEntry("certificate-order.approved", "certificate-order", id.ToString()), ct);
        return default(Done);
    }

    internal static async Task TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        await s.Run("update cbam.certificate_order set state = 4, reason = $2, decided_by = nullif($3, ordered_by), decided_at = $4 where id = $1 and state = 0", ct, id, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("certificate-order.turned-down", "certificate-order", id.ToString(), reason), ct);
    }

    /// <summary>Price and period of a purchase by the rules of today; of a repurchase what was paid. <c>price.unpublished</c>.</summary>
    internal async Task<Answer<(string? Period, decimal? Price)>> Priced(DbSession s, NewOrder wanted, CancellationToken ct)
    {
        if (wanted.Kind == OrderKind.Surrender) return ((string?)null, (decimal?)null);
        if (wanted.Kind == OrderKind.Purchase)
        {
            var price = rules.PurchasePrice(wanted.Year, wanted.Quarter, s.Today());
            return price.Ok ? ((string?)price.Value.Period, (decimal?)price.Value.Eur) : Answer<(string?, decimal?)>.From(price.Refusals);
        }
        return await Find(s, wanted.PurchaseId!.Value, ct) is { Kind: OrderKind.Purchase, State: OrderState.Done } purchase && purchase.Year == wanted.Year ? (purchase.Period, purchase.PriceEur) : Refusal.Of("order.purchase", "purchaseId");
    }

    /// <summary>Why the count is too large; null where it is not: more than held, than due, than may be sold back.</summary>
    internal async Task<Refusal?> Within(DbSession s, NewOrder wanted, CancellationToken ct)
    {
        if (wanted.Kind == OrderKind.Purchase) return null;
        var account = await Account(s, s.Actor.OrganisationId, ct);
        var held = Held(account, wanted.Year);
        if (wanted.Kind == OrderKind.Surrender)
        {
            var due = await s.All("select certificates_due from cbam.declaration where id = $1 and organisation_id = $2 and year = $3 and state = 2", r => r.GetInt64(0), ct, wanted.DeclarationId, s.Actor.OrganisationId, wanted.Year);
            if (due.Count == 0) return Refusal.Of("order.declaration", "declarationId");
            var left = due[0] - await Sum(s, OrderKind.Surrender, wanted.Year, ct);
            if (wanted.Count > left) return Refusal.Conflict("order.over-due", "count", ("left", $"{left}"));
        }
        if (wanted.Kind == OrderKind.Repurchase)
        {
            var dates = YearDates.Of(packs, wanted.Year)!;
            var left = dates.RepurchaseLimit(await Sum(s, OrderKind.Purchase, wanted.Year, ct)) - await Sum(s, OrderKind.Repurchase, wanted.Year, ct);
            if (wanted.Count > left) return Refusal.Conflict("order.repurchase-limit", "count", ("left", $"{left}")) with { Rule = dates.RepurchaseRule };
            held = Math.Min(held, OfPurchase(account, (await Find(s, wanted.PurchaseId!.Value, ct))!).Sum(b => b.Last - b.First + 1));
        }
        return wanted.Count > held ? Refusal.Conflict("order.over-held", "count", ("held", $"{held}")) : null;
    }

    static Task<long> Sum(DbSession s, OrderKind kind, int year, CancellationToken ct) =>
        s.Value<long>("select coalesce(sum(count), 0)::bigint from cbam.certificate_order where organisation_id = $1 and year = $2 and kind = $3 and state in (1, 2)", ct, s.Actor.OrganisationId, year, (short)kind);

    /// <summary>First serial of the last of a purchase that are held: what was bought first is surrendered first, so the last go back.</summary>
    async Task<long> LastHeld(DbSession s, long account, CertificateOrder order, CancellationToken ct) => OfPurchase(account, (await Find(s, order.PurchaseId!.Value, ct))!).Max(b => b.Last) - order.Count + 1;

    /// <summary>Serials of a purchase that the account holds now.</summary>
    IReadOnlyList<(long First, long Last)> OfPurchase(long? account, CertificateOrder purchase)
    {
        if (account is not { } of || purchase.SerialFirst is not { } first) return [];
        var last = first + purchase.Count - 1;
        return venue.Read(b => b.Blocks(of, CertificateBook.AssetOf(purchase.Year), int.MaxValue).Where(x => x.First <= last && x.Last >= first).Select(x => (Math.Max(x.First, first), Math.Min(x.Last, last))).ToList());
    }

    internal long Held(long? account, int year) => account is { } of ? venue.Read(b => b.Balance(of, CertificateBook.AssetOf(year)).Available) : 0;

    internal static async Task<long?> Account(DbSession s, Guid organisation, CancellationToken ct)
    {
        var rows = await s.All("select account from cbam.certificate_account where organisation_id = $1", r => r.GetInt64(0), ct, organisation);
        return rows.Count == 0 ? null : rows[0];
    }

    internal static Task<CertificateOrder?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from cbam.certificate_order where id = $1 and organisation_id = $2", Map, ct, id, s.Actor.OrganisationId);

    internal static CertificateOrder Map(NpgsqlDataReader r) => new(r.GetGuid(0), (OrderKind)r.GetInt16(1), r.GetInt32(2), r.GetInt64(3), r.Text(4), r.MaybeDecimal(5), r.MaybeDecimal(6), r.MaybeGuid(7), r.MaybeGuid(8), r.IsDBNull(9) ? null : r.GetInt64(9), (OrderState)r.GetInt16(10),
        r.Text(11), r.Text(12), r.MaybeGuid(13), r.GetGuid(14), r.Time(15), r.MaybeGuid(16), r.MaybeTime(17));
}
