using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Organisations;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants;

/// <summary>The Book's commands for title, in one place. Ids left zero are given by the queue of book commands.</summary>
static class TitleCommands
{
    public static Command Issue(Warrant w, long owner, long warehouse, Guid actor) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = BookAccounts.Issue,
        Asset = w.Asset,
        Debit = BookAccounts.Issuance,
        Credit = owner,
        Amount = 1,
        SerialFirst = w.Serial,
        Reference = BookId.From(w.Id),
        Actor = BookId.From(actor),
        ActingFor = warehouse,
    };

    /// <param name="hold">Becomes the hold's id: the id of the transfer, pledge or cancellation.</param>
    /// <param name="expires">Null: stays until it is posted or voided.</param>
    public static Command Hold(Warrant w, Guid hold, ushort type, long from, long to, Guid actor, Instant? expires, bool lien = false) => new()
    {
        Id = BookId.From(hold),
        Operation = Operation.Hold,
        Flags = (expires is null ? CommandFlags.None : CommandFlags.Expires) | (lien ? CommandFlags.Lien : CommandFlags.None),
        TransactionType = type,
        Asset = w.Asset,
        Debit = from,
        Credit = to,
        Amount = 1,
        SerialFirst = w.Serial,
        Time = expires is { } at ? Micros(at) : 0,
        Reference = BookId.From(w.Id),
        Actor = BookId.From(actor),
        ActingFor = from,
    };

    public static Command Post(Guid hold, long actingFor, Guid actor) => new() { Operation = Operation.PostHold, Target = BookId.From(hold), Actor = BookId.From(actor), ActingFor = actingFor };

    public static Command Void(Guid hold, long actingFor, Guid actor, bool linked = false) =>
        new() { Operation = Operation.VoidHold, Flags = linked ? CommandFlags.Linked : CommandFlags.None, Target = BookId.From(hold), Actor = BookId.From(actor), ActingFor = actingFor };

    public static Command Invalidate(Warrant w, long owner, long exchange, Guid actor) => new()
    {
        Operation = Operation.Transfer,
        TransactionType = BookAccounts.Invalidate,
        Asset = w.Asset,
        Debit = owner,
        Credit = BookAccounts.Invalid,
        Amount = 1,
        SerialFirst = w.Serial,
        Reference = BookId.From(w.Id),
        Actor = BookId.From(actor),
        ActingFor = exchange,
    };

    public static long Micros(Instant instant) => instant.ToUnixTimeTicks() / 10;
    public static Instant Time(long micros) => Instant.FromUnixTimeTicks(checked(micros * 10));
}
