using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Registry.Links;

/// <summary>
/// Links of a scheme to other registries. A transfer leaves in two phases: the units go into the account that stands for the other registry, which hears of it as a proposal; its answer ends the transfer or brings the units back. Whoever
/// carries the messages (a relay of either authority) may do so twice, late or in parts: each log is numbered without a gap and chained by hash.
/// </summary>
public sealed class LinkHandlers(SchemeSet schemes, SchemeNumbers numbers, Approvals approvals, Lazy<BookCommands> book, IVenue venue, TransactionDesk desk)
{
    public const string Task = "registry.link", ResumeTask = "registry.link-resume";

    /// <summary>An officer proposes a link; an approver opens it. <c>link.kind</c>, <c>link.there</c>.</summary>
    public async Task<Answer<RegistryLink>> Propose(DbSession s, string scheme, string? kind, string? partner, CancellationToken ct)
    {
        if (schemes.Find(scheme) is not { } of) return Refusal.NotFound("scheme.unknown", "scheme", ("given", scheme));
        if (await Administration.Acts(s, scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var name = Given.Text(partner, "partner", 200, wrong);
        // The scheme's file says which other scheme an account stands for, and since when.
        var known = Named(of, s.Today());
        if (!known.Contains(kind ?? "") || of.Account(kind!) is not { Role: AccountRole.Link }) wrong.Add(Refusal.Of("link.kind", "kind", ("given", kind ?? ""), ("known", string.Join(", ", known))));
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<RegistryLink>(async t =>
        {
            if (await LinkLog.OfAccount(s, scheme, kind!, t) is not null) return Refusal.Conflict("link.there", "kind", ("kind", kind!));
            var id = s.NewId();
            await s.Run("insert into registry.link (id, scheme, kind, partner, state, written_by, written_at) values ($1, $2, $3, $4, 0, $5, $6)", t, id, scheme, kind, name, s.Actor.PersonId, s.Now);
            var task = await approvals.Ask(s, Task, id, s.Actor.OrganisationId, Role.AuthorityApprover, "/registry/safety?scheme=" + scheme, t, ("scheme", of.NameEn), ("partner", name!));
            await s.Run("update registry.link set task_id = $2 where id = $1", t, id, task);
            await s.Audit(new AuditEntry("registry-link.proposed", "registry-link", id.ToString(), Details: new { scheme, kind, name }), t);
            return (await LinkLog.Find(s, id, t))!;
        }, ct);
    }

    static List<string> Named(Scheme scheme, NodaTime.LocalDate today) => [.. scheme.Rows("links").Where(l => l.InForce(today)).Select(l => l.TextOrNull("account")).OfType<string>()];

    /// <summary>Suspends a link at once, or asks that it be taken up again, which an approver decides; the authority's officer, saying why. What was asked for and is not decided yet a suspension ends, and so it does what was to leave over the link and has not left. <c>link.state-forbids</c>, <c>link.kind</c>.</summary>
    public async Task<Answer<RegistryLink>> Set(DbSession s, Guid id, bool open, string? reason, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct) is not { } known) return Refusal.NotFound("link.not-found");
        if (await Administration.Acts(s, known.Scheme, ct) is { } no) return no;
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await s.InTransaction<RegistryLink>(async t =>
        {
            // The logs may be found to disagree at the same moment: what is decided about is the state of now.
            var now = (await LinkLog.Find(s, id, t, " for update"))!;
            var next = LinkRules.Table.Next(now.State, open ? LinkEvent.AskResume : LinkEvent.Suspend);
            if (!next.Ok) return Answer<RegistryLink>.From(next.Refusals);
            if (open)
            {
                if (Unnamed(now, s.Today()) is { } gone) return gone;
                var task = await approvals.Ask(s, ResumeTask, id, s.Actor.OrganisationId, Role.AuthorityApprover, "/registry/safety?scheme=" + now.Scheme, t, ("scheme", schemes.Find(now.Scheme)!.NameEn), ("partner", now.Partner));
                await s.Run("update registry.link set state = $2, task_id = $3 where id = $1", t, id, (short)next.Value, task);
                await s.Audit(new AuditEntry("registry-link.resume-asked", "registry-link", id.ToString(), words), t);
            }
            else
            {
                if (now is { State: LinkState.ResumeAsked, TaskId: { } task }) await approvals.End(s, task, words!, t);
                // Who had suspended it before, and is overruled by nobody yet, does not decide either.
                await s.Run("update registry.link set state = $2, reason = $3, suspended_before = case when suspended_by is null then suspended_before else array_append(suspended_before, suspended_by) end, suspended_by = $4 where id = $1", t, id, (short)next.Value, words, s.Actor.PersonId);
                await s.Audit(new AuditEntry("registry-link.suspended", "registry-link", id.ToString(), words), t);
                await s.Lent<Done>(async u => { await desk.Stay(s, now, words!, approvals, u); return default; }, t);
            }
            return (await LinkLog.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>The scheme's file may name the link no more, or its day may be over; <c>link.kind</c>.</summary>
    Refusal? Unnamed(RegistryLink link, NodaTime.LocalDate today) => Named(schemes.Find(link.Scheme)!, today) is var named && named.Contains(link.Kind) ? null : Refusal.Of("link.kind", "kind", ("given", link.Kind), ("known", string.Join(", ", named)));

    public Task<List<RegistryLink>> List(DbSession s, CancellationToken ct) => LinkLog.All(s, ct);

    public async Task<Answer<IReadOnlyList<LinkTransfer>>> Transfers(DbSession s, Guid id, CancellationToken ct) => await LinkLog.Find(s, id, ct) is null ? Refusal.NotFound("link.not-found") : await LinkLog.Transfers(s, id, ct);

    public async Task<Answer<IReadOnlyList<LinkReconciliation>>> Reconciliations(DbSession s, Guid id, CancellationToken ct) => await LinkLog.Find(s, id, ct) is null ? Refusal.NotFound("link.not-found") : await LinkLog.Reconciliations(s, id, ct);

    /// <summary>What this registry has said after a message, for whoever carries it over; at most 1,000.</summary>
    public async Task<Answer<IReadOnlyList<LinkMessage>>> Messages(DbSession s, Guid id, long after, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct) is not { } known) return Refusal.NotFound("link.not-found");
        return await Administration.Reads(s, known.Scheme, ct) ? await LinkLog.Messages(s, id, true, after, ct) : Refusal.Forbidden("scheme.not-administered", "scheme", ("scheme", known.Scheme));
    }

    /// <summary>
    /// Takes up what the other registry said, in order, each message once. Refuses the whole delivery at the first that does not follow: <c>link.gap</c>, <c>link.changed</c> (another message has that number already), <c>link.hash</c>,
    /// <c>link.unreadable</c>; what came before it is taken up.
    /// </summary>
    public async Task<Answer<LinkReceipt>> Receive(DbSession s, Guid id, LinkDelivery delivery, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct) is not { } link) return Refusal.NotFound("link.not-found");
        if (await Administration.Acts(s, link.Scheme, ct) is { } no) return no;
        if (link.State is LinkState.Proposed or LinkState.TurnedDown) return Refusal.Conflict("link.state-forbids", "state", ("state", link.State.ToString()));
        foreach (var message in delivery.Messages)
        {
            var taken = await s.Lent<Answer<Done>>(async u => await Take(s, id, message, u), ct);
            if (!taken.Ok) return Answer<LinkReceipt>.From(taken.Refusals);
        }
        return await s.Lent<LinkReceipt>(async u => new LinkReceipt((await LinkLog.Last(s, id, false, u))?.Sequence ?? 0), ct);
    }

    async Task<Answer<Done>> Take(DbSession s, Guid id, LinkMessage message, CancellationToken ct)
    {
        // As it stands now: the message before may have suspended it.
        if (await LinkLog.Find(s, id, ct, " for update") is not { } link) return Refusal.NotFound("link.not-found");
        var last = await LinkLog.Last(s, link.Id, false, ct);
        var field = $"messages[{message.Sequence}]";
        if (message.Sequence <= (last?.Sequence ?? 0))
            return (await LinkLog.Messages(s, link.Id, false, message.Sequence - 1, ct))[0].Sha256 == message.Sha256 ? default(Done) : Refusal.Conflict("link.changed", field, ("sequence", $"{message.Sequence}"));
        if (message.Sequence != (last?.Sequence ?? 0) + 1) return Refusal.Conflict("link.gap", field, ("next", $"{(last?.Sequence ?? 0) + 1}"));
        if (message.Body is null || LinkMessage.Hash(last?.Sha256, message.Body) != message.Sha256) return Refusal.Of("link.hash", field);
        LinkBody body;
        try { body = message.Read(); }
        catch (System.Text.Json.JsonException) { return Refusal.Of("link.unreadable", field); }
        await LinkLog.Keep(s, link.Id, false, message, ct);
        switch (body)
        {
            case { What: "proposal", Transfer: { } transfer, From: { } from, To: { } to, Unit: { } unit, Quantity: { } quantity }: await Proposed(s, link, transfer, from, to, unit, body.Vintage ?? "", quantity, ct); break;
            case { What: "accepted", Transfer: { } transfer }: await s.Run("update registry.link_transfer set state = 2 where id = $1 and link_id = $2 and outward and state = 0", ct, transfer, link.Id); break;
            case { What: "refused", Transfer: { } transfer }: await GiveBack(s, link, transfer, body.Code ?? "", ct); break;
            case { What: "totals", Sent: not null, Received: not null }: await Compare(s, link, message.Sequence, body, ct); break;
            default: return Refusal.Of("link.unreadable", field);
        }
        return default(Done);
    }

    /// <summary>The other registry proposes: taken into the Book, or refused with the reason. Never left without an answer.</summary>
    async Task Proposed(DbSession s, RegistryLink link, Guid id, string from, string to, string unit, string vintage, long quantity, CancellationToken ct)
    {
        var scheme = schemes.Find(link.Scheme)!;
        var account = await AccountStore.Reached(s, to, ct);
        var code = link.State != LinkState.Open ? "link-suspended"
            : scheme.Unit(unit) is not { } known || (known.Vintage == "none") != (vintage.Length == 0) || quantity < 1 ? "unit"
            : account is not { State: AccountState.Open } || account.Scheme != link.Scheme || scheme.Transaction("inbound-transfer", link.Kind, account.Kind) is null ? "account"
            : venue.Read(b => b.Frozen(account.Account, 0)).HasFlag(FreezeScope.In) ? "frozen" : null;
        if (await s.Run("insert into registry.link_transfer (id, link_id, outward, partner_account, own_account, unit, vintage, quantity, state, reason, at) values ($1, $2, false, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing", ct,
            id, link.Id, from, to, unit, vintage, Math.Max(1, quantity), (short)(code is null ? LinkTransferState.Taking : LinkTransferState.Refused), code, s.Now) == 0)
        {
            await Again(s, link, id, ct);
            return;
        }
        if (code is not null) { await LinkLog.Say(s, link.Id, new("refused", id, Code: code), ct); return; }
        var asset = await numbers.Make(link.Scheme, unit, vintage, ct);
        await Inbound(s, link, id, account!, asset, quantity, null, ct);
    }

    /// <summary>A transfer proposed a second time, under another number: taken once, and answered as it was the first time. One that is being taken is answered when the Book has answered.</summary>
    static async Task Again(DbSession s, RegistryLink link, Guid id, CancellationToken ct)
    {
        LinkBody? said = await LinkLog.Transfer(s, id, ct) is { Outward: false } known && known.LinkId == link.Id
            ? known.State switch { LinkTransferState.Accepted => new("accepted", id), LinkTransferState.Refused => new("refused", id, Code: known.Reason ?? ""), _ => null }
            : new("refused", id, Code: "transfer-known");
        if (said is not null) await LinkLog.Say(s, link.Id, said, ct);
    }

    /// <summary>The other registry said no: the units go back to where they came from.</summary>
    async Task GiveBack(DbSession s, RegistryLink link, Guid id, string code, CancellationToken ct)
    {
        if (await LinkLog.Transfer(s, id, ct) is not { Outward: true, State: LinkTransferState.Sent } transfer || transfer.LinkId != link.Id) return;
        await s.Run("update registry.link_transfer set state = 3, reason = $2 where id = $1", ct, id, code);
        var account = (await AccountStore.Reached(s, transfer.OwnAccount, ct))!;
        await Inbound(s, link, s.NewId(), account, numbers.Asset(link.Scheme, transfer.Unit, transfer.Vintage)!.Value, transfer.Quantity, "refused by the other registry: " + code, ct);
    }

    /// <summary>Out of the link's account into a holder's, by the registry itself.</summary>
    async Task Inbound(DbSession s, RegistryLink link, Guid id, RegistryAccount account, int asset, long quantity, string? reason, CancellationToken ct)
    {
        var scheme = schemes.Find(link.Scheme)!;
        var kind = scheme.Transaction("inbound-transfer", link.Kind, account.Kind)!;
        var from = numbers.Central(link.Scheme, link.Kind);
        await s.Run("""
            insert into registry.transaction (id, scheme, kind, code, asset, quantity, from_account, to_account, to_organisation, state, installation_id, reason, proposed_by, proposed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13)
            """, ct, id, link.Scheme, kind.Transaction, kind.Code, asset, quantity, from, account.Account, account.OrganisationId, account.InstallationId, reason, s.Actor.PersonId, s.Now);
        await book.Value.Send(s, LinkTaken.Name, id, new Subject(id), [new Command
        {
            Operation = Operation.Transfer, TransactionType = numbers.TransactionType(link.Scheme, kind.Transaction), Asset = asset, Debit = from, Credit = account.Account, Amount = quantity, Reference = BookId.From(id), Actor = BookId.From(s.Actor.PersonId),
        }], ct);
    }

    /// <summary>Units of a completed transfer lie in the link's account: the other registry hears of it.</summary>
    internal static async Task Sent(DbSession s, RegistryTransaction t, string toKind, string partnerAccount, CancellationToken ct)
    {
        if (await LinkLog.OfAccount(s, t.Scheme, toKind, ct) is not { } link) return;
        if (await s.Run("insert into registry.link_transfer (id, link_id, outward, transaction_id, partner_account, own_account, unit, vintage, quantity, state, at) values ($1, $2, true, $1, $3, $4, $5, $6, $7, 0, $8) on conflict (id) do nothing", ct,
            t.Id, link.Id, partnerAccount, t.FromId, t.Unit, t.Vintage, t.Quantity, s.Now) == 0) return;
        await LinkLog.Say(s, link.Id, new("proposal", t.Id, t.FromId, partnerAccount, t.Unit, t.Vintage, t.Quantity), ct);
    }

    /// <summary>Compares the other's totals with the own log up to the message it had seen; where they differ the link is suspended, and the authority told.</summary>
    async Task Compare(DbSession s, RegistryLink link, long sequence, LinkBody theirs, CancellationToken ct)
    {
        var (sent, received) = await Totals(s, link.Id, ct);
        // What one sent the other has received, but for what is under way: said after the other's last look, or not answered yet.
        var unseen = (await LinkLog.Messages(s, link.Id, true, theirs.Seen ?? 0, ct)).Select(m => m.Read()).ToList();
        var waiting = await s.All("select unit, vintage, quantity from registry.link_transfer where link_id = $1 and not outward and state = 1", r => (r.GetString(0), r.GetString(1), r.GetInt64(2)), ct, link.Id);
        foreach (var m in unseen.Where(m => m.What == "proposal")) Add(sent, Key(m.Unit!, m.Vintage ?? ""), -m.Quantity!.Value);
        foreach (var m in unseen.Where(m => m.What == "refused"))
            if (await LinkLog.Transfer(s, m.Transfer!.Value, ct) is { Outward: false } refused) Add(received, Key(refused.Unit, refused.Vintage), refused.Quantity);
        foreach (var (unit, vintage, quantity) in waiting) Add(received, Key(unit, vintage), quantity);
        var agrees = Same(sent, theirs.Received!) && Same(received, theirs.Sent!);
        await s.Run("insert into registry.link_reconciliation (link_id, sequence, agrees, ours, theirs, at) values ($1, $2, $3, $4, $5, $6)", ct, link.Id, sequence, agrees, StorageJson.Write(new { sent, received }), StorageJson.Write(new { theirs.Sent, theirs.Received }), s.Now);
        if (agrees) return;
        const string reason = "the logs of both registries disagree";
        // Who would take it up again decides about what was known when it was asked for: it is asked again.
        if (link is { State: LinkState.ResumeAsked, TaskId: { } asked }) await approvals.End(s, asked, reason, ct);
        // An open one the registry itself suspends: nobody is bound by an earlier time.
        await s.Run("update registry.link set state = 2, reason = $2, suspended_by = case when state <> 1 then suspended_by end, suspended_before = case when state <> 1 then suspended_before else '{}' end where id = $1 and state in (1, 2, 4)", ct, link.Id, reason);
        await desk.Stay(s, link, reason, approvals, ct);
        await s.Audit(new AuditEntry("registry-link.disagrees", "registry-link", link.Id.ToString(), Details: new { sequence, ours = new { sent, received }, theirs = new { theirs.Sent, theirs.Received } }), ct);
        if (await Administration.AdministratorOf(s, link.Scheme, ct) is { } authority)
            await s.Notify(new Notice(RegistryNotices.Account, new NoticeTo(Organisation: authority, Roles: [Role.AuthorityOfficer, Role.AuthorityApprover]), "registry.notice.link", new Dictionary<string, string> { ["partner"] = link.Partner }, "/registry/safety?scheme=" + link.Scheme, "registry-link", link.Id.ToString()), ct);
    }

    /// <summary>Units sent and not refused, and units taken in, by unit and vintage.</summary>
    internal static async Task<(Dictionary<string, long> Sent, Dictionary<string, long> Received)> Totals(DbSession s, Guid link, CancellationToken ct)
    {
        var (sent, received) = (new Dictionary<string, long>(StringComparer.Ordinal), new Dictionary<string, long>(StringComparer.Ordinal));
        foreach (var (outward, unit, vintage, sum) in await s.All("select outward, unit, vintage, sum(quantity)::bigint from registry.link_transfer where link_id = $1 and ((outward and state in (0, 2)) or (not outward and state = 2)) group by 1, 2, 3", r => (r.GetBoolean(0), r.GetString(1), r.GetString(2), r.GetInt64(3)), ct, link))
            Add(outward ? sent : received, Key(unit, vintage), sum);
        return (sent, received);
    }

    static string Key(string unit, string vintage) => vintage.Length == 0 ? unit : $"{unit} {vintage}";

    static void Add(Dictionary<string, long> totals, string key, long quantity) => totals[key] = totals.GetValueOrDefault(key) + quantity;

    static bool Same(IReadOnlyDictionary<string, long> a, IReadOnlyDictionary<string, long> b) => a.Keys.Union(b.Keys).All(k => a.GetValueOrDefault(k) == b.GetValueOrDefault(k));

    internal async Task<Answer<Done>> Open(DbSession s, Guid id, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct, " for update") is not { } known) return Refusal.NotFound("link.not-found");
        if (await Administration.Acts(s, known.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (LinkRules.Table.Next(known.State, LinkEvent.Open) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        if (Unnamed(known, s.Today()) is { } gone) return gone;
        await s.Run("update registry.link set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-link.opened", "registry-link", id.ToString()), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct, " for update") is not { } known) return Refusal.NotFound("link.not-found");
        if (LinkRules.Table.Next(known.State, LinkEvent.TurnDown) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.link set state = 3, reason = $2 where id = $1", ct, id, reason);
        await s.Audit(new AuditEntry("registry-link.turned-down", "registry-link", id.ToString(), reason), ct);
        return default(Done);
    }

    /// <summary>The second person takes it up again: an approver, and nobody who suspended it since it was last open. Refuses like <see cref="Set"/>, and <c>approval.same-person</c>.</summary>
    internal async Task<Answer<Done>> Resume(DbSession s, Guid id, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct, " for update") is not { } known) return Refusal.NotFound("link.not-found");
        if (await Administration.Acts(s, known.Scheme, ct, Role.AuthorityApprover) is { } no) return no;
        if (LinkRules.Table.Next(known.State, LinkEvent.Resume) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        if (await s.Value<bool>("select coalesce(suspended_by = $2, false) or $2 = any(suspended_before) from registry.link where id = $1", ct, id, s.Actor.PersonId)) return Refusal.Forbidden("approval.same-person");
        if (Unnamed(known, s.Today()) is { } gone) return gone;
        await s.Run("update registry.link set state = 1, reason = null, suspended_by = null, suspended_before = '{}' where id = $1", ct, id);
        await s.Audit(new AuditEntry("registry-link.resumed", "registry-link", id.ToString()), ct);
        return default(Done);
    }

    internal static async Task<Answer<Done>> KeepSuspended(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await LinkLog.Find(s, id, ct, " for update") is not { } known) return Refusal.NotFound("link.not-found");
        if (LinkRules.Table.Next(known.State, LinkEvent.KeepSuspended) is { Ok: false } state) return Answer<Done>.From(state.Refusals);
        await s.Run("update registry.link set state = 2 where id = $1", ct, id);
        await s.Audit(new AuditEntry("registry-link.kept-suspended", "registry-link", id.ToString(), reason), ct);
        return default(Done);
    }
}

/// <summary>Finishes what came over a link once the Book answered: the other registry hears of it.</summary>
sealed class LinkTaken(TransactionDesk desk) : IBookCommandKind
{
    public const string Name = "registry.link-taken";

    public string Kind => Name;

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        if (await TransactionStore.Locked(session, row.Payload<Subject>().Id, ct) is not { State: TransactionState.Pending } known) return;
        var accepted = outcomes[0].Accepted;
        if (accepted) await desk.Complete(session, known, ct);
        else await session.Run("update registry.transaction set state = 6, book_code = $2, finished_at = $3 where id = $1", ct, known.Id, outcomes[0].Code.ToString(), session.Now);
        if (await LinkLog.Transfer(session, known.Id, ct) is not { Outward: false, State: LinkTransferState.Taking } transfer) return;
        await session.Run("update registry.link_transfer set state = $2, reason = $3 where id = $1", ct, transfer.Id, (short)(accepted ? LinkTransferState.Accepted : LinkTransferState.Refused), accepted ? null : outcomes[0].Code.ToString());
        await LinkLog.Say(session, transfer.LinkId, accepted ? new("accepted", transfer.Id) : new("refused", transfer.Id, Code: outcomes[0].Code.ToString()), ct);
    }
}

/// <summary>Once a day each open link says its totals, for the other registry to compare.</summary>
sealed class LinkTotals : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var said = 0;
        foreach (var link in (await LinkLog.All(session, ct)).Where(l => l.State == LinkState.Open))
        {
            said += await session.InTransaction(async t =>
            {
                if (await session.Run("insert into registry.told (subject, what, stage, told_at) values ($1, $2, 0, $3) on conflict do nothing", t, link.Id, $"totals-{session.Today():uuuu-MM-dd}", session.Now) == 0) return 0;
                var (sent, received) = await LinkHandlers.Totals(session, link.Id, t);
                await LinkLog.Say(session, link.Id, new("totals", Sent: sent, Received: received, Seen: (await LinkLog.Last(session, link.Id, false, t))?.Sequence ?? 0), t);
                return 1;
            }, ct);
        }
        return said;
    }
}
