using Microsoft.AspNetCore.DataProtection;

namespace Verdigris.Passport.Certificates.Pages;

/// <summary>Names a file of the evidence store on the way from one form to the next, sealed for the organisation that brought it: <c>SHA256|name</c>.</summary>
static class ImportTicket
{
    public static IDataProtector Seal(IDataProtectionProvider protection, Guid organisation) => protection.CreateProtector("passport.import", organisation.ToString());

    /// <summary>The hash a ticket names; null where it is none of this organisation's.</summary>
    public static string? Sha256(IDataProtectionProvider protection, Guid organisation, string? ticket)
    {
        try
        {
            return Seal(protection, organisation).Unprotect(ticket ?? "").Split('|', 2)[0];
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or FormatException)
        {
            return null;
        }
    }
}
