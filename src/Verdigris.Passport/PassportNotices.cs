using Verdigris.Storage;

namespace Verdigris.Passport;

/// <summary>What this room tells people of. Names never change once published.</summary>
public static class PassportNotices
{
    public const string TransferOffered = "transfer.offered", TransferAccepted = "transfer.accepted", TransferEnded = "transfer.ended";
    public const string DisclosureExpiring = "disclosure.expiring", PlantCertificateExpiring = "plant-certificate.expiring";
    public const string ImportFinished = "import.finished", BrandListing = "brand.listing";
    public const string GrievanceFiled = "grievance.filed", GrievancePassedOn = "grievance.passed-on", GrievanceAnswered = "grievance.answered";
    public const string GroupInvited = "group.invited", GroupAnswered = "group.answered", GroupEnded = "group.ended";
    public const string PaymentPassed = "payment-gate.passed", PaymentWaived = "payment-gate.waived", PaymentAlarm = "payment-gate.alarm";

    public static IReadOnlyList<NoticeKind> Kinds { get; } =
    [
        new(TransferOffered), new(TransferAccepted), new(TransferEnded), new(DisclosureExpiring), new(PlantCertificateExpiring), new(ImportFinished, Mailed: false), new(BrandListing),
        new(GrievanceFiled), new(GrievancePassedOn), new(GrievanceAnswered), new(GroupInvited), new(GroupAnswered), new(GroupEnded), new(PaymentPassed), new(PaymentWaived), new(PaymentAlarm),
    ];
}
