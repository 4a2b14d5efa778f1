using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Book;
using Verdigris.Market.Fix;
using Verdigris.Market.Tests.Fix;

namespace Verdigris.Server.Tests.Trading;

/// <summary>A member's program that shares no code with this project, on the whole server: its orders meet those a person enters, and nothing that happens while it is away is lost.</summary>
public sealed partial class FixOnDeskTests
{
    const string Series = "ICE.EUA:2026-12";

    [Fact]
    public async Task An_independent_program_trades_with_people_recovers_what_it_missed_and_has_its_orders_cancelled_when_it_goes()
    {
        var folder = Checkout.Path("tests/Verdigris.Market.Tests/Fix/client");
        Assert.True(File.Exists(Path.Combine(folder, "node_modules", "jspurefix", "package.json")), "jspurefix is missing: install Node.js with npm and build the tests of the market again.");
        await using var market = await MarketServer.Open(Instant.FromUtc(2026, 11, 23, 10, 0));
        var instrument = await market.Opened(Series, 75m);
        using var buyer = await market.SignedIn("buyer@demo");
        using var seller = await market.SignedIn("seller@demo");
        var (id, secret) = await Client(seller.Browser, "Seller's program");
        var (copyId, copySecret) = await Client(seller.Browser, "Seller's risk desk");
        var row = await market.Do(MarketServer.Operator, s => market.Get<FixSessions>().Register(s, new("AURIGA", id, market.SellerAccount.Code, false, true, false), default));
        await market.Do(MarketServer.Operator, s => market.Get<FixSessions>().Register(s, new("AURIGACOPY", copyId, market.SellerAccount.Code, true, false, false), default));
        using var line = new CutLine(market.FixAt);
        var numbers = Directory.CreateTempSubdirectory("verdigris-fix-");
        try
        {
            using var program = Program(folder, line.Port, "AURIGA", id, secret, Path.Combine(numbers.FullName, "a"));
            using var copy = Program(folder, market.FixAt.Port, "AURIGACOPY", copyId, copySecret, Path.Combine(numbers.FullName, "b"));
            await program.Tells("ready");
            await copy.Tells("ready");
            await program.Say("subscribe M1");

            // An order of the program and one of a person meet; everybody hears of it, the drop copy too.
            await program.Say("order A1 2 5000 75.10");
            await program.Tells("8 A1 0 0 5000 N");
            await program.Told($"W {Series} 1@75.1x5000");
            await copy.Tells("8 A1 0 0 5000 N");
            Assert.Equal(2, await buyer.Order(Series, "Buy", 2_000, 75.10m));
            await program.Tells("8 A1 F 2000 3000 N");
            await copy.Tells("8 A1 F 2000 3000 N");
            // Asked for right after an order, the status has it.
            await program.Say("order A2 2 1000 75.50");
            await program.Say("status S1");
            await program.Tells("8 A1 I 2000 3000 N");
            await program.Tells("8 A2 I 0 1000 N");
            await program.Told("8 A2 0 0 1000 N");

            // The line breaks: by agreement the program's orders are cancelled; what was traded before it was noticed is told again when it comes back.
            line.Cut();
            await MarketServer.Until(() => market.Floor.Read(f => f.OrdersOf(market.SellerAccount.Number)).Count == 0, "the orders are cancelled");
            await copy.Tells("8 A1 4 2000 0 N");
            await copy.Tells("8 A2 4 0 0 N");
            line.Mend();
            await program.Tells("8 A1 4 2000 0 Y");
            await program.Tells("8 A2 4 0 0 Y");

            // Back again it trades on, cancels all at once, and goes in good order.
            await program.Say("order A3 2 4000 75.20");
            await program.Tells("8 A3 0 0 4000 N");
            Assert.Equal(1, await buyer.Order(Series, "Buy", 1_000, 75.20m));
            await program.Tells("8 A3 F 1000 3000 N");
            await program.Say("cancel-all C1");
            await program.Tells("8 A3 4 1000 0 N");
            await program.Say("logout");
            Assert.Equal(0, await program.Exit());
            await copy.Say("logout");
            Assert.Equal(0, await copy.Exit());
            // Three lots changed hands: in the Book, on the tape, and each trade once in what the program was told.
            Assert.Equal((3L, 3L), market.Floor.Read(f => (f.Position(market.BuyerAccount.Number, instrument.Number).Long, f.Position(market.SellerAccount.Number, instrument.Number).Short)));
            Assert.Equal(2L, await market.Value<long>("select count(*) from market.order_report where kind = $1 and organisation_id = $2", (short)FloorEventKind.Fill, MarketServer.Seller.OrganisationId));
            Assert.Equal(row.Id, (await market.Do(MarketServer.Operator, s => market.Get<FixSessions>().Find(s, row.Id, default))).Id);
        }
        finally { numbers.Delete(recursive: true); }
    }

    static NodeClient Program(string folder, int port, string compId, string id, string secret, string numbers)
    {
        Directory.CreateDirectory(numbers);
        return new(folder, port.ToString(CultureInfo.InvariantCulture), compId, FixDirectory.Ours, id, secret, Series, numbers);
    }

    static async Task<(string Id, string Secret)> Client(Browser administrator, string name)
    {
        using var answer = await administrator.Post("/clients/new", "client", ("Input.Name", name), ("Input.Roles", "market.trader"), ("Input.Access", "read write"), ("Input.Days", "30"));
        var page = await answer.Content.ReadAsStringAsync();
        Assert.True(Id().IsMatch(page) && Secret().IsMatch(page), page);
        return (Id().Match(page).Value, Secret().Match(page).Value);
    }

    [GeneratedRegex("vd_[a-z0-9]{16}")]
    private static partial Regex Id();

    [GeneratedRegex("vds_[A-Za-z0-9_-]{43}")]
    private static partial Regex Secret();
}
