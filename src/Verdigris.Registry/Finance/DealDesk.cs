using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;
using Side = Verdigris.Registry.Finance.Terms.Side;

namespace Verdigris.Registry.Finance;

/// <summary>
/// Carries a deal from state to state: what <see cref="DealLife"/> lets pass is written, the units move by the Book, and what follows of itself follows. Inside the caller's transaction, the deal locked.
/// </summary>
public sealed class DealDesk(SchemeSet schemes, SchemeNumbers numbers, IVenue venue, UnitQueries units, RulePacks packs, Lazy<BookCommands> book)
{
    readonly CreditDeals credits = new(venue, units, packs);

    /// <summary>What sheets and steps over accounts for credits name.</summary>
    internal CreditDeals Credits => credits;

    /// <summary>Days for which a price counts.</summary>
    int PriceDays => packs.Pack(Methods.FinanceMethod.Pack).Table("limits").Rows.Single(r => r.Text("limit") == "price-days").Integer("value");

    internal static DealEvent? EventOf(DealAct act) => act switch
    {
        DealAct.Offer => DealEvent.Offer,
        DealAct.Accept => DealEvent.Accept,
        DealAct.Decline => DealEvent.Decline,
        DealAct.Withdraw => DealEvent.Withdraw,
        DealAct.Abandon => DealEvent.Abandon,
        DealAct.Cover => DealEvent.Cover,
        DealAct.Call => DealEvent.Call,
        DealAct.Miss => DealEvent.Miss,
        DealAct.Enforce => DealEvent.Enforce,
        DealAct.Return or DealAct.Settle => DealEvent.Settle,
        DealAct.Lapse => DealEvent.Lapse,
        DealAct.Open => DealEvent.Open,
        DealAct.Meet => DealEvent.Meet,
        DealAct.Cure => DealEvent.Cure,
        _ => null,
    };

    /// <summary>What is known of a deal now.</summary>
    internal async Task<DealFacts> Facts(DbSession s, Deal d, Side? actor, CancellationToken ct)
    {
        var cash = await DealStore.Cash(s, d, ct);
        bool Paid(CashWhen when, IReadOnlyList<CashLeg> owed) => cash.Where(c => c.When == when).ToList() is { Count: > 0 } rows ? rows.All(c => c.State == CashState.Confirmed) : owed.Count == 0;
        var (_, _, standing) = await Standing(s, d, ct);
        return new(s.Today(), actor, d.Proposer, Paid(CashWhen.Opening, CashLegs.Opening(d.Terms)), d.State is not (DealState.Drafted or DealState.Proposed) && Paid(CashWhen.Closing, CashLegs.Closing(d.Terms, s.Today(), PaidDown(cash))), d.Held, d.FreeAt <= s.Now, standing, d.CallDue, d.DefaultedOn, await Stopped(s, d, ct));
    }

    /// <summary>Whether the scheme's authority stopped what moves between the accounts of a deal.</summary>
    internal async Task<bool> Stopped(DbSession s, Deal d, CancellationToken ct)
    {
        // Programmes stop no kind of transaction; they freeze accounts, which the Book holds to.
        if (d.Credits is not null) return false;
        var stopped = await FinanceStop.Kinds(s, d.Scheme, ct);
        if (stopped.Count == 0) return false;
        var accounts = new[] { d.Giver, d.Taker, d.Beneficiary ?? d.Giver };
        return FinanceStop.Covers(schemes.Find(d.Scheme)!, stopped, await s.Lent(t => s.All("select distinct kind from registry.account where account = any($1)", r => r.GetString(0), t, (object)accounts), ct));
    }

    /// <summary>From when on units held now may leave the giver.</summary>
    internal async Task<Answer<Instant>> FreeAt(DbSession s, Deal d, CancellationToken ct)
    {
        // A transfer of credits knows neither trusted accounts nor a delay (docs/credits.md).
        if (d.Credits is not null) return s.Now;
        var from = (await s.Lent(t => AccountStore.Find(s, d.Giver, t), ct))!;
        return FinanceDelay.FreeAt(schemes, schemes.Find(d.Scheme)!, from, d.TakerId, venue.Read(b => b.Trusts(d.Giver, d.Taker, b.TimeMicros)), s.Now);
    }

    internal static decimal PaidDown(IEnumerable<DealCash> cash) => cash.Where(c => c is { When: CashWhen.Call, State: CashState.Confirmed }).Sum(c => c.Amount);

    /// <summary>Money owed today, the price that counts, and how the units stand against it.</summary>
    internal async Task<(decimal? Outstanding, UnitPrice? Price, MarginStanding? Standing)> Standing(DbSession s, Deal d, CancellationToken ct)
    {
        if (d.Terms.Kind is not (DealKind.Repo or DealKind.Pledge)) return (null, null, null);
        var owed = CashLegs.Cent.Apply(CashLegs.Outstanding(d.Terms, s.Today()) - PaidDown(await DealStore.Cash(s, d, ct)));
        var price = await DealStore.Price(s, d, s.Today(), PriceDays, ct) is { } published ? credits.Printed(published) : null;
        if (price is null || !d.Terms.Margined) return (owed, price, null);
        var units = d.Terms.Units + (await DealStore.Added(s, d.Id, ct)).Sum();
        return (owed, price, Margin.Of(units, price.Price, owed, d.Terms.InitialLtvPercent!.Value, d.Terms.CallLtvPercent!.Value));
    }

    /// <summary>Lets an event happen: at once where no units move, else once the Book has moved them. <c>finance.moving</c>, then what <see cref="DealLife.Next"/> refuses.</summary>
    internal async Task<Answer<Done>> Apply(DbSession s, Deal d, DealEvent happened, DealStep step, CancellationToken ct)
    {
        if (d.Moving) return Refusal.Conflict("finance.moving", "state");
        var facts = await Facts(s, d, step.Side, ct);
        var next = DealLife.Next(d.State, happened, d.Terms, facts);
        if (!next.Ok) return Answer<Done>.From(next.Refusals);
        var legs = UnitLegs.Of(d.Terms, happened, await DealStore.Added(s, d.Id, ct), d.Held);
        if (legs.Count > 0) return await Move(s, d, legs, step, ct);
        await s.Run("update registry.deal_step set state = 1 where id = $1", ct, step.Id);
        await Reached(s, d, happened, ct);
        return default(Done);
    }

    /// <summary>Sends units to the Book; until it has answered nothing else happens to the deal.</summary>
    internal async Task<Answer<Done>> Move(DbSession s, Deal d, IReadOnlyList<UnitLeg> legs, DealStep step, CancellationToken ct)
    {
        if (d.Moving) return Refusal.Conflict("finance.moving", "state");
        var (tries, holds) = await DealStore.Tries(s, d.Id, ct);
        await s.Run("update registry.deal set moving = $2, row_version = row_version + 1 where id = $1", ct, d.Id, step.Id);
        await s.Run("update registry.deal_step set state = 3 where id = $1", ct, step.Id);
        int Tried(UnitLeg leg) => leg.Act is UnitAct.Hold or UnitAct.Lien ? tries : holds[leg.Slot];
        var commands = d.Credits is not { } of ? FinanceBook.Of(d.Id, d.Terms.Kind, legs, d.AccountOf, numbers.Asset(d.Scheme, d.Unit, d.Vintage)!.Value, s.Actor.PersonId, Tried)
            // What a step names is what it sets aside; else it is what the sheet names. An account that never had credits is made with the first.
            : [.. Sides(d).Select(x => CreditBook.Open(x.Account, x.Organisation)), .. FinanceBook.Of(d.Id, d.Terms.Kind, legs, d.AccountOf, credits.AssetOf(of), s.Actor.PersonId, Tried, _ => step.First ?? of.First!.Value)];
        await book.Value.Send(s, DealMoved.Name, d.Id, new Subject(step.Id), commands, ct);
        return default(Done);
    }

    static IEnumerable<(long Account, Guid Organisation)> Sides(Deal d) => new[] { Side.Giver, Side.Taker, Side.Beneficiary }.Select(side => (d.AccountOf(side), d.OrganisationOf(side))).Distinct();

    /// <summary>The Book has answered a step.</summary>
    internal async Task Moved(DbSession s, Guid id, IReadOnlyList<Command> commands, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        foreach (var (command, outcome) in commands.Zip(outcomes).Where(x => x.First.Operation == Operation.OpenAccount)) await CreditAccounts.Opened(s, outcome, command.Debit, ct);
        if (await DealStore.Step(s, id, ct) is not { Step.State: DealStepState.Moving } found || await DealStore.Locked(s, found.Deal, ct) is not { } d) return;
        var step = found.Step;
        await s.Run("update registry.deal set moving = null, row_version = row_version + 1 where id = $1", ct, d.Id);
        d = d with { Moving = false };
        if (outcomes.FirstOrDefault(o => !o.Accepted && o.Code is not (Code.LinkedFailed or Code.AccountExists)) is { Code: not Code.Accepted } refused)
        {
            await s.Run("update registry.deal_step set state = 4, book_code = $2 where id = $1", ct, id, refused.Code.ToString());
            await s.Run("update registry.deal set tries = tries + 1 where id = $1", ct, d.Id);
            if (step.Act == DealAct.Accept) await Reached(s, d, DealEvent.BookRefuses, ct);
            await Tell(s, d, "refused", ct);
            return;
        }
        await s.Run("update registry.deal_step set state = 1 where id = $1", ct, id);
        var (tries, holds) = await DealStore.Tries(s, d.Id, ct);
        var added = await DealStore.Added(s, d.Id, ct);
        IReadOnlyList<UnitLeg> legs = step.Act == DealAct.Add ? [UnitLegs.Adding(added.Count + 1, step.Units!.Value)] : UnitLegs.Of(d.Terms, EventOf(step.Act)!.Value, added, d.Held);
        foreach (var leg in legs.Where(l => l.Act is UnitAct.Hold or UnitAct.Lien)) holds[leg.Slot] = tries;
        await DealStore.KeepHolds(s, d.Id, holds, ct);
        if (legs.Any(l => l is { Act: UnitAct.Hold, From: Side.Giver }) && await FreeAt(s, d, ct) is { Ok: true } free) await s.Run("update registry.deal set free_at = $2 where id = $1", ct, d.Id, free.Value);
        if (step.Act == DealAct.Add)
        {
            await s.Run("insert into registry.deal_addition (deal_id, place, units) values ($1, $2, $3)", ct, d.Id, added.Count + 1, step.Units!.Value);
            await Progress(s, d.Id, ct);
        }
        else await Reached(s, d, EventOf(step.Act)!.Value, ct);
    }

    /// <summary>Writes the state an event led to, and goes on with what follows.</summary>
    async Task Reached(DbSession s, Deal d, DealEvent happened, CancellationToken ct)
    {
        var state = DealLife.Table.Next(d.State, happened).Value;
        var (due, defaulted) = happened switch { DealEvent.Call => (s.Today().PlusDays(d.Terms.CallDays), d.DefaultedOn), DealEvent.Meet => (null, null), DealEvent.Cure => (null, null), DealEvent.Miss => (d.CallDue, s.Today()), _ => (d.CallDue, d.DefaultedOn) };
        var held = d.Held || happened == DealEvent.Cover || (happened == DealEvent.Accept && d.Terms.Covered);
        await s.Run("update registry.deal set state = $2, held = $3, call_due = $4, defaulted_on = $5, ended_at = $6, row_version = row_version + 1 where id = $1", ct, d.Id, (short)state, held, due, defaulted, DealLife.Table.Final.Contains(state) ? s.Now : null);
        if (happened == DealEvent.Accept) await DealStore.AddCash(s, d.Id, CashLegs.Opening(d.Terms), ct);
        await s.Audit(new AuditEntry("registry-deal." + happened.ToString().ToLowerInvariant(), "registry-deal", d.Id.ToString(), Details: new { d.Terms.Kind, State = state }), ct);
        await Tell(s, d, state.ToString().ToLowerInvariant(), ct);
        await Progress(s, d.Id, ct);
    }

    /// <summary>What follows of itself: money that is there opens or settles, security that is enough again ends a call or a default by it.</summary>
    internal async Task Progress(DbSession s, Guid id, CancellationToken ct)
    {
        if (await DealStore.Find(s, id, ct) is not { Moving: false } d) return;
        var acts = d.State switch
        {
            DealState.Agreed => [DealAct.Open],
            DealState.Open when await Closing(s, d, ct) => [DealAct.Settle],
            DealState.Called => await Closing(s, d, ct) ? [DealAct.Settle, DealAct.Meet] : [DealAct.Meet],
            DealState.Defaulted => await Closing(s, d, ct) ? [DealAct.Settle, DealAct.Cure] : [DealAct.Cure],
            _ => Array.Empty<DealAct>(),
        };
        foreach (var act in acts)
        {
            if (!DealLife.Next(d.State, EventOf(act)!.Value, d.Terms, await Facts(s, d, null, ct)).Ok) continue;
            var step = new DealStep(s.NewId(), act, null, null, null, DealStepState.Done, null, null, null, s.Actor.PersonId, s.Now, null, null);
            await DealStore.AddStep(s, d.Id, step, ct);
            await Apply(s, d, EventOf(act)!.Value, step, ct);
            return;
        }
    }

    /// <summary>Whether somebody began the end: its money stands written. Without it a deal that owes nothing would end on its first day.</summary>
    static async Task<bool> Closing(DbSession s, Deal d, CancellationToken ct) => (await DealStore.Cash(s, d, ct)).Any(c => c.When == CashWhen.Closing);

    /// <summary>Every side hears of it but the person who did it.</summary>
    internal static async Task Tell(DbSession s, Deal d, string word, CancellationToken ct)
    {
        foreach (var organisation in new[] { d.GiverOrganisation, d.TakerOrganisation, d.BeneficiaryOrganisation ?? d.GiverOrganisation }.Distinct())
            if (d.State != DealState.Drafted || organisation == d.OrganisationOf(d.Proposer) || word == "proposed")
                await s.Notify(new Notice(RegistryNotices.Finance, new NoticeTo(Organisation: organisation, Roles: d.Credits is null ? [Role.AccountRepresentative] : ProjectRoles.Writers, Without: s.Actor.PersonId), "registry.notice.deal." + word,
                    new Dictionary<string, string> { ["units"] = $"{d.Terms.Units}", ["unit"] = d.Unit }, $"/finance/{d.Id}", "registry-deal", d.Id.ToString()), ct);
    }
}

/// <summary>Finishes a step of a deal once the Book answered.</summary>
sealed class DealMoved(IServiceProvider services) : IBookCommandKind
{
    public const string Name = "registry.deal";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct) =>
        ((DealDesk)services.GetService(typeof(DealDesk))!).Moved(session, row.Payload<Subject>().Id, row.Commands, outcomes, ct);
}
