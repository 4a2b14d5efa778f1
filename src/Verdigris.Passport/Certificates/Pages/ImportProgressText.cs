using Verdigris.Passport.Certificates.Import;
using Verdigris.Web;

namespace Verdigris.Passport.Certificates;

/// <summary>One line on how far an import is, for the page and for the events that move it.</summary>
static class ImportProgressText
{
    public static string Of(ImportProgress p, IStrings s, Show show) =>
        s.With("passport.import.progress-text", ("lines", show.Count(p.Lines)), ("read", show.Count(p.Read)), ("checked", show.Count(p.Checked)), ("refused", show.Count(p.Refused)), ("written", show.Count(p.Written)));

    public static string Of(SigningStanding p, IStrings s, Show show) =>
        s.With(p.Publishes ? "passport.import.publishing-text" : "passport.import.signing-text", ("done", show.Count(p.Done)), ("of", show.Count(p.Of)));
}
