using System.Text.Json;
using NodaTime;
using Npgsql;
using Verdigris.Footprint.Reports;
using Verdigris.Footprint.Verification;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Footprint.Plans;

namespace Verdigris.Footprint.Tests;

/// <summary>What belongs to a verification beside its moves: files, word to people, reminders, signatures.</summary>
public sealed class VerificationTests
{
    sealed record Told(string Kind, NoticeTo To, string TextKey, Dictionary<string, string> TextArgs, string LinkPath);

    static async Task<List<Told>> Notices(Desk desk)
    {
        await using var s = desk.As(Actor.System);
        return [.. (await s.All("select payload::text from storage.outbox_event where topic = $1 order by id", r => r.GetString(0), default, Notice.Topic)).Select(StorageJson.Read<Told>)];
    }

    static async Task<(Facility Facility, Report Report)> InVerification(Desk desk)
    {
        var facility = await desk.Facility();
        var report = await desk.Report(facility);
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        return (facility, report);
    }

    [Fact]
    public async Task Evidence_at_a_finding_comes_from_both_sides_and_is_seen_by_them_alone_until_it_is_closed()
    {
        await using var desk = await Desk.Open();
        var (_, report) = await InVerification(desk);
        var finding = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Request, "power", "The meter's certificate."), default));
        static MemoryStream Pdf(string more) => new(System.Text.Encoding.UTF8.GetBytes("%PDF-1.7 " + more));
        var asked = await desk.Do(Desk.Lead, s => desk.FindingFiles.Add(s, finding.Id, "what-we-mean.pdf", Pdf("a"), default));
        var answered = await desk.Do(Desk.Editor, s => desk.FindingFiles.Add(s, finding.Id, "calibration.pdf", Pdf("b"), default));
        Assert.Equal((Desk.Verifier, Desk.Smelter), (asked.OrganisationId, answered.OrganisationId));
        Assert.Equal("emissions.evidence-already-there", await desk.Refused(Desk.Editor, s => desk.FindingFiles.Add(s, finding.Id, "again.pdf", Pdf("b"), default)));
        Assert.Equal("emissions.evidence-not-what-it-says", await desk.Refused(Desk.Editor, s => desk.FindingFiles.Add(s, finding.Id, "x.pdf", new MemoryStream("hello"u8.ToArray()), default)));
        foreach (var who in new[] { Desk.Editor, Desk.Approver, Desk.Lead, Desk.Reviewer })
        {
            Assert.Equal([asked.Id, answered.Id], (await desk.Do(who, s => desk.FindingFiles.OfReport(s, report.Id, default))).Select(f => f.Id));
            var opened = await desk.Do(who, s => desk.FindingFiles.Open(s, finding.Id, answered.Id, default));
            await opened.Content.DisposeAsync();
        }
        Assert.Equal("finding.not-found", await desk.Refused(Desk.Other, s => desk.FindingFiles.Open(s, finding.Id, answered.Id, default)));
        Assert.Equal("finding.not-found", await desk.Refused(Desk.Other, s => desk.FindingFiles.Add(s, finding.Id, "c.pdf", Pdf("c"), default)));
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.FindingFiles.OfReport(s, report.Id, default)));
        await desk.Do(Desk.Lead, s => desk.Verification.Close(s, finding.Id, "Valid until 2027.", default));
        Assert.Equal("finding.closed", await desk.Refused(Desk.Editor, s => desk.FindingFiles.Add(s, finding.Id, "c.pdf", Pdf("c"), default)));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] { "update footprint.finding_file set file_name = 'other'", "delete from footprint.finding_file" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Everybody_hears_what_waits_for_them_at_each_step_and_nobody_of_what_he_did_himself()
    {
        await using var desk = await Desk.Open();
        var (_, report) = await InVerification(desk);
        var finding = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Request, null, "Which meters?"), default));
        await desk.Do(Desk.Editor, s => desk.Verification.Answer(s, finding.Id, "All of them.", default));
        await desk.Do(Desk.Lead, s => desk.Verification.Close(s, finding.Id, "Good.", default));
        await desk.Do(Desk.Lead, s => desk.Verification.Return(s, report.Id, "Please correct May.", default));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, Desk.Year(), default));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        await desk.Do(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default));
        await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, report.Id, default));

        var told = await Notices(desk);
        Assert.Equal(
        [
            ("report.submitted", Desk.Verifier, Role.VerifierLead, "submitted"), ("finding.raised", Desk.Smelter, Role.ProducerEditor, "requested"), ("finding.answered", Desk.Verifier, Role.VerifierLead, "answered"),
            ("report.returned", Desk.Smelter, Role.ProducerEditor, "returned"), ("report.submitted", Desk.Verifier, Role.VerifierLead, "submitted"), ("report.opinion", Desk.Verifier, Role.VerifierReviewer, "opinion"),
            ("report.decided", Desk.Smelter, Role.ProducerEditor, "accepted"), ("report.decided", Desk.Verifier, Role.VerifierLead, "accepted"),
        ], told.Select(t => (t.Kind, t.To.Organisation!.Value, t.To.Roles![0], t.TextKey["reporting.notice.".Length..])));
        Assert.All(told, t => Assert.Equal(($"/footprint/reports/{report.Id}", "Potline 1"), (t.LinkPath, t.TextArgs["facility"])));
        Assert.All(told, t => Assert.NotNull(t.To.Without));
        Assert.Equal("Please correct May.", told[3].TextArgs["reason"]);
    }

    [Fact]
    public async Task An_answer_that_is_due_is_reminded_of_once_at_each_stage_and_both_sides_hear_when_it_is_late()
    {
        await using var desk = await Desk.Open();
        var (_, report) = await InVerification(desk);
        var today = new LocalDate(2026, 11, 20);
        var open = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Request, null, "Which meters?", null, today.PlusDays(10)), default));
        var other = await desk.Do(Desk.Lead, s => desk.Verification.Raise(s, report.Id, new(FindingKind.Request, null, "Which scales?", null, today.PlusDays(10)), default));
        await desk.Do(Desk.Editor, s => desk.Verification.Answer(s, other.Id, "None.", default));
        var reminders = new FindingReminders();
        var sent = new List<(int Day, int Told)>();
        for (var day = 0; day <= 14; day++)
        {
            await using (var s = desk.As(Actor.System)) sent.Add((day, await reminders.Run(s, default)));
            await using (var s = desk.As(Actor.System)) Assert.Equal(0, await reminders.Run(s, default));
            desk.Wait(Duration.FromDays(1));
        }
        Assert.Equal([3, 7, 9, 11], sent.Where(x => x.Told > 0).Select(x => x.Day));
        var told = (await Notices(desk)).Where(t => t.Kind == ReportNotices.FindingDue).Select(t => (t.To.Organisation, Key: t.TextKey["reporting.notice.".Length..], Days: t.TextArgs["days"]));
        Assert.Equal([(Desk.Smelter, "finding-near", "7"), (Desk.Smelter, "finding-near", "3"), (Desk.Smelter, "finding-near", "1"), (Desk.Smelter, "finding-over", "-1"), (Desk.Verifier, "finding-over", "-1")], told);
    }

    [Fact]
    public async Task Both_sides_sign_what_they_say_of_a_report_and_only_what_is_under_its_figures_counts()
    {
        await using var desk = await Desk.Open();
        var (_, report) = await InVerification(desk);
        await desk.Do(Desk.Lead, s => desk.Verification.Return(s, report.Id, "Please correct May.", default));
        await desk.Do(Desk.Editor, s => desk.Reports.SetActivity(s, report.Id, [.. Desk.Year().Select(v => v is { Stream: "gas", Month.Month: 5 } ? v with { Value = 31 } : v)], default));
        await desk.Do(Desk.Approver, s => desk.Reports.Submit(s, report.Id, Desk.Verifier, default));
        await desk.Do(Desk.Lead, s => desk.Verification.TakeUp(s, report.Id, default));
        await desk.Do(Desk.Lead, s => desk.Verification.GiveOpinion(s, report.Id, Desk.Assured, default));
        var accepted = await desk.Do(Desk.Reviewer, s => desk.Verification.Review(s, report.Id, default));

        var signatures = await desk.Do(Desk.Editor, s => desk.Signatures.List(s, report.Id, default));
        Assert.Equal([(SignedStep.HandedIn, Desk.Smelter, false), (SignedStep.HandedIn, Desk.Smelter, true), (SignedStep.Opinion, Desk.Verifier, true), (SignedStep.Decision, Desk.Verifier, true)], signatures.Select(x => (x.Step, x.OrganisationId, x.Current)));
        Assert.All(signatures, x => Assert.Equal("valid", x.Verdict));
        var decision = StorageJson.Read<SignedStatement>(signatures[3].Content);
        Assert.Equal((accepted.Report.FiguresSha256, ReportState.Accepted, Desk.Assured), (decision.FiguresSha256, decision.Decision, decision.Opinion));
        using (var content = JsonDocument.Parse(signatures[3].Content)) Assert.Equal(report.Id, content.RootElement.GetProperty("reportId").GetGuid());

        // Another content, another organisation's name, another report's row: each is seen.
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        async Task<string> After(string change)
        {
            await new NpgsqlCommand($"alter table footprint.report_signature disable trigger user; {change}; alter table footprint.report_signature enable trigger user", owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return (await desk.Do(Desk.Editor, s => desk.Signatures.List(s, report.Id, default)))[2].Verdict;
        }
        Assert.Equal("invalid", await After($"update footprint.report_signature set content = replace(content, 'Free of', 'Full of') where id = '{signatures[2].Id}'"));
        Assert.Equal("valid", await After($"update footprint.report_signature set content = replace(content, 'Full of', 'Free of') where id = '{signatures[2].Id}'"));
        Assert.Equal("key-unknown", await After($"update footprint.report_signature set organisation_id = '{Desk.Smelter}' where id = '{signatures[2].Id}'"));
        Assert.Equal("invalid", await After($"update footprint.report_signature set organisation_id = '{Desk.Verifier}', step = 2 where id = '{signatures[2].Id}'"));
        Assert.Equal("report.not-found", await desk.Refused(Desk.Other, s => desk.Signatures.List(s, report.Id, default)));
    }
}
