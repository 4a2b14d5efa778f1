namespace Verdigris.Cbam.Template;

/// <summary>Which cell of the form is which part of the model. The only place that knows; rows and columns are those of version 2.1.1.</summary>
static class TemplateWalk
{
    public const string A = "A_InstData", B = "B_EmInst", C = "C_Emissions&Energy", D = "D_Processes", E = "E_PurchPrec", F = "F_Tools", Processes = "Summary_Processes", Products = "Summary_Products";
    public const int MostGoods = 10, MostProcesses = 10, MostPrecursors = 20, MostStreams = 75, MostPfcs = 10, MostMeasured = 10, MostProducts = 100, Routes = 8;

    /// <summary>First rows of blocks, and their distance.</summary>
    public static int ProcessRow(int slot) => 11 + (65 * (slot - 1));
    public static int PrecursorRow(int slot) => 14 + (44 * (slot - 1));
    public static int ProductRow(int slot) => 9 + slot;
    public static int StreamRow(int slot) => 16 + slot;
    public static int PfcRow(int slot) => 97 + slot;
    public static int MeasuredRow(int slot) => 112 + slot;
    public static int CogenerationRow(int slot) => slot == 1 ? 21 : 61;

    public static CommunicationReport Over(TemplateVisitor v, CommunicationReport r) => new(
        v.Day(A, "I9", "from", r.From), v.Day(A, "L9", "to", r.To), Installation(v, r.Installation), Verifier(v, r.Verifier),
        Slots(v, MostGoods, r.Goods, g => g.Slot, Good), Slots(v, MostProcesses, r.Processes, p => p.Slot, Process), Slots(v, MostPrecursors, r.Precursors, p => p.Slot, Precursor),
        Slots(v, MostStreams, r.Streams, s => s.Slot, Stream), Slots(v, MostPfcs, r.Pfcs, s => s.Slot, Pfc), Slots(v, MostMeasured, r.Measured, s => s.Slot, Measured), Balance(v, r.Balance),
        Slots(v, 2, r.Cogenerations, c => c.Slot, Cogeneration), v.Text(F, "J97", "priceCurrency", r.PriceCurrency, TemplateLists.Currencies), Slots(v, MostProcesses + MostPrecursors, r.Prices, p => p.Slot, Price),
        Slots(v, MostProducts, r.Products, p => p.Slot, Product), v.Text(Processes, "M13", "priceInstruments", r.PriceInstruments), v.Text(Processes, "M16", "remarks", r.Remarks));

    /// <summary>Every slot of a part; those in which nothing stands are dropped.</summary>
    static List<T> Slots<T>(TemplateVisitor v, int most, IReadOnlyList<T> given, Func<T, int> slotOf, Func<TemplateVisitor, int, T?, T> one) where T : class
    {
        var kept = new List<T>();
        for (var slot = 1; slot <= most; slot++)
        {
            var before = v.Filled;
            var read = one(v, slot, given.FirstOrDefault(g => slotOf(g) == slot));
            if (v.Filled > before) kept.Add(read);
        }
        return kept;
    }

    static InstallationData Installation(TemplateVisitor v, InstallationData i) => new(Line(v, 19, "installation.name", i.Name), Line(v, 20, "installation.englishName", i.EnglishName), Line(v, 21, "installation.street", i.Street),
        Line(v, 22, "installation.activity", i.Activity), Line(v, 23, "installation.postCode", i.PostCode), Line(v, 24, "installation.poBox", i.PoBox), Line(v, 25, "installation.city", i.City),
        v.Text(A, "I26", "installation.country", i.Country, TemplateLists.CountryNames), Line(v, 27, "installation.unlocode", i.Unlocode), Line(v, 28, "installation.latitude", i.Latitude), Line(v, 29, "installation.longitude", i.Longitude),
        Line(v, 30, "installation.representative", i.Representative), Line(v, 31, "installation.email", i.Email), Line(v, 32, "installation.telephone", i.Telephone));

    static VerifierData Verifier(TemplateVisitor v, VerifierData d) => new(Line(v, 37, "verifier.company", d.Company), Line(v, 38, "verifier.street", d.Street), Line(v, 39, "verifier.city", d.City), Line(v, 40, "verifier.postCode", d.PostCode),
        Line(v, 41, "verifier.country", d.Country), Line(v, 45, "verifier.name", d.Name), Line(v, 46, "verifier.email", d.Email), Line(v, 47, "verifier.telephone", d.Telephone), Line(v, 48, "verifier.fax", d.Fax),
        Line(v, 51, "verifier.accreditationState", d.AccreditationState), Line(v, 52, "verifier.accreditationBody", d.AccreditationBody), Line(v, 53, "verifier.registrationNumber", d.RegistrationNumber));

    static string? Line(TemplateVisitor v, int row, string field, string? value) => v.Text(A, $"I{row}", field, value);

    static GoodsCategory Good(TemplateVisitor v, int slot, GoodsCategory? g) => new(slot, v.Text(A, $"E{61 + slot}", $"goods[G{slot}].category", g?.Category, TemplateLists.Goods),
        Each(6, i => v.Text(A, $"{"IJKLMN"[i]}{61 + slot}", $"goods[G{slot}].routes[{i + 1}]", At(g?.Routes, i))));

    static ProductionProcess Process(TemplateVisitor v, int slot, ProductionProcess? p)
    {
        var (row, at, path) = (ProcessRow(slot), 82 + slot, $"processes[P{slot}].");
        decimal? Cell(string column, int down, string field, decimal? value) => v.Number(D, $"{column}{row + down}", path + field, value);
        return new(slot, v.Text(A, $"E{at}", path + "category", p?.Category, TemplateLists.Goods), Each(6, i => v.Text(A, $"{"FGHIJK"[i]}{at}", $"{path}included[{i + 1}]", At(p?.Included, i))), v.Text(A, $"L{at}", path + "name", p?.Name),
            Each(Routes, i => Cell("L", 5 + i, $"routeAmountsT[{i + 1}]", At(p?.RouteAmountsT, i))), Cell("L", 16, "marketT", p?.MarketT),
            // Nine rows for the ten processes: the form leaves the process itself out.
            Each(MostProcesses, i => i + 1 == slot ? null : Cell("L", 21 + (i + 1 < slot ? i : i - 1), $"usedInProcessT[P{i + 1}]", At(p?.UsedInProcessT, i))), Cell("L", 30, "nonCbamT", p?.NonCbamT),
            v.Flag(D, $"K{row + 39}", path + "hasHeat", p?.HasHeat), v.Flag(D, $"L{row + 39}", path + "hasWasteGas", p?.HasWasteGas), v.Number(D, $"L{row + 43}", path + "directTco2e", p?.DirectTco2e),
            Flow(Cell, 46, "heat.", p?.Heat), Flow(Cell, 50, "wasteGas.", p?.WasteGas), Cell("L", 54, "electricityMwh", p?.ElectricityMwh), Cell("L", 55, "electricityTco2PerMwh", p?.ElectricityTco2PerMwh),
            v.Text(D, $"L{row + 56}", path + "electricitySource", p?.ElectricitySource, TemplateLists.ElectricitySources), Cell("L", 60, "exportedMwh", p?.ExportedMwh), Cell("L", 61, "exportedTco2PerMwh", p?.ExportedTco2PerMwh));
    }

    static EnergyFlow Flow(Func<string, int, string, decimal?, decimal?> cell, int down, string path, EnergyFlow? f) => new(cell("L", down, path + "inTj", f?.InTj), cell("M", down, path + "outTj", f?.OutTj),
        cell("L", down + 1, path + "inTco2PerTj", f?.InTco2PerTj), cell("M", down + 1, path + "outTco2PerTj", f?.OutTco2PerTj));

    static PurchasedPrecursor Precursor(TemplateVisitor v, int slot, PurchasedPrecursor? p)
    {
        var (row, at, path) = (PrecursorRow(slot), 101 + slot, $"precursors[PP{slot}].");
        decimal? Cell(int down, string field, decimal? value) => v.Number(E, $"L{row + down}", path + field, value);
        string? Source(int down, string field, string? value, string list) => v.Text(E, $"M{row + down}", path + field, value, list);
        return new(slot, v.Text(A, $"E{at}", path + "category", p?.Category, TemplateLists.Goods), v.Text(A, $"F{at}", path + "country", p?.Country, TemplateLists.CountryCodes), Each(5, i => v.Text(A, $"{"GHIJK"[i]}{at}", $"{path}routes[{i + 1}]", At(p?.Routes, i))),
            v.Text(A, $"L{at}", path + "name", p?.Name), Each(Routes, i => Cell(3 + i, $"routeAmountsT[{i + 1}]", At(p?.RouteAmountsT, i))), Each(MostProcesses, i => Cell(14 + i, $"usedInProcessT[P{i + 1}]", At(p?.UsedInProcessT, i))), Cell(24, "otherT", p?.OtherT),
            Cell(35, "directTco2ePerT", p?.DirectTco2ePerT), Source(35, "directSource", p?.DirectSource, TemplateLists.DataSources), Cell(36, "electricityMwhPerT", p?.ElectricityMwhPerT), Source(36, "electricitySource", p?.ElectricitySource, TemplateLists.DataSources),
            Cell(37, "factorTco2PerMwh", p?.FactorTco2PerMwh), Source(37, "factorSource", p?.FactorSource, TemplateLists.ElectricitySources), v.Text(E, $"K{row + 40}", path + "defaultJustification", p?.DefaultJustification, TemplateLists.Justifications));
    }

    static SourceStream Stream(TemplateVisitor v, int slot, SourceStream? s)
    {
        var (row, path) = (StreamRow(slot), $"streams[{slot}].");
        return new(slot, v.Text(B, $"D{row}", path + "method", s?.Method, TemplateLists.Approaches), v.Text(B, $"E{row}", path + "name", s?.Name), v.Number(B, $"F{row}", path + "amount", s?.Amount, signed: true),
            v.Text(B, $"G{row}", path + "unit", s?.Unit, TemplateLists.Units), v.Number(B, $"H{row}", path + "ncv", s?.Ncv), v.Number(B, $"J{row}", path + "factor", s?.Factor), v.Text(B, $"K{row}", path + "factorUnit", s?.FactorUnit, TemplateLists.FactorUnits),
            v.Number(B, $"L{row}", path + "carbonContent", s?.CarbonContent), v.Number(B, $"N{row}", path + "oxidationPercent", s?.OxidationPercent, CellKind.PercentNumber),
            v.Number(B, $"P{row}", path + "conversionPercent", s?.ConversionPercent, CellKind.PercentNumber), v.Number(B, $"R{row}", path + "biomassPercent", s?.BiomassPercent, CellKind.PercentNumber));
    }

    static PfcStream Pfc(TemplateVisitor v, int slot, PfcStream? s)
    {
        var (row, path) = (PfcRow(slot), $"pfcs[{slot}].");
        decimal? Cell(string column, string field, decimal? value, CellKind kind = CellKind.Number) => v.Number(B, $"{column}{row}", path + field, value, kind);
        return new(slot, v.Text(B, $"D{row}", path + "method", s?.Method, TemplateLists.PfcMethods), v.Text(B, $"E{row}", path + "technology", s?.Technology), Cell("F", "aluminiumT", s?.AluminiumT), Cell("AG", "frequency", s?.Frequency),
            Cell("AH", "durationMinutes", s?.DurationMinutes), Cell("AI", "slope", s?.Slope), Cell("AJ", "overvoltageMv", s?.OvervoltageMv), Cell("AK", "currentEfficiency", s?.CurrentEfficiency), Cell("AL", "overvoltage", s?.Overvoltage),
            Cell("AM", "c2f6Share", s?.C2f6Share), Cell("AT", "collectionPercent", s?.CollectionPercent, CellKind.PercentShare));
    }

    static MeasuredSource Measured(TemplateVisitor v, int slot, MeasuredSource? s)
    {
        var (row, path) = (MeasuredRow(slot), $"measured[{slot}].");
        decimal? Cell(string column, string field, decimal? value, CellKind kind = CellKind.Number) => v.Number(B, $"{column}{row}", path + field, value, kind);
        return new(slot, v.Text(B, $"D{row}", path + "name", s?.Name), v.Text(B, $"E{row}", path + "gas", s?.Gas, TemplateLists.Gases), Cell("R", "biomassPercent", s?.BiomassPercent, CellKind.PercentNumber), Cell("V", "gramsPerNm3", s?.GramsPerNm3),
            Cell("X", "hours", s?.Hours), Cell("Z", "flowThousandNm3PerHour", s?.FlowThousandNm3PerHour), Cell("AX", "fossilTj", s?.FossilTj), Cell("AY", "biomassTj", s?.BiomassTj));
    }

    static InstallationBalance Balance(TemplateVisitor v, InstallationBalance b)
    {
        decimal? Cell(string reference, string field, decimal? value) => v.Number(C, reference, "balance." + field, value);
        return new(Cell("H16", "fuelTj", b.FuelTj), Cell("I16", "cbamFuelTj", b.CbamFuelTj), Cell("J16", "electricityFuelTj", b.ElectricityFuelTj), Cell("K16", "otherFuelTj", b.OtherFuelTj), Cell("H26", "co2T", b.Co2T), Cell("I26", "biomassT", b.BiomassT),
            Cell("J26", "n2oTco2e", b.N2oTco2e), Cell("K26", "pfcTco2e", b.PfcTco2e), Cell("M26", "indirectTco2e", b.IndirectTco2e), v.Text(C, "H40", "balance.quality", b.Quality, TemplateLists.Qualities),
            v.Text(C, "H41", "balance.defaultJustification", b.DefaultJustification, TemplateLists.Justifications), v.Text(C, "H42", "balance.assurance", b.Assurance, TemplateLists.Assurances));
    }

    static Cogeneration Cogeneration(TemplateVisitor v, int slot, Cogeneration? c)
    {
        var (row, path) = (CogenerationRow(slot), $"cogenerations[{slot}].");
        // The first tool has two lines of explanation more than the second.
        var (emissions, references) = slot == 1 ? (26, 41) : (64, 72);
        decimal? Cell(string column, int at, string field, decimal? value) => v.Number(F, $"{column}{at}", path + field, value);
        return new(slot, Cell("J", row, "fuelTj", c?.FuelTj), Cell("K", row, "heatTj", c?.HeatTj), Cell("L", row, "powerMwh", c?.PowerMwh), Cell("J", emissions, "fuelTco2", c?.FuelTco2), Cell("K", emissions, "cleaningTco2", c?.CleaningTco2),
            Cell("J", references, "heatReference", c?.HeatReference), Cell("K", references, "powerReference", c?.PowerReference));
    }

    static PriceLine Price(TemplateVisitor v, int slot, PriceLine? p)
    {
        var (row, path) = (100 + slot, $"prices[{(slot <= MostProcesses ? $"P{slot}" : $"PP{slot - MostProcesses}")}].");
        return new(slot, v.Number(F, $"H{row}", path + "coveredPercent", p?.CoveredPercent, CellKind.PercentShare), v.Number(F, $"J{row}", path + "pricePerTco2e", p?.PricePerTco2e), v.Number(F, $"K{row}", path + "rebatePerTco2e", p?.RebatePerTco2e));
    }

    static ProductLine Product(TemplateVisitor v, int slot, ProductLine? p)
    {
        var (row, path) = (ProductRow(slot), $"products[{slot}].");
        string? Word(string column, string field, string? value, string? list = null) => v.Text(Products, $"{column}{row}", path + field, value, list);
        decimal? Plain(string column, string field, decimal? value) => v.Number(Products, $"{column}{row}", path + field, value);
        decimal? Share(string column, string field, decimal? value) => v.Number(Products, $"{column}{row}", path + field, value, CellKind.PercentShare);
        var s = p?.Parameters;
        string[] others = ["AB", "AD", "AE", "AF", "AG", "AH", "AI", "AJ", "AK"];
        return new(slot, Word("D", "process", p?.Process), Word("F", "cn", p?.Cn, TemplateLists.CnCodes), Word("H", "name", p?.Name),
            new(Word("P", "reducingAgent", s?.ReducingAgent, TemplateLists.ReducingAgents), Word("Q", "millNumber", s?.MillNumber), Share("R", "manganesePercent", s?.ManganesePercent), Share("S", "chromiumPercent", s?.ChromiumPercent),
                Share("T", "nickelPercent", s?.NickelPercent), Share("U", "otherAlloysPercent", s?.OtherAlloysPercent), Share("V", "carbonPercent", s?.CarbonPercent), Plain("W", "scrapTPerTSteel", s?.ScrapTPerTSteel),
                Share("X", "otherMaterialsPercent", s?.OtherMaterialsPercent), Share("Y", "preConsumerPercent", s?.PreConsumerPercent), Plain("Z", "scrapTPerTAluminium", s?.ScrapTPerTAluminium), Share("AA", "nonAluminiumPercent", s?.NonAluminiumPercent),
                v.Flag(Products, $"AC{row}", path + "calcined", s?.Calcined), Each(9, i => Share(others[i], $"other[{i + 1}]", At(s?.Other, i)))),
            Word("AL", "instrument", p?.Instrument, TemplateLists.Instruments), Share("AM", "coveredPercent", p?.CoveredPercent), Word("AP", "currency", p?.Currency, TemplateLists.Currencies), Plain("AR", "priceDuePerT", p?.PriceDuePerT),
            Word("AT", "rebateType", p?.RebateType, TemplateLists.Rebates), Share("AU", "rebatedPercent", p?.RebatedPercent), Plain("AX", "rebatePerT", p?.RebatePerT));
    }

    static List<T> Each<T>(int count, Func<int, T> one) => [.. Enumerable.Range(0, count).Select(one)];

    static T? At<T>(IReadOnlyList<T?>? list, int index) => list is not null && index < list.Count ? list[index] : default;
}
