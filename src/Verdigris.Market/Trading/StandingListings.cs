using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Clearing.Margins;
using Verdigris.Market.Clearing.Prices;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Trading;

/// <summary>A contract whose listed series are kept open.</summary>
/// <param name="Open">Its series that are traded.</param>
/// <param name="Pending">Its listed series that are not open yet.</param>
public sealed record StandingListing(string Contract, bool Active, Instant ChangedAt, int Open, int Pending);

/// <summary>A listed series of such a contract that is not open yet.</summary>
/// <param name="Reference">What it would be opened with; null where no price of the contract is known.</param>
/// <param name="From">The series the reference is taken from, or of an option its future.</param>
/// <param name="Why">Code of the reason why it waits for the operator.</param>
public sealed record PendingSeries(string Contract, string Series, LocalDate? LastDay, decimal? Reference, string? From, string? Why);

/// <param name="Opened">Series that were opened.</param>
/// <param name="Refused">Series that were not, with the code of the reason.</param>
public sealed record OpenedSeries(IReadOnlyList<string> Opened, IReadOnlyList<PendingSeries> Refused);

/// <summary>
/// The market operator's standing instruction: of these contracts every series that comes onto the list is opened. A new month begins with the price of the nearest month that has one, an option with what the theory says from its future; where there is neither it waits for
/// the operator's price. Options are listed around their future as it moves; what was opened stays until its last day.
/// </summary>
public sealed class StandingListings(ContractSet contracts, Listing listing, InstrumentList instruments) : IDailyWork
{
    /// <summary>Gives the instruction or takes it back. Refuses <c>contract.unknown</c> and what keeps the contract from being opened.</summary>
    public async Task<Answer<StandingListing>> Instruct(DbSession s, string contract, bool active, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var found = contracts.Get(contract);
        if (!found.Ok) return Answer<StandingListing>.From(found.Refusals);
        if (active && found.Value.OpenProblems(s.Today()) is { Count: > 0 } problems) return problems.ToList();
        await s.InTransaction(async t =>
        {
            var changed = await s.Run("""
                insert into market.standing_listing (contract, active, changed_by, changed_at) values ($1, $2, $3, $4)
                on conflict (contract) do update set active = $2, changed_by = $3, changed_at = $4, row_version = market.standing_listing.row_version + 1 where market.standing_listing.active <> $2
                """, t, found.Value.Code, active, s.Actor.PersonId, s.Now);
            if (changed == 1) await s.Audit(new AuditEntry(active ? "market-listing.kept" : "market-listing.let-go", "market-contract", found.Value.Code), t);
        }, ct);
        if (active) await OpenDue(s, ct);
        return (await All(s, ct)).First(l => l.Contract == found.Value.Code);
    }

    public async Task<IReadOnlyList<StandingListing>> All(DbSession s, CancellationToken ct)
    {
        var (rows, open, pending) = (await Rows(s, ct), await instruments.All(ct), await Pending(s, ct));
        return [.. rows.Select(r => new StandingListing(r.Contract, r.Active, r.ChangedAt, open.Count(i => i.Contract == r.Contract && i.State != InstrumentState.Ended), pending.Count(p => p.Contract == r.Contract)))];
    }

    /// <summary>Listed series of the contracts under instruction that are not open, with what they would be opened at.</summary>
    public async Task<IReadOnlyList<PendingSeries>> Pending(DbSession s, CancellationToken ct)
    {
        var (today, pending) = (s.Today(), new List<PendingSeries>());
        foreach (var row in (await Rows(s, ct)).Where(r => r.Active))
            if (contracts.Find(row.Contract) is { } contract) pending.AddRange(await Pending(s, contract, today, ct));
        return pending;
    }

    /// <summary>Opens what waits of a contract, each at its own reference and where it has none at the price given: one press for all of them. Refuses <c>listing.none-pending</c> and <c>listing.reference-needed</c>.</summary>
    /// <param name="reference">Of a future its price; an option is opened by its future's and needs none.</param>
    public async Task<Answer<OpenedSeries>> OpenPending(DbSession s, string contract, decimal? reference, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketOperator) is { } no) return no;
        var waiting = (await Pending(s, ct)).Where(p => p.Contract == contract).ToList();
        if (waiting.Count == 0) return Refusal.Conflict("listing.none-pending", "contract", ("contract", contract));
        if (reference is null && waiting.All(p => p.Reference is null)) return Refusal.Of("listing.reference-needed", "reference", ("contract", contract));
        return await Open(s, waiting.Select(p => p.Reference is null ? p with { Reference = reference } : p), s.Actor.PersonId, ct);
    }

    /// <summary>Opens everything that has a reference. Done again it opens nothing more.</summary>
    internal async Task<int> OpenDue(DbSession s, CancellationToken ct)
    {
        var people = (await Rows(s, ct)).ToDictionary(r => r.Contract, r => r.ChangedBy);
        var count = 0;
        // Futures first: the options on them need their price.
        foreach (var contract in people.Keys.OrderBy(c => contracts.Find(c)?.Kind == ContractKind.Option).ThenBy(c => c, StringComparer.Ordinal))
            count += (await Open(s, (await Pending(s, ct)).Where(p => p.Contract == contract), people[contract], ct)).Opened.Count;
        return count;
    }

    Task<int> IDailyWork.Run(DbSession session, CancellationToken ct) => OpenDue(session, ct);

    async Task<OpenedSeries> Open(DbSession s, IEnumerable<PendingSeries> wanted, Guid person, CancellationToken ct)
    {
        var (opened, refused) = (new List<string>(), new List<PendingSeries>());
        foreach (var series in wanted)
        {
            if (series.Reference is not { } reference) { refused.Add(series); continue; }
            var answer = await listing.OpenFor(s, new(series.Series, reference), person, ct);
            if (answer.Ok) opened.Add(series.Series);
            else refused.Add(series with { Why = answer.Refusals[0].Code });
        }
        return new(opened, refused);
    }

    async Task<List<PendingSeries>> Pending(DbSession s, Contract contract, LocalDate today, CancellationToken ct)
    {
        var pending = new List<PendingSeries>();
        var known = (await instruments.All(ct)).Select(i => i.Series).ToHashSet(StringComparer.Ordinal);
        var prices = contract.Kind == ContractKind.Option ? [] : await Prices(s, contract, ct);
        foreach (var listed in SeriesListing.Of(contracts, contract, today))
        {
            if (contract.Kind == ContractKind.Option)
            {
                pending.AddRange((await Options(s, contract, listed, today, ct)).Where(p => !known.Contains(p.Series)));
                continue;
            }
            if (known.Contains(listed.Series.Code)) continue;
            // A month whose last day is not known yet waits until its calendar is.
            if (listed.Open is { } open) { pending.Add(new(contract.Code, listed.Series.Code, null, null, null, open.Code)); continue; }
            (string Series, decimal Price)? near = prices.Count == 0 ? null : prices.OrderBy(p => Math.Abs(Months(p.Key) - Months(listed.Series))).ThenBy(p => Months(p.Key)).Select(p => (p.Key.Code, p.Value)).First();
            pending.Add(new(contract.Code, listed.Series.Code, listed.LastDay, near?.Price, near?.Series, near is null ? "listing.reference-needed" : null));
        }
        return pending;
    }

    /// <summary>The newest price of every month of a contract: its settlement price, else the reference it is traded by.</summary>
    async Task<Dictionary<Series, decimal>> Prices(DbSession s, Contract contract, CancellationToken ct)
    {
        var prices = (await instruments.All(ct)).Where(i => i.Contract == contract.Code && i.Reference is not null).ToDictionary(i => Series.Read(i.Series).Value, i => i.Reference!.Value);
        foreach (var (code, price) in await s.All("select distinct on (p.series) p.series, p.price from market.settlement_price p join market.series x on x.code = p.series where x.contract = $1 order by p.series, p.day desc", r => (r.GetString(0), r.GetDecimal(1)), ct, contract.Code))
            prices[Series.Read(code).Value] = price;
        var tick = contract.Tick(s.Today()) ?? 0;
        return tick <= 0 ? [] : prices.Where(p => p.Value > 0).ToDictionary(p => p.Key, p => Math.Max(Math.Round(p.Value / tick, MidpointRounding.AwayFromZero), 1) * tick);
    }

    /// <summary>Calls and puts of a month at every exercise price around its future, each at what the theory says with the clearing house's first volatility, at least a tick. One line for the month where its future is not traded or has no price.</summary>
    async Task<IReadOnlyList<PendingSeries>> Options(DbSession s, Contract contract, ListedSeries month, LocalDate today, CancellationToken ct)
    {
        PendingSeries Waits(string why) => new(contract.Code, month.Series.Code, month.LastDay, null, null, why);
        if (month.Open is { } open) return [Waits(open.Code)];
        if (OptionStrikes.Underlying(contract, month.Series, today) is not { } under || await instruments.Find(under.Code, ct) is not { State: not InstrumentState.Ended } || await listing.UnderlyingPrice(s, contract, month.Series, today, ct) is not { } forward) return [Waits("listing.underlying-unpriced")];
        var strikes = OptionStrikes.Around(contract, forward, today);
        if (!strikes.Ok) return [Waits(strikes.Refusals[0].Code)];
        if (TheoreticalPrices.Years(contracts, contract, month.Series, today) is not { } years || contract.Tick(today) is not { } tick) return [Waits("contract.tick-unknown")];
        var rules = MarginRules.Of(contracts.Packs);
        return [.. from strike in strikes.Value from right in new[] { OptionRight.Call, OptionRight.Put } let series = month.Series with { Strike = strike, Right = right }
                   let theory = TheoreticalPrices.Option(rules, contract, series, forward, years, null, today)?.Price ?? 0
                   select new PendingSeries(contract.Code, series.Code, month.LastDay, Math.Max(Math.Round(theory / tick, MidpointRounding.AwayFromZero), 1) * tick, under.Code, null)];
    }

    static int Months(Series series) => series.Month is { } month ? (month.Year * 12) + month.Month : series.Day is { } day ? (day.Year * 12) + day.Month : 0;

    static Task<List<(string Contract, bool Active, Guid ChangedBy, Instant ChangedAt)>> Rows(DbSession s, CancellationToken ct) =>
        s.All("select contract, active, changed_by, changed_at from market.standing_listing order by contract", r => (r.GetString(0), r.GetBoolean(1), r.GetGuid(2), r.Time(3)), ct);
}
