using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Specifications;

/// <summary>Method <c>customs.fit</c>: may a metal be shipped under a customs code?</summary>
public sealed class CustomsFitMethod : ICalculator
{
    public string Method => "customs.fit";
    public string Version => "1.0";
    public Bilingual Title => new("Customs code against a metal", "海关编码与金属比对");

    public IReadOnlyList<InputField> Fields { get; } =
    [
        new("metal", InputKind.Text, new("Metal: AL, AA, CU, NI, PB, SN, ZN or CO", "金属：AL、AA、CU、NI、PB、SN、ZN 或 CO")),
        new("code", InputKind.Text, new("Customs code of 6, 8 or 10 digits", "6、8 或 10 位海关编码")),
        new("shape", InputKind.Text, new("Shape, where it is known", "形状（如已知）"), Required: false),
        new("date", InputKind.Date, new("Day that chooses the edition", "用于确定版本的日期"), Required: false),
    ];

    public Answer<CalcResult> Calculate(CalcInput input, RulePacks rules)
    {
        var (metal, code) = (input.Text("metal"), input.Text("code"));
        if (CustomsCodes.Digits(code) is not { } digits) return Refusal.Of("customs.code-invalid", "code", ("given", code));
        var judged = CustomsCodes.Of(rules).Judge(metal, code, input.TextOrNull("shape"), input.DateOrNull("date"));
        var word = Word(judged.Fit);
        var name = judged.Name ?? new("No entry of the table decides", "表中没有可作判断的条目");
        return new CalcResult(new JsonObject { ["fit"] = word, ["subheading"] = digits[..6] },
            [new("fit", name, null, new JsonObject { ["metal"] = metal, ["subheading"] = digits[..6] }, word, Rule: judged.Rule)], []);
    }

    static string Word(CustomsFit fit) => fit switch { CustomsFit.Fits => "fits", CustomsFit.DoesNotFit => "does-not-fit", _ => "cannot-tell" };
}
