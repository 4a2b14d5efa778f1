using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Registry.Credits.Serials;

/// <summary>Method <c>credits.parse-serial</c>: the parts of a printed serial number, its range and how many units that are; with <c>take</c>, the two blocks a transfer of so many leaves.</summary>
sealed class ParseSerialMethod() : Calculator("credits.parse-serial", "1", new("Serial number of credits", "碳信用序列号"),
    Text("serial", "Serial number as printed", "序列号（按印制格式）"), Number("take", "Units to split off", "拆出的单位数", "t CO2e", min: 1, optional: true, max: SerialGrammar.LargestUnit))
{
    protected override void Work(Working w)
    {
        var grammars = SerialGrammars.Of(w.Rules);
        var block = w.Value(grammars.Read(w.Input.Text("serial")));
        var row = grammars.Rules.Table("grammars").Rows.First(r => r.Text("grammar") == block.Grammar.Name);
        w.Note(new("grammar", new("Pattern the serial number fits", "序列号所符合的格式"), block.Grammar.Pattern, [], block.Text, null, row.Ref(grammars.Rules)));
        var parts = new JsonObject();
        for (var i = 0; i < block.Parts.Count; i++) parts[block.Grammar.Names[i]] = block.Parts[i];
        w.Put("registry", block.Programme);
        w.Put("unit", block.Unit);
        w.Put("parts", parts);
        w.Put("start", block.Range?.First);
        w.Put("end", block.Range?.Last);
        if (block.Range is not { } range)
        {
            w.Put("quantity", (JsonNode?)null);
            w.Warn("credits.range-beside", "This registry prints first and last unit beside the serial number; how many units the block has is not in it.", "该登记系统将首末单位号印在序列号之外，序列号本身不含数量。", "serial");
            if (w.Input.Has("take")) w.Stop<Done>(Refusal.Of("credits.serial-no-range", "take"));
            return;
        }
        w.Put("quantity", w.Step("quantity", "Units in the block", "区块单位数", "end - start + 1", "t CO2e", range.Count, ("end", range.Last), ("start", range.First)));
        if (w.Input.DecimalOrNull("take") is not { } take) return;
        if (take != decimal.Truncate(take)) w.Stop<Done>(Refusal.Of("calc.not-whole", "take", ("field", "take"), ("given", DecimalText.Write(take))));
        if (take > range.Count) w.Stop<Done>(Refusal.Of("credits.take-too-many", "take", ("given", DecimalText.Write(take)), ("quantity", $"{range.Count}")));
        var (taken, left) = block.Take((long)take);
        w.Put("taken", taken.Text);
        w.Put("left", left?.Text);
    }
}
