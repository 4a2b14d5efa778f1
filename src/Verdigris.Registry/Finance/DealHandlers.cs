using System.Globalization;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Registry.Finance;

/// <summary>
/// Use cases of finance on holdings. A representative writes a sheet and another of his side lets it go out; the other side accepts it likewise by two. Whatever moves units, or says that money came, takes two persons of the side that says it.
/// </summary>
public sealed class DealHandlers(SchemeSet schemes, SchemeNumbers numbers, RulePacks packs, DealDesk desk, Approvals approvals)
{
    public const string Task = "registry.deal";

    /// <summary>Acts that a second person of the side decides.</summary>
    static readonly DealAct[] ByTwo = [DealAct.Offer, DealAct.Accept, DealAct.Confirm, DealAct.Cover, DealAct.Add, DealAct.Enforce, DealAct.Return];

    /// <summary>Acts of people; the others follow of themselves.</summary>
    static readonly DealAct[] ByPeople = [DealAct.Accept, DealAct.Decline, DealAct.Withdraw, DealAct.Claim, DealAct.Confirm, DealAct.Dispute, DealAct.Close, DealAct.Abandon, DealAct.Cover, DealAct.Call, DealAct.Add, DealAct.PayDown, DealAct.Miss, DealAct.Enforce, DealAct.Return, DealAct.Lapse];

    /// <summary>
    /// Writes a term sheet. Of the account for credits what <see cref="ProposeCredits"/> refuses; else <c>account.not-found</c>, <c>representative.none</c>, <c>representative.right</c>, <c>finance.counterparty</c>, <c>finance.beneficiary</c>, what <see cref="DealUnits.Closed"/> refuses, then what <see cref="TermRules.Check"/> refuses, <c>finance.start-over</c>, <c>holder.not-admitted</c>.
    /// </summary>
    public async Task<Answer<DealView>> Propose(DbSession s, NewDeal wanted, CancellationToken ct)
    {
        if (await CreditAccounts.Find(s, s.Actor.OrganisationId, ct) is { } credits && credits == wanted.Account) return await ProposeCredits(s, wanted, ct);
        if (await AccessHandlers.Acting(s, wanted.Account, r => r.Initiates(false), ct) is { Ok: false } no) return Answer<DealView>.From(no.Refusals);
        var own = (await AccountStore.Find(s, wanted.Account, ct))!;
        if (schemes.Find(own.Scheme) is not { } scheme) return Refusal.NotFound("scheme.unknown", "account", ("given", own.Scheme));
        var wrong = new List<Refusal>();
        var other = await AccountStore.Reached(s, wanted.Counterparty, ct);
        if (!Fits(scheme, own) || !Fits(scheme, other) || other!.OrganisationId == own.OrganisationId) wrong.Add(Refusal.Of("finance.counterparty", "counterparty", ("given", wanted.Counterparty ?? "")));
        RegistryAccount? beneficiary = null;
        if (!string.IsNullOrWhiteSpace(wanted.Beneficiary))
        {
            beneficiary = await AccountStore.Reached(s, wanted.Beneficiary, ct);
            if (wanted.Terms?.Kind != DealKind.Custody || !Fits(scheme, beneficiary) || beneficiary!.Account == (wanted.Giving ? other?.Account : own.Account)) wrong.Add(Refusal.Of("finance.beneficiary", "beneficiary", ("given", wanted.Beneficiary)));
        }
        if (DealUnits.Closed(schemes, numbers, packs, scheme, wanted.Unit, wanted.Vintage, wanted.Terms, s.Today().Year) is { } closed) wrong.Add(closed);
        wrong.AddRange(Terms(s, wanted.Terms));
        if (wrong.Count > 0) return wrong;
        if (await HolderHandlers.OfOrganisation(s, own.Scheme, own.OrganisationId!.Value, ct) is not { State: HolderState.Admitted }) return Refusal.Conflict("holder.not-admitted", "account", ("scheme", own.Scheme));
        var (giver, taker) = wanted.Giving ? (own, other!) : (other!, own);
        var (unit, vintage) = (wanted.Unit!.Trim(), wanted.Vintage?.Trim() ?? "");
        var asset = await numbers.Make(own.Scheme, unit, vintage, ct);
        var deal = new Deal(s.NewId(), own.Scheme, unit, vintage, wanted.Terms!, giver.Account, giver.FullId, giver.OrganisationId!.Value, taker.Account, taker.FullId, taker.OrganisationId!.Value, beneficiary?.Account, beneficiary?.FullId, beneficiary?.OrganisationId,
            wanted.Giving ? Side.Giver : Side.Taker, DealState.Drafted, false, null, null, null, false, s.Actor.PersonId, s.Now, null);
        return await Drafted(s, deal, asset, ct);
    }

    /// <summary>
    /// A sheet over credits in the own account for them: two people of each side as for a transfer of such credits. <c>access.role-needed</c>, <c>finance.counterparty</c>, <c>finance.beneficiary</c>, what <see cref="TermRules.Check"/> refuses, <c>finance.start-over</c>, then what <see cref="CreditDeals.Named"/> refuses.
    /// </summary>
    async Task<Answer<DealView>> ProposeCredits(DbSession s, NewDeal wanted, CancellationToken ct)
    {
        if (ProjectRoles.Writes(s.Actor) is { } no) return no;
        var own = (wanted.Account, Organisation: s.Actor.OrganisationId);
        var wrong = new List<Refusal>();
        var other = await CreditDeals.Account(s, wanted.Counterparty, ct);
        if (other is null || other.Value.Organisation == own.Organisation) wrong.Add(Refusal.Of("finance.counterparty", "counterparty", ("given", wanted.Counterparty ?? "")));
        (long Account, Guid Organisation)? beneficiary = null;
        if (!string.IsNullOrWhiteSpace(wanted.Beneficiary))
        {
            beneficiary = await CreditDeals.Account(s, wanted.Beneficiary, ct);
            if (wanted.Terms?.Kind != DealKind.Custody || beneficiary is null || beneficiary.Value.Account == (wanted.Giving ? other?.Account : own.Account)) wrong.Add(Refusal.Of("finance.beneficiary", "beneficiary", ("given", wanted.Beneficiary)));
        }
        wrong.AddRange(Terms(s, wanted.Terms));
        if (wrong.Count > 0) return wrong;
        var named = await desk.Credits.Named(s, wanted, ct);
        if (!named.Ok) return Answer<DealView>.From(named.Refusals);
        var (giver, taker) = wanted.Giving ? (own, other!.Value) : (other!.Value, own);
        static string Id(long account) => account.ToString(CultureInfo.InvariantCulture);
        return await Drafted(s, new Deal(s.NewId(), named.Value.Programme, named.Value.Unit, $"{named.Value.Year}", wanted.Terms!, giver.Account, Id(giver.Account), giver.Organisation, taker.Account, Id(taker.Account), taker.Organisation, beneficiary?.Account, beneficiary is { } b ? Id(b.Account) : null, beneficiary?.Organisation,
            wanted.Giving ? Side.Giver : Side.Taker, DealState.Drafted, false, null, null, null, false, s.Actor.PersonId, s.Now, null, named.Value), null, ct);
    }

    static IEnumerable<Refusal> Terms(DbSession s, DealTerms? terms) => terms is null ? [Refusal.Of("input.required", "terms")]
        : [.. TermRules.Check(terms).Select(r => r with { Field = "terms." + r.Field }), .. terms.Start < s.Today() ? [Refusal.Conflict("finance.start-over", "terms.start", ("start", $"{terms.Start:uuuu-MM-dd}"))] : Array.Empty<Refusal>()];

    async Task<Answer<DealView>> Drafted(DbSession s, Deal deal, int? asset, CancellationToken ct)
    {
        var made = await s.InTransaction<Done>(async t =>
        {
            await DealStore.Add(s, deal, asset, t);
            await s.Audit(new AuditEntry("registry-deal.drafted", "registry-deal", deal.Id.ToString(), Details: new { deal.Terms, deal.GiverId, deal.TakerId }), t);
            return await Written(s, deal, new(DealAct.Offer), deal.Proposer, t);
        }, ct);
        return made.Ok ? await Read(s, deal.Id, ct) : Answer<DealView>.From(made.Refusals);
    }

    static bool Fits(Scheme scheme, RegistryAccount? account) => account is { State: AccountState.Open, OrganisationId: not null } && account.Scheme == scheme.Code && scheme.Account(account.Kind) is { Role: AccountRole.Holder, Kind: not MarketDoor.Kind };

    /// <summary>
    /// Does something about a deal, or asks the second person to. <c>finance.not-found</c>, <c>finance.act</c>, <c>representative.none</c>, <c>representative.right</c>, <c>finance.moving</c>, <c>finance.waiting</c>, then what the act itself needs.
    /// </summary>
    public async Task<Answer<DealView>> Act(DbSession s, Guid id, NewStep wanted, CancellationToken ct)
    {
        if (await DealStore.Find(s, id, ct) is not { } known || known.SideOf(s.Actor.OrganisationId) is not { } side) return Refusal.NotFound("finance.not-found");
        if (!ByPeople.Contains(wanted.Act)) return Refusal.Of("finance.act", "act", ("given", $"{wanted.Act}"));
        if (await Acts(s, known, side, ct) is { } no) return Answer<DealView>.From(no);
        if (wanted.Note?.Length > Given.Longest) return Refusal.Of("input.too-long", "note", ("limit", $"{Given.Longest}"), ("given", $"{wanted.Note.Length}"));
        var done = await s.InTransaction<Done>(async t => await Written(s, (await DealStore.Locked(s, id, t))!, wanted, side, t), ct);
        return done.Ok ? await Read(s, id, ct) : Answer<DealView>.From(done.Refusals);
    }

    /// <summary>Why the actor is not a first person of a side: of a scheme's account a representative, of an account for credits whoever may ask for a transfer of them.</summary>
    static async Task<IReadOnlyList<Refusal>?> Acts(DbSession s, Deal d, Side side, CancellationToken ct) =>
        d.Credits is null ? await AccessHandlers.Acting(s, d.AccountOf(side), r => r.Initiates(false), ct) is { Ok: false } no ? no.Refusals : null : ProjectRoles.Writes(s.Actor) is { } role ? [role] : null;

    async Task<Answer<Done>> Written(DbSession s, Deal d, NewStep wanted, Side side, CancellationToken ct)
    {
        if (d.Moving) return Refusal.Conflict("finance.moving", "state");
        if ((await DealStore.Steps(s, d.Id, ct)).Any(x => x.State == DealStepState.Waiting && x.Side == side && x.Act == wanted.Act && x.CashId == wanted.Cash)) return Refusal.Conflict("finance.waiting", "act");
        var step = new DealStep(s.NewId(), wanted.Act, side, wanted.Cash, wanted.Units, ByTwo.Contains(wanted.Act) ? DealStepState.Waiting : DealStepState.Done, string.IsNullOrWhiteSpace(wanted.Note) ? null : wanted.Note.Trim(), null, null, s.Actor.PersonId, s.Now, null, null);
        if (await Allowed(s, d, step, ct) is { } refused) return refused;
        if (d.Credits is { } of && wanted.Act is DealAct.Add or DealAct.Cover)
        {
            var given = await desk.Credits.Given(s, of, wanted.Serial, wanted.Act == DealAct.Add ? wanted.Units!.Value : d.Terms.Units, d.AccountOf(side), ct);
            if (!given.Ok) return Answer<Done>.From(given.Refusals);
            step = step with { Serial = given.Value.Serial, First = given.Value.First };
        }
        if (step.State == DealStepState.Waiting)
        {
            await DealStore.AddStep(s, d.Id, step, ct);
            var task = await approvals.Ask(s, Task, step.Id, d.OrganisationOf(side), d.Credits is null ? Role.AccountRepresentative : ProjectRoles.Second(s.Actor), $"/finance/{d.Id}", ct, ("act", wanted.Act), ("kind", d.Terms.Kind), ("units", wanted.Units ?? d.Terms.Units), ("unit", d.Unit));
            await s.Run("update registry.deal_step set task_id = $2 where id = $1", ct, step.Id, task);
            return default(Done);
        }
        await DealStore.AddStep(s, d.Id, step, ct);
        return await Carried(s, d, step, wanted.Amount, ct);
    }

    /// <summary>What an act needs before anybody is asked to agree to it.</summary>
    async Task<Refusal?> Allowed(DbSession s, Deal d, DealStep step, CancellationToken ct)
    {
        // Known before anybody is asked: an account that reaches trusted ones alone, days nobody knows.
        if (step.Act is DealAct.Offer or DealAct.Accept or DealAct.Cover && await desk.FreeAt(s, d, ct) is { Ok: false } free) return free.Refusals[0];
        if (DealDesk.EventOf(step.Act) is { } happened) return DealLife.Next(d.State, happened, d.Terms, await desk.Facts(s, d, step.Side, ct)) is { Ok: false } no ? no.Refusals[0] : null;
        var cash = await DealStore.Cash(s, d, ct);
        var money = cash.FirstOrDefault(c => c.Id == step.CashId);
        switch (step.Act)
        {
            case DealAct.Claim: return money is null ? Refusal.NotFound("finance.cash", "cash") : money.Payer != step.Side ? Refusal.Forbidden("finance.side", null, ("event", "Claim")) : money.State != CashState.Due ? Refusal.Conflict("finance.cash-state", "cash", ("state", $"{money.State}")) : null;
            case DealAct.Confirm or DealAct.Dispute: return money is null ? Refusal.NotFound("finance.cash", "cash") : money.Receiver != step.Side ? Refusal.Forbidden("finance.side", null, ("event", $"{step.Act}")) : money.State != CashState.Claimed ? Refusal.Conflict("finance.cash-state", "cash", ("state", $"{money.State}")) : step is { Act: DealAct.Dispute, Note: null } ? Refusal.Of("input.required", "note") : null;
            case DealAct.Close:
                if (d.State is not (DealState.Open or DealState.Called or DealState.Defaulted)) return Refusal.Conflict("finance.state-forbids", "state", ("state", $"{d.State}"), ("event", "Close"));
                if (DealLife.Covering(d.Terms) is not null && !d.Held) return Refusal.Conflict("finance.not-held", "state");
                return cash.Any(c => c.When == CashWhen.Closing && c.State != CashState.Due) ? Refusal.Conflict("finance.cash-state", "cash", ("state", $"{CashState.Claimed}")) : null;
            case DealAct.Add or DealAct.PayDown:
                if (!d.Terms.Margined) return Refusal.Conflict("finance.not-margined", "state");
                if (step.Side != Side.Giver) return Refusal.Forbidden("finance.side", null, ("event", $"{step.Act}"));
                if (d.State is not (DealState.Open or DealState.Called or DealState.Defaulted)) return Refusal.Conflict("finance.state-forbids", "state", ("state", $"{d.State}"), ("event", $"{step.Act}"));
                if (step.Act == DealAct.Add && await desk.Stopped(s, d, ct)) return Refusal.Conflict("finance.stopped", "state");
                return step.Act == DealAct.Add && step.Units is not (>= 1 and <= TermRules.MostUnits) ? Refusal.Of("finance.units", "units", ("most", $"{TermRules.MostUnits}")) : null;
            default: return Refusal.Of("finance.act", "act", ("given", $"{step.Act}"));
        }
    }

    /// <summary>Does what was agreed to.</summary>
    async Task<Answer<Done>> Carried(DbSession s, Deal d, DealStep step, decimal? amount, CancellationToken ct)
    {
        if (DealDesk.EventOf(step.Act) is { } happened) return await desk.Apply(s, d, happened, step, ct);
        switch (step.Act)
        {
            case DealAct.Claim:
                await s.Run("update registry.deal_cash set state = 1, reference = left($2, 200), claimed_by = $3, claimed_at = $4 where id = $1", ct, step.CashId, step.Note, s.Actor.PersonId, s.Now);
                await DealDesk.Tell(s, d, "claimed", ct);
                break;
            case DealAct.Dispute:
                await s.Run("update registry.deal_cash set state = 0, claimed_by = null, claimed_at = null where id = $1", ct, step.CashId);
                await DealDesk.Tell(s, d, "disputed", ct);
                break;
            case DealAct.Confirm:
                await s.Run("update registry.deal_cash set state = 2, confirmed_by = $2, confirmed_at = $3 where id = $1 and state = 1", ct, step.CashId, s.Actor.PersonId, s.Now);
                await s.Run("update registry.deal_step set state = 1 where id = $1", ct, step.Id);
                await s.Audit(new AuditEntry("registry-deal.paid", "registry-deal", d.Id.ToString(), Details: new { step.CashId }), ct);
                await desk.Progress(s, d.Id, ct);
                break;
            case DealAct.Close:
                var paidDown = DealDesk.PaidDown(await DealStore.Cash(s, d, ct));
                await s.Run("update registry.deal_cash set state = 3 where deal_id = $1 and at_end = 1 and state = 0", ct, d.Id);
                var legs = CashLegs.Closing(d.Terms, s.Today(), paidDown);
                await DealStore.AddCash(s, d.Id, legs, ct);
                await DealDesk.Tell(s, d, "closing", ct);
                if (legs.Count == 0)
                {
                    var settle = step with { Id = s.NewId(), Act = DealAct.Settle, Side = null };
                    await DealStore.AddStep(s, d.Id, settle, ct);
                    return await desk.Apply(s, d, DealEvent.Settle, settle, ct);
                }
                break;
            case DealAct.PayDown:
                if (amount is not (> 0 and <= TermRules.MostMoney) || CashLegs.Cent.Apply(amount.Value) != amount) return Refusal.Of("finance.amount", "amount", ("given", amount is { } given ? DecimalText.Write(given) : ""));
                await DealStore.AddCash(s, d.Id, [new(CashWhen.Call, "call", Side.Giver, Side.Taker, amount.Value, d.CallDue ?? s.Today())], ct);
                break;
            case DealAct.Add: return await desk.Move(s, d, [UnitLegs.Adding((await DealStore.Added(s, d.Id, ct)).Count + 1, step.Units!.Value)], step, ct);
        }
        return default(Done);
    }

    internal async Task<Answer<Done>> Decide(DbSession s, Guid id, CancellationToken ct)
    {
        if (await DealStore.Step(s, id, ct) is not { Step: { State: DealStepState.Waiting, Side: { } side } step } found || await DealStore.Locked(s, found.Deal, ct) is not { } d) return Refusal.NotFound("finance.not-found");
        // Of an account for credits the second person is whom the task is for.
        if (d.Credits is null && await AccessHandlers.Acting(s, d.AccountOf(side), r => r.Approves(false), ct) is { Ok: false } no) return Answer<Done>.From(no.Refusals);
        if (d.Moving) return Refusal.Conflict("finance.moving", "state");
        // What was so when it was asked may have changed since.
        if (await Allowed(s, d, step, ct) is { } refused) return refused;
        await s.Run("update registry.deal_step set state = 1, decided_by = $2, decided_at = $3 where id = $1", ct, id, s.Actor.PersonId, s.Now);
        return await Carried(s, d, step, null, ct);
    }

    internal async Task<Answer<Done>> TurnDown(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (await DealStore.Step(s, id, ct) is not { Step.State: DealStepState.Waiting } found || await DealStore.Locked(s, found.Deal, ct) is not { } d) return default(Done);
        await s.Run("update registry.deal_step set state = 2, note = $2, decided_by = nullif($3::uuid, written_by), decided_at = $4 where id = $1", ct, id, reason, s.Actor.PersonId, s.Now);
        await s.Audit(new AuditEntry("registry-deal.turned-down", "registry-deal", d.Id.ToString(), reason, Details: new { found.Step.Act }), ct);
        if (found.Step.Act != DealAct.Offer) return default(Done);
        var drop = found.Step with { Id = s.NewId(), Act = DealAct.Withdraw, State = DealStepState.Done, Note = reason, WrittenBy = s.Actor.PersonId, WrittenAt = s.Now };
        await DealStore.AddStep(s, d.Id, drop, ct);
        return await desk.Apply(s, d, DealEvent.Drop, drop, ct);
    }

    public async Task<Answer<DealView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        if (await DealStore.Find(s, id, ct) is not { } d) return Refusal.NotFound("finance.not-found");
        var (outstanding, price, standing) = d.State is DealState.Open or DealState.Called or DealState.Defaulted ? await desk.Standing(s, d, ct) : default;
        return new DealView(d, await DealStore.Cash(s, d, ct), await DealStore.Steps(s, id, ct), await DealStore.Added(s, id, ct), d.Terms.Kind == DealKind.Repo ? CashLegs.ImpliedRatePercent(d.Terms) : null, outstanding, price, standing, await Can(s, d, ct));
    }

    public async Task<Answer<Page<Deal>>> List(DbSession s, DealFilter f, CancellationToken ct) => await DealStore.List(s, f, ct);

    /// <summary>Whether a person's roles are those of a first person of either side.</summary>
    internal static bool May(Actor actor, Deal d) => d.Credits is null ? actor.Is(Role.AccountRepresentative) : ProjectRoles.Writes(actor) is null;

    /// <summary>What the reader's side can do now without naming money.</summary>
    async Task<IReadOnlyList<DealAct>> Can(DbSession s, Deal d, CancellationToken ct)
    {
        if (d.SideOf(s.Actor.OrganisationId) is not { } side || d.Moving || !May(s.Actor, d)) return [];
        var can = new List<DealAct>();
        foreach (var act in ByPeople.Except([DealAct.Claim, DealAct.Confirm, DealAct.Dispute]))
            if (await Allowed(s, d, new DealStep(default, act, side, null, act == DealAct.Add ? 1 : null, DealStepState.Waiting, null, null, null, s.Actor.PersonId, s.Now, null, null), ct) is null) can.Add(act);
        return can;
    }

    /// <summary>
    /// Publishes what a unit is worth on a day: an officer of the scheme's administrator; of credits of a project and year one of the programme's. <c>scheme.unknown</c>, <c>scheme.not-administered</c>, <c>transaction.unit</c>, of credits <c>credits.unit-unknown</c>, <c>credits.project-unknown</c>, <c>credits.vintage-range</c>
    /// and what <see cref="ProgrammeAdministration.Acts"/> refuses; <c>finance.currency</c>, <c>finance.amount</c>, <c>finance.price-day</c>, <c>input.required</c>, <c>finance.price-there</c>.
    /// </summary>
    public async Task<Answer<UnitPrice>> Publish(DbSession s, UnitPrice wanted, CancellationToken ct)
    {
        if (!string.IsNullOrWhiteSpace(wanted.Project))
        {
            if (Allow.Role(s.Actor, Role.AuthorityOfficer) is { } notOfficer) return notOfficer;
            var named = await desk.Credits.Pool(s, wanted.Unit, wanted.Project, wanted.Vintage, ct);
            if (!named.Ok) return Answer<UnitPrice>.From(named.Refusals);
            var of = named.Value;
            if (await ProgrammeAdministration.Acts(s, of.Programme, ct) is { } notOurs) return notOurs;
            return await Published(s, wanted with { Scheme = of.Programme, Unit = of.Unit, Vintage = $"{of.Year}", Project = of.Project }, "credit-programme", (source, t) =>
                s.Run("insert into registry.credit_price (unit, project_id, year, currency, day, price, source, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", t, of.Unit, of.ProjectId, of.Year, wanted.Currency, wanted.Day, wanted.Price, source, s.Actor.PersonId, s.Now), ct);
        }
        if (schemes.Find(wanted.Scheme) is not { } scheme) return Refusal.NotFound("scheme.unknown", "scheme", ("given", wanted.Scheme ?? ""));
        if (await Administration.Acts(s, wanted.Scheme!, ct) is { } no) return no;
        if (numbers.Asset(wanted.Scheme!, wanted.Unit ?? "", wanted.Vintage ?? "") is not { } asset) return Refusal.Of("transaction.unit", "unit", ("given", $"{wanted.Unit} {wanted.Vintage}".Trim()), ("known", string.Join(", ", scheme.Units.Select(u => u.Unit))));
        return await Published(s, wanted with { Vintage = wanted.Vintage ?? "" }, "registry-scheme", (source, t) =>
            s.Run("insert into registry.unit_price (asset, currency, day, price, source, written_by, written_at) values ($1, $2, $3, $4, $5, $6, $7)", t, asset, wanted.Currency, wanted.Day, wanted.Price, source, s.Actor.PersonId, s.Now), ct);
    }

    static async Task<Answer<UnitPrice>> Published(DbSession s, UnitPrice wanted, string subject, Func<string, CancellationToken, Task<int>> write, CancellationToken ct)
    {
        var wrong = new List<Refusal>();
        if (wanted.Currency is not { Length: 3 } || wanted.Currency.Any(c => c is < 'A' or > 'Z')) wrong.Add(Refusal.Of("finance.currency", "currency", ("given", wanted.Currency ?? "")));
        if (wanted.Price < 0 || decimal.Round(wanted.Price, 6) != wanted.Price || wanted.Price >= 1_000_000_000m) wrong.Add(Refusal.Of("finance.amount", "price", ("given", wanted.Price.ToString(CultureInfo.InvariantCulture))));
        if (wanted.Day > s.Today()) wrong.Add(Refusal.Of("finance.price-day", "day", ("today", $"{s.Today():uuuu-MM-dd}")));
        var source = Given.Text(wanted.Source, "source", 400, wrong);
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<UnitPrice>(async t =>
            {
                await write(source!, t);
                await s.Audit(new AuditEntry("registry-price.published", subject, wanted.Scheme!, Details: new { wanted.Unit, wanted.Vintage, wanted.Project, wanted.Currency, wanted.Day, wanted.Price }), t);
                return wanted with { Source = source! };
            }, ct);
        }
        catch (Npgsql.PostgresException e) when (e.ConstraintName is "unit_price_pkey" or "credit_price_pkey") { return Refusal.Conflict("finance.price-there", "day", ("day", $"{wanted.Day:uuuu-MM-dd}")); }
    }

    public async Task<IReadOnlyList<UnitPrice>> Prices(DbSession s, string? scheme, CancellationToken ct) => [.. (await DealStore.Prices(s, scheme, ct)).Select(desk.Credits.Printed)];
}
