using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Verdigris.Book;

namespace Verdigris.Storage;

/// <summary>
/// How a room writes down what it needs in the Book: assets, accounts, rules. Ids of the commands follow from the words, so sending them at every start is a repeat after the first; a room's words begin with its name.
/// </summary>
public sealed class BookDefinitions(string room)
{
    /// <summary>A command id that says what it does: the same words give the same id, so a repeat has no second effect.</summary>
    public static UInt128 IdOf(string words) => BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(words)));

    /// <summary>A serialised asset of scale 0.</summary>
    /// <param name="word">Of the asset in the command's id.</param>
    /// <param name="code">1-32 ASCII characters.</param>
    public Command Serialised(int asset, string word, string code, ushort assetClass)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        Encoding.ASCII.GetBytes(code, bytes);
        return new()
        {
            Id = IdOf($"{room}/asset/{asset}/{word}"),
            Operation = Operation.DefineAsset,
            Asset = asset,
            Target = MemoryMarshal.Read<UInt128>(bytes),
            Reference = MemoryMarshal.Read<UInt128>(bytes[16..]),
            Detail = (long)AssetKind.Serialised | ((long)assetClass << 16),
        };
    }

    /// <param name="holder">Organisation or document it belongs to; 0 for the venue itself.</param>
    public Command Account(long account, ushort type, UInt128 holder, bool authority = false) => new()
    {
        Id = IdOf($"{room}/account/{account}/{type}/{holder}/{authority}"),
        Operation = Operation.OpenAccount,
        Debit = account,
        Target = holder,
        Detail = type | (authority ? 1L << 16 : 0),
    };

    public Command Rule(ushort type, ushort assetClass, ushort source, ushort destination, RuleFlags flags) => new()
    {
        Id = IdOf($"{room}/rule/{type}/{source}/{destination}/{flags}"),
        Operation = Operation.SetRule,
        TransactionType = type,
        Asset = assetClass,
        Detail = source | ((long)destination << 16) | ((long)flags << 32),
    };

    /// <summary>A rule that a file defines: with the file's version in the command's id, so that going back to what an older version said is a change again.</summary>
    /// <param name="delayMicros">Least time between opening and posting a hold towards an account that is not trusted; 0 without that rule.</param>
    public Command Rule(string version, ushort type, ushort assetClass, ushort source, ushort destination, RuleFlags flags, long delayMicros) => Rule(type, assetClass, source, destination, flags) with
    {
        Id = IdOf($"{room}/rule/{version}/{type}/{assetClass}/{source}/{destination}/{flags}/{delayMicros}"),
        Time = delayMicros,
    };

    /// <summary>Sends definitions as few batches. Runs at every start.</summary>
    /// <exception cref="InvalidOperationException">The Book refuses one: another room or an older version defined it otherwise.</exception>
    public async Task ApplyAll(IVenue venue, IReadOnlyList<Command> definitions, CancellationToken ct)
    {
        foreach (var part in definitions.Chunk(venue.MaxBatch))
        {
            ct.ThrowIfCancellationRequested();
            var outcomes = await venue.Send(part);
            for (var i = 0; i < outcomes.Length; i++)
                if (!outcomes[i].Accepted) throw new InvalidOperationException($"The Book refuses {part[i].Operation} of the {room} room: {outcomes[i].Code}.");
        }
    }

    /// <summary>Sends definitions. Runs at every start.</summary>
    /// <exception cref="InvalidOperationException">The Book refuses one: another room or an older version defined it otherwise.</exception>
    public async Task Apply(IVenue venue, IEnumerable<Command> definitions, CancellationToken ct)
    {
        foreach (var command in definitions)
        {
            ct.ThrowIfCancellationRequested();
            var outcome = await venue.Send(command);
            if (!outcome.Accepted) throw new InvalidOperationException($"The Book refuses {command.Operation} of the {room} room: {outcome.Code}.");
        }
    }
}
