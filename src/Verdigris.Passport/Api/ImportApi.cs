using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>One fault with its words in both languages.</summary>
sealed record FaultView(int Line, string? Column, string Code, string Message, string MessageZh);

sealed record ImportView(Guid? Id, string FileSha256, string FileName, string Mode, string State, int Lines, int Accepted, int Refused, int Applied, int Warned, bool Repeated, string? Mapping, IReadOnlyList<FaultView> Faults);

/// <param name="Signed">Signed now.</param>
sealed record SignedView(int Signed);

/// <param name="Published">Published now.</param>
sealed record PublishedView(int Published);

/// <param name="Value">Work done of <paramref name="Max"/>; null where nobody has told yet.</param>
/// <param name="Location">Where the report stands, once done.</param>
sealed record ProgressView(int? Value, int? Max, string? Text, bool Done, string? Location);

static class ImportApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/certificate-imports").WithTags("Imports");
        g.MapGet("/template", () => Results.Text(ImportColumns.Template(), "text/csv")).WithName("GetImportTemplate").WithSummary("The CSV template").Produces<string>(200, "text/csv");
        g.MapGet("/columns", (HttpContext http) => ApiReplies.Reply(http, ImportColumns.All)).WithName("ListImportColumns").WithSummary("The columns of the file").Produces<IReadOnlyList<ImportColumn>>();
        g.MapGet("/mappings", async (HttpContext http, DbSession s, ImportMappings h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListImportMappings").WithSummary("How columns of the own sources are called").Produces<IReadOnlyList<ImportMapping>>();
        g.MapGet("/mappings/{id:guid}", async (HttpContext http, DbSession s, ImportMappings h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetImportMapping").WithSummary("One mapping").Produces<ImportMapping>();
        g.MapPost("/mappings", (HttpContext http, DbSession s, ImportMappings h, CancellationToken ct) => Save(http, s, h, null, ct)).WithName("AddImportMapping").WithSummary("Write down how the columns of a source are called; files whose headers fit are read by it").Accepts<MappingContent>("application/json").Produces<ImportMapping>(201);
        g.MapPut("/mappings/{id:guid}", (HttpContext http, DbSession s, ImportMappings h, Guid id, CancellationToken ct) => Save(http, s, h, id, ct)).WithName("ChangeImportMapping").WithSummary("Change a mapping; imports begun keep theirs").Accepts<MappingContent>("application/json").Produces<ImportMapping>();
        g.MapDelete("/mappings/{id:guid}", async (DbSession s, ImportMappings h, Guid id, CancellationToken ct) => Replies.From(await h.Remove(s, id, ct))).WithName("RemoveImportMapping").WithSummary("Take a mapping away").Produces(204);
        g.MapPost("/check", Check).WithName("CheckImport").WithSummary("Dry run: a report by line, nothing stored").Accepts<string>(TableLines.Csv, TableLines.Xlsx).Produces<ImportView>();
        g.MapPost("", Apply).WithName("ApplyImport").WithSummary("Take a file in: mode=whole-file or accepted-lines; the same file again does nothing").Accepts<string>(TableLines.Csv, TableLines.Xlsx).Produces<ImportView>();
        g.MapGet("", List).WithName("ListImports").WithSummary("Own imports, newest first").Produces<Page<ImportView>>();
        g.MapGet("/{id:guid}", Get).WithName("GetImport").WithSummary("The report of an import").Produces<ImportView>();
        g.MapPost("/{id:guid}/sign", Sign).WithName("SignImport").WithSummary("Sign every draft of an import and publish it; publish=false signs only (approver)").Produces<SignedView>();
        g.MapPost("/{id:guid}/publish", Publish).WithName("PublishImport").WithSummary("Publish every signed certificate of an import (approver)").Produces<PublishedView>();
        g.MapGet("/{id:guid}/events", Events).WithName("FollowImport").WithSummary("How far an import is, as server-sent events until it ends").Produces<ProgressView>(200, "text/event-stream");
    }

    static async Task<IResult> Save(HttpContext http, DbSession s, ImportMappings h, Guid? id, CancellationToken ct)
    {
        var body = await ApiReplies.Body<MappingContent>(http.Request, ct);
        if (!body.Ok) return Replies.Refused([.. body.Refusals]);
        var saved = await h.Save(s, id, body.Value, ct);
        return id is null ? ApiReplies.Made(saved, m => $"/api/v1/certificate-imports/mappings/{m.Id}") : ApiReplies.Reply(http, saved);
    }

    static async Task<IResult> Check(HttpContext http, DbSession s, CertificateImport import, StringCatalogue texts, string? name, CancellationToken ct) =>
        Reply(http, await import.Check(s, http.Request.Body, name ?? "certificates.csv", ct), texts);

    static async Task<IResult> Apply(HttpContext http, DbSession s, CertificateImport import, StringCatalogue texts, string? name, string? mode, CancellationToken ct) =>
        Reply(http, await import.Apply(s, http.Request.Body, name ?? "certificates.csv", mode ?? CertificateImport.WholeFile, ct), texts);

    static async Task<IResult> Get(HttpContext http, DbSession s, CertificateImport import, StringCatalogue texts, Guid id, CancellationToken ct) => Reply(http, await import.Read(s, id, ct), texts);

    static async Task<IResult> List(HttpContext http, DbSession s, CertificateImport import, StringCatalogue texts, string? sort, string? cursor, int? limit, CancellationToken ct)
    {
        var read = await import.List(s, sort, cursor, limit ?? 50, ct);
        return read.Ok ? ApiReplies.Reply(http, read.Value.Select(r => View(r, texts))) : Replies.Refused([.. read.Refusals]);
    }

    static async Task<IResult> Sign(DbSession s, ImportSigning signing, Guid id, bool? publish, CancellationToken ct)
    {
        var signed = await signing.Sign(s, id, publish ?? true, ct);
        return signed.Ok ? Results.Ok(new SignedView(signed.Value)) : Replies.Refused([.. signed.Refusals]);
    }

    static async Task<IResult> Publish(DbSession s, ImportSigning signing, Guid id, CancellationToken ct)
    {
        var published = await signing.Publish(s, id, ct);
        return published.Ok ? Results.Ok(new PublishedView(published.Value)) : Replies.Refused([.. published.Refusals]);
    }

    static async Task<IResult> Events(DbSession s, ImportRuns runs, ImportSigningRuns signings, IDbSessions sessions, IStrings texts, Show show, Guid id, CancellationToken ct)
    {
        var first = await runs.Standing(s, id, ct);
        return first.Ok ? TypedResults.ServerSentEvents(Follow(s.Actor, runs, signings, sessions, texts, show, id, ct)) : Replies.Refused([.. first.Refusals]);
    }

    // No connection to the database is held between two looks.
    static async IAsyncEnumerable<ProgressView> Follow(Actor actor, ImportRuns runs, ImportSigningRuns signings, IDbSessions sessions, IStrings texts, Show show, Guid id, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            Answer<ImportStanding> standing;
            await using (var look = sessions.Open(actor)) standing = await runs.Standing(look, id, ct);
            if (standing.Ok && signings.Standing(id) is { Running: true } signing)
            {
                yield return new(signing.Done, Math.Max(1, signing.Of), ImportProgressText.Of(signing, texts, show), false, null);
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
                continue;
            }
            var under = standing.Ok && standing.Value.Running;
            var progress = standing.Ok ? standing.Value.Progress : null;
            if (!under || progress is not null)
                yield return new(progress?.Done, progress?.Work, progress is null ? null : ImportProgressText.Of(progress, texts, show), !under, under ? null : $"/certificates/import/{id}");
            if (!under) yield break;
            await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
        }
    }

    static IResult Reply(HttpContext http, Answer<ImportReport> report, StringCatalogue texts) => report.Ok ? ApiReplies.Reply(http, View(report.Value, texts)) : Replies.Refused([.. report.Refusals]);

    static ImportView View(ImportReport r, StringCatalogue texts) => new(r.Id, r.FileSha256, r.FileName, r.Mode, r.State, r.Lines, r.Accepted, r.Refused, r.Applied, r.Warned, r.Repeated, r.Mapping,
        [.. r.Faults.Select(f =>
        {
            var refusal = new Refusal(f.Code, f.Column, f.Args);
            return new FaultView(f.Line, f.Column, f.Code, RefusalText.Of(refusal, texts, StringCatalogue.English), RefusalText.Of(refusal, texts, StringCatalogue.Chinese));
        })]);
}
