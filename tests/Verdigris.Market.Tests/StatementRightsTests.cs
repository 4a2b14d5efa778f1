using Verdigris.Market.Statements;
using Verdigris.Registry.Transfers;
using Verdigris.Web;
using static Verdigris.Market.Tests.MarketWorld;

namespace Verdigris.Market.Tests;

public sealed class StatementRightsTests
{
    static readonly IStrings English = new StringCatalogue([new(typeof(MarketRoom).Assembly)]).For("en");

    [Fact]
    public async Task The_exchange_reads_in_a_members_statement_what_the_member_reads_also_of_a_registry_it_does_not_run()
    {
        await using var w = await Open();
        var link = await w.Stocked(4_000);
        // The transaction itself is not the exchange's to see.
        Assert.Empty((await w.Do(Operator, s => w.Get<TransactionHandlers>().List(s, new(link.Scheme, link.UnitsAccount, Limit: 10), default))).Items);
        var own = await w.Do(Seller, s => w.Get<StatementDesk>().Of(s, w.SellerAccount.Number, null, null, English, default));
        var theirs = await w.Do(Operator, s => w.Get<StatementDesk>().Of(s, w.SellerAccount.Number, null, null, English, default));
        var line = Assert.Single(Assert.Single(own.Parts, p => p.Asset == "EUA").Lines);
        Assert.Equal((CustodyKind.Deposit, 4_000m), (line.Kind, line.Change));
        Assert.NotNull(line.Document);
        Assert.Equal(own.Parts.SelectMany(p => p.Lines), theirs.Parts.SelectMany(p => p.Lines));
        Assert.Equal("trading.not-found", await w.Refused(Buyer, s => w.Get<StatementDesk>().Of(s, w.SellerAccount.Number, null, null, English, default)));
    }
}
