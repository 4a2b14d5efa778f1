using System.Globalization;
using System.Text;
using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>The whole walk in the browser: from a smelter's file to a warrant that changes hands, and the emissions that follow it.</summary>
[Collection(nameof(Stage))]
public sealed class WalkTests(Stage stage)
{
    static readonly string Direct = Stage.DirectTco2ePerT.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task A_certificate_becomes_a_warrant_and_its_emissions_follow_the_owner(string language)
    {
        var mark = language.ToUpperInvariant();
        var numbers = await SmelterBringsAFile(language, mark);
        await ApproverSignsAndPublishes(language, numbers[0]);
        var warrant = await WarehouseMatchesAndRequests(language, numbers[0], mark);
        await SecondPersonIssues(language, warrant);

        await using var owner = await Visitor.SignedIn(stage, language, "owner@demo");
        await owner.Open("/warrants");
        await owner.FollowText(warrant);
        var path = new Uri(owner.Page.Url).AbsolutePath;
        await owner.SeesWords("passport.because.LegalOwner");
        await owner.Sees(Direct);
        await owner.Field("passport.transfer.to").SelectOptionAsync(Stage.Bluewater.ToString());
        await owner.Press("passport.transfer.propose");
        await owner.SeesWords("passport.done.transfer-proposed");

        await using var buyer = await Visitor.SignedIn(stage, language, "buyer@demo");
        await BuyerAccepts(buyer, warrant);
        Assert.Equal(path, new Uri(buyer.Page.Url).AbsolutePath);
        await buyer.SeesWords("passport.because.LegalOwner");
        await buyer.Sees(Direct);

        await FormerOwnerSeesNothing(owner, path, numbers[0], warrant);
    }

    async Task<IReadOnlyList<string>> SmelterBringsAFile(string language, string mark)
    {
        await using var smelter = await Visitor.SignedIn(stage, language, "smelter@demo");
        await smelter.Open("/certificates");
        await smelter.Follow("passport.import.link");
        await smelter.Field("passport.import.file").SetInputFilesAsync(new FilePayload { Name = "casthouse.csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(File(mark)) });
        await smelter.Press("passport.import.check");
        // Two lines are good; the third is heavier net than gross, and the report says so in words with its line and column.
        await smelter.SeesWords("passport.import.some-refused", ("accepted", "2"), ("refused", "1"));
        var faults = smelter.Page.GetByRole(AriaRole.Table, new() { Name = smelter.Text("passport.import.faults") });
        await Assertions.Expect(faults).ToContainTextAsync("4");
        await Assertions.Expect(faults).ToContainTextAsync("netKg");
        await smelter.Press("passport.import.apply-accepted", ("count", "2"));
        await smelter.SeesWords("passport.done.import-done");
        await smelter.Follow("passport.import.see-certificates");
        var rows = smelter.Page.GetByRole(AriaRole.Table, new() { Name = smelter.Text("passport.certificates") }).GetByRole(AriaRole.Rowheader);
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        var numbers = (await rows.AllInnerTextsAsync()).Select(n => n.Trim()).Order(StringComparer.Ordinal).ToList();
        // The one who wrote it may not sign it.
        await smelter.FollowText(numbers[0]);
        await Assertions.Expect(smelter.Page.GetByRole(AriaRole.Button, new() { Name = smelter.Text("passport.certificate.sign"), Exact = true })).ToHaveCountAsync(0);
        return numbers;
    }

    async Task ApproverSignsAndPublishes(string language, string number)
    {
        await using var approver = await Visitor.SignedIn(stage, language, "smelter.approver@demo");
        await approver.Open("/certificates?q=" + number);
        await approver.FollowText(number);
        await approver.Press("passport.certificate.sign");
        await approver.SeesWords("passport.done.certificate-signed");
        await approver.SeesWords("passport.signature.text.valid");
        await approver.Press("passport.certificate.publish");
        await approver.SeesWords("passport.done.certificate-published");
    }

    /// <summary>At the scale, on a phone. Returns the warrant's number.</summary>
    async Task<string> WarehouseMatchesAndRequests(string language, string number, string mark)
    {
        await using var warehouse = await Visitor.SignedIn(stage, language, "warehouse@demo", 390, 844);
        await warehouse.Open("/inbound");
        await warehouse.Field("passport.inbound.number").FillAsync(number.ToLowerInvariant());
        await warehouse.Press("passport.inbound.begin");
        await warehouse.SeesNot("25,000"); // who weighs does not see what to find
        // The weight was forgotten: the page says so and keeps what was typed.
        await warehouse.Field("passport.weigh.number").FillAsync("T-" + mark);
        await warehouse.Field("passport.match.scale").FillAsync("SCALE-7");
        await warehouse.Field("passport.weigh.tare").FillAsync("387.5");
        await warehouse.Press("passport.weigh.keep");
        await warehouse.SeesWords("refusal.input.required");
        await Assertions.Expect(warehouse.Field("passport.match.scale")).ToHaveValueAsync("SCALE-7");
        await warehouse.Field("passport.gross").FillAsync("25,400");
        await warehouse.Press("passport.weigh.keep");
        await warehouse.SeesWords("passport.done.weighed");
        await warehouse.Field("passport.match.field.brandMark").FillAsync(Stage.BrandMark);
        await warehouse.Field("passport.match.field.shape").SelectOptionAsync("ingot");
        await warehouse.Field("passport.match.field.bundles").FillAsync("25");
        await warehouse.Field("passport.match.field.heats").FillAsync($"H{mark}1A, H{mark}1B");
        await warehouse.Press("passport.match.compare");
        await warehouse.SeesWords("passport.match.passed");
        await warehouse.Follow("passport.warrant.request");
        await warehouse.Field("passport.warrant.lot").FillAsync("LOT-" + mark);
        await warehouse.Field("passport.warrant.owner").SelectOptionAsync(Stage.Albion.ToString());
        await warehouse.Press("passport.warrant.request");
        await warehouse.SeesWords("passport.done.warrant-requested");
        return (await warehouse.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).InnerTextAsync()).Split('\n', ' ')[0].Trim();
    }

    async Task SecondPersonIssues(string language, string warrant)
    {
        await using var approver = await Visitor.SignedIn(stage, language, "warehouse.approver@demo");
        await approver.Open("/tasks");
        await approver.FollowText(warrant);
        await approver.Press("server.task.approve");
        await approver.SeesWords("server.task.done.approved");
    }

    static async Task BuyerAccepts(Visitor buyer, string warrant)
    {
        await buyer.Open("/tasks");
        await buyer.FollowText(warrant);
        await buyer.Follow("server.task.open-subject");
        await buyer.SeesNot(Direct); // offered is not owned
        await buyer.Press("passport.transfer.accept");
        await buyer.SeesWords("passport.done.transfer-accepted");
    }

    static async Task FormerOwnerSeesNothing(Visitor owner, string warrantPath, string number, string warrant)
    {
        var gone = await owner.Open(warrantPath);
        Assert.Equal(404, gone!.Status);
        await owner.SeesWords("web.not-found.title");
        Assert.DoesNotContain(Direct, await owner.Page.ContentAsync(), StringComparison.Ordinal);
        await owner.Open("/certificates?q=" + number);
        await owner.SeesWords("passport.nothing-found");
        // What he keeps is the receipt, with a fingerprint and no figure.
        await owner.Open("/warrants");
        await owner.SeesWords("passport.receipts");
        await owner.Sees(warrant);
        Assert.DoesNotContain(Direct, await owner.Page.ContentAsync(), StringComparison.Ordinal);
    }

    static string File(string mark)
    {
        const string head = "brand,countryOfOrigin,shape,heats,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,method,labName,labAccreditation,labValidTo,sourceRef,Si,Fe,Zn,Ga,V,Al";
        return string.Join("\r\n", head, Line(1, "25060.000"), Line(2, "25055.500"), Line(3, "24000.000"), "");

        string Line(int i, string gross) =>
            $"{Stage.Brand},NO,ingot,H{mark}{i}A|H{mark}{i}B,2026-03-0{i},2026-03-0{i},2026-03-0{i},1100,25,{gross},25000.000,aa-p1020a,OES,Works laboratory,NA-1,2030-01-01,{mark}-{i},0.04,0.11,<0.005,0.01,0.008,99.82";
    }
}
