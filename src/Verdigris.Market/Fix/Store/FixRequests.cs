using System.Security.Cryptography;
using System.Text;
using NodaTime;

namespace Verdigris.Market.Fix;

/// <summary>A request of the other side, by the ClOrdID it gave it.</summary>
/// <param name="Session">Number of the session.</param>
/// <param name="Day">It came, UTC: a ClOrdID is used once a session and day.</param>
/// <param name="Type">MsgType: D, F or G.</param>
/// <param name="Original">Of a cancel or replace: the name of the order before.</param>
/// <param name="Order">Of a cancel or replace: the exchange's id.</param>
sealed record FixRequest(long Session, LocalDate Day, string ClOrdId, string Type, UInt128? Original = null, long? Order = null)
{
    /// <summary>The name by which the desk knows the order from then on.</summary>
    public UInt128 ClientId => Hash("name");

    /// <summary>Id of the request itself.</summary>
    public UInt128 Id => Hash("request");

    UInt128 Hash(string what)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"fix/{Session}/{Day:uuuu-MM-dd}/{ClOrdId}/{what}"));
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}

/// <summary>Remembers which ClOrdID stands for what, before the desk hears of it: reports that come after a restart find their names. Thread-safe.</summary>
interface IFixRequests
{
    /// <returns>False where the session has used the ClOrdID that day already; what was there stays.</returns>
    Task<bool> Remember(FixRequest request, CancellationToken ct);

    /// <summary>The last request of a session that had a ClOrdID.</summary>
    Task<FixRequest?> Find(long session, string clOrdId, CancellationToken ct);

    Task<FixRequest?> ByClientId(UInt128 clientId, CancellationToken ct);

    /// <summary>The last request to cancel an order.</summary>
    Task<FixRequest?> CancelOf(long order, CancellationToken ct);
}
