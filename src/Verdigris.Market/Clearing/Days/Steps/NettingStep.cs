using System.Text.Json.Nodes;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Primitives;

namespace Verdigris.Market.Clearing.Days.Steps;

/// <summary>Step 5: long and short lots of one account in one series cancel each other: both go back to the clearing house. Lots that an order has promised stay.</summary>
sealed class NettingStep(SeriesRegister register, PositionBook positions, ClearingFlows flows) : IClearingStep
{
    const string Kind = "net";

    public ClearingStep Step => ClearingStep.Netting;

    /// <summary>Refuses <c>clearing.flow-refused</c>.</summary>
    public async Task<Answer<JsonObject>> Do(DayWork work, CancellationToken ct)
    {
        var (s, day) = (work.Session, work.Day);
        var numbers = await register.ByNumber(s, ct);
        await s.InTransaction(async t =>
        {
            if (await ClearingFlows.Any(s, day, Step, Kind, t)) return;
            var accounts = await PositionBook.Accounts(s, t);
            var byNumber = accounts.ToDictionary(a => a.Number);
            await ClearingFlows.Plan(s, [.. positions.Open(accounts).Where(o => o.Value.Nettable > 0).OrderBy(o => o.Key)
                .Select(o => ClearingFlows.New(work, Step, Kind, byNumber[o.Key.Account], numbers[o.Key.Series].Code, null, o.Value.Nettable, new JsonObject { ["long"] = o.Value.Long, ["short"] = o.Value.Short }))], t);
        }, ct);
        var codes = numbers.Values.ToDictionary(x => x.Code);
        var open = await flows.Post(s, day, Step, Kind, f => [StepPostings.Close(codes[f.Series!].Long, f.Account + 2, f.Amount), StepPostings.Close(codes[f.Series!].Short, f.Account + 2, f.Amount)], ct);
        if (open.Count > 0) return StepPostings.Refused(open);
        var done = await ClearingFlows.Of(s, day, Step, ct);
        return new JsonObject { ["netted"] = done.Count, ["lots"] = done.Sum(f => f.Amount) };
    }
}
