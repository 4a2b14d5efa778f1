using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Template;
using Verdigris.Cbam.Tests.Template;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Tests.Operators;

public sealed class FormEditingTests
{
    static TemplateLists Lists => Smelter.Form.Lists;

    [Fact]
    public void Writing_every_entry_as_it_stands_leaves_the_report_as_it_was()
    {
        var entries = FormEditing.Entries(Smelter.Report);
        var again = FormEditing.Write(Smelter.Report, entries.ToDictionary(e => e.Field, e => e.Typed), Lists);
        Assert.True(again.Ok, string.Join("; ", again.Ok ? [] : again.Refusals.Select(r => r.Code + " " + r.Field)));
        Assert.Equal(entries, FormEditing.Entries(again.Value));
    }

    [Fact]
    public void The_whole_form_can_be_typed_from_the_empty_one()
    {
        var typed = FormEditing.Entries(Smelter.Report).Where(e => e.Typed.Length > 0).ToDictionary(e => e.Field, e => e.Typed);
        var written = FormEditing.Write(CommunicationReport.Empty, typed, Lists);
        Assert.True(written.Ok);
        Assert.Equal(FormEditing.Entries(Smelter.Report), FormEditing.Entries(written.Value));
        Assert.Equal(CommunicationTemplate.Figures(Smelter.Report).Products, CommunicationTemplate.Figures(written.Value).Products);
    }

    [Fact]
    public void One_entry_is_written_and_an_empty_text_empties_it()
    {
        var written = FormEditing.Write(Smelter.Report, new Dictionary<string, string> { ["processes[P1].marketT"] = " 41000.5 ", ["installation.street"] = "", ["products[2].cn"] = "7601 20 20" }, Lists);
        // The list of codes is that of the form: a code it lacks is refused, with the field, and nothing is written.
        Assert.False(written.Ok);
        Assert.Equal(("template.cn-unknown", "products[2].cn"), (written.Refusals[0].Code, written.Refusals[0].Field));
        written = FormEditing.Write(Smelter.Report, new Dictionary<string, string> { ["processes[P1].marketT"] = " 41000.5 ", ["installation.street"] = "", ["products[2].cn"] = "7601 10 90" }, Lists);
        Assert.True(written.Ok);
        Assert.Equal((41000.5m, null, "76011090"), (written.Value.Processes[0].MarketT, written.Value.Installation.Street, written.Value.Products.Single(p => p.Slot == 2).Cn));
        Assert.Equal(Smelter.Report.Processes[1], written.Value.Processes[1] with { RouteAmountsT = Smelter.Report.Processes[1].RouteAmountsT, Included = Smelter.Report.Processes[1].Included, UsedInProcessT = Smelter.Report.Processes[1].UsedInProcessT });
    }

    [Theory]
    [InlineData("processes[P1].marketT", "1,5", "input.not-a-number")]
    [InlineData("from", "2025-02-30", "input.not-a-date")]
    [InlineData("processes[P1].hasHeat", "perhaps", "input.not-a-choice")]
    [InlineData("goods[G1].category", "Tin", "template.not-in-list")]
    [InlineData("processes[P11].marketT", "1", "template.no-such-field")]
    public void What_cannot_be_meant_is_refused_with_its_field(string field, string typed, string code)
    {
        var refused = FormEditing.Write(Smelter.Report, new Dictionary<string, string> { [field] = typed }, Lists);
        Assert.False(refused.Ok);
        Assert.Equal((code, field), (refused.Refusals[0].Code, refused.Refusals[0].Field));
    }
}
