using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Contracts;

/// <summary>Every contract of the data folder, read once. Immutable, thread-safe.</summary>
public sealed class ContractSet
{
    static readonly ConditionalWeakTable<RulePacks, ContractSet> Read = [];

    readonly Dictionary<string, Contract> byCode;
    readonly ConcurrentDictionary<string, WorkingCalendar> calendars = new(StringComparer.Ordinal);

    ContractSet(RulePacks packs)
    {
        Packs = packs;
        All = [.. packs.Ids.Where(id => id.StartsWith("contracts/", StringComparison.Ordinal)).Select(id => Of(packs.Pack(id))).OrderBy(c => c.Code, StringComparer.Ordinal)];
        byCode = new(StringComparer.OrdinalIgnoreCase);
        foreach (var contract in All)
            if (!byCode.TryAdd(contract.Code, contract)) throw new RulePackException([new(contract.Pack.Id + ".yaml", 0, "contract", "rule-pack.duplicate", new($"contract {contract.Code} stands in {byCode[contract.Code].Pack.Id} too", $"合约 {contract.Code} 已在 {byCode[contract.Code].Pack.Id} 中"))]);
    }

    public IReadOnlyList<Contract> All { get; }

    public RulePacks Packs { get; }

    /// <exception cref="RulePackException">A contract file is not right, or two have the same code.</exception>
    public static ContractSet Of(RulePacks packs) => Read.GetValue(packs, p => new ContractSet(p));

    /// <summary>The contract a series is of, as that series is quoted; null where there is none.</summary>
    public Contract? OfSeries(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return Series.Read(code) is { Ok: true, Value: var series } ? Find(series.Contract)?.QuotedIn(series.Currency) : null;
    }

    /// <summary>A contract by its code, in any case. Null where there is none.</summary>
    public Contract? Find(string? code) => code is not null && byCode.TryGetValue(code, out var contract) ? contract : null;

    /// <summary>The contract, or <c>contract.unknown</c>.</summary>
    public Answer<Contract> Get(string? code) => Find(code) is { } found ? found : Refusal.NotFound("contract.unknown", "contract", ("given", code ?? ""));

    /// <summary>Days of a calendar by its name.</summary>
    /// <exception cref="RulePackException">There is no such calendar, or it is not right.</exception>
    public Answer<WorkingCalendar> Calendar(string id) => calendars.GetOrAdd(id, key => WorkingCalendars.Read(Packs, key));

    /// <summary>Days of a calendar. Refuses <c>contract.calendar-none</c> where the contract names none.</summary>
    /// <exception cref="RulePackException">There is no such calendar, or it is not right.</exception>
    public Answer<WorkingCalendar> Calendar(Contract contract, LocalDate on, bool delivery = false)
    {
        ArgumentNullException.ThrowIfNull(contract);
        return (delivery ? contract.DeliveryCalendar(on) : contract.TradingCalendar(on)) is { } id
            ? calendars.GetOrAdd(id, key => WorkingCalendars.Read(Packs, key))
            : Refusal.Conflict("contract.calendar-none", "contract", ("contract", contract.Code));
    }

    static Contract Of(RulePack pack)
    {
        var head = pack.Table("contract").Rows.Single();
        return new(pack, head.Text("contract"), head.Text("nameEn"), head.Text("nameZh"), Kind(head.Text("kind")), head.Text("family"), head.Text("venue"), head.Text("currency"), head.Text("priceUnit"), head.TextOrNull("underlying"), head.Text("standing"));
    }

    static ContractKind Kind(string word) => word switch
    {
        "spot" => ContractKind.Spot,
        "daily-future" => ContractKind.DailyFuture,
        "future" => ContractKind.Future,
        "option" => ContractKind.Option,
        "forward" => ContractKind.Forward,
        _ => ContractKind.Swap,
    };
}
