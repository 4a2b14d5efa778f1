using Microsoft.Extensions.DependencyInjection;
using Verdigris.Cbam.Operators;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Demo;

/// <summary>
/// An operator in the demo: the Commission's form of a smelter for 2025, typed entry by entry, one of them verified by two people and one in draft with a cell that is wrong. Everything by the use cases people use; the figures are
/// invented and come to those of the demo's emissions forms. Safe to repeat; once made, never touched again.
/// </summary>
public static class OperatorDemo
{
    public const string Verified = "Nordvik smelter, 2025", Draft = "Nordvik smelter, 2025, second reading";

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    public static async Task Seed(IServiceProvider services, Actor editor, Actor approver, Actor lead, Actor reviewer, CancellationToken ct)
    {
        var (forms, verification, approvals, sessions) = (services.GetRequiredService<CommunicationHandlers>(), services.GetRequiredService<VerifierHandlers>(), services.GetRequiredService<Approvals>(), services.GetRequiredService<IDbSessions>());
        // Verified, it was made to its end; whatever people did beside it since is theirs.
        await using (var looking = sessions.Open(editor))
            if (Take(await forms.List(looking, Verified, null, null, 200, ct)).Items.Any(c => c is { Title: Verified, State: CommunicationState.Verified })) return;
        var form = await Typed(Verified, Entries);
        await Typed(Draft, Entries.Append(new("installation.unlocode", "")).Append(new("remarks", "Gas meter of the casthouse exchanged in March.")));
        if (form.State == CommunicationState.Draft)
        {
            await using var handing = sessions.Open(approver);
            form = Take(await forms.Hand(handing, form.Id, lead.OrganisationId, ct)).Communication;
        }
        if (form.State == CommunicationState.WithVerifier)
        {
            await using var judging = sessions.Open(lead);
            form = Take(await verification.GiveOpinion(judging, form.Id, new("CBAM-V-000031", 5, 1_200, SiteVisit.Physical, judging.Today().PlusDays(-30), "Pot line, casthouse and meters visited; activity data traced to weighbridge and grid meter; sums recalculated."), ct)).Communication;
        }
        if (form.State == CommunicationState.InReview)
        {
            await using var deciding = sessions.Open(reviewer);
            var task = (await approvals.Inbox(deciding, new(TaskView.ForMe, SubjectId: form.Id.ToString()), ct)).Items.Single();
            Take(await approvals.Decide(deciding, task.Id, true, null, ct));
        }

        async Task<Communication> Typed(string title, IEnumerable<KeyValuePair<string, string>> entries)
        {
            await using var s = sessions.Open(editor);
            var known = Take(await forms.List(s, title, "written", null, 200, ct)).Items.FirstOrDefault(c => c.Title == title) ?? Take(await forms.Begin(s, new(title), ct)).Communication;
            if (known is not { State: CommunicationState.Draft, From: null }) return known;
            var written = new Dictionary<string, string>();
            foreach (var (field, text) in entries) written[field] = text;
            return Take(await forms.Write(s, known.Id, known.RowVersion, written, ct)).Communication;
        }
    }

    static IReadOnlyList<KeyValuePair<string, string>> Entries { get; } =
    [
        new("from", "2025-01-01"), new("to", "2025-12-31"),
        new("installation.englishName", "Nordvik smelter"), new("installation.street", "Havneveien 1"), new("installation.activity", "Aluminium production"), new("installation.postCode", "8610"), new("installation.city", "Nordvik"),
        new("installation.country", "Norway"), new("installation.unlocode", "NOMQN"), new("installation.latitude", "66.3128"), new("installation.longitude", "14.1428"), new("installation.representative", "Ingrid Dahl"), new("installation.email", "cbam@fjordlys.example"),
        new("installation.telephone", "+47 75 00 00 00"),
        new("goods[G1].category", "Unwrought aluminium"), new("goods[G1].routes[1]", "Primary (electrolytic) smelting"),
        new("processes[P1].category", "Unwrought aluminium"), new("processes[P1].included[1]", "Only direct production"), new("processes[P1].name", "Pot line and casthouse"), new("processes[P1].routeAmountsT[1]", "200000"), new("processes[P1].marketT", "200000"),
        new("processes[P1].nonCbamT", "0"), new("processes[P1].hasHeat", "false"), new("processes[P1].hasWasteGas", "false"), new("processes[P1].directTco2e", "322480"), new("processes[P1].electricityMwh", "2760000"),
        new("processes[P1].electricityTco2PerMwh", "0.02225"), new("processes[P1].electricitySource", "D.4(a)"), new("processes[P1].exportedMwh", "0"),
        new("streams[1].method", "Combustion"), new("streams[1].name", "Natural gas, casthouse"), new("streams[1].amount", "9800"), new("streams[1].unit", "1000Nm3"), new("streams[1].ncv", "36"), new("streams[1].factor", "56.1"), new("streams[1].factorUnit", "tCO2/TJ"),
        new("streams[1].oxidationPercent", "99.5"),
        new("streams[2].method", "Mass Balance"), new("streams[2].name", "Anodes"), new("streams[2].amount", "80400"), new("streams[2].unit", "t"), new("streams[2].carbonContent", "0.97"),
        new("pfcs[1].method", "Slope method"), new("pfcs[1].technology", "Centre Worked Pre-Bake (CWPB)"), new("pfcs[1].aluminiumT", "200000"), new("pfcs[1].frequency", "0.05"), new("pfcs[1].durationMinutes", "1.8"), new("pfcs[1].slope", "0.143"), new("pfcs[1].c2f6Share", "0.121"),
        new("pfcs[1].collectionPercent", "98"),
        new("balance.indirectTco2e", "61410"), new("balance.quality", "Mostly measurements & analyses"), new("balance.assurance", "Third-party verification"),
        new("products[1].process", "Pot line and casthouse"), new("products[1].cn", "76011090"), new("products[1].name", "Ingot"), new("products[1].scrapTPerTAluminium", "0.02"), new("products[1].preConsumerPercent", "35"), new("products[1].nonAluminiumPercent", "0.3"),
    ];

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value : throw new InvalidOperationException("The demo's operator: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field}")));
}
