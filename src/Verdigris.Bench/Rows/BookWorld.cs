using Verdigris.Book;

namespace Verdigris.Bench.Rows;

/// <summary>A venue in a temporary folder with a cash asset, a serialised asset and many accounts: what every Book row is measured on.</summary>
sealed class BookWorld : IDisposable
{
    public const int Cash = 1, Serial = 2, Accounts = 10_000;
    public const long Issuer = 1_000_000;
    const ushort Owner = 1, Mint = 2;
    public const ushort Issue = 1, Move = 2;

    ulong nextId = 1;

    public BookWorld(string root)
    {
        Folder = Path.Combine(root, "bench-book-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture) + "-" + Interlocked.Increment(ref made).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.CreateDirectory(Folder);
    }

    static int made;

    public string Folder { get; }

    public VenueOptions Options => new()
    {
        VenueId = 77,
        DataFolder = Folder,
        NowMicros = Now,
        SnapshotEveryBytes = 0,
    };

    public static long Now() => (TimeProvider.System.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks) / 10;

    public UInt128 Id() => new(0xBE7C, Interlocked.Increment(ref nextId));

    /// <summary>Ids from a block of its own, so that threads need not share a counter.</summary>
    public UInt128 IdBlock(int ids) => new(0xBE7C, Interlocked.Add(ref nextId, (ulong)ids) - (ulong)ids + 1);

    public async Task SetUp(IVenue venue)
    {
        var list = new List<Command>
        {
            Commands.DefineAsset(Id(), Cash, "CASH", AssetKind.Fungible, 2),
            Commands.DefineAsset(Id(), Serial, "SERIAL", AssetKind.Serialised),
            Commands.OpenAccount(Id(), Issuer, Mint),
            Commands.SetRule(Id(), Issue, 0, Mint, Owner, RuleFlags.Allowed | RuleFlags.Issues),
            Commands.SetRule(Id(), Move, 0, Owner, Owner, RuleFlags.Allowed | RuleFlags.ProposeByDebit),
        };
        for (var a = 1; a <= Accounts; a++) list.Add(Commands.OpenAccount(Id(), a, Owner));
        for (var a = 1; a <= Accounts; a++) list.Add(Commands.Transfer(Id(), Issue, Cash, Issuer, a, 1_000_000_000_000));
        await SendAll(venue, list);
    }

    public static async Task SendAll(IVenue venue, List<Command> list)
    {
        var all = list.ToArray();
        for (var at = 0; at < all.Length; at += venue.MaxBatch)
        {
            var outcomes = await venue.Send(all.AsMemory(at, Math.Min(venue.MaxBatch, all.Length - at)));
            foreach (var o in outcomes) if (!o.Accepted) throw new InvalidOperationException($"The bench's own command was refused: {o.Code}.");
        }
    }

    /// <summary>Fills an array with transfers between random accounts of the first <paramref name="range"/>.</summary>
    public void Fill(Command[] batch, Random random, int range = Accounts)
    {
        var id = IdBlock(batch.Length);
        for (var i = 0; i < batch.Length; i++)
        {
            long d = random.Next(1, range + 1), c = random.Next(1, range);
            if (c >= d) c++;
            batch[i] = Commands.Transfer(id + (UInt128)(uint)i, Move, Cash, d, c, 1, actor: 9, actingFor: d);
        }
    }

    public long JournalBytes() => new DirectoryInfo(Path.Combine(Folder, "journal")).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
