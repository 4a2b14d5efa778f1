using System.Globalization;
using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>What a proposal came to when it was looked at.</summary>
public sealed record TransactionCase(Scheme Scheme, TransactionKind Kind, RegistryAccount From, RegistryAccount To)
{
    /// <summary>The programme's credits a deposit takes in, where they are in the Book here.</summary>
    internal DepositedCredits? Credits { get; init; }
}

/// <summary>
/// Checks, decisions and endings of transactions. The checks, in their order: <c>account.not-found</c>, <c>transaction.kind</c>, <c>transaction.to</c>, <c>representative.none</c> or <c>scheme.not-administered</c>, <c>representative.right</c>,
/// <c>transaction.unit</c>, <c>transaction.unit-kind</c>, <c>transaction.quantity</c>, <c>input.required</c> (credits taken in without saying from where), <c>account.state-forbids</c>, <c>transaction.stopped</c>, <c>link.closed</c>, <c>account.frozen</c>, <c>holder.not-admitted</c>, <c>transaction.not-trusted</c>, <c>transaction.over-held</c>, <c>transaction.issue-limit</c>, then of credits taken in what <see cref="CreditDeposits.Of"/> refuses (<c>transaction.credit-kind</c> where a serial number is named for anything else).
/// </summary>
public sealed class TransactionDesk(SchemeSet schemes, SchemeNumbers numbers, IVenue venue, UnitQueries units, RulePacks packs, Lazy<BookCommands> book)
{
    readonly CreditDeposits deposits = new(venue, units, packs);

    internal async Task<Answer<TransactionCase>> Check(DbSession s, NewTransaction wanted, bool reversal, CancellationToken ct)
    {
        if (await AccountStore.Find(s, wanted.From, ct) is not { } from || schemes.Find(from.Scheme) is not { } scheme) return Refusal.NotFound("account.not-found", "from");
        var kinds = scheme.Transactions.Where(t => t.Transaction == wanted.Kind && t.From == from.Kind && (reversal || t.Reverses is null)).ToList();
        if (kinds.Count == 0) return Refusal.Of("transaction.kind", "kind", ("given", wanted.Kind ?? ""), ("known", string.Join(", ", scheme.Transactions.Where(t => t.From == from.Kind && t.Reverses is null).Select(t => t.Transaction).Distinct())));
        // Where the scheme has but one place of its own for it, nobody need name it.
        var own = kinds.Where(k => scheme.Account(k.To) is { Role: not AccountRole.Holder }).ToList();
        var to = string.IsNullOrWhiteSpace(wanted.To) && kinds.Count == 1 && own.Count == 1 ? await AccountStore.Reached(s, await IdOf(s, numbers.Central(scheme.Code, own[0].To), ct), ct) : await AccountStore.Reached(s, wanted.To, ct);
        if (to is null || to.Scheme != scheme.Code || to.Account == from.Account || kinds.FirstOrDefault(k => k.To == to.Kind) is not { } kind) return Refusal.Of("transaction.to", "to", ("given", wanted.To ?? ""), ("kinds", string.Join(", ", kinds.Select(k => k.To))));

        if (MarketDoor.IsOwn(kind) && to.OrganisationId != from.OrganisationId) return Refusal.Of("transaction.to-own", "to", ("given", wanted.To ?? ""));

        var inward = Inward(kind);
        if (kind.Proposer == "holder")
        {
            if (await AccessHandlers.Acting(s, from.Account, r => r.Initiates(inward), ct) is { Ok: false } no) return Answer<TransactionCase>.From(no.Refusals);
        }
        else if (await Administration.Acts(s, scheme.Code, ct) is { } no) return no;

        var wrong = new List<Refusal>();
        if (scheme.Unit(wanted.Unit ?? "") is not { } unit || (unit.Vintage == "none") != string.IsNullOrEmpty(wanted.Vintage) || (scheme.Account(from.Kind)!.Role != AccountRole.Issuer && numbers.Asset(scheme.Code, unit.Unit, wanted.Vintage ?? "") is null))
            wrong.Add(Refusal.Of("transaction.unit", "unit", ("given", $"{wanted.Unit} {wanted.Vintage}".Trim()), ("known", string.Join(", ", scheme.Units.Select(u => u.Unit)))));
        else if (!scheme.IsFor(kind, unit)) wrong.Add(Refusal.Conflict("transaction.unit-kind", "unit", ("unit", unit.Unit), ("kind", kind.Transaction)));
        // Credits were made and ended in another registry: two people say where and under which numbers.
        else if (kind.Of == "credit" && string.IsNullOrWhiteSpace(wanted.Reason)) wrong.Add(Refusal.Of("input.required", "reason"));
        if (wanted.Quantity < 1) wrong.Add(Refusal.Of("transaction.quantity", "quantity"));
        if (wanted.Reason?.Length > Given.Longest) wrong.Add(Refusal.Of("input.too-long", "reason", ("limit", $"{Given.Longest}"), ("given", $"{wanted.Reason.Length}")));
        if (wrong.Count > 0) return wrong;
        if (await Standing(s, scheme, kind, from, to, ct) is { } stands) return stands;
        if (kind.Trusted && from.TrustedOnly && !Trusts(from.Account, to.Account)) return Refusal.Conflict("transaction.not-trusted", "to", ("to", to.FullId));
        if (scheme.Account(from.Kind)!.Role != AccountRole.Issuer && venue.Read(b => b.Balance(from.Account, numbers.Asset(scheme.Code, wanted.Unit!, wanted.Vintage ?? "")!.Value).Available) is var available && available < wanted.Quantity)
            return Refusal.Conflict("transaction.over-held", "quantity", ("available", available.ToString(CultureInfo.InvariantCulture)));
        if (await Limited(s, scheme, kind, from, wanted, ct) is { } limit) return limit;
        DepositedCredits? credits = null;
        if (kind.Of == "credit")
        {
            var named = await deposits.Of(s, wanted, to, ct);
            if (!named.Ok) return Answer<TransactionCase>.From(named.Refusals);
            credits = named.Value;
        }
        else if (!string.IsNullOrWhiteSpace(wanted.Serial)) return Refusal.Of("transaction.credit-kind", "serial", ("kind", kind.Transaction));
        return new TransactionCase(scheme, kind, from, to) { Credits = credits };
    }

    /// <summary>Looked at again in the transaction that writes the proposal.</summary>
    internal async Task<Refusal?> Ended(DbSession s, TransactionCase c, CancellationToken ct) => c.Credits is { } credits ? await deposits.Ended(s, credits, ct) : null;

    /// <summary>Units of a later period, surrendered for a year of which so much may be borrowed: a share of what its allocation falls short. Unknown emissions or an undecided allocation say nothing about a shortfall.</summary>
    static async Task<Refusal?> Borrowed(DbSession s, Scheme scheme, RegistryAccount from, NewTransaction wanted, string unit, int vintage, CancellationToken ct)
    {
        if (wanted.Year is not { } year || from.InstallationId is not { } installation || vintage <= Limits.LastOfPeriod(scheme, year) || scheme.Rule("banking", year, "borrowing") is not { Ok: true, Value: var rule } || rule.Row.Text("rule") is "none" or "unlimited") return null;
        var (allotted, relief) = await Compliance.ComplianceStore.Limits(s, installation, scheme.Code, year, ct);
        if (await Emitted(s, installation, year, ct) is not { } tonnes || allotted is not { } given) return Refusal.Conflict("transaction.borrowing-unknown", "year", ("year", $"{year}"));
        var obligation = Obligations.Owed(scheme, year, tonnes, year, ended: true, relief, given);
        var most = Limits.Borrowing(scheme, year, obligation, Math.Max(0, obligation - given));
        if (!most.Ok) return most.Refusals[0];
        var used = await s.Value<long>("select coalesce(sum(t.quantity), 0)::bigint from registry.transaction t join registry.asset a on a.asset = t.asset where t.installation_id = $1 and t.year = $2 and t.kind = 'surrender' and t.state in (0, 1, 2, 3) and a.unit = $3 and a.vintage ~ '^[0-9]{4}$' and a.vintage::int > $4", ct,
            installation, year, unit, Limits.LastOfPeriod(scheme, year));
        return used + (decimal)wanted.Quantity > most.Value.Most ? Refusal.Conflict("transaction.borrowing-limit", "quantity", ("most", DecimalText.Write(most.Value.Most)), ("used", used.ToString(CultureInfo.InvariantCulture)), ("year", $"{year}")) : null;
    }

    /// <summary>Verified or determined emissions of a year, the newest in force; null while they are unknown.</summary>
    static async Task<long?> Emitted(DbSession s, Guid installation, int year, CancellationToken ct) =>
        (await s.All("select tco2e from registry.emissions where installation_id = $1 and year = $2 and state = 1 order by id desc limit 1", r => (long?)r.GetInt64(0), ct, installation, year)).FirstOrDefault();

    /// <summary>No more issued in a year than its cap, where the scheme's file has one in units; no units of a year the scheme does not take for another; no more credits surrendered for a year than count towards its obligation.</summary>
    async Task<Refusal?> Limited(DbSession s, Scheme scheme, TransactionKind kind, RegistryAccount from, NewTransaction wanted, CancellationToken ct)
    {
        var unit = scheme.Unit(wanted.Unit!)!;
        if (scheme.Account(kind.To)!.Role == AccountRole.Link && wanted.PartnerAccount?.Trim() is not { Length: >= 1 and <= 60 }) return Refusal.Of("link.partner-account", "partnerAccount");
        if (scheme.Account(from.Kind)!.Role == AccountRole.Issuer && unit.Origin is { } origin) return Refusal.Conflict("transaction.foreign-unit", "unit", ("unit", unit.Unit), ("origin", origin));
        if (scheme.Account(from.Kind)!.Role == AccountRole.Issuer && unit.Kind == "allowance")
        {
            var year = int.TryParse(wanted.Vintage, NumberStyles.None, CultureInfo.InvariantCulture, out var vintage) ? vintage : s.Today().Year;
            if (CapPath.Of(scheme, year) is { Ok: true, Value: { Units: { } cap } } && await Issued(year, year) is var issued && issued + (decimal)wanted.Quantity > cap) return Over(cap, issued, $"{year}");
            if (CapPath.Total(scheme, year) is { } all && await Issued(all.FirstYear, all.LastYear) is var before && before + (decimal)wanted.Quantity > all.Units) return Over(all.Units, before, $"{all.FirstYear}–{all.LastYear}");
            // Of vintages by these, of units without by the day.
            Task<long> Issued(int first, int last) => s.Value<long>("""
                select coalesce(sum(t.quantity), 0)::bigint from registry.transaction t join registry.asset a on a.asset = t.asset
                where t.scheme = $1 and t.from_account = $2 and t.state in (0, 1, 2, 3) and a.unit = $3 and (a.vintage = any($4) or (a.vintage = '' and t.proposed_at >= $5 and t.proposed_at < $6))
                """, ct, scheme.Code, from.Account, unit.Unit, Enumerable.Range(first, last - first + 1).Select(y => y.ToString(CultureInfo.InvariantCulture)).ToArray(), new LocalDate(first, 1, 1).AtMidnight().InUtc().ToInstant(), new LocalDate(last + 1, 1, 1).AtMidnight().InUtc().ToInstant());
            Refusal Over(decimal most, long so, string of) => Refusal.Conflict("transaction.issue-limit", "quantity", ("cap", DecimalText.Write(most)), ("issued", so.ToString(CultureInfo.InvariantCulture)), ("year", of));
        }
        if (kind.Transaction == "surrender" && unit is { Kind: "allowance", Vintage: "year" } && int.TryParse(wanted.Vintage, NumberStyles.None, CultureInfo.InvariantCulture, out var marked))
        {
            if (Limits.NoVintage(scheme, wanted.Year ?? s.Today().Year - 1, marked) is { } unusable) return unusable;
            if (await Borrowed(s, scheme, from, wanted, unit.Unit, marked, ct) is { } borrowed) return borrowed;
        }
        if (kind.Transaction == "surrender" && unit.Kind == "credit")
        {
            if (wanted.Year is not { } year || from.InstallationId is not { } installation) return Refusal.Of("transaction.offset-year", "year");
            if (await Emitted(s, installation, year, ct) is not { } tonnes) return Refusal.Conflict("transaction.offset-unknown", "year", ("year", $"{year}"));
            var (allotted, relief) = await Compliance.ComplianceStore.Limits(s, installation, scheme.Code, year, ct);
            var basis = Limits.OffsetBase(scheme, year, Obligations.Units(scheme, tonnes), relief, allotted);
            if (!basis.Ok) return basis.Refusals[0];
            var most = Limits.Offsets(scheme, year, "obligation", basis.Value);
            if (!most.Ok) return most.Refusals[0];
            if (Limits.NoOffset(scheme, year, unit.Unit, int.TryParse(wanted.Vintage, NumberStyles.None, CultureInfo.InvariantCulture, out var of) ? of : null) is { } no) return no;
            var used = (await s.All("select a.unit, sum(t.quantity)::bigint from registry.transaction t join registry.asset a on a.asset = t.asset where t.installation_id = $1 and t.year = $2 and t.kind = 'surrender' and t.state in (0, 1, 2, 3) and a.unit = any($3) group by a.unit", r => (Unit: r.GetString(0), Units: r.GetInt64(1)), ct,
                installation, year, scheme.Units.Where(u => u.Kind == "credit").Select(u => u.Unit).ToArray()));
            var all = used.Sum(u => u.Units);
            if (all + (decimal)wanted.Quantity > most.Value.Most) return Refusal.Conflict("transaction.offset-limit", "quantity", ("most", DecimalText.Write(most.Value.Most)), ("used", all.ToString(CultureInfo.InvariantCulture)));
            // A share of what may be used at all must be from here: what is not has the rest.
            var distant = used.Where(u => scheme.Unit(u.Unit) is { Local: false }).Sum(u => u.Units);
            if (!unit.Local && most.Value.Local is { } local && distant + (decimal)wanted.Quantity > most.Value.Most - local)
                return Refusal.Conflict("transaction.offset-local", "quantity", ("most", DecimalText.Write(most.Value.Most - local)), ("used", distant.ToString(CultureInfo.InvariantCulture)));
        }
        return null;
    }

    /// <summary>Units would leave for another registry over a link that is not open.</summary>
    static async Task<bool> Shut(DbSession s, Scheme scheme, string to, CancellationToken ct) =>
        scheme.Account(to)!.Role == AccountRole.Link && await s.Lent(t => Links.LinkLog.OfAccount(s, scheme.Code, to, t), ct) is not { State: Links.LinkState.Open };

    /// <summary>What may have changed since a proposal: both accounts open, the kind not stopped, a link it goes over open, nothing frozen, the holder in good standing.</summary>
    async Task<Refusal?> Standing(DbSession s, Scheme scheme, TransactionKind kind, RegistryAccount from, RegistryAccount to, CancellationToken ct)
    {
        if (from.State is not (AccountState.Open or AccountState.Closing)) return Refusal.Conflict("account.state-forbids", "from", ("state", from.State.ToString()));
        if (to.State != AccountState.Open) return Refusal.Conflict("account.state-forbids", "to", ("state", to.State.ToString()));
        if (await s.Lent(t => s.Value<bool>("select exists (select from registry.freezing where scheme = $1 and kind = $2 and lifted_at is null)", t, scheme.Code, kind.Transaction), ct)) return Refusal.Conflict("transaction.stopped", "kind", ("kind", kind.Transaction));
        if (await Shut(s, scheme, kind.To, ct)) return Refusal.Conflict("link.closed", "to", ("kind", kind.To));
        var (outScope, inScope) = venue.Read(b => (b.Frozen(from.Account, 0), b.Frozen(to.Account, 0)));
        if (outScope.HasFlag(FreezeScope.Out)) return Refusal.Conflict("account.frozen", "from", ("account", from.FullId));
        if (inScope.HasFlag(FreezeScope.In)) return Refusal.Conflict("account.frozen", "to", ("account", to.FullId));
        if (kind.Proposer == "holder" && !Inward(kind) && await HolderHandlers.OfOrganisation(s, scheme.Code, from.OrganisationId!.Value, ct) is not { State: HolderState.Admitted }) return Refusal.Conflict("holder.not-admitted", "from", ("scheme", scheme.Code));
        return null;
    }

    /// <summary>The second person agrees: carried out at once where no delay applies or the other account is trusted, else when the delay is over.</summary>
    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await TransactionStore.Locked(s, id, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("transaction.not-found");
        if (TransactionRules.Table.Next(known.State, TransactionEvent.Approve) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        var (from, to) = (await Account(s, known.FromAccount, ct), await Account(s, known.ToAccount, ct));
        if (scheme.Transaction(known.Kind, from.Kind, to.Kind) is not { } kind) return Refusal.Conflict("transaction.kind", "kind", ("given", known.Kind), ("known", ""));
        if (kind.Proposer == "holder")
        {
            if (await AccessHandlers.Acting(s, known.FromAccount, r => r.Approves(Inward(kind)), ct) is { Ok: false } no) return Answer<Done>.From(no.Refusals);
        }
        else if (await Administration.Acts(s, known.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (await Standing(s, scheme, kind, from, to, ct) is { } stands) return stands;
        if (await deposits.Stopped(s, known, to.OrganisationId, ct) is { } stopped) return stopped;
        var trusted = !kind.Trusted || Trusts(from.Account, to.Account);
        DelayTimes? delay = null;
        if (!trusted)
        {
            if (from.TrustedOnly) return Refusal.Conflict("transaction.not-trusted", "to", ("to", to.FullId));
            var rule = scheme.Hours.First(h => h.Rule == kind.Delay);
            var times = TransferDelay.Of(rule, WorkingCalendars.Read(packs, rule.Calendar), s.Now);
            if (!times.Ok) return Answer<Done>.From(times.Refusals);
            delay = times.Value;
        }
        await s.Run("update registry.transaction set state = 1, trusted = $2, executes_at = $3, cancel_until = $4, decided_by = $5, decided_at = $6, row_version = row_version + 1 where id = $1", ct, id, trusted, delay?.Executes, delay?.CancelUntil, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-transaction.approved", "registry-transaction", id.ToString(), Details: new { trusted, delay?.Executes }), ct);
        var holds = await Holds(s, known, ct);
        await book.Value.Send(s, TransactionPosted.Name, id, new Subject(id), TransactionBook.Posts(id, holds, s.Actor.PersonId, numbers.ActingFor(scheme, kind, from.Account), delay?.Executes), ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> Reject(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await TransactionStore.Locked(s, id, ct) is not { State: TransactionState.Proposed } known) return default(Done);
        await Void(s, known, TransactionState.Rejected, reason, ct);
        await s.Audit(new AuditEntry("registry-transaction.rejected", "registry-transaction", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>Gives the units back and ends the transaction.</summary>
    internal async Task Void(DbSession s, RegistryTransaction known, TransactionState end, string reason, CancellationToken ct)
    {
        await s.Run("update registry.transaction set state = $2, refusal = $3, decided_by = case when state = 0 then nullif($4::uuid, proposed_by) else decided_by end, finished_at = $5, row_version = row_version + 1 where id = $1", ct, known.Id, (short)end, reason, s.Actor.PersonId, s.Now);
        await book.Value.Send(s, PlainCommand.Name, known.Id, new Subject(known.Id), TransactionBook.Voids(known.Id, await Holds(s, known, ct), s.Actor.PersonId, 0), ct);
        if (known.Kind == ClosingHandlers.Transfer) await ClosingHandlers.GivenUp(s, known.FromAccount, reason, ct);
        if (await Account(s, known.FromAccount, ct) is { OrganisationId: not null } from) await Tell(s, from, known.Id, end == TransactionState.Rejected ? "registry.notice.transaction.rejected" : "registry.notice.transaction.cancelled", known.Quantity, known.Unit, ct);
    }

    /// <summary>An approved transaction whose delay begins now. Where its link was suspended since it was approved it ends instead.</summary>
    internal async Task Delay(DbSession s, RegistryTransaction known, CancellationToken ct)
    {
        await s.Run("update registry.transaction set state = 2, row_version = row_version + 1 where id = $1", ct, known.Id);
        if (await Shut(s, schemes.Find(known.Scheme)!, (await Account(s, known.ToAccount, ct)).Kind, ct)) await Void(s, known, TransactionState.Cancelled, "the link is suspended", ct);
    }

    /// <summary>What was to leave over a link that is suspended and has not left: proposals, and approved ones whose delay is not over, end and give their units back. What the Book has carried out already has left, and the other registry hears of it.</summary>
    internal async Task Stay(DbSession s, Links.RegistryLink link, string reason, Approvals approvals, CancellationToken ct)
    {
        // One that is with the Book just now is waited for, or finds the link suspended when the Book has answered.
        foreach (var id in await s.All("select id from registry.transaction where scheme = $1 and to_account = $2 and state in (0, 1, 2) order by id for update", r => r.GetGuid(0), ct, link.Scheme, numbers.Central(link.Scheme, link.Kind)))
        {
            if (await TransactionStore.Locked(s, id, ct) is { State: TransactionState.Delayed } delayed) await Settle(s, delayed, ct);
            if (await TransactionStore.Locked(s, id, ct) is not { State: TransactionState.Proposed or TransactionState.Delayed } known) continue;
            await Void(s, known, TransactionState.Cancelled, reason, ct);
            if (known is { State: TransactionState.Proposed, TaskId: { } task }) await approvals.End(s, task, reason, ct);
        }
    }

    /// <summary>Brings a delayed transaction up to what the Book did when its time came.</summary>
    internal Task Settle(DbSession s, RegistryTransaction known, CancellationToken ct) => s.Lent(u => s.InTransaction<bool>(async t =>
    {
        if (await TransactionStore.Locked(s, known.Id, t) is not { State: TransactionState.Delayed } locked) return false;
        var holds = await Holds(s, known, t);
        var states = venue.Read(b => Enumerable.Range(0, holds).Select(i => b.Hold(TransactionBook.HoldOf(known.Id, i))?.State).ToList());
        if (states.All(x => x is HoldState.Released or HoldState.Posted)) await Complete(s, locked, t);
        else if (states.Any(x => x is HoldState.ReleaseRefused or HoldState.Voided or HoldState.Expired)) await s.Run("update registry.transaction set state = 6, book_code = $2, finished_at = $3, row_version = row_version + 1 where id = $1", t, known.Id, states.First(x => x is HoldState.ReleaseRefused or HoldState.Voided or HoldState.Expired).ToString(), s.Now);
        return true;
    }, u), ct);

    internal async Task Complete(DbSession s, RegistryTransaction known, CancellationToken ct)
    {
        await s.Run("update registry.transaction set state = 3, finished_at = $2, row_version = row_version + 1 where id = $1", ct, known.Id, s.Now);
        if (known.Reverses is { } original) await s.Run("update registry.transaction set state = 7, row_version = row_version + 1 where id = $1 and state = 3", ct, original);
        await s.Run("update registry.allocation set state = 2 where transaction_id = $1 and state = 1", ct, known.Id);
        // What a lower allocation of a year asked back is back.
        if (known is { Kind: "return-allocation", InstallationId: { } installation, Year: { } of })
            await s.Run("update registry.allocation set state = 2 where installation_id = $1 and year = $2 and state = 1 and transaction_id is null and quantity = $3", ct, installation, of, await Compliance.ComplianceStore.Allocated(s, installation, of, ct));
        if (known.Kind == ClosingHandlers.Transfer) await ClosingHandlers.Moved(s, book.Value, venue, known.FromAccount, ct);
        var target = await Account(s, known.ToAccount, ct);
        if (schemes.Find(known.Scheme)!.Account(target.Kind) is { Role: AccountRole.Link } && (await s.All("select partner_account from registry.transaction where id = $1", r => r.Text(0), ct, known.Id)).FirstOrDefault() is { } partner)
            await Links.LinkHandlers.Sent(s, known, target.Kind, partner, ct);
        foreach (var account in new[] { await Account(s, known.FromAccount, ct), target })
            if (account.OrganisationId is not null) await Tell(s, account, known.Id, "registry.notice.transaction.completed", known.Quantity, known.Unit, ct);
    }

    /// <summary>How many holds of the Book a transaction is: one for each run it brings back, two where credits of a programme go with a deposit.</summary>
    static async Task<int> Holds(DbSession s, RegistryTransaction known, CancellationToken ct) => known.Reverses is { } original
        ? Math.Max(1, (int)await s.Lent(t => s.Value<long>("select count(*) from registry.transaction_block where transaction_id = $1", t, original), ct))
        : known.Serial is null ? 1 : 2;

    internal static Task Tell(DbSession s, RegistryAccount account, Guid id, string text, long quantity, string unit, CancellationToken ct) => s.Notify(new Notice(RegistryNotices.Transaction,
        new NoticeTo(Organisation: account.OrganisationId, Roles: account.OrganisationId is null ? [Role.AuthorityApprover] : [Role.AccountRepresentative], Without: s.Actor.PersonId), text,
        new Dictionary<string, string> { ["quantity"] = quantity.ToString(CultureInfo.InvariantCulture), ["unit"] = unit, ["account"] = account.FullId }, $"/registry/transactions/{id}", "registry-transaction", id.ToString()), ct);

    bool Trusts(long account, long other) => venue.Read(b => b.Trusts(account, other, b.TimeMicros));

    /// <summary>Back to the authority or against the own obligation: allowed to those who may do nothing else.</summary>
    static bool Inward(TransactionKind kind) => kind.Transaction.StartsWith("surrender", StringComparison.Ordinal) || kind.Transaction.StartsWith("return-", StringComparison.Ordinal);

    /// <summary>Either side's account; what is shown of it is decided by who asks for what.</summary>
    static async Task<RegistryAccount> Account(DbSession s, long account, CancellationToken ct) => (await s.Lent(t => AccountStore.Find(s, account, t), ct))!;

    static Task<string?> IdOf(DbSession s, long account, CancellationToken ct) => s.One("select registry.account_id($1)", r => r.GetString(0), ct, account);
}
