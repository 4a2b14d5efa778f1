using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Template;

/// <summary>Our sums beside those the file came with. A difference means that the file was not calculated after its last entry, or that a formula was changed.</summary>
static class TemplateComparison
{
    const string Matrix = "InputOutput";

    /// <summary>The file's figures passed through binary numbers: so much of the size of a figure is no difference.</summary>
    const decimal Relative = 0.000000001m;

    public static void Over(TemplateFigures figures, TemplateWorkbook book, TemplateReader reader)
    {
        void Beside(string sheet, string reference, string field, decimal? ours, decimal scale = 1)
        {
            if (ours is not { } mine || book.Value(sheet, reference).Number is not { } theirs) return;
            theirs *= scale;
            if (Math.Abs(theirs - mine) <= Relative * Math.Max(1, Math.Abs(mine))) return;
            reader.Say(new(sheet, reference, field, CellKind.Number), FindingSeverity.Warning, Refusal.Of("template.cached-differs", null, ("given", Shown(theirs)), ("computed", Shown(mine))));
        }
        foreach (var s in figures.Streams) Beside(TemplateWalk.B, $"AU{TemplateWalk.StreamRow(s.Slot)}", $"streams[{s.Slot}].fossilTco2e", s.FossilTco2e);
        foreach (var s in figures.Pfcs) Beside(TemplateWalk.B, $"AU{TemplateWalk.PfcRow(s.Slot)}", $"pfcs[{s.Slot}].tco2e", s.Tco2e);
        foreach (var s in figures.Measured) Beside(TemplateWalk.B, $"AU{TemplateWalk.MeasuredRow(s.Slot)}", $"measured[{s.Slot}].fossilTco2e", s.FossilTco2e);
        Beside(TemplateWalk.C, "L27", "balance.directTco2e", figures.Balance.DirectTco2e);
        Beside(TemplateWalk.C, "N27", "balance.totalTco2e", figures.Balance.TotalTco2e);
        foreach (var (chain, blockRow, matrixRow) in figures.Processes.Select(p => (p, TemplateWalk.ProcessRow(Slot(p)) + 13, 70 + Slot(p))).Concat(figures.Precursors.Select(p => (p, 0, 80 + Slot(p)))))
        {
            if (blockRow > 0) Beside(TemplateWalk.D, $"L{blockRow}", $"processes[{chain.Id}].productionT", chain.ProductionT);
            var part = blockRow > 0 ? "processes" : "precursors";
            Beside(Matrix, $"AK{matrixRow}", $"{part}[{chain.Id}].seeDirect", chain.SeeDirect);
            Beside(Matrix, $"AM{matrixRow}", $"{part}[{chain.Id}].seeIndirect", chain.SeeIndirect);
            Beside(Matrix, $"AO{matrixRow}", $"{part}[{chain.Id}].embeddedMwh", chain.EmbeddedMwh);
        }
        foreach (var p in figures.Products)
        {
            var row = TemplateWalk.ProductRow(p.Slot);
            Beside(TemplateWalk.Products, $"I{row}", $"products[{p.Slot}].seeDirect", p.SeeDirect);
            Beside(TemplateWalk.Products, $"J{row}", $"products[{p.Slot}].seeIndirect", p.SeeIndirect);
            Beside(TemplateWalk.Products, $"K{row}", $"products[{p.Slot}].seeTotal", p.SeeTotal);
            Beside(TemplateWalk.Products, $"M{row}", $"products[{p.Slot}].defaultPercent", p.DefaultPercent, 100);
        }
    }

    static int Slot(ChainFigure c) => int.Parse(c.Id.AsSpan(c.Id.StartsWith("PP", StringComparison.Ordinal) ? 2 : 1), System.Globalization.CultureInfo.InvariantCulture);

    static string Shown(decimal value) => DecimalText.Write(DecimalText.Trim(XlsxLines.Kept(value)));
}
