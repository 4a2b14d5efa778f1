using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Cbam.Suppliers;
using Verdigris.Storage;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>Suppliers and the log of what they were asked.</summary>
public sealed class SupplierTests
{
    [Fact]
    public async Task A_request_is_logged_reminded_of_once_at_each_stage_and_answered_with_its_document()
    {
        await using var desk = await ImporterDesk.Open();
        foreach (var (bad, code) in new[] { (new SupplierData("", "IN", "x"), "input.required"), (new SupplierData("S", "XX", "x"), "facility.country"), (new SupplierData("S", "IN", "x", null, "no at"), "supplier.email") })
            Assert.Equal(code, await desk.Refused(ImporterDesk.Trader, s => desk.Suppliers.Create(s, bad, default)));
        var supplier = await desk.Do(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "IN", "Potline 1", "R. Rao", "r.rao@example.org"), default));
        Assert.Equal("supplier.there", await desk.Refused(ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Example Smelter", "IN", "Potline 1"), default)));
        var wanted = new NewRequest(2026, "7601", "Please send your verified report.", new LocalDate(2026, 12, 20));
        Assert.Equal("supplier.due", await desk.Refused(ImporterDesk.Trader, s => desk.Requests.Ask(s, supplier.Id, wanted with { DueOn = new(2026, 11, 20) }, default)));
        Assert.Equal("supplier.cn", await desk.Refused(ImporterDesk.Trader, s => desk.Requests.Ask(s, supplier.Id, wanted with { Cn = "76A1" }, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Requests.Ask(s, supplier.Id, wanted, default)));
        var request = (await desk.Do(ImporterDesk.Trader, s => desk.Requests.Ask(s, supplier.Id, wanted, default))).Request;
        Assert.Equal("request-log.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Requests.Read(s, request.Id, default)));

        async Task<int> Daily(LocalDate day)
        {
            desk.Clock.Now = day.AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
            await using var s = desk.Sessions.Open(Verdigris.Primitives.Actor.System);
            return await desk.Reminders.Run(s, default) + await desk.Reminders.Run(s, default);
        }
        foreach (var (day, told) in new[] { ((12, 12), 0), ((12, 13), 1), ((12, 19), 0), ((12, 20), 1), ((1, 2), 0), ((1, 3), 1), ((1, 19), 1), ((3, 1), 0) })
            Assert.Equal(told, await Daily(new(day.Item1 == 12 ? 2026 : 2027, day.Item1, day.Item2)));
        Assert.Equal(["cbam.notice.supplier-near", "cbam.notice.supplier-over", "cbam.notice.supplier-over", "cbam.notice.supplier-over"], (await desk.Notices()).Select(n => n.Text));

        await desk.Do(ImporterDesk.Trader, s => desk.Requests.Enter(s, request.Id, RequestEvent.Reminded, "By telephone.", null, default));
        Assert.Equal("request.word-unknown", await desk.Refused(ImporterDesk.Trader, s => desk.Requests.Enter(s, request.Id, RequestEvent.ReminderDue, "x", null, default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Requests.Enter(s, request.Id, RequestEvent.Closed, "No answer in three months.", null, default));
        Assert.Equal("request-log.state-forbids", await desk.Refused(ImporterDesk.Trader, s => desk.Requests.Enter(s, request.Id, RequestEvent.Reminded, "x", null, default)));
        var answered = await desk.Do(ImporterDesk.Trader, s => desk.Requests.Enter(s, request.Id, RequestEvent.Answered, "It came after all.", ("report.pdf", new MemoryStream(Encoding.ASCII.GetBytes("%PDF-1.7 report"))), default));
        Assert.Equal((RequestState.Answered, 1), (answered.Request.State, answered.Request.Reminders));
        var (file, content) = await desk.Do(ImporterDesk.Approver, s => desk.Requests.Open(s, request.Id, answered.Entries[^1].Id, default));
        await using (content) Assert.Equal(("report.pdf", "%PDF-1.7 report"), (file.FileName, await new StreamReader(content).ReadToEndAsync(TestContext.Current.CancellationToken)));
        Assert.Equal(0, await Daily(new(2027, 3, 2)));

        // The proof of effort has every event in its order, and nobody changes it.
        var effort = await desk.Do(ImporterDesk.Approver, s => desk.Requests.Effort(s, 2026, default));
        Assert.Equal([RequestEvent.Asked, RequestEvent.ReminderDue, RequestEvent.ReminderDue, RequestEvent.ReminderDue, RequestEvent.ReminderDue, RequestEvent.Reminded, RequestEvent.Closed, RequestEvent.Answered], effort.Select(e => e.Event));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] { "update cbam.request_event set text = 'x'", "delete from cbam.request_event", "update cbam.supplier_request set asked = 'x'", "delete from cbam.supplier_request", "delete from cbam.supplier" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
    }
}
