using NodaTime;
using Verdigris.Registry.Demo;

namespace Verdigris.Browser.Tests;

/// <summary>A pledge at two browsers' desks, from the term sheet to the last money: both sides with two people each, and the authority that publishes the price it is watched by.</summary>
[Collection(nameof(Stage))]
public sealed class FinanceWalkTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task A_pledge_goes_from_its_term_sheet_to_the_money_back_and_the_units_free(string language) => Stage.Alone(Instant.FromUtc(2026, 3, 3, 10, 0), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        await using var borrower = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await using var borrowerSecond = await Visitor.SignedIn(stage, language, "smelter@demo");
        await using var lender = await Visitor.SignedIn(stage, language, "owner@demo");
        await using var lenderSecond = await Visitor.SignedIn(stage, language, "owner.approver@demo");
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");

        await officer.Open("/finance");
        await officer.Unfold("PriceInput.Price");
        await officer.Page.Locator("[name='PriceInput.Scheme']").SelectOptionAsync("eu-ets");
        await officer.Fill(("PriceInput.Unit", "EUA"), ("PriceInput.Currency", "EUR"), ("PriceInput.Day", "2026-03-03"), ("PriceInput.Price", "75.36"), ("PriceInput.Source", "Mean of the quarter's auctions"));
        await officer.Press("finance.label.price-new");
        await officer.SeesWords("finance.done.price");

        await lender.Open("/registry?find=Trading");
        var trading = await lender.Page.Locator("main table tbody th code").First.InnerTextAsync();

        // The sheet: 10,000 allowances for 450,000 at 4 %. Without a ratio it is refused where the ratio is missing.
        await borrower.Open("/finance");
        await borrower.Unfold("Input.Counterparty");
        await borrower.Page.Locator("[name='Input.Kind']").SelectOptionAsync("Pledge");
        await borrower.Page.Locator("[name='Input.Giving']").SelectOptionAsync("true");
        await borrower.Page.Locator("[name='Input.Unit']").SelectOptionAsync("EUA");
        await borrower.Fill(("Input.Counterparty", trading), ("Input.Units", "10000"), ("Input.Currency", "EUR"), ("Input.Start", "2026-03-03"), ("Input.End", "2026-08-30"), ("Input.Principal", "450000"), ("Input.Rate", "4"), ("Input.InitialLtv", "60"));
        await borrower.Press("finance.label.propose");
        await borrower.SeesWords("refusal.input.required");
        await Microsoft.Playwright.Assertions.Expect(borrower.Page.Locator(".field.has-error [name='Input.CallLtv']")).ToHaveCountAsync(1);
        await borrower.Fill(("Input.CallLtv", "75"));
        await borrower.Press("finance.label.propose");
        await borrower.SeesWords("finance.done.proposed");
        await borrower.SeesWords("finance.state.Drafted");
        var deal = new Uri(borrower.Page.Url).AbsolutePath;
        await lender.Open(deal);
        await lender.SeesNot("450,000");
        await borrowerSecond.Approve();

        await Act(lender, deal, "Accept");
        await lender.SeesWords("finance.state.Proposed"); // one person alone does not accept
        await lenderSecond.Approve();
        await borrower.Open(deal);
        await borrower.SeesWords("finance.state.Agreed");

        // The loan is paid outside; who pays says so, and two people of who receives confirm.
        await Act(lender, deal, "Claim", "SEPA 2026-0042");
        await Act(borrower, deal, "Confirm");
        await borrower.SeesWords("finance.state.Agreed");
        await borrowerSecond.Approve();
        await borrower.Open(deal);
        await borrower.SeesWords("finance.state.Open");
        await borrower.Sees("753,600"); // what the units are worth at the price published

        await Act(borrower, deal, "Close");
        await borrower.SeesWords("finance.cash.repayment");
        await Act(borrower, deal, "Claim", "SEPA 2026-0117");
        await Act(lender, deal, "Confirm");
        await lenderSecond.Approve();
        foreach (var side in new[] { borrower, lender })
        {
            await side.Open(deal);
            await side.SeesWords("finance.state.Settled");
            await side.SeesNot(side.Text("finance.label.now"));
        }
        await officer.Open(deal);
        await officer.SeesWords("finance.act.Settle");
    }

    /// <summary>Does what the page offers; of payments the first it offers.</summary>
    internal static async Task Act(Visitor who, string deal, string act, string? note = null)
    {
        await who.Open(deal);
        var option = who.Page.Locator($"[name='Input.Act'] option[value='{act}'], [name='Input.Act'] option[value^='{act}:']").First;
        await who.Page.Locator("[name='Input.Act']").SelectOptionAsync(await option.GetAttributeAsync("value") ?? act);
        if (note is not null) await who.Fill(("Input.Note", note));
        await who.Press("finance.do");
        await who.SeesWords("finance.done.act");
    }
}
