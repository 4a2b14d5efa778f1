using System.Net;
using System.Reflection;
using Microsoft.AspNetCore.Components;

namespace Verdigris.Server.Tests;

/// <summary>A form that cannot be taken any more is answered with a page that says so and how to go on.</summary>
[Collection(nameof(SharedServer))]
public sealed class FormFaultTests(SharedServer shared)
{
    [Theory]
    [InlineData("en", "This form can no longer be sent", "Open the page again")]
    [InlineData("zh", "此表单已无法提交", "重新打开页面")]
    public async Task A_form_that_the_page_no_longer_has_is_answered_with_a_page(string language, string title, string link)
    {
        using var browser = await shared.Under.SignedIn("reader@demo");
        var token = Browser.TokenOf(await browser.Text("/account?lang=" + language));
        using var answer = await browser.Http.PostAsync("/tasks", new FormUrlEncodedContent([new("_handler", "decide"), new("__RequestVerificationToken", token)]));
        var page = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(title, page);
        Assert.Contains(link, page);
        Assert.Contains("href=\"/tasks\"", page);
    }

    [Theory]
    [InlineData("en", "The form was not accepted")]
    [InlineData("zh", "表单未被接受")]
    public async Task A_form_with_a_token_that_does_not_fit_is_told_apart(string language, string title)
    {
        using var browser = shared.Under.NewBrowser();
        await browser.Text("/sign-in?lang=" + language);
        using var answer = await browser.Http.PostAsync("/sign-in", new FormUrlEncodedContent([new("_handler", "sign-in"), new("Input.Name", "owner@demo")]));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(title, WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task An_unknown_form_on_a_page_for_everybody_is_answered_the_same_way()
    {
        using var browser = shared.Under.NewBrowser();
        var token = Browser.TokenOf(await browser.Text("/sign-in?lang=en"));
        using var answer = await browser.Http.PostAsync("/brands", new FormUrlEncodedContent([new("_handler", "no-such-form"), new("__RequestVerificationToken", token)]));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("This form can no longer be sent", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_form_that_cannot_be_read_is_refused_where_no_page_takes_it()
    {
        using var browser = await shared.Under.SignedIn("reader@demo");
        var token = Browser.TokenOf(await browser.Text("/account"));
        using var answer = await browser.Http.PostAsync("/footprint/export", new StringContent($"__RequestVerificationToken={Uri.EscapeDataString(token)}&facility=%00x", System.Text.Encoding.ASCII, "application/x-www-form-urlencoded"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("request.forgery-token", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What reads a form sets a list or a part to null where no field of it was sent, as from a table without rows.</summary>
    [Fact]
    public void A_part_of_a_form_of_which_nothing_was_sent_is_empty_never_missing()
    {
        var rooms = new[] { typeof(ServerHost), typeof(Passport.PassportRoom), typeof(Footprint.FootprintRoom), typeof(Cbam.CbamRoom), typeof(Registry.RegistryRoom), typeof(Market.MarketRoom) }.Select(t => t.Assembly).ToList();
        var forms = rooms.SelectMany(a => a.GetTypes()).SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)).Where(p => p.GetCustomAttribute<SupplyParameterFromFormAttribute>() is not null)
            .Select(p => p.PropertyType).Where(t => rooms.Contains(t.Assembly)).ToHashSet();
        forms.UnionWith(Parts(forms, rooms));
        Assert.Contains(forms, f => f.Name == "BundleForm");
        var nullability = new NullabilityInfoContext();
        var missing = new List<string>();
        foreach (var form in forms)
            foreach (var part in form.GetProperties().Where(p => p.CanWrite && p.PropertyType.IsClass && p.PropertyType != typeof(string) && nullability.Create(p).ReadState == NullabilityState.NotNull))
            {
                var sent = Activator.CreateInstance(form);
                part.SetValue(sent, null);
                if (part.GetValue(sent) is null) missing.Add($"{form.FullName}.{part.Name}");
            }
        Assert.Equal([], missing);
    }

    static HashSet<Type> Parts(IReadOnlySet<Type> forms, IReadOnlyList<Assembly> rooms)
    {
        var (found, open) = (new HashSet<Type>(), new Queue<Type>(forms));
        while (open.TryDequeue(out var form))
            foreach (var part in form.GetProperties().SelectMany(p => p.PropertyType.GenericTypeArguments.Append(p.PropertyType)))
                if (rooms.Contains(part.Assembly) && part.IsClass && !forms.Contains(part) && found.Add(part)) open.Enqueue(part);
        return found;
    }
}
