using NodaTime;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Passport;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The same tonne behind two lines, by whatever door it tries to come in; and who may declare and buy.</summary>
public sealed class SpokenMetalTests
{
    static LinkBody By(LinkKind kind, string number) => new(kind, number, null, new(null, null, null, "K", null, null, null, null));

    static LinkBody Certificate => By(LinkKind.Certificate, "FJNI-1");

    [Fact]
    public async Task A_certificate_and_the_warrant_over_it_are_one_metal()
    {
        await using var desk = await ImporterDesk.Open();
        desk.Owned.Known["W-1"] = desk.Owned.Known["FJNI-1"] with { Id = Guid.NewGuid(), Number = "W-1", NetKg = 45_000, Certificates = [new("FJNI-1", 25_000), new("FJNI-9", 20_000)] };
        // A newer version of the certificate has another id and the same number.
        desk.Owned.Known["FJNI-1 corrected"] = desk.Owned.Known["FJNI-1"] with { Id = Guid.NewGuid() };
        var lines = await desk.Import((1, "76011010", "IN", 25_000, "2026-02-14"), (2, "76011010", "IN", 25_000, "2026-02-14"), (3, "76011010", "IN", 20_000, "2026-02-14"));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, Certificate, default));
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[1].Id, By(LinkKind.Certificate, "FJNI-1 corrected"), default)));
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[1].Id, By(LinkKind.Warrant, "W-1"), default)));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[2].Id, By(LinkKind.Warrant, "W-1"), default));
        // Given back, it is there again: for one.
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Unlink(s, lines[0].Id, default));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[1].Id, Certificate, default));
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, Certificate, default)));
        Assert.Equal(45_000m, (await desk.Query("select sum(kg) from cbam.spoken_metal", r => r.GetDecimal(0)))[0]);
    }

    [Fact]
    public async Task What_a_declaration_rests_on_stays_taken_whatever_becomes_of_its_lines()
    {
        await using var desk = await ImporterDesk.Open();
        var lines = await desk.Import((1, "76011010", "IN", 25_000, "2026-02-14"), (2, "76011010", "IN", 60_000, "2026-03-14"), (3, "76011010", "IN", 25_000, "2026-03-15"));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[0].Id, Certificate, default));
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.SetBasis(s, lines[0].Id, LineBasis.Actual, default));
        desk.Clock.Now = Instant.FromUtc(2027, 3, 1, 9, 0);
        var id = (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default))).Declaration.Id;
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, id, default));
        // While a second person reads it, its lines stand.
        Assert.Equal("line.being-declared", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Unlink(s, lines[0].Id, default)));
        await desk.Decide();
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Unlink(s, lines[0].Id, default));
        Assert.Equal("line.over-document", await desk.Refused(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[2].Id, Certificate, default)));
        // A correction without it takes the declaration's place, and the metal is there again.
        var correction = (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Correct(s, id, "The certificate was another's.", default))).Declaration.Id;
        await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, correction, default));
        await desk.Decide();
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Link(s, lines[2].Id, Certificate, default));
    }

    [Fact]
    public async Task Certificates_are_sold_to_authorised_declarants_alone()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Do(ImporterDesk.Other, s => desk.Declarants.Save(s, ImporterDesk.Record with { Eori = "FR1", AccountNumber = null, AppliedOn = null, AuthorisedSince = null }, default));
        desk.Clock.Now = Instant.FromUtc(2027, 3, 1, 9, 0);
        Assert.Equal("declaration.not-authorised", await desk.Refused(ImporterDesk.Other, s => desk.Certificates.Propose(s, new(OrderKind.Purchase, 2026, 10, 1, null, null), default)));
    }

    [Fact]
    public async Task Hydrogen_is_declared_below_the_threshold_and_alone()
    {
        await using var desk = await ImporterDesk.Open();
        await desk.Import((1, "28041000", "IN", 900_000, "2026-02-14"), (2, "76011010", "IN", 10_000, "2026-03-14"));
        desk.Clock.Now = Instant.FromUtc(2027, 3, 1, 9, 0);
        var draft = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Create(s, 2026, default));
        Assert.Equal((false, "28041000"), (draft.Content.AboveThreshold, Assert.Single(draft.Content.Goods).Cn));
        Assert.Equal(DeclarationState.Proposed, (await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Propose(s, draft.Declaration.Id, default))).Declaration.State);
    }
}
