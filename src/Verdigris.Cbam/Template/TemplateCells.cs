using NodaTime;

namespace Verdigris.Cbam.Template;

/// <summary>How a cell holds what the model says.</summary>
enum CellKind
{
    Text, Number, Flag, Day,

    /// <summary>A percentage the form wants as a number from 0 to 100.</summary>
    PercentNumber,

    /// <summary>A percentage a cell of percent format keeps as a share of one.</summary>
    PercentShare,
}

/// <summary>A cell somebody may fill in.</summary>
/// <param name="Field">Path in the model: <c>processes[P1].marketT</c>.</param>
/// <param name="List">Name of the list of <see cref="TemplateLists"/> its words come from; null where any text will do.</param>
/// <param name="Signed">May be below zero.</param>
sealed record TemplateCell(string Sheet, string Reference, string Field, CellKind Kind, string? List = null, bool Signed = false)
{
    static readonly Lazy<HashSet<(string, string)>> All = new(() =>
    {
        var recorder = new Recorder();
        TemplateWalk.Over(recorder, CommunicationReport.Empty);
        return recorder.Seen;
    });

    /// <summary>Every cell somebody may fill in.</summary>
    public static IReadOnlySet<(string Sheet, string Reference)> Entries => All.Value;

    sealed class Recorder : TemplateVisitor
    {
        public HashSet<(string, string)> Seen { get; } = [];

        protected override object? Visit(TemplateCell cell, object? value)
        {
            Seen.Add((cell.Sheet, cell.Reference));
            return null;
        }
    }
}

/// <summary>One direction of the way between the cells of the form and the model. The walk over the form is written once (<see cref="TemplateWalk"/>): a reader answers what the cell holds, a collector answers what it is given and notes it.</summary>
abstract class TemplateVisitor
{
    /// <summary>How many cells held something since the last reset.</summary>
    public int Filled { get; protected set; }

    protected abstract object? Visit(TemplateCell cell, object? value);

    public string? Text(string sheet, string reference, string field, string? value, string? list = null) => (string?)Visit(new(sheet, reference, field, CellKind.Text, list), value);
    public decimal? Number(string sheet, string reference, string field, decimal? value, CellKind kind = CellKind.Number, bool signed = false) => (decimal?)Visit(new(sheet, reference, field, kind, Signed: signed), value);
    public bool? Flag(string sheet, string reference, string field, bool? value) => (bool?)Visit(new(sheet, reference, field, CellKind.Flag), value);
    public LocalDate? Day(string sheet, string reference, string field, LocalDate? value) => (LocalDate?)Visit(new(sheet, reference, field, CellKind.Day), value);
}

/// <summary>What a report puts into which cell; empty ones are left out.</summary>
sealed class TemplateCollector : TemplateVisitor
{
    public Dictionary<(string Sheet, string Reference), (TemplateCell Cell, object Value)> Cells { get; } = [];

    public static IReadOnlyDictionary<(string Sheet, string Reference), (TemplateCell Cell, object Value)> Of(CommunicationReport report)
    {
        var collector = new TemplateCollector();
        TemplateWalk.Over(collector, report);
        return collector.Cells;
    }

    protected override object? Visit(TemplateCell cell, object? value)
    {
        if (value is not null)
        {
            Cells[(cell.Sheet, cell.Reference)] = (cell, value);
            Filled++;
        }
        return value;
    }
}
