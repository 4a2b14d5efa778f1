using System.Collections.Immutable;
using Npgsql;

namespace Verdigris.Storage;

/// <param name="Table">Schema and table: <c>passport.certificate</c>.</param>
/// <param name="Ids">Ids of the rows changed; null where any row of the table may have.</param>
public readonly record struct RowsChanged(string Table, IReadOnlyList<Guid>? Ids);

/// <summary>Keeps something of the database in memory and must drop it when it changed.</summary>
public interface IChangeListener
{
    /// <summary>Must not throw, and take no time. May hear of the same change twice, and of one that was rolled back.</summary>
    void Changed(RowsChanged change);

    /// <summary>Changes may have been missed: everything kept is doubtful.</summary>
    void Missed();
}

/// <summary>
/// Which rows with the trigger <c>storage.tell_changed</c> changed, told to this process: by its own sessions as soon as their transaction ended, before its caller goes on; by
/// other servers through a notification, within the time that takes. Thread-safe singleton.
/// </summary>
public sealed class ChangeFeed
{
    public const string Channel = "verdigris_changed";
    const string Prefix = "verdigris.changed ";

    ImmutableArray<IChangeListener> listeners = [];
    volatile bool live;

    /// <summary>Whether notifications arrive. While they do not, nothing kept in memory may be believed.</summary>
    public bool Live => live;

    public void Add(IChangeListener listener) => ImmutableInterlocked.Update(ref listeners, known => known.Add(listener));

    /// <summary>Notifications arrive from now on; what came before may have been missed.</summary>
    public void Begin()
    {
        foreach (var listener in listeners) listener.Missed();
        live = true;
    }

    /// <summary>Notifications no longer arrive.</summary>
    public void End() => live = false;

    internal void Tell(string word)
    {
        var change = Read(word);
        foreach (var listener in listeners) listener.Changed(change);
    }

    /// <summary>The word in a message of the writing connection, or null where it is about something else.</summary>
    internal static string? WordIn(PostgresNotice notice) => notice.MessageText.StartsWith(Prefix, StringComparison.Ordinal) ? notice.MessageText[Prefix.Length..] : null;

    static RowsChanged Read(string word)
    {
        var space = word.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) return new(word, null);
        var ids = new List<Guid>();
        foreach (var text in word[(space + 1)..].Split(','))
        {
            if (!Guid.TryParse(text, out var id)) return new(word[..space], null);
            ids.Add(id);
        }
        return new(word[..space], ids);
    }
}
