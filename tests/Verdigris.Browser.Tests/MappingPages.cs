using Verdigris.Passport.Certificates.Import;

namespace Verdigris.Browser.Tests;

/// <summary>One mapping of the smelter. Made once for a stage.</summary>
static class MappingPages
{
    static readonly Once<Guid> Made = new(Make);

    public static readonly (string Header, string? Column)[] Columns =
        [("Heat", "heats"), ("Produced", "productionDate"), ("Analysed", "analysisDate"), ("Issued", "issueDate"), ("Pieces", "pieces"), ("Bundles", "bundles"), ("Gross kg", "grossKg"), ("Net kg", "netKg"), ("Reference", "sourceRef"), ("Si", "Si"), ("Fe", "Fe"), ("Zn", "Zn"), ("Ga", "Ga"), ("V", "V"), ("Al", "Al"), ("Shift", null)];

    public static Task<Guid> Stocked(Stage stage) => Made.Of(stage);

    static async Task<Guid> Make(Stage stage) => (await stage.Do(Stage.Editor, s => stage.Get<ImportMappings>().Save(s, null, new("Casthouse", [.. Columns.Select(c => new MappedColumn(c.Header, c.Column))],
            new Dictionary<string, string> { ["brand"] = Stage.Brand, ["countryOfOrigin"] = "NO", ["shape"] = "ingot", ["spec"] = "aa-p1020a" }), default))).Id;
}
