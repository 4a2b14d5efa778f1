using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Contracts;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Positions;

/// <summary>A series with its two assets in the Book.</summary>
/// <param name="Number">Also the instrument's number on the trading floor.</param>
public sealed record ClearedSeries(Series Series, int Number, LocalDate? EndedOn)
{
    const int FirstAsset = 41_000_000;

    public string Code => Series.Code;
    public int Long => FirstAsset + (2 * Number);
    public int Short => Long + 1;

    /// <summary>The number of the series an asset belongs to; null where it is none of positions.</summary>
    public static (int Number, bool Short)? Of(int asset) => asset > FirstAsset && asset < FirstAsset + 100_000_000 ? ((asset - FirstAsset) / 2, asset % 2 != 0) : null;
}

/// <summary>Series that can be held as positions: each gets a number once, and with it an asset for long and one for short positions in the Book.</summary>
public sealed class SeriesRegister(ContractSet contracts, IVenue venue)
{
    const string Columns = "code, number, ended_on";

    /// <summary>The series, added where it is new. Refuses <c>contract.series-malformed</c>, <c>contract.unknown</c> and what keeps the contract from being opened. Outside a transaction: the assets are in the Book before anybody can use the row.</summary>
    public async Task<Answer<ClearedSeries>> Add(DbSession s, string code, LocalDate on, CancellationToken ct)
    {
        var read = Series.Read(code);
        if (!read.Ok) return Answer<ClearedSeries>.From(read.Refusals);
        if (await Find(s, code, ct) is { } known) return known;
        var contract = contracts.Get(read.Value.Contract);
        if (!contract.Ok) return Answer<ClearedSeries>.From(contract.Refusals);
        if (contract.Value.OpenProblems(on) is { Count: > 0 } problems) return problems.ToList();
        await s.Run("insert into market.series (code, contract, added_at) values ($1, $2, $3) on conflict (code) do nothing", ct, code, contract.Value.Code, s.Now);
        var added = (await Find(s, code, ct))!;
        await MarketBook.Definer.ApplyAll(venue, Definitions(added), ct);
        return added;
    }

    public Task<ClearedSeries?> Find(DbSession s, string code, CancellationToken ct) => s.One($"select {Columns} from market.series where code = $1", Map, ct, code);

    /// <summary>All of them that are not ended, by code.</summary>
    public Task<List<ClearedSeries>> Live(DbSession s, CancellationToken ct) => s.All($"select {Columns} from market.series where ended_on is null order by code", Map, ct);

    /// <summary>Every series, by number.</summary>
    public async Task<IReadOnlyDictionary<int, ClearedSeries>> ByNumber(DbSession s, CancellationToken ct) => (await s.All($"select {Columns} from market.series", Map, ct)).ToDictionary(x => x.Number);

    /// <summary>Defines every series again; at every start, a repeat after the first.</summary>
    public async Task Define(DbSession s, CancellationToken ct) => await MarketBook.Definer.ApplyAll(venue, [.. (await s.All($"select {Columns} from market.series order by number", Map, ct)).SelectMany(Definitions)], ct);

    static IReadOnlyList<Command> Definitions(ClearedSeries series) =>
    [
        Commands.DefineAsset(BookDefinitions.IdOf($"market/series/{series.Number}/long"), series.Long, $"LONG-{series.Number}", AssetKind.Fungible, 0, MarketBook.PositionClass),
        Commands.DefineAsset(BookDefinitions.IdOf($"market/series/{series.Number}/short"), series.Short, $"SHORT-{series.Number}", AssetKind.Fungible, 0, MarketBook.PositionClass),
    ];

    static ClearedSeries Map(Npgsql.NpgsqlDataReader r) => new(Series.Read(r.GetString(0)).Value, r.GetInt32(1), r.MaybeDay(2));
}
