using System.Globalization;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Dossier;
using Verdigris.Cbam.Suppliers;
using Verdigris.Footprint;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cbam.Declarations;

/// <summary>The sealed archive of a declaration for an inspection: what it says, its evidence, the customs files its lines came in, and the proof of effort, signed with the organisation's key.</summary>
public sealed class DeclarationDossiers(DeclarationHandlers declarations, RequestHandlers requests, EvidenceStore evidence, IReportSigner signer, IVerifierRegister organisations, StringCatalogue texts)
{
    /// <summary>Evidence of one archive, which is made in memory.</summary>
    const long MostBytes = 256L << 20;

    /// <summary>The archive of a declaration handed in; <c>declaration.not-submitted</c> before.</summary>
    /// <param name="language">en or zh.</param>
    public async Task<Answer<byte[]>> Seal(DbSession s, Guid id, string language, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.OwnerTrader, Role.OwnerApprover) is { } no) return no;
        var read = await declarations.Read(s, id, ct);
        if (!read.Ok) return Answer<byte[]>.From(read.Refusals);
        var (d, content) = (read.Value.Declaration, read.Value.Content);
        if (d.State is not (DeclarationState.Submitted or DeclarationState.Superseded)) return Refusal.Conflict("declaration.not-submitted", "state");
        var effort = (await requests.Effort(s, d.Year, ct)).Value;
        var imports = await s.All("select distinct i.id, i.file_name, i.sha256 from cbam.customs_import i join cbam.customs_line l on l.import_id = i.id where l.id = any($1) order by i.id", r => (Name: r.GetString(1), Sha256: r.GetString(2)), ct, content.Lines.Select(l => l.LineId).ToArray());
        var files = read.Value.Files.Select(f => (Name: f.FileName, f.Sha256)).Concat(imports).Concat(effort.Where(e => e.Sha256 is not null).Select(e => (Name: e.FileName!, Sha256: e.Sha256!))).DistinctBy(f => f.Sha256).ToList();
        var size = 0L;
        var kept = new List<DossierEvidence>();
        foreach (var (i, (name, sha256)) in files.Index())
        {
            var opened = evidence.Content(sha256, name);
            if (!opened.Ok) return Answer<byte[]>.From(opened.Refusals);
            await using var stream = opened.Value;
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, ct);
            if ((size += bytes.Length) > MostBytes) return Refusal.Conflict("dossier.evidence-too-large", "files", ("most", $"{MostBytes >> 20}"));
            kept.Add(new($"{(i + 1).ToString("000", CultureInfo.InvariantCulture)}-{Plain(name)}", bytes.ToArray()));
        }
        var organisation = (await organisations.Find(s, s.Actor.OrganisationId, ct))?.Name ?? content.Eori;
        var draft = DossierDraft.Of(Report(d, content, effort, language), kept, s.Now, $"{s.Actor.Name}, {organisation}");
        if (!draft.Ok) return Answer<byte[]>.From(draft.Refusals);
        return await s.InTransaction<byte[]>(async t =>
        {
            var seal = await signer.Sign(s, draft.Value.Manifest, t);
            if (!seal.Ok) return Answer<byte[]>.From(seal.Refusals);
            await s.Audit(new AuditEntry("declaration.dossier-sealed", "declaration", id.ToString(), Details: new { seal.Value.Kid, Evidence = kept.Count }, EvidenceSha256: d.Sha256), t);
            return draft.Value.Seal(seal.Value.Jws);
        }, ct);
    }

    DossierReport Report(Declaration d, DeclarationContent c, IReadOnlyList<EffortLine> effort, string language)
    {
        string T(string key) => texts.Get(language, key);
        return new(language, T("cbam.dossier.title"),
        [
            ("year", T("cbam.year"), d.Year), ("version", T("cbam.declaration.version"), d.Version), ("eori", T("cbam.record.eori"), c.Eori), ("account", T("cbam.record.account"), c.AccountNumber), ("submittedAt", T("cbam.declaration.submitted"), d.SubmittedAt),
            ("contentSha256", "SHA-256", d.Sha256), ("massKg", T("cbam.declaration.mass"), c.MassKg), ("embeddedTco2e", T("cbam.totals.embedded"), c.EmbeddedTco2e), ("freeAllocationTco2e", T("cbam.totals.free"), c.FreeAllocationTco2e),
            ("certificates", T("cbam.totals.certificates"), c.Certificates), ("certificatesDue", T("cbam.declaration.due"), c.CertificatesDue),
        ],
        [
            new("lines", T("cbam.lines.title"), ["mrn", "item", "cn", "origin", "netMassKg", "releasedOn", "basis", "document", "verifier", "status", "embeddedTco2ePerT", "freeAllocationTco2ePerT", "embeddedTco2e", "certificates"],
                [.. c.Lines.Select(l => (IReadOnlyList<object?>)[l.Mrn, l.Item, l.Cn, l.Origin, l.NetMassKg, l.ReleasedOn, l.Basis.ToString(), l.Document, l.Verifier, l.Status, l.EmbeddedTco2ePerT, l.FreeAllocationTco2ePerT, l.EmbeddedTco2e, l.Certificates])]),
            new("precursors", T("cbam.precursors.title"), ["mrn", "item", "cn", "tPerT", "origin", "route", "directTco2ePerT", "indirectTco2ePerT", "freeAllocationTco2ePerT", "verifier", "productionYear"],
                [.. from l in c.Lines from p in l.Precursors ?? [] select (IReadOnlyList<object?>)[l.Mrn, l.Item, p.Cn, p.TPerT, p.Origin, p.Route, p.DirectTco2ePerT, p.IndirectTco2ePerT, p.FreeAllocationTco2ePerT, p.Verifier, p.ProductionYear]]),
            new("goods", T("cbam.declaration.goods"), ["cn", "origin", "lines", "massKg", "undetermined", "embeddedTco2e", "certificates"], [.. c.Goods.Select(g => (IReadOnlyList<object?>)[g.Cn, g.Origin, g.Lines, g.MassKg, g.Undetermined, g.EmbeddedTco2e, g.Certificates])]),
            new("effort", T("cbam.requests.title"), ["supplier", "country", "installation", "year", "cn", "dueOn", "event", "text", "file", "sha256", "at"],
                [.. effort.Select(e => (IReadOnlyList<object?>)[e.Supplier, e.Country, e.Installation, e.Year, e.Cn, e.DueOn, e.Event.ToString(), e.Text, e.FileName, e.Sha256, e.At])]),
        ]);
    }

    /// <summary>A name that is one file everywhere; the number before it keeps names apart.</summary>
    static string Plain(string name)
    {
        var plain = string.Concat(name.Select(c => char.IsLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return plain.Length <= 100 ? plain : plain[^100..];
    }
}
