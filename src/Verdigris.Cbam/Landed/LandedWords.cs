using Verdigris.Cbam.Obligation;

namespace Verdigris.Cbam.Landed;

/// <summary>Statuses as documents and interfaces write them.</summary>
static class LandedWords
{
    public static string Of(LineStatus status) => status switch
    {
        LineStatus.Computed => "computed",
        LineStatus.PendingCscf => "pending-cscf",
        LineStatus.PriceUnpublished => "price-unpublished",
        LineStatus.OutOfScope => "out-of-scope",
        LineStatus.Exempt => "exempt",
        _ => "not-determinable",
    };
}
