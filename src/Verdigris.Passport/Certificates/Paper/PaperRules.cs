using System.Globalization;
using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Paper;

/// <summary>What a paper certificate must meet on its way; the content itself is under <see cref="CertificateRules"/>. Pure.</summary>
public static class PaperRules
{
    public const int MostPages = 500;
    public const string Accept = ".pdf,.png,.jpg,.jpeg";

    /// <summary>Who may type in an organisation, who may publish there, and what its paper is called.</summary>
    static readonly (string Editor, string Approver, IssuerKind Kind)[] Desks =
    [
        (Role.ProducerEditor, Role.ProducerApprover, IssuerKind.Producer),
        (Role.SamplerEditor, Role.SamplerApprover, IssuerKind.SamplerAssayer),
        (Role.WarehouseOperator, Role.WarehouseApprover, IssuerKind.WarehouseScan),
    ];

    public static string[] Typists { get; } = [.. Desks.SelectMany(d => new[] { d.Editor, d.Approver })];
    public static string[] Approvers { get; } = [.. Desks.Select(d => d.Approver)];

    /// <summary>Fields of whose reading a typist may say that it is doubtful, as the API names them.</summary>
    public static IReadOnlyList<string> Fields { get; } =
        ["exchangeBrandCode", "countryOfOrigin", "shape", "heatNumbers", "batchNo", "productionDate", "analysisDate", "issueDate", "netKg", "grossKg", "bundles", "pieces", "bundleList", "specRef", "lab", "results"];

    /// <summary>The fields two people type.</summary>
    public static IReadOnlyList<string> Twice { get; } = ["heatNumbers", "netKg", "grossKg"];

    /// <summary>The kind of paper the actor's organisation types; null where he has no desk.</summary>
    public static IssuerKind? KindOf(Actor actor)
    {
        foreach (var desk in Desks) if (actor.Is(desk.Editor) || actor.Is(desk.Approver)) return desk.Kind;
        return null;
    }

    /// <summary>Name and page count of a scan: <c>paper.kind-not-allowed</c>, <c>paper.pages-out-of-range</c>, <c>paper.image-is-one-page</c>.</summary>
    /// <param name="pages">As counted by a person; may be left out for an image.</param>
    public static Answer<int> CheckScan(string? fileName, int? pages)
    {
        var name = EvidenceRules.NameOf(fileName);
        if (!Accept.Split(',').Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase))) return Refusal.Of("paper.kind-not-allowed", "file", ("name", name), ("allowed", Accept.Replace(",", ", ", StringComparison.Ordinal)));
        if (!name.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase))
            return pages is null or 1 ? 1 : Refusal.Of("paper.image-is-one-page", "pages", ("given", Text(pages.Value)));
        return pages is >= 1 and <= MostPages ? pages.Value : Refusal.Of("paper.pages-out-of-range", "pages", ("given", pages is { } p ? Text(p) : ""), ("most", Text(MostPages)));
    }

    /// <summary>Null where every name is one of <see cref="Fields"/>; <c>paper.field-unknown</c>.</summary>
    public static Refusal? CheckDoubtful(IReadOnlyList<string> doubtful)
    {
        foreach (var field in doubtful) if (!Fields.Contains(field)) return Refusal.Of("paper.field-unknown", "doubtful", ("given", field ?? ""), ("allowed", string.Join(", ", Fields)));
        return null;
    }

    /// <summary>Where the two readings differ, in the order of <see cref="Twice"/>. Heats are compared as a set: order is no matter of the paper.</summary>
    public static IReadOnlyList<PaperDifference> Differences(CertificateContent first, PaperReading second)
    {
        var found = new List<PaperDifference>();
        if (!first.HeatNumbers.ToHashSet(StringComparer.Ordinal).SetEquals(second.HeatNumbers)) found.Add(new("heatNumbers", Heats(first.HeatNumbers), Heats(second.HeatNumbers)));
        if (first.NetKg != second.NetKg) found.Add(new("netKg", Text(first.NetKg), Text(second.NetKg)));
        if (first.GrossKg != second.GrossKg) found.Add(new("grossKg", Text(first.GrossKg), Text(second.GrossKg)));
        return found;
    }

    static string Heats(IReadOnlyList<string> heats) => string.Join(", ", heats.Order(StringComparer.Ordinal));
    static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);
}
