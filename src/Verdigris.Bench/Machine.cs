using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Verdigris.Bench.Load;

namespace Verdigris.Bench;

/// <summary>What the figures were measured on, and how noisy it was: printed above every table.</summary>
static partial class Machine
{
    /// <summary>Times of <c>fdatasync</c> after writing <paramref name="bytes"/> at the end of a preallocated file, the way the journal writes.</summary>
    public static Latencies Flush(string folder, int bytes, int times)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "flush.probe");
        var latencies = new Latencies();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
            var block = new byte[bytes];
            new Random(1).NextBytes(block);
            var span = Math.Min((long)bytes * times, 256L << 20);
            for (long at = 0; at < span; at += bytes) RandomAccess.Write(file, block, at);
            RandomAccess.FlushToDisk(file);
            for (var i = 0; i < times; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, block, (long)i * bytes % span);
                if (OperatingSystem.IsLinux()) _ = FDataSync((int)file.DangerousGetHandle()); else RandomAccess.FlushToDisk(file);
                latencies.Record(Stopwatch.GetTimestamp() - begin);
            }
        }
        finally { File.Delete(path); }
        return latencies;
    }

    public static void Describe(string folder, TextWriter output)
    {
        output.WriteLine($"Machine: {Environment.ProcessorCount} processors ({CpuName()}), {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}");
        foreach (var bytes in new[] { 4 << 10, 64 << 10, 1 << 20 })
        {
            var l = Flush(folder, bytes, bytes >= 1 << 20 ? 60 : 300);
            output.WriteLine($"Flush {bytes >> 10,4} KiB: p50 {BenchTable.Ms(l.Ms(0.5))}, p99 {BenchTable.Ms(l.Ms(0.99))}, max {BenchTable.Ms(l.MaxMs)}");
        }
        output.WriteLine($"Noise: the same integer loop ten times, slowest / fastest = {BenchTable.X(Noise())}");
    }

    /// <summary>Time for which the host gave this machine's processors to others although they had work, since the machine started; zero where the system does not say.</summary>
    public static TimeSpan Withheld()
    {
        if (!File.Exists("/proc/stat")) return TimeSpan.Zero;
        // cpu user nice system idle iowait irq softirq steal, in hundredths of a second.
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromMilliseconds(fields.Length > 8 && long.TryParse(fields[8], CultureInfo.InvariantCulture, out var hundredths) ? 10 * hundredths : 0);
    }

    static double Noise()
    {
        double fastest = double.MaxValue, slowest = 0;
        for (var run = 0; run < 11; run++)
        {
            var begin = Stopwatch.GetTimestamp();
            ulong x = 88172645463325252;
            unchecked { for (var i = 0; i < 10_000_000; i++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; } }
            GC.KeepAlive(x);
            var took = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            if (run == 0) continue; // the first compiles
            fastest = Math.Min(fastest, took);
            slowest = Math.Max(slowest, took);
        }
        return slowest / fastest;
    }

    static string CpuName()
    {
        if (!File.Exists("/proc/cpuinfo")) return RuntimeInformation.ProcessArchitecture.ToString();
        var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal));
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    private static partial int FDataSync(int handle);
}
