using Verdigris.Primitives.Calculations;

namespace Verdigris.Cbam.Obligation;

/// <summary>Keeps the steps of a line, in their order. Not thread-safe.</summary>
sealed class LineSteps : ILineTrace
{
    public List<TraceStep> Taken { get; } = [];

    public void Note(TraceStep step) => Taken.Add(step);
}
