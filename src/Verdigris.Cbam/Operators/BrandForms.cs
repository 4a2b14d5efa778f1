using Verdigris.Cbam.BrandForm;
using Verdigris.Footprint;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Operators;

/// <summary>A brand's yearly emissions form that was brought, as the draft it became.</summary>
/// <param name="IaiLeftOut">The workbook has a second figure by the industry's footprint: its parts are not in it, so that form is to be filled in by hand.</param>
public sealed record BroughtBrandForm(Guid SubmissionId, string BrandCode, int Year, bool IaiLeftOut);

/// <summary>The yearly emissions form of a brand as a workbook: given out from a form for importers, and brought back as the draft of the brand's emissions, seen by the metal's owner alone until the producer opens it.</summary>
public sealed class BrandForms(CommunicationHandlers communications, BrandHandlers brands, EmissionsHandlers emissions, EvidenceStore evidence, IVerifierRegister verifiers)
{
    /// <summary>Filled in from a product of an own form; <c>communication.product</c>, <c>landed.brand</c>, <c>publication.not-a-year</c>.</summary>
    public async Task<Answer<(string Name, byte[] Content)>> Export(DbSession s, Guid id, int product, string? brandCode, CancellationToken ct)
    {
        var read = await communications.Read(s, id, ct);
        if (!read.Ok) return Answer<(string, byte[])>.From(read.Refusals);
        var v = read.Value;
        if (v.Communication.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("communication.not-found");
        if (await brands.Find(s, (brandCode ?? "").Trim().ToUpperInvariant(), null, ct) is not { } brand || brand.ProducerId != s.Actor.OrganisationId) return Refusal.NotFound("landed.brand", "brand");
        if (v.Report is not { From: { Month: 1, Day: 1 } from, To: { Month: 12, Day: 31 } to } || from.Year != to.Year) return Refusal.Conflict("publication.not-a-year", "to");
        if (v.Report.Products.FirstOrDefault(p => p.Slot == product) is not { } line || v.Figures.Products.FirstOrDefault(p => p.Slot == product) is not { SeeDirect: { } direct, SeeIndirect: { } indirect } figure) return Refusal.Of("communication.product", "product", ("given", $"{product}"));
        var process = v.Figures.Processes.FirstOrDefault(p => p.Name == line.Process);
        var opinion = v.Communication is { State: CommunicationState.Verified, Opinion: { } given } ? given : null;
        var verifier = opinion is not null && v.Communication.VerifierId is { } by ? await verifiers.Find(s, by, ct) : null;
        var written = BrandFormFile.Write(new(brand.ExchangeCode, brand.Name, brand.ProducerName, v.Report.Installation.EnglishName ?? v.Report.Installation.Name, null, brand.ContractCode, from.Year, process?.ProductionT, Kept(direct), Kept(indirect),
            figure.EmbeddedMwh is { } mwh ? Kept(mwh) : null, figure.DefaultPercent is { } share ? Kept(share) : null, line.Parameters.ScrapTPerTAluminium, line.Parameters.PreConsumerPercent, null, null, null, opinion is not null, verifier?.Name, opinion?.RegistrationNumber,
            v.Communication.DecidedAt?.InUtc().Date, null));
        return written.Ok ? ($"{brand.Code}-{from.Year}.xlsx", written.Value) : Answer<(string, byte[])>.From(written.Refusals);

        static decimal Kept(decimal value) => Math.Round(value, 6, MidpointRounding.ToEven);
    }

    /// <summary>Makes the draft of a brand's emissions from a filled-in workbook, which stays beside it by its hash. What the workbook says of a verifier is not taken for a verification: the draft's own rules ask for it.</summary>
    public async Task<Answer<BroughtBrandForm>> Bring(DbSession s, string? fileName, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        var kept = await evidence.Keep(fileName, content, ct);
        if (!kept.Ok) return Answer<BroughtBrandForm>.From(kept.Refusals);
        var opened = evidence.Content(kept.Value.Sha256, kept.Value.Name);
        if (!opened.Ok) return Answer<BroughtBrandForm>.From(opened.Refusals);
        await using var stored = opened.Value;
        var read = BrandFormFile.Read(stored);
        if (!read.Ok) return Answer<BroughtBrandForm>.From(read.Refusals);
        var form = read.Value;
        var values = new EmissionsValues(PerT(form.DirectTco2ePerT), PerT(form.IndirectTco2ePerT), form.Scope3Tco2ePerT is { } scope3 ? PerT(scope3) : null, BoundaryNote: form.Remarks);
        var made = await emissions.Create(s, new NewSubmission(form.BrandCode, form.Year, EmissionsMethod.Cbam, values, FormSha256: kept.Value.Sha256), ct);
        return made.Ok ? new BroughtBrandForm(made.Value.Id, form.BrandCode, form.Year, form.IaiTco2ePerT is not null) : Answer<BroughtBrandForm>.From(made.Refusals);

        static decimal PerT(decimal value) => Math.Round(value, 4, MidpointRounding.ToEven);
    }
}
