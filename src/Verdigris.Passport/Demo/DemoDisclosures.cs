using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using Verdigris.Passport.Disclosures;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Demo;

/// <summary>
/// The demo's disclosures. The methodologies are the few that public notices name; what was not read of them is said to be unknown. The producer and its figures are invented. Like
/// every step of the demo it looks first for what it would make.
/// </summary>
static class DemoDisclosures
{
    const string Named = "Named in public notices of October 2022 as the approved emissions methodology of its metal (read in secondary sources). Its text and edition were not read: version, boundaries and comparability are this demo's own.";
    const string Required = "Named in public descriptions of responsible-sourcing rules as a certificate every listed brand holds (read in secondary sources).";

    static readonly MethodologyApplication[] Methodologies =
    [
        Emissions("IAI", "IAI carbon footprint methodology", "国际铝业协会碳足迹方法", "International Aluminium Institute", "AL"),
        Emissions("NICKEL-INSTITUTE", "Nickel Institute emissions methodology", "镍协会排放方法", "Nickel Institute", "NI"),
        Emissions("IZA", "IZA emissions methodology", "国际锌协会排放方法", "International Zinc Association", "ZN"),
        Certificate("ISO-14001", "Environmental management, ISO 14001", "环境管理体系 ISO 14001", "NAT"),
        Certificate("ISO-45001", "Occupational health and safety, ISO 45001", "职业健康安全管理体系 ISO 45001", "HSE"),
    ];

    public static async Task Seed(IServiceProvider services, LocalDate today, CancellationToken ct)
    {
        var sessions = services.GetRequiredService<IDbSessions>();
        await using var editor = sessions.Open(DemoPlan.Actor("smelter-editor"));
        await using var approver = sessions.Open(DemoPlan.Actor("smelter-approver"));
        await using var exchange = sessions.Open(DemoPlan.Actor("exchange"));
        await using var second = sessions.Open(DemoPlan.Actor("exchange-2"));
        var approvals = services.GetRequiredService<Approvals>();
        var methods = await Catalogue(services.GetRequiredService<MethodologyHandlers>(), approvals, editor, exchange, second, ct);
        var handlers = services.GetRequiredService<DisclosureHandlers>();
        var register = services.GetRequiredService<DisclosureRegister>();
        var known = new List<Disclosure>();
        foreach (var state in Enum.GetValues<DisclosureState>()) known.AddRange(DemoSeeder.Take(await register.List(editor, new(Producer: DemoPlan.Producer, State: state, Limit: 200), ct)).Items);
        foreach (var (content, until) in Contents(methods, today))
        {
            var made = known.FirstOrDefault(d => d.Content.Subject == content.Subject && d.Content.MethodologyId == content.MethodologyId && d.Content.PeriodTo == content.PeriodTo) ?? DemoSeeder.Take(await handlers.Create(editor, content, ct));
            if (made.State == DisclosureState.Draft && until > DisclosureState.Draft) made = DemoSeeder.Take(await handlers.Submit(approver, made.Id, ct));
            if (made.State == DisclosureState.Submitted && until > DisclosureState.Submitted)
            {
                await Decide(approvals, exchange, AcceptDisclosureKind.Name, made.Id, ct);
                made = DemoSeeder.Take(await handlers.Read(editor, made.Id, ct));
            }
            if (made.State == DisclosureState.Accepted && until == DisclosureState.Published) DemoSeeder.Take(await handlers.Publish(approver, made.Id, ct));
        }
        await Target(services.GetRequiredService<TargetHandlers>(), editor, approver, today, ct);
    }

    static async Task<Dictionary<string, Guid>> Catalogue(MethodologyHandlers handlers, Approvals approvals, DbSession editor, DbSession exchange, DbSession second, CancellationToken ct)
    {
        var there = DemoSeeder.Take(await handlers.List(exchange, new(Limit: 200), ct)).Items;
        var ids = new Dictionary<string, Guid>();
        foreach (var application in Methodologies)
        {
            var made = there.FirstOrDefault(m => m.Code == application.Code) ?? DemoSeeder.Take(await handlers.Apply(editor, application, ct));
            ids[made.Code] = made.Id;
            if (made.State == MethodologyState.Applied) made = DemoSeeder.Take(await handlers.TakeUp(exchange, made.Id, ct));
            if (made.State != MethodologyState.Review) continue;
            if ((await approvals.Inbox(second, new TaskFilter(Kind: DecideMethodologyKind.Name, SubjectId: made.Id.ToString()), ct)).Items.Count == 0) DemoSeeder.Take(await handlers.Propose(exchange, made.Id, new(MethodologyEvent.Approve), ct));
            await Decide(approvals, second, DecideMethodologyKind.Name, made.Id, ct);
        }
        return ids;
    }

    /// <summary>What the smelters say, and how far each has come: one certificate runs out soon, one figure waits at the exchange, one is still being written.</summary>
    static IEnumerable<(DisclosureContent Content, DisclosureState Until)> Contents(Dictionary<string, Guid> methods, LocalDate today)
    {
        var year = today.Year - 1;
        decimal[] footprints = [4.12m, 3.86m, 3.55m];
        for (var i = 0; i < DemoPlan.Plants.Count; i++)
            foreach (var back in new[] { 1, 0 })
                yield return (new($"asset:{DemoPlan.Plants[i].Id}", methods["IAI"], footprints[i] + (back * 0.09m), PeriodFrom: new(year - back, 1, 1), PeriodTo: new(year - back, 12, 31), Boundary: "cradle-to-gate", Assurance: Assurance.Limited, Assurer: "Klarsyn Assurance",
                    ValidFrom: new(year - back + 1, 3, 1), ValidTo: new(year - back + 3, 3, 1)), i == 2 && back == 0 ? DisclosureState.Submitted : DisclosureState.Published);
        yield return (new($"company:{DemoPlan.Producer}", methods["ISO-14001"], CertificateNo: "EMS-2024-0417", Assurance: Assurance.Certified, Assurer: "Klarsyn Assurance", ValidFrom: today.PlusDays(-700), ValidTo: today.PlusDays(25)), DisclosureState.Published);
        yield return (new($"company:{DemoPlan.Producer}", methods["ISO-45001"], CertificateNo: "OHS-2025-1180", Assurance: Assurance.Certified, Assurer: "Klarsyn Assurance", ValidFrom: today.PlusDays(-300), ValidTo: today.PlusDays(795)), DisclosureState.Published);
        yield return (new("brand:FJSI", methods["IAI"], 3.91m, PeriodFrom: new(year, 1, 1), PeriodTo: new(year, 12, 31), Boundary: "gate-to-gate", ValidFrom: new(year + 1, 3, 1), Visibility: Visibility.Owner), DisclosureState.Published);
        yield return (new("brand:FJGI", methods["IAI"], 3.60m, PeriodFrom: new(year, 1, 1), PeriodTo: new(year, 12, 31), Boundary: "cradle-to-gate", ValidFrom: new(year + 1, 3, 1)), DisclosureState.Draft);
    }

    static async Task Target(TargetHandlers targets, DbSession editor, DbSession approver, LocalDate today, CancellationToken ct)
    {
        var target = (await targets.Of(editor, DemoPlan.Producer, ct)).FirstOrDefault()
            ?? DemoSeeder.Take(await targets.Create(editor, new($"company:{DemoPlan.Producer}", Taxonomy.ClimateChange, "Footprint of primary metal down by a third", "原铝碳足迹降低三分之一", "tCO2e/t", 2019, 4.8m, 2034, 3.2m, "Cradle to gate, all three smelters, weighted by output"), ct));
        foreach (var (year, value) in new[] { (2021, 4.62m), (2022, 4.55m), (2023, 4.31m), (2024, 4.19m), (2025, 4.11m) })
            if (year < today.Year && target.Progress.All(p => p.Year != year)) target = DemoSeeder.Take(await targets.Enter(editor, target.Id, new(year, value), ct));
        if (target.State == TargetState.Draft) DemoSeeder.Take(await targets.Publish(approver, target.Id, ct));
    }

    static async Task Decide(Approvals approvals, DbSession by, string kind, Guid subject, CancellationToken ct)
    {
        var task = (await approvals.Inbox(by, new TaskFilter(Kind: kind, SubjectId: subject.ToString()), ct)).Items[0];
        DemoSeeder.Take(await approvals.Decide(by, task.Id, true, null, ct));
    }

    static MethodologyApplication Emissions(string code, string name, string nameZh, string owner, string metal) =>
        new(code, "demo", name, nameZh, owner, Taxonomy.ClimateChange, ValueKind.Metric, "tCO2e/t", true, Better.Lower, ["cradle-to-gate", "gate-to-gate"], [metal], Named);

    static MethodologyApplication Certificate(string code, string name, string nameZh, string @class) =>
        new(code, "demo", name, nameZh, "International Organization for Standardization", @class, ValueKind.Certificate, null, false, null, [], [], Required);
}
