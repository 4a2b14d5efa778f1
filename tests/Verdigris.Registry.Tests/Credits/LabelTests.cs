using Verdigris.Primitives;
using Verdigris.Registry.Credits.Eligibility;
using Verdigris.Registry.Credits.Units;

namespace Verdigris.Registry.Tests.Credits;

/// <summary>Labels a programme gives to units issued here, and what they open.</summary>
public sealed class LabelTests
{
    static async Task<(CreditDesk Desk, LabelHandlers Labels, Guid Project, string Serial)> Issued()
    {
        var desk = await CreditDesk.Open();
        var project = await desk.Refrigerants("Refrigerants of Ghana", Registry.Credits.Duplicates.MatchDecision.Distinct);
        await desk.Issue(project, new(2025, 1, 1), new(2026, 1, 31), new Registry.Credits.Projects.Vintage(2025, 600), new Registry.Credits.Projects.Vintage(2026, 400));
        return (desk, new(desk.Packs), project.Id, (await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default))).Single(b => b.VintageFrom!.Value.Year == 2025).Serial);
    }

    static async Task<EligibilityVerdict> Geo(CreditDesk desk, string serial) =>
        (await desk.Do(Actor.Public, s => desk.Units.Status(s, serial, default))).Eligibility.Single(e => e.Use == "geo").Verdict;

    [Fact]
    public async Task A_label_opens_the_use_that_asks_for_it_for_its_year_alone_and_closes_it_again_when_it_is_taken()
    {
        var (desk, labels, project, serial) = await Issued();
        await using var _ = desk;
        Assert.Equal(EligibilityVerdict.NotEligible, await Geo(desk, serial));
        var given = await desk.Do(CreditDesk.Officer, s => labels.Give(s, project, new(2025, "corsia-first", "Decision 7 of the council's technical body."), default));
        Assert.Equal(EligibilityVerdict.Eligible, await Geo(desk, serial));
        var held = await desk.Do(CreditDesk.Editor, s => desk.Units.Holdings(s, default));
        Assert.Equal(["corsia-first"], held.Single(b => b.VintageFrom!.Value.Year == 2025).Labels);
        Assert.Equal([], held.Single(b => b.VintageFrom!.Value.Year == 2026).Labels);
        Assert.Equal(["credits.labelled-already"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, project, new(2025, "corsia-first", "Again."), default)));
        Assert.Equal(["input.required"], await desk.Refused(CreditDesk.Officer, s => labels.Take(s, project, given.Id, " ", default)));
        Assert.NotNull((await desk.Do(CreditDesk.Officer, s => labels.Take(s, project, given.Id, "The scope was changed.", default))).TakenAt);
        Assert.Equal(EligibilityVerdict.NotEligible, await Geo(desk, serial));
        Assert.Equal(["credits.label-not-found"], await desk.Refused(CreditDesk.Officer, s => labels.Take(s, project, given.Id, "Once more.", default)));
        // It can be given anew, and what was taken stays written down.
        await desk.Do(CreditDesk.Officer, s => labels.Give(s, project, new(2025, "corsia-first", "Changed back."), default));
        var all = await desk.Do(Actor.Public, async s => (Answer<IReadOnlyList<UnitLabel>>)new List<UnitLabel>(await labels.Of(s, project, default)));
        Assert.Equal([(null, "Changed back."), ("The scope was changed.", "Decision 7 of the council's technical body.")], all.Select(l => (l.TakenReason, l.Reason)));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => desk.Query("update registry.credit_label set label = 'ccp' returning 1", r => 1));
    }

    [Fact]
    public async Task Only_the_programmes_officer_gives_labels_there_are_to_units_issued_here()
    {
        var (desk, labels, project, _) = await Issued();
        await using var __ = desk;
        Assert.Equal(["access.role-needed"], await desk.Refused(CreditDesk.Editor, s => labels.Give(s, project, new(2025, "ccp", "Ours."), default)));
        // What a host country authorised is told by its letter.
        Assert.Equal(["credits.label"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, project, new(2025, "authorised-ndc", "The letter says so."), default)));
        Assert.Equal(["input.required", "credits.label", "credits.label-year"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, project, new(2024, "gold", null), default)));
        Assert.Equal(["credits.project-not-found"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, Guid.NewGuid(), new(2025, "ccp", "None."), default)));
        // Units known from an export keep what their own registry printed.
        await desk.Import("one.csv", "project_name,project_id,serial,vintage,certificate_destination,end_user,date,quantity,from,to\nOurs,1,CDC_1_1_9,2019,Voluntary compensation,Somebody,2024-01-05,10,1,10\n");
        var outside = (await desk.Query("select id from registry.credit_project where programme = 'cercarbono'", r => r.GetGuid(0)))[0];
        Assert.Equal(["credits.label-year"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, outside, new(2019, "ccp", "Of another registry."), default)));
        await desk.Query("update registry.credit_programme set administrator_id = gen_random_uuid() where code = 'acr' returning 1", r => 1);
        Assert.Equal(["credits.not-administered"], await desk.Refused(CreditDesk.Officer, s => labels.Give(s, project, new(2025, "ccp", "Not ours."), default)));
    }
}
