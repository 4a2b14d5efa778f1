using System.Buffers.Binary;
using System.Collections.Concurrent;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Fix;

/// <summary>Requests as rows. What is asked to be remembered at the same time is written together; what was used last is kept at hand.</summary>
sealed class FixDatabaseRequests(IDbSessions sessions) : IFixRequests
{
    const int Together = 500;
    const int AtHand = 100_000;

    readonly ConcurrentQueue<(FixRequest Request, TaskCompletionSource<bool> New)> waiting = new();
    readonly ConcurrentDictionary<UInt128, FixRequest> byClientId = new();
    readonly ConcurrentDictionary<(long, string), FixRequest> byName = new();
    readonly ConcurrentDictionary<long, FixRequest> cancels = new();
    int writing;

    public Task<bool> Remember(FixRequest request, CancellationToken ct)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.Enqueue((request, done));
        if (Interlocked.CompareExchange(ref writing, 1, 0) == 0) _ = Write();
        return done.Task.WaitAsync(ct);
    }

    public async Task<FixRequest?> Find(long session, string clOrdId, CancellationToken ct) =>
        byName.GetValueOrDefault((session, clOrdId)) ?? Keep(await One("session = $1 and cl_ord_id = $2 order by day desc", ct, session, clOrdId));

    public async Task<FixRequest?> ByClientId(UInt128 clientId, CancellationToken ct) => byClientId.GetValueOrDefault(clientId) ?? Keep(await One("client_id = $1", ct, Uuid(clientId)));

    public async Task<FixRequest?> CancelOf(long order, CancellationToken ct) => cancels.GetValueOrDefault(order) ?? await One("order_number = $1 and type = 'F' order by day desc, cl_ord_id", ct, order);

    async Task<FixRequest?> One(string where, CancellationToken ct, params object?[] args)
    {
        await using var s = sessions.Open(Actor.System);
        return await s.One($"select session, day, cl_ord_id, type, original, order_number from market.fix_request where {where} limit 1",
            r => new FixRequest(r.GetInt64(0), r.Day(1), r.GetString(2), r.GetString(3), r.MaybeGuid(4) is { } original ? Number(original) : null, r.IsDBNull(5) ? null : r.GetInt64(5)), ct, args);
    }

    async Task Write()
    {
        do
        {
            await Task.Yield();
            while (!waiting.IsEmpty)
            {
                var batch = new List<(FixRequest Request, TaskCompletionSource<bool> New)>();
                while (batch.Count < Together && waiting.TryDequeue(out var one)) batch.Add(one);
                try
                {
                    var written = await Insert([.. batch.Select(b => b.Request)]);
                    // Of two with one name in a batch the first was new.
                    foreach (var (request, done) in batch)
                    {
                        // One whose name was used is not what the name stands for.
                        var fresh = written.Remove(request.ClientId);
                        if (fresh) Keep(request);
                        done.SetResult(fresh);
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    foreach (var (_, done) in batch) done.TrySetException(e);
                }
            }
            Volatile.Write(ref writing, 0);
        }
        while (!waiting.IsEmpty && Interlocked.CompareExchange(ref writing, 1, 0) == 0);
    }

    async Task<HashSet<UInt128>> Insert(FixRequest[] requests)
    {
        await using var s = sessions.Open(Actor.System);
        return [.. await s.All("""
            insert into market.fix_request (session, day, cl_ord_id, client_id, type, original, order_number) select * from unnest($1::bigint[], $2::date[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::bigint[])
            on conflict do nothing returning client_id
            """, r => Number(r.GetGuid(0)), CancellationToken.None, requests.Select(r => r.Session).ToArray(), requests.Select(r => r.Day.ToDateOnly()).ToArray(), requests.Select(r => r.ClOrdId).ToArray(), requests.Select(r => Uuid(r.ClientId)).ToArray(),
            requests.Select(r => r.Type).ToArray(), requests.Select(r => r.Original is { } o ? Uuid(o) : (Guid?)null).ToArray(), requests.Select(r => r.Order).ToArray())];
    }

    FixRequest? Keep(FixRequest? request)
    {
        if (request is null) return null;
        if (byClientId.Count > AtHand)
        {
            byClientId.Clear(); // rarer and simpler than letting go one by one
            byName.Clear();
            cancels.Clear();
        }
        byClientId[request.ClientId] = request;
        byName[(request.Session, request.ClOrdId)] = request;
        if (request is { Type: FixType.OrderCancelRequest, Order: { } order }) cancels[order] = request;
        return request;
    }

    static Guid Uuid(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new(bytes, bigEndian: true);
    }

    static UInt128 Number(Guid uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
