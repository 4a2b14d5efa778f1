using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodaTime;
using Verdigris.Primitives.Statistics;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Exercises;

/// <summary>Lots of an account that take part in a draw.</summary>
public sealed record Ticket(long Account, long Lots);

/// <summary>
/// Draws by lot: every lot is a ticket, and the seed decides the order. Nobody chooses the seed: it is worked out from the report of the day before, the tickets and the day's settlement prices. It stands beside the result; whoever has tickets and seed gets the same order.
/// </summary>
public static class Draws
{
    /// <summary>The accounts drawn, one entry a lot taken, neighbours of one account joined; tickets in order of their accounts. Fisher and Yates over xoshiro256**. Answers fewer where there are fewer.</summary>
    public static IReadOnlyList<Ticket> Draw(IReadOnlyList<Ticket> tickets, long lots, long seed)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        var left = tickets.OrderBy(t => t.Account).Select(t => t.Lots).ToArray();
        var accounts = tickets.OrderBy(t => t.Account).Select(t => t.Account).ToArray();
        var random = Xoshiro.OfSeed(seed);
        var (total, drawn) = (left.Sum(), new List<Ticket>());
        // Drawing lots one by one without putting back, counted by account: the same as shuffling all of them.
        for (; lots > 0 && total > 0; lots--, total--)
        {
            var at = Below(random, total);
            var i = 0;
            while (at >= left[i]) at -= left[i++];
            left[i]--;
            if (drawn.Count > 0 && drawn[^1].Account == accounts[i]) drawn[^1] = drawn[^1] with { Lots = drawn[^1].Lots + 1 };
            else drawn.Add(new(accounts[i], 1));
        }
        return drawn;
    }

    /// <summary>Draws once a day, purpose and series; again it answers what was drawn.</summary>
    internal static async Task<IReadOnlyList<Ticket>> Once(DbSession s, LocalDate day, string purpose, string series, IReadOnlyList<Ticket> tickets, long lots, CancellationToken ct)
    {
        var known = await s.One("select drawn::text from market.draw where day = $1 and purpose = $2 and series = $3", r => r.GetString(0), ct, day, purpose, series);
        if (known is not null) return JsonSerializer.Deserialize<List<Ticket>>(known, StorageJson.Options)!;
        var seed = await Seed(s, day, purpose, series, tickets, ct);
        var drawn = Draw(tickets, lots, seed);
        await s.Run("insert into market.draw (id, day, purpose, series, seed, tickets, drawn, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8)", ct, s.NewId(), day, purpose, series, seed, new Json(StorageJson.Write(tickets)), new Json(StorageJson.Write(drawn)), s.Now);
        return drawn;
    }

    /// <summary>The first eight bytes of a hash over what only the whole market decides.</summary>
    static async Task<long> Seed(DbSession s, LocalDate day, string purpose, string series, IReadOnlyList<Ticket> tickets, CancellationToken ct)
    {
        var before = await s.Value<string>("select coalesce((select report_sha256 from market.clearing_day where day < $1 order by day desc limit 1), '')", ct, day);
        var prices = await s.Value<string>("select coalesce(string_agg(series || '=' || trim_scale(price), ';' order by series), '') from market.settlement_price where day = $1", ct, day);
        var text = $"{day:uuuu-MM-dd}/{purpose}/{series}/{before}/{string.Join(",", tickets.OrderBy(t => t.Account).Select(t => $"{t.Account}:{t.Lots}"))}/{prices}";
        return BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Below a bound, each number as likely as another.</summary>
    static long Below(Xoshiro random, long bound)
    {
        var b = (ulong)bound;
        while (true)
        {
            var high = Math.BigMul(random.Next(), b, out var low);
            if (low >= b || low >= unchecked(0 - b) % b) return (long)high;
        }
    }
}
