using NodaTime;
using Verdigris.Registry.Demo;

namespace Verdigris.Browser.Tests;

/// <summary>An operator's compliance year at a browser, from the permit to status A, with the authority at another; on a working day in the registry's hours.</summary>
[Collection(nameof(Stage))]
public sealed class RegistryWalkTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task An_operator_is_permitted_gets_its_allocation_surrenders_and_is_compliant(string language) => Stage.Alone(Instant.FromUtc(2026, 3, 3, 10, 0), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        // The market has an authority, the smelter is admitted and has an account for another installation already.
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        await using var first = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var second = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");

        await first.Open("/registry/installations");
        await first.Unfold("FirstYear");
        await first.Fill(("InstallationName", "Sundal smelter"), ("Country", "NO"), ("Activity", "Production of primary aluminium"), ("FirstYear", "2025"));
        await first.Press("registry.installation.apply");
        var installation = new Uri(first.Page.Url).AbsolutePath;

        await officer.Open(installation);
        await officer.Fill(("Permit", "NO-2026-0001"));
        await officer.Press("registry.permit.propose");
        await approver.Approve();

        await first.Open("/registry");
        await first.Unfold("AccountName");
        await first.Page.Locator("[name='Kind']").SelectOptionAsync("eu-ets/operator-holding");
        await first.Fill(("AccountName", "Sundal operator holding"));
        await first.Page.Locator("[name='InstallationId']").SelectOptionAsync(installation.Split('/')[^1]);
        await first.Press("registry.account.ask");
        var account = new Uri(first.Page.Url).AbsolutePath;
        await officer.Approve();
        foreach (var person in new[] { "Tor Bakke", "Ingrid Solheim" })
        {
            await first.Open(account);
            await first.Unfold("PersonId");
            await first.Page.Locator("[name='PersonId']").SelectOptionAsync(new Microsoft.Playwright.SelectOptionValue { Label = person });
            await first.Press("registry.representative.name");
            await officer.Approve();
        }

        await officer.Open(installation);
        await officer.SeesWords("registry.status.C");
        await officer.Unfold("Tonnes");
        await officer.Fill(("DetermineYear", "2025"), ("Tonnes", "292000"), ("DetermineReason", "The report came on paper"));
        await officer.Press("registry.determine");
        await approver.Approve();

        // 200,000 t of primary aluminium at the benchmark of 1.464, by the method, with its trace.
        await officer.Open(installation);
        await officer.Unfold("AllocationYear");
        await officer.Fill(("AllocationYear", "2025"), ("AllocationInput", """{"scheme":"eu-ets","year":2025,"subInstallations":[{"benchmark":1.464,"historicalActivity":200000,"carbonLeakage":true}],"cscf":1}"""));
        await officer.Press("registry.allocation.propose");
        await approver.Approve();
        await officer.Open(installation);
        await officer.Press("registry.allocation.deliver");
        await approver.Approve();

        await first.Open(account);
        await first.Sees("292,800");
        await first.Unfold("Quantity");
        await first.Page.Locator("[name='Kind']").SelectOptionAsync("surrender");
        await first.Page.Locator("[name='Unit']").SelectOptionAsync("EUA");
        await first.Fill(("Quantity", "292000"), ("Year", "2025"));
        await first.Press("registry.transaction.propose");
        await second.Approve();

        await first.Open(installation);
        await first.SeesWords("registry.status.A");
        await first.Open(account);
        await first.Sees("800");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task What_was_bought_at_an_auction_is_delivered_and_passed_on_to_the_buyers_trading_account(string language) => Stage.Alone(Instant.FromUtc(2026, 3, 3, 10, 0), stage => Delivery(stage, language));

    static async Task Delivery(Stage stage, string language)
    {
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");
        await using var buyer = await Visitor.SignedIn(stage, language, "owner@demo");
        await using var second = await Visitor.SignedIn(stage, language, "owner.approver@demo");

        await buyer.Open("/registry?find=Auction delivery");
        var delivery = await buyer.Page.Locator("main table tbody th code").First.InnerTextAsync();
        await buyer.Page.Locator("main table tbody th a").First.ClickAsync();
        var deliveryPage = new Uri(buyer.Page.Url).AbsolutePath;
        await buyer.Open("/registry?find=Trading");
        var trading = await buyer.Page.Locator("main table tbody th code").First.InnerTextAsync();
        await buyer.Page.Locator("main table tbody th a").First.ClickAsync();
        var tradingPage = new Uri(buyer.Page.Url).AbsolutePath;

        // The result: 12,500 to this buyer.
        await officer.Open("/registry?scheme=eu-ets&find=EU auction account");
        await officer.Page.Locator("main table tbody th a").First.ClickAsync();
        await officer.Unfold("Quantity");
        await officer.Page.Locator("[name='Kind']").SelectOptionAsync("auction-delivery");
        await officer.Page.Locator("[name='Unit']").SelectOptionAsync("EUA");
        await officer.Fill(("To", delivery), ("Quantity", "12500"), ("Note", "Auction of 3 March 2026"));
        await officer.Press("registry.transaction.propose");
        await approver.Approve();

        await buyer.Open(deliveryPage);
        await buyer.Sees("12,500");
        await buyer.Unfold("Quantity");
        await buyer.Page.Locator("[name='Kind']").SelectOptionAsync("transfer");
        await buyer.Page.Locator("[name='Unit']").SelectOptionAsync("EUA");
        await buyer.Fill(("To", trading), ("Quantity", "12500"));
        await buyer.Press("registry.transaction.propose");
        await second.Approve();

        // Own accounts trust one another: nothing waits. 250,000 of the demo less 30,000 sold, and the 12,500.
        await buyer.Open(tradingPage);
        await buyer.Sees("232,500");
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task An_account_with_units_is_closed_and_they_are_in_the_holders_other_account(string language) => Stage.Alone(Instant.FromUtc(2026, 3, 3, 10, 0), stage => Closing(stage, language));

    static async Task Closing(Stage stage, string language)
    {
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");
        await using var buyer = await Visitor.SignedIn(stage, language, "owner@demo");
        await using var second = await Visitor.SignedIn(stage, language, "owner.approver@demo");

        await buyer.Open("/registry?find=Trading");
        var trading = await buyer.Page.Locator("main table tbody th code").First.InnerTextAsync();
        await buyer.Page.Locator("main table tbody th a").First.ClickAsync();
        var tradingPage = new Uri(buyer.Page.Url).AbsolutePath;

        // A second desk, with a thousand units of the first.
        await buyer.Open("/registry");
        await buyer.Unfold("AccountName");
        await buyer.Page.Locator("[name='Kind']").SelectOptionAsync("eu-ets/trading");
        await buyer.Fill(("AccountName", "Second desk"));
        await buyer.Press("registry.account.ask");
        var desk = new Uri(buyer.Page.Url).AbsolutePath;
        await officer.Approve();
        await buyer.Open("/registry?find=Second desk");
        var deskId = await buyer.Page.Locator("main table tbody th code").First.InnerTextAsync();
        await buyer.Open(tradingPage);
        await buyer.Unfold("Quantity");
        await buyer.Page.Locator("[name='Kind']").SelectOptionAsync("transfer");
        await buyer.Page.Locator("[name='Unit']").SelectOptionAsync("EUA");
        await buyer.Fill(("To", deskId), ("Quantity", "1000"));
        await buyer.Press("registry.transaction.propose");
        await second.Approve();
        await buyer.Open(tradingPage);
        await buyer.Sees("219,000");

        await buyer.Open(desk);
        await buyer.Page.Locator("a[href$='/closing']").ClickAsync();
        await buyer.Sees("1,000");
        // Without an account that gets them nothing happens; the page says so at the field.
        await buyer.Fill(("To", "EU-100-1-0-11"));
        await buyer.Press("registry.account.close");
        await buyer.Sees("EU-100-1-0-11");
        await buyer.Fill(("To", trading));
        await buyer.Press("registry.account.close");
        await buyer.SeesWords("registry.done.closing");
        await officer.Approve();
        await approver.Approve();
        await buyer.Open(desk + "/closing");
        await buyer.SeesWords("registry.account.state.Closed");
        await buyer.SeesWords("registry.transaction.state.Completed");
        await buyer.Open(tradingPage);
        await buyer.Sees("220,000");
    }
}
