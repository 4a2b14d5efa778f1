using System.Collections.Frozen;

namespace Verdigris.Passport.Certificates;

/// <summary>Chemical symbols an analysis may state.</summary>
public static class Elements
{
    static readonly FrozenSet<string> Known = ("H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe " +
        "Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Th U").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    public static bool IsKnown(string? symbol) => symbol is not null && Known.Contains(symbol);
}
