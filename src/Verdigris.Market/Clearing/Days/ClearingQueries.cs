using System.Text.Json.Nodes;
using NodaTime;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Members;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days;

/// <summary>Lots an account carried out of a day.</summary>
public sealed record CarriedPosition(LocalDate Day, string Account, string Series, long Lots, decimal? Price);

/// <summary>What an account has to deposit, and what lies there.</summary>
/// <param name="Requirement">In whole units of the currency; <paramref name="Collateral"/> is what stands in for money.</param>
/// <param name="Trace">The goods it comes from, part by part, and what was counted of what is deposited.</param>
public sealed record MarginRequirement(LocalDate Day, string Account, string Currency, decimal Requirement, decimal Collateral, JsonObject Trace);

/// <param name="State">open, met, replaced or default.</param>
public sealed record MarginCall(Guid Id, LocalDate Day, string Account, string Currency, decimal Amount, bool Intraday, string State, Instant MadeAt, Instant DueAt, Instant? MetAt);

/// <summary>Money a step moved for an account.</summary>
/// <param name="Kind">collect, pay, margin-in, margin-out, fee or fee-return.</param>
/// <param name="Trace">The lines it is the sum of.</param>
public sealed record MoneyFlow(LocalDate Day, ClearingStep Step, string Kind, string Account, string Currency, decimal Amount, FlowState State, string? Code, JsonNode Trace);

/// <summary>What clearing shows: all of it to the exchange, the own to a member.</summary>
public static class ClearingQueries
{
    /// <summary>The newest day with carried positions where none is given.</summary>
    public static Task<List<CarriedPosition>> Positions(DbSession s, LocalDate? day, CancellationToken ct) => s.All("""
        select p.day, p.account, p.series, p.lots, x.price from market.clearing_position p left join market.settlement_price x on x.day = p.day and x.series = p.series
        where p.day = coalesce($1, (select max(day) from market.clearing_position)) order by p.series, p.account limit 2000
        """, r => new CarriedPosition(r.Day(0), TradingAccount.CodeOf(r.GetInt64(1)), r.GetString(2), r.GetInt64(3), r.MaybeDecimal(4)), ct, day);

    public static Task<List<MarginRequirement>> Margins(DbSession s, LocalDate? day, CancellationToken ct) => s.All("""
        select day, account, currency, requirement, collateral, trace::text from market.margin_requirement where day = coalesce($1, (select max(day) from market.margin_requirement)) order by account, currency limit 2000
        """, r => new MarginRequirement(r.Day(0), TradingAccount.CodeOf(r.GetInt64(1)), r.GetString(2), Cents.Of(r.GetInt64(3), r.GetString(2)), Cents.Of(r.GetInt64(4), r.GetString(2)), JsonNode.Parse(r.GetString(5))!.AsObject()), ct, day);

    /// <summary>Open calls, or with <paramref name="all"/> the last ones of any state; the newest first.</summary>
    public static Task<List<MarginCall>> Calls(DbSession s, bool all, CancellationToken ct) => s.All("""
        select id, day, account, currency, amount, intraday, state, made_at, due_at, met_at from market.margin_call where $1 or state = 0 order by made_at desc, account limit 500
        """, r => new MarginCall(r.GetGuid(0), r.Day(1), TradingAccount.CodeOf(r.GetInt64(2)), r.GetString(3), Cents.Of(r.GetInt64(4), r.GetString(3)), r.GetBoolean(5), r.GetInt16(6) switch { 0 => "open", 1 => "met", 2 => "replaced", _ => "default" }, r.Time(7), r.Time(8), r.MaybeTime(9)), ct, all);

    /// <summary>Money that moved on a day.</summary>
    public static Task<List<MoneyFlow>> Flows(DbSession s, LocalDate? day, CancellationToken ct) => s.All("""
        select day, step, kind, account, currency, amount, state, code, trace::text from market.clearing_flow where currency is not null and day = coalesce($1, (select max(day) from market.clearing_flow)) order by step, kind, account, currency limit 2000
        """, r => new MoneyFlow(r.Day(0), (ClearingStep)r.GetInt16(1), r.GetString(2), TradingAccount.CodeOf(r.GetInt64(3)), r.GetString(4), Cents.Of(r.GetInt64(5), r.GetString(4)), (FlowState)r.GetInt16(6), r.Text(7), JsonNode.Parse(r.GetString(8))!), ct, day);
}
