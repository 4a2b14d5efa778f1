using System.Globalization;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Template;

/// <summary>A goods category of the form.</summary>
/// <param name="Unit">t, or MWh of electricity.</param>
/// <param name="Routes">In the order of the form; one called "All production routes" where routes do not matter.</param>
/// <param name="HasPfc">PFC emissions belong to it.</param>
public sealed record TemplateGood(string Name, string Unit, IReadOnlyList<string> Routes, bool HasPfc);

/// <summary>The lists of the form, read from the empty form itself: what may stand in which cell is the Commission's to say, not a copy's. Immutable.</summary>
public sealed class TemplateLists
{
    public const string Goods = "goods", CountryNames = "countryNames", CountryCodes = "countryCodes", Currencies = "currencies", ElectricitySources = "electricitySources", DataSources = "dataSources", Justifications = "justifications",
        Approaches = "approaches", Units = "units", FactorUnits = "factorUnits", PfcMethods = "pfcMethods", Gases = "gases", Qualities = "qualities", Assurances = "assurances", ReducingAgents = "reducingAgents", Instruments = "instruments",
        Rebates = "rebates", CnCodes = "cnCodes";

    public const string AllRoutes = "All production routes", OnlyDirect = "Only direct production", Measured = "Measured", Default = "Default", Unknown = "Unknown", Combustion = "Combustion", ProcessEmissions = "Process emissions", MassBalance = "Mass Balance", SlopeMethod = "Slope method",
        PerTj = "tCO2/TJ", N2o = "N2O";

    const string Constants = "Parameters_Constants";

    readonly Dictionary<string, IReadOnlyList<string>> words;
    readonly Dictionary<string, TemplateGood> goods;

    TemplateLists(TemplateWorkbook form)
    {
        string? Word(string sheet, string reference)
        {
            var value = form.Value(sheet, reference);
            return value.Text ?? value.Number?.ToString(CultureInfo.InvariantCulture);
        }
        IReadOnlyList<string> Across(int row, string columns) => [.. columns.Select(c => Word(Constants, $"{c}{row}")!)];
        IReadOnlyList<string> Down(string sheet, string column, int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(r => Word(sheet, $"{column}{r}")).OfType<string>()];
        words = new(StringComparer.Ordinal)
        {
            [Goods] = Down(Constants, "A", 89, 106),
            [CountryCodes] = Down("c_CodeLists", "F", 11, 277),
            [CountryNames] = Down("c_CodeLists", "G", 11, 277),
            [Currencies] = Down("c_CodeLists", "K", 11, 177),
            [ElectricitySources] = Across(15, "BCDEFGH"),
            [DataSources] = Across(69, "BCD"),
            [Justifications] = Across(44, "BCD"),
            [Approaches] = Across(56, "BCD"),
            [Units] = Across(23, "BC"),
            [FactorUnits] = Across(47, "BCD"),
            [PfcMethods] = Across(57, "BC"),
            [Gases] = Across(55, "BC"),
            [Qualities] = Across(42, "BCDEF"),
            [Assurances] = Across(43, "BCDE"),
            [ReducingAgents] = Across(58, "BCDE"),
            // The drop-down lists of the form begin one column late and leave "None" out; the cells take it all the same.
            [Instruments] = Across(45, "BCDEFGHI"),
            [Rebates] = Across(46, "BCDEFG"),
            [CnCodes] = Down("Parameters_CNCodes", "D", 4, 572),
        };
        goods = Enumerable.Range(89, 18).Select(row => new TemplateGood(Word(Constants, $"A{row}")!, Word(Constants, $"B{row}")!, [.. "GHIJKLMNOP".Select(c => Word(Constants, $"{c}{row}")).OfType<string>().Where(r => r != "n.a.")],
            form.Value(Constants, $"BN{row}").Flag == true)).ToDictionary(g => g.Name, StringComparer.Ordinal);
        CategoryOfCn = Enumerable.Range(4, 569).Select(row => (Cn: Word("Parameters_CNCodes", $"D{row}"), Good: Word("Parameters_CNCodes", $"E{row}"))).Where(c => c is { Cn: not null, Good: not null }).ToDictionary(c => c.Cn!, c => c.Good!, StringComparer.Ordinal);
    }

    /// <summary>8 digits to the goods category of the form (569 codes of the 2024 nomenclature).</summary>
    public IReadOnlyDictionary<string, string> CategoryOfCn { get; }

    public IReadOnlyList<string> Of(string list) => words[list];

    public TemplateGood? Good(string? name) => name is null ? null : goods.GetValueOrDefault(name);

    /// <summary>Where the empty form lies below a data folder.</summary>
    public static string FormFile(RulePacks rules)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return Path.Combine(rules.DataFolder, "cbam", "forms", "communication-template-2.1.1.xlsx");
    }

    /// <exception cref="InvalidDataException">The empty form of the product is damaged.</exception>
    public static TemplateLists Read(RulePacks rules)
    {
        using var file = File.OpenRead(FormFile(rules));
        var form = TemplateWorkbook.Open(file);
        if (!form.Ok) throw new InvalidDataException("The empty communication template cannot be read.");
        using (form.Value) return new(form.Value);
    }
}
