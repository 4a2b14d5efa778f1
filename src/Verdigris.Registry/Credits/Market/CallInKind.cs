using Verdigris.Book;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Market;

/// <param name="Account">At the market, of a trading account's <paramref name="Line"/>.</param>
/// <param name="Holder">The organisation's own account, to which the credits go.</param>
sealed record CallInSubject(long Account, Guid Organisation, string Line, string Use, string Unit, Guid Project, long Units, long Holder);

/// <summary>Finishes a calling-in of receipts: only what the Book has moved is written down and told.</summary>
sealed class CallInKind : IBookCommandKind
{
    public const string Name = "registry.credit-call-in";

    public string Kind => Name;

    /// <summary>Whether the Book has moved both receipts and credits.</summary>
    public static bool Done(IReadOnlyList<Outcome> outcomes) => outcomes.All(o => o.Accepted || o.Code == Code.AccountExists);

    public async Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var called = row.Payload<CallInSubject>();
        await CreditAccounts.Opened(session, outcomes[0], called.Holder, ct);
        if (!Done(outcomes)) return;
        await session.Audit(new AuditEntry("credit-market.called-in", "credit-market-account", $"{called.Account}", Details: new { called.Use, called.Unit, called.Units }), ct);
        await CreditNotices.Tell(session, called.Organisation, "registry.notice.credits.called-in", "/credits/holdings", "credit-project", called.Project, ct, ("units", $"{called.Units}"), ("unit", called.Unit), ("account", called.Line));
    }
}
