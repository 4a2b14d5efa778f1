using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Verdigris.Server;
using Verdigris.Web;

namespace Verdigris.Browser.Tests;

/// <summary>One person at one browser in one language. Finds things by role and by the words of the catalogue, as a person does, and notes every error the page reports.</summary>
sealed class Visitor : IAsyncDisposable
{
    readonly IBrowserContext context;
    readonly Stage stage;
    readonly string language;
    readonly ConcurrentQueue<string> errors = new();

    Visitor(Stage stage, IBrowserContext context, IPage page, string language)
    {
        this.stage = stage;
        this.context = context;
        this.language = language;
        Page = page;
        page.Console += (_, message) => { if (message.Type is "error" or "warning" && !IsMissingPage(message)) errors.Enqueue($"{page.Url}: {message.Text}"); };
        page.PageError += (_, error) => errors.Enqueue($"{page.Url}: {error}");
        page.RequestFailed += (_, request) => { if (request.Failure is { } failure && !failure.Contains("ERR_ABORTED", StringComparison.Ordinal)) errors.Enqueue($"{request.Url}: {failure}"); };
    }

    public IPage Page { get; }

    public static async Task<Visitor> Come(Stage stage, string language, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await stage.Chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, BaseURL = stage.Address.ToString(), Locale = language == "zh" ? "zh-CN" : "en-GB", ColorScheme = scheme });
        context.SetDefaultTimeout(30_000);
        return new(stage, context, await context.NewPageAsync(), language);
    }

    public static async Task<Visitor> SignedIn(Stage stage, string language, string name, int width = 1280, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var visitor = await Come(stage, language, width, height, scheme);
        await visitor.Open("/sign-in");
        await visitor.Field("server.sign-in.name").FillAsync(name);
        await visitor.Field("server.sign-in.password").FillAsync(DemoPeople.Password);
        await visitor.Press("web.sign-in");
        Assert.DoesNotContain("/sign-in", new Uri(visitor.Page.Url).AbsolutePath, StringComparison.Ordinal);
        return visitor;
    }

    /// <summary>A text of the catalogue in the visitor's language.</summary>
    public string Text(string key, params (string Name, string Value)[] args) => stage.Texts.For(language).With(key, args);

    public Task<IResponse?> Open(string path) => Page.GotoAsync(path);

    public ILocator Field(string key) => Page.GetByLabel(new Regex("^\\s*" + Regex.Escape(Text(key)) + "(\\s|$)"));

    /// <summary>Presses a button by its words and waits for the page it leads to.</summary>
    public Task Press(string key, params (string Name, string Value)[] args) =>
        Leading(() => Page.GetByRole(AriaRole.Button, new() { Name = Text(key, args), Exact = true }).ClickAsync());

    public Task Follow(string key, params (string Name, string Value)[] args) =>
        Leading(() => Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = Text(key, args), Exact = true }).First.ClickAsync());

    public Task FollowText(string text) => Leading(() => Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Link, new() { Name = text }).First.ClickAsync());

    /// <summary>Fills fields by their names.</summary>
    public async Task Fill(params (string Name, string Text)[] fields)
    {
        foreach (var (name, text) in fields) await Page.Locator($"[name='{name}']").First.FillAsync(text);
    }

    /// <summary>Opens the part of the page a field is in.</summary>
    public Task Unfold(string field) => Page.Locator($"details.action:has([name='{field}']) > summary").First.ClickAsync();

    /// <summary>Approves the newest task of the inbox.</summary>
    public async Task Approve()
    {
        await Open("/tasks");
        await Page.Locator("main table tbody th a").First.ClickAsync();
        await Press("server.task.approve");
        await SeesWords("server.task.done.approved");
    }

    /// <summary>Does what leads to another page and waits until that page stands.</summary>
    async Task Leading(Func<Task> act)
    {
        var stands = new TaskCompletionSource();
        Page.DOMContentLoaded += Stands;
        try
        {
            await act();
            await stands.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
        finally
        {
            Page.DOMContentLoaded -= Stands;
        }

        void Stands(object? sender, IPage page) => stands.TrySetResult();
    }

    public async Task Sees(string text) => await Assertions.Expect(Page.GetByRole(AriaRole.Main)).ToContainTextAsync(text);

    public Task SeesWords(string key, params (string Name, string Value)[] args) => Sees(Text(key, args));

    public async Task SeesNot(string text) => await Assertions.Expect(Page.GetByRole(AriaRole.Main)).Not.ToContainTextAsync(text);

    public IReadOnlyList<string> Errors => [.. errors];

    // A page that is not there is an answer, not a fault; Chromium reports its status on the console all the same.
    static bool IsMissingPage(IConsoleMessage message) => message.Text.Contains("404", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        await context.DisposeAsync();
        Assert.True(errors.IsEmpty, string.Join("\n", errors));
    }
}
