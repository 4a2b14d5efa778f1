using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Passport.Organisations;

/// <summary>Defines in the Book what this room needs. Runs at every start: what is there already answers as a repeat.</summary>
public static class BookSetup
{
    /// <inheritdoc cref="BookDefinitions.Apply"/>
    public static Task Apply(IVenue venue, CancellationToken ct) => new BookDefinitions(PassportRoom.Name).Apply(venue, BookAccounts.Definitions(), ct);
}
