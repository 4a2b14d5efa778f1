using Verdigris.Book;

namespace Verdigris.Passport.Organisations;

/// <summary>Defines in the Book what this room needs. Runs at every start: what is there already answers as a repeat.</summary>
public static class BookSetup
{
    /// <exception cref="InvalidOperationException">The Book refuses a definition: another room or an older version defined it otherwise.</exception>
    public static async Task Apply(IVenue venue, CancellationToken ct)
    {
        foreach (var command in BookAccounts.Definitions())
        {
            ct.ThrowIfCancellationRequested();
            var outcome = await venue.Send(command);
            if (!outcome.Accepted) throw new InvalidOperationException($"The Book refuses {command.Operation} of the passport room: {outcome.Code}.");
        }
    }
}
