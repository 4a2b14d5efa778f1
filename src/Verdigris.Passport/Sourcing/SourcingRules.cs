using NodaTime;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Sourcing;

/// <summary>How a brand shows that its metal is sourced responsibly. Numbers are stored and never change.</summary>
public enum Track : short { A = 0, B = 1, C = 2, D = 3 }

/// <summary>Months and days that hold in responsible sourcing; each read from the pack with its source.</summary>
/// <param name="RecheckMonths">From one finding of compliance to the next check.</param>
/// <param name="ProgressMonths">The longest time between two checks of a mitigation plan.</param>
/// <param name="ReminderDays">Days before a certificate ends at which it is called to mind, longest first.</param>
/// <param name="SmallestGroup">Statistics hide smaller groups.</param>
/// <param name="RecyclablePercent">Share of recyclable input track D attests.</param>
public sealed record SourcingTerms(int RecheckMonths, int ProgressMonths, int RecordsKeptYears, IReadOnlyList<int> ReminderDays, int SmallestGroup, int RecyclablePercent);

/// <summary>The dated rules of responsible sourcing, from the pack <c>metals/sourcing</c>. Immutable.</summary>
public sealed class SourcingRules
{
    readonly RulePack pack;

    public SourcingRules(RulePacks rules)
    {
        pack = rules.Pack("metals/sourcing");
        Terms = new(Term("recheck"), Term("progress-check"), Term("records-kept"), [Term("remind-first"), Term("remind-second"), Term("remind-last")], Term("smallest-group"), Term("recyclable-input"));
    }

    public SourcingTerms Terms { get; }
    public IReadOnlyList<RuleRow> Tracks => pack.Table("tracks").Rows;
    public IReadOnlyList<RuleRow> Standards => pack.Table("standards").Rows;
    public IReadOnlyList<RuleRow> Risks => pack.Table("risks").Rows;
    public IReadOnlyList<RuleRow> Flags => pack.Table("flags").Rows;
    public IReadOnlyList<RuleRow> Materials => pack.Table("materials").Rows;
    public IReadOnlyList<RuleRow> Deadlines => pack.Table("deadlines").Rows;
    public IReadOnlyList<RuleRow> Reasons => pack.Table("reasons").Rows;

    public RuleRow Track(Track track) => Tracks.Single(r => r.Text("track") == track.ToString());

    /// <summary>The row of a code; null where there is none.</summary>
    public static RuleRow? Find(IReadOnlyList<RuleRow> rows, string column, string? code) => rows.FirstOrDefault(r => r.Text(column) == code);

    /// <summary>Whether a material comes from primary production, whose origin must be known; null where the material is unknown.</summary>
    public bool? Primary(string? material) => Find(Materials, "material", material)?.Flag("primary");

    int Term(string name) => pack.Table("terms").Find(null, name)?.Integer("number") ?? throw new InvalidOperationException($"metals/sourcing holds no term '{name}'.");
}
