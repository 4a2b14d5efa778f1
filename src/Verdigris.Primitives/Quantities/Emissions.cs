namespace Verdigris.Primitives;

/// <summary>An amount of greenhouse gas in tonnes of CO2 equivalent. May be negative (a credit or removal). The default is zero: where emissions are not known, use null.</summary>
public readonly record struct Emissions : IComparable<Emissions>
{
    Emissions(decimal tco2e) => Tco2e = tco2e;

    public decimal Tco2e { get; }

    public static Emissions FromTonnesCo2e(decimal tco2e) => new(tco2e);

    public static Emissions Zero => default;

    public static Emissions operator +(Emissions a, Emissions b) => new(a.Tco2e + b.Tco2e);
    public static Emissions operator -(Emissions a, Emissions b) => new(a.Tco2e - b.Tco2e);
    public static Emissions operator *(Emissions emissions, decimal share) => new(emissions.Tco2e * share);

    /// <summary>Emissions spread over a mass.</summary>
    /// <exception cref="DivideByZeroException">The mass is zero.</exception>
    public static EmissionIntensity operator /(Emissions emissions, Mass mass) => EmissionIntensity.FromTco2ePerTonne(emissions.Tco2e / mass.Tonnes);

    public int CompareTo(Emissions other) => Tco2e.CompareTo(other.Tco2e);

    public override string ToString() => FormattableString.Invariant($"{Tco2e} tCO2e");
}

/// <summary>Emissions of a tonne of metal, tCO2e/t (the same number as kgCO2e/kg). The default is zero: where it is not known, use null.</summary>
public readonly record struct EmissionIntensity : IComparable<EmissionIntensity>
{
    EmissionIntensity(decimal value) => Tco2ePerT = value;

    public decimal Tco2ePerT { get; }

    public static EmissionIntensity FromTco2ePerTonne(decimal value) => new(value);

    /// <summary>Parts of one product's intensity (direct and indirect) add up; intensities of different products do not: weigh them by mass.</summary>
    public static EmissionIntensity operator +(EmissionIntensity a, EmissionIntensity b) => new(a.Tco2ePerT + b.Tco2ePerT);

    public static Emissions operator *(EmissionIntensity intensity, Mass mass) => mass * intensity;

    public int CompareTo(EmissionIntensity other) => Tco2ePerT.CompareTo(other.Tco2ePerT);

    public override string ToString() => FormattableString.Invariant($"{Tco2ePerT} tCO2e/t");
}
