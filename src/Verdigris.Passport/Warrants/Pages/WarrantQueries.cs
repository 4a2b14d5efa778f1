using Verdigris.Passport.Certificates;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Warrants.Pages;

/// <summary>Reads the warrant's page needs beside the use cases.</summary>
public sealed class WarrantQueries(CertificateHandlers certificates)
{
    /// <summary>The proposal or pledge that is open on a warrant, for either side and the exchange; null for everybody else and where there is none.</summary>
    public async Task<TitleTransfer?> Open(DbSession s, Guid warrant, CancellationToken ct) =>
        (await WarrantStore.Open(s, warrant, ct)).FirstOrDefault(t => s.Actor.SignedIn && (s.Actor.Is(Role.ExchangeStaff) || t.FromOrganisation == s.Actor.OrganisationId || t.ToOrganisation == s.Actor.OrganisationId));

    /// <summary>The certificates of a warrant that the reader may see.</summary>
    public async Task<IReadOnlyList<CertificateRow>> Certificates(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        var seen = new List<CertificateRow>();
        foreach (var id in ids)
            if (await certificates.Read(s, id, ct) is { Ok: true } read) seen.Add(read.Value.Row);
        return seen;
    }
}
