using System.Globalization;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Safety;
using Verdigris.Registry.Credits.Units;
using Verdigris.Registry.Finance.Terms;
using Verdigris.Storage;

namespace Verdigris.Registry.Finance;

/// <summary>Credits of a deal between accounts for credits: of one project and year, so that one is as good as another, and of one block, so that it is known which ones are held.</summary>
/// <param name="Project">Its number as the programme writes it.</param>
/// <param name="Serial">As printed; null where they are to come and are named when they are held.</param>
public sealed record DealCredits(string Programme, string Unit, Guid ProjectId, string Project, int Year, string? Serial)
{
    /// <summary>In the Book, of the first unit.</summary>
    internal long? First { get; init; }
}

/// <summary>
/// Which credits a sheet over an account for credits names, and which a step about it. What they lie in is asked of the Book: units that an order, the market or another deal has are not free, and what a deal holds no order takes.
/// </summary>
sealed class CreditDeals(IVenue venue, UnitQueries units, RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);
    readonly CreditMarket market = new(venue, units, packs);

    public int AssetOf(DealCredits credits) => rules.Unit(credits.Unit)!.Asset;

    /// <summary>An account for credits by its number, whoever's; null where there is none.</summary>
    public static async Task<(long Account, Guid Organisation)?> Account(DbSession s, string? number, CancellationToken ct)
    {
        if (!long.TryParse(number?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var account)) return null;
        var found = await s.Lent(t => s.All("select account, organisation_id from registry.credit_account where account = $1", r => (r.GetInt64(0), r.GetGuid(1)), t, account), ct);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>
    /// What a sheet names: a block, or, of a forward whose seller need not hold the units at once, a project and a year. <c>input.required</c>, what a serial number is refused for, <c>credits.take-too-many</c>, <c>credits.one-block</c>, <c>credits.vintage-spans</c>;
    /// without one <c>credits.unit-unknown</c>, <c>credits.project-unknown</c>, <c>finance.credit-year</c>. Of own units <c>credits.not-held</c> and <c>credits.frozen</c>.
    /// </summary>
    public async Task<Answer<DealCredits>> Named(DbSession s, NewDeal wanted, CancellationToken ct)
    {
        if (!string.IsNullOrWhiteSpace(wanted.Serial)) return await Block(s, wanted.Serial, wanted.Terms?.Units ?? 1, wanted.Giving ? wanted.Account : null, ct);
        if (wanted.Terms is not { Kind: DealKind.Forward, Covered: false }) return Refusal.Of("input.required", "serial");
        var today = s.Today().Year;
        if (!int.TryParse(wanted.Vintage?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year < today - DealUnits.MostYearsAhead || year > today + DealUnits.MostYearsAhead)
            return Refusal.Of("finance.credit-year", "vintage", ("given", wanted.Vintage ?? ""), ("years", $"{DealUnits.MostYearsAhead}"));
        var pool = await market.Pool(s, wanted.Unit?.Trim(), wanted.Project?.Trim(), year, ct);
        return pool.Ok ? await Of(s, pool.Value, null, null, ct) : Answer<DealCredits>.From(pool.Refusals);
    }

    /// <summary>Units that a step names, as the first so many of a printed block: those of the deal's project and year, as good as those the sheet names, free in the account that gives them. What <see cref="Named"/> refuses, and <c>finance.credit-other</c>.</summary>
    public async Task<Answer<DealCredits>> Given(DbSession s, DealCredits of, string? serial, long count, long account, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(serial)) return Refusal.Of("input.required", "serial");
        var named = await Block(s, serial, count, account, ct);
        if (!named.Ok) return named;
        var alike = (named.Value.Unit, named.Value.ProjectId, named.Value.Year) == (of.Unit, of.ProjectId, of.Year) && (of.First is not { } first || await AsGood(s, of.Unit, first, named.Value.First!.Value, ct));
        return alike ? named : Refusal.Conflict("finance.credit-other", "serial", ("unit", of.Unit), ("project", of.Project), ("year", $"{of.Year}"));
    }

    /// <summary>Whether units have every label, authorisation and adjustment that the sheet's are known to have: of one project and year some count for more than others. What is not known of them is not there.</summary>
    async Task<bool> AsGood(DbSession s, string unit, long of, long given, CancellationToken ct)
    {
        if (await units.RowOf(s, unit, of, ct) is not { } first || await units.RowOf(s, unit, given, ct) is not { } second) return false;
        var (asked, there) = (await units.Facts(s, first, ct), await units.Facts(s, second, ct));
        static bool Within(IEnumerable<string>? some, IEnumerable<string>? all) => !(some ?? []).Except(all ?? []).Any();
        return Within(asked.Labels, there.Labels) && Within(asked.AuthorisedFor, there.AuthorisedFor) && (asked.Adjusted is not true || there.Adjusted is true);
    }

    /// <summary>A price of credits with its project as deals print it.</summary>
    public UnitPrice Printed(UnitPrice price) => price.Project is { } number ? price with { Project = rules.NumberOf(price.Scheme, number) } : price;

    /// <summary>Credits of one project and year, for a price of them.</summary>
    public async Task<Answer<DealCredits>> Pool(DbSession s, string? unit, string? project, string? vintage, CancellationToken ct)
    {
        if (!int.TryParse(vintage?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || year is < 1990 or > 2100) return Refusal.Of("credits.vintage-range", "vintage", ("given", vintage ?? ""));
        var pool = await market.Pool(s, unit?.Trim(), project?.Trim(), year, ct);
        return pool.Ok ? await Of(s, pool.Value, null, null, ct) : Answer<DealCredits>.From(pool.Refusals);
    }

    async Task<Answer<DealCredits>> Block(DbSession s, string serial, long count, long? account, CancellationToken ct)
    {
        var found = await units.Block(s, serial, count, "serial", ct);
        if (!found.Ok) return Answer<DealCredits>.From(found.Refusals);
        var (row, asset, taken) = found.Value;
        if (CreditMarket.YearOf(row) is not { } year) return Refusal.Conflict("credits.vintage-spans", "serial");
        if (account is { } own)
        {
            if (!market.Free(own, asset, taken)) return Refusal.Conflict("credits.not-held", "serial", ("units", $"{taken.Count}"));
            if (CreditFreezes.Stops(venue, own, asset) is { } frozen) return frozen;
        }
        return await Of(s, market.PoolOf(row.Unit, row.ProjectId, year), taken.First, await units.PrintedOf(s, row.Unit, taken.First, taken.Last, ct), ct);
    }

    async Task<Answer<DealCredits>> Of(DbSession s, CreditPool pool, long? first, string? serial, CancellationToken ct)
    {
        var (programme, number) = (await s.All("select programme, number from registry.credit_project where id = $1", r => (r.GetString(0), r.GetString(1)), ct, pool.ProjectId))[0];
        return new DealCredits(programme, pool.Unit!, pool.ProjectId!.Value, rules.NumberOf(programme, number), pool.Year!.Value, serial) { First = first };
    }
}
