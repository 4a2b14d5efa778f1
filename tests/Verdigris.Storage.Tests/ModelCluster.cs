using System.Diagnostics;

namespace Verdigris.Storage.Tests;

/// <summary>A cluster made once, stopped and copied, for the tests that are about something else than the first start.</summary>
static class ModelCluster
{
    static readonly Lazy<string> Made = new(Make);

    public static void CopyTo(string data)
    {
        Directory.CreateDirectory(data);
        Copy(Path.Combine(Made.Value, "postgres"), Path.Combine(data, "postgres"));
    }

    static string Make()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-model-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        PrivateCluster.Start(folder, null, CancellationToken.None).GetAwaiter().GetResult().Stop().AsTask().GetAwaiter().GetResult();
        return folder;
    }

    static void Copy(string from, string to)
    {
        using var copy = Process.Start("cp", ["-a", from, to]);
        copy.WaitForExit();
        if (copy.ExitCode != 0) throw new IOException($"cp ended with {copy.ExitCode}");
    }
}
