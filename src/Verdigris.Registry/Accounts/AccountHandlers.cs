using System.Globalization;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Accounts;

/// <summary>Accounts: asked for by an admitted holder, opened by the authority, read by both; <see cref="ClosingHandlers"/> closes them.</summary>
public sealed class AccountHandlers(SchemeSet schemes, SchemeNumbers numbers, Approvals approvals, BookCommands book, IVenue venue)
{
    public const string OpenTask = "registry.account";

    /// <summary>
    /// Asks for an account; an officer of the authority decides. <c>scheme.unknown</c>, <c>account.kind</c>, <c>account.installation</c>, <c>holder.not-admitted</c>, <c>scheme.no-administrator</c>, <c>account.installation-has-one</c>.
    /// </summary>
    public async Task<Answer<RegistryAccount>> Ask(DbSession s, NewAccount wanted, CancellationToken ct)
    {
        if (HolderRules.Writes(s.Actor) is { } no) return no;
        if (schemes.Find(wanted.Scheme) is not { } scheme) return Refusal.NotFound("scheme.unknown", "scheme", ("given", wanted.Scheme ?? ""));
        var wrong = new List<Refusal>();
        Given.Text(wanted.Name, "name", 120, wrong);
        var kind = scheme.Account(wanted.Kind ?? "");
        if (kind is not { Role: AccountRole.Holder }) wrong.Add(Refusal.Of("account.kind", "kind", ("given", wanted.Kind ?? ""), ("known", string.Join(", ", scheme.Accounts.Where(a => a.Role == AccountRole.Holder).Select(a => a.Kind)))));
        else if (kind.NeedsInstallation != wanted.InstallationId is not null || (wanted.InstallationId is { } id && !await OwnInstallation(s, id, scheme.Code, ct))) wrong.Add(Refusal.Of("account.installation", "installationId", ("kind", kind.Kind)));
        if (await HolderHandlers.OfOrganisation(s, scheme.Code, s.Actor.OrganisationId, ct) is not { State: HolderState.Admitted }) wrong.Add(Refusal.Conflict("holder.not-admitted", "scheme", ("scheme", scheme.Code)));
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<RegistryAccount>(async t =>
            {
                var authority = await Administration.Needed(s, scheme.Code, t);
                if (!authority.Ok) return Answer<RegistryAccount>.From(authority.Refusals);
                var account = await AccountStore.Add(s, scheme, kind!, wanted, s.Actor.OrganisationId, t);
                var made = (await AccountStore.Find(s, account, t))!;
                var task = await approvals.Ask(s, OpenTask, IdOf(account), authority.Value, Role.AuthorityOfficer, $"/registry/accounts/{account}", t, ("account", made.FullId), ("name", made.Name));
                await s.Run("update registry.account set task_id = $2 where account = $1", t, account, task);
                await s.Audit(new AuditEntry("registry-account.asked", "registry-account", made.FullId, Details: new { wanted.Scheme, wanted.Kind, wanted.Name, wanted.InstallationId, wanted.TrustedOnly }), t);
                return (await AccountStore.Find(s, account, t))!;
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName == "account_of_installation") { return Refusal.Conflict("account.installation-has-one", "installationId"); }
    }

    public async Task<Answer<RegistryAccount>> Read(DbSession s, long account, CancellationToken ct) => await AccountStore.Find(s, account, ct) is { } known ? known : Refusal.NotFound("account.not-found");

    public Task<Answer<Page<RegistryAccount>>> List(DbSession s, AccountFilter filter, CancellationToken ct) => AccountStore.List(s, filter, ct);

    public async Task<IReadOnlyList<RegistryAccount>> OfInstallation(DbSession s, Guid installation, CancellationToken ct) => await AccountStore.OfInstallation(s, installation, ct);

    /// <summary>What the account holds, as the Book has it.</summary>
    public async Task<Answer<IReadOnlyList<AccountHolding>>> Holdings(DbSession s, long account, CancellationToken ct)
    {
        if (await AccountStore.Find(s, account, ct) is null) return Refusal.NotFound("account.not-found");
        return (from h in venue.Read(b => b.Holdings(account)) let unit = numbers.UnitOf(h.Asset) where unit is not null select new AccountHolding(unit.Value.Unit, unit.Value.Vintage, h.Balance.Available, h.Balance.Held))
            .OrderBy(h => h.Unit, StringComparer.Ordinal).ThenBy(h => h.Vintage, StringComparer.Ordinal).ToList();
    }

    /// <summary>Whether an account may reach others than its trusted ones after the delay; the holder's administrator. Loosening waits for nobody: the delay does.</summary>
    public async Task<Answer<RegistryAccount>> SetTrustedOnly(DbSession s, long account, bool trustedOnly, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.Administrator) is { } no) return no;
        return await s.InTransaction<RegistryAccount>(async t =>
        {
            if (await AccountStore.Locked(s, account, t) is not { } known || known.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("account.not-found");
            await s.Run("update registry.account set trusted_only = $2, row_version = row_version + 1 where account = $1", t, account, trustedOnly);
            await s.Audit(new AuditEntry("registry-account.trusted-only", "registry-account", known.FullId, Details: new { before = known.TrustedOnly, trustedOnly }), t);
            return (await AccountStore.Find(s, account, t))!;
        }, ct);
    }

    internal async Task<Answer<Done>> Open(DbSession s, Guid id, CancellationToken ct)
    {
        var account = AccountOf(id);
        if (await AccountStore.Locked(s, account, ct) is not { } known) return Refusal.NotFound("account.not-found");
        if (AccountRules.Table.Next(known.State, AccountEvent.Approve) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        if (await HolderHandlers.OfOrganisation(s, known.Scheme, known.OrganisationId!.Value, ct) is not { State: HolderState.Admitted }) return Refusal.Conflict("holder.not-admitted", "scheme", ("scheme", known.Scheme));
        // It may have ended, or have gone to another operator, since the account was asked for.
        if (known.InstallationId is { } installation && !(await InstallationHandlers.Find(s, installation, ct) is { State: InstallationState.Permitted } i && i.OrganisationId == known.OrganisationId)) return Refusal.Of("account.installation", "installationId", ("kind", known.Kind));
        await s.Run("update registry.account set state = 1, opened_by = $2, row_version = row_version + 1 where account = $1", ct, account, s.Actor.PersonId);
        await s.Audit(new AuditEntry("registry-account.opened", "registry-account", known.FullId), ct);
        // A holder's own accounts of a scheme trust one another from the beginning.
        var own = await s.All("select account from registry.account where scheme = $1 and organisation_id = $2 and state in (2, 3) and account <> $3", r => r.GetInt64(0), ct, known.Scheme, known.OrganisationId, account);
        List<Command> commands = [SchemeNumbers.Definer.Account(account, numbers.AccountType(known.Scheme, known.Kind), BookId.From(known.OrganisationId.Value))];
        foreach (var other in own) commands.AddRange([TrustRules.Set(account, other, 0), TrustRules.Set(other, account, 0)]);
        await book.Send(s, AccountOpened.Name, id, new Subject(id), commands, ct);
        return default(Done);
    }

    internal async Task<Answer<Done>> RefuseOpening(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        var account = AccountOf(id);
        if (await AccountStore.Locked(s, account, ct) is not { } known) return Refusal.NotFound("account.not-found");
        if (AccountRules.Table.Next(known.State, AccountEvent.Decline) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.account set state = 5, reason = $2, row_version = row_version + 1 where account = $1", ct, account, reason);
        await s.Audit(new AuditEntry("registry-account.refused", "registry-account", account.ToString(CultureInfo.InvariantCulture), reason), ct);
        return default(Done);
    }

    /// <summary>An account's number as the id of a task's subject, and back.</summary>
    internal static Guid IdOf(long account) => BookId.ToGuid((UInt128)account);

    internal static long AccountOf(Guid id) => (long)BookId.From(id);

    static async Task<bool> OwnInstallation(DbSession s, Guid id, string scheme, CancellationToken ct) => await InstallationHandlers.Find(s, id, ct) is { State: InstallationState.Permitted } known && known.Scheme == scheme && known.OrganisationId == s.Actor.OrganisationId;
}

/// <summary>Finishes an opening once the Book answered.</summary>
sealed class AccountOpened : IBookCommandKind
{
    public const string Name = "registry.account-open";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var account = AccountHandlers.AccountOf(row.Payload<Subject>().Id);
        var open = outcomes[0].Accepted || outcomes[0].Code == Code.AccountExists;
        if (await AccountStore.Locked(session, account, ct) is not { } before || before.State != AccountState.Pending || AccountRules.Table.Next(before.State, open ? AccountEvent.BookOpens : AccountEvent.BookRefuses) is not { Ok: true, Value: var next }) return;
        await session.Run("update registry.account set state = $2, opened_at = $3, reason = $4, row_version = row_version + 1 where account = $1", ct, account, (short)next, open ? session.Now : null, open ? null : outcomes[0].Code.ToString());
        if (await AccountStore.Find(session, account, ct) is { OrganisationId: { } organisation } known)
            await session.Notify(new Notice(RegistryNotices.Account, new NoticeTo(Organisation: organisation, Roles: [Role.Administrator, Role.AccountRepresentative]), open ? "registry.notice.account.open" : "registry.notice.account.refused",
                new Dictionary<string, string> { ["account"] = known.FullId }, $"/registry/accounts/{account}", "registry-account", known.FullId), ct);
    }
}
