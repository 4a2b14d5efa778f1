using Microsoft.Extensions.DependencyInjection;
using Verdigris.Cbam.Demo;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Storage;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>The demo of the importer, made by the use cases people use.</summary>
public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_has_forty_one_lines_two_of_them_actual_an_open_request_and_starting_again_makes_nothing_twice()
    {
        await using var desk = await ImporterDesk.Open(recorded: false, law: true);
        await using var services = new ServiceCollection().AddSingleton<IDbSessions>(desk.Sessions).AddSingleton(desk.Declarants).AddSingleton(desk.Files).AddSingleton(desk.Lines).AddSingleton(desk.Suppliers).AddSingleton(desk.Requests).AddSingleton(desk.Declarations).BuildServiceProvider();
        await ImporterDemo.Seed(services, ImporterDesk.Trader, default, "FJNI-1");
        await ImporterDemo.Seed(services, ImporterDesk.Trader, default, "FJNI-1");
        var lines = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Limit: 200), default))).Items;
        Assert.Equal(41, lines.Count);
        Assert.Equal((38, 1, 2), (lines.Count(l => l.Line.Scope == GoodScope.InScope), lines.Count(l => l.Line.Scope == GoodScope.ExemptOrigin), lines.Count(l => l.Line.Scope == GoodScope.OutOfScope)));
        var actual = lines.Where(l => l.Line.Basis == LineBasis.Actual).ToDictionary(l => l.Line.LinkKind);
        Assert.Equal((2, "computed", "computed"), (actual.Count, actual[LinkKind.Supplier].Outcome.Status, actual[LinkKind.Certificate].Outcome.Status));
        // Actual beside default, with the money: what the certificate's figures save on this line.
        var compared = await desk.Do(ImporterDesk.Trader, s => desk.Lines.Compare(s, actual[LinkKind.Certificate].Line.Id, default));
        Assert.Equal((2.057m - 1.6m) * 24.98m, compared.SavedCertificates);
        Assert.True(compared.SavedEur > 0);
        Assert.Equal([], lines.Where(l => l.Outcome.Status == "not-determinable").Select(l => $"{l.Line.Cn} {l.Line.Origin} {string.Join(",", l.Outcome.Reasons.Select(r => r.Code + " " + r.Given))}").Distinct());
        Assert.Equal(RequestState.Open, Assert.Single((await desk.Do(ImporterDesk.Trader, s => desk.Requests.List(s, new(), default))).Items).State);
        var declaration = Assert.Single(await desk.Do(ImporterDesk.Trader, s => desk.Declarations.List(s, default)));
        var view = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, declaration.Id, default));
        Assert.Equal((0, true), (view.Content.Undetermined, view.Content.AboveThreshold));
        Assert.InRange(view.Content.Certificates, 100, 2000);
        // What people did with it stays as they left it, and stops no start.
        await desk.Do(ImporterDesk.Trader, s => desk.Lines.Unlink(s, actual[LinkKind.Certificate].Line.Id, default));
        foreach (var line in lines.Where(l => l.Line.Origin == "IN" && l.Line.Id != actual[LinkKind.Certificate].Line.Id)) await desk.Do(ImporterDesk.Trader, s => desk.Lines.Withdraw(s, line.Line.Id, "Annulled.", default));
        await ImporterDemo.Seed(services, ImporterDesk.Trader, default, "FJNI-1");
        Assert.Equal(LinkKind.None, (await desk.Do(ImporterDesk.Trader, s => desk.Lines.Read(s, actual[LinkKind.Certificate].Line.Id, default))).Line.LinkKind);
    }
}
