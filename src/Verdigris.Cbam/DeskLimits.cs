using Verdigris.Primitives.Rules;

namespace Verdigris.Cbam;

/// <summary>Values of the pack <c>cbam/desk</c>.</summary>
/// <param name="ReminderStages">Days before (positive) and after (negative) an answer was due, largest first.</param>
/// <param name="MostDeclaredLines">As many lines as one declaration lists.</param>
/// <param name="CertificateStep">Smallest part of a certificate that can be surrendered.</param>
sealed record DeskLimits(IReadOnlyList<int> ReminderStages, decimal CertificateStep, int MostDeclaredLines)
{
    public static DeskLimits Of(RulePacks packs)
    {
        var rows = packs.Pack("cbam/desk").Tables["limits"].Rows;
        return new([.. rows.Where(r => r.Text("limit").StartsWith("reminder-", StringComparison.Ordinal)).Select(r => (int)r.Decimal("value")).OrderDescending()], Value("certificate-step"), (int)Value("declared-lines"));

        decimal Value(string limit) => rows.Single(r => r.Text("limit") == limit).Decimal("value");
    }

    /// <summary>What must be surrendered for an amount: rounded up to the step, since a part is owed too.</summary>
    public long Whole(decimal certificates) => (long)(decimal.Ceiling(certificates / CertificateStep) * CertificateStep);
}
