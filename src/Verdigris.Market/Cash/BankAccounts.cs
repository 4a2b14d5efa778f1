using NodaTime;
using Npgsql;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Cash;

public enum BankAccountState { Proposed, Confirmed, Refused, Removed }

/// <summary>Where a member's money may be paid out to.</summary>
/// <param name="Iban">International number; null where the bank's country has none, then <paramref name="AccountNo"/>.</param>
public sealed record BankAccount(Guid Id, Guid OrganisationId, string Currency, string HolderName, string? Iban, string? AccountNo, string Bic, BankAccountState State, string? Reason, Guid? TaskId, Instant WrittenAt)
{
    /// <summary>As much of the number as tells it from others: the last four characters.</summary>
    public string Short => $"{Bic} …{(Iban ?? AccountNo!)[^Math.Min(4, (Iban ?? AccountNo!).Length)..]}";
}

public sealed record NewBankAccount(string Currency, string HolderName, string? Iban, string? AccountNo, string Bic);

/// <summary>
/// Bank accounts money may be paid out to. A member writes one down, the exchange compares it with the bank's confirmation and another of its people decides: whoever steals a session cannot turn a payment to himself.
/// </summary>
public sealed class BankAccounts(Approvals approvals)
{
    public const string Task = "market.bank-account";

    const string Columns = "id, organisation_id, currency, holder_name, iban, account_no, bic, state, reason, task_id, written_at";

    /// <summary><c>cash.currency</c>, <c>bank.iban</c>, <c>bank.number</c>, <c>bank.bic</c>, <c>bank.already</c>, <c>member.not-active</c>.</summary>
    public async Task<Answer<BankAccount>> Write(DbSession s, NewBankAccount wanted, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        var wrong = new List<Refusal>();
        if (Cents.To(1, wanted.Currency) is { Ok: false } currency) wrong.AddRange(currency.Refusals);
        var holder = Given.Text(wanted.HolderName, "holderName", 140, wrong);
        var (iban, number) = (Iban.Parse(wanted.Iban), string.IsNullOrWhiteSpace(wanted.AccountNo) ? null : wanted.AccountNo.Trim());
        if (!string.IsNullOrWhiteSpace(wanted.Iban) && iban is null) wrong.Add(Refusal.Of("bank.iban", "iban", ("given", wanted.Iban)) with { Rule = "ISO 13616" });
        if (string.IsNullOrWhiteSpace(wanted.Iban) == number is null || number?.Length > 40) wrong.Add(Refusal.Of("bank.number", "accountNo"));
        var bic = wanted.Bic?.Trim().ToUpperInvariant() ?? "";
        if (bic.Length is not (8 or 11) || !bic.All(char.IsAsciiLetterOrDigit) || !bic[4..6].All(char.IsAsciiLetter)) wrong.Add(Refusal.Of("bank.bic", "bic", ("given", wanted.Bic ?? "")) with { Rule = "ISO 9362" });
        if (await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is not { State: MemberState.Active }) wrong.Add(Refusal.Conflict("member.not-active", "organisation"));
        if (wrong.Count > 0) return wrong;
        var id = s.NewId();
        try
        {
            await s.InTransaction(async t =>
            {
                await s.Run("insert into market.bank_account (id, organisation_id, currency, holder_name, iban, account_no, bic, state, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)", t,
                    id, s.Actor.OrganisationId, wanted.Currency, holder, iban, number, bic, s.Actor.PersonId, s.Now);
                await s.Audit(new AuditEntry("market-bank-account.written", "market-bank-account", id.ToString(), Details: new { wanted.Currency, bic }), t);
            }, ct);
        }
        catch (PostgresException e) when (e.ConstraintName == "bank_account_once") { return Refusal.Conflict("bank.already", "iban"); }
        return (await Find(s, id, ct))!;
    }

    /// <summary>Somebody of clearing has the bank's confirmation and proposes; another decides. <c>bank.state-forbids</c>.</summary>
    public async Task<Answer<BankAccount>> Propose(DbSession s, Guid id, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ClearingOfficer) is { } no) return no;
        return await s.InTransaction<BankAccount>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known) return Refusal.NotFound("bank.not-found");
            if (known.State != BankAccountState.Proposed || known.TaskId is not null) return StateForbids(known);
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.ClearingOfficer, "/market/cash/banks", t, ("currency", known.Currency), ("bank", known.Short));
            await s.Run("update market.bank_account set task_id = $2, row_version = row_version + 1 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("market-bank-account.proposed", "market-bank-account", id.ToString()), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The member takes an account away: at once, since it only closes a way.</summary>
    public async Task<Answer<BankAccount>> Remove(DbSession s, Guid id, CancellationToken ct)
    {
        if (MemberRules.Writes(s.Actor) is { } no) return no;
        return await s.InTransaction<BankAccount>(async t =>
        {
            if (await Find(s, id, t, " for update") is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("bank.not-found");
            if (known.State is not (BankAccountState.Proposed or BankAccountState.Confirmed)) return StateForbids(known);
            if (await s.Value<bool>("select exists (select from market.cash_move where bank_account_id = $1 and state in (0, 1))", t, id)) return Refusal.Conflict("bank.in-use", "state");
            await s.Run("update market.bank_account set state = 3, row_version = row_version + 1 where id = $1", t, id);
            if (known.TaskId is { } task && known.State == BankAccountState.Proposed) await approvals.End(s, task, "removed", t);
            await s.Audit(new AuditEntry("market-bank-account.removed", "market-bank-account", id.ToString()), t);
            return (await Find(s, id, t))!;
        }, ct);
    }

    /// <summary>Own accounts; all for the exchange. Newest first.</summary>
    public Task<List<BankAccount>> List(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.bank_account order by written_at desc, id limit 500", Map, ct);

    internal async Task<Answer<Done>> Confirm(DbSession s, Guid id, CancellationToken ct) => await Decided(s, id, BankAccountState.Confirmed, null, ct);

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct) => await Decided(s, id, BankAccountState.Refused, reason, ct);

    static async Task<Answer<Done>> Decided(DbSession s, Guid id, BankAccountState end, string? reason, CancellationToken ct)
    {
        if (await Find(s, id, ct, " for update") is not { State: BankAccountState.Proposed } known) return default(Done);
        await s.Run("update market.bank_account set state = $2, reason = $3, decided_by = $4, decided_at = $5, row_version = row_version + 1 where id = $1", ct, id, (short)end, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry(end == BankAccountState.Confirmed ? "market-bank-account.confirmed" : "market-bank-account.refused", "market-bank-account", id.ToString(), reason), ct);
        await s.Notify(new Notice(MarketNotices.Cash, new NoticeTo(Organisation: known.OrganisationId, Roles: [Role.Administrator, Role.MarketSupervisor]), end == BankAccountState.Confirmed ? "market.notice.bank.confirmed" : "market.notice.bank.refused",
            new Dictionary<string, string> { ["bank"] = known.Short }, "/market/cash/banks", "market-bank-account", id.ToString()), ct);
        return default(Done);
    }

    internal static Task<BankAccount?> Find(DbSession s, Guid id, CancellationToken ct, string suffix = "") => s.One($"select {Columns} from market.bank_account where id = $1{suffix}", Map, ct, id);

    static Refusal StateForbids(BankAccount known) => Refusal.Conflict("bank.state-forbids", "state", ("state", known.State.ToString()));

    static BankAccount Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetString(2), r.GetString(3), r.Text(4), r.Text(5), r.GetString(6), (BankAccountState)r.GetInt16(7), r.Text(8), r.MaybeGuid(9), r.Time(10));
}
