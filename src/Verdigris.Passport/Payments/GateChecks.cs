using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>What the signature of a certificate is worth, and whether the certificate is in force.</summary>
public enum Standing { Unknown, Unsigned, SignatureWrong, NotInForce, OnPaper, Signed }

/// <summary>One certificate, or a part of it, that the trade names.</summary>
/// <param name="Named">The number as the trade has it: of the certificate, the lot or the warrant.</param>
/// <param name="NetKg">Of the part that is traded; null is unknown.</param>
public sealed record GoodFact(string Named, string? Certificate, string? BundleNo, Standing Standing, string? Metal = null, string? Shape = null, string? Origin = null, decimal? NetKg = null);

/// <summary>The newest list of a publisher.</summary>
public sealed record ListFact(string Publisher, LocalDate AsOf);

/// <param name="Goods">Every certificate behind the trade's metal.</param>
/// <param name="Documents">Kinds of document that are attached.</param>
/// <param name="Hits">With what people found them to be.</param>
public sealed record GateFacts(GateContent Content, IReadOnlyList<GoodFact> Goods, IReadOnlySet<string> Documents, IReadOnlyList<ListFact> Lists, IReadOnlyList<GateHit> Hits, LocalDate Opened, LocalDate Today);

/// <summary>The checks the system runs on a trade. What is not known is never met. Pure.</summary>
public sealed class GateChecks(PaymentRules rules, CustomsCodes customs)
{
    /// <summary>The checklist as it stands, in the order of the rules in force on the day the gate was opened.</summary>
    public IReadOnlyList<GateItem> Run(GateFacts facts) => [.. rules.Checklist(facts.Opened).Select(item =>
    {
        var findings = new List<GateFinding>(Of(item.Item, facts));
        if (item.Document is { } document && !facts.Documents.Contains(document)) findings.Add(Failed("document-missing"));
        var outcome = findings.Count == 0 ? ItemOutcome.Met : findings.Max(f => f.Outcome);
        var waivable = outcome switch { ItemOutcome.Failed => item.WaiveFailed, ItemOutcome.Unclear => item.WaiveUnclear, _ => false };
        return new GateItem(item.Item, outcome, findings, Found(item.Item, findings), waivable, item.Document);
    })];

    IEnumerable<GateFinding> Of(string item, GateFacts f) => item switch
    {
        "certificate" => Certificates(f),
        "customs-code" => Customs(f),
        "weight" => Weight(f),
        "origin" => Origin(f),
        "sanctions" => Sanctions(f),
        "insurance" => Insurance(f),
        _ => throw new InvalidOperationException($"No check is known for the item '{item}'."),
    };

    static IEnumerable<GateFinding> Certificates(GateFacts f)
    {
        if (f.Goods.Count == 0) yield return Failed("certificate-unknown", ("number", ""));
        foreach (var g in f.Goods)
        {
            var number = ("number", g.Certificate ?? g.Named);
            if (g.Standing == Standing.Unknown) yield return Failed("certificate-unknown", number);
            else if (g.Standing == Standing.Unsigned) yield return Failed("certificate-unsigned", number);
            else if (g.Standing == Standing.SignatureWrong) yield return Failed("certificate-signature-wrong", number);
            else if (g.Standing == Standing.NotInForce) yield return Failed("certificate-not-in-force", number);
            else if (g.Metal != f.Content.Metal) yield return Failed("certificate-other-metal", number, ("metal", g.Metal ?? ""), ("traded", f.Content.Metal));
            else if (g.Standing == Standing.OnPaper) yield return Unclear("certificate-on-paper", number);
        }
    }

    IEnumerable<GateFinding> Customs(GateFacts f)
    {
        if (f.Content.BillOfLading is not { } bill) { yield return Failed("bill-missing"); yield break; }
        var shapes = f.Goods.Select(g => g.Shape).Distinct().ToList();
        foreach (var shape in shapes.Count == 0 ? [null] : shapes)
        {
            var judged = customs.Judge(f.Content.Metal, bill.CustomsCode, shape, bill.IssuedOn);
            if (judged.Fit == CustomsFit.DoesNotFit) yield return Failed("customs-other-goods", ("code", bill.CustomsCode), ("metal", f.Content.Metal), ("goods", judged.Name!.Value.En), ("goodsZh", judged.Name.Value.Zh));
            else if (judged.Fit == CustomsFit.CannotTell) yield return Unclear("customs-cannot-tell", ("code", bill.CustomsCode), ("metal", f.Content.Metal));
            else continue;
            yield break;
        }
    }

    IEnumerable<GateFinding> Weight(GateFacts f)
    {
        if (f.Content.BillOfLading is not { } bill) { yield return Failed("bill-missing"); yield break; }
        if (f.Goods.Count == 0 || f.Goods.Any(g => g.NetKg is null)) { yield return Unclear("weight-unknown"); yield break; }
        var (certified, limit) = (f.Goods.Sum(g => g.NetKg!.Value), rules.Limit("weight-percent", f.Opened));
        if (Apart(bill.NetKg, certified, limit)) yield return Failed("weight-apart", ("billKg", Number(bill.NetKg)), ("certifiedKg", Number(certified)), ("percent", Number(limit)));
        if (Apart(f.Content.TonnesPayable * 1000, certified, limit)) yield return Failed("payable-apart", ("payableKg", Number(f.Content.TonnesPayable * 1000)), ("certifiedKg", Number(certified)), ("percent", Number(limit)));
    }

    /// <summary>The limit itself is within.</summary>
    static bool Apart(decimal kg, decimal certifiedKg, decimal limitPercent) => certifiedKg <= 0 || Math.Abs(kg - certifiedKg) * 100 > certifiedKg * limitPercent;

    static IEnumerable<GateFinding> Origin(GateFacts f)
    {
        foreach (var g in f.Goods.DistinctBy(g => g.Origin))
        {
            if (g.Origin is null) yield return Unclear("origin-unknown");
            else if (g.Origin != f.Content.Origin) yield return Failed("origin-differs", ("certified", g.Origin), ("stated", f.Content.Origin));
        }
        if (f.Goods.Count == 0) yield return Unclear("origin-unknown");
    }

    IEnumerable<GateFinding> Sanctions(GateFacts f)
    {
        if (f.Lists.Count == 0) { yield return Unclear("sanctions-no-list"); yield break; }
        var days = rules.Limit("sanctions-list-days", f.Opened);
        foreach (var list in f.Lists)
            if (Expiry.DaysLeft(list.AsOf, f.Today) > days) yield return Unclear("sanctions-list-old", ("publisher", list.Publisher), ("asOf", GateRules.Iso(list.AsOf)), ("days", Number(days)));
        foreach (var hit in f.Hits)
        {
            var args = new[] { ("party", hit.Party), ("name", hit.Name), ("publisher", hit.Publisher), ("entry", hit.Entry) };
            if (hit.SameParty is null) yield return Failed("sanctions-unreviewed", args);
            else if (hit.SameParty.Value) yield return Failed("sanctions-hit", args);
        }
    }

    IEnumerable<GateFinding> Insurance(GateFacts f)
    {
        if (f.Content.Insurance is not { } policy) { yield return Failed("insurance-missing"); yield break; }
        var percent = rules.Limit("insured-percent", f.Opened);
        if (policy.Currency != f.Content.Currency) yield return Unclear("insurance-currency", ("insured", policy.Currency), ("price", f.Content.Currency));
        else if (policy.Amount * 100 < f.Content.Amount * percent) yield return Failed("insurance-short", ("insured", Number(policy.Amount)), ("price", Number(f.Content.Amount)), ("percent", Number(percent)), ("currency", policy.Currency));
        if (policy.To < f.Today) yield return Failed("insurance-over", ("to", GateRules.Iso(policy.To)));
        if (f.Content.BillOfLading?.DepartedOn is { } left && policy.From > left) yield return Failed("insurance-late", ("from", GateRules.Iso(policy.From)), ("departed", GateRules.Iso(left)));
        if (f.Content.BillOfLading?.DueOn is { } due && policy.To < due) yield return Failed("insurance-short-time", ("to", GateRules.Iso(policy.To)), ("due", GateRules.Iso(due)));
    }

    /// <summary>Same findings, same hash, whatever their order; a waiver hangs on it.</summary>
    static string Found(string item, IReadOnlyList<GateFinding> findings) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        item + '\n' + string.Join('\n', findings.Select(f => $"{f.Code} {StorageJson.Write(f.Args.OrderBy(a => a.Key, StringComparer.Ordinal).ToList())}").Order(StringComparer.Ordinal)))));

    static GateFinding Failed(string code, params (string Name, string Value)[] args) => new(code, ItemOutcome.Failed, args.ToDictionary(a => a.Name, a => a.Value));
    static GateFinding Unclear(string code, params (string Name, string Value)[] args) => new(code, ItemOutcome.Unclear, args.ToDictionary(a => a.Name, a => a.Value));
    static string Number(decimal value) => GateRules.Text(value);
}
