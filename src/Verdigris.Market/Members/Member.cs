using NodaTime;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Market.Members;

public enum MemberState
{
    /// <summary>Asked for; the exchange decides.</summary>
    Applied,
    Active,
    Refused,
    /// <summary>May close and withdraw, opens nothing new.</summary>
    Suspended,
    Ended,
}

/// <summary>An organisation that may trade here.</summary>
/// <param name="Clearing">Clears for itself and pays into the default fund.</param>
public sealed record Member(Guid Id, Guid OrganisationId, MemberState State, bool Clearing, string? Reason, Guid? TaskId, Instant AppliedAt, Instant? DecidedAt);

/// <summary>A paper of an admission, kept by its hash.</summary>
public sealed record MemberDocument(Guid Id, string Document, string FileName, string MediaType, string Sha256, long SizeBytes, Instant AddedAt) : Storage.IKeptFile;

/// <param name="Missing">Papers still to be brought.</param>
public sealed record MemberView(Member Member, IReadOnlyList<MemberDocument> Documents, IReadOnlyList<string> Missing);

/// <summary>A paper the membership rules ask for.</summary>
/// <param name="ClearingOnly">Only of members that clear for themselves.</param>
public sealed record NeededPaper(string Document, Bilingual Name, bool ClearingOnly);

/// <summary>Rules of admission. Pure.</summary>
public static class MemberRules
{
    public static IReadOnlyList<NeededPaper> Papers(RulePacks packs) =>
        [.. packs.Pack("market/membership").Table("documents").Rows.Select(r => new NeededPaper(r.Text("document"), new(r.Text("nameEn"), r.Text("nameZh")), r.Text("appliesTo") == "clearing"))];

    public static IReadOnlyList<string> Missing(IReadOnlyList<NeededPaper> papers, bool clearing, IReadOnlyList<MemberDocument> documents) =>
        [.. papers.Where(p => (clearing || !p.ClearingOnly) && !documents.Any(d => d.Document == p.Document)).Select(p => p.Document)];

    /// <summary>Null where the actor may apply, bring papers and open accounts for his organisation.</summary>
    public static Refusal? Writes(Actor actor) => Allow.AnyRole(actor, Role.Administrator, Role.MarketSupervisor);

    /// <summary>Null where the actor works for the exchange.</summary>
    public static Refusal? Runs(Actor actor) => Allow.AnyRole(actor, Role.MarketOperator, Role.ExchangeStaff);
}
