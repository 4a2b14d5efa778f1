using NodaTime;
using Verdigris.Market.Members;

namespace Verdigris.Market.Cash;

public enum CashDirection { In, Out }

public enum CashState
{
    /// <summary>What goes out is held from now on; a second person decides.</summary>
    Proposed,
    /// <summary>Decided, sent to the Book and not answered yet.</summary>
    Pending,
    Done,
    Rejected,
    /// <summary>The Book said no; its code stands beside.</summary>
    RefusedByBook,
    Withdrawn,
}

/// <summary>Money of a member paid in or out.</summary>
/// <param name="Amount">In whole units of the currency.</param>
/// <param name="BankReference">The line of the bank's statement; of what goes out once it was paid.</param>
public sealed record CashMove(Guid Id, CashDirection Direction, long Account, Guid OrganisationId, string Currency, decimal Amount, Guid? BankAccountId, string? BankReference, LocalDate? ValueDay, CashState State, string? Reason, string? BookCode, Guid? TaskId, Instant ProposedAt, Instant? DecidedAt, Instant? PaidAt)
{
    public string AccountCode => TradingAccount.CodeOf(Account);
}

/// <param name="Account">Code of a trading account: M00001.</param>
/// <param name="BankReference">The line of the bank's statement that shows the money.</param>
public sealed record NewCashIn(string Account, string Currency, decimal Amount, string BankReference, LocalDate? ValueDay);

public sealed record NewCashOut(string Account, decimal Amount, Guid BankAccountId);

/// <param name="Account">Code of a trading account.</param>
public sealed record CashFilter(string? Account = null, CashState? State = null, CashDirection? Direction = null, string? Sort = null, string? Cursor = null, int Limit = 50);
