using System.Globalization;

namespace Verdigris.Auditor.Reporting;

/// <summary>The report for people, English or Chinese. Numbers are written invariantly, with a space between thousands.</summary>
static class TextReport
{
    /// <summary>Fixed words of findings; values are built of these, of numbers and of the specification's own names.</summary>
    static readonly (string English, string Chinese)[] Words =
    [
        ("last whole batch, bytes", "最后完整批次、字节数"), ("another account", "另一账户"), ("acting for", "代表"), ("never issued", "从未发行"), ("not allowed", "不允许"),
        ("not scheduled", "未排定"), ("not frozen", "未冻结"), ("no due time", "无到期时间"), ("ended in the batch", "在批次内结束"), ("transaction type", "交易类型"),
        ("release at", "释放时间"), ("expiry at", "到期时间"), ("pending at", "仍待决于"), ("previous hash", "前一哈希"), ("first command", "首个命令"), ("last batch", "最后批次"),
        ("posted amount", "过账数量"), ("voided amount", "撤销数量"), ("payload length", "载荷长度"), ("payload crc", "载荷校验和"), ("header crc", "头部校验和"), ("magic, version", "标识、版本"),
        ("effects of code", "代码所属效果"), ("trailer count", "尾部计数"), ("record header", "记录头"), ("asset class", "资产类别"), ("available", "可用"), ("allowed", "允许"), ("account", "账户"), ("authority", "主管机构"),
        ("accepted", "已接受"), ("effects", "效果"), ("effect", "效果"), ("amount", "数量"), ("asset", "资产"), ("actor", "行为人"), ("batch", "批次"), ("block", "区块"), ("bytes", "字节"), ("chain", "链"),
        ("closed", "已关闭"), ("command", "命令"), ("credit", "收方"), ("debit", "付方"), ("defined", "已定义"), ("delay", "延迟"), ("flags", "标志"), ("frozen", "已冻结"), ("hash", "哈希"), ("header", "文件头"),
        ("held", "锁定"), ("holding", "持有"), ("hold", "锁定单"), ("kind", "种类"), ("known", "已知"), ("none", "无"), ("not", "非"), ("open", "开放"), ("operation", "操作"), ("padding", "填充"), ("pending", "待决"), ("record", "记录"),
        ("rule", "规则"), ("scale", "小数位"), ("scope", "范围"), ("serial", "序列号"), ("sum", "合计"), ("tag", "标记"), ("time", "时间"), ("total", "总量"), ("trailer", "尾部"), ("trust", "信任"), ("venue", "场所"),
    ];

    public static void Write(AuditReport report, string language, TextWriter to)
    {
        var zh = language == "zh";
        string T(string en, string cn) => zh ? cn : en;
        if (!report.IsExport)
        {
            var why = report.Findings[0];
            to.WriteLine(T("Not an export of the Book: ", "不是账簿的导出文件：") + Values(why, zh));
            return;
        }
        to.WriteLine(report.Sound
            ? T($"Sound. All {AuditRule.All.Count} rules hold over the whole file.", $"无误。全部{AuditRule.All.Count}条规则在整个文件中成立。")
            : T($"Broken. {report.Findings.Count} finding(s), the first at {Place(report.Findings[0], zh)}.", $"有误。共{report.Findings.Count}项发现，首项位于{Place(report.Findings[0], zh)}。"));
        to.WriteLine();
        to.WriteLine(T("Venue            ", "场所          ") + report.VenueId);
        to.WriteLine(T("Batches          ", "批次          ") + Number(report.Batches) + Span(report, zh));
        to.WriteLine(T("Commands         ", "命令          ") + Number(report.Commands) + T(", accepted ", "，已接受 ") + Number(report.Accepted));
        to.WriteLine(T("Effects          ", "效果          ") + Number(report.Effects));
        to.WriteLine(T("Accounts         ", "账户          ") + Number(report.Accounts) + T(", holdings ", "，持有 ") + Number(report.Holdings) + T(", pending holds ", "，待决锁定 ") + Number(report.PendingHolds) + T(", blocks ", "，区块 ") + Number(report.Blocks));
        to.WriteLine(T("Last record hash ", "最后记录哈希  ") + report.LastRecordHash);
        if (report.Findings.Count > 0)
        {
            to.WriteLine();
            to.WriteLine(T("Findings", "发现"));
            foreach (var f in report.Findings)
            {
                to.WriteLine($"  {f.Code}  {Place(f, zh)}");
                to.WriteLine("    " + T("Rule: ", "规则：") + AuditRule.Of(f.Code).In(language));
                to.WriteLine("    " + Values(f, zh));
            }
            if (!report.Complete) to.WriteLine(T("  The audit stopped here; what follows in the file was not looked at.", "  审计在此停止；文件其后的内容未予检查。"));
        }
        if (report.Assets.Count > 0)
        {
            to.WriteLine();
            to.WriteLine(T("Assets (issued = owed, in smallest units)", "资产（已发行＝应付，以最小单位计）"));
            foreach (var a in report.Assets)
                to.WriteLine($"  {a.Asset}  {a.Code}  {Number(a.Issued)}  {Number(a.Owed)}{(a.Serialised ? T("  serialised", "  序列化") : "")}");
        }
        if (report.Days.Count > 0)
        {
            to.WriteLine();
            to.WriteLine(T("Merkle root of each UTC day", "每个UTC日的默克尔根"));
            foreach (var d in report.Days)
                to.WriteLine($"  {d.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}  {d.Root}  {T("batches", "批次")} {d.FirstBatch}-{d.LastBatch}");
        }
    }

    static string Place(AuditFinding f, bool zh)
    {
        var parts = new List<string> { f.Batch == 0 ? (zh ? "文件" : "file") : (zh ? "批次 " : "batch ") + f.Batch };
        if (f.Command is { } c) parts.Add(c < 0 ? (zh ? "时间引发" : "by time") : (zh ? "命令 " : "command ") + c);
        if (f.Account != 0) parts.Add((zh ? "账户 " : "account ") + f.Account);
        if (f.Asset != 0) parts.Add((zh ? "资产 " : "asset ") + f.Asset);
        return string.Join(zh ? "，" : ", ", parts);
    }

    static string Values(AuditFinding f, bool zh) => zh
        ? $"{Chinese(f.Field)}：应为 {Chinese(f.Expected)}，实为 {Chinese(f.Found)}"
        : $"{f.Field}: expected {f.Expected}, found {f.Found}";

    /// <summary>Replaces whole words; longer phrases stand before the words they hold.</summary>
    static string Chinese(string text)
    {
        foreach (var (english, chinese) in Words)
            for (var at = text.IndexOf(english, StringComparison.Ordinal); at >= 0; at = text.IndexOf(english, at + 1, StringComparison.Ordinal))
            {
                var end = at + english.Length;
                if ((at > 0 && char.IsAsciiLetterOrDigit(text[at - 1])) || (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))) continue;
                text = text[..at] + chinese + text[end..];
            }
        return text;
    }

    static string Span(AuditReport r, bool zh) => r.Batches == 0 ? "" : $"  {Time(r.FirstTimeMicros)} {(zh ? "至" : "to")} {Time(r.LastTimeMicros)}";

    /// <summary>UTC with microseconds; the plain number where it lies outside the calendar.</summary>
    internal static string Time(long micros) => micros is < -62_135_596_800_000_000 or > 253_402_300_799_999_999
        ? micros.ToString(CultureInfo.InvariantCulture)
        : DateTime.UnixEpoch.AddTicks(micros * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    static string Number(IFormattable value) => value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');
}
