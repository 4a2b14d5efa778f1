using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests;

/// <summary>The parts of the difference between two methods, and what a correction leaves to be seen.</summary>
public class MethodDifferenceTests
{
    static Gen<decimal> Figure(int most) => Gen.Choose(0, most).Select(n => n / 10_000m);

    static Gen<EmissionsValues> Values { get; } =
        from direct in Figure(200_000)
        from indirect in Figure(200_000)
        from scope3 in Gen.OneOf(Gen.Constant((decimal?)null), Figure(50_000).Select(v => (decimal?)v))
        from precursors in (from name in Gen.Elements("Anodes", "anodes ", "Alumina", "Scrap") from t in Figure(20_000) from d in Figure(30_000) from i in Figure(30_000) select new Precursor(name, t, d, i)).ListOf()
        select new EmissionsValues(direct, indirect, scope3, Precursors: [.. precursors.Take(4)]);

    [Fact]
    public void The_parts_of_a_difference_add_up_to_it_and_each_side_adds_up_to_its_figure() =>
        Prop.ForAll(Values.Two().Select(p => (p.Item1, p.Item2)).ToArbitrary(), pair =>
        {
            var (border, footprint) = pair;
            var made = MethodDifference.Of(border, footprint);
            return made.Lines.Sum(l => l.DifferenceTco2ePerT) == made.DifferenceTco2ePerT
                && made.Lines.Sum(l => l.BorderTco2ePerT ?? 0) == border.DirectTco2ePerT + border.IndirectTco2ePerT
                && made.Lines.Sum(l => l.FootprintTco2ePerT ?? 0) == footprint.DirectTco2ePerT + footprint.IndirectTco2ePerT + (footprint.Scope3Tco2ePerT ?? 0)
                && made.Lines.Where(l => l.Part is DifferencePart.OwnDirect or DifferencePart.OwnIndirect).All(l => l.BorderTco2ePerT >= 0 && l.FootprintTco2ePerT >= 0)
                && made.Scope3Stated == footprint.Scope3Tco2ePerT is not null;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void A_footprint_with_alumina_and_scope_3_differs_from_the_border_figure_by_just_these()
    {
        var border = new EmissionsValues(1.95m, 0.30m, Precursors: [new("Anodes", 0.5m, 0.4m, 0.1m)]);
        var footprint = new EmissionsValues(2.95m, 0.40m, 0.6m, Precursors: [new("anodes", 0.5m, 0.4m, 0.1m), new("Alumina", 2m, 0.5m, 0.05m)]);
        var made = MethodDifference.Of(border, footprint);
        Assert.Equal(1.70m, made.DifferenceTco2ePerT);
        Assert.Equal([(DifferencePart.OwnDirect, 0m), (DifferencePart.OwnIndirect, 0m), (DifferencePart.Precursor, 0m), (DifferencePart.Precursor, 1.1m), (DifferencePart.Scope3, 0.6m)], made.Lines.Select(l => (l.Part, l.DifferenceTco2ePerT)));
        Assert.Null(made.Lines[3].BorderTco2ePerT);
    }

    [Fact]
    public async Task Accepted_figures_are_corrected_with_a_reason_that_their_readers_see_beside_what_was_before()
    {
        await using var world = await World.Make();
        var handlers = world.Get<EmissionsHandlers>();
        var first = await world.Emitted(2025, 1.5m);
        Task<Answer<Submission>> Again(string? reason) => world.Try(world.Editor, s => handlers.Create(s, new NewSubmission("VALU", 2025, EmissionsMethod.Cbam, new EmissionsValues(1.6m, 0.25m), CorrectionReason: reason), default));
        Assert.Equal(("emissions.correction-reason-missing", "correctionReason"), ((await Again(null)).Refusals.Single().Code, (await Again(null)).Refusals.Single().Field));
        Assert.Equal("emissions.correction-reason-length", (await Again(new string('x', 2001))).Refusals.Single().Code);
        var made = (await Again("The anode count was of the year before")).Value;
        await world.Do(world.Approver, s => handlers.Submit(s, made.Id, default));
        await world.Decide(world.Staff, AcceptSubmissionKind.Name, made.Id, true);

        var versions = await world.Do(world.Staff, s => handlers.Versions(s, made.Id, default));
        Assert.Equal([(made.Id, SubmissionState.Accepted, 1.6m, "The anode count was of the year before"), (first, SubmissionState.Superseded, 1.5m, "Figures restated")],
            versions.Select(v => (v.Submission.Id, v.Submission.State, v.Values.DirectTco2ePerT, v.Submission.CorrectionReason)));
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(0), s => handlers.Versions(s, made.Id, default))).Refusals.Single().Code);
    }

    [Fact]
    public async Task The_difference_stands_between_accepted_figures_of_both_methods_for_those_who_see_both()
    {
        await using var world = await World.Make();
        var handlers = world.Get<EmissionsHandlers>();
        var border = await world.Emitted(2025, 1.5m, optIn: true);
        Assert.Null(await world.Do(world.Editor, s => handlers.Difference(s, border, default)));
        var footprint = await world.Emitted(2025, 4.1m, method: EmissionsMethod.Iai);
        foreach (var id in new[] { border, footprint }) Assert.Equal(2.6m, (await world.Do(world.Editor, s => handlers.Difference(s, id, default)))!.DifferenceTco2ePerT);
        // The border figure is public, the footprint is not: everybody else sees no difference from which it could be reckoned.
        Assert.Null(await world.Do(world.Owner(0), s => handlers.Difference(s, border, default)));
        Assert.Equal("access.not-visible", (await world.Try(world.Owner(0), s => handlers.Difference(s, footprint, default))).Refusals.Single().Code);
    }
}
