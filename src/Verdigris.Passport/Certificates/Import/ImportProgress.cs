using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>How far a running import is, in lines.</summary>
/// <param name="Lines">Lines of the file; a line break inside quotes counts as one too.</param>
/// <param name="Written">Stored. In mode whole-file they become durable together at the end.</param>
public sealed record ImportProgress(int Lines, int Read, int Checked, int Refused, int Written)
{
    /// <summary>Every line is checked, and then refused or written.</summary>
    public int Done => Checked + Refused + Written;

    public int Work => Math.Max(1, 2 * Math.Max(Lines, Read));
}

/// <summary>Tells how far an import is, on a connection of its own: the import's transaction is not seen before it ends.</summary>
sealed class ImportMeter(DbSession own, Guid import, int lines)
{
    static readonly Duration Every = Duration.FromMilliseconds(250);
    Instant next = Instant.MinValue;

    /// <summary>Writes at most four times a second; <paramref name="isChecked"/> is never more than <paramref name="read"/>.</summary>
    public async Task Show(int read, int isChecked, int refused, int written, CancellationToken ct)
    {
        var now = own.Now;
        if (now < next) return;
        next = now + Every;
        await own.Run("""
            insert into passport.certificate_import_progress (import_id, lines, read, checked, refused, written, changed_at) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (import_id) do update set lines = $2, read = $3, checked = $4, refused = $5, written = $6, changed_at = $7
            """, ct, import, lines, read, isChecked, refused, written, now);
    }

    public Task<int> End() => own.Run("delete from passport.certificate_import_progress where import_id = $1", CancellationToken.None, import);
}
