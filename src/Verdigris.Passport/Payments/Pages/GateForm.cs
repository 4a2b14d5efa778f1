using NodaTime;
using Verdigris.Passport.Pages;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Payments.Pages;

/// <summary>A trade as the editor holds it: what was typed, as it was typed.</summary>
public sealed class GateForm
{
    public const int MoreParties = 3;

    public string? Reference { get; set; }
    public string? Metal { get; set; }
    public string? PricePerTonne { get; set; }
    public string? Currency { get; set; }
    public string? TonnesPayable { get; set; }
    public string? Origin { get; set; }
    public List<PartyForm> Parties { get; set => field = value ?? []; } = [];
    /// <summary>One a line: a number, or a certificate's number and a bundle's with a blank between.</summary>
    public string? Goods { get; set; }
    public BillForm? BillOfLading { get; set; }
    public PolicyForm? Insurance { get; set; }

    public sealed class PartyForm
    {
        public string? Role { get; set; }
        public string? Name { get; set; }
        public string? OrganisationId { get; set; }
        public string? Country { get; set; }

        internal bool Blank => string.IsNullOrWhiteSpace(Name) && string.IsNullOrWhiteSpace(OrganisationId);
    }

    public sealed class BillForm
    {
        public string? Number { get; set; }
        public string? IssuedOn { get; set; }
        public string? CustomsCode { get; set; }
        public string? NetKg { get; set; }
        public string? PortOfLoading { get; set; }
        public string? PortOfDischarge { get; set; }
        public string? Vessel { get; set; }
        public string? DepartedOn { get; set; }
        public string? DueOn { get; set; }

        internal bool Blank => new[] { Number, IssuedOn, CustomsCode, NetKg, PortOfLoading, PortOfDischarge, Vessel, DepartedOn, DueOn }.All(string.IsNullOrWhiteSpace);
    }

    public sealed class PolicyForm
    {
        public string? PolicyNo { get; set; }
        public string? Insurer { get; set; }
        public string? From { get; set; }
        public string? To { get; set; }
        public string? Amount { get; set; }
        public string? Currency { get; set; }

        internal bool Blank => new[] { PolicyNo, Insurer, From, To, Amount }.All(string.IsNullOrWhiteSpace);
    }

    internal static GateForm New(string payerName, Guid payer, bool lends) => new()
    {
        Currency = "USD",
        Parties = [new() { Role = nameof(PartyRole.Seller) }, new() { Role = nameof(PartyRole.Buyer), Name = lends ? null : payerName, OrganisationId = lends ? null : payer.ToString() }, .. lends ? [new PartyForm { Role = nameof(PartyRole.Lender), Name = payerName, OrganisationId = payer.ToString() }] : Array.Empty<PartyForm>()],
    };

    internal static GateForm Of(GateContent c) => new()
    {
        Reference = c.Reference,
        Metal = c.Metal,
        PricePerTonne = GateRules.Text(c.PricePerTonne),
        Currency = c.Currency,
        TonnesPayable = GateRules.Text(c.TonnesPayable),
        Origin = c.Origin,
        Parties = [.. c.Parties.Select(p => new PartyForm { Role = p.Role.ToString(), Name = p.Name, OrganisationId = p.OrganisationId?.ToString(), Country = p.Country })],
        Goods = string.Join('\n', c.Goods.Select(g => g.BundleNo is null ? g.Number : $"{g.Number} {g.BundleNo}")),
        BillOfLading = c.BillOfLading is not { } b ? null : new()
        {
            Number = b.Number,
            IssuedOn = Show.Iso(b.IssuedOn),
            CustomsCode = b.CustomsCode,
            NetKg = GateRules.Text(b.NetKg),
            PortOfLoading = b.PortOfLoading,
            PortOfDischarge = b.PortOfDischarge,
            Vessel = b.Vessel,
            DepartedOn = b.DepartedOn is { } left ? Show.Iso(left) : null,
            DueOn = b.DueOn is { } due ? Show.Iso(due) : null,
        },
        Insurance = c.Insurance is not { } i ? null : new() { PolicyNo = i.PolicyNo, Insurer = i.Insurer, From = Show.Iso(i.From), To = Show.Iso(i.To), Amount = GateRules.Text(i.Amount), Currency = i.Currency },
    };

    /// <summary>The trade, or what cannot be read of it. Parties without a name are passed over; papers of which nothing is filled in are not there yet.</summary>
    internal Answer<GateContent> Read()
    {
        var read = new FormText();
        var reference = read.Text(Reference, "reference", 64);
        var metal = read.Choice(Metal, "metal", GateRules.Metals);
        var price = read.Decimal(PricePerTonne, "pricePerTonne", 0, decimals: 2);
        var currency = read.Choice(Currency, "currency", Primitives.Currency.Known);
        var tonnes = read.Decimal(TonnesPayable, "tonnesPayable", 0, decimals: 3);
        var origin = read.Text(Origin, "origin", 2);
        var parties = new List<GateParty>();
        foreach (var (row, index) in EntryRows.Filled(Parties, p => p.Blank))
        {
            var role = read.Choice(row.Role, $"parties[{index}].role", Enum.GetNames<PartyRole>());
            var name = read.Text(row.Name, $"parties[{index}].name", 64);
            var organisation = read.Id(row.OrganisationId, $"parties[{index}].organisationId", required: false);
            if (role is not null && name is not null) parties.Add(new(Enum.Parse<PartyRole>(role), name, organisation, string.IsNullOrWhiteSpace(row.Country) ? null : row.Country.Trim().ToUpperInvariant()));
        }
        var goods = (Goods ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(l => l.Split([' ', '\t'], 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(p => new GateGood(p[0].ToUpperInvariant(), p.Length > 1 ? p[1] : null)).ToList();
        var bill = BillOfLading is { Blank: false } b ? Read(b, read) : null;
        var policy = Insurance is { Blank: false } i ? Read(i, read) : null;
        return read.Ok ? new GateContent(reference!, metal!, price!.Value, currency!, tonnes!.Value, origin!.ToUpperInvariant(), parties, goods, bill, policy) : read.Refusals;
    }

    /// <summary>A refusal that counts filled parties only, at the row that was typed.</summary>
    internal Refusal AsTyped(Refusal refusal) => refusal.Field is { } field && field.StartsWith("parties[", StringComparison.Ordinal) ? refusal with { Field = EntryRows.AsTyped(field, Parties, p => p.Blank) } : refusal;

    static BillOfLading? Read(BillForm b, FormText read)
    {
        var number = read.Text(b.Number, "billOfLading.number", 64);
        var issued = read.Date(b.IssuedOn, "billOfLading.issuedOn");
        var code = read.Text(b.CustomsCode, "billOfLading.customsCode", 20);
        var kg = read.Decimal(b.NetKg, "billOfLading.netKg", 0, decimals: 3);
        var from = read.Text(b.PortOfLoading, "billOfLading.portOfLoading", 5);
        var to = read.Text(b.PortOfDischarge, "billOfLading.portOfDischarge", 5);
        var vessel = read.Text(b.Vessel, "billOfLading.vessel", 64, required: false);
        LocalDate? left = read.Date(b.DepartedOn, "billOfLading.departedOn", required: false), due = read.Date(b.DueOn, "billOfLading.dueOn", required: false);
        return read.Ok ? new(number!, issued!.Value, code!, kg!.Value, from!.ToUpperInvariant(), to!.ToUpperInvariant(), vessel, left, due) : null;
    }

    static InsurancePolicy? Read(PolicyForm i, FormText read)
    {
        var number = read.Text(i.PolicyNo, "insurance.policyNo", 64);
        var insurer = read.Text(i.Insurer, "insurance.insurer", 64);
        LocalDate? from = read.Date(i.From, "insurance.from"), to = read.Date(i.To, "insurance.to");
        var amount = read.Decimal(i.Amount, "insurance.amount", 0, decimals: 2);
        var currency = read.Choice(i.Currency, "insurance.currency", Primitives.Currency.Known);
        return read.Ok ? new(number!, insurer!, from!.Value, to!.Value, amount!.Value, currency!) : null;
    }
}
