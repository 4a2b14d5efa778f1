using NodaTime;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Transfers;

/// <summary>Where one unit stands, for everybody: whether it may still be traded. Who holds it and where it has been is not said.</summary>
/// <param name="Status">not-issued; with-the-scheme (not given out yet, or given back); in-circulation; other-registry (over a link); ended.</param>
/// <param name="End">Of an ended one the account of the scheme it ended in: surrender, deletion; null else.</param>
/// <param name="Since">When it ended, or left for the other registry; null else.</param>
public sealed record SerialStanding(string Scheme, string Unit, string? Vintage, long Serial, string Status, string? End, Instant? Since);

/// <summary>
/// The public answer to "is this unit still good?". Surrendered units were sold again once because nobody but their registry could know; who buys by serial asks here first.
/// </summary>
public sealed class SerialStandings(SchemeSet schemes, SchemeNumbers numbers, IVenue venue)
{
    /// <summary>Refuses <c>ets.scheme-unknown</c>, <c>transaction.unit</c> and <c>transaction.serial</c> (a serial is 1 or more). A serial nobody issued is an answer, not a refusal.</summary>
    /// <param name="vintage">Where units of different years differ.</param>
    public Answer<SerialStanding> Of(string scheme, string? unit, string? vintage, long serial)
    {
        if (schemes.Find(scheme) is not { } of) return Refusal.NotFound("ets.scheme-unknown", "scheme", ("given", scheme), ("known", string.Join(", ", schemes.All.Select(s => s.Code))));
        var year = string.IsNullOrWhiteSpace(vintage) ? null : vintage.Trim();
        if (of.Unit(unit?.Trim() ?? "") is not { } known || (known.Vintage == "none") != (year is null)) return Refusal.Of("transaction.unit", "unit", ("given", $"{unit} {year}".Trim()), ("known", string.Join(", ", of.Units.Select(u => u.Unit))));
        if (serial < 1) return Refusal.Of("transaction.serial", "serial");
        SerialStanding Says(string status, string? end = null, Instant? since = null) => new(of.Code, known.Unit, year, serial, status, end, since);
        if (numbers.Asset(of.Code, known.Unit, year ?? "") is not { } asset || venue.Read(b => b.Life(asset, serial)) is not { Count: > 0 } life) return Says("not-issued");
        var last = life[^1];
        var at = NodaConstants.UnixEpoch + Duration.FromNanoseconds(last.TimeMicros * 1000L);
        return of.Accounts.FirstOrDefault(a => a.Role != AccountRole.Holder && numbers.Central(of.Code, a.Kind) == last.Credit) switch
        {
            null => Says("in-circulation"),
            { Role: AccountRole.Sink } sink => Says("ended", sink.Kind, at),
            { Role: AccountRole.Link } => Says("other-registry", null, at),
            _ => Says("with-the-scheme"),
        };
    }
}
