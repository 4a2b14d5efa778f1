using System.Globalization;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warehousing.Weighing;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.LoadOuts;

/// <summary>Where a bundle is scanned on its way out: on the floor, where it is taken up, and at the gate, where it leaves.</summary>
public enum ScanPlace : short { Floor = 0, Gate = 1 }

/// <summary>A bundle that is to leave.</summary>
/// <param name="Code">What its label says: certificate number, a slash and the bundle's number; of a lot without a list of bundles the mark alone.</param>
/// <param name="Seal">On record; null where the certificate names none.</param>
public sealed record LoadOutBundle(string Code, string BundleNo, string? Seal);

/// <summary>What somebody scanned or typed.</summary>
/// <param name="Code">The label's code, the address in its QR code, or the bundle's number where it is the only one on the order.</param>
/// <param name="Seal">As read off the bundle; null where it has none.</param>
public sealed record NewScan(string Code, string? Seal = null);

/// <summary>A scan as it was kept.</summary>
/// <param name="Refusal">Why the bundle may not pass; null where it may.</param>
public sealed record BundleScan(Guid Id, ScanPlace Place, string Code, string? Seal, Refusal? Refusal, Guid By, string ByName, Instant At);

/// <summary>The bundles of a queued warrant and what has been scanned of them.</summary>
/// <param name="WeighedInKg">Net of the inbound matches; null where one is not known.</param>
public sealed record LoadOutOrder(Guid WarrantId, string WarrantNumber, Guid WarehouseId, IReadOnlyList<LoadOutBundle> Bundles, IReadOnlyList<BundleScan> Scans, IReadOnlyList<WeighTicket> Tickets, decimal? WeighedInKg)
{
    public BundleScan? Passed(string code, ScanPlace place) => Scans.FirstOrDefault(s => s.Refusal is null && s.Place == place && s.Code == code);
}

/// <summary>Which bundles pass and when the order is complete. Two people, who know nothing of each other's scan, must say the same. Pure.</summary>
public static class LoadOutRules
{
    const int LongestCode = 200, LongestSeal = 40;

    /// <summary>The bundle a scan means; null where there is none, or more than one, on the order.</summary>
    public static LoadOutBundle? Find(IReadOnlyList<LoadOutBundle> bundles, string? code)
    {
        var read = (code ?? "").Trim();
        // A phone reads the whole address of the label's QR code.
        if (read.IndexOf("/b/", StringComparison.OrdinalIgnoreCase) is >= 0 and var at) read = string.Join('/', read[(at + 3)..].Split('?', '#')[0].Split('/').Select(Uri.UnescapeDataString));
        if (bundles.FirstOrDefault(b => b.Code.Equals(read, StringComparison.OrdinalIgnoreCase)) is { } exact) return exact;
        var named = bundles.Where(b => b.BundleNo.Equals(read, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return named.Count == 1 ? named[0] : null;
    }

    /// <summary>
    /// Whether a bundle passes: <c>loadout.scan-empty</c>, <c>loadout.same-person</c> (who scanned at the other place), <c>loadout.not-on-order</c>, <c>loadout.scanned-already</c>,
    /// <c>loadout.seal-differs</c> (from the seal on record, which is not told), <c>loadout.scans-differ</c> (the two seals read), in this order.
    /// </summary>
    public static Refusal? Judge(IReadOnlyList<LoadOutBundle> bundles, IEnumerable<BundleScan> passed, ScanPlace place, NewScan scan, Guid by)
    {
        if (string.IsNullOrWhiteSpace(scan.Code) || scan.Code.Length > LongestCode || scan.Seal?.Length > LongestSeal) return Refusal.Of("loadout.scan-empty", "code");
        var known = passed.ToList();
        if (known.Any(s => s.Place != place && s.By == by)) return Refusal.Forbidden("loadout.same-person", "place");
        if (Find(bundles, scan.Code) is not { } bundle) return Refusal.Conflict("loadout.not-on-order", "code", ("given", scan.Code.Trim()));
        if (known.Any(s => s.Place == place && s.Code == bundle.Code)) return Refusal.Conflict("loadout.scanned-already", "code", ("given", bundle.Code));
        if (bundle.Seal is { } seal) return Same(seal, scan.Seal) ? null : Refusal.Conflict("loadout.seal-differs", "seal", ("given", bundle.Code));
        return known.FirstOrDefault(s => s.Code == bundle.Code) is { } other && !Same(other.Seal, scan.Seal) ? Refusal.Conflict("loadout.scans-differ", "seal", ("given", bundle.Code)) : null;
    }

    /// <summary>What is lacking before the metal may leave: scans on the floor, scans at the gate, tickets of weighing out, weight within the tolerance. Empty: nothing.</summary>
    /// <param name="percent">Of the net weighed in, either way; the limit itself is within.</param>
    public static List<Refusal> Lacking(LoadOutOrder order, decimal percent, string ruleId)
    {
        var lacking = new List<Refusal>();
        foreach (var (place, code) in new[] { (ScanPlace.Floor, "loadout.floor-open"), (ScanPlace.Gate, "loadout.gate-open") })
            if (order.Bundles.Count(b => order.Passed(b.Code, place) is null) is > 0 and var open) lacking.Add(new Refusal(code, "scans", new Dictionary<string, string> { ["open"] = Text(open), ["bundles"] = Text(order.Bundles.Count) }, Kind: RefusalKind.Conflict));
        var outKg = order.Tickets.Sum(t => t.NetKg);
        var tickets = WeighRules.Carry(order.Tickets, order.Bundles.Count, outKg);
        lacking.AddRange(tickets);
        if (order.WeighedInKg is not { } inKg) lacking.Add(Refusal.Conflict("loadout.weigh-in-unknown", "warrantId"));
        else if (tickets.Count == 0 && Math.Abs(outKg - inKg) * 100 > inKg * percent)
            lacking.Add(Refusal.Conflict("loadout.weight-differs", "tickets", ("out", Text(outKg)), ("in", Text(inKg)), ("percent", Text(percent))) with { Rule = ruleId });
        return lacking;
    }

    /// <summary>What is wrong with a list of marks typed for a lot whose certificates list no bundles.</summary>
    public static List<Refusal> CheckMarks(IReadOnlyList<NewScan> marks, int bundles)
    {
        var wrong = new List<Refusal>();
        for (var i = 0; i < marks.Count; i++)
        {
            var field = $"bundles[{Text(i)}]";
            if (marks[i] is null) wrong.Add(Refusal.Of("loadout.mark-invalid", field, ("given", "")));
            else if (!CertificateRules.IsWord(marks[i].Code) || (marks[i].Seal is { } seal && !CertificateRules.IsWord(seal))) wrong.Add(Refusal.Of("loadout.mark-invalid", field, ("given", marks[i].Code ?? "")));
            else if (marks.Take(i).Any(m => string.Equals(m?.Code, marks[i].Code, StringComparison.OrdinalIgnoreCase))) wrong.Add(Refusal.Of("loadout.mark-twice", field, ("given", marks[i].Code)));
        }
        if (wrong.Count == 0 && marks.Count != bundles) wrong.Add(Refusal.Of("loadout.marks-count", "bundles", ("given", Text(marks.Count)), ("bundles", Text(bundles))));
        return wrong;
    }

    static bool Same(string? a, string? b) => string.Equals(a?.Trim() ?? "", b?.Trim() ?? "", StringComparison.OrdinalIgnoreCase);
    static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);
}
