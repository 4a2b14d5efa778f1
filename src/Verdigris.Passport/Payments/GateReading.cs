using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>
/// Gathers what the checks judge. Certificates and earlier sales are read as the system, since a payer is seldom the owner yet; what comes out are the findings, never an analysis, an owner or an emission.
/// </summary>
public sealed class GateReading(IDbSessions sessions, SanctionsLists lists)
{
    /// <summary>Certificates behind the metal, and the sales before this one.</summary>
    public async Task<(IReadOnlyList<GoodFact> Goods, WarningFacts Warnings)> Read(Guid gate, Guid payer, GateContent content, LocalDate opened, PaymentRules rules, CancellationToken ct)
    {
        await using var system = sessions.Open(Actor.System);
        var goods = new List<GoodFact>();
        foreach (var good in content.Goods) goods.AddRange(await Resolve(system, good, ct));
        var numbers = goods.Where(g => g.Certificate is not null).Select(g => g.Certificate!).Distinct().ToArray();
        var bundles = goods.Where(g => g.Certificate is not null).Select(g => (g.Certificate!, g.BundleNo ?? "")).ToHashSet();
        var others = await system.All("""
            select m.certificate_number, m.bundle_no, g.content::text, g.state, g.organisation_id, coalesce(g.closed_at, g.opened_at), g.opened_at from passport.payment_gate_metal m join passport.payment_gate g on g.id = m.gate_id
            where m.certificate_number = any($1) and g.id <> $2 and g.state in (0, 1, 2)
            """, r => (Part: (r.GetString(0), r.GetString(1)), Content: StorageJson.Read<GateContent>(r.GetString(2)), State: (GateState)r.GetInt16(3), Payer: r.GetGuid(4), Closed: r.Time(5).InUtc().Date, Opened: r.Time(6).InUtc().Date), ct, numbers, gate);
        others.RemoveAll(o => !bundles.Any(b => b.Item1 == o.Part.Item1 && (b.Item2.Length == 0 || o.Part.Item2.Length == 0 || b.Item2 == o.Part.Item2)));
        var sales = others.Where(o => o.State == GateState.Passed).Select(o => Seller(o.Content, o.Closed, rules)).ToList();
        sales.AddRange(await system.All("""
            select distinct t.from_organisation, t.decided_at from passport.title_transfer t join passport.warrant_certificate wc on wc.warrant_id = t.warrant_id join passport.certificate c on c.id = wc.certificate_id
            where c.number = any($1) and t.kind = 'transfer' and t.state = 'accepted' and t.decided_at is not null
            """, r => new EarlierSale(r.GetGuid(0), [], r.Time(1).InUtc().Date), ct, new object[] { numbers }));
        // Buyer and lender of one trade may both hold a gate for it.
        var elsewhere = others.Where(o => o.State != GateState.Passed && o.Payer != payer && !SameTrade(o.Content, content, rules)).Select(o => o.Opened).Distinct().ToList();
        return (goods, new WarningFacts(content, sales, await OrganisationLinks.Pairs(system, ct), elsewhere, opened));
    }

    /// <summary>Likenesses of everybody in the trade with the newest lists, with what people found them to be in this gate.</summary>
    public async Task<(IReadOnlyList<ListFact> Lists, IReadOnlyList<GateHit> Hits)> Screened(DbSession s, Guid gate, GateContent content, CancellationToken ct)
    {
        var (newest, hits) = await lists.Screen(s, Named(content), ct);
        var decided = (await GateStore.HitDecisions(s, gate, ct)).ToLookup(d => (d.Party, d.Publisher, d.Entry, d.Name));
        return (newest, [.. hits.Select(h => decided[(h.Party, h.Publisher, h.Entry, h.Name)].LastOrDefault() is { } d ? h with { SameParty = d.SameParty, Reason = d.Reason, DecidedBy = d.DecidedBy, DecidedAt = d.DecidedAt } : h)]);
    }

    /// <summary>Everybody in the trade who is screened, the vessel and the insurer among them.</summary>
    internal static IReadOnlyList<string> Named(GateContent content) => [.. content.Parties.Select(p => p.Name).Append(content.BillOfLading?.Vessel).Append(content.Insurance?.Insurer).OfType<string>()];

    static async Task<IReadOnlyList<GoodFact>> Resolve(DbSession s, GateGood good, CancellationToken ct)
    {
        var lot = await s.All("""
            select c.number, b.bundle_no, b.net_kg from passport.lot l join passport.lot_bundle b on b.lot_id = l.id and b.open join passport.certificate c on c.id = b.certificate_id where l.number = $1 order by c.number, b.bundle_no
            """, r => (Number: r.GetString(0), Bundle: r.GetString(1)), ct, good.Number);
        if (lot.Count > 0)
        {
            var facts = new List<GoodFact>();
            foreach (var bundle in lot) facts.Add(await Certificate(s, good.Number, bundle.Number, bundle.Bundle, ct));
            return facts;
        }
        if (await s.One($"select {WarrantStore.Columns} from passport.warrant where number = $1", WarrantStore.Map, ct, good.Number) is { } warrant)
        {
            var facts = new List<GoodFact>();
            foreach (var number in await s.All("select c.number from passport.warrant_certificate wc join passport.certificate c on c.id = wc.certificate_id where wc.warrant_id = $1 order by c.number", r => r.GetString(0), ct, warrant.Id))
            {
                // The warrant's weight is the weighed one; it stands for all of its certificates together.
                var fact = await Certificate(s, good.Number, number, null, ct) with { NetKg = facts.Count == 0 ? warrant.NetKg : 0 };
                facts.Add(warrant.State is WarrantState.Invalidated or WarrantState.Rejected ? fact with { Standing = Standing.NotInForce } : fact);
            }
            return facts;
        }
        return [await Certificate(s, good.Number, good.Number, good.BundleNo, ct)];
    }

    static async Task<GoodFact> Certificate(DbSession s, string named, string number, string? bundleNo, CancellationToken ct)
    {
        // What was not published is nobody's to know.
        if (await CertificateStore.FindCurrent(s, number.ToUpperInvariant(), ct) is not { State: not (CertificateState.Draft or CertificateState.Signed) } row) return new(named, null, bundleNo, Standing.Unknown);
        var c = row.Certificate;
        var bundle = bundleNo is null ? null : c.Content.BundleList.FirstOrDefault(b => b.BundleNo.Equals(bundleNo, StringComparison.OrdinalIgnoreCase));
        if (bundleNo is not null && bundle is null) return new(named, null, bundleNo, Standing.Unknown);
        var (signature, _) = await CertificateHandlers.JudgeSignature(s, row, CertificateJson.Bytes(c), ct);
        var standing = row.State is CertificateState.Voided or CertificateState.Disputed or CertificateState.Quarantined or CertificateState.Corrected ? Standing.NotInForce
            : signature switch { "valid" => Standing.Signed, "attested" => Standing.OnPaper, "unsigned" => Standing.Unsigned, _ => Standing.SignatureWrong };
        return new(named, c.Number, bundle?.BundleNo, standing, c.Metal, c.Content.Shape, c.Content.CountryOfOrigin, bundle?.NetKg ?? c.Content.NetKg);
    }

    static EarlierSale Seller(GateContent content, LocalDate on, PaymentRules rules)
    {
        var seller = content.Parties.Single(p => p.Role == PartyRole.Seller);
        return new(seller.OrganisationId, NameMatch.Words(seller.Name, rules.LegalForms), on);
    }

    static bool SameTrade(GateContent a, GateContent b, PaymentRules rules) => new[] { PartyRole.Seller, PartyRole.Buyer }.All(role =>
        NameMatch.Alike(NameMatch.Words(a.Parties.Single(p => p.Role == role).Name, rules.LegalForms), NameMatch.Words(b.Parties.Single(p => p.Role == role).Name, rules.LegalForms)) == true);
}
