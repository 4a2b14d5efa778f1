using NodaTime;
using Verdigris.Market.Contracts;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Modes;

/// <summary>What two members agreed outside the book. Numbers are kept and never change.</summary>
public enum AgreedKind
{
    /// <summary>A large trade (block agreement).</summary>
    Block,
    /// <summary>A position against metal or units.</summary>
    ExchangeForPhysical,
    /// <summary>A position against a swap or another position.</summary>
    ExchangeForSwap,
    /// <summary>Agreed over the counter and registered for clearing.</summary>
    Otc,
}

/// <summary>When everybody sees an agreed trade.</summary>
public enum Publication { AtOnce, Delayed, Never }

/// <summary>How a contract lets trades be agreed, from its file.</summary>
/// <param name="LeastLots">Fewest lots; null without a minimum.</param>
/// <param name="Percent">How far from the reference price, in place of the day's limits; null: those hold.</param>
/// <param name="Confirm">So long the other side may confirm.</param>
/// <param name="Delay">Of a delayed publication; else zero.</param>
public sealed record AgreedMode(AgreedKind Kind, decimal? LeastLots, decimal? MostLots, decimal? Percent, Duration Confirm, Publication Published, Duration Delay, RuleRef Rule);

/// <summary>Ways to trade a contract, by its <c>modes</c> and <c>interruption</c> tables and, where those say nothing, by the rules of this market (pack <c>market/modes</c>). Pure.</summary>
public sealed class TradingModes(RulePacks packs)
{
    readonly RulePack house = packs.Pack("market/modes");

    /// <summary>After a trade, so long it may be taken back.</summary>
    public Duration Bust => Duration.FromMinutes(Time("bust-minutes"));

    /// <summary>How far an order without a price of its own goes where a series has no limits of the day, in per cent.</summary>
    public decimal ProtectionPercent => house.Table("prices").Find(null, "protection-percent")!.Decimal("value");

    /// <summary>Null where the contract knows no such agreements.</summary>
    public AgreedMode? Agreed(Contract contract, AgreedKind kind, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (contract.Rows("modes", day).FirstOrDefault(r => r.Text("mode") == Word(kind)) is not { } row) return null;
        var least = row.DecimalOrNull("least") ?? (kind switch { AgreedKind.Block => contract.Term("least-block", day)?.Value, AgreedKind.Otc => null, _ => contract.Term("least-exchange", day)?.Value });
        var published = row.TextOrNull("published") switch { "delayed" => Publication.Delayed, "never" => Publication.Never, _ => Publication.AtOnce };
        return new(kind, least, row.DecimalOrNull("most"), row.DecimalOrNull("percent"), Duration.FromMinutes(row.IntegerOrNull("confirmMinutes") ?? Time("confirm-minutes")), published, published == Publication.Delayed ? Duration.FromMinutes(row.IntegerOrNull("delayMinutes") ?? 0) : Duration.Zero, contract.Ref(row));
    }

    /// <summary>Every kind of agreement the contract knows.</summary>
    public IReadOnlyList<AgreedMode> Agreements(Contract contract, LocalDate day) => [.. Enum.GetValues<AgreedKind>().Select(k => Agreed(contract, k, day)).OfType<AgreedMode>()];

    /// <summary>Whether orders are taken into a book: not where the file names only agreements or auctions.</summary>
    public static bool OnBook(Contract contract, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        var modes = contract.Rows("modes", day).Select(r => r.Text("mode")).ToList();
        return modes.Count == 0 || modes.Any(m => m is "continuous" or "listed");
    }

    /// <summary>Trading days after which what was bought may be sold: 0 unless the file says more.</summary>
    public static int ResaleDays(Contract contract, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return contract.Term("resale-days", day)?.Value is { } days ? (int)days : 0;
    }

    /// <summary>How far a trade may be from the last one before trading is interrupted, in per cent; null where the contract knows no such band.</summary>
    public static decimal? InterruptionPercent(Contract contract, LocalDate day)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return contract.Row("interruption", day, "dynamic")?.DecimalOrNull("percent");
    }

    /// <summary>How long orders are collected after a trade was stopped, or after somebody interrupted trading.</summary>
    public Duration Interruption(Contract? contract, LocalDate day) => Duration.FromMinutes(contract?.Row("interruption", day, "dynamic")?.IntegerOrNull("minutes") ?? Time("interruption-minutes"));

    /// <summary>As the contract's file names it; both exchanges go by one name.</summary>
    public static string Word(AgreedKind kind) => kind switch { AgreedKind.Block => "block", AgreedKind.Otc => "otc", _ => "exchange-for-physical" };

    int Time(string name) => house.Table("times").Find(null, name)!.Integer("value");
}
