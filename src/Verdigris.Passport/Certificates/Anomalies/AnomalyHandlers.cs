using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Anomalies;

/// <param name="Sort">found or number, with a leading minus for descending; null is -found.</param>
public sealed record AnomalyFilter(AnomalyState? State = null, string? Rule = null, Guid? Certificate = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>The review queue: the exchange sees everything, a producer what concerns him; nobody else anything.</summary>
public sealed class AnomalyHandlers(CertificateHandlers certificates)
{
    /// <summary>Argument of a finding: the other certificate is another producer's, and its number not for this one's eyes.</summary>
    internal const string Foreign = "foreign";

    static readonly ListOrders<Anomaly> Orders = new("anomalies", "-found", ListKey<Anomaly>.Id("found", "id", a => a.Id), ListKey<Anomaly>.Text("number", "number", a => a.Number));

    public async Task<Answer<Page<Anomaly>>> List(DbSession s, AnomalyFilter filter, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ExchangeStaff, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        if (filter.Rule is { } given && !AnomalyRules.All.Contains(given)) return Refusal.Of("anomaly.rule-unknown", "rule", ("given", given), ("allowed", string.Join(", ", AnomalyRules.All)));
        var query = new Where();
        if (!Reviews(s.Actor)) query.And("producer_id = ", s.Actor.OrganisationId);
        if (filter.State is { } state) query.And("state = ", (short)state);
        if (filter.Rule is { } rule) query.And("rule = ", rule);
        if (filter.Certificate is { } certificate) query.And("certificate_id = ", certificate);
        return await Orders.Page(s, $"select {Columns} from passport.certificate_anomaly", query, filter.Sort, filter.Cursor, filter.Limit, r => Map(r, s.Actor), ct);
    }

    public async Task<Answer<Anomaly>> Read(DbSession s, Guid id, CancellationToken ct) => await Find(s, id, "", ct) is { } found ? found : EmissionsAccess.NotVisible("anomaly");

    /// <summary>How many wait for a decision, and in the eyes of a producer for his answer.</summary>
    public Task<long> Waiting(DbSession s, CancellationToken ct) => Reviews(s.Actor)
        ? s.Value<long>("select count(*) from passport.certificate_anomaly where state in (0, 1)", ct)
        : s.Value<long>("select count(*) from passport.certificate_anomaly where state = 0 and producer_id = $1", ct, s.Actor.OrganisationId);

    /// <summary>What the producer says to it; may be said anew until the exchange has decided.</summary>
    public async Task<Answer<Anomaly>> Answer(DbSession s, Guid id, string? text, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        if (string.IsNullOrWhiteSpace(text) || text.Trim().Length > 2000) return Refusal.Of("anomaly.answer-missing", "answer", ("limit", "2000"));
        return await Change(s, id, AnomalyEvent.Answer, "anomaly.answered", null, t => s.Run("""
            update passport.certificate_anomaly set state = 1, answer = $2, answered_by = $3, answered_at = $4, row_version = row_version + 1 where id = $1
            """, t, id, text.Trim(), s.Actor.PersonId, s.Now), ct);
    }

    /// <summary>The exchange finds an explanation.</summary>
    public Task<Answer<Anomaly>> Dismiss(DbSession s, Guid id, string? reason, CancellationToken ct) => Decide(s, id, AnomalyEvent.Dismiss, reason, ct);

    /// <summary>The exchange finds that something is wrong: a dispute opens on the certificate, where its state allows one.</summary>
    public Task<Answer<Anomaly>> Confirm(DbSession s, Guid id, string? reason, CancellationToken ct) => Decide(s, id, AnomalyEvent.Confirm, reason, ct);

    async Task<Answer<Anomaly>> Decide(DbSession s, Guid id, AnomalyEvent happened, string? reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        return await s.InTransaction<Anomaly>(async t =>
        {
            var decided = await Change(s, id, happened, happened == AnomalyEvent.Confirm ? "anomaly.confirmed" : "anomaly.dismissed", reason, u => s.Run("""
                update passport.certificate_anomaly set state = $2, reason = $3, decided_by = $4, decided_at = $5, row_version = row_version + 1 where id = $1
                """, u, id, (short)(happened == AnomalyEvent.Confirm ? AnomalyState.Confirmed : AnomalyState.Dismissed), reason, s.Actor.PersonId, s.Now), t);
            // Metal that has left, or a version already replaced, cannot be disputed any more; the finding stands all the same.
            if (decided.Ok && happened == AnomalyEvent.Confirm) await certificates.Dispute(s, decided.Value.CertificateId, reason!, t);
            return decided;
        }, ct);
    }

    async Task<Answer<Anomaly>> Change(DbSession s, Guid id, AnomalyEvent happened, string action, string? reason, Func<CancellationToken, Task<int>> write, CancellationToken ct) => await s.InTransaction<Anomaly>(async t =>
    {
        if (await Find(s, id, "for update", t) is not { } found) return EmissionsAccess.NotVisible("anomaly");
        if (happened == AnomalyEvent.Answer && found.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System)) return EmissionsAccess.NotVisible("anomaly");
        var next = AnomalyStates.Table.Next(found.State, happened);
        if (!next.Ok) return Answer<Anomaly>.From(next.Refusals);
        await write(t);
        await s.Audit(new AuditEntry(action, "anomaly", id.ToString(), reason, new { found.Number, found.Rule }), t);
        return (await Find(s, id, "", t))!;
    }, ct);

    static bool Reviews(Actor actor) => actor.Is(Role.ExchangeStaff) || actor.Is(Role.System);

    static Task<Anomaly?> Find(DbSession s, Guid id, string locking, CancellationToken ct) => !s.Actor.SignedIn
        ? Task.FromResult<Anomaly?>(null)
        : s.One($"select {Columns} from passport.certificate_anomaly where id = $1 and ($2 or producer_id = $3) {locking}", r => Map(r, s.Actor), ct, id, Reviews(s.Actor), s.Actor.OrganisationId);

    const string Columns = "id, certificate_id, number, producer_id, plant_id, rule, rule_id, args, state, answer, answered_at, reason, decided_at, found_at";

    static Anomaly Map(NpgsqlDataReader r, Actor actor)
    {
        var args = StorageJson.Read<Dictionary<string, string>>(r.GetString(7));
        if (args.Remove(Foreign, out var foreign) && foreign == "true" && !Reviews(actor)) args["other"] = "";
        return new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetGuid(3), r.GetGuid(4), r.GetString(5), r.GetString(6), args, (AnomalyState)r.GetInt16(8), r.Text(9), r.MaybeTime(10), r.Text(11), r.MaybeTime(12), r.Time(13));
    }
}
