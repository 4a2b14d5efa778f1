using Verdigris.Primitives;

namespace Verdigris.Registry.Accounts;

/// <summary>What somebody, or the Book, does to an account.</summary>
public enum AccountEvent { Approve, Decline, BookOpens, BookRefuses, AskClosing, KeepOpen, Close }

public enum TrustEvent { Approve, Decline, Remove }

public enum FreezeEvent { AskLift, Keep, Lift }

/// <summary>The life of an account. Pure.</summary>
static class AccountRules
{
    /// <summary>A number is used once: a closed or refused account never opens again.</summary>
    public static StateTable<AccountState, AccountEvent> Table { get; } = new(Refusal.Conflict("account.state-forbids", "state"),
    [
        (AccountState.Proposed, AccountEvent.Approve, AccountState.Pending),
        (AccountState.Proposed, AccountEvent.Decline, AccountState.Refused),
        (AccountState.Pending, AccountEvent.BookOpens, AccountState.Open),
        (AccountState.Pending, AccountEvent.BookRefuses, AccountState.Refused),
        (AccountState.Open, AccountEvent.AskClosing, AccountState.Closing),
        (AccountState.Closing, AccountEvent.KeepOpen, AccountState.Open),
        (AccountState.Closing, AccountEvent.BookRefuses, AccountState.Open),
        (AccountState.Closing, AccountEvent.Close, AccountState.Closed),
    ]);

    /// <summary>Whether the Book knows the account and moves units of it; before and after there is nothing to trust, freeze or lift.</summary>
    public static bool Lives(AccountState state) => state is AccountState.Open or AccountState.Closing;
}

/// <summary>The life of an entry of a trusted list. Pure.</summary>
static class TrustedRules
{
    public static StateTable<TrustState, TrustEvent> Table { get; } = new(Refusal.Conflict("trust.state-forbids", "state"),
    [
        (TrustState.Proposed, TrustEvent.Approve, TrustState.Approved),
        (TrustState.Proposed, TrustEvent.Decline, TrustState.Refused),
        (TrustState.Approved, TrustEvent.Remove, TrustState.Removed),
    ]);
}

/// <summary>The life of a freeze. Pure.</summary>
static class FreezeRules
{
    public static StateTable<FreezeState, FreezeEvent> Table { get; } = new(Refusal.Conflict("freeze.state-forbids", "state"),
    [
        (FreezeState.InForce, FreezeEvent.AskLift, FreezeState.LiftAsked),
        (FreezeState.LiftAsked, FreezeEvent.Keep, FreezeState.InForce),
        (FreezeState.LiftAsked, FreezeEvent.Lift, FreezeState.Lifted),
    ]);
}
