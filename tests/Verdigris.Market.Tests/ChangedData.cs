using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Tests;

/// <summary>The data folder with one file that says something else. The files beside it are copies, the folders beside its own are the given ones.</summary>
sealed class ChangedData : IDisposable
{
    readonly DirectoryInfo data = Directory.CreateTempSubdirectory("changed-data");

    /// <param name="folder">Of the data folder, such as <c>contracts</c>.</param>
    /// <param name="said">What stands in the file; a test whose words are gone from it fails.</param>
    public ChangedData(string folder, string file, string said, string says)
    {
        var given = Ask.Packs.DataFolder;
        foreach (var other in Directory.GetDirectories(given).Where(f => Path.GetFileName(f) != folder)) Directory.CreateSymbolicLink(Path.Combine(data.FullName, Path.GetFileName(other)), other);
        var own = data.CreateSubdirectory(folder).FullName;
        foreach (var one in Directory.GetFiles(Path.Combine(given, folder))) File.Copy(one, Path.Combine(own, Path.GetFileName(one)));
        var text = File.ReadAllText(Path.Combine(own, file));
        Assert.Contains(said, text, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(own, file), text.Replace(said, says, StringComparison.Ordinal));
    }

    public RulePacks Packs => RulePacks.Open(data.FullName);

    public void Dispose() => data.Delete(recursive: true);
}
