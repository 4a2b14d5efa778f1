using System.Globalization;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>A client that shares no code with the acceptor: jspurefix, an engine for Node.js.</summary>
public sealed class IndependentClientTests
{
    [Fact]
    public async Task An_independent_client_logs_on_trades_loses_its_connection_and_recovers_what_it_missed()
    {
        var folder = Checkout.Path("tests/Verdigris.Market.Tests/Fix/client");
        Assert.True(File.Exists(Path.Combine(folder, "node_modules", "jspurefix", "package.json")), "jspurefix is missing: install Node.js with npm and build the tests again.");
        await using var world = await FixWorld.Begin();
        var row = await world.Register("ALPHA", "vd_alpha1", "T1");
        await world.Register("BETA", "vd_beta2", "T2");
        using var beta = new FixClient(world, "BETA", "vd_beta2");
        await beta.Logon();
        using var line = new CutLine(world.At);
        var numbers = Directory.CreateTempSubdirectory("verdigris-fix-");
        using var alpha = new NodeClient(folder, line.Port.ToString(CultureInfo.InvariantCulture), "ALPHA", FixDirectory.Ours, "vd_alpha1", FixWorld.SecretOf("vd_alpha1"), SmallDesk.Symbol, numbers.FullName);
        try
        {
            await alpha.Tells("ready");
            await alpha.Say("order A1 1 100 71.20");
            await alpha.Tells("8 A1 0 0 100 N");
            await beta.Say("D", $"11=B1|38=40|40=2|44=71.00|54=2|55={SmallDesk.Symbol}|60=NOW|");
            await alpha.Tells("8 A1 F 40 60 N");
            line.Cut();
            await beta.Say("D", $"11=B2|38=25|40=2|44=71.00|54=2|55={SmallDesk.Symbol}|60=NOW|");
            for (var i = 0; (await world.Desks.Standing(row.Id, default))!.Numbers.Report < 6 && i < 3_000; i++) await Task.Delay(20);
            line.Mend();
            await alpha.Tells("8 A1 F 65 35 Y");
            await alpha.Say("cancel A2 A1 1");
            await alpha.Tells("8 A2 4 65 0 N");
            await alpha.Say("logout");
            Assert.Equal(0, await alpha.Exit());
            Assert.Equal(3, world.Desk.Entered);
        }
        finally
        {
            numbers.Delete(recursive: true);
        }
    }
}
