using Microsoft.Playwright;
using NodaTime;
using Verdigris.Book;

namespace Verdigris.Browser.Tests;

/// <summary>A new member at a browser: from the first step to a public certificate of retirement, with a statement that sums.</summary>
[Collection(nameof(Stage))]
public sealed class OneStopWalkTests
{
    [Fact]
    public Task A_new_member_onboards_deposits_trades_settles_reads_its_statement_and_retires() => Stage.Alone(Instant.FromUtc(2026, 11, 20, 3, 0), Walk);

    static async Task Walk(Stage stage)
    {
        await OneStopPages.People(stage);
        await OneStopPages.Known(stage);
        var foundry = await OneStopPages.Member(stage, OneStopPages.Foundry);
        await OneStopPages.Paid(stage, foundry, "HKD", 100_000);
        await OneStopPages.Linked(stage, OneStopPages.Foundry, foundry);
        await OneStopPages.Opened(stage, OneStopPages.Series, 32m);

        await using var desk = await Visitor.SignedIn(stage, "en", "desk@demo");
        await using var second = await Visitor.SignedIn(stage, "en", "desk.second@demo");
        await using var exchange = await Visitor.SignedIn(stage, "en", "exchange.market@demo");
        await using var clearing = await Visitor.SignedIn(stage, "en", "exchange.market.second@demo");
        await using var authority = await Visitor.SignedIn(stage, "en", "authority@demo");

        // Membership: the page of first steps leads there, and on from there.
        await Next(desk, "Membership");
        await desk.Press("market.member.apply");
        var membership = new Uri(desk.Page.Url).AbsolutePath;
        for (var papers = await desk.Page.Locator("[name='Document'] option").CountAsync(); papers > 0; papers--)
        {
            var paper = desk.Page.Locator("[name='Document']");
            await paper.SelectOptionAsync(new SelectOptionValue { Index = papers - 1 });
            await desk.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = $"paper{papers}.pdf", MimeType = "application/pdf", Buffer = "%PDF-1.7\npaper\n%%EOF"u8.ToArray() });
            await desk.Press("market.paper.add");
        }
        await desk.Open("/market/start");
        await desk.SeesWords("market.start.standing.Waits");
        await exchange.Open(membership);
        await exchange.Press("market.member.admit");
        await clearing.Approve();

        // A trading account, and money that arrived at the bank.
        await Next(desk, "TradingAccount");
        await desk.Fill(("AccountName", "Carbon desk"));
        await desk.Press("market.account.open");
        var account = new Uri(desk.Page.Url).AbsolutePath;
        var code = account.Split('/')[^1];
        await exchange.Open("/market/cash");
        if (!await exchange.Page.Locator("[name='InAccount']").IsVisibleAsync()) await exchange.Unfold("InAccount");
        await exchange.Fill(("InAccount", code), ("InAmount", "25000"), ("BankReference", "HSBC 20261120-0042"));
        await exchange.Page.Locator("[name='InCurrency']").SelectOptionAsync("HKD");
        await exchange.Press("market.cash.propose");
        await clearing.Approve();

        // Credits of a registry outside, immobilised there, come into the own account.
        await Next(desk, "RegistryAccount");
        await desk.Press("credits.account.open");
        await desk.Unfold("Brought");
        await desk.Fill(("Brought", OneStopPages.Solar), ("BroughtUnits", "2000"), ("Immobilised", "VERRA-IMM-2026-0117"));
        await desk.Press("credits.take-in.ask");
        await authority.Approve();

        // Linked, and brought to the market; a second person agrees.
        await Next(desk, "UnitsLink");
        await desk.Press("market.credits.link");
        await desk.SeesWords("market.done.credits-linked");
        await Next(desk, "Deposit");
        await desk.Page.Locator("[name='Serial']").SelectOptionAsync(new SelectOptionValue { Index = 1 });
        await desk.Fill(("DepositUnits", "1500"));
        await desk.Press("market.credits.deposit");
        await second.Approve();
        await desk.Open("/market/start");
        await desk.SeesWords("market.start.all");

        // Sold in Hong Kong dollars: the trade is settled with itself.
        await desk.Open($"/market/trade/{OneStopPages.Series}");
        await desk.SeesWords("market.phase.Continuous");
        await desk.Fill(("Quantity", "600"), ("Price", "32.10"));
        // The page sends the order without being left.
        await desk.Page.GetByRole(AriaRole.Button, new() { Name = desk.Text("market.trade.sell"), Exact = true }).ClickAsync();
        await desk.SeesWords("market.trade.rests");
        Assert.Equal(600, (await OneStopPages.Order(stage, OneStopPages.Foundry, foundry, OneStopPages.Series, Side.Buy, 600, 32.10m)).Traded);
        await desk.Open(account);
        await desk.Sees("44,260.00");
        await desk.Sees("900");

        // Retired from the trading screen: the second person agrees, and there is a certificate.
        await desk.Open($"/market/trade/{OneStopPages.Series}");
        await desk.Unfold("RetireBlock");
        await desk.Page.Locator("[name='RetireReason']").SelectOptionAsync("inventory");
        await desk.Fill(("RetireUnits", "150"), ("Beneficiary", "Albion Metal Traders"), ("Purpose", "Freight of 2025"));
        await desk.Press("market.credits.retire");
        await desk.SeesWords("credits.order.state.Proposed");
        var order = new Uri(desk.Page.Url).AbsolutePath;
        await second.Approve();
        await desk.Open(order);
        await desk.SeesWords("credits.order.state.Done");
        var certificate = await desk.Page.Locator("a[href^='/credits/retirements/']").First.GetAttributeAsync("href");
        await using var anybody = await Visitor.Come(stage, "en");
        await anybody.Open(certificate!);
        await anybody.SeesWords("credits.ending.title.Retired");
        await anybody.Sees("Albion Metal Traders");
        await anybody.SeesWords("credits.in-the-book");
        await anybody.Open((await anybody.Page.Locator("a[href^='/credits/serials']").First.GetAttributeAsync("href"))!);
        foreach (var step in new[] { "taken-in", "to-market", "from-market", "retired" }) await anybody.SeesWords("credits.life." + step);

        // The statement has it all, once the trade's print is written.
        await Prints(desk, account);
        foreach (var kind in new[] { "MoneyIn", "Trade", "Deposit", "Retirement" }) await desk.SeesWords("market.statement.kind." + kind);
        await desk.Sees("HSBC 20261120-0042");
        await desk.Sees("19,260.00");
        await desk.Sees("750");
        // On paper: the statement without what is pressed.
        await desk.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await Assertions.Expect(desk.Page.Locator("main .filters")).ToBeHiddenAsync();
        await Assertions.Expect(desk.Page.GetByText("HSBC 20261120-0042")).ToBeVisibleAsync();
        await desk.Page.EmulateMediaAsync(new() { Media = Media.Screen });
        var table = await (await desk.Page.APIRequest.GetAsync(new Uri(stage.Address, (await desk.Page.GetByRole(AriaRole.Link, new() { Name = "CSV", Exact = true }).First.GetAttributeAsync("href"))!).ToString())).TextAsync();
        var rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(rows, r => r.Contains("HKD", StringComparison.Ordinal) && r.Contains("closing", StringComparison.Ordinal) && r.Contains("44260", StringComparison.Ordinal));
        Assert.Contains(rows, r => r.Contains("Retirement", StringComparison.Ordinal) && r.Contains("-150", StringComparison.Ordinal));
        foreach (var visitor in new[] { desk, second, exchange, clearing, authority, anybody }) Assert.Empty(visitor.Errors);
    }

    /// <summary>Prints are written a moment after their trade.</summary>
    static async Task Prints(Visitor desk, string account)
    {
        for (var tries = 0; tries < 30; tries++)
        {
            await desk.Open(account + "/statement");
            if ((await desk.Page.Locator("main").InnerTextAsync()).Contains(OneStopPages.Series + " #", StringComparison.Ordinal)) return;
            await Task.Delay(500);
        }
        Assert.Fail("The statement never named the trade.");
    }

    /// <summary>From the page of first steps to where the next one is done.</summary>
    static async Task Next(Visitor desk, string step)
    {
        await desk.Open("/market/start");
        var row = desk.Page.Locator("main table tbody tr", new() { HasTextString = desk.Text("market.start.step." + step) }).Filter(new() { HasTextString = desk.Text("market.start.do") }).First;
        var href = await row.Locator("a").GetAttributeAsync("href");
        await desk.Open(href!);
    }
}
