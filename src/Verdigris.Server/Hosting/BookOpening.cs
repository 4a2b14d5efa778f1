using NodaTime;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Opens the Book of a data folder, with the trading floor beside it. Its id is drawn at the first start and kept beside the journal, which repeats it in every record.</summary>
static class BookOpening
{
    /// <exception cref="JournalFencedException">Another server has it open.</exception>
    /// <exception cref="JournalCorruptException">The journal is damaged, or belongs to another venue.</exception>
    public static (Venue Venue, FloorHost Floor) Open(ServerOptions options)
    {
        var folder = Path.Combine(options.DataFolder, "book");
        Directory.CreateDirectory(folder);
        return FloorHost.Open(new VenueOptions
        {
            VenueId = VenueId(Path.Combine(folder, "venue-id")),
            DataFolder = folder,
            NowMicros = () => options.Clock.GetCurrentInstant().ToUnixTimeTicks() / 10,
            Warn = line => Console.Error.WriteLine(line),
        });
    }

    static UInt128 VenueId(string file)
    {
        if (!File.Exists(file)) File.WriteAllText(file, Guid.NewGuid() + "\n");
        return Guid.TryParse(File.ReadAllText(file).Trim(), out var id) && id != Guid.Empty ? BookId.From(id)
            : throw new StorageProblem(StorageCodes.FolderCorrupt, $"{file} holds no venue id: put it back from a backup.", $"{file} 中没有账本标识：请从备份恢复。");
    }
}
