using NodaTime;
using Verdigris.Cbam.Template;
using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam.Tests.Template;

/// <summary>A smelter with a rolling mill and bought slab, filled in wholly and rightly.</summary>
static class Smelter
{
    public static CommunicationTemplate Form { get; } = new(RulePacks.Open(Checkout.Path("data")));

    public static CommunicationReport Report { get; } = CommunicationReport.Empty with
    {
        From = new LocalDate(2025, 1, 1),
        To = new LocalDate(2025, 12, 31),
        Installation = new("एल्यूमिनियम संयंत्र", "Example Smelter", "Plant Road 1", "Aluminium production", "517001", null, "Mumbai", "India", "INBOM", "19.0760", "72.8777", "A. Person", "a@example.org", "+91 22 0000000"),
        Verifier = new("Example Verification", "Street 2", "Vienna", "1010", "Austria", "B. Person", "b@example.org", "+43 1 0000000", null, "Austria", "Example body", "V-0001"),
        Goods = [new(1, "Unwrought aluminium", ["Primary (electrolytic) smelting", null, null, null, null, null]), new(2, "Aluminium products", [null, null, null, null, null, null])],
        Processes =
        [
            new(1, "Unwrought aluminium", ["Only direct production", null, null, null, null, null], "Pot line", [100_000m, null, null, null, null, null, null, null], 40_000m, [null, 60_000m, null, null, null, null, null, null, null, null], 0m,
                false, false, 150_000m, new(null, null, null, null), new(null, null, null, null), 1_400_000m, 0.71m, "D.4(a)", 0m, null),
            new(2, "Aluminium products", ["Only direct production", null, null, null, null, null], "Rolling mill", [55_000m, null, null, null, null, null, null, null], 55_000m, [null, null, null, null, null, null, null, null, null, null], 0m,
                true, true, 11_000m, new(12.5m, 4m, 56.1m, 60m), new(0m, 0m, null, null), 30_000m, 0.71m, "D.4(a)", 100m, 0.4m),
        ],
        Precursors = [new(1, "Unwrought aluminium", "AE", ["Primary (electrolytic) smelting", null, null, null, null], "Bought slab", [3_000m, null, null, null, null, null, null, null], [0m, 2_750m, null, null, null, null, null, null, null, null], 250m,
            1.87m, "Default", 14.5m, "Measured", 0.4m, "D.4(a)", "Data gaps")],
        Streams = [new(1, "Combustion", "Natural gas", 4_000m, "1000Nm3", 36m, 56.1m, "tCO2/TJ", null, 99.5m, null, null), new(3, "Mass Balance", "Anodes", 41_000m, "t", null, null, null, 0.98m, null, null, null)],
        Pfcs = [new(1, "Slope method", "Centre Worked Pre-Bake (CWPB)", 100_000m, 0.1m, 2.5m, 0.143m, null, null, null, 0.121m, 98m)],
        Measured = [new(1, "Stack 7", "N2O", 0m, 0.001m, 8_000m, 20m, null, null)],
        Balance = new(null, null, null, null, null, null, null, null, 1_015_300m, "Mostly measurements & analyses", null, "Third-party verification"),
        Cogenerations = [new(1, null, null, null, 1_000m, null, 0.88m, 0.442m), new(2, null, null, null, null, null, 0.88m, 0.442m)],
        PriceCurrency = "INR",
        Prices = [new(1, 12.5m, 500m, 100m)],
        Products =
        [
            new(1, "Pot line", "76011010", "Billet", Parameters(0.1m, 40m), null, null, null, null, null, null, null),
            new(4, "Rolling mill", "76061150", "Coil", Parameters(0.25m, 33.3m), "National Emissions Trading System", 62.5m, "INR", 300m, "Free allocation", 10m, 20m),
        ],
        PriceInstruments = "National scheme, act of 2025",
    };

    static readonly Lazy<byte[]> Written = new(() => Write(Report));

    /// <summary>The report in the empty form.</summary>
    public static byte[] File => Written.Value;

    public static SectorParameters Parameters(decimal scrap, decimal preConsumer) => new(null, null, null, null, null, null, null, null, null, preConsumer, scrap, 1.25m, null, [null, null, null, null, null, null, null, null, null]);

    public static TemplateReading Read(byte[] file)
    {
        using var stream = new MemoryStream(file);
        return Form.Read(stream).Value;
    }

    public static byte[] Write(CommunicationReport report, byte[]? into = null)
    {
        using var stream = into is null ? null : new MemoryStream(into);
        return Form.Write(report, stream).Value;
    }

    /// <summary>Everything a report says, as cells: two reports that say the same have the same.</summary>
    public static IReadOnlyDictionary<string, object> Said(CommunicationReport report) => TemplateCollector.Of(report).Values.ToDictionary(c => c.Cell.Field, c => c.Value);
}
