namespace Verdigris.Footprint;

/// <summary>Carbon by molar mass, where an act does not prescribe a rounded factor.</summary>
static class Carbon
{
    /// <summary>Tonnes of CO2 of tonnes of carbon, 44/12: kept as a product and a quotient so that no digit is lost.</summary>
    public static decimal Co2(decimal carbonT) => carbonT * 44 / 12;
}
