using System.Diagnostics;
using System.Diagnostics.Tracing;

namespace Verdigris.Bench;

/// <summary>The longest time for which the runtime stopped all threads to collect garbage, between the making of this and its disposal.</summary>
sealed class CollectionPauses : EventListener
{
    const EventKeywords Collections = (EventKeywords)1;
    const int SuspendBegin = 9, RestartEnd = 3;

    long begun, longest;

    public double LongestMs => Stopwatch.GetElapsedTime(0, Interlocked.Read(ref longest)).TotalMilliseconds;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime") EnableEvents(eventSource, EventLevel.Informational, Collections);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The runtime writes these late, but with the time they happened at.
        var at = (eventData.TimeStamp - DateTime.UnixEpoch).Ticks;
        if (eventData.EventId == SuspendBegin) begun = at;
        else if (eventData.EventId == RestartEnd && begun != 0)
        {
            var took = (long)((at - begun) * (double)Stopwatch.Frequency / TimeSpan.TicksPerSecond);
            if (took > longest) Interlocked.Exchange(ref longest, took);
            begun = 0;
        }
    }
}
