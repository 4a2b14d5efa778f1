using System.CommandLine;
using System.Globalization;
using System.Text;
using Verdigris.Simulator.Days;

namespace Verdigris.Cli.Verbs;

/// <summary>
/// <c>orders make FILE</c> invents a day of orders; <c>orders replay FILE</c> sends one to a trading floor on real files and proves what came of it: lots of every order, money and units of every member, and the same bytes when the journal is read
/// again. Exit code 1 where something does not hold.
/// </summary>
static class OrdersVerb
{
    const int MostShown = 20;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A day of orders, CSV: " + OrderDayFile.Head };
        var tick = new Option<decimal>("--tick") { Description = "Least step of all prices in the file, in their currency", DefaultValueFactory = _ => 0.01m };
        var lines = new Option<int>("--orders") { Description = "Lines of the day: new orders, changes and cancels", DefaultValueFactory = _ => 1_000_000 };
        var seed = new Option<ulong>("--seed") { Description = "The whole day follows from it", DefaultValueFactory = _ => 1 };
        var members = new Option<int>("--members") { Description = "Who trade", DefaultValueFactory = _ => 200 };
        var series = new Option<string[]>("--series") { Description = "What is traded, the busiest first", DefaultValueFactory = _ => ["ICE.EUA:2026-12", "EEX.EUA.SPOT", "ICE.EUA:2027-12", "ICE.UKA:2026-12"] };
        var first = new Option<decimal>("--price") { Description = "Price of the opening", DefaultValueFactory = _ => 75m };
        var make = new Command("make", "Invent a day of orders") { file, tick, lines, seed, members, series, first };
        make.SetAction(parsed => Make(parsed.GetValue(file)!, parsed.GetValue(tick), parsed.GetValue(lines), parsed.GetValue(seed), parsed.GetValue(members), parsed.GetValue(series)!, parsed.GetValue(first)));
        var cash = new Option<decimal>("--cash") { Description = "What each member begins with, in the price's currency times lots", DefaultValueFactory = _ => 10_000_000_000m };
        var units = new Option<long>("--units") { Description = "Lots of each series that a member begins with", DefaultValueFactory = _ => 10_000_000 };
        var folder = new Option<string?>("--folder") { Description = "On which disk the venue's files lie while the day runs (default: the temporary folder)" };
        var replay = new Command("replay", "Send a day of orders to a trading floor and prove what came of it") { file, tick, cash, units, folder };
        replay.SetAction((parsed, ct) => Replay(parsed.GetValue(file)!, parsed.GetValue(tick), parsed.GetValue(cash), parsed.GetValue(units), parsed.GetValue(folder)));
        return new Command("orders", "Days of orders") { make, replay };
    }

    static int Make(string path, decimal tick, int lines, ulong seed, int members, string[] series, decimal first)
    {
        if (tick <= 0) return Shell.Fail("--tick must be above 0. / --tick 必须大于 0。");
        if (lines < 1) return Shell.Fail("--orders must be 1 or more. / --orders 必须大于等于 1。");
        if (members is < 2 or > OrderDayFile.MostMembers) return Shell.Fail($"--members must be 2 to {OrderDayFile.MostMembers}. / --members 必须为 2 至 {OrderDayFile.MostMembers}。");
        if (first / tick is var ticks && (ticks != decimal.Truncate(ticks) || ticks is < 100 or > 1_000_000)) return Shell.Fail("--price must be 100 to 1,000,000 whole steps of --tick. / --price 必须为 --tick 的整数倍，在 100 至 1,000,000 步之间。");
        using var to = new StreamWriter(path, false, new UTF8Encoding(false)) { NewLine = "\n" };
        OrderDayFile.Write(to, new OrderDayPlan(seed, lines, members, series, (int)ticks).Make(), tick);
        return Shell.Done;
    }

    static async Task<int> Replay(string path, decimal tick, decimal cash, long units, string? folder)
    {
        if (tick <= 0) return Shell.Fail("--tick must be above 0. / --tick 必须大于 0。");
        if (cash < 0 || cash / tick > 1L << 55) return Shell.Fail("--cash must be 0 or more, and below 2^55 steps of --tick. / --cash 必须大于等于 0，且小于 --tick 的 2^55 倍。");
        if (units is < 0 or > 1L << 55) return Shell.Fail("--units must be 0 to 2^55. / --units 必须为 0 至 2^55。");
        var place = Path.Combine(folder ?? Path.GetTempPath(), $"verdigris-day-{Environment.ProcessId}");
        Directory.CreateDirectory(place);
        try
        {
            using var from = new StreamReader(path);
            using var day = new OrderDayReplay(place, (long)(cash / tick), units);
            var quiet = Console.IsErrorRedirected;
            var result = await day.Run(OrderDayFile.Read(from, tick), lines =>
            {
                if (!quiet) Console.Error.Write($"\r{Number(lines)}");
            });
            if (!quiet) Console.Error.WriteLine();
            Print(result, tick);
            return result.Wrong.Count == 0 ? Shell.Done : Shell.DoesNotHold;
        }
        catch (OrderDayException e) { return Shell.Fail($"{path}:{e.Message}"); }
        catch (FileNotFoundException) { return Shell.Fail($"{path}: there is no such file. / 没有此文件。"); }
        finally { Directory.Delete(place, recursive: true); }
    }

    static void Print(OrderDayResult r, decimal tick)
    {
        var output = Console.Out;
        output.WriteLine($"lines {Number(r.Lines)}, taken {Number(r.Taken)}, not taken {Number(r.Lines - r.Taken)}: {string.Join(", ", r.Refused.Select(p => $"{p.Key} {Number(p.Value)}"))}");
        output.WriteLine($"most live orders {Number(r.MostLive)}, events {Number(r.Events)}, journal {Number(r.JournalBytes)} bytes");
        output.WriteLine($"{"series",-20} {"trades",10} {"lots",12} {"first",9} {"high",9} {"low",9} {"last",9} {"mean",11}");
        foreach (var s in r.Series) output.WriteLine(s.Trades == 0 ? $"{s.Series,-20} {0,10}" : string.Create(CultureInfo.InvariantCulture, $"{s.Series,-20} {s.Trades,10:#,0} {s.Lots,12:#,0} {s.First * tick,9} {s.High * tick,9} {s.Low * tick,9} {s.Last * tick,9} {s.MeanPrice * tick,11:0.0000}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sent and durable in {r.Took.TotalSeconds:0.00} s ({r.Lines / r.Took.TotalSeconds:#,0} lines/s); read again in {r.Replayed.TotalSeconds:0.00} s ({r.Lines / r.Replayed.TotalSeconds:#,0} lines/s)"));
        output.WriteLine($"events SHA-256 {r.Fingerprint}");
        foreach (var wrong in r.Wrong.Take(MostShown)) Console.Error.WriteLine(wrong);
        output.WriteLine(r.Wrong.Count == 0 ? "proved: lots of every order, money and units of every member, no book left crossed, and the journal read again gives the same bytes" : $"{Number(r.Wrong.Count)} things do not hold");
    }

    static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
