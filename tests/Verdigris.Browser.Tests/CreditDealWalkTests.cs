using NodaTime;
using Verdigris.Registry.Credits.Demo;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Browser.Tests;

/// <summary>A pledge of credits at two desks, from the block's serial number to the units of a called margin: a developer that borrows, a buyer of credits that lends.</summary>
[Collection(nameof(Stage))]
public sealed class CreditDealWalkTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task Credits_are_pledged_by_their_serial_number_and_more_of_them_answer_a_call(string language) => Stage.Alone(Instant.FromUtc(2026, 11, 20, 9, 0), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        var cast = CreditPages.Cast;
        await CreditsDemo.Seed(stage.Get<IServiceProvider>(), cast, default);
        var block = (await stage.Do(cast.Developer, s => stage.Get<UnitQueries>().Holdings(s, default))).Where(b => b.VintageFrom?.Year == 2025).MaxBy(b => b.Units)!;
        await using var developer = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var developerSecond = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var lender = await Visitor.SignedIn(stage, language, "owner@demo");
        await using var lenderSecond = await Visitor.SignedIn(stage, language, "owner.approver@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");

        await lender.Open("/credits/holdings");
        var number = await lender.Page.Locator("main p code").Last.InnerTextAsync();
        await developer.Open("/credits/holdings");
        var own = await developer.Page.Locator("main p code").Last.InnerTextAsync();

        // Without a block nothing is known to be pledged.
        await developer.Open("/finance");
        await developer.Unfold("Input.Counterparty");
        await developer.Page.Locator("[name='Input.Kind']").SelectOptionAsync("Pledge");
        await developer.Page.Locator("[name='Input.Account']").SelectOptionAsync(own);
        await developer.Page.Locator("[name='Input.Giving']").SelectOptionAsync("true");
        await developer.Fill(("Input.Counterparty", number), ("Input.Units", "1000"), ("Input.Currency", "USD"), ("Input.Start", "2026-11-20"), ("Input.End", "2027-05-19"), ("Input.Principal", "6000"), ("Input.Rate", "6"), ("Input.InitialLtv", "60"), ("Input.CallLtv", "75"));
        await developer.Press("finance.label.propose");
        await developer.SeesWords("refusal.input.required");
        await Microsoft.Playwright.Assertions.Expect(developer.Page.Locator(".field.has-error [name='Input.Serial']")).ToHaveCountAsync(1);
        await developer.Fill(("Input.Serial", block.Serial));
        await developer.Press("finance.label.propose");
        await developer.SeesWords("finance.done.proposed");
        var deal = new Uri(developer.Page.Url).AbsolutePath;
        await developerSecond.Approve();
        await FinanceWalkTests.Act(lender, deal, "Accept");
        await lenderSecond.Approve();
        await FinanceWalkTests.Act(lender, deal, "Claim");
        await FinanceWalkTests.Act(developer, deal, "Confirm");
        await developerSecond.Approve();
        await developer.Open(deal);
        await developer.SeesWords("finance.state.Open");
        await developer.Open("/credits/holdings");
        await developer.SeesWords("credits.waiting");

        // The programme's officer publishes what credits of the project and year are worth, and the lender calls.
        await officer.Open("/finance");
        await officer.Unfold("PriceInput.Price");
        await officer.Fill(("PriceInput.Unit", "ACR-ERT"), ("PriceInput.Vintage", "2025"), ("PriceInput.Project", "100001"), ("PriceInput.Currency", "USD"), ("PriceInput.Day", "2026-11-20"), ("PriceInput.Price", "7.5"), ("PriceInput.Source", "Two brokers"));
        await officer.Press("finance.label.price-new");
        await officer.SeesWords("finance.done.price");
        await FinanceWalkTests.Act(lender, deal, "Call");
        await lender.SeesWords("finance.state.Called");
        await developer.Open(deal);
        await developer.Page.Locator("[name='Input.Act']").SelectOptionAsync("Add");
        await developer.Fill(("Input.Units", "400"));
        await developer.Page.Locator("[name='Input.Serial']").SelectOptionAsync(new Microsoft.Playwright.SelectOptionValue { Index = 1 });
        await developer.Press("finance.do");
        await developerSecond.Approve();
        await developer.Open(deal);
        await developer.SeesWords("finance.state.Open");
        await developer.SeesWords("finance.label.added");
    }
}
