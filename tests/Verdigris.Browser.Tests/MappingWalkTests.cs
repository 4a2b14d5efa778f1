using System.Text;
using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>A source's columns are mapped once in the browser; its file is then read by itself.</summary>
[Collection(nameof(Stage))]
public sealed class MappingWalkTests(Stage stage)
{
    [Theory]
    [InlineData("en", 1280)]
    [InlineData("zh", 390)]
    public async Task A_file_with_other_names_is_mapped_once_and_then_read_by_itself(string language, int width)
    {
        var mark = $"M{language}{width}".ToUpperInvariant();
        var values = new[] { $"H{mark}", "2026-04-02", "2026-04-03", "2026-04-04", "1100", "25", "25060", "25000", mark, "0.04", "0.11", "<0.005", "0.01", "0.008", "99.82", "night" };
        // Headers of their own, so that no other mapping fits.
        var text = string.Join(',', MappingPages.Columns.Select(c => mark + " " + c.Header)) + "\r\n" + string.Join(',', values) + "\r\n";
        await using var smelter = await Visitor.SignedIn(stage, language, "smelter@demo", width, 844);
        await Bring();
        await smelter.SeesWords("mapping.offer");
        await smelter.Follow("mapping.new");
        await smelter.Page.Locator("[name='Input.Name']").FillAsync(mark);
        for (var i = 0; i < MappingPages.Columns.Length; i++)
            if (MappingPages.Columns[i].Column is { } column) await smelter.Page.Locator($"[name='Input.Columns[{i}].Column']").FillAsync(column);
        await smelter.Press("mapping.save");
        // Brand, origin, shape and edition are neither columns nor constants yet: each is named.
        await smelter.SeesWords("refusal.import.column-missing", ("column", "brand"));
        foreach (var (constant, value) in new[] { (0, Stage.Brand), (1, "NO"), (2, "ingot"), (3, "aa-p1020a") }) await smelter.Page.Locator($"[name='Input.Constants[{constant}]']").FillAsync(value);
        await smelter.Press("mapping.save");
        await smelter.SeesWords("passport.done.mapping-saved");
        await Bring();
        await smelter.SeesWords("mapping.used", ("name", mark));
        await smelter.SeesWords("passport.import.all-good", ("count", "1"));
        await smelter.Press("passport.import.apply-all");
        await smelter.SeesWords("passport.done.import-done");

        async Task Bring()
        {
            await smelter.Open("/certificates/import");
            await smelter.Field("passport.import.file").SetInputFilesAsync(new FilePayload { Name = mark + ".csv", MimeType = "text/csv", Buffer = Encoding.UTF8.GetBytes(text) });
            await smelter.Press("passport.import.check");
        }
    }
}
