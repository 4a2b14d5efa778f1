using System.Diagnostics;

namespace Verdigris.Server.Tests.Durability;

/// <summary>The walk that docs/walk.sh documents, run as a reader of the documents would run it.</summary>
public sealed class WalkScriptTests(ITestOutputHelper output)
{
    [Fact]
    public async Task The_documented_walk_by_API_moves_emissions_with_the_title()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-walk");
        ServerProcess? server = null;
        try
        {
            server = await ServerProcess.Start(folder.FullName);
            var info = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            info.ArgumentList.Add(Checkout.Path("docs/walk.sh"));
            info.ArgumentList.Add(server.Address.ToString().TrimEnd('/'));
            using var walk = Process.Start(info)!;
            var said = walk.StandardOutput.ReadToEndAsync();
            var complained = walk.StandardError.ReadToEndAsync();
            await walk.WaitForExitAsync();
            output.WriteLine(await said);
            Assert.True(walk.ExitCode == 0, $"docs/walk.sh ended with {walk.ExitCode}: {await complained} {await said}");
            Assert.Contains("The walk is done", await said);
        }
        finally
        {
            server?.Kill();
            await ServerProcess.DeleteWhenStopped(folder);
        }
    }
}
