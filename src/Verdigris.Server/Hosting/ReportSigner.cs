using NodaTime;
using Verdigris.Footprint;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>Signs the footprint room's reports by the keys of organisations, which the passport room keeps.</summary>
sealed class ReportSigner(OrganisationKeys keys) : IReportSigner
{
    public async Task<Answer<OrganisationSeal>> Sign(DbSession session, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var signed = await keys.Attest(session, content, ct);
        return signed.Ok ? new OrganisationSeal(signed.Value.Kid, signed.Value.Jws) : Answer<OrganisationSeal>.From(signed.Refusals);
    }

    public Task<string> Judge(DbSession session, OrganisationSeal seal, Guid organisation, ReadOnlyMemory<byte> content, Instant signedAt, CancellationToken ct) =>
        OrganisationKeys.Judge(session, seal.Kid, seal.Jws, organisation, content, signedAt, ct);
}
