using Verdigris.Cbam.Template;
using Verdigris.Primitives;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Cbam.Operators.Pages;

/// <summary>What the pages of an operator's forms stand on.</summary>
public abstract class OperatorPage : RoomPage
{
    protected override string DonePrefix => "cbam.done.communication-";

    protected static Tone ToneOf(CommunicationState state) => state switch { CommunicationState.Verified => Tone.Good, CommunicationState.Draft => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(FindingSeverity severity) => severity switch { FindingSeverity.Error => Tone.Bad, FindingSeverity.Warning => Tone.Warn, _ => Tone.Info };

    protected string Entry(string field)
    {
        var leaf = field[(field.LastIndexOf('.') + 1)..];
        var at = leaf.IndexOf('[', StringComparison.Ordinal);
        var before = field.Contains(".heat.", StringComparison.Ordinal) ? S["communication.heat"] + ": " : field.Contains(".wasteGas.", StringComparison.Ordinal) ? S["communication.waste-gas"] + ": " : "";
        return before + S["communication.field." + (at < 0 ? leaf : leaf[..at])] + (at < 0 ? "" : " " + leaf[(at + 1)..^1]);
    }

    /// <summary><c>processes[P1]</c>: Production processes P1.</summary>
    protected string PartName(string part)
    {
        var at = part.IndexOf('[', StringComparison.Ordinal);
        return S["communication.part." + (at < 0 ? part : part[..at])] + (at < 0 ? "" : " " + part[(at + 1)..^1]);
    }

    /// <summary>A known part of <paramref name="field"/> to open, <c>heat</c> inside a process with it.</summary>
    protected static string FormPath(Guid id, string part) => $"/cbam/communications/{id}/form?part={Uri.EscapeDataString(part)}";

    protected static string? UnitOf(string field, EntryKind kind)
    {
        if (kind == EntryKind.Percent) return "%";
        if (kind != EntryKind.Number) return null;
        var leaf = field[(field.LastIndexOf('.') + 1)..].Split('[')[0];
        if (field.StartsWith("prices[", StringComparison.Ordinal) || leaf is "priceDuePerT" or "rebatePerT" or "amount" or "ncv" or "factor" or "frequency" or "slope" or "overvoltage" or "c2f6Share" or "currentEfficiency" or "heatReference" or "powerReference") return null;
        return leaf switch
        {
            "gramsPerNm3" => "g/Nm³",
            "flowThousandNm3PerHour" => "1000 Nm³/h",
            "durationMinutes" => "min",
            "overvoltageMv" => "mV",
            "hours" => "h",
            "carbonContent" => "t C",
            "scrapTPerTSteel" or "scrapTPerTAluminium" => "t/t",
            "electricityMwhPerT" => "MWh/t",
            _ when leaf.EndsWith("Tco2PerTj", StringComparison.Ordinal) => "t CO2/TJ",
            _ when leaf.EndsWith("Tco2PerMwh", StringComparison.Ordinal) => "t CO2/MWh",
            _ when leaf.EndsWith("Tco2ePerT", StringComparison.Ordinal) => "t CO2e/t",
            _ when leaf.EndsWith("Tco2e", StringComparison.Ordinal) || leaf.EndsWith("Tco2", StringComparison.Ordinal) => "t CO2e",
            _ when leaf.EndsWith("Mwh", StringComparison.Ordinal) => "MWh",
            _ when leaf.EndsWith("Tj", StringComparison.Ordinal) => "TJ",
            _ when leaf.EndsWith('T') => "t",
            _ => null,
        };
    }
}
