namespace Verdigris.Passport.PlantMap;

/// <summary>A place on the map, in map units, from its left and upper edge.</summary>
public readonly record struct MapPoint(decimal X, decimal Y);

/// <summary>
/// The Natural Earth projection as a polynomial (Šavrič, Jenny, Patterson, Petrovič and Hurni 2011, "A polynomial equation for the Natural Earth projection"; coefficients read in
/// the source of Boost.Geometry's <c>natearth</c>). The one way a place is put on the map, land and plants alike. Pure, in decimal.
/// </summary>
public static class NaturalEarthProjection
{
    /// <summary>Map units from the 180th meridian west to the one east, at the equator.</summary>
    public const decimal Width = 2000m;

    /// <summary>The map ends here in the north and south; what lies beyond is left out.</summary>
    public const decimal NorthDeg = 84m, SouthDeg = -58m;

    const decimal RadiansADegree = 3.14159265358979323846m / 180m;
    static readonly decimal Unit = Width / (2 * 3.14159265358979323846m * 0.8707m);
    static readonly decimal Top = Raise(NorthDeg);

    public static decimal Height { get; } = Top - Raise(SouthDeg);

    /// <param name="latitudeDeg">-90 to 90.</param>
    /// <param name="longitudeDeg">-180 to 180.</param>
    /// <returns>X from 0 to <see cref="Width"/>; Y from 0 at <see cref="NorthDeg"/> to <see cref="Height"/> at <see cref="SouthDeg"/>, outside that beyond them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public static MapPoint Project(decimal latitudeDeg, decimal longitudeDeg)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(latitudeDeg), 90m, nameof(latitudeDeg));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(longitudeDeg), 180m, nameof(longitudeDeg));
        var north = latitudeDeg * RadiansADegree;
        var (two, four) = (north * north, north * north * north * north);
        var across = 0.8707m - (0.131979m * two) + (four * (-0.013791m + (four * ((0.003971m * two) - (0.001529m * four)))));
        return new((Width / 2) + (longitudeDeg * RadiansADegree * across * Unit), Top - Raise(latitudeDeg));
    }

    static decimal Raise(decimal latitudeDeg)
    {
        var north = latitudeDeg * RadiansADegree;
        var (two, four) = (north * north, north * north * north * north);
        return Unit * north * (1.007226m + (two * (0.015085m + (four * (-0.044475m + (0.028874m * two) - (0.005916m * four))))));
    }
}
