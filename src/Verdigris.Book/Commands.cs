using System.Runtime.InteropServices;
using System.Text;

namespace Verdigris.Book;

/// <summary>
/// Commands by name. Ids come from the caller: a command sent again with the same id has effect once. Nothing is checked here; the Book
/// answers with a <see cref="Code"/>.
/// </summary>
public static class Commands
{
    /// <param name="code">1-32 visible ASCII characters; anything else is answered with <see cref="Code.AssetInvalid"/>.</param>
    /// <param name="scale">Decimal places of one whole unit, 0-9.</param>
    public static Command DefineAsset(UInt128 id, int asset, string code, AssetKind kind, int scale = 0, ushort assetClass = 0, UInt128 actor = default, long actingFor = 0)
    {
        var command = new Command { Id = id, Operation = Operation.DefineAsset, Asset = asset, Actor = actor, ActingFor = actingFor, Detail = (byte)kind | (long)(byte)scale << 8 | (long)assetClass << 16 };
        bool fits = scale is >= 0 and <= 255 && code.Length is > 0 and <= 32 && Ascii.IsValid(code);
        if (fits) Encoding.ASCII.GetBytes(code, MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref command, 1)).Slice(64, 32));
        return command; // a code that does not fit stays empty, which the Book refuses
    }

    public static Command OpenAccount(UInt128 id, long account, ushort type, UInt128 holder = default, bool authority = false, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.OpenAccount, Debit = account, Target = holder, Actor = actor, ActingFor = actingFor, Detail = type | (authority ? 1L << 16 : 0) };

    public static Command CloseAccount(UInt128 id, long account, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.CloseAccount, Debit = account, Actor = actor, ActingFor = actingFor };

    /// <param name="assetClass">0 for any class.</param>
    /// <param name="delayMicros">Used with <see cref="RuleFlags.TrustedOrDelay"/>.</param>
    public static Command SetRule(UInt128 id, ushort type, ushort assetClass, ushort sourceType, ushort destinationType, RuleFlags flags, long delayMicros = 0, UInt128 actor = default, long actingFor = 0) =>
        new()
        {
            Id = id,
            Operation = Operation.SetRule,
            TransactionType = type,
            Asset = assetClass,
            Time = delayMicros,
            Actor = actor,
            ActingFor = actingFor,
            Detail = sourceType | (long)destinationType << 16 | unchecked((long)((ulong)flags << 32)),
        };

    /// <param name="fromMicros">From when the trust counts.</param>
    public static Command SetTrust(UInt128 id, long account, long trusted, long fromMicros = 0, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.SetTrust, Debit = account, Credit = trusted, Time = fromMicros, Actor = actor, ActingFor = actingFor };

    public static Command RemoveTrust(UInt128 id, long account, long trusted, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.RemoveTrust, Debit = account, Credit = trusted, Actor = actor, ActingFor = actingFor };

    /// <param name="asset">0 for every asset.</param>
    public static Command Freeze(UInt128 id, long account, int asset, FreezeScope scope, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.Freeze, Debit = account, Asset = asset, Detail = (byte)scope, Actor = actor, ActingFor = actingFor };

    public static Command Unfreeze(UInt128 id, long account, int asset, FreezeScope scope, UInt128 actor = default, long actingFor = 0) =>
        new() { Id = id, Operation = Operation.Unfreeze, Debit = account, Asset = asset, Detail = (byte)scope, Actor = actor, ActingFor = actingFor };

    /// <param name="serialFirst">First serial of the range, or 0 for the blocks acquired first (issuing: the next free serials).</param>
    public static Command Transfer(UInt128 id, ushort type, int asset, long debit, long credit, long amount, UInt128 actor = default, long actingFor = 0, long serialFirst = 0, UInt128 reference = default) =>
        new()
        {
            Id = id,
            Operation = Operation.Transfer,
            TransactionType = type,
            Asset = asset,
            Debit = debit,
            Credit = credit,
            Amount = amount,
            SerialFirst = serialFirst,
            Actor = actor,
            ActingFor = actingFor,
            Reference = reference,
        };

    /// <summary>Sets units aside; the hold's id is the command's. At most one of the two times; 0 for none.</summary>
    public static Command Hold(UInt128 id, ushort type, int asset, long debit, long credit, long amount, UInt128 actor = default, long actingFor = 0, long serialFirst = 0,
        long expiresAtMicros = 0, long releasesAtMicros = 0, bool lien = false, UInt128 reference = default) =>
        new()
        {
            Id = id,
            Operation = Operation.Hold,
            TransactionType = type,
            Asset = asset,
            Debit = debit,
            Credit = credit,
            Amount = amount,
            SerialFirst = serialFirst,
            Actor = actor,
            ActingFor = actingFor,
            Reference = reference,
            Time = expiresAtMicros != 0 ? expiresAtMicros : releasesAtMicros,
            Flags = (expiresAtMicros != 0 ? CommandFlags.Expires : 0) | (releasesAtMicros != 0 ? CommandFlags.Releases : 0) | (lien ? CommandFlags.Lien : 0),
        };

    /// <param name="amount">0 for everything held.</param>
    /// <param name="keepRest">The rest of a part stays held; without it the rest is voided.</param>
    /// <param name="releasesAtMicros">Post not now but then; 0 for now.</param>
    public static Command PostHold(UInt128 id, UInt128 hold, long amount = 0, bool keepRest = false, long releasesAtMicros = 0, UInt128 actor = default, long actingFor = 0, UInt128 reference = default) =>
        new()
        {
            Id = id,
            Operation = Operation.PostHold,
            Target = hold,
            Amount = amount,
            Time = releasesAtMicros,
            Actor = actor,
            ActingFor = actingFor,
            Reference = reference,
            Flags = (keepRest ? CommandFlags.KeepRest : 0) | (releasesAtMicros != 0 ? CommandFlags.Releases : 0),
        };

    public static Command VoidHold(UInt128 id, UInt128 hold, UInt128 actor = default, long actingFor = 0, UInt128 reference = default) =>
        new() { Id = id, Operation = Operation.VoidHold, Target = hold, Actor = actor, ActingFor = actingFor, Reference = reference };

    /// <summary>Nothing but the passing of time.</summary>
    public static Command Pulse(UInt128 id) => new() { Id = id, Operation = Operation.Pulse };

    /// <summary>A note to the program beside the Book, which gives every other field its meaning; to the Book nothing but a remembered id.</summary>
    public static Command Note(UInt128 id) => new() { Id = id, Operation = Operation.Note };

    /// <summary>The same command, linked to the one after it: both succeed or both fail.</summary>
    public static Command Linked(this Command command)
    {
        command.Flags |= CommandFlags.Linked;
        return command;
    }
}
