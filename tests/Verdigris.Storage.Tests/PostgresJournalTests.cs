using Verdigris.Book;
using Verdigris.Book.Testing;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

/// <summary>The promises every journal makes, kept by the one in PostgreSQL. What is its own is in <see cref="JournalTests"/>.</summary>
public sealed class PostgresJournalTests : JournalContract
{
    protected override async Task<IJournalStore> NewStore() => new DatabaseStore(await TestCluster.NewDatabase());

    sealed class DatabaseStore(TestDatabase test) : IJournalStore
    {
        public IJournal Open() => new PostgresJournal(test.Database, Venue);

        /// <summary>There is no lock to lose: the database's key is the fence.</summary>
        public IJournal TakeOver() => Open();

        public ValueTask DisposeAsync() => test.DisposeAsync();
    }
}
