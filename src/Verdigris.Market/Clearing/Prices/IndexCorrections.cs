using NodaTime;
using Npgsql;
using Verdigris.Market.Clearing.Days;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Prices;

/// <summary>Prices of indices that were accepted and are wrong. The correction stands beside the first and counts in its place from then on; what a final settlement has used stays as it is.</summary>
public sealed class IndexCorrections(ContractSet contracts, Approvals approvals)
{
    public const string Task = "market.index-correction";

    /// <summary>
    /// One of the exchange proposes what the price should have been, with the reason; another decides in the inbox. Refuses <c>clearing.index-price</c>, <c>clearing.index-not-entered</c> (there is nothing to correct), <c>clearing.index-same</c>, <c>clearing.index-used</c> (a final settlement has used it) and
    /// <c>clearing.index-proposed</c>.
    /// </summary>
    public async Task<Answer<IndexProposal>> Propose(DbSession s, string index, LocalDate day, decimal price, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (price <= 0) wrong.Add(Refusal.Of("clearing.index-price", "price"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            return await s.InTransaction<IndexProposal>(async t =>
            {
                // One that is being accepted, or used, at this moment is looked at as it is afterwards.
                await HeldFinals.Lock(s, t);
                if (await Newest(s, index, day, t) is not { } known) return Refusal.NotFound("clearing.index-not-entered", "day", ("index", index), ("day", $"{day:uuuu-MM-dd}"));
                if (known.Price == price) return Refusal.Of("clearing.index-same", "price", ("index", index), ("price", DecimalText.Write(price)));
                if (await Used(s, index, day, t) is { } used) return used;
                await s.Run("insert into market.index_proposal (id, index, day, price, state, proposed_by, proposed_at, correction, reason) values ($1, $2, $3, $4, 0, $5, $6, $7, $8)", t, id, index, day, price, s.Actor.PersonId, s.Now, known.Correction + 1, words);
                var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, "/market/clearing", t, ("index", index), ("price", DecimalText.Write(price)), ("before", DecimalText.Write(known.Price)), ("day", $"{day:uuuu-MM-dd}"), ("reason", words!));
                await s.Run("update market.index_proposal set task_id = $2 where id = $1", t, id, task);
                await s.Audit(new AuditEntry("market-clearing.index-correction-proposed", "market-clearing", $"{day:uuuu-MM-dd}", words, new { index, before = known.Price, price }), t);
                return (await PriceHandlers.FindIndex(s, id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "index_proposal_once") { return Refusal.Conflict("clearing.index-proposed", "day", ("index", index)); }
    }

    internal async Task<Answer<Done>> Accept(DbSession s, Guid id, CancellationToken ct)
    {
        // A day that runs may be reading the price at this moment: nothing is corrected under its hands.
        if (await ClearingLock.ToTheEnd(s, "id", ct) is { Ok: false } running) return running;
        await HeldFinals.Lock(s, ct);
        if (await PriceHandlers.FindIndex(s, id, ct) is not { State: "proposed" } known) return Refusal.Conflict("clearing.price-decided", "id");
        if (await Used(s, known.Index, known.Day, ct) is { } used) return used;
        await s.Run("update market.index_proposal set state = 1, decided_by = $2 where id = $1", ct, id, s.Actor.PersonId);
        if (await s.Run("insert into market.index_price (index, day, price, entered_by, entered_at, correction) select index, day, price, proposed_by, $2, correction from market.index_proposal where id = $1 on conflict do nothing", ct, id, s.Now) == 0) return Refusal.Conflict("clearing.index-entered", "day", ("index", known.Index));
        await s.Audit(new AuditEntry("market-clearing.index-corrected", "market-clearing", $"{known.Day:uuuu-MM-dd}", known.Reason, new { known.Index, known.Before, known.Price }), ct);
        return default(Done);
    }

    sealed record Known(decimal Price, int Correction);

    static Task<Known?> Newest(DbSession s, string index, LocalDate day, CancellationToken ct) =>
        s.One("select price, correction from market.index_price where index = $1 and day = $2 order by correction desc limit 1", r => new Known(r.GetDecimal(0), r.GetInt32(1)), ct, index, day);

    /// <summary>The first series whose final price is a mean of the index over the month of the day.</summary>
    async Task<Refusal?> Used(DbSession s, string index, LocalDate day, CancellationToken ct)
    {
        var finals = await s.All("select series, day from market.settlement_price where final and rule = 'index' and day >= $1 order by day, series", r => (Code: r.GetString(0), Day: r.Day(1)), ct, day);
        foreach (var (code, on) in finals)
            if (Series.Read(code) is { Ok: true, Value: { Month: { } month } series } && month == day.ToYearMonth() && contracts.Find(series.Contract)?.Row("settlement", on)?.TextOrNull("index") == index)
                return Refusal.Conflict("clearing.index-used", "day", ("index", index), ("day", $"{day:uuuu-MM-dd}"), ("series", code), ("settled", $"{on:uuuu-MM-dd}"));
        return null;
    }
}
