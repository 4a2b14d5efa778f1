using Verdigris.Passport.Demo;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Publications;
using Verdigris.Primitives;

namespace Verdigris.Browser.Tests;

/// <summary>Papers in several states and plants with a place, for pages that show them; made once for the stage.</summary>
static class PublicationPages
{
    static readonly Once<(Guid Open, Guid Draft)> Made = new(Make);

    public static Task<(Guid Open, Guid Draft)> Stocked(Stage stage) => Made.Of(stage);

    static async Task<(Guid, Guid)> Make(Stage stage)
    {
        await stage.Do<Done>(Actor.System, async s => { await DemoPublications.Seed(s, default); return default(Done); });
        foreach (var (code, name, country, north, east) in new[] { ("FAR", "Plant far in the south", "AU", -23.9m, 151.3m), ("NEAR", "Plant by the fjord", "NO", 61m, 7m), ("NEXT", "Plant across the fjord", "NO", 60m, 7m) })
            await stage.Do(Stage.Editor, s => stage.Get<OrganisationHandlers>().AddPlant(s, new(Stage.Smelter, code, name, null, country, north, east, 100_000m, ["smelting"]), default));
        var today = await stage.Do<NodaTime.LocalDate>(Actor.System, s => Task.FromResult<Answer<NodaTime.LocalDate>>(s.Now.InUtc().Date));
        var paper = new PublicationContent(PublicationKind.Consultation, new("Which day should forms be handed in?", "表格应于何日提交？"), new("The exchange asks.\n\nIt listens.", "交易所征询意见。\n\n并听取答复。"),
            [new(QuestionKind.YesNo, new("Should the day move?", "日期应否改变？")), new(QuestionKind.Choice, new("To which day?", "改到哪一天？"), [new("1 April", "4 月 1 日"), new("1 July", "7 月 1 日")]), new(QuestionKind.Text, new("Why?", "为什么？"))], today, today.PlusDays(40));
        var handlers = stage.Get<PublicationHandlers>();
        var open = await stage.Do(Stage.Staff, s => handlers.Create(s, paper, default));
        await stage.Do(Stage.Staff, s => handlers.ProposePublishing(s, open.Id, default));
        await stage.Decide(Stage.OtherStaff, open.Id.ToString());
        await stage.Do(Stage.Editor, s => stage.Get<ResponseHandlers>().Respond(s, open.Id, new(true, [new(1, "yes"), new(3, Text: "Books close in March.")]), default));
        var draft = await stage.Do(Stage.Staff, s => handlers.Create(s, paper, default));
        return (open.Id, draft.Id);
    }
}
