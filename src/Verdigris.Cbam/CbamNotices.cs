using Verdigris.Storage;

namespace Verdigris.Cbam;

/// <summary>What this room tells people of. Names never change once published.</summary>
public static class CbamNotices
{
    public const string MassAlert = "cbam.mass", SupplierDue = "cbam.supplier-due", Cancelled = "cbam.certificates-cancelled";

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(MassAlert), new(SupplierDue), new(Cancelled)];
}
