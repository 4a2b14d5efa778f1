using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>Use cases of transactions: somebody proposes, the Book holds the units, another person decides, and the Book moves them at once or when the delay is over.</summary>
public sealed class TransactionHandlers(SchemeSet schemes, SchemeNumbers numbers, TransactionDesk desk, Approvals approvals, BookCommands book, IVenue venue)
{
    public const string HolderTask = "registry.transaction", AuthorityTask = "registry.transaction-authority";

    /// <summary>Proposes what <see cref="TransactionChecks"/> lets pass. The units are held from now on; a representative of the account (or an approver of the authority) decides in the task inbox.</summary>
    public async Task<Answer<RegistryTransaction>> Propose(DbSession s, NewTransaction wanted, CancellationToken ct) => await Propose(s, wanted, null, null, [], ct);

    /// <summary>For an installation: the allocation of a year, a surrender.</summary>
    internal async Task<Answer<RegistryTransaction>> Propose(DbSession s, NewTransaction wanted, Guid? installation, Guid? reverses, IReadOnlyList<TransactionBlock> blocks, CancellationToken ct)
    {
        var checkedAnswer = await desk.Check(s, wanted, reverses is not null, ct);
        if (!checkedAnswer.Ok) return Answer<RegistryTransaction>.From(checkedAnswer.Refusals);
        var c = checkedAnswer.Value;
        var asset = numbers.Asset(c.Scheme.Code, wanted.Unit, wanted.Vintage ?? "") ?? await numbers.Make(c.Scheme.Code, wanted.Unit, wanted.Vintage ?? "", ct);
        var id = s.NewId();
        var authority = c.Kind.Proposer != "holder";
        var proposed = await s.InTransaction<Done>(async t =>
        {
            if (reverses is { } original && (await TransactionStore.Locked(s, original, t) is not { State: TransactionState.Completed } || await s.Value<bool>("select exists (select from registry.transaction where reverses = $1 and state in (0, 1, 2, 3))", t, original)))
                return Refusal.Conflict("transaction.not-reversible", "reverses", ("state", "reversing"), ("kind", wanted.Kind));
            if (await desk.Ended(s, c, t) is { } ended) return ended;
            await s.Run("""
                insert into registry.transaction (id, scheme, kind, code, asset, quantity, from_account, to_account, from_organisation, to_organisation, state, year, installation_id, reverses, reason, proposed_by, proposed_at, partner_account, credit_unit, credit_first, credit_serial)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
                """, t, id, c.Scheme.Code, c.Kind.Transaction, c.Kind.Code, asset, wanted.Quantity, c.From.Account, c.To.Account, c.From.OrganisationId, c.To.OrganisationId, wanted.Year, installation ?? c.From.InstallationId ?? c.To.InstallationId, reverses, wanted.Reason?.Trim(), s.Actor.PersonId, s.Now, c.To.OrganisationId is null ? wanted.PartnerAccount?.Trim() : null, c.Credits?.Unit, c.Credits?.Serials.First, c.Credits?.Serial);
            var organisation = authority ? s.Actor.OrganisationId : c.From.OrganisationId!.Value;
            var task = await approvals.Ask(s, authority ? AuthorityTask : HolderTask, id, organisation, authority ? Role.AuthorityApprover : Role.AccountRepresentative, $"/registry/transactions/{id}", t,
                ("kind", c.Kind.Transaction), ("quantity", wanted.Quantity), ("unit", wanted.Unit), ("to", c.To.FullId));
            await s.Run("update registry.transaction set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("registry-transaction.proposed", "registry-transaction", id.ToString(), wanted.Reason, Details: new { c.Kind.Transaction, wanted.Unit, wanted.Quantity, From = c.From.FullId, To = c.To.FullId, reverses, c.Credits?.Serial }), t);
            await TransactionDesk.Tell(s, c.From, id, "registry.notice.transaction.proposed", wanted.Quantity, wanted.Unit, t);
            var holds = TransactionBook.Holds(id, numbers.TransactionType(c.Scheme.Code, c.Kind.Transaction), asset, c.From.Account, c.To.Account, wanted.Quantity, blocks, s.Actor.PersonId, numbers.ActingFor(c.Scheme, c.Kind, c.From.Account));
            // The scheme's units and the programme's are held together or not at all, and posted likewise.
            if (c.Credits is { } credits) holds = [.. holds.Select(h => h with { Flags = h.Flags | CommandFlags.Linked }), CreditDeposits.Hold(credits, TransactionBook.HoldOf(id, holds.Count), BookId.From(id), BookId.From(s.Actor.PersonId))];
            await book.Send(s, TransactionHeld.Name, id, new Subject(id), holds, t);
            return default(Done);
        }, ct);
        if (!proposed.Ok) return Answer<RegistryTransaction>.From(proposed.Refusals);
        return (await TransactionStore.Find(s, id, ct))!;
    }

    /// <summary>Proposes to take a completed transaction back: the very units it moved, by the kind the scheme names for it. The authority's officer; <c>transaction.not-reversible</c>.</summary>
    public async Task<Answer<RegistryTransaction>> Reverse(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (await TransactionStore.Find(s, id, ct) is not { } known || schemes.Find(known.Scheme) is not { } scheme) return Refusal.NotFound("transaction.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var (from, to) = (await AccountStore.Find(s, known.FromAccount, ct), await AccountStore.Find(s, known.ToAccount, ct));
        if (known.State != TransactionState.Completed || from is null || to is null || scheme.Transactions.FirstOrDefault(t => t.Reverses == known.Kind && t.From == to.Kind && t.To == from.Kind) is not { } kind)
            return Refusal.Conflict("transaction.not-reversible", "state", ("state", known.State.ToString()), ("kind", known.Kind));
        return await Propose(s, new NewTransaction(to.Account, kind.Transaction, from.FullId, known.Unit, known.Vintage, known.Quantity, known.Year, words), known.InstallationId, known.Id, await TransactionStore.Blocks(s, id, ct), ct);
    }

    /// <summary>Takes a delayed transaction back, on suspicion or second thoughts: a representative of the account or an officer of the authority, until <see cref="RegistryTransaction.CancelUntil"/>. <c>transaction.too-late</c>.</summary>
    public async Task<Answer<RegistryTransaction>> Cancel(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        if (await Read(s, id, ct) is not { Ok: true, Value: { } known }) return Refusal.NotFound("transaction.not-found");
        var officer = await Administration.Acts(s, known.Scheme, ct) is null;
        if (!officer && await AccessHandlers.Acting(s, known.FromAccount, r => r.Initiates(false) || r.Approves(false), ct) is { Ok: false } no) return Answer<RegistryTransaction>.From(no.Refusals);
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        var done = await s.InTransaction<Done>(async t =>
        {
            var locked = (await TransactionStore.Locked(s, id, t))!;
            if (TransactionRules.Table.Next(locked.State, TransactionEvent.Cancel) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
            if (locked.State == TransactionState.Proposed) return Refusal.Conflict("transaction.withdraw-task", "state");
            if (locked.CancelUntil <= s.Now) return Refusal.Conflict("transaction.too-late", "state", ("until", NodaTime.Text.InstantPattern.General.Format(locked.CancelUntil.Value)));
            await desk.Void(s, locked, TransactionState.Cancelled, words!, t);
            await s.Audit(new AuditEntry("registry-transaction.cancelled", "registry-transaction", id.ToString(), words), t);
            return default(Done);
        }, ct);
        return done.Ok ? await Read(s, id, ct) : Answer<RegistryTransaction>.From(done.Refusals);
    }

    /// <summary>As it stands now: a delay that is over is looked up in the Book first.</summary>
    public async Task<Answer<RegistryTransaction>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await TransactionStore.Find(s, id, ct) is not { } known) return Refusal.NotFound("transaction.not-found");
        if (known.State != TransactionState.Delayed || known.ExecutesAt > s.Now) return known;
        await desk.Settle(s, known, ct);
        return (await TransactionStore.Find(s, id, ct))!;
    }

    public async Task<Answer<Page<RegistryTransaction>>> List(DbSession s, TransactionFilter f, CancellationToken ct)
    {
        foreach (var due in await TransactionStore.Due(s, f.Account, ct)) await desk.Settle(s, due, ct);
        return await TransactionStore.List(s, f, ct);
    }

    /// <summary>Serials of a transaction. Authorities only: holders see quantities, so that nobody chooses among units that are alike.</summary>
    public async Task<Answer<IReadOnlyList<TransactionBlock>>> Serials(DbSession s, Guid id, CancellationToken ct)
    {
        if (await TransactionStore.Find(s, id, ct) is not { } known) return Refusal.NotFound("transaction.not-found");
        if (!await Administration.Reads(s, known.Scheme, ct)) return Refusal.Forbidden("transaction.serials-hidden");
        return await TransactionStore.Blocks(s, id, ct);
    }

    /// <summary>The whole way of one serial, oldest first; authorities of the scheme only.</summary>
    public async Task<Answer<IReadOnlyList<SerialStep>>> Life(DbSession s, string scheme, string unit, string? vintage, long serial, CancellationToken ct)
    {
        if (!await Administration.Reads(s, scheme, ct)) return Refusal.Forbidden("transaction.serials-hidden");
        if (numbers.Asset(scheme, unit, vintage ?? "") is not { } asset) return Refusal.NotFound("transaction.unit", "unit", ("given", unit));
        var life = venue.Read(b => b.Life(asset, serial));
        if (life.Count == 0) return Refusal.NotFound("transaction.serial-unknown", "serial", ("given", $"{serial}"));
        var names = (await s.All("select account, full_id from registry.account where account = any($1)", r => (r.GetInt64(0), r.GetString(1)), ct, (object)life.SelectMany(m => new[] { m.Debit, m.Credit }).Distinct().ToArray())).ToDictionary(x => x.Item1, x => x.Item2);
        return life.Select(m => new SerialStep(NodaTime.NodaConstants.UnixEpoch + NodaTime.Duration.FromNanoseconds(m.TimeMicros * 1000L), names.GetValueOrDefault(m.Debit, $"{m.Debit}"), names.GetValueOrDefault(m.Credit, $"{m.Credit}"), m.First, m.Last)).ToList();
    }
}

/// <param name="From">Printed ids of the accounts.</param>
public sealed record SerialStep(NodaTime.Instant At, string From, string To, long First, long Last);
