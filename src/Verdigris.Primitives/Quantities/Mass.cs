namespace Verdigris.Primitives;

/// <summary>A mass, held exactly in kilograms; not negative. A tonne is 1,000 kg. Ordered by size; the default is zero.</summary>
public readonly record struct Mass : IComparable<Mass>
{
    Mass(decimal kg) => Kg = kg >= 0 ? kg : throw new ArgumentOutOfRangeException(nameof(kg), kg, "A mass is not negative.");

    public decimal Kg { get; }
    public decimal Tonnes => Kg / 1000m;

    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static Mass FromKg(decimal kg) => new(kg);

    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public static Mass FromTonnes(decimal tonnes) => new(tonnes * 1000m);

    public static Mass Zero => default;

    public static Mass operator +(Mass a, Mass b) => new(a.Kg + b.Kg);

    /// <exception cref="ArgumentOutOfRangeException">More is taken away than there is.</exception>
    public static Mass operator -(Mass a, Mass b) => new(a.Kg - b.Kg);

    public static Mass operator *(Mass mass, decimal factor) => new(mass.Kg * factor);

    /// <summary>Emissions of this much metal: t x tCO2e/t.</summary>
    public static Emissions operator *(Mass mass, EmissionIntensity intensity) => Emissions.FromTonnesCo2e(mass.Tonnes * intensity.Tco2ePerT);

    public static bool operator <(Mass a, Mass b) => a.Kg < b.Kg;
    public static bool operator >(Mass a, Mass b) => a.Kg > b.Kg;
    public static bool operator <=(Mass a, Mass b) => a.Kg <= b.Kg;
    public static bool operator >=(Mass a, Mass b) => a.Kg >= b.Kg;

    public int CompareTo(Mass other) => Kg.CompareTo(other.Kg);

    public override string ToString() => FormattableString.Invariant($"{Kg} kg");
}
