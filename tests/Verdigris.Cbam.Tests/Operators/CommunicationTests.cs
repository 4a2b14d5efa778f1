using Npgsql;
using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Template;
using Verdigris.Cbam.Tests.Template;
using Verdigris.Storage;

namespace Verdigris.Cbam.Tests.Operators;

/// <summary>A form from the workbook to the verifier's opinion, and who may do and see what on the way.</summary>
public sealed class CommunicationTests
{
    [Fact]
    public async Task A_workbook_is_read_worked_out_edited_and_given_out_with_the_same_numbers()
    {
        await using var desk = await OperatorDesk.Open();
        var brought = await desk.Brought();
        Assert.Equal(("Example Smelter", CommunicationState.Draft, "smelter.xlsx"), (brought.Communication.Title, brought.Communication.State, brought.Communication.FormName));
        Assert.Equal(CommunicationTemplate.Figures(Smelter.Report).Products, brought.Figures.Products);
        var written = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, brought.Communication.Id, brought.Communication.RowVersion, new Dictionary<string, string> { ["processes[P1].directTco2e"] = "160000" }, default));
        Assert.Equal(160_000m, written.Report.Processes[0].DirectTco2e);
        Assert.True(written.Figures.Products[0].SeeDirect > brought.Figures.Products[0].SeeDirect);
        Assert.NotEqual(brought.Communication.ReportSha256, written.Communication.ReportSha256);
        var (name, content) = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Export(s, brought.Communication.Id, default));
        Assert.Equal("smelter.xlsx", name);
        var again = Smelter.Form.Read(new MemoryStream(content)).Value;
        Assert.Equal(FormEditing.Entries(written.Report), FormEditing.Entries(again.Report));
    }

    [Fact]
    public async Task Two_who_write_at_once_do_not_overwrite_each_other()
    {
        await using var desk = await OperatorDesk.Open();
        var seen = (await desk.Brought()).Communication;
        var first = new Dictionary<string, string> { ["remarks"] = "First" };
        await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, seen.Id, seen.RowVersion, first, default));
        Assert.Equal(["communication.changed"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.Write(s, seen.Id, seen.RowVersion, new Dictionary<string, string> { ["remarks"] = "Second" }, default)));
        Assert.Equal("First", (await desk.Do(OperatorDesk.Editor, s => desk.Forms.Read(s, seen.Id, default))).Report.Remarks);
    }

    [Fact]
    public async Task A_form_with_errors_is_not_handed_over_and_says_which_cells()
    {
        await using var desk = await OperatorDesk.Open();
        var form = await desk.Brought();
        form = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, form.Communication.Id, form.Communication.RowVersion, new Dictionary<string, string> { ["processes[P1].marketT"] = "39000", ["installation.unlocode"] = "" }, default));
        Assert.Contains(form.Findings, f => f is { Severity: FindingSeverity.Error, Field: "installation.unlocode", Sheet: "A_InstData" });
        Assert.Contains("communication.errors", await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.Hand(s, form.Communication.Id, OperatorDesk.Verifier, default)));
        var empty = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Begin(s, new("Empty"), default));
        Assert.Equal(["communication.period", "communication.empty"], await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.Hand(s, empty.Communication.Id, OperatorDesk.Verifier, default)));
    }

    [Fact]
    public async Task It_is_verified_by_two_people_and_then_stays_as_it_is()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Lead, s => desk.Forms.Read(s, id, default)));
        Assert.Equal(["communication.verifier"], await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.Hand(s, id, OperatorDesk.Competitor, default)));
        await desk.Handed(id);
        Assert.Equal(["communication.state-forbids"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.Write(s, id, 3, new Dictionary<string, string> { ["remarks"] = "late" }, default)));
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Other, s => desk.Forms.Read(s, id, default)));
        Assert.Equal(2, (await desk.Do(OperatorDesk.Lead, s => desk.Forms.Read(s, id, default))).Figures.Products.Count);

        await desk.Do(OperatorDesk.LeadWhoReviews, s => desk.Verification.GiveOpinion(s, id, OperatorDesk.Opinion, default));
        var task = Assert.Single((await desk.Do(OperatorDesk.Reviewer, async s => (Primitives.Answer<Primitives.Page<ApprovalTask>>)await desk.Approvals.Inbox(s, new(), default))).Items);
        Assert.NotEmpty(await desk.Refused(OperatorDesk.LeadWhoReviews, s => desk.Approvals.Decide(s, task.Id, true, null, default)));
        await desk.Do(OperatorDesk.Reviewer, s => desk.Approvals.Decide(s, task.Id, true, null, default));
        var verified = (await desk.Do(OperatorDesk.Editor, s => desk.Forms.Read(s, id, default))).Communication;
        Assert.Equal((CommunicationState.Verified, "CBAM-V-0007"), (verified.State, verified.Opinion!.RegistrationNumber));

        // The database refuses too, whoever asks.
        await using var connection = new NpgsqlConnection(desk.Owner);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var sql in new[] { "update cbam.communication set report = '{}'", "update cbam.communication set state = 0", "delete from cbam.communication" })
            await Assert.ThrowsAnyAsync<PostgresException>(() => new NpgsqlCommand(sql, connection).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_verifier_gives_it_back_and_it_is_amended_and_handed_over_again()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        await desk.Handed(id);
        Assert.Equal(["input.required"], await desk.Refused(OperatorDesk.Lead, s => desk.Verification.Return(s, id, " ", default)));
        await desk.Do(OperatorDesk.Lead, s => desk.Verification.Return(s, id, "The gas meter was exchanged in March", default));
        var back = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Read(s, id, default));
        Assert.Equal((CommunicationState.Draft, "The gas meter was exchanged in March"), (back.Communication.State, back.Communication.ReturnedBecause));
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Lead, s => desk.Forms.Read(s, id, default)));
        // Out of the verifier's sight for the database too.
        await using (var sight = desk.Sessions.Open(OperatorDesk.Lead)) Assert.Equal(0L, await sight.Value<long>("select count(*) from cbam.communication", default));
        await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, id, back.Communication.RowVersion, new Dictionary<string, string> { ["remarks"] = "Meter exchanged on 12 March" }, default));
        Assert.Equal(CommunicationState.WithVerifier, (await desk.Handed(id)).Communication.State);
    }

    [Fact]
    public async Task An_opinion_holds_to_materiality_and_needs_a_visit()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        await desk.Handed(id);
        Task<IReadOnlyList<string>> Wrong(VerifierOpinion o) => desk.Refused(OperatorDesk.Lead, s => desk.Verification.GiveOpinion(s, id, o, default));
        Assert.Equal(["communication.materiality"], await Wrong(OperatorDesk.Opinion with { MaterialityPercent = 5.01m }));
        Assert.Equal(["communication.misstated"], await Wrong(OperatorDesk.Opinion with { MisstatementTco2e = 900_000 }));
        Assert.Equal(["communication.visit-day"], await Wrong(OperatorDesk.Opinion with { VisitedOn = null }));
        Assert.Equal(["communication.visit-needed"], await Wrong(OperatorDesk.Opinion with { Visit = SiteVisit.Virtual }));
        Assert.Equal(["input.required"], await Wrong(OperatorDesk.Opinion with { RegistrationNumber = "" }));
        Assert.Equal(["role.missing"], (await desk.Refused(OperatorDesk.Reviewer, s => desk.Verification.GiveOpinion(s, id, OperatorDesk.Opinion, default))).Select(c => c.Contains("role", StringComparison.Ordinal) ? "role.missing" : c));
    }

    [Fact]
    public async Task Evidence_belongs_to_an_entry_of_the_form_and_is_the_operators_and_the_verifiers_to_read()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        var csv = "meter,MWh\nA,1\n"u8.ToArray();
        Assert.Equal(["template.no-such-field"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.AddFile(s, id, "processes[P99].x", "meter.csv", new MemoryStream(csv), default)));
        var file = await desk.Do(OperatorDesk.Editor, s => desk.Forms.AddFile(s, id, "processes[P1].electricityMwh", "meter.csv", new MemoryStream(csv), default));
        await desk.Handed(id);
        var (kept, content) = await desk.Do(OperatorDesk.Lead, s => desk.Forms.Open(s, id, file.Id, default));
        await using (content) Assert.Equal(("meter.csv", csv.Length), (kept.FileName, (int)content.Length));
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Other, s => desk.Forms.Open(s, id, file.Id, default)));
        Assert.Equal(["communication.state-forbids"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.AddFile(s, id, null, "late.csv", new MemoryStream(csv), default)));
    }

    [Fact]
    public async Task Another_file_than_the_form_is_refused_and_nothing_is_begun()
    {
        await using var desk = await OperatorDesk.Open();
        Assert.NotEmpty(await desk.Refused(OperatorDesk.Editor, s => desk.Forms.Bring(s, new("x"), "lines.csv", new MemoryStream("a,b\n1,2\n"u8.ToArray()), default)));
        // Neither is a form of somebody else's plant.
        Assert.Equal(["communication.plant"], await desk.Refused(OperatorDesk.Other, s => desk.Forms.Begin(s, new("x", OperatorDesk.Plant), default)));
        Assert.Empty((await desk.Do(OperatorDesk.Editor, s => desk.Forms.List(s, null, null, null, 50, default))).Items);
    }

    [Fact]
    public async Task The_demos_operator_has_one_form_verified_and_one_with_a_cell_that_is_wrong_and_may_be_made_twice()
    {
        await using var desk = await OperatorDesk.Open();
        for (var twice = 0; twice < 2; twice++) await Demo.OperatorDemo.Seed(desk.Services, OperatorDesk.Editor, OperatorDesk.OperatorApprover, OperatorDesk.Lead, OperatorDesk.Reviewer, default);
        var forms = (await desk.Do(OperatorDesk.Editor, s => desk.Forms.List(s, null, "title", null, 50, default))).Items;
        Assert.Equal([(Demo.OperatorDemo.Verified, CommunicationState.Verified, 0), (Demo.OperatorDemo.Draft, CommunicationState.Draft, 1)], forms.Select(f => (f.Title, f.State, f.Errors)));
        var product = Assert.Single((await desk.Do(OperatorDesk.Editor, s => desk.Forms.Read(s, forms[0].Id, default))).Figures.Products);
        // Somebody who gives a form of his own the same name stops no start.
        await desk.Do(OperatorDesk.Editor, s => desk.Forms.Begin(s, new(Demo.OperatorDemo.Verified), default));
        await Demo.OperatorDemo.Seed(desk.Services, OperatorDesk.Editor, OperatorDesk.OperatorApprover, OperatorDesk.Lead, OperatorDesk.Reviewer, default);
        Assert.Equal(3, (await desk.Do(OperatorDesk.Editor, s => desk.Forms.List(s, null, null, null, 50, default))).Items.Count);
        Assert.Equal((1.6124m, 0.30705m), (product.SeeDirect, product.SeeIndirect));
    }

    [Fact]
    public async Task A_virtual_visit_will_do_the_year_after_a_physical_one_of_the_same_plant()
    {
        await using var desk = await OperatorDesk.Open();
        var first = (await desk.Brought()).Communication;
        await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, first.Id, first.RowVersion, new Dictionary<string, string> { ["from"] = "2024-01-01", ["to"] = "2024-12-31" }, default));
        await desk.Handed(first.Id);
        await desk.Do(OperatorDesk.Lead, s => desk.Verification.GiveOpinion(s, first.Id, OperatorDesk.Opinion, default));
        var second = (await desk.Brought()).Communication.Id;
        await desk.Handed(second);
        // As long as nobody confirmed the first, there was no visit to rest on.
        Assert.Equal(["communication.visit-needed"], await desk.Refused(OperatorDesk.Lead, s => desk.Verification.GiveOpinion(s, second, OperatorDesk.Opinion with { Visit = SiteVisit.Virtual }, default)));
        var task = Assert.Single((await desk.Do(OperatorDesk.Reviewer, async s => (Primitives.Answer<Primitives.Page<ApprovalTask>>)await desk.Approvals.Inbox(s, new(), default))).Items);
        await desk.Do(OperatorDesk.Reviewer, s => desk.Approvals.Decide(s, task.Id, true, null, default));
        Assert.Equal(CommunicationState.InReview, (await desk.Do(OperatorDesk.Lead, s => desk.Verification.GiveOpinion(s, second, OperatorDesk.Opinion with { Visit = SiteVisit.Virtual }, default))).Communication.State);
    }

    [Fact]
    public async Task Who_holds_no_role_for_it_sees_no_list_and_has_nothing_read_or_kept()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        var reader = new Primitives.Actor(Guid.NewGuid(), "reader", OperatorDesk.Operator, new HashSet<string> { Primitives.Role.Reader });
        Assert.Equal(["access.role-needed"], await desk.Refused(reader, s => desk.Forms.List(s, null, null, null, 50, default)));
        var kept = desk.Kept();
        Assert.Equal(["access.role-needed"], await desk.Refused(reader, s => desk.Forms.Replace(s, id, "x.xlsx", OperatorDesk.Workbook(), default)));
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Other, s => desk.Forms.Replace(s, id, "x.csv", new MemoryStream("a,b\n"u8.ToArray()), default)));
        Assert.Equal(kept, desk.Kept());
    }

    [Fact]
    public async Task Entries_that_are_missing_or_null_are_no_fault()
    {
        await using var desk = await OperatorDesk.Open();
        var form = (await desk.Brought()).Communication;
        Assert.Equal(["input.required"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.Write(s, form.Id, form.RowVersion, null, default)));
        foreach (var day in new[] { "-0001-01-01", "0000-01-01", "9999-12-31" }) Assert.Equal(["input.not-a-date"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.Write(s, form.Id, form.RowVersion, new Dictionary<string, string> { ["from"] = day }, default)));
        Assert.Null((await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, form.Id, form.RowVersion, new Dictionary<string, string> { ["remarks"] = null! }, default))).Report.Remarks);
    }

    [Fact]
    public async Task A_verifier_who_never_answers_loses_the_form_and_is_told_why()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        Assert.Equal(["communication.state-forbids"], await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.TakeBack(s, id, "Nobody answers.", default)));
        await desk.Handed(id);
        Assert.Equal(["input.required"], await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.TakeBack(s, id, " ", default)));
        Assert.Equal(["access.role-needed"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.TakeBack(s, id, "Nobody answers.", default)));
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Other, s => desk.Forms.TakeBack(s, id, "Nobody answers.", default)));
        var back = await desk.Do(OperatorDesk.OperatorApprover, s => desk.Forms.TakeBack(s, id, "Nobody answers.", default));
        Assert.Equal(CommunicationState.Draft, back.Communication.State);
        Assert.Equal(["communication.not-found"], await desk.Refused(OperatorDesk.Lead, s => desk.Forms.Read(s, id, default)));
        Assert.Equal([("communication.taken-back", "Nobody answers.")], (await desk.Query("select payload->>'kind', payload->'textArgs'->>'reason' from storage.outbox_event where topic = 'storage.notice' order by id", r => (r.GetString(0), r.IsDBNull(1) ? "" : r.GetString(1)))).Where(n => n.Item1 != CommunicationNotices.Handed));
        Assert.Contains("Nobody answers.", await desk.Query("select reason from storage.audit_event where action = 'communication.taken-back'", r => r.GetString(0)));
        // It can be changed and handed over again.
        await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, id, back.Communication.RowVersion, new Dictionary<string, string> { ["remarks"] = "Once more." }, default));
        await desk.Handed(id);
    }

    [Fact]
    public async Task An_opinion_nobody_confirms_lapses_and_the_operator_may_take_the_form_back()
    {
        await using var desk = await OperatorDesk.Open();
        var id = (await desk.Brought()).Communication.Id;
        await desk.Handed(id);
        await desk.Do(OperatorDesk.Lead, s => desk.Verification.GiveOpinion(s, id, OperatorDesk.Opinion, default));
        Assert.Equal(["communication.state-forbids"], await desk.Refused(OperatorDesk.OperatorApprover, s => desk.Forms.TakeBack(s, id, "Nobody decides.", default)));
        desk.Clock.Now += NodaTime.Duration.FromDays(29);
        Assert.Equal(0, await desk.Approvals.ExpireDue(desk.Sessions, default));
        desk.Clock.Now += NodaTime.Duration.FromDays(2);
        Assert.Equal(1, await desk.Approvals.ExpireDue(desk.Sessions, default));
        Assert.Equal(CommunicationState.Draft, (await desk.Do(OperatorDesk.OperatorApprover, s => desk.Forms.TakeBack(s, id, "Nobody decides.", default))).Communication.State);
    }

    [Fact]
    public async Task A_form_begun_from_a_published_report_says_its_figures_and_of_each_where_it_is_from()
    {
        await using var desk = await OperatorDesk.Open();
        Assert.Equal(OperatorDesk.PublishedReports.Own.Id, Assert.Single(await desk.Do(OperatorDesk.Editor, s => desk.Forms.Published(s, default))).Id);
        Assert.Equal(["access.role-needed"], await desk.Refused(OperatorDesk.Lead, s => desk.Forms.Published(s, default)));
        Assert.Equal(["communication.publication"], await desk.Refused(OperatorDesk.Editor, s => desk.Forms.BeginFrom(s, new(null), OperatorDesk.PublishedReports.Theirs.Id, default)));
        var begun = await desk.Do(OperatorDesk.Editor, s => desk.Forms.BeginFrom(s, new(null), OperatorDesk.PublishedReports.Own.Id, default));
        Assert.Equal(("Nordvik smelter, 2025 (v1)", 1, (int?)null), (begun.Communication.Title, begun.Source!.Version, begun.NewerVersion));
        var report = begun.Report;
        Assert.Equal((new NodaTime.LocalDate(2025, 1, 1), "Norway", "Verifier", 9_000m, 61_410m), (report.From, report.Installation.Country, report.Verifier.Company, report.Balance.PfcTco2e, report.Balance.IndirectTco2e));
        var process = Assert.Single(report.Processes);
        // Six decimals, as a spreadsheet keeps them.
        Assert.Equal((200_000m, 322_480.123457m, null), (process.RouteAmountsT[0], process.DirectTco2e, process.MarketT));
        // What a report does not say is still to be filled in, and the form says so.
        Assert.NotEmpty(begun.Findings);
        var filled = FormEditing.Entries(report).Where(e => e.Typed.Length > 0).ToList();
        Assert.True(filled.TrueForAll(begun.Source.Says));
        Assert.Equal(begun.Source.Entries.Count, filled.Count);

        // An entry written over is the operator's own; the others stay the report's.
        desk.Published.LatestVersion = 2;
        var written = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, begun.Communication.Id, begun.Communication.RowVersion, new Dictionary<string, string> { ["processes[P1].directTco2e"] = "322000" }, default));
        Assert.Equal(2, written.NewerVersion);
        Assert.False(written.Source!.Says(FormEditing.Entries(written.Report).Single(e => e.Field == "processes[P1].directTco2e")));
        Assert.Equal(filled.Count - 1, FormEditing.Entries(written.Report).Count(written.Source.Says));
        await using var owner = new Npgsql.NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => new Npgsql.NpgsqlCommand("update cbam.communication set source = null", owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
