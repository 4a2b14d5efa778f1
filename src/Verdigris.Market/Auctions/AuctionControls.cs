using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>Containment reserves in an auction: their triggers follow from the scheme's file, and no year sells more of them than they have.</summary>
static class AuctionControls
{
    /// <summary>The steps named by price, and those of the reserves named by their word. What is wrong is added: <c>input.required</c> (nothing where one should stand), <c>auction.step</c> (a reserve with no units), <c>ets.no-rule</c>, <c>auction.control-split</c>, <c>calc.missing-field</c>, <c>auction.control-total</c>.</summary>
    public static async Task<IReadOnlyList<SupplyStep>> Steps(DbSession s, Scheme scheme, string format, NewAuction wanted, List<Refusal> wrong, CancellationToken ct)
    {
        var year = wanted.Year;
        wrong.AddRange(wanted.Steps.Index().Where(x => x.Item is null).Select(x => Refusal.Of("input.required", $"steps[{x.Index}]")));
        var steps = wanted.Steps.Where(x => x is not null).ToList();
        if (wanted.Controls.Count == 0 && steps.Count == 0) return steps;
        var taken = await Taken(s, scheme.Code, format, year, ct);
        foreach (var (i, control) in wanted.Controls.Index())
        {
            if (control is null || control.Units <= 0)
            {
                wrong.Add(control is null ? Refusal.Of("input.required", $"controls[{i}]") : Refusal.Of("auction.step", $"controls[{i}].units"));
                continue;
            }
            var step = AuctionTerms.Step(scheme, format, year, control.Control ?? "", control.Units, $"controls[{i}].units");
            if (!step.Ok)
            {
                wrong.AddRange(step.Refusals.Select(r => r.Field == "scheme" ? r with { Field = $"controls[{i}].control" } : r));
                continue;
            }
            var there = step.Value.Step;
            var before = control.Units is null ? taken.Where(t => t.Price == there.Price && t.Withholds == there.Withholds).Sum(t => t.Units) : 0;
            // A reserve used up is not left out unsaid: the auction would be another than the one asked for.
            if (there.Units > before) steps.Add(there with { Units = there.Units - before });
            else wrong.Add(Refusal.Conflict("auction.control-total", $"controls[{i}].units", ("control", control.Control ?? ""), ("units", $"{there.Units}"), ("taken", $"{before}"), ("asked", $"{there.Units}"), ("year", $"{year}")));
        }
        if (AuctionTerms.OverPools(scheme, format, year, steps, taken, wanted.Controls.Count > 0 ? "controls" : "steps") is { } over) wrong.Add(over);
        return steps;
    }

    /// <summary>Units set aside for an auction: what it offers, and what may come to the offer. What is not sold goes back when it settles.</summary>
    public static long Held(SchemeSet schemes, Auction auction) => auction.Volume + (AuctionTiers.Are(schemes, auction) ? [] : auction.Steps).Where(s => !s.Withholds).Sum(s => s.Units);

    /// <summary>What there is for an auction that is opened: its steps, cut to what those opened before it left in the reserves of the year. Auctions announced together may each name a reserve whole; from here to the end of the transaction no other of the year is opened.</summary>
    public static async Task<IReadOnlyList<SupplyStep>> Left(DbSession s, Scheme scheme, Auction auction, CancellationToken ct)
    {
        if (auction.Steps.Count == 0) return auction.Steps;
        await s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", ct, $"market.auction-controls {auction.Scheme} {auction.Format} {auction.Year}");
        return AuctionTerms.WithinPools(scheme, auction.Format, auction.Year, auction.Steps, await Taken(s, auction.Scheme, auction.Format, auction.Year, ct));
    }

    /// <summary>What auctions of a year that were opened took of reserves.</summary>
    public static async Task<IReadOnlyList<SupplyStep>> Taken(DbSession s, string scheme, string format, int year, CancellationToken ct) =>
        [.. (await s.All("select outcome::text from market.auction where scheme = $1 and format = $2 and state in (3, 4, 5) and outcome is not null and extract(year from closes_at at time zone 'UTC') = $3", r => StorageJson.Read<AuctionResult>(r.GetString(0)), ct, scheme, format, year)).SelectMany(r => r.Steps)];
}
