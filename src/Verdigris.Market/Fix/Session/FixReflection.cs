using System.Runtime.CompilerServices;
using System.Text;

namespace Verdigris.Market.Fix;

/// <summary>
/// The diagnostic profile: sends NewOrderSingle, SecurityDefinition and QuoteRequest back as they came, with our header, the fields of the body in ascending order, entries of groups behind their counter; drops an order that says it may be a repeat and whose
/// ClOrdID was seen before. No order reaches a market. With it the acceptance definitions of other FIX engines can be run against this one.
/// </summary>
sealed class FixReflection : IFixApplication
{
    public const string Ours = "ISLD", Theirs = "TW44";
    const int MostOrders = 100_000;

    readonly HashSet<string> orders = [];

    public static FixTerms Terms { get; } = new(Ours, Theirs, ResetOnLogon: true, MostHeartbeatSeconds: 3600);

    public bool Takes(ReadOnlySpan<byte> type) => Encoding.Latin1.GetString(type) is FixType.NewOrderSingle or FixType.SecurityDefinition or FixType.QuoteRequest;

    public ValueTask<IReadOnlyList<FixOut>> Take(FixMessage message, CancellationToken ct)
    {
        if (message.Type!.Type == FixType.NewOrderSingle)
        {
            if (orders.Count >= MostOrders) orders.Clear();
            if (!orders.Add(message.Text(FixTag.ClOrdID)!) && message.Is(FixTag.PossResend, 'Y')) return new([]);
        }
        return new([new(message.Type.Type, Back(message, FixPart.Body), Back(message, FixPart.Header))]);
    }

    public async IAsyncEnumerable<FixReport> Reports(long after, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        yield break;
    }

    public void LoggedOn(IFixOutlet outlet) => orders.Clear();

    public ValueTask Gone(CancellationToken ct) => default;

    static byte[] Back(FixMessage message, FixPart part)
    {
        var fields = message.Fields;
        var heads = new List<int>();
        for (var i = 0; i < fields.Length; i++)
            if (fields[i].Depth == 0 && fields[i].Part == part && !(part == FixPart.Header && IsOurs(fields[i].Tag))) heads.Add(i);
        var body = new FixBody();
        foreach (var head in heads.OrderBy(h => message.Fields[h].Tag))
        {
            body.Add(fields[head].Tag, message.Value(fields[head]));
            for (var i = head + 1; i < fields.Length && fields[i].Depth > 0; i++) body.Add(fields[i].Tag, message.Value(fields[i]));
        }
        return body.Bytes.ToArray();
    }

    // Header fields that every message has of its own.
    static bool IsOurs(int tag) => tag is FixTag.BeginString or FixTag.BodyLength or FixTag.MsgType or FixTag.SenderCompID or FixTag.TargetCompID or FixTag.MsgSeqNum or FixTag.SendingTime or FixTag.PossDupFlag or FixTag.OrigSendingTime;
}
