using Verdigris.Book.Auctions;
using Verdigris.Primitives;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;
using Verdigris.Storage;

namespace Verdigris.Market.Auctions;

/// <summary>Containment reserves in an auction: their triggers follow from the scheme's file, and no year sells more of them than they have.</summary>
static class AuctionControls
{
    /// <summary>The steps named by price, and those of the reserves named by their word. What is wrong is added: <c>ets.no-rule</c>, <c>auction.control-split</c>, <c>calc.missing-field</c>, <c>auction.control-total</c>.</summary>
    public static async Task<IReadOnlyList<SupplyStep>> Steps(DbSession s, Scheme scheme, string format, NewAuction wanted, List<Refusal> wrong, CancellationToken ct)
    {
        var year = wanted.ClosesAt.InUtc().Year;
        var steps = wanted.Steps.ToList();
        if (wanted.Controls.Count == 0 && steps.Count == 0) return steps;
        var taken = await Taken(s, scheme.Code, format, year, ct);
        foreach (var (i, control) in wanted.Controls.Index())
        {
            var step = AuctionTerms.Step(scheme, format, year, control.Control ?? "", control.Units, $"controls[{i}].units");
            if (!step.Ok)
            {
                wrong.AddRange(step.Refusals.Select(r => r.Field == "scheme" ? r with { Field = $"controls[{i}].control" } : r));
                continue;
            }
            var before = control.Units is null ? taken.Where(t => t.Price == step.Value.Step.Price && t.Withholds == step.Value.Step.Withholds).Sum(t => t.Units) : 0;
            if (step.Value.Step.Units > before) steps.Add(step.Value.Step with { Units = step.Value.Step.Units - before });
        }
        if (AuctionTerms.OverPools(scheme, format, year, steps, taken, wanted.Controls.Count > 0 ? "controls" : "steps") is { } over) wrong.Add(over);
        return steps;
    }

    /// <summary>Units set aside for an auction: what it offers, and what may come to the offer. What is not sold goes back when it settles.</summary>
    public static long Held(Auction auction) => auction.Volume + auction.Steps.Where(s => !s.Withholds).Sum(s => s.Units);

    /// <summary>What auctions of a year that were opened took of reserves.</summary>
    public static async Task<IReadOnlyList<SupplyStep>> Taken(DbSession s, string scheme, string format, int year, CancellationToken ct) =>
        [.. (await s.All("select outcome::text from market.auction where scheme = $1 and format = $2 and state in (3, 4, 5) and outcome is not null and extract(year from closes_at at time zone 'UTC') = $3", r => StorageJson.Read<AuctionResult>(r.GetString(0)), ct, scheme, format, year)).SelectMany(r => r.Steps)];
}
