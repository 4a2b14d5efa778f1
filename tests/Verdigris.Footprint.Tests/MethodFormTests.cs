using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Footprint.Pages;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Footprint.Tests;

public sealed class MethodFormTests
{
    public static TheoryData<string, string> Inputs()
    {
        var data = new TheoryData<string, string>();
        foreach (var line in File.ReadLines(Checkout.Path("tests/vectors/footprint.jsonl")).Where(l => l.Trim().Length > 0))
        {
            var vector = JsonNode.Parse(line)!;
            if (Ask.Methods.Find(vector["method"]!.GetValue<string>()) is not null) data.Add(vector["method"]!.GetValue<string>(), vector["input"]!.ToJsonString());
        }
        data.Add("facility.footprint", File.ReadAllText(Checkout.Path("data/footprint/examples/yunnan-hydro.json")));
        return data;
    }

    /// <summary>What a browser would send of a form.</summary>
    static IEnumerable<KeyValuePair<string, string>> Posted(MethodForm form)
    {
        foreach (var field in form.Fields.Where(f => f.Kind != InputKind.List)) yield return new(MethodForm.Prefix + field.Name, form[field.Name] ?? "");
        foreach (var list in form.Fields.Where(f => f.Kind == InputKind.List))
            for (var row = 0; row < form.Rows(list.Name); row++)
                foreach (var field in list.Items!) yield return new($"{MethodForm.Prefix}{list.Name}[{row}].{field.Name}", form[$"{list.Name}[{row}].{field.Name}"] ?? "");
    }

    static string Answer(string method, JsonObject input)
    {
        var answer = Ask.Methods.Run(method, JsonSerializer.SerializeToElement(input));
        return answer.Ok ? CalculatorSet.Write(CalculatorSet.Envelope(answer.Value.Calculator, answer.Value.Result)) : string.Join(' ', answer.Refusals.Select(r => $"{r.Code}@{r.Field}"));
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void An_input_that_goes_into_a_form_and_is_sent_by_it_is_answered_as_before(string method, string input)
    {
        var given = JsonNode.Parse(input)!.AsObject();
        var fields = Ask.Methods.Find(method)!.Fields;
        var (shown, sent) = (new MethodForm(fields), new MethodForm(fields));
        shown.Fill(given);
        sent.Take(Posted(shown));
        Assert.Equal(Answer(method, given), Answer(method, sent.Input()));
    }

    static MethodForm Legs() => new(Ask.Methods.Find("transport.chain")!.Fields);

    [Fact]
    public void Rows_come_and_go_by_buttons_and_the_others_keep_what_they_hold()
    {
        var form = Legs();
        Assert.Equal(1, form.Rows("legs"));
        Assert.True(form.Act("add:legs"));
        form.Take([new("Input.legs[0].name", "first"), new("Input.legs[1].name", "second"), new("Input.legs[2].name", "third"), new("Input.nonsense", "x"), new("Input.legs[9999].name", "far"), new("other", "y")]);
        Assert.True(form.Act("remove:legs[1]"));
        Assert.Equal(["first", "third"], Enumerable.Range(0, form.Rows("legs")).Select(i => form[$"legs[{i}].name"]));
        Assert.False(form.Act("add:nothing"));
        Assert.False(form.Act(null));
        Assert.True(form.Act("remove:legs[7]"));
        Assert.Equal(2, form.Rows("legs"));
        for (var i = 0; i < 200; i++) form.Act("add:legs");
        Assert.Equal(MethodForm.MostRows, form.Rows("legs"));
    }

    [Fact]
    public void What_is_typed_wrong_is_refused_by_the_method_at_its_field()
    {
        var form = Legs();
        form.Take([new("Input.massT", "a lot"), new("Input.legs[0].name", "sea"), new("Input.legs[0].distanceKm", "1,5"), new("Input.legs[0].share", "1"), new("Input.legs[0].vehicle", "rail")]);
        var refused = Ask.Methods.Run("transport.chain", JsonSerializer.SerializeToElement(form.Input())).Refusals;
        Assert.Equal(["massT", "legs[0].distanceKm"], form.Placed(refused).Select(r => r.Field));
        form.Take([new("Input.massT", "1,234.5"), new("Input.legs[0].name", "sea")]);
        Assert.Equal(1234.5m, form.Input()["massT"]!.GetValue<decimal>());
    }

    [Theory]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{")]
    [InlineData("[1]")]
    public void An_object_that_cannot_be_read_is_refused_and_stays_as_typed(string typed)
    {
        var form = new MethodForm(Ask.Methods.Find("facility.footprint")!.Fields);
        form.Take([new("Input.streams[0].id", "a"), new("Input.streams[0].input", typed)]);
        var refused = Ask.Methods.Run("facility.footprint", JsonSerializer.SerializeToElement(form.Input())).Refusals;
        Assert.Contains(refused, r => r is { Code: "calc.not-an-object", Field: "streams[0].input" });
        Assert.Equal(typed, form["streams[0].input"]);
    }

    [Fact]
    public void A_refusal_inside_a_field_is_shown_at_that_field_and_one_of_no_field_at_none()
    {
        var form = new MethodForm(Ask.Methods.Find("facility.footprint")!.Fields);
        Assert.Equal(["streams[3].input", "streams", "productionT", null, null], form.Placed([Refusal.Of("x", "streams[3].input.area"), Refusal.Of("x", "streams[3]"), Refusal.Of("x", "productionT"), Refusal.Of("x", "elsewhere.deep"), Refusal.Of("x")]).Select(r => r.Field));
    }
}
