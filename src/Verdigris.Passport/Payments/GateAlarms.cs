using System.Globalization;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>
/// Compares payments that have passed with a list imported since. Only names the version before did not have are compared: those of the version before were, when the payment passed or when that version came. A likeness
/// somebody has judged to be somebody else is no alarm. Each is told once, to the payer and to every buyer and lender the trade names.
/// </summary>
public sealed class GateAlarms(SanctionsLists lists) : IOutboxSubscriber
{
    const int AtATime = 500;

    // Of a likeness the latest word counts.
    const string Judged = "(select h.same_party from passport.payment_gate_hit h where h.gate_id = a.gate_id and h.party = a.party and h.publisher = a.publisher and h.entry = a.entry and h.name = a.name order by h.decided_at desc, h.id desc limit 1)";

    /// <summary>How many likenesses of the gate <c>g</c> nobody has said to be somebody else.</summary>
    internal const string Standing = $"(select count(*) from passport.payment_gate_alarm a where a.gate_id = g.id and coalesce({Judged}, true))";

    public string Name => "passport.payment-alarms";

    public bool Wants(string topic) => topic == PassportEvents.SanctionsImported;

    public Task Handle(DbSession session, OutboxEvent e, CancellationToken ct) => Compare(session, e.Payload<SanctionsImported>().ListId, ct);

    /// <summary>What a later list says of a payment that has passed, oldest first, with what people found it to be.</summary>
    internal static Task<List<GateHit>> Of(DbSession s, Guid gate, CancellationToken ct) => s.All("""
        select a.party, a.publisher, l.as_of, a.entry, a.name, a.programme, a.exact, h.same_party, h.reason, h.decided_by_name, h.decided_at from passport.payment_gate_alarm a join passport.sanctions_list l on l.id = a.list_id
        left join lateral (select * from passport.payment_gate_hit h where h.gate_id = a.gate_id and h.party = a.party and h.publisher = a.publisher and h.entry = a.entry and h.name = a.name order by h.decided_at desc, h.id desc limit 1) h on true
        where a.gate_id = $1 order by a.found_at, a.id
        """, r => new GateHit(r.GetString(0), r.GetString(1), r.Day(2), r.GetString(3), r.GetString(4), r.Text(5), r.GetBoolean(6), r.IsDBNull(7) ? null : r.GetBoolean(7), r.Text(8), r.Text(9), r.MaybeTime(10)), ct, gate);

    async Task Compare(DbSession s, Guid list, CancellationToken ct)
    {
        var listed = await lists.NewOn(s, list, ct);
        for (var last = Guid.Empty; listed.Count > 0;)
        {
            var gates = await s.All($"select {GateStore.Columns} from passport.payment_gate g where g.state = {(short)GateState.Passed} and g.id > $1 order by g.id limit {AtATime}", GateStore.Map, ct, last);
            if (gates.Count == 0) return;
            last = gates[^1].Id;
            var alike = lists.Alike([.. gates.SelectMany(g => GateReading.Named(g.Content))], listed).ToLookup(h => h.Party, StringComparer.Ordinal);
            foreach (var gate in gates)
                if (GateReading.Named(gate.Content).Distinct(StringComparer.Ordinal).SelectMany(n => alike[n]).ToList() is [_, ..] hits) await Raise(s, gate, list, hits, ct);
        }
    }

    static async Task Raise(DbSession s, PaymentGate gate, Guid list, IReadOnlyList<GateHit> hits, CancellationToken ct)
    {
        var cleared = (await GateStore.HitDecisions(s, gate.Id, ct)).GroupBy(d => (d.Party, d.Publisher, d.Entry, d.Name)).Where(d => d.Last().SameParty == false).Select(d => d.Key).ToHashSet();
        var raised = new List<GateHit>();
        foreach (var hit in hits.Where(h => !cleared.Contains((h.Party, h.Publisher, h.Entry, h.Name))))
            if (await s.Run("""
                insert into passport.payment_gate_alarm (id, gate_id, list_id, party, publisher, entry, name, programme, exact, found_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing
                """, ct, s.NewId(), gate.Id, list, hit.Party, hit.Publisher, hit.Entry, hit.Name, hit.Programme, hit.Exact, s.Now) > 0) raised.Add(hit);
        if (raised.Count == 0) return;
        await s.Audit(new AuditEntry("payment-gate.alarmed", "payment-gate", gate.Id.ToString(), Details: new { gate.Number, List = list, Likenesses = raised.Select(h => new { h.Party, h.Publisher, h.Entry, h.Name }) }), ct);
        await GateNotices.Tell(s, PassportNotices.PaymentAlarm, gate, "payment.notice.alarm",
            new() { ["number"] = gate.Number, ["reference"] = gate.Content.Reference, ["party"] = raised[0].Party, ["publisher"] = raised[0].Publisher, ["count"] = raised.Count.ToString(CultureInfo.InvariantCulture) }, ct);
    }
}

/// <summary>Payload of <see cref="PassportEvents.SanctionsImported"/>.</summary>
sealed record SanctionsImported(Guid ListId, string Publisher);
