using Microsoft.AspNetCore.DataProtection;
using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Cbam.Declarations;

/// <summary>A quarterly report that was just found right, on the way from the page's form to its file: sealed for the organisation, since names of people are in it, and good for a few minutes. Nothing is kept.</summary>
/// <param name="Until">Afterwards it opens nothing.</param>
sealed record QuarterTicket(int Year, int Quarter, QuarterSigning Signing, Instant Until)
{
    static readonly Duration Lasts = Duration.FromMinutes(10);

    public static string Seal(IDataProtectionProvider protection, DbSession s, int year, int quarter, QuarterSigning signing) =>
        Protector(protection, s.Actor.OrganisationId).Protect(StorageJson.Write(new QuarterTicket(year, quarter, signing, s.Now + Lasts)));

    /// <summary>Null where it is none of this organisation's, or too old.</summary>
    public static QuarterTicket? Open(IDataProtectionProvider protection, DbSession s, string? ticket)
    {
        try
        {
            return StorageJson.Read<QuarterTicket>(Protector(protection, s.Actor.OrganisationId).Unprotect(ticket ?? "")) is { } opened && opened.Until > s.Now ? opened : null;
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or FormatException)
        {
            return null;
        }
    }

    static IDataProtector Protector(IDataProtectionProvider protection, Guid organisation) => protection.CreateProtector("cbam.quarter-report", organisation.ToString());
}
