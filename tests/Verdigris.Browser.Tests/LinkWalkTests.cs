using NodaTime;
using Verdigris.Registry.Demo;

namespace Verdigris.Browser.Tests;

/// <summary>A link between registries at the desks of its authority: opened by two people, stopped by one, and taken up again by two.</summary>
[Collection(nameof(Stage))]
public sealed class LinkWalkTests
{
    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public Task A_link_is_stopped_by_one_and_taken_up_again_by_two(string language) => Stage.Alone(Instant.FromUtc(2026, 3, 3, 10, 0), stage => Walk(stage, language));

    static async Task Walk(Stage stage, string language)
    {
        await RegistryDemo.Seed(stage.Get<IServiceProvider>(), RegistryPages.Cast, default);
        await using var officer = await Visitor.SignedIn(stage, language, "officer@demo");
        await using var approver = await Visitor.SignedIn(stage, language, "authority@demo");
        const string page = "/registry/safety?scheme=eu-ets";
        await officer.Open(page);
        await officer.Unfold("Partner");
        await officer.Page.Locator("[name='LinkKind']").SelectOptionAsync("link-ch");
        await officer.Fill(("Partner", "Swiss Emissions Trading Registry"));
        await officer.Press("registry.link.propose");
        await approver.Approve();
        await Said(officer, "registry.link.suspend", "Messages came twice");
        await officer.SeesWords("registry.link.state.Suspended");
        // One person asks, and it stays stopped; it can be kept so, and asked for again.
        await Said(officer, "registry.link.resume", "Cleared up");
        await officer.SeesWords("registry.link.state.ResumeAsked");
        await Said(officer, "registry.link.keep", "Not yet");
        await officer.SeesWords("registry.link.state.Suspended");
        await Said(officer, "registry.link.resume", "Cleared up now");
        await approver.Approve();
        await officer.Open(page);
        await officer.SeesWords("registry.link.state.Open");

        async Task Said(Visitor who, string key, string reason)
        {
            await who.Open(page);
            await who.Fill(("LinkReason", reason));
            await who.Press(key);
        }
    }
}
