namespace Verdigris.Passport.Register;

/// <summary>What the QR code of a bundle says: the address of its public check, so that any phone reads it.</summary>
public static class BundleCode
{
    /// <summary>Path of a bundle's public page, without the slash before it.</summary>
    public static string Path(string number, string bundleNo) => $"b/{Uri.EscapeDataString(number)}/{Uri.EscapeDataString(bundleNo)}";
}
