using System.Globalization;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>How far the closing of an account is.</summary>
/// <param name="ToId">Printed id of the account that gets what is left; null where nothing was.</param>
/// <param name="Moves">Transfers at closure, newest first, at most 100.</param>
/// <param name="Reachable">Own open accounts that may get what is left.</param>
public sealed record ClosingView(RegistryAccount Account, string? ToId, IReadOnlyList<AccountHolding> Left, IReadOnlyList<RegistryTransaction> Moves, IReadOnlyList<RegistryAccount> Reachable);

/// <summary>
/// Closing an account. The holder asks; where units are left it names an account of the scheme that it trusts, or one of the scheme's own. The authority's officer agrees and thereby proposes the transfers at closure, a second person of the authority lets each go, and with the last one
/// the account closes. A transfer that is turned down leaves the account open.
/// </summary>
public sealed class ClosingHandlers(SchemeSet schemes, SchemeNumbers numbers, Approvals approvals, BookCommands book, IVenue venue, AccountHandlers accounts, TransactionHandlers transactions)
{
    public const string Task = "registry.account-closing";

    /// <summary>What a scheme's file calls the transfers.</summary>
    internal const string Transfer = "closure-transfer";

    /// <summary>How far it is, for the holder and the authority.</summary>
    public async Task<Answer<ClosingView>> Read(DbSession s, long account, CancellationToken ct)
    {
        if (await AccountStore.Find(s, account, ct) is not { OrganisationId: { } organisation } known) return Refusal.NotFound("account.not-found");
        var left = (await accounts.Holdings(s, account, ct)).Value;
        var moves = (await transactions.List(s, new(Account: account, Kind: Transfer, Limit: 100), ct)).Value.Items.Where(t => t.FromAccount == account).ToList();
        var reachable = new List<RegistryAccount>();
        foreach (var other in (await AccountStore.List(s, new(known.Scheme, State: AccountState.Open, Organisation: organisation, Limit: 200), ct)).Value.Items)
            if (other.Account != account && Reaches(known, other)) reachable.Add(other);
        return new ClosingView(known, await ToOf(s, account, ct) is { } to ? await IdOf(s, to, ct) : null, left, moves, reachable);
    }

    /// <summary>
    /// Asks for the closing; the authority's officer decides. <c>account.not-found</c>, <c>account.state-forbids</c>, <c>account.not-empty</c> where units are left and no account is named, <c>account.closing-held</c>, <c>account.closing-to</c>, <c>scheme.no-administrator</c>.
    /// </summary>
    /// <param name="to">Printed id of the account that gets what is left.</param>
    public async Task<Answer<RegistryAccount>> Ask(DbSession s, long account, string? to, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        return await s.InTransaction<RegistryAccount>(async t =>
        {
            if (await AccountStore.Locked(s, account, t) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("account.not-found");
            if (AccountRules.Table.Next(known.State, AccountEvent.AskClosing) is { Ok: false } state) return Answer<RegistryAccount>.From(state.Refusals);
            RegistryAccount? target = null;
            if (Left(account) is { Count: > 0 } left)
            {
                if (string.IsNullOrWhiteSpace(to)) return Refusal.Conflict("account.not-empty", "to");
                // What a proposal, a delay or a deal holds must end first: nobody can move it.
                if (left.Any(h => h.Balance.Held != 0)) return Refusal.Conflict("account.closing-held", "account");
                target = await AccountStore.Reached(s, to, t);
                if (target is not { State: AccountState.Open } || !Reaches(known, target)) return Refusal.Conflict("account.closing-to", "to", ("given", to.Trim()));
            }
            var authority = await Administration.Needed(s, known.Scheme, t);
            if (!authority.Ok) return Answer<RegistryAccount>.From(authority.Refusals);
            var task = await approvals.Ask(s, Task, AccountHandlers.IdOf(account), authority.Value, Role.AuthorityOfficer, $"/registry/accounts/{account}/closing", t, ("account", known.FullId), ("name", known.Name));
            await s.Run("update registry.account set state = 3, task_id = $2, closing_to = $3, row_version = row_version + 1 where account = $1", t, account, task, target?.Account);
            await s.Audit(new AuditEntry("registry-account.closing", "registry-account", known.FullId, Details: new { To = target?.FullId }), t);
            return (await AccountStore.Find(s, account, t))!;
        }, ct);
    }

    /// <summary>What is left moves again, or the empty account closes: where a transfer was refused by the Book, or more had come meanwhile. The authority's officer; <c>account.closing-moving</c>.</summary>
    public async Task<Answer<RegistryAccount>> MoveRest(DbSession s, long account, CancellationToken ct) => await s.InTransaction<RegistryAccount>(async t =>
    {
        if (await AccountStore.Locked(s, account, t) is not { OrganisationId: not null } known) return Refusal.NotFound("account.not-found");
        if (AccountRules.Table.Next(known.State, AccountEvent.Close) is { Ok: false } state) return Answer<RegistryAccount>.From(state.Refusals);
        if (await s.Value<bool>("select exists (select from storage.approval_task where id = $1 and state = 'Open')", t, known.TaskId ?? Guid.Empty)) return Refusal.Conflict("account.closing-undecided", "account");
        if (await s.Value<bool>("select exists (select from registry.transaction where from_account = $1 and kind = $2 and state in (0, 1, 2))", t, account, Transfer)) return Refusal.Conflict("account.closing-moving", "account");
        var done = await Go(s, known, t);
        return done.Ok ? (await AccountStore.Find(s, account, t))! : Answer<RegistryAccount>.From(done.Refusals);
    }, ct);

    /// <summary>The officer agrees.</summary>
    internal async Task<Answer<Done>> Approve(DbSession s, Guid id, CancellationToken ct)
    {
        if (await AccountStore.Locked(s, AccountHandlers.AccountOf(id), ct) is not { } known) return Refusal.NotFound("account.not-found");
        return AccountRules.Table.Next(known.State, AccountEvent.Close) is { Ok: false } state ? Answer<Done>.From(state.Refusals) : await Go(s, known, ct);
    }

    internal static async Task<Answer<Done>> KeepOpen(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await AccountStore.Locked(s, AccountHandlers.AccountOf(id), ct) is not { } known) return Refusal.NotFound("account.not-found");
        if (AccountRules.Table.Next(known.State, AccountEvent.KeepOpen) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await GivenUp(s, known.Account, reason, ct);
        return default(Done);
    }

    /// <summary>Closes an empty account, or proposes to move what is left.</summary>
    async Task<Answer<Done>> Go(DbSession s, RegistryAccount known, CancellationToken ct)
    {
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (Left(known.Account) is not { Count: > 0 } left)
        {
            await Close(s, book, known, ct);
            return default(Done);
        }
        if (await ToOf(s, known.Account, ct) is not { } to) return Refusal.Conflict("account.not-empty", "account");
        var target = await IdOf(s, to, ct);
        foreach (var holding in left.Where(h => h.Balance.Available > 0))
        {
            if (numbers.UnitOf(holding.Asset) is not { } unit) return Refusal.Conflict("account.not-empty", "account");
            var proposed = await transactions.Propose(s, new(known.Account, Transfer, target, unit.Unit, unit.Vintage.Length == 0 ? null : unit.Vintage, holding.Balance.Available), ct);
            if (!proposed.Ok) return Answer<Done>.From(proposed.Refusals);
        }
        return default(Done);
    }

    /// <summary>A transfer at closure was carried out: with the last one the account closes.</summary>
    internal static async Task Moved(DbSession s, BookCommands book, IVenue venue, long account, CancellationToken ct)
    {
        if (await AccountStore.Locked(s, account, ct) is { State: AccountState.Closing } known && venue.Read(b => b.Holdings(account)).Count == 0) await Close(s, book, known, ct);
    }

    /// <summary>The account stays open, saying why.</summary>
    internal static async Task GivenUp(DbSession s, long account, string reason, CancellationToken ct)
    {
        if (await s.Run("update registry.account set state = 2, reason = $2, closing_to = null, row_version = row_version + 1 where account = $1 and state = 3", ct, account, reason) > 0)
            await s.Audit(new AuditEntry("registry-account.kept-open", "registry-account", account.ToString(CultureInfo.InvariantCulture), reason), ct);
    }

    static async Task Close(DbSession s, BookCommands book, RegistryAccount known, CancellationToken ct)
    {
        await s.Audit(new AuditEntry("registry-account.closed", "registry-account", known.FullId), ct);
        await book.Send(s, AccountClosed.Name, AccountHandlers.IdOf(known.Account), new Subject(AccountHandlers.IdOf(known.Account)), [new Command { Operation = Operation.CloseAccount, Debit = known.Account, Actor = BookId.From(s.Actor.PersonId) }], ct);
    }

    /// <summary>Whether what is left may go there: the scheme's file has the transfer, and the other is the scheme's own or trusted now.</summary>
    bool Reaches(RegistryAccount from, RegistryAccount to) =>
        to.Scheme == from.Scheme && schemes.Find(from.Scheme)!.Transaction(Transfer, from.Kind, to.Kind) is not null && (to.OrganisationId is null || venue.Read(b => b.Trusts(from.Account, to.Account, b.TimeMicros)));

    IReadOnlyList<(int Asset, Balance Balance)> Left(long account) => venue.Read(b => b.Holdings(account));

    static async Task<long?> ToOf(DbSession s, long account, CancellationToken ct) => (await s.All("select closing_to from registry.account where account = $1", r => r.IsDBNull(0) ? (long?)null : r.GetInt64(0), ct, account)).FirstOrDefault();

    static Task<string> IdOf(DbSession s, long account, CancellationToken ct) => s.Value<string>("select registry.account_id($1)", ct, account);
}

/// <summary>Finishes a closing once the Book answered.</summary>
sealed class AccountClosed : IBookCommandKind
{
    public const string Name = "registry.account-close";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var account = AccountHandlers.AccountOf(row.Payload<Subject>().Id);
        var closed = outcomes[0].Accepted || outcomes[0].Code == Code.AccountAlreadyClosed;
        if (await AccountStore.Locked(session, account, ct) is not { State: AccountState.Closing } before || AccountRules.Table.Next(before.State, closed ? AccountEvent.Close : AccountEvent.BookRefuses) is not { Ok: true, Value: var next }) return;
        if (await session.Run("update registry.account set state = $2, closed_at = $3, reason = $4, row_version = row_version + 1 where account = $1", ct, account, (short)next, closed ? session.Now : null, closed ? null : outcomes[0].Code.ToString()) == 0) return;
        if (closed && await AccountStore.Find(session, account, ct) is { OrganisationId: { } organisation } known)
            await session.Notify(new Notice(RegistryNotices.Account, new NoticeTo(Organisation: organisation, Roles: [Role.Administrator, Role.AccountRepresentative]), "registry.notice.account.closed", new Dictionary<string, string> { ["account"] = known.FullId }, $"/registry/accounts/{account}/closing", "registry-account", known.FullId), ct);
    }
}
