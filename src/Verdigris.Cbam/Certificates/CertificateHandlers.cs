using System.Globalization;
using NodaTime;
using Verdigris.Book;
using Verdigris.Cbam.Declarants;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Certificates;

/// <summary>Orders of certificates: one person proposes, another approves, the Book moves the serials. What is held is asked of the Book, and of nothing else.</summary>
public sealed class CertificateHandlers(Approvals approvals, OrderDesk desk, IVenue venue, RulePacks packs)
{
    static readonly ListOrders<CertificateOrder> Orders = new("certificate-orders", "-ordered", ListKey<CertificateOrder>.Id("ordered", "id", o => o.Id), ListKey<CertificateOrder>.Number("year", "year", o => o.Year),
        ListKey<CertificateOrder>.Number("kind", "kind", o => (int)o.Kind), ListKey<CertificateOrder>.Number("state", "state", o => (int)o.State));

    /// <summary>Proposes an order; a second person of the organisation decides in the task inbox. Nothing moves before.</summary>
    public async Task<Answer<CertificateOrder>> Propose(DbSession s, NewOrder wanted, CancellationToken ct)
    {
        var declarant = await DeclarantHandlers.Writing(s, ct);
        if (!declarant.Ok) return Answer<CertificateOrder>.From(declarant.Refusals);
        if (OrderRules.Check(wanted, YearDates.Of(packs, wanted.Year), s.Today()) is { Count: > 0 } wrong) return Answer<CertificateOrder>.From(wrong);
        if (OrderRules.Standing(declarant.Value, wanted.Kind, s.Today()) is { } unauthorised) return unauthorised;
        var id = s.NewId();
        return await s.InTransaction<CertificateOrder>(async t =>
        {
            await DeclarantHandlers.Locked(s, s.Actor.OrganisationId, t);
            var priced = await desk.Priced(s, wanted, t);
            if (!priced.Ok) return Answer<CertificateOrder>.From(priced.Refusals);
            var (period, price) = priced.Value;
            if (await desk.Within(s, wanted, t) is { } over) return over;
            await s.Run("insert into cbam.certificate_order (id, organisation_id, kind, year, count, period, price_eur, amount_eur, declaration_id, purchase_id, state, ordered_by, ordered_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)", t,
                id, s.Actor.OrganisationId, (short)wanted.Kind, wanted.Year, wanted.Count, period, price, price * wanted.Count, wanted.DeclarationId, wanted.PurchaseId, s.Actor.PersonId, s.Now);
            var task = await approvals.Propose(s, new ApprovalRequest(OrderApproval.Name, id.ToString(), s.Actor.OrganisationId, Role.OwnerApprover, new OrderSubject(id), "cbam.task.order." + wanted.Kind.ToString().ToLowerInvariant(),
                new Dictionary<string, string> { ["year"] = wanted.Year.ToString(CultureInfo.InvariantCulture), ["count"] = wanted.Count.ToString(CultureInfo.InvariantCulture), ["amount"] = price is { } p ? DecimalText.Write(p * wanted.Count) : "" }, "/cbam/certificates"), t);
            await s.Run("update cbam.certificate_order set task_id = $2 where id = $1", t, id, task.Id);
            await s.Audit(new AuditEntry("certificate-order.proposed", "certificate-order", id.ToString(), Details: new { wanted.Kind, wanted.Year, wanted.Count, Period = period, PriceEur = price }), t);
            return (await OrderDesk.Find(s, id, t))!;
        }, ct);
    }

    public async Task<Answer<CertificateOrder>> Read(DbSession s, Guid id, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await OrderDesk.Find(s, id, ct) is { } known ? known : Refusal.NotFound("order.not-found");

    public async Task<Answer<Page<CertificateOrder>>> List(DbSession s, OrderFilter f, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        var query = new Where();
        query.And("organisation_id = ", s.Actor.OrganisationId);
        if (f.Year is { } year) query.And("year = ", year);
        if (f.Kind is { } kind) query.And("kind = ", (short)kind);
        if (f.State is { } state) query.And("state = ", (short)state);
        return await Orders.Page(s, $"select {OrderDesk.Columns} from cbam.certificate_order", query, f.Sort, f.Cursor, f.Limit, OrderDesk.Map, ct);
    }

    /// <summary>What the own account holds, year by year, beside what is due.</summary>
    public async Task<Answer<IReadOnlyList<CertificateHolding>>> Holdings(DbSession s, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        var sums = await s.All("select year, kind, sum(count)::bigint from cbam.certificate_order where organisation_id = $1 and state = 2 group by year, kind", r => (Year: r.GetInt32(0), Kind: (OrderKind)r.GetInt16(1), Count: r.GetInt64(2)), ct, s.Actor.OrganisationId);
        var due = (await s.All("select year, certificates_due from cbam.declaration where organisation_id = $1 and state = 2", r => (Year: r.GetInt32(0), Due: r.GetInt64(1)), ct, s.Actor.OrganisationId)).ToDictionary(d => d.Year, d => d.Due);
        var account = await OrderDesk.Account(s, s.Actor.OrganisationId, ct);
        var years = sums.Select(x => x.Year).Concat(due.Keys).Append(CertificateBook.FirstYear).Distinct().Order();
        return years.Select(year =>
        {
            long Of(OrderKind kind) => sums.Where(x => x.Year == year && x.Kind == kind).Sum(x => x.Count);
            var dates = YearDates.Of(packs, year);
            return new CertificateHolding(year, desk.Held(account, year), Of(OrderKind.Purchase), Of(OrderKind.Surrender), Of(OrderKind.Repurchase), Of(OrderKind.Cancellation), due.TryGetValue(year, out var count) ? count : null,
                dates?.RepurchaseLimit(Of(OrderKind.Purchase)) - Of(OrderKind.Repurchase), dates?.SaleFrom, dates?.DeclareBy, dates?.RepurchaseUntil, dates?.CancelOn);
        }).ToList();
    }

    /// <summary>Every posting in the own account, newest first, as the Book has it.</summary>
    public async Task<Answer<IReadOnlyList<StatementLine>>> Statement(DbSession s, int? year, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await OrderDesk.Account(s, s.Actor.OrganisationId, ct) is not { } account) return new List<StatementLine>();
        var years = year is { } one ? [one] : Enumerable.Range(CertificateBook.FirstYear, CertificateBook.LastYear - CertificateBook.FirstYear + 1).ToArray();
        return venue.Read(b => years.Where(y => y is >= CertificateBook.FirstYear and <= CertificateBook.LastYear).SelectMany(y => b.Statement(account, CertificateBook.AssetOf(y), 0, 1000).Select(e =>
            new StatementLine(NodaConstants.UnixEpoch + Duration.FromNanoseconds(e.TimeMicros * 1000L), y, Word(e.TransactionType), e.Change, e.BalanceAfter, e.SerialFirst, e.Batch))).OrderByDescending(l => l.Batch).ToList());
    }

    static string Word(ushort type) => type switch { CertificateBook.Sell => "sold", CertificateBook.Surrender => "surrendered", CertificateBook.Repurchase => "repurchased", _ => "cancelled" };
}
