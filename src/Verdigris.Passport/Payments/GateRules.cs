using System.Globalization;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;

namespace Verdigris.Passport.Payments;

/// <summary>Input rules of a trade: what cannot be right is refused; what is merely missing blocks the gate. Pure.</summary>
public static class GateRules
{
    public const int MostGoods = 200, MostParties = 12, LongestReason = 2000;
    const decimal MostMoney = 1_000_000_000_000m;

    /// <summary>Metals the gate knows customs codes of.</summary>
    public static IReadOnlyList<string> Metals { get; } = ["AL", "AA", "CU", "NI", "PB", "SN", "ZN", "CO"];

    /// <summary>What is wrong, in the order of the fields.</summary>
    /// <param name="payer">The organisation that enters it: buyer or lender of the trade.</param>
    public static List<Refusal> Check(GateContent c, Guid payer)
    {
        var wrong = new List<Refusal>();
        if (!CertificateRules.IsText(c.Reference)) wrong.Add(Refusal.Of("payment.text-invalid", "reference", ("most", "64")));
        if (!Metals.Contains(c.Metal)) wrong.Add(Refusal.Of("payment.metal-unknown", "metal", ("given", c.Metal ?? ""), ("allowed", string.Join(", ", Metals))));
        Money(c.PricePerTonne, "pricePerTonne", wrong);
        CurrencyOf(c.Currency, "currency", wrong);
        Amount(c.TonnesPayable, "tonnesPayable", 3, 1_000_000m, wrong);
        if (wrong.Count == 0 && c.Amount is <= 0 or >= MostMoney) wrong.Add(Refusal.Of("payment.number-invalid", "pricePerTonne", ("given", Text(c.Amount)), ("decimals", "2")));
        Country(c.Origin, "origin", wrong);
        Parties(c.Parties ?? [], payer, wrong);
        Goods(c.Goods ?? [], wrong);
        if (c.BillOfLading is { } bill) Check(bill, wrong);
        if (c.Insurance is { } insurance) Check(insurance, wrong);
        return wrong;
    }

    static void Parties(IReadOnlyList<GateParty> parties, Guid payer, List<Refusal> wrong)
    {
        if (parties.Count > MostParties) { wrong.Add(Refusal.Of("payment.too-many", "parties", ("limit", Text(MostParties)))); return; }
        for (var i = 0; i < parties.Count; i++)
        {
            if (parties[i] is not { } p) { wrong.Add(Refusal.Of("input.required", $"parties[{i}]")); continue; }
            if (!Enum.IsDefined(p.Role)) wrong.Add(Refusal.Of("request.word-unknown", $"parties[{i}].role", ("given", p.Role.ToString())));
            if (!CertificateRules.IsText(p.Name)) wrong.Add(Refusal.Of("payment.text-invalid", $"parties[{i}].name", ("most", "64")));
            if (p.Country is not null) Country(p.Country, $"parties[{i}].country", wrong);
        }
        foreach (var role in new[] { PartyRole.Seller, PartyRole.Buyer })
            if (parties.Count(p => p?.Role == role) != 1) wrong.Add(Refusal.Of("payment.one-of-role", "parties", ("role", role.ToString())));
        if (!parties.Any(p => p is { Role: PartyRole.Buyer or PartyRole.Lender } && p.OrganisationId == payer)) wrong.Add(Refusal.Of("payment.own-part-missing", "parties"));
    }

    static void Goods(IReadOnlyList<GateGood> goods, List<Refusal> wrong)
    {
        if (goods.Count is 0 or > MostGoods) { wrong.Add(Refusal.Of("payment.goods-count", "goods", ("given", Text(goods.Count)), ("limit", Text(MostGoods)))); return; }
        for (var i = 0; i < goods.Count; i++)
        {
            if (goods[i] is not { } g || !CertificateRules.IsWord(g.Number) || (g.BundleNo is not null && !CertificateRules.IsWord(g.BundleNo))) { wrong.Add(Refusal.Of("payment.good-invalid", $"goods[{i}]", ("given", goods[i]?.Number ?? ""))); continue; }
            for (var j = 0; j < i; j++)
                if (goods[j] is { } earlier && earlier.Number == g.Number && (earlier.BundleNo is null || g.BundleNo is null || earlier.BundleNo == g.BundleNo)) { wrong.Add(Refusal.Of("payment.good-twice", $"goods[{i}]", ("given", g.Number))); break; }
        }
    }

    static void Check(BillOfLading b, List<Refusal> wrong)
    {
        if (!CertificateRules.IsText(b.Number)) wrong.Add(Refusal.Of("payment.text-invalid", "billOfLading.number", ("most", "64")));
        if (b.IssuedOn == default) wrong.Add(Refusal.Of("input.required", "billOfLading.issuedOn"));
        if (CustomsCodes.Digits(b.CustomsCode) is null) wrong.Add(Refusal.Of("customs.code-invalid", "billOfLading.customsCode", ("given", b.CustomsCode ?? "")));
        Amount(b.NetKg, "billOfLading.netKg", 3, 1_000_000_000m, wrong);
        Port(b.PortOfLoading, "billOfLading.portOfLoading", wrong);
        Port(b.PortOfDischarge, "billOfLading.portOfDischarge", wrong);
        if (b.Vessel is not null && !CertificateRules.IsText(b.Vessel)) wrong.Add(Refusal.Of("payment.text-invalid", "billOfLading.vessel", ("most", "64")));
        if (b is { DepartedOn: { } left, DueOn: { } due } && due < left) wrong.Add(Refusal.Of("payment.due-before-departure", "billOfLading.dueOn", ("given", Iso(due)), ("departed", Iso(left))));
    }

    static void Check(InsurancePolicy p, List<Refusal> wrong)
    {
        if (!CertificateRules.IsText(p.PolicyNo)) wrong.Add(Refusal.Of("payment.text-invalid", "insurance.policyNo", ("most", "64")));
        if (!CertificateRules.IsText(p.Insurer)) wrong.Add(Refusal.Of("payment.text-invalid", "insurance.insurer", ("most", "64")));
        if (p.From == default) wrong.Add(Refusal.Of("input.required", "insurance.from"));
        if (p.To < p.From) wrong.Add(Refusal.Of("payment.cover-ends-first", "insurance.to", ("given", Iso(p.To)), ("from", Iso(p.From))));
        Money(p.Amount, "insurance.amount", wrong);
        CurrencyOf(p.Currency, "insurance.currency", wrong);
    }

    static void Money(decimal amount, string field, List<Refusal> wrong) => Amount(amount, field, 2, MostMoney, wrong);

    static void Amount(decimal value, string field, int decimals, decimal most, List<Refusal> wrong)
    {
        if (value <= 0 || value >= most || decimal.Round(value, decimals) != value) wrong.Add(Refusal.Of("payment.number-invalid", field, ("given", Text(value)), ("decimals", Text(decimals))));
    }

    static void CurrencyOf(string? currency, string field, List<Refusal> wrong)
    {
        if (currency is null || !Currency.Known.Contains(currency)) wrong.Add(Refusal.Of("payment.currency-unknown", field, ("given", currency ?? ""), ("allowed", string.Join(", ", Currency.Known))));
    }

    static void Country(string? code, string field, List<Refusal> wrong)
    {
        if (code is null || !CountryCode.IsAssigned(code)) wrong.Add(Refusal.Of("payment.country-unknown", field, ("given", code ?? "")));
    }

    static void Port(string? code, string field, List<Refusal> wrong)
    {
        if (code is not { Length: 5 } || !CountryCode.IsAssigned(code[..2]) || code[2..].Any(c => !char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c))) wrong.Add(Refusal.Of("payment.port-invalid", field, ("given", code ?? "")) with { Rule = "UN/LOCODE" });
    }

    internal static string Iso(LocalDate day) => NodaTime.Text.LocalDatePattern.Iso.Format(day);
    internal static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);
}
