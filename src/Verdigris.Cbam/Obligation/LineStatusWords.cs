namespace Verdigris.Cbam.Obligation;

/// <summary>Statuses as documents, interfaces and methods write them; <c>cbam.status.WORD</c> says each in both languages.</summary>
public static class LineStatusWords
{
    /// <summary>computed, pending-cscf, price-unpublished, not-determinable, out-of-scope, exempt.</summary>
    public static string Of(LineStatus status) => status switch
    {
        LineStatus.Computed => "computed",
        LineStatus.PendingCscf => "pending-cscf",
        LineStatus.PriceUnpublished => "price-unpublished",
        LineStatus.NotDeterminable => "not-determinable",
        LineStatus.OutOfScope => "out-of-scope",
        LineStatus.Exempt => "exempt",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };
}
