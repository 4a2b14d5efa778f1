using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>A payment from the first word of the trade to the second person who lets it pass.</summary>
[Collection(nameof(Stage))]
public sealed class PaymentWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_payment_is_held_back_filled_waived_by_two_and_let_pass_by_another_person(string language)
    {
        await PaymentPages.Stocked(stage);
        var certificate = (await stage.Published("PAYWALK" + language.ToUpperInvariant())).Certificate;
        await using var owner = await Visitor.SignedIn(stage, language, "owner@demo");
        ILocator Named(string name) => owner.Page.Locator($"[name='{name}']");
        await owner.Open("/payments");
        await owner.Follow("payment.open");
        var reference = "WALK-" + language;
        await Named("Input.Reference").FillAsync(reference);
        await Named("Input.Metal").SelectOptionAsync("AL");
        await Named("Input.TonnesPayable").FillAsync((certificate.Content.NetKg / 1000).ToString(CultureInfo.InvariantCulture));
        await Named("Input.PricePerTonne").FillAsync("much");
        await Named("Input.Origin").FillAsync("fi");
        await Named("Input.Goods").FillAsync(certificate.Number);
        await Named("Input.Parties[0].Name").FillAsync("Walking Trade House");
        await owner.Press("payment.open-now");
        // A price in words is refused, and nothing typed is lost.
        await Assertions.Expect(Named("Input.Reference")).ToHaveValueAsync(reference);
        await Assertions.Expect(Named("Input.Parties[0].Name")).ToHaveValueAsync("Walking Trade House");
        await Named("Input.PricePerTonne").FillAsync("2400");
        await owner.Press("payment.open-now");
        await owner.SeesWords("payment.state.Blocked");
        await owner.SeesWords("payment.finding.bill-missing");
        var path = new Uri(owner.Page.Url).AbsolutePath;

        await owner.Follow("payment.revise");
        foreach (var (name, value) in new[] { ("Number", "BL-1"), ("IssuedOn", "2026-11-01"), ("CustomsCode", "7601.10"), ("NetKg", certificate.Content.NetKg.ToString(CultureInfo.InvariantCulture)), ("PortOfLoading", "noosl"), ("PortOfDischarge", "nlrtm") })
            await Named("Input.BillOfLading." + name).FillAsync(value);
        foreach (var (name, value) in new[] { ("PolicyNo", "P-1"), ("Insurer", "Sound Cover"), ("From", "2026-10-01"), ("To", "2036-12-31"), ("Amount", "99000000") }) await Named("Input.Insurance." + name).FillAsync(value);
        await owner.Press("payment.save");
        await owner.SeesWords("passport.done.payment-saved");
        foreach (var kind in new[] { "bill-of-lading", "origin-certificate", "insurance-policy" })
        {
            await Named("Kind").SelectOptionAsync(kind);
            await owner.Page.Locator("input[type=file]").SetInputFilesAsync(new FilePayload { Name = kind + ".csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes($"a,b\n1,{kind} {language}\n") });
            await owner.Press("payment.attach");
            await owner.SeesWords("passport.done.payment-attached");
        }
        await Named("Waiver.Item").SelectOptionAsync("origin");
        await Named("Waiver.Reason").FillAsync("Typing slip of " + reference);
        await owner.Press("payment.propose-waiver");
        await owner.SeesWords("passport.done.payment-waiver-proposed");

        await using var second = await Visitor.SignedIn(stage, language, "owner.approver@demo");
        await second.Open("/tasks");
        await second.FollowText("Typing slip of " + reference);
        await second.Press("server.task.approve");
        await second.SeesWords("server.task.done.approved");
        await second.Open(path);
        await second.SeesWords("payment.state.Ready");
        await second.Page.GetByLabel(second.Text("payment.pass")).CheckAsync();
        await second.Press("payment.do-it");
        // The voyage's length is not known: whoever lets it pass says why.
        await second.SeesWords("refusal.payment.warnings-unanswered", ("count", "1"));
        await second.Page.GetByLabel(second.Text("payment.pass")).CheckAsync();
        await second.Page.Locator("[name='Decision.Remark']").FillAsync("Known route");
        await second.Press("payment.do-it");
        await second.SeesWords("payment.state.Passed");
        await second.SeesWords("payment.waived");
        await second.Sees("Typing slip of " + reference);
    }
}
