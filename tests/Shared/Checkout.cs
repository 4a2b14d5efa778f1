namespace Verdigris.Testing;

/// <summary>Where the sources lie, for tests that read them.</summary>
static class Checkout
{
    public static string Root { get; } = Find();

    public static string Path(string relative) => System.IO.Path.Combine(Root, relative);

    /// <summary>Files below a folder of the checkout, without build output; paths relative to the checkout.</summary>
    public static IEnumerable<string> Files(string below, params string[] endings) =>
        Directory.EnumerateFiles(Path(below), "*", SearchOption.AllDirectories)
            .Select(f => System.IO.Path.GetRelativePath(Root, f).Replace('\\', '/'))
            .Where(f => endings.Any(e => f.EndsWith(e, StringComparison.Ordinal)) && !f.Split('/').Any(part => part is "bin" or "obj" or "node_modules" or "artifacts"))
            .Order(StringComparer.Ordinal);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Verdigris.slnx"))) return folder.FullName;
        throw new InvalidOperationException("The tests run inside the checkout.");
    }
}
