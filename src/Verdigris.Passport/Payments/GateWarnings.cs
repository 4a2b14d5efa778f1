using System.Globalization;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Payments;

/// <summary>An earlier sale of the same metal: a gate that passed, or a transfer of its warrant.</summary>
/// <param name="Seller">The organisation; null where it is none of this exchange.</param>
/// <param name="SellerWords">Words of its name, where it is known by name only.</param>
public sealed record EarlierSale(Guid? Seller, IReadOnlyList<string> SellerWords, LocalDate On);

/// <param name="Sales">Of any part of the metal, by others or the same.</param>
/// <param name="Links">Organisations that are not independent of each other, in both directions.</param>
/// <param name="OfferedElsewhere">Days on which another gate for the same metal was opened that is not closed without payment.</param>
public sealed record WarningFacts(GateContent Content, IReadOnlyList<EarlierSale> Sales, IReadOnlySet<(Guid, Guid)> Links, IReadOnlyList<LocalDate> OfferedElsewhere, LocalDate Opened);

/// <summary>
/// What asks for a second look without stopping a payment: metal that goes back to where it came from, or to somebody linked to it; the same metal in another trade; a voyage far longer than usual. Pure.
/// </summary>
public sealed class GateWarnings(PaymentRules rules)
{
    public const string RoundTrip = "round-trip", BoughtBack = "bought-back", OfferedElsewhere = "offered-elsewhere", LongVoyage = "long-voyage", VoyageUnknown = "voyage-unknown";

    public IReadOnlyList<GateWarning> Run(WarningFacts f)
    {
        var found = new List<GateWarning>();
        var seller = f.Content.Parties.Single(p => p.Role == PartyRole.Seller);
        foreach (var taker in f.Content.Parties.Where(p => p.Role is PartyRole.Buyer or PartyRole.EndBuyer))
        {
            if (Linked(taker, seller.OrganisationId, Words(seller), f.Links)) found.Add(Of(RoundTrip, ("seller", seller.Name), ("taker", taker.Name)));
            if (f.Sales.Where(s => Linked(taker, s.Seller, s.SellerWords, f.Links)).OrderBy(s => s.On).FirstOrDefault() is { } before) found.Add(Of(BoughtBack, ("taker", taker.Name), ("on", GateRules.Iso(before.On))));
        }
        if (f.OfferedElsewhere.Count > 0) found.Add(Of(OfferedElsewhere, ("on", GateRules.Iso(f.OfferedElsewhere.Min()))));
        if (f.Content.BillOfLading is { } bill) found.AddRange(Voyage(bill, f.Opened));
        return found;
    }

    IEnumerable<GateWarning> Voyage(BillOfLading b, LocalDate opened)
    {
        var route = new[] { ("from", b.PortOfLoading), ("to", b.PortOfDischarge) };
        var usual = rules.VoyageDays(b.PortOfLoading, b.PortOfDischarge, opened);
        if (usual is null || b.DepartedOn is null || b.DueOn is null) { yield return Of(VoyageUnknown, route); yield break; }
        var days = Expiry.DaysLeft(b.DepartedOn.Value, b.DueOn.Value);
        if (days * 100m > usual.Value * rules.Limit("voyage-percent", opened)) yield return Of(LongVoyage, [.. route, ("days", Text(days)), ("usual", Text(usual.Value))]);
    }

    bool Linked(GateParty taker, Guid? seller, IReadOnlyList<string> sellerWords, IReadOnlySet<(Guid, Guid)> links) =>
        (taker.OrganisationId is { } one && seller is { } other && (one == other || links.Contains((one, other)))) || (sellerWords.Count > 0 && NameMatch.Alike(Words(taker), sellerWords) == true);

    IReadOnlyList<string> Words(GateParty party) => NameMatch.Words(party.Name, rules.LegalForms);

    static GateWarning Of(string code, params (string Name, string Value)[] args) => new(code, args.ToDictionary(a => a.Name, a => a.Value));
    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
