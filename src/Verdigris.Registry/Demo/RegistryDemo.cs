using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Registry.Demo;

/// <summary>Who plays in the demo. Both people of a holder are account representatives; the first is its administrator too.</summary>
/// <param name="Staff">Of the market: names the authority.</param>
public sealed record RegistryCast(Actor Staff, Actor Officer, Actor Approver, Actor Operator, Actor OperatorSecond, Actor Trader, Actor TraderSecond);

/// <summary>
/// A registry in the demo: an authority that administers every operating scheme, a smelter and a trader admitted to that of the European Union, the smelter's installation with two years behind it, a surrender done, another that waits, and
/// a transfer under way. Everything by the use cases people use; names, permits and figures are invented. Safe to repeat.
/// </summary>
public static class RegistryDemo
{
    public const string Scheme = "eu-ets", InstallationName = "Nordvik smelter";

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, RegistryCast cast, CancellationToken ct)
    {
        var play = new Play(services, cast, ct);
        await play.Administered();
        var smelter = await play.Admitted(cast.Operator);
        var trader = await play.Admitted(cast.Trader);
        var installation = await play.Permitted();
        var holding = await play.Account(cast.Operator, "operator-holding", "Nordvik operator holding", installation.Id, trustedOnly: false);
        var trading = await play.Account(cast.Trader, "trading", "Trading", null, trustedOnly: false);
        var auctioned = await play.Account(cast.Trader, "auction-delivery", "Auction delivery", null, trustedOnly: true);
        await play.Represented(holding, smelter, cast.Operator, cast.OperatorSecond);
        foreach (var account in new[] { trading, auctioned }) await play.Represented(account, trader, cast.Trader, cast.TraderSecond);
        await play.Years(installation, holding, trading, auctioned);
    }

    /// <summary>Both holders in the national scheme of China, each with a trading account, and credits of reductions taken into the smelter's.</summary>
    internal static async Task<(long Smelter, long Trader)> Credits(IServiceProvider services, RegistryCast cast, string scheme, string unit, string vintage, long quantity, CancellationToken ct)
    {
        var play = new Play(services, cast, ct, scheme);
        var (smelter, trader) = (await play.Admitted(cast.Operator), await play.Admitted(cast.Trader));
        var own = await play.Account(cast.Operator, "trading", "Nordvik credits", null, trustedOnly: false);
        var other = await play.Account(cast.Trader, "trading", "China desk", null, trustedOnly: false);
        await play.Represented(own, smelter, cast.Operator, cast.OperatorSecond);
        await play.Represented(other, trader, cast.Trader, cast.TraderSecond);
        await play.Deposited(own, unit, vintage, quantity, "Ended in the registry of certified reductions for use in the national scheme, certificate 2026-0173 (demo)");
        return (own, other);
    }

    sealed class Play(IServiceProvider services, RegistryCast cast, CancellationToken ct, string code = Scheme)
    {
        readonly Scheme scheme = services.GetRequiredService<SchemeSet>().Find(code)!;

        public async Task Administered()
        {
            var administration = services.GetRequiredService<Administration>();
            await using var s = Session(cast.Staff);
            foreach (var standing in await administration.All(s, ct))
                if (standing.AdministratorId is null) Take(await administration.Appoint(s, standing.Scheme, cast.Officer.OrganisationId, ct));
        }

        public async Task<Guid> Admitted(Actor who)
        {
            var handlers = services.GetRequiredService<HolderHandlers>();
            await using var s = Session(who);
            var holder = (await handlers.List(s, null, ct)).FirstOrDefault(h => h.Scheme == code && h.OrganisationId == who.OrganisationId) ?? Take(await handlers.Apply(s, code, ct)).Holder;
            foreach (var missing in Take(await handlers.Read(s, holder.Id, ct)).Missing) await Paper(s, holder.Id, missing, null);
            if (holder.State != HolderState.Applied) return holder.Id;
            await using (var officer = Session(cast.Officer))
                if (holder.TaskId is null) Take(await handlers.Propose(officer, holder.Id, officer.Today().PlusYears(2), ct));
            await Decided(cast.Approver, holder.Id);
            return holder.Id;
        }

        public async Task<Installation> Permitted()
        {
            var handlers = services.GetRequiredService<InstallationHandlers>();
            await using var s = Session(cast.Operator);
            var known = Take(await handlers.List(s, Scheme, null, InstallationName, null, null, 10, ct)).Items.FirstOrDefault() ?? Take(await handlers.Apply(s, new(Scheme, InstallationName, "NO", "Production of primary aluminium", s.Today().Year - 2), ct));
            if (known.State == InstallationState.Applied)
            {
                await using (var officer = Session(cast.Officer))
                    if (known.TaskId is null) Take(await handlers.Permit(officer, known.Id, "NO-2017-0417", ct));
                await Decided(cast.Approver, known.Id);
            }
            return Take(await handlers.Read(s, known.Id, ct));
        }

        public async Task<long> Account(Actor who, string kind, string name, Guid? installation, bool trustedOnly)
        {
            var handlers = services.GetRequiredService<AccountHandlers>();
            await using var s = Session(who);
            var known = Take(await handlers.List(s, new(code, kind, Find: name), ct)).Items.FirstOrDefault() ?? Take(await handlers.Ask(s, new(code, kind, name, installation, trustedOnly), ct));
            if (known.State == AccountState.Proposed) await Decided(cast.Officer, AccountHandlers.IdOf(known.Account));
            return known.Account;
        }

        public async Task Represented(long account, Guid holder, params Actor[] people)
        {
            var access = services.GetRequiredService<AccessHandlers>();
            await using var s = Session(people[0]);
            foreach (var person in people)
            {
                var known = Take(await access.Representatives(s, account, ct)).FirstOrDefault(r => r.PersonId == person.PersonId && r.State != RepresentativeState.Removed);
                if (known is null)
                {
                    var documents = Take(await services.GetRequiredService<HolderHandlers>().Read(s, holder, ct)).Documents;
                    foreach (var needed in scheme.Documents.Where(d => d.AppliesTo == "representative" && !documents.Any(x => x.Document == d.Document && x.PersonId == person.PersonId))) await Paper(s, holder, needed.Document, person.PersonId);
                    known = Take(await access.Name(s, account, person.PersonId, Right.Both, ct));
                }
                if (known.State == RepresentativeState.Proposed) await Decided(cast.Officer, known.Id);
            }
        }

        /// <summary>The year before last settled; last year's emissions and allocation there, part of it bought, the surrender waiting for its second person.</summary>
        public async Task Years(Installation installation, long holding, long trading, long auctioned)
        {
            var compliance = services.GetRequiredService<ComplianceHandlers>();
            var transactions = services.GetRequiredService<TransactionHandlers>();
            await using var officer = Session(cast.Officer);
            await using var first = Session(cast.Operator);
            if (Take(await transactions.List(first, new(Account: holding, Limit: 200), ct)).Items.Any(t => t.Kind == "surrender" && t.State == TransactionState.Proposed)) return;
            var numbers = services.GetRequiredService<SchemeNumbers>();
            var year = officer.Today().Year;
            foreach (var to in new[] { "allocation", "auction" }) await Central("issue", numbers.Central(Scheme, "total-quantity"), numbers.Central(Scheme, to), 2_000_000);
            foreach (var (of, tonnes, free) in new[] { (year - 2, 412_300L, 380_640L), (year - 1, 405_870L, 380_640L) })
            {
                var before = Take(await compliance.Read(officer, installation.Id, ct)).Years.Single(y => y.Year == of);
                if (before.Emissions is null)
                {
                    var entered = Take(await compliance.Determine(officer, installation.Id, new(of, tonnes, "Verified report on paper, taken over when the registry opened."), ct));
                    await Decided(cast.Approver, entered.Id);
                }
                if (before.Allocated is null)
                {
                    var allocation = Take(await compliance.Allocate(officer, installation.Id, new(of, free, Reason: "Benchmark of primary aluminium, 260,000 t, as notified."), ct));
                    await Decided(cast.Approver, allocation.Id);
                    await Decided(cast.Approver, Take(await compliance.Deliver(officer, allocation.Id, ct)).Id);
                }
            }
            await using var trader = Session(cast.Trader);
            // Bought at an auction: delivered to the buyer's delivery account, and passed on to his trading account, which it trusts.
            await Central("auction-delivery", numbers.Central(Scheme, "auction"), auctioned, 250_000);
            await Decided(cast.TraderSecond, Take(await transactions.Propose(trader, new(auctioned, "transfer", await Id(trader, trading), "EUA", null, 250_000), ct)).Id);
            var surrendered = Take(await transactions.Propose(first, new(holding, "surrender", null, "EUA", null, 412_300, year - 2), ct));
            await Decided(cast.OperatorSecond, surrendered.Id);
            Take(await transactions.Propose(first, new(holding, "surrender", null, "EUA", null, 300_000, year - 1), ct));
            var sold = Take(await transactions.Propose(trader, new(trading, "transfer", await Id(first, holding), "EUA", null, 30_000, Reason: "Sale of 30,000 allowances to the smelter"), ct));
            await Decided(cast.TraderSecond, sold.Id);
        }

        /// <summary>Credits into an account of the scheme, once.</summary>
        public async Task Deposited(long account, string unit, string vintage, long quantity, string reason)
        {
            await using (var officer = Session(cast.Officer))
                if (Take(await services.GetRequiredService<TransactionHandlers>().List(officer, new(Account: account, Limit: 200), ct)).Items.Any(t => t.Kind == "deposit-credits")) return;
            await Central("deposit-credits", services.GetRequiredService<SchemeNumbers>().Central(code, "total-quantity"), account, quantity, unit, vintage, reason);
        }

        async Task Central(string kind, long from, long to, long quantity, string unit = "EUA", string? vintage = null, string? reason = null)
        {
            await using var s = Session(cast.Officer);
            await Decided(cast.Approver, Take(await services.GetRequiredService<TransactionHandlers>().Propose(s, new(from, kind, await Id(s, to), unit, vintage, quantity, Reason: reason), ct)).Id);
        }

        async Task<string> Id(DbSession s, long account) => Take(await services.GetRequiredService<AccountHandlers>().Read(s, account, ct)).FullId;

        async Task Paper(DbSession s, Guid holder, string document, Guid? person)
        {
            using var content = new MemoryStream(Encoding.ASCII.GetBytes($"%PDF-1.7\n% {document}, demo\n%%EOF\n"));
            Take(await services.GetRequiredService<HolderHandlers>().AddDocument(s, holder, document, person, null, document + ".pdf", content, ct));
        }

        /// <summary>Decides the open task about a subject; where there is none any more, it was decided before.</summary>
        async Task Decided(Actor who, Guid subject)
        {
            await using var s = Session(who);
            var approvals = services.GetRequiredService<Approvals>();
            foreach (var task in (await approvals.Inbox(s, new(TaskView.ForMyOrganisation, SubjectId: subject.ToString()), ct)).Items) Take(await approvals.Decide(s, task.Id, true, null, ct));
        }

        DbSession Session(Actor who) => services.GetRequiredService<IDbSessions>().Open(who);

        static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
            : throw new InvalidOperationException("The demo of the registry was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
    }
}
