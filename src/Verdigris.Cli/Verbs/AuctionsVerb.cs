using System.CommandLine;
using System.Globalization;
using Verdigris.Primitives;
using Verdigris.Registry;
using Verdigris.Registry.Auctions;

namespace Verdigris.Cli.Verbs;

/// <summary>
/// <c>auctions check FILE</c>: reads a file of auction results (a workbook or CSV as EEX publishes them) and proves it: revenue is price x volume, cover is bids / volume. Each fault with its line on standard
/// error; exit code 1 where there is one.
/// </summary>
static class AuctionsVerb
{
    /// <summary>Most faults shown; the count says how many there are.</summary>
    const int MostShown = 100;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Results of auctions, XLSX or CSV" };
        var language = new Option<string>("--language") { Description = "en or zh", HelpName = "LANGUAGE", DefaultValueFactory = _ => "en" };
        language.AcceptOnlyFromAmong("en", "zh");
        var check = new Command("check", "Read a file of auction results and prove its figures") { file, language };
        check.SetAction(parsed => Run(parsed.GetValue(file)!, parsed.GetValue(language)!));
        return new Command("auctions", "Results of auctions") { check };
    }

    static int Run(string path, string language)
    {
        using var content = File.OpenRead(path);
        var read = AuctionFile.Read(content);
        string Words(Refusal refusal) => Messages.Of(refusal, language, typeof(RegistryRoom).Assembly, typeof(Verdigris.Web.WebKit).Assembly);
        if (!read.Ok) return Shell.Fail($"{path}: {Words(read.Refusals[0])}");
        var zh = language == "zh";
        var (summary, wrong) = AuctionChecks.Of(read.Value.Records);
        List<AuctionFinding> findings = [.. read.Value.Findings, .. wrong];
        foreach (var finding in findings.OrderBy(f => f.Line).Take(MostShown)) Console.Error.WriteLine($"{path}:{finding.Line}: {(finding.Column is null ? "" : finding.Column + ": ")}{Words(finding.Refusal)}");
        if (findings.Count > MostShown) Console.Error.WriteLine(zh ? $"……另有 {findings.Count - MostShown} 条" : $"... and {findings.Count - MostShown} more");
        void Row(string en, string cn, string value) => Console.Out.WriteLine($"{(zh ? cn : en)}: {value}");
        void Fits(string en, string cn, AuctionCount count) => Row(en, cn, $"{count.Fit} / {count.Checked}");
        Row("Lines", "行数", Number(read.Value.Lines));
        Row("Auctions", "拍卖场次", Number(summary.Auctions));
        Row("Priced", "有价格", Number(summary.Priced));
        Row("Cancelled", "已取消", Number(summary.Cancelled));
        Row("Days with several auctions", "一日多场的天数", Number(summary.DaysWithSeveral));
        Row("Sold, t", "成交量，t", Number(summary.VolumeT));
        Row("Revenue, EUR", "收入，EUR", Number(summary.Revenue));
        Fits("Revenue = price x volume", "收入 = 价格 × 数量", summary.RevenueFits);
        Fits("Cover = bids / volume", "认购倍数 = 投标量 / 数量", summary.CoverFits);
        Fits("Mean won = volume / successful bidders", "平均中标量 = 数量 / 中标人数", summary.MeanWonFits);
        Fits("Volume in lots of 500 t", "数量为 500 吨整数倍", summary.LotsFit);
        Row("Faults", "问题", Number(findings.Count));
        return findings.Count == 0 ? Shell.Done : Shell.DoesNotHold;
        static string Number(decimal value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);
    }
}
