using Verdigris.Auditor.Reporting;

namespace Verdigris.Auditor;

/// <summary>The command-line face: <c>verdigris audit FILE</c>.</summary>
public static class AuditCommand
{
    public const int Sound = 0, Broken = 1, Unreadable = 2;

    /// <summary>
    /// Audits a file and writes the report: for people in English or Chinese, or as JSON.
    /// </summary>
    /// <param name="lang"><c>en</c> or <c>zh</c>.</param>
    /// <param name="output">The report. Progress and failures go to <paramref name="error"/>.</param>
    /// <returns>0 sound, 1 a rule is broken or the export is cut short, 2 the file cannot be read or is no export.</returns>
    public static int Run(string file, bool json, string lang, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var zh = string.Equals(lang, "zh", StringComparison.OrdinalIgnoreCase);
        if (!zh && !string.Equals(lang, "en", StringComparison.OrdinalIgnoreCase))
        {
            error.WriteLine($"audit: language must be en or zh, not '{lang}'");
            return Unreadable;
        }
        AuditReport report;
        try
        {
            using var stream = new FileStream(file, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 0 });
            report = ExportAuditor.Audit(stream, progress: new ProgressLine(error));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            error.WriteLine(zh ? $"审计：无法读取 {file}：{e.Message}" : $"audit: cannot read {file}: {e.Message}");
            return Unreadable;
        }
        if (json) JsonReport.Write(report, output);
        else TextReport.Write(report, zh ? "zh" : "en", output);
        return report.Sound ? Sound : report.IsExport ? Broken : Unreadable;
    }

    /// <summary>A line for each gigabyte: an audit of a large file should not look dead, and a small one should say nothing.</summary>
    sealed class ProgressLine(TextWriter error) : IProgress<AuditProgress>
    {
        const long Step = 1L << 30;
        long next = Step;

        public void Report(AuditProgress value)
        {
            if (value.BytesRead < next) return;
            next = value.BytesRead + Step;
            error.WriteLine(value.BytesInAll > 0
                ? FormattableString.Invariant($"{value.BytesRead >> 20} / {value.BytesInAll >> 20} MiB, batch {value.Batch}")
                : FormattableString.Invariant($"{value.BytesRead >> 20} MiB, batch {value.Batch}"));
        }
    }
}
