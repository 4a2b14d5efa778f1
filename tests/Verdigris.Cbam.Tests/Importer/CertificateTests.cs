using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The yearly declaration and the certificates of the Book that answer it.</summary>
public sealed class CertificateTests
{
    /// <summary>200 t of Indian metal in the first half of 2026: 133.915 certificates.</summary>
    static async Task<ImporterDesk> Opened()
    {
        var desk = await ImporterDesk.Open();
        await desk.Import((1, "76011010", "IN", 100000, "2026-02-14"), (2, "76011010", "IN", 100000, "2026-05-14"), (3, "76020019", "IN", 100, "2026-05-14"), (4, "76011010", "NO", 100, "2026-05-14"));
        return desk;
    }

    static void Now(ImporterDesk desk, int year, int month, int day) => desk.Clock.Now = Instant.FromUtc(year, month, day, 9, 0);

    static async Task<DeclarationView> Submitted(ImporterDesk desk)
    {
        var draft = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default));
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, draft.Declaration.Id, default));
        await desk.Decide();
        return await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, draft.Declaration.Id, default));
    }

    [Fact]
    public async Task A_declaration_is_proposed_by_one_person_approved_by_another_and_frozen_by_the_database_too()
    {
        await using var desk = await Opened();
        Assert.Equal("declaration.year", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2025, default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Declarations.Create(s, 2026, default)));
        var draft = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default));
        var id = draft.Declaration.Id;
        Assert.Equal("declaration.there", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default)));
        Assert.Equal((133.915m, 134L, 1, 1, 0), (draft.Content.Certificates, draft.Content.CertificatesDue, draft.Content.Exempt, draft.Content.OutOfScope, draft.Content.Undetermined));
        Assert.Equal("declaration.year-not-over", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default)));
        Now(desk, 2027, 2, 10);
        var undetermined = (await desk.Import((5, "76011010", "FJ", 10, "2026-12-30")))[0].Id;
        Assert.Equal("declaration.undetermined", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Withdraw(s, undetermined, "Sent back.", default));
        await using (var file = new MemoryStream(Encoding.ASCII.GetBytes("%PDF-1.7 opinion"))) await desk.Do(ImporterDesk.Trader, s => desk.Declarations.AddFile(s, id, "opinion.pdf", file, default));

        var proposed = await desk.Do(ImporterDesk.Both, s => desk.Declarations.Propose(s, id, default));
        Assert.Equal(DeclarationState.Proposed, proposed.Declaration.State);
        Assert.Equal("approval.same-person", await desk.Refused(ImporterDesk.Both, s => desk.Approvals.Decide(s, proposed.Declaration.TaskId!.Value, true, null, default)));
        await desk.Decide(approve: false);
        Assert.Equal(DeclarationState.Draft, (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, id, default))).Declaration.State);
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default));
        // What comes in now does not change what the second person is asked about.
        await desk.Import((6, "76011010", "IN", 100000, "2026-12-30"));
        await desk.Decide();
        var submitted = await desk.Do(ImporterDesk.Approver, s => desk.Declarations.Read(s, id, default));
        Assert.Equal((DeclarationState.Submitted, 134L, 4), (submitted.Declaration.State, submitted.Content.CertificatesDue, submitted.Content.Lines.Count));
        Assert.Equal("opinion.pdf", Assert.Single(submitted.Files).FileName);
        Assert.Equal("declaration.state-forbids", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default)));
        Assert.Equal("declaration.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Declarations.Read(s, id, default)));
        // Half of last year's number for the same goods is the other basis of what is to be held this year.
        await desk.Import((7, "76011010", "IN", 1000, "2027-01-14"));
        Assert.Equal(133.915m / 2, (await desk.Do(ImporterDesk.Trader, s => desk.Watch.Read(s, 2027, default))).Quarters[0].ByLastYear);
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] { "update cbam.declaration set certificates_due = 0", "update cbam.declaration set content = '{}'", "update cbam.declaration set state = 0", "delete from cbam.declaration", "delete from cbam.declaration_file" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));

        // A correction is the next version, and takes the place of the one before when it is approved.
        var correction = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Correct(s, id, "A line came late.", default));
        Assert.Equal((2, 201L), (correction.Declaration.Version, correction.Content.CertificatesDue));
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, correction.Declaration.Id, default));
        await desk.Decide();
        Assert.Equal([DeclarationState.Submitted, DeclarationState.Superseded], (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.List(s, default))).Select(d => d.State));
    }

    [Fact]
    public async Task A_correction_opened_by_mistake_is_discarded_with_its_trace_and_the_next_takes_the_next_number()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import((1, "76011010", "IN", 100000, "2026-02-14"));
        var first = (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default))).Declaration.Id;
        Assert.Equal("declaration.first-stays", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Discard(s, first, "By mistake.", default)));
        Now(desk, 2027, 2, 10);
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, first, default));
        await desk.Decide();
        Assert.Equal("declaration.state-forbids", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Discard(s, first, "By mistake.", default)));
        var mistaken = (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Correct(s, first, "A line came late.", default))).Declaration.Id;
        Assert.Equal("declaration.there", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Correct(s, first, "Once more.", default)));
        Assert.Equal("input.required", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Discard(s, mistaken, "", default)));
        Assert.Equal("access.role-needed", await desk.Refused(ImporterDesk.Approver, s => desk.Declarations.Discard(s, mistaken, "By mistake.", default)));
        await desk.Do(ImporterDesk.Other, s => desk.Declarants.Save(s, ImporterDesk.Record with { Eori = "FR1" }, default));
        Assert.Equal("declaration.not-found", await desk.Refused(ImporterDesk.Other, s => desk.Declarations.Discard(s, mistaken, "By mistake.", default)));
        var discarded = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Discard(s, mistaken, "By mistake.", default));
        Assert.Equal((DeclarationState.Discarded, "By mistake.", 67L), (discarded.Declaration.State, discarded.Declaration.DiscardedReason, discarded.Declaration.CertificatesDue));
        // It is final, it keeps what it said, and it is not the declaration of the year.
        Assert.Equal("declaration.state-forbids", await desk.Refused(ImporterDesk.Trader, s => desk.Declarations.Propose(s, mistaken, default)));
        await desk.Import((2, "76011010", "IN", 100000, "2026-12-30"));
        Assert.Equal(67L, (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, mistaken, default))).Content.CertificatesDue);
        Assert.Contains("By mistake.", await desk.Query("select reason from storage.audit_event where action = 'declaration.discarded'", r => r.GetString(0)));
        await using var owner = new NpgsqlConnection(desk.Owner);
        await owner.OpenAsync(TestContext.Current.CancellationToken);
        foreach (var attempt in new[] { $"update cbam.declaration set state = 0, discarded_at = null, discarded_by = null, discarded_reason = null where id = '{mistaken}'", $"update cbam.declaration set state = 4, discarded_at = now(), discarded_by = written_by, discarded_reason = 'x' where id = '{first}'" })
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand(attempt, owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        var next = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Correct(s, first, "A line came late indeed.", default));
        Assert.Equal((3, 134L), (next.Declaration.Version, next.Content.CertificatesDue));
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, next.Declaration.Id, default));
        await desk.Decide();
        Assert.Equal([DeclarationState.Submitted, DeclarationState.Discarded, DeclarationState.Superseded], (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.List(s, default))).Select(d => d.State));
    }

    [Fact]
    public async Task Of_more_lines_than_one_declaration_lists_the_rest_is_in_the_sums_and_nothing_is_handed_in()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import([.. Enumerable.Range(1, 5).Select(n => (n, "76011010", "IN", 20_000m, "2026-02-14"))]);
        var lines = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Sort: "mrn"), default))).Items;
        var (all, few) = (new DeclarationSums(new([], 1, 100)), new DeclarationSums(new([], 1, 3)));
        foreach (var v in lines)
        {
            all.Add(v.Line, v.Outcome);
            few.Add(v.Line, v.Outcome);
        }
        var declarant = await desk.Do(ImporterDesk.Trader, s => desk.Declarants.Read(s, default));
        var (whole, cut) = (all.Content(declarant, 2026, true), few.Content(declarant, 2026, true));
        Assert.Equal((5, 0, 3, 2), (whole.Lines.Count, whole.LinesUnlisted, cut.Lines.Count, cut.LinesUnlisted));
        Assert.Equal((whole.MassKg, whole.Certificates, whole.CertificatesDue, 100_000m), (cut.MassKg, cut.Certificates, cut.CertificatesDue, all.CountedKg));
        Assert.Equal("declaration.too-many-lines", Assert.Single(DeclarationHandlers.Unready(declarant, cut, new(2027, 2, 10))).Code);
        Assert.Empty(DeclarationHandlers.Unready(declarant, whole, new(2027, 2, 10)));
    }

    [Fact]
    public async Task Nothing_is_declared_below_the_threshold_or_without_an_authorisation()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import((1, "76011010", "IN", 50000, "2026-02-14"));
        await desk.Do(ImporterDesk.Trader, s => desk.Declarants.Save(s, ImporterDesk.Record with { AuthorisedSince = null }, default));
        var draft = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default));
        Now(desk, 2027, 2, 10);
        Assert.Equal(["declaration.not-authorised", "declaration.below-threshold"], await desk.Refusals(ImporterDesk.Trader, s => desk.Declarations.Propose(s, draft.Declaration.Id, default)));
    }

    [Fact]
    public async Task Certificates_are_bought_at_the_published_price_from_the_day_of_sale_and_surrendered_once_never_more_than_held_or_due()
    {
        await using var desk = await Opened();
        var buy = new NewOrder(OrderKind.Purchase, 2026, 100, 1);
        Now(desk, 2027, 1, 31);
        Assert.Equal("order.sale-not-begun", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, buy, default)));
        Now(desk, 2027, 2, 1);
        foreach (var (bad, code) in new[] { (buy with { Count = 0 }, "order.count"), (buy with { Quarter = null }, "order.quarter"), (buy with { Quarter = 3 }, "price.unpublished"), (buy with { Year = 2044 }, "order.year"), (buy with { Kind = OrderKind.Cancellation }, "request.word-unknown") })
            Assert.Equal(code, await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, bad, default)));
        var order = await desk.Do(ImporterDesk.Both, s => desk.Certificates.Propose(s, buy, default));
        Assert.Equal((OrderState.Proposed, "2026-Q1", 75.36m, 7536m), (order.State, order.Period, order.PriceEur!.Value, order.AmountEur!.Value));
        Assert.Equal("approval.same-person", await desk.Refused(ImporterDesk.Both, s => desk.Approvals.Decide(s, order.TaskId!.Value, true, null, default)));
        Assert.Equal(0, (await Holding(desk)).Held);
        await desk.Decide();
        Assert.Equal(OrderState.Done, (await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Read(s, order.Id, default))).State);
        await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, buy with { Quarter = 2, Count = 40 }, default));
        await desk.Decide();
        Assert.Equal(140, (await Holding(desk)).Held);

        var surrender = new NewOrder(OrderKind.Surrender, 2026, 100);
        Assert.Equal("order.declaration", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, surrender, default)));
        var declaration = (await Submitted(desk)).Declaration.Id;
        surrender = surrender with { DeclarationId = declaration };
        Assert.Equal("order.over-due", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, surrender with { Count = 135 }, default)));
        // Two proposals of a hundred each: of both approved, one goes through.
        var first = await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, surrender, default));
        var second = await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, surrender, default));
        await desk.Do(ImporterDesk.Approver, s => desk.Approvals.Decide(s, first.TaskId!.Value, true, null, default));
        Assert.Equal("order.over-due", await desk.Refused(ImporterDesk.Approver, s => desk.Approvals.Decide(s, second.TaskId!.Value, true, null, default)));
        await desk.Do(ImporterDesk.Approver, s => desk.Approvals.Decide(s, second.TaskId!.Value, false, "A double.", default));
        Assert.Equal((40L, 100L, 134L), ((await Holding(desk)).Held, (await Holding(desk)).Surrendered, (await Holding(desk)).Due!.Value));
        await using (var owner = new NpgsqlConnection(desk.Owner))
        {
            await owner.OpenAsync(TestContext.Current.CancellationToken);
            await Assert.ThrowsAsync<PostgresException>(() => new NpgsqlCommand($"update cbam.certificate_order set state = 2, book_code = null where id = '{second.Id}'", owner).ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }
        await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, surrender with { Count = 34 }, default));
        await desk.Decide();
        Assert.Equal((6L, 134L, 134L), ((await Holding(desk)).Held, (await Holding(desk)).Surrendered, (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, declaration, default))).Surrendered));
        // The Book says the same as the documents: sold 140, surrendered 134, six in the account.
        Assert.Equal([("surrendered", -34L, 6L), ("surrendered", -100L, 40L), ("sold", 40L, 140L), ("sold", 100L, 100L)], (await desk.Do(ImporterDesk.Approver, s => desk.Certificates.Statement(s, 2026, default))).Select(l => (l.Kind, l.Change, l.After)));
        Assert.Equal((6L, 134L), desk.Venue.Read(b => (b.Total(CertificateBook.AssetOf(2026)).Issued - b.Balance(CertificateBook.Surrendered, CertificateBook.AssetOf(2026)).Total, b.Balance(CertificateBook.Surrendered, CertificateBook.AssetOf(2026)).Total)));
    }

    [Fact]
    public async Task What_is_left_is_sold_back_at_the_price_paid_within_its_limit_and_day_and_the_rest_is_cancelled_once()
    {
        await using var desk = await Opened();
        Now(desk, 2027, 3, 1);
        foreach (var (quarter, count) in new[] { (1, 90L), (2, 60L) })
        {
            await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2026, count, quarter), default));
            await desk.Decide();
        }
        var purchases = (await desk.Do(ImporterDesk.Trader, s => desk.Certificates.List(s, new(Kind: OrderKind.Purchase, Sort: "ordered"), default))).Items;
        var back = new NewOrder(OrderKind.Repurchase, 2026, 50, PurchaseId: purchases[1].Id);
        Assert.Equal("order.purchase", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, back with { PurchaseId = Guid.NewGuid() }, default)));
        // A third of 150.
        Assert.Equal("order.repurchase-limit", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, back with { Count = 51 }, default)));
        var sold = await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Propose(s, back, default));
        Assert.Equal((75.28m, 3764m), (sold.PriceEur!.Value, sold.AmountEur!.Value));
        await desk.Decide();
        var done = await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Read(s, sold.Id, default));
        // The last serials of that purchase went back.
        Assert.Equal((OrderState.Done, purchases[1].SerialFirst + 10), (done.State, done.SerialFirst));
        Assert.Equal((100L, 0L), ((await Holding(desk)).Held, (await Holding(desk)).RepurchaseLeft!.Value));

        Now(desk, 2027, 10, 31);
        Assert.Equal(0, await Daily(desk));
        Now(desk, 2027, 11, 1);
        Assert.Equal("order.repurchase-over", (await desk.Refusals(ImporterDesk.Trader, s => desk.Certificates.Propose(s, back with { Count = 1 }, default)))[0]);
        Assert.Equal("order.sale-over", await desk.Refused(ImporterDesk.Trader, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2026, 1, 1), default)));
        Assert.Equal((1, 0), (await Daily(desk), await Daily(desk)));
        Assert.Equal((0L, 100L), ((await Holding(desk)).Held, (await Holding(desk)).Cancelled));
        Assert.Contains(("cbam.certificates-cancelled", "cbam.notice.cancelled"), await desk.Notices());
    }

    static async Task<CertificateHolding> Holding(ImporterDesk desk) => (await desk.Do(ImporterDesk.Trader, s => desk.Certificates.Holdings(s, default))).Single(h => h.Year == 2026);

    static async Task<int> Daily(ImporterDesk desk)
    {
        await using var s = desk.Sessions.Open(Actor.System);
        return await desk.Ending.Run(s, default);
    }
}
