using System.Globalization;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Deliveries;

/// <summary>Units of one asset for a delivery.</summary>
/// <param name="Account">The seller's account they leave: one of a registry for the market, or the account of units of the trading account.</param>
public sealed record UnitsGiven(int Asset, long Units, long Account);

/// <summary>Units a seller could give: what it is, and how many are free.</summary>
public sealed record UnitsHeld(int Asset, string Scheme, string Unit, string Vintage, long Account, long Free);

/// <summary>Which units are good delivery of a contract, and where a member's units lie.</summary>
public sealed class DeliveryUnits(RulePacks packs, SchemeNumbers numbers, IVenue venue)
{
    /// <summary>Units of an account that are good delivery on a day, the oldest vintage first; what cannot be said to be is left out.</summary>
    public async Task<IReadOnlyList<UnitsHeld>> OnHand(DbSession s, Contract contract, long account, LocalDate day, CancellationToken ct)
    {
        var places = await s.All("select units_account from market.units_link where account = $1 order by scheme", r => r.GetInt64(0), ct, account);
        return [.. from place in (List<long>)[.. places, account + 1] from holding in venue.Read(b => b.Holdings(place)) where holding.Balance.Available > 0 && numbers.UnitOf(holding.Asset) is not null
                   let unit = numbers.UnitOf(holding.Asset)!.Value where IsGood(contract, unit, day) orderby unit.Vintage, holding.Asset select new UnitsHeld(holding.Asset, unit.Scheme, unit.Unit, unit.Vintage, place, holding.Balance.Available)];
    }

    /// <summary>Where a buyer takes units of an asset: his account in the scheme's registry, else his account of units at the market.</summary>
    public async Task<long> Receives(DbSession s, long account, int asset, CancellationToken ct) =>
        numbers.UnitOf(asset) is { } unit && (await s.All("select units_account from market.units_link where account = $1 and scheme = $2", r => r.GetInt64(0), ct, account, unit.Scheme)) is [var place] ? place : account + 1;

    /// <summary>What there is, cheapest vintage first, until it is enough; <c>contract.too-few-deliverable</c>.</summary>
    public static Answer<IReadOnlyList<UnitsGiven>> Take(IReadOnlyList<UnitsHeld> onHand, long units)
    {
        var (given, left) = (new List<UnitsGiven>(), units);
        foreach (var held in onHand)
        {
            if (left == 0) break;
            var taken = Math.Min(left, held.Free);
            given.Add(new(held.Asset, taken, held.Account));
            left -= taken;
        }
        return left == 0 ? given : Refusal.Conflict("contract.too-few-deliverable", "units", ("needed", DecimalText.Write(units)), ("eligible", DecimalText.Write(units - left)));
    }

    bool IsGood(Contract contract, (string Scheme, string Unit, string Vintage) unit, LocalDate day)
    {
        LocalDate? from = null, to = null;
        if (unit.Vintage.Length >= 4 && int.TryParse(unit.Vintage.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var year)) (from, to) = (new LocalDate(year, 1, 1), new LocalDate(year, 12, 31));
        return Basket.Of(contract, day).Any(d => d.Kind == "units" && d.Unit == unit.Unit && (d.Scheme is null || d.Scheme == unit.Scheme))
            || Basket.Of(contract, day).Any(d => d.Kind == "basket") && Basket.Check(packs, contract, new UnitFacts(unit.Scheme, unit.Unit, from, to, null, null, null, null), day).Verdict == EligibilityVerdict.Eligible;
    }
}
