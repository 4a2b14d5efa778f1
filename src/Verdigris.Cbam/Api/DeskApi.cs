using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Api;

/// <summary>One finding of a customs file, with its words in both languages.</summary>
sealed record CustomsFindingView(int Line, string? Column, string? Field, bool Refuses, string Code, string Message, string MessageZh);

/// <summary>What would come of a file, line by line.</summary>
/// <param name="Lines">Null where neither a mapping nor names we know fit it: write a mapping down.</param>
sealed record CustomsFileView(CustomsImport File, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Sample, CustomsMapping? Mapping, int? Lines, int? Refused, int? New, int? There, IReadOnlyList<ReadLine> Shown, IReadOnlyList<CustomsFindingView> Findings);

/// <summary>A step of a calculation, in both languages.</summary>
/// <param name="Formula">With the names of the inputs; absent where the step compares or selects.</param>
/// <param name="Rule">Act and article, with the pack it stands in and how sure its value is.</param>
sealed record LineStep(string Id, string Text, string TextZh, string? Formula, IReadOnlyDictionary<string, string> Inputs, string? Value, string? Unit, string? Rule, string? Pack, string? Status)
{
    public static LineStep Of(TraceStep s) => new(s.Id, s.Text.En, s.Text.Zh, s.Formula, s.Inputs.ToDictionary(i => i.Key, i => i.Value?.ToString() ?? ""), s.Value?.ToString(), s.Unit, s.Rule?.Article, s.Rule?.Pack, s.Rule?.Status.ToString().ToLowerInvariant());
}

/// <summary>Something that stands between a line and actual figures, in words.</summary>
sealed record MissingFigure(string Field, string Message, string MessageZh);

/// <summary>Actual or default? Both with the money and the trace.</summary>
sealed record LineComparisonView(ImportLine Line, LineOutcome Default, LineOutcome? Actual, IReadOnlyList<LineStep> DefaultTrace, IReadOnlyList<LineStep> ActualTrace, decimal? SavedCertificates, decimal? SavedEur, IReadOnlyList<MissingFigure> Missing)
{
    public static LineComparisonView Of(BothBases c, StringCatalogue texts) => new(c.Line, c.Default, c.Actual, [.. c.DefaultTrace.Select(LineStep.Of)], [.. c.ActualTrace.Select(LineStep.Of)], c.SavedCertificates, c.SavedEur,
        [.. c.Missing.Select(m => new MissingFigure(m.Field!, RefusalText.Of(m, texts, StringCatalogue.English), RefusalText.Of(m, texts, StringCatalogue.Chinese)))]);
}

/// <param name="Precursors">Null where nobody said, an empty list where the good has none.</param>
sealed record PrecursorsBody(IReadOnlyList<LinePrecursor>? Precursors);

/// <summary>The importer's desk: the declarant's record, customs lines, the year's watch, declarations, certificates.</summary>
static class DeskApi
{
    internal static readonly QueryParameter[] Paging = [new("cursor", "nextCursor of the page before"), new("limit", "Rows a page, 1 to 200", "50")];

    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/cbam").WithTags("CBAM");
        g.MapGet("/declarant", async (HttpContext http, DbSession s, DeclarantHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, ct))).WithName("GetDeclarant").WithSummary("The own record as an importer").Produces<Declarant>();
        g.MapPut("/declarant", (HttpContext http, DbSession s, DeclarantHandlers h, CancellationToken ct) => ApiReplies.Reply<DeclarantData, Declarant>(http, b => h.Save(s, b, ct), ct))
            .WithName("SaveDeclarant").WithSummary("Write the own record as an importer (owner's trader)").Accepts<DeclarantData>("application/json").Produces<Declarant>();
        g.MapGet("/years/{year:int}", async (HttpContext http, DbSession s, YearWatch h, int year, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, year, ct)))
            .WithName("WatchYear").WithSummary("Mass against the threshold, what is due so far, and what must be held at each quarter's end").Produces<YearState>();
        Imports(g);
        Lines(g);
        Declarations(g);
        Certificates(g);
    }

    static void Imports(RouteGroupBuilder g)
    {
        g.MapGet("/customs-files", async (HttpContext http, DbSession s, CustomsImports h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListCustomsFiles").WithSummary("Files of customs lines, newest first").Produces<IReadOnlyList<CustomsImport>>();
        g.MapPost("/customs-files", async (HttpContext http, DbSession s, CustomsImports h, StringCatalogue texts, string? name, CancellationToken ct) => ApiReplies.Made(View(await h.Bring(s, name, http.Request.Body, ct), texts), v => $"/api/v1/cbam/customs-files/{v.File.Id}"))
            .WithName("BringCustomsFile").WithSummary("Bring a CSV, XLSX or XML file of customs lines: name=FILE, the content as the body. Answers what would come of it; no line comes in (owner's trader)")
            .WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<CustomsFileView>(201);
        g.MapGet("/customs-files/{id:guid}", async (HttpContext http, DbSession s, CustomsImports h, StringCatalogue texts, Guid id, CancellationToken ct) => ApiReplies.Reply(http, View(await h.Read(s, id, ct), texts))).WithName("GetCustomsFile").WithSummary("A file, and what comes of it line by line").Produces<CustomsFileView>();
        g.MapGet("/customs-files/{id:guid}/file", async (HttpContext http, DbSession s, CustomsImports h, Guid id, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, ct))).WithName("GetCustomsFileContent").WithSummary("The file as it came").Produces<string>(200, "application/octet-stream");
        g.MapPut("/customs-files/{id:guid}/mapping", (HttpContext http, DbSession s, CustomsImports h, StringCatalogue texts, Guid id, CancellationToken ct) => ApiReplies.Reply<CustomsMappingContent, CustomsFileView>(http, async b => View(await h.SetMapping(s, id, b, ct), texts), ct))
            .WithName("MapCustomsFile").WithSummary("Say what the columns of this file's source are; kept under the source's name for its next files (owner's trader)").Accepts<CustomsMappingContent>("application/json").Produces<CustomsFileView>();
        g.MapPost("/customs-files/{id:guid}/apply", (HttpContext http, DbSession s, CustomsImports h, StringCatalogue texts, Guid id, CancellationToken ct) => ApiReplies.Reply<ApplyFile, CustomsFileView>(http, async b => View(await h.Apply(s, id, b.Mode, ct), texts), ct))
            .WithName("ApplyCustomsFile").WithSummary("Take the new lines in: mode whole-file, or accepted-lines where lines were refused (owner's trader)").Accepts<ApplyFile>("application/json").Produces<CustomsFileView>();
        g.MapGet("/customs-mappings", async (HttpContext http, DbSession s, CustomsImports h, CancellationToken ct) => ApiReplies.Reply(http, await h.Mappings(s, ct))).WithName("ListCustomsMappings").WithSummary("What the columns of the own sources are").Produces<IReadOnlyList<CustomsMapping>>();
        g.MapDelete("/customs-mappings/{id:guid}", async (DbSession s, CustomsImports h, Guid id, CancellationToken ct) => Replies.From(await h.RemoveMapping(s, id, ct))).WithName("RemoveCustomsMapping").WithSummary("Take a mapping away (owner's trader)").Produces(204);
    }

    static void Lines(RouteGroupBuilder g)
    {
        g.MapGet("/lines", async (HttpContext http, DbSession s, LineHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new LineFilter(q.Whole("year"), q.Whole("quarter"), q.Word<GoodScope>("scope"), q.Word<LineBasis>("basis"), q.Word<LinkKind>("link"), q.Text("origin"), q.Text("cn"), q.Text("text"), q.Id("file"), q.Flag("withdrawn"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListCustomsLines").WithSummary("Customs lines with what is due for each").WithQuery([new("year", "Of release", "2026"), new("quarter", "1 to 4 of the year", "1"), new("scope", "InScope, ExemptOrigin or OutOfScope", "InScope"),
                new("basis", "Default or Actual", "Default"), new("link", "None, Certificate, Warrant or Supplier", "None"), new("origin", "Country of origin", "IN"), new("cn", "Beginning of the code", "7601"), new("text", "A part of reference number, supplier or document", "Smelter"),
                new("file", "Of this file", "01990a6e-3c1f-7a2e-9b4d-5e6f708192c1"), new("withdrawn", "true: withdrawn lines only", "false"), new("sort", "released, taken, mrn, cn, origin or mass, with - before it for descending", "-released"), .. Paging]).Produces<Page<LineView>>();
        g.MapGet("/lines/{id:guid}", async (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCustomsLine").WithSummary("A customs line").Produces<LineView>();
        g.MapGet("/lines/{id:guid}/comparison", async (HttpContext http, DbSession s, LineHandlers h, StringCatalogue texts, Guid id, CancellationToken ct) =>
            {
                var compared = await h.Compare(s, id, ct);
                return compared.Ok ? ApiReplies.Reply(http, LineComparisonView.Of(compared.Value, texts)) : Replies.Refused([.. compared.Refusals]);
            }).WithName("CompareCustomsLine").WithSummary("Actual or default? Both with the money and the trace").Produces<LineComparisonView>();
        g.MapPut("/lines/{id:guid}/link", (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<LinkBody, LineView>(http, b => h.Link(s, id, b, ct), ct))
            .WithName("LinkCustomsLine").WithSummary("Say where its emissions are stated: a certificate, a warrant or a supplier (owner's trader)").Accepts<LinkBody>("application/json").Produces<LineView>();
        g.MapDelete("/lines/{id:guid}/link", async (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Unlink(s, id, ct))).WithName("UnlinkCustomsLine").WithSummary("Take the link away (owner's trader)").Produces<LineView>();
        g.MapPut("/lines/{id:guid}/precursors", (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<PrecursorsBody, LineView>(http, b => h.SetPrecursors(s, id, b.Precursors, ct), ct))
            .WithName("SetLinePrecursors").WithSummary("Say what the good of a line linked to a supplier is made of: null where nobody said, an empty list for nothing (owner's trader)").Accepts<PrecursorsBody>("application/json").Produces<LineView>();
        g.MapPut("/lines/{id:guid}/precursors/file", async (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.BringPrecursors(s, id, http.Request.Body, ct)))
            .WithName("BringLinePrecursors").WithSummary("The same out of a CSV, XLSX or XML file with the names of the fields, as the body; all of it or nothing (owner's trader)")
            .WithMetadata(new RequestSizeLimitAttribute(PrecursorFile.LargestBytes + (1 << 16))).Accepts<string>("application/octet-stream").Produces<LineView>();
        g.MapPut("/lines/{id:guid}/basis", (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<BasisBody, LineView>(http, b => h.SetBasis(s, id, b.Basis, ct), ct))
            .WithName("SetLineBasis").WithSummary("Choose default values or actual figures (owner's trader)").Accepts<BasisBody>("application/json").Produces<LineView>();
        g.MapPost("/lines/{id:guid}/withdrawal", (HttpContext http, DbSession s, LineHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, LineView>(http, b => h.Withdraw(s, id, b.Reason, ct), ct))
            .WithName("WithdrawCustomsLine").WithSummary("Take a line out, with the reason (owner's trader)").Accepts<ReasonBody>("application/json").Produces<LineView>();
    }

    static void Declarations(RouteGroupBuilder g)
    {
        g.MapGet("/declarations", async (HttpContext http, DbSession s, DeclarationHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, ct))).WithName("ListDeclarations").WithSummary("Own declarations, newest first").Produces<IReadOnlyList<Declaration>>();
        g.MapPost("/declarations", (HttpContext http, DbSession s, DeclarationHandlers h, CancellationToken ct) => ApiReplies.Made<NewDeclaration, DeclarationView>(http, b => h.Create(s, b.Year, ct), v => $"/api/v1/cbam/declarations/{v.Declaration.Id}", ct))
            .WithName("OpenDeclaration").WithSummary("Open the declaration of a year (owner's trader)").Accepts<NewDeclaration>("application/json").Produces<DeclarationView>(201);
        g.MapGet("/declarations/{id:guid}", async (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetDeclaration").WithSummary("A declaration with its content: calculated now while a draft, as it stands afterwards").Produces<DeclarationView>();
        g.MapPost("/declarations/{id:guid}/proposal", async (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Propose(s, id, ct))).WithName("ProposeDeclaration").WithSummary("Fix its content and ask a second person to hand it in (owner's trader)").Produces<DeclarationView>();
        g.MapPost("/declarations/{id:guid}/corrections", (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<ReasonBody, DeclarationView>(http, b => h.Correct(s, id, b.Reason, ct), v => $"/api/v1/cbam/declarations/{v.Declaration.Id}", ct))
            .WithName("CorrectDeclaration").WithSummary("Begin the next version of a declaration handed in, with the reason (owner's trader)").Accepts<ReasonBody>("application/json").Produces<DeclarationView>(201);
        g.MapPost("/declarations/{id:guid}/discard", (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<ReasonBody, DeclarationView>(http, b => h.Discard(s, id, b.Reason, ct), ct))
            .WithName("DiscardCorrection").WithSummary("Throw away a correction opened by mistake, with the reason; it stays to be seen (owner's trader)").Accepts<ReasonBody>("application/json").Produces<DeclarationView>();
        g.MapPost("/declarations/{id:guid}/files", async (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, string? name, CancellationToken ct) => ApiReplies.Made(await h.AddFile(s, id, name, http.Request.Body, ct), f => $"/api/v1/cbam/declarations/{f.DeclarationId}/files/{f.Id}"))
            .WithName("AddDeclarationFile").WithSummary("Add a file of evidence to a draft: name=FILE, the content as the body (owner's trader)").WithMetadata(new RequestSizeLimitAttribute(EvidenceRules.LargestBytes + (1 << 20))).Accepts<string>("application/octet-stream").Produces<DeclarationFile>(201);
        g.MapGet("/declarations/{id:guid}/files/{file:guid}", async (HttpContext http, DbSession s, DeclarationHandlers h, Guid id, Guid file, CancellationToken ct) => ApiReplies.Saved(http, await h.Open(s, id, file, ct))).WithName("GetDeclarationFile").WithSummary("A file of evidence").Produces<string>(200, "application/octet-stream");
        g.MapGet("/declarations/{id:guid}/dossier", Dossier).WithName("SealDossier").WithSummary("The sealed dossier of a declaration handed in, as ZIP: report, data, evidence, manifest and signature").WithQuery([new("language", "en or zh", "en")]).Produces<string>(200, "application/zip");
        g.MapPost("/quarters/{year:int}/{quarter:int}/report", (HttpContext http, DbSession s, QuarterReports h, int year, int quarter, CancellationToken ct) => ApiReplies.With<QuarterSigning>(http, async b => Replies.From(await h.Write(s, year, quarter, b, ct), xml => Results.File(xml, "application/xml", $"QReport-{year}-Q{quarter}.xml"))))
            .WithName("WriteQuarterReport").WithSummary("The quarterly report of the transitional period as XML, validated by the Commission's schema (owner's trader)").Accepts<QuarterSigning>("application/json").Produces<string>(200, "application/xml");
    }

    static async Task<IResult> Dossier(HttpContext http, DbSession s, DeclarationDossiers h, Guid id, CancellationToken ct)
    {
        var language = http.Request.Query["language"].ToString() is { Length: > 0 } given ? given : StringCatalogue.English;
        if (language is not (StringCatalogue.English or StringCatalogue.Chinese)) return Replies.Refused(Refusal.Of("request.word-unknown", "language", ("given", language)));
        http.Response.Headers.CacheControl = "private, no-store";
        return Replies.From(await h.Seal(s, id, language, ct), zip => Results.File(zip, "application/zip", "dossier.zip"));
    }

    static void Certificates(RouteGroupBuilder g)
    {
        g.MapGet("/certificates", async (HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct) => ApiReplies.Reply(http, await h.Holdings(s, ct))).WithName("ListCertificateHoldings").WithSummary("Certificates held and moved, year by year, beside what is due").Produces<IReadOnlyList<CertificateHolding>>();
        g.MapGet("/certificates/statement", async (HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var year = q.Whole("year");
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.Statement(s, year, ct));
            }).WithName("GetCertificateStatement").WithSummary("Postings of the own account in the Book, newest first").WithQuery([new("year", "Year of the imports", "2026")]).Produces<IReadOnlyList<StatementLine>>();
        g.MapGet("/certificate-orders", async (HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct) =>
            {
                var q = new QueryWords(http);
                var filter = new OrderFilter(q.Whole("year"), q.Word<OrderKind>("kind"), q.Word<OrderState>("state"), q.Text("sort"), q.Text("cursor"), q.Whole("limit") ?? 50);
                return q.Wrong.Count > 0 ? Replies.Refused(q.Wrong) : ApiReplies.Reply(http, await h.List(s, filter, ct));
            }).WithName("ListCertificateOrders").WithSummary("Orders of certificates").WithQuery([new("year", "Year of the imports", "2026"), new("kind", "Purchase, Surrender, Repurchase or Cancellation", "Purchase"), new("state", "In this state", "Done"),
                new("sort", "ordered, year, kind or state, with - before it for descending", "-ordered"), .. Paging]).Produces<Page<CertificateOrder>>();
        g.MapPost("/certificate-orders", (HttpContext http, DbSession s, CertificateHandlers h, CancellationToken ct) => ApiReplies.Made<NewOrder, CertificateOrder>(http, b => h.Propose(s, b, ct), o => $"/api/v1/cbam/certificate-orders/{o.Id}", ct))
            .WithName("ProposeCertificateOrder").WithSummary("Propose to buy, surrender or sell back; a second person decides in the task inbox (owner's trader)").Accepts<NewOrder>("application/json").Produces<CertificateOrder>(201);
        g.MapGet("/certificate-orders/{id:guid}", async (HttpContext http, DbSession s, CertificateHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetCertificateOrder").WithSummary("An order of certificates").Produces<CertificateOrder>();
    }

    static Answer<CustomsFileView> View(Answer<CustomsImportView> answer, StringCatalogue texts)
    {
        if (!answer.Ok) return Answer<CustomsFileView>.From(answer.Refusals);
        var v = answer.Value;
        var findings = (v.Reading?.Findings ?? []).Concat(v.Unfit.Select(r => new CustomsFinding(1, null, r.Field, true, r.Code, r.Args)));
        return new CustomsFileView(v.File, v.Header, v.Sample, v.Mapping, v.Reading?.Lines, v.Reading?.Refused, v.Reading?.New, v.Reading?.There, v.Reading?.Shown ?? [],
            [.. findings.Select(f => new CustomsFindingView(f.Line, f.Column, f.Field, f.Refuses, f.Code, RefusalText.Of(f.AsRefusal(), texts, StringCatalogue.English), RefusalText.Of(f.AsRefusal(), texts, StringCatalogue.Chinese)))]);
    }
}
