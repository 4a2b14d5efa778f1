using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.Campaigns;

/// <summary>Which live warrants are to be looked at again; null stands for any. At least one must be given.</summary>
/// <param name="Metal">Symbol: NI, AL…</param>
/// <param name="OperatorId">A warehouse organisation.</param>
/// <param name="WarehouseId">One of its units.</param>
public sealed record CampaignSelection(string? Metal = null, string? Shape = null, string? BrandCode = null, Guid? OperatorId = null, Guid? WarehouseId = null);

/// <param name="Due">Last day of the inspections, after today.</param>
public sealed record NewCampaign(string Title, LocalDate Due, CampaignSelection Selection);

public sealed record Campaign(Guid Id, string Title, CampaignSelection Selection, LocalDate Due, Instant OrderedAt, Instant? ClosedAt);

/// <summary>How an inspection came out. Numbers are stored and never change.</summary>
public enum InspectionResult : short { Open = 0, Passed = 1, Failed = 2 }

/// <param name="WarrantState">As it stands now: a warrant may leave, or be declared invalid, meanwhile.</param>
public sealed record CampaignItem(Guid Id, Guid CampaignId, Guid WarrantId, string WarrantNumber, string LotNo, string Metal, decimal NetKg, Guid WarehouseOrganisation, string LocationCode, WarrantState WarrantState,
    InspectionResult Result, string? Finding, IReadOnlyList<MetalCheck> Checks, string? InspectedByName, Instant? InspectedAt)
{
    /// <summary>Nothing is left to inspect: the metal has gone, or its warrant is void.</summary>
    public bool Gone => Result == InspectionResult.Open && WarrantState is WarrantState.LoadedOut or WarrantState.Invalidated;
}

/// <param name="Finding">What was seen, in the inspector's words.</param>
/// <param name="Checks">At least those demanded for the metal on the day.</param>
public sealed record Inspection(bool Passed, string Finding, IReadOnlyList<MetalCheck> Checks);

/// <summary>Where a campaign stands. Of warrants and tonnes, never of places or owners.</summary>
/// <param name="Counts">Null where the campaign has fewer than <see cref="CampaignRules.SmallestGroup"/> warrants and the reader is not of the exchange: figures of so few would point at one.</param>
public sealed record CampaignProgress(Campaign Campaign, CampaignCounts? Counts);

/// <param name="Open">Still to be inspected.</param>
/// <param name="Gone">Left, or were declared invalid, before anybody inspected them.</param>
/// <param name="Invalidated">Declared invalid by now, whenever inspected.</param>
public sealed record CampaignCounts(int Warrants, decimal NetKg, int Open, int Passed, int Failed, int Gone, int Invalidated)
{
    public static CampaignCounts Of(IReadOnlyCollection<CampaignItem> items) => new(items.Count, items.Sum(i => i.NetKg), items.Count(i => i.Result == InspectionResult.Open && !i.Gone), items.Count(i => i.Result == InspectionResult.Passed),
        items.Count(i => i.Result == InspectionResult.Failed), items.Count(i => i.Gone), items.Count(i => i.WarrantState == WarrantState.Invalidated));
}

/// <summary>What an order and an inspection must be. Pure.</summary>
public static class CampaignRules
{
    /// <summary>Public figures hide smaller groups.</summary>
    public const int SmallestGroup = 5;

    public static List<Refusal> Check(NewCampaign c, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsText(c.Title)) wrong.Add(Refusal.Of("campaign.title-invalid", "title"));
        if (c.Due <= today) wrong.Add(Refusal.Of("campaign.due-not-ahead", "due"));
        if (c.Selection is null || c.Selection == new CampaignSelection()) wrong.Add(Refusal.Of("campaign.selection-empty", "selection"));
        return wrong;
    }

    /// <summary>An inspection passes exactly when every check does; its finding is written down either way.</summary>
    public static List<Refusal> Check(Inspection i, IEnumerable<WarehouseDuty> duties)
    {
        var wrong = MetalChecks.Check(i.Checks ?? [], duties);
        if (!CertificateRules.IsText(i.Finding)) wrong.Add(Refusal.Of("campaign.finding-missing", "finding"));
        if (wrong.Count == 0 && i.Passed && i.Checks?.FirstOrDefault(c => !c.Passed) is { } failed) wrong.Add(Refusal.Of("campaign.passed-with-failed-check", "passed", ("check", failed.Kind)));
        return wrong;
    }
}
