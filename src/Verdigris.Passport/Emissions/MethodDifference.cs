namespace Verdigris.Passport.Emissions;

public enum DifferencePart { OwnDirect, OwnIndirect, Precursor, Scope3 }

/// <summary>One part of the difference, in tonnes CO2e a tonne of metal.</summary>
/// <param name="Precursor">Its name, for a precursor.</param>
/// <param name="BorderTco2ePerT">In the CBAM figure; null where it does not count this part.</param>
/// <param name="FootprintTco2ePerT">In the IAI figure; null where it does not count this part.</param>
public sealed record DifferenceLine(DifferencePart Part, string? Precursor, decimal? BorderTco2ePerT, decimal? FootprintTco2ePerT)
{
    public decimal DifferenceTco2ePerT => (FootprintTco2ePerT ?? 0) - (BorderTco2ePerT ?? 0);
}

/// <summary>
/// What the difference between the industry's footprint and the border measure's figure of one brand and year is made of. The border measure counts direct and indirect emissions within its boundary; the
/// footprint goes from the cradle to the gate, so it has scope 3 and often other precursors. The parts add up to the difference exactly.
/// (Boundaries: Implementing Regulation (EU) 2023/1773, Annex III; IAI Carbon Footprint Methodology for Primary Aluminium.)
/// </summary>
/// <param name="Scope3Stated">False: the footprint came without scope 3, and so does the difference. Not stated is not zero.</param>
/// <param name="PrecursorsApart">False where a figure is smaller than the precursors listed with it: they cannot be in it, and no precursor is shown apart.</param>
public sealed record MethodDifference(decimal BorderTco2ePerT, decimal FootprintTco2ePerT, IReadOnlyList<DifferenceLine> Lines, bool Scope3Stated, bool PrecursorsApart)
{
    public decimal DifferenceTco2ePerT => FootprintTco2ePerT - BorderTco2ePerT;

    /// <param name="border">The CBAM figures.</param>
    /// <param name="footprint">The IAI figures.</param>
    public static MethodDifference Of(EmissionsValues border, EmissionsValues footprint)
    {
        var (inBorder, inFootprint) = (Split.Of(border), Split.Of(footprint));
        var apart = inBorder.Holds && inFootprint.Holds;
        if (!apart) (inBorder, inFootprint) = (Split.Whole(border), Split.Whole(footprint));
        List<DifferenceLine> lines = [new(DifferencePart.OwnDirect, null, inBorder.Direct, inFootprint.Direct), new(DifferencePart.OwnIndirect, null, inBorder.Indirect, inFootprint.Indirect)];
        foreach (var name in inFootprint.Precursors.Keys.Union(inBorder.Precursors.Keys, StringComparer.OrdinalIgnoreCase))
            lines.Add(new(DifferencePart.Precursor, name, inBorder.Precursors.TryGetValue(name, out var b) ? b : null, inFootprint.Precursors.TryGetValue(name, out var f) ? f : null));
        if (footprint.Scope3Tco2ePerT is { } scope3) lines.Add(new(DifferencePart.Scope3, null, null, scope3));
        return new(border.DirectTco2ePerT + border.IndirectTco2ePerT, footprint.DirectTco2ePerT + footprint.IndirectTco2ePerT + (footprint.Scope3Tco2ePerT ?? 0), lines, footprint.Scope3Tco2ePerT is not null, apart);
    }

    /// <summary>A figure without what its precursors brought in.</summary>
    sealed record Split(decimal Direct, decimal Indirect, Dictionary<string, decimal> Precursors)
    {
        public bool Holds => Direct >= 0 && Indirect >= 0;

        public static Split Whole(EmissionsValues v) => new(v.DirectTco2ePerT, v.IndirectTco2ePerT, new(StringComparer.OrdinalIgnoreCase));

        public static Split Of(EmissionsValues v)
        {
            var precursors = new Dictionary<string, decimal>(StringComparer.OrdinalIgnoreCase);
            var (direct, indirect) = (v.DirectTco2ePerT, v.IndirectTco2ePerT);
            foreach (var p in v.Precursors ?? [])
            {
                precursors[p.Name.Trim()] = precursors.GetValueOrDefault(p.Name.Trim()) + p.TonnesPerTonne * (p.DirectTco2ePerT + p.IndirectTco2ePerT);
                direct -= p.TonnesPerTonne * p.DirectTco2ePerT;
                indirect -= p.TonnesPerTonne * p.IndirectTco2ePerT;
            }
            return new(direct, indirect, precursors);
        }
    }
}
