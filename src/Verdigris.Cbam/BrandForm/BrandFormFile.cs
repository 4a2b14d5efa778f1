using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.BrandForm;

/// <summary>
/// The yearly emissions form of a brand as a workbook, out and in. The layout is ours, since the exchange's own is not public, and the workbook says so: a line for each field with its name, its label in both languages, its unit and its
/// value. What is written is read back the same. Pure.
/// </summary>
public static class BrandFormFile
{
    const string Field = "field", Value = "value";
    const int MostDigits = 15;
    static readonly IReadOnlyList<object?> Heads = [Field, "English", "中文", "unit", Value];

    /// <returns>The workbook; or what <see cref="Check"/> refuses.</returns>
    public static Answer<byte[]> Write(BrandEmissionsForm form)
    {
        if (Check(form) is { Count: > 0 } wrong) return Answer<byte[]>.From(wrong);
        return XlsxWriter.Write(
            new("emissions", [Heads, .. BrandFields.All.Select(f => (IReadOnlyList<object?>)[f.Name, f.Label.En, f.Label.Zh, f.Unit, Cell(f.Of(form))])]),
            new("about",
            [
                ["English", "中文"],
                ["Layout of Verdigris: the exchange's own form has no public cells. The figures are those it asks for.", "版式由 Verdigris 设计：交易所自有表格的单元格未公开。各项数值即其要求填报的内容。"],
                ["Embedded emissions by Regulation (EU) 2023/956, at the point where the metal becomes of the exchange's grade. An empty value is unknown or not reported, not zero.", "隐含排放按 (EU) 2023/956 号条例，计至金属达到交易所等级之时。空白表示未知或未报告，而非零。"],
            ]));
    }

    /// <returns>The form; <c>brandform.head</c>, <c>brandform.field-unknown</c>, <c>brandform.field-twice</c>, <c>brandform.missing</c>, <c>brandform.form</c> by field, then those of <see cref="Check"/>; or why the workbook cannot be read.</returns>
    public static Answer<BrandEmissionsForm> Read(Stream content)
    {
        using var lines = TableLines.Open(content);
        if (lines.Next() is not { } first) return Refusal.Of(lines.Fault ?? "import.empty", "file");
        var head = first.Select(h => h.Trim()).ToList();
        var (fieldAt, valueAt) = (head.IndexOf(Field), head.IndexOf(Value));
        if (fieldAt < 0 || valueAt < 0) return Refusal.Of("brandform.head", "file");
        var wrong = new List<Refusal>();
        var held = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (lines.Next() is { } cells)
        {
            if (fieldAt >= cells.Count || cells[fieldAt].Trim() is not { Length: > 0 } name) continue;
            if (BrandFields.All.FirstOrDefault(f => f.Name == name) is not { } field) { wrong.Add(Refusal.Of("brandform.field-unknown", "file", ("given", name.Length > 60 ? name[..60] : name), ("line", $"{lines.Line}"))); continue; }
            var text = valueAt < cells.Count ? cells[valueAt].Trim() : "";
            if (!held.TryAdd(name, null)) wrong.Add(Refusal.Of("brandform.field-twice", name, ("line", $"{lines.Line}")));
            else if (text.Length > 0 && (held[name] = Parsed(field.Kind, text)) is null) wrong.Add(Refusal.Of("brandform.form", name, ("given", text.Length > 60 ? text[..60] : text)));
        }
        if (lines.Fault is { } fault) return Refusal.Of(fault, "file");
        foreach (var field in BrandFields.All.Where(f => f.Required && held.GetValueOrDefault(f.Name) is null && !wrong.Exists(w => w.Field == f.Name))) wrong.Add(Refusal.Of("brandform.missing", field.Name));
        if (wrong.Count > 0) return wrong;
        T? Get<T>(string name) => (T?)held.GetValueOrDefault(name);
        var form = new BrandEmissionsForm(Get<string>("brandCode")!, Get<string>("brandName"), Get<string>("producer")!, Get<string>("installation"), Get<string>("installationNumber"), Get<string>("contract")!, Get<int>("year"), Get<decimal?>("productionT"),
            Get<decimal>("directTco2ePerT"), Get<decimal>("indirectTco2ePerT"), Get<decimal?>("electricityMwhPerT"), Get<decimal?>("defaultPercent"), Get<decimal?>("scrapTPerT"), Get<decimal?>("preConsumerPercent"), Get<decimal?>("sefaTco2ePerT"),
            Get<decimal?>("scope3Tco2ePerT"), Get<decimal?>("iaiTco2ePerT"), Get<bool?>("isVerified"), Get<string>("verifier"), Get<string>("accreditation"), Get<LocalDate?>("verifiedOn"), Get<string>("remarks"));
        return Check(form) is { Count: > 0 } broken ? Answer<BrandEmissionsForm>.From(broken) : form;
    }

    /// <summary><c>brandform.missing</c>, <c>brandform.text</c> (length, blanks at its ends), <c>brandform.range</c> (0 to the field's most; years from 2020), <c>brandform.digits</c>, <c>brandform.verifier-missing</c>: by field.</summary>
    public static IReadOnlyList<Refusal> Check(BrandEmissionsForm form)
    {
        ArgumentNullException.ThrowIfNull(form);
        var wrong = new List<Refusal>();
        foreach (var field in BrandFields.All)
            switch (field.Of(form))
            {
                case null: if (field.Required) wrong.Add(Refusal.Of("brandform.missing", field.Name)); break;
                case string text:
                    if (text.Length == 0 || text.Length > field.Most || text.Trim() != text || text.Any(c => char.IsControl(c) && c != '\n')) wrong.Add(Refusal.Of("brandform.text", field.Name, ("most", DecimalText.Write(field.Most))));
                    break;
                case int year when year is < 2020 || year > field.Most: wrong.Add(Refusal.Of("brandform.range", field.Name, ("given", $"{year}"), ("least", "2020"), ("most", DecimalText.Write(field.Most)))); break;
                case decimal number:
                    var most = field.Unit == "%" ? 100 : field.Most;
                    if (number < 0 || number > most) wrong.Add(Refusal.Of("brandform.range", field.Name, ("given", DecimalText.Write(number)), ("least", "0"), ("most", DecimalText.Write(most))));
                    else if (XlsxLines.Kept(number) != number) wrong.Add(Refusal.Of("brandform.digits", field.Name, ("given", DecimalText.Write(number)), ("most", $"{MostDigits}")));
                    break;
            }
        if (form is { IsVerified: true, Verifier: null }) wrong.Add(Refusal.Of("brandform.verifier-missing", "verifier"));
        return wrong;
    }

    static object? Cell(object? value) => value switch
    {
        bool flag => flag ? "yes" : "no",
        LocalDate day => LocalDatePattern.Iso.Format(day),
        _ => value,
    };

    static object? Parsed(BrandFieldKind kind, string text) => kind switch
    {
        BrandFieldKind.Number => DecimalText.TryRead(text, out var number) ? number : null,
        BrandFieldKind.Year => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var year) ? year : null,
        BrandFieldKind.Flag => text.ToUpperInvariant() switch { "YES" or "TRUE" or "是" => true, "NO" or "FALSE" or "否" => false, _ => null },
        BrandFieldKind.Day => LocalDatePattern.Iso.Parse(text) is { Success: true } day ? day.Value : null,
        _ => text,
    };
}
