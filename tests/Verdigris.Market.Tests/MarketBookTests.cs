using Verdigris.Book;

namespace Verdigris.Market.Tests;

public sealed class MarketBookTests
{
    [Fact]
    public void The_book_takes_every_definition_of_the_room_once_and_a_second_time_as_a_repeat()
    {
        using var core = VenueCore.Open(1, new MemoryJournal());
        var definitions = MarketBook.Definitions().ToArray();
        Assert.All(core.Execute(definitions, 1), o => Assert.Equal((Code.Accepted, false), (o.Code, o.Repeated)));
        Assert.All(core.Execute(definitions, 2), o => Assert.Equal((Code.Accepted, true), (o.Code, o.Repeated)));
        Assert.Equal(MarketBook.Currencies.Count, MarketBook.Currencies.Values.Select(c => c.Asset).Distinct().Count());
    }
}
