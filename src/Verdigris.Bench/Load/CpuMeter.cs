using System.Diagnostics;
using System.Globalization;

namespace Verdigris.Bench.Load;

/// <summary>Processor time of this process and of a private PostgreSQL with all its processes, from the kernel's books.</summary>
sealed class CpuMeter
{
    /// <summary>The kernel counts in hundredths of a second on every machine this runs on.</summary>
    const double TicksPerSecond = 100;

    readonly int postmaster;

    /// <param name="dataFolder">Holds the cluster somewhere below.</param>
    public CpuMeter(string dataFolder)
    {
        var file = Directory.GetFiles(dataFolder, "postmaster.pid", SearchOption.AllDirectories).Single();
        postmaster = int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture);
    }

    /// <summary>Seconds so far: this process, PostgreSQL.</summary>
    public (double Own, double Postgres) Seconds()
    {
        var ticks = 0L;
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var process) || Stat(folder) is not { } stat) continue;
            // With the postmaster count the children that have ended.
            if (process == postmaster) ticks += stat[11] + stat[12] + stat[13] + stat[14];
            else if (stat[1] == postmaster) ticks += stat[11] + stat[12];
        }
        using var own = Process.GetCurrentProcess();
        return (own.TotalProcessorTime.TotalSeconds, ticks / TicksPerSecond);
    }

    /// <summary>Numbers behind the name: state, parent, ... ; null where the process has gone.</summary>
    static long[]? Stat(string folder)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return [.. stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Select(f => long.TryParse(f, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) ? n : 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
