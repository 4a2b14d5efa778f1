using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Registry.Links;

public enum LinkState
{
    /// <summary>Waits for the second person.</summary>
    Proposed,
    Open,
    /// <summary>Nothing goes over it: the logs disagree, or the authority stopped it.</summary>
    Suspended,
    /// <summary>The second person said no; another may be proposed.</summary>
    TurnedDown,
    /// <summary>Suspended, and an officer wants it taken up again: waits for the second person.</summary>
    ResumeAsked,
}

/// <summary>The way to another registry, through one account of the scheme that stands for it.</summary>
/// <param name="Kind">Account kind of the scheme's file: link-ch.</param>
/// <param name="Partner">Name of the other registry.</param>
public sealed record RegistryLink(Guid Id, string Scheme, string Kind, string Partner, LinkState State, string? Reason, Guid? TaskId, Instant WrittenAt);

public enum LinkTransferState
{
    /// <summary>Out: left here, not answered. The units lie in the link's account.</summary>
    Sent,
    /// <summary>In: sent to the Book.</summary>
    Taking,
    Accepted,
    /// <summary>Out: the other registry said no, and the units are back.</summary>
    Refused,
}

/// <param name="Outward">True where units left this registry.</param>
public sealed record LinkTransfer(Guid Id, Guid LinkId, bool Outward, Guid? TransactionId, string PartnerAccount, string OwnAccount, string Unit, string Vintage, long Quantity, LinkTransferState State, string? Reason, Instant At);

/// <summary>One entry of a link's log, as it is handed to the other registry: the body exactly as it was written, so that both hash the same.</summary>
/// <param name="Sequence">From 1, without a gap.</param>
/// <param name="Sha256">Of the hash before it (none for the first), a line feed, and the body.</param>
public sealed record LinkMessage(long Sequence, string Body, string Sha256)
{
    public static string Hash(string? before, string body) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((before ?? "") + "\n" + body)));

    internal LinkBody Read() => StorageJson.Read<LinkBody>(Body);
}

/// <summary>What a message says.</summary>
/// <param name="What">proposal, accepted, refused or totals.</param>
/// <param name="Transfer">Of all but totals.</param>
/// <param name="Code">Refused: why.</param>
/// <param name="Sent">Totals: units sent and not refused, by unit and vintage; <paramref name="Received"/>: units taken in. <paramref name="Seen"/>: the other's last message known when this was written.</param>
sealed record LinkBody(string What, Guid? Transfer = null, string? From = null, string? To = null, string? Unit = null, string? Vintage = null, long? Quantity = null, string? Code = null,
    IReadOnlyDictionary<string, long>? Sent = null, IReadOnlyDictionary<string, long>? Received = null, long? Seen = null);

/// <param name="Sequence">Of the other registry's message with its totals.</param>
public sealed record LinkReconciliation(long Sequence, bool Agrees, string Ours, string Theirs, Instant At);

/// <param name="Messages">In order, from the first the receiver has not got; those it has got already may be among them.</param>
public sealed record LinkDelivery(IReadOnlyList<LinkMessage> Messages)
{
    public IReadOnlyList<LinkMessage> Messages { get; init; } = Messages ?? [];
}

/// <param name="Received">Last message of the other registry taken up.</param>
public sealed record LinkReceipt(long Received);
