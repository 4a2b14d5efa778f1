using Microsoft.Playwright;

namespace Verdigris.Browser.Tests;

/// <summary>Pictures of the pages for people to look at. Runs only when asked for: VERDIGRIS_SCREENSHOTS names the folder, VERDIGRIS_PAGES, the beginning of a path, some of the pages.</summary>
[Collection(nameof(Stage))]
public sealed class Screenshots(Stage stage)
{
    [Fact(Explicit = true)]
    public async Task Take()
    {
        var folder = Environment.GetEnvironmentVariable("VERDIGRIS_SCREENSHOTS");
        Assert.False(string.IsNullOrEmpty(folder), "Set VERDIGRIS_SCREENSHOTS to a folder.");
        Directory.CreateDirectory(folder);
        foreach (var (language, scheme) in new[] { ("en", ColorScheme.Light), ("zh", ColorScheme.Light), ("en", ColorScheme.Dark) })
            foreach (var (seat, paths) in await EveryPage.Of(stage))
            {
                await using var visitor = seat is null ? await Visitor.Come(stage, language, scheme: scheme) : await Visitor.SignedIn(stage, language, seat, scheme: scheme);
                foreach (var path in paths)
                    foreach (var (width, height) in new[] { (1280, 900), (390, 844) })
                    {
                        await visitor.Page.SetViewportSizeAsync(width, height);
                        await visitor.Open(path);
                        await visitor.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{NameOf(path)}-{seat?.Split('@')[0] ?? "nobody"}-{width}-{language}{(scheme == ColorScheme.Dark ? "-dark" : "")}.png"), FullPage = true });
                    }
            }
    }

    static string NameOf(string path) => string.Concat(path.Trim('/').Select(c => char.IsLetterOrDigit(c) ? c : '-')) is { Length: > 0 } name ? name[..Math.Min(80, name.Length)] : "home";
}
