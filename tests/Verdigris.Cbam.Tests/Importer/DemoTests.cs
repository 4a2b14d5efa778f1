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
    public async Task The_demo_has_forty_lines_one_of_them_actual_an_open_request_and_starting_again_makes_nothing_twice()
    {
        await using var desk = await ImporterDesk.Open(recorded: false, law: true);
        await using var services = new ServiceCollection().AddSingleton<IDbSessions>(desk.Sessions).AddSingleton(desk.Declarants).AddSingleton(desk.Files).AddSingleton(desk.Lines).AddSingleton(desk.Suppliers).AddSingleton(desk.Requests).AddSingleton(desk.Declarations).BuildServiceProvider();
        await ImporterDemo.Seed(services, ImporterDesk.Trader, default);
        await ImporterDemo.Seed(services, ImporterDesk.Trader, default);
        var lines = (await desk.Do(ImporterDesk.Trader, s => desk.Lines.List(s, new(Limit: 200), default))).Items;
        Assert.Equal(40, lines.Count);
        Assert.Equal((37, 1, 2), (lines.Count(l => l.Line.Scope == GoodScope.InScope), lines.Count(l => l.Line.Scope == GoodScope.ExemptOrigin), lines.Count(l => l.Line.Scope == GoodScope.OutOfScope)));
        Assert.Equal("computed", Assert.Single(lines, l => l.Line.Basis == LineBasis.Actual).Outcome.Status);
        Assert.Equal([], lines.Where(l => l.Outcome.Status == "not-determinable").Select(l => $"{l.Line.Cn} {l.Line.Origin} {string.Join(",", l.Outcome.Reasons.Select(r => r.Code + " " + r.Given))}").Distinct());
        Assert.Equal(RequestState.Open, Assert.Single((await desk.Do(ImporterDesk.Trader, s => desk.Requests.List(s, new(), default))).Items).State);
        var declaration = Assert.Single(await desk.Do(ImporterDesk.Trader, s => desk.Declarations.List(s, default)));
        var view = await desk.Do(ImporterDesk.Trader, s => desk.Declarations.Read(s, declaration.Id, default));
        Assert.Equal((0, true), (view.Content.Undetermined, view.Content.AboveThreshold));
        Assert.InRange(view.Content.Certificates, 100, 2000);
    }
}
