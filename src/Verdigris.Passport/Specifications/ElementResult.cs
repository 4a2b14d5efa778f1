using System.Collections.Frozen;
using Verdigris.Primitives;

namespace Verdigris.Passport.Specifications;

/// <summary>
/// What a laboratory reports for one element, as mass fraction in percent, with the places it was printed with. Below the detection limit it is known only to lie
/// between zero and <see cref="Percent"/>; a balance is what remains to 100 % and carries no number of its own.
/// </summary>
/// <param name="Percent">0 to 100; 0 for a balance.</param>
/// <param name="Below">Reported as <c>&lt;x</c>.</param>
/// <param name="Balance">Reported as balance (by difference); only the base metal.</param>
/// <param name="ExpandedUncertaintyPercent">U = k u, in percent mass fraction; null where the laboratory gave none.</param>
/// <param name="CoverageFactor">The k of that U; above 0.</param>
public sealed record ElementResult(string Element, decimal Percent, bool Below = false, bool Balance = false, decimal? ExpandedUncertaintyPercent = null, decimal CoverageFactor = 2)
{
    /// <summary>Reads <c>0.0012</c>, <c>5e-05</c>, <c>&lt;0.0005</c> or <c>balance</c>, in percent or ppm (1 ppm = 0.0001 %).</summary>
    /// <param name="field">Path named in a refusal, for example <c>results.Fe</c>.</param>
    public static Answer<ElementResult> Read(string element, string text, string field, string unit = "percent")
    {
        if (!Elements.IsSymbol(element)) return Refusal.Of("spec.unknown-element", field, ("given", element));
        if (unit is not ("percent" or "ppm")) return Refusal.Of("spec.result-unit", field, ("given", unit));
        if (text == "balance") return new ElementResult(element, 0, Balance: true);
        var below = text.StartsWith('<');
        if (!DecimalText.TryRead(below ? text[1..].TrimStart() : text, out var value)) return Refusal.Of("spec.result-unreadable", field, ("given", text));
        var percent = unit == "ppm" ? value * 0.0001m : value;
        if (percent is < 0 or > 100 || (below && percent == 0)) return Refusal.Of("spec.result-out-of-range", field, ("element", element), ("given", DecimalText.Write(percent)));
        return new ElementResult(element, percent, below);
    }

    public override string ToString() => Balance ? "balance" : (Below ? "<" : "") + DecimalText.Write(Percent);
}

/// <summary>Symbols of the 118 chemical elements.</summary>
public static class Elements
{
    static readonly FrozenSet<string> Symbols = (
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba " +
        "La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static bool IsSymbol(string? text) => text is not null && Symbols.Contains(text);
}
