namespace Verdigris.Market.Fix;

/// <summary>An application whose failures are answers: what fails once would fail again when it is sent again, and hold up everything behind it. The other side hears that nothing is known of its request, and asks.</summary>
/// <param name="failed">Told of each failure.</param>
sealed class FixGuard(IFixApplication inner, Action<Exception> failed) : IFixApplication
{
    public bool Takes(ReadOnlySpan<byte> type) => inner.Takes(type);

    public ValueTask<IReadOnlyList<FixOut>> Take(FixMessage message, CancellationToken ct)
    {
        // Written now: the message is used again.
        var unknown = ReportMessages.BusinessRejected(message, 4, "Not known whether it took effect: ask for the status of the order", message.Text(FixTag.ClOrdID));
        try
        {
            var work = inner.Take(message, ct);
            return work.IsCompletedSuccessfully ? work : Guarded(work, unknown);
        }
        catch (Exception e) when (IsFailure(e))
        {
            failed(e);
            return new([unknown]);
        }
    }

    public IAsyncEnumerable<FixReport> Reports(long after, CancellationToken ct) => inner.Reports(after, ct);

    public void LoggedOn(IFixOutlet outlet) => inner.LoggedOn(outlet);

    public async ValueTask Gone(CancellationToken ct)
    {
        try
        {
            await inner.Gone(ct);
        }
        catch (Exception e) when (IsFailure(e))
        {
            failed(e);
        }
    }

    async ValueTask<IReadOnlyList<FixOut>> Guarded(ValueTask<IReadOnlyList<FixOut>> work, FixOut unknown)
    {
        try
        {
            return await work;
        }
        catch (Exception e) when (IsFailure(e))
        {
            failed(e);
            return [unknown];
        }
    }

    static bool IsFailure(Exception e) => e is not (OperationCanceledException or OutOfMemoryException);
}
