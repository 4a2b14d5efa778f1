using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Demo;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>The demo's registry, seen by an operator, a trader, the authority and the market's staff; with a frozen account, a stopped kind and a penalty. Made once for a stage.</summary>
static class RegistryPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    internal static RegistryCast Cast => new(Stage.Staff, Stage.Person(20, Stage.Authority, Role.AuthorityOfficer), Stage.Person(21, Stage.Authority, Role.AuthorityApprover),
        Stage.Person(2, Stage.Smelter, Role.AccountRepresentative, Role.Administrator), Stage.Person(1, Stage.Smelter, Role.AccountRepresentative), Stage.Person(7, Stage.Albion, Role.AccountRepresentative, Role.Administrator), Stage.Person(10, Stage.Albion, Role.AccountRepresentative));

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        var cast = Cast;
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        await FinanceDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        var accounts = (await stage.Do(cast.Operator, s => stage.Get<AccountHandlers>().List(s, new(RegistryDemo.Scheme), default))).Items;
        var trading = (await stage.Do(cast.Trader, s => stage.Get<AccountHandlers>().List(s, new(RegistryDemo.Scheme, "trading"), default))).Items[0];
        var central = (await stage.Do(cast.Officer, s => stage.Get<AccountHandlers>().List(s, new(RegistryDemo.Scheme, "allocation"), default))).Items[0];
        var installation = (await stage.Do(cast.Operator, s => stage.Get<InstallationHandlers>().List(s, null, null, null, null, null, 10, default))).Items[0];
        var asked = await stage.Do(cast.Operator, s => stage.Get<InstallationHandlers>().Apply(s, new(RegistryDemo.Scheme, "Sundal smelter", "NO", "Production of primary aluminium", installation.FirstYear), default));
        // A power plant of China, permitted without a kind: gas by decision, and another waits.
        async Task<Installation> Plant(string name, string activity, string permit, string? relief = null)
        {
            var plant = await stage.Do(cast.Operator, s => stage.Get<InstallationHandlers>().Apply(s, new("cn-ets", name, "CN", activity, 2021, Relief: relief), default));
            plant = await stage.Do(cast.Officer, s => stage.Get<InstallationHandlers>().Permit(s, plant.Id, permit, default));
            await stage.Do(cast.Approver, s => stage.Get<Approvals>().Decide(s, plant.TaskId!.Value, true, null, default));
            return plant;
        }
        var plant = await Plant("Jinjiang power plant", "Electricity and heat", "CN-2021-014");
        var gas = await stage.Do(cast.Operator, s => stage.Get<PlantClasses>().Propose(s, plant.Id, new("gas", 2022, "The unit burns natural gas since January 2022; see the permit of the power authority"), default));
        await stage.Do(cast.Officer, s => stage.Get<Approvals>().Decide(s, gas.TaskId!.Value, true, null, default));
        await stage.Do(cast.Officer, s => stage.Get<PlantClasses>().Propose(s, plant.Id, new("coal", 2021, "Coal until the end of 2021, by the report of the inspection"), default));
        var other = await Plant("Minhang power plant", "Electricity", "CN-2021-015", "coal");
        var transactions = (await stage.Do(cast.Operator, s => stage.Get<TransactionHandlers>().List(s, new(Account: accounts[0].Account, Limit: 200), default))).Items;
        RegistryTransaction In(TransactionState state) => transactions.First(t => t.State == state);
        var closing = (await stage.Do(cast.Trader, s => stage.Get<AccountHandlers>().List(s, new(RegistryDemo.Scheme, "auction-delivery"), default))).Items[0];
        await stage.Do(cast.Trader, s => stage.Get<ClosingHandlers>().Ask(s, closing.Account, null, default));
        await stage.Do(cast.Officer, s => stage.Get<FreezeHandlers>().Account(s, trading.Account, Book.FreezeScope.In, "A question about the holder's bank", default));
        await stage.Do(cast.Officer, s => stage.Get<FreezeHandlers>().Stop(s, RegistryDemo.Scheme, "external-transfer", "The other registry does not answer", default));
        await stage.Do(cast.Officer, s => stage.Get<ComplianceHandlers>().Allocate(s, installation.Id, new(installation.FirstYear + 2, null, "ets.free-allocation",
            System.Text.Json.Nodes.JsonNode.Parse("""{"scheme":"eu-ets","year":2025,"subInstallations":[{"benchmark":1.464,"historicalActivity":200000,"carbonLeakage":true}],"cscf":1}"""), "by the method"), default));
        var holders = await stage.Do(cast.Operator, async s => (Answer<List<Holder>>)await stage.Get<HolderHandlers>().List(s, null, default));
        string Account(long account) => $"/registry/accounts/{account}";
        string Transaction(TransactionState state) => $"/registry/transactions/{In(state).Id}";
        return
        [
            ("smelter@demo", ["/registry", "/registry?state=Closed", "/registry/transactions", "/registry/transactions?kind=nothing", Account(accounts[0].Account), Transaction(TransactionState.Proposed), Transaction(TransactionState.Delayed), Transaction(TransactionState.Completed), "/registry/installations", $"/registry/installations/{installation.Id}", $"/registry/installations/{plant.Id}", $"/registry/installations/{other.Id}", "/registry/holders", $"/registry/holders/{holders[0].Id}"]),
            ("smelter.approver@demo", [Account(accounts[0].Account), Account(accounts[0].Account) + "/closing", $"/registry/holders/{holders[0].Id}", $"/registry/installations/{asked.Id}"]),
            ("owner@demo", ["/registry", Account(trading.Account)]),
            ("officer@demo", ["/registry", Account(trading.Account), Account(closing.Account) + "/closing", Account(central.Account), Transaction(TransactionState.Completed), "/registry/installations", $"/registry/installations/{installation.Id}", $"/registry/installations/{asked.Id}", $"/registry/installations/{other.Id}", "/registry/holders", $"/registry/holders/{holders[0].Id}", "/registry/safety"]),
            ("authority@demo", ["/registry/safety", "/registry/transactions"]),
            ("exchange@demo", ["/registry/holders"]),
        ];
    }
}
