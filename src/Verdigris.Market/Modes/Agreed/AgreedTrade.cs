using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Members;

namespace Verdigris.Market.Modes.Agreed;

/// <summary>Numbers are kept and never change.</summary>
public enum AgreedState
{
    /// <summary>One side reported; the other has until a time to confirm.</summary>
    Reported,
    /// <summary>Both sides agree; on its way to the trading floor.</summary>
    Confirmed,
    Settled,
    Declined,
    Withdrawn,
    Expired,
    /// <summary>The floor or the Book refused: nothing moved.</summary>
    Refused,
    /// <summary>Settled, and taken back by the exchange.</summary>
    TakenBack,
}

/// <summary>What stands on the other side of an exchange for physical or for a swap.</summary>
public enum OtherLeg
{
    /// <summary>A certificate of metal, by its number.</summary>
    Certificate,
    /// <summary>A warrant, by its number; the side that buys here holds it.</summary>
    Warrant,
    /// <summary>Units, by the registry's number of their transaction or account.</summary>
    Units,
    /// <summary>A swap or another position, by its series or the number of its confirmation.</summary>
    Position,
}

/// <summary>A trade two members agreed outside the book.</summary>
/// <param name="Number">As people call it.</param>
/// <param name="Side">What the reporting account does.</param>
/// <param name="Account">Code of the reporting account, <paramref name="CounterAccount"/> of the other.</param>
/// <param name="Price">In the contract's currency.</param>
/// <param name="Quantity">In units of the contract; <paramref name="Lots"/> of it.</param>
/// <param name="Effect">Whether the reporting account opens or closes a position; spot: opens.</param>
/// <param name="CounterEffect">Of the other, once it confirmed.</param>
/// <param name="Reason">Why it was declined.</param>
/// <param name="Code">What the floor or the Book answered where it refused.</param>
/// <param name="Trade">The floor's number, once settled.</param>
public sealed record AgreedTrade(Guid Id, long Number, AgreedKind Kind, string Series, Side Side, string Account, Guid OrganisationId, string CounterAccount, Guid CounterOrganisationId, decimal Price, decimal Quantity, long Lots, PositionEffect Effect, PositionEffect? CounterEffect,
    OtherLeg? Leg, string? LegReference, AgreedState State, string? Reason, string? Code, long? Trade, Instant ReportedAt, Instant ExpiresAt, Instant? ConfirmedAt, Instant? SettledAt)
{
    internal long AccountNumber => TradingAccount.NumberOf(Account)!.Value;

    internal long CounterNumber => TradingAccount.NumberOf(CounterAccount)!.Value;

    internal string BuyerAccount => Side == Side.Buy ? Account : CounterAccount;
}

/// <param name="Account">Code of the own trading account; null: the only one.</param>
/// <param name="Side">What the own account does.</param>
/// <param name="Counterparty">Code of the other side's trading account.</param>
/// <param name="Quantity">In units of the contract, whole lots.</param>
/// <param name="Effect">Futures and options: whether the own account opens or closes.</param>
/// <param name="Leg">Of exchanges for physical and for swaps, with <paramref name="LegReference"/>; else null.</param>
public sealed record NewAgreedTrade(AgreedKind Kind, string Series, Side Side, string? Account, string? Counterparty, decimal Price, decimal Quantity, PositionEffect Effect = PositionEffect.Open, OtherLeg? Leg = null, string? LegReference = null);
