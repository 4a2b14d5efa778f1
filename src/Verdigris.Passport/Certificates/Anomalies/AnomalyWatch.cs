using System.Globalization;
using NodaTime;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Anomalies;

/// <summary>
/// Looks at certificates the moment they are published, in the transaction that publishes them: nothing is warranted on a certificate that was not looked at. Finding something stops nothing.
/// </summary>
public sealed class AnomalyWatch(PassportRules rules, RulePacks packs)
{
    readonly CustomsCodes customs = CustomsCodes.Of(packs);

    /// <summary>Examines certificates that were just published. Any number; each at most once, as a later version has an id of its own.</summary>
    public async Task Examine(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        if (ids.Count == 0) return;
        var read = await s.All("select d.document, c.attested_by is not null from passport.certificate_content d join passport.certificate c on c.id = d.certificate_id where c.id = any($1)",
            r => (Certificate: CertificateJson.Read(r.GetFieldValue<byte[]>(0)), FromPaper: r.GetBoolean(1)), ct, ids.ToArray());
        var certificates = read.ConvertAll(r => r.Certificate);
        var found = new List<Finding>();
        await Remember(s, certificates, ct);
        found.AddRange(await Repeats(s, ids, ct));
        foreach (var c in certificates)
        {
            if (AnomalyRules.DaysApart(c.Content.ProductionDate, c.Content.IssueDate, Threshold(AnomalyRules.DatesFarApart)) is { } days) found.Add(new(c.Id, AnomalyRules.DatesFarApart, ("days", Text(days))));
            if (AnomalyRules.AllRound(c.Content.Results, Threshold(AnomalyRules.FiguresAllRound))) found.Add(new(c.Id, AnomalyRules.FiguresAllRound, ("count", Text(c.Content.Results.Count))));
            // A code nobody can judge is no finding: it is for whoever ships the metal to explain.
            if (c.Content.CustomsCode is { } code && customs.Judge(c.Metal, code, c.Content.Shape, c.Content.IssueDate) is { Fit: CustomsFit.DoesNotFit, Name: { } goods, Rule: { } row })
                found.Add(new(c.Id, AnomalyRules.CustomsCode, ("code", code), ("goods", goods.En), ("goodsZh", goods.Zh), ("metal", c.Metal)) { RuleId = $"{row.Pack}@{row.Version}#codes" });
        }
        found.AddRange(await Capacity(s, certificates, ct));
        var about = certificates.ToDictionary(c => c.Id, c => new Subject(c.Number, c.ProducerId, c.PlantId));
        found.AddRange(await OnPaper(s, read, about, ct));
        await Write(s, about, found, ct);
    }

    async Task Remember(DbSession s, List<Certificate> certificates, CancellationToken ct)
    {
        var least = Threshold(AnomalyRules.ChemistryRepeated);
        var chemistry = certificates.Select(c => (c.Id, c.Number, Value: AnomalyRules.Chemistry(c.Content.Results, least))).Where(x => x.Value is not null).ToList();
        await s.Run("insert into passport.certificate_chemistry (certificate_id, number, chemistry) select * from unnest($1::uuid[], $2::text[], $3::bigint[]) on conflict do nothing", ct,
            chemistry.Select(x => x.Id).ToArray(), chemistry.Select(x => x.Number).ToArray(), chemistry.Select(x => x.Value!.Value).ToArray());
        var seals = certificates.SelectMany(c => c.Content.BundleList.Where(b => b.SealNo is not null).Select(b => (c.Id, c.Number, b.BundleNo, Seal: b.SealNo!))).ToList();
        await s.Run("insert into passport.certificate_seal (certificate_id, number, bundle_no, seal) select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) on conflict do nothing", ct,
            seals.Select(x => x.Id).ToArray(), seals.Select(x => x.Number).ToArray(), seals.Select(x => x.BundleNo).ToArray(), seals.Select(x => x.Seal).ToArray());
    }

    /// <summary>The same analysis, or the same seal, on a certificate of another number. What became void counts for nothing.</summary>
    static async Task<List<Finding>> Repeats(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        var found = await s.All("""
            select distinct on (mine.certificate_id) mine.certificate_id, o.number, oc.producer_id <> c.producer_id
            from passport.certificate_chemistry mine join passport.certificate c on c.id = mine.certificate_id
            join passport.certificate_chemistry o on o.chemistry = mine.chemistry and o.number <> mine.number
            join passport.certificate oc on oc.id = o.certificate_id and oc.state not in (10, 12)
            where mine.certificate_id = any($1) order by mine.certificate_id, o.certificate_id
            """, r => Finding.Other(r.GetGuid(0), AnomalyRules.ChemistryRepeated, r.GetString(1), r.GetBoolean(2)), ct, ids.ToArray());
        found.AddRange(await s.All("""
            select distinct on (mine.certificate_id) mine.certificate_id, o.number, oc.producer_id <> c.producer_id, mine.seal
            from passport.certificate_seal mine join passport.certificate c on c.id = mine.certificate_id
            join passport.certificate_seal o on o.seal = mine.seal and o.number <> mine.number
            join passport.certificate oc on oc.id = o.certificate_id and oc.state not in (10, 12)
            where mine.certificate_id = any($1) order by mine.certificate_id, o.certificate_id
            """, r => Finding.Other(r.GetGuid(0), AnomalyRules.SealRepeated, r.GetString(1), r.GetBoolean(2), ("seal", r.GetString(3))), ct, ids.ToArray()));
        return found;
    }

    /// <summary>A plant and year is told once, on the certificate that took it over the limit.</summary>
    async Task<List<Finding>> Capacity(DbSession s, List<Certificate> certificates, CancellationToken ct)
    {
        var found = new List<Finding>();
        foreach (var group in certificates.GroupBy(c => (c.PlantId, c.Content.ProductionDate.Year)))
        {
            var (capacity, kg, told) = (await s.All("""
                select p.capacity_t_per_year,
                  (select coalesce(sum(c.net_kg), 0) from passport.brand b join passport.certificate c on c.brand_code = b.code and c.production_date between $2 and $3
                   where b.plant_id = p.id and c.current and c.state not in (0, 1, 10, 12)),
                  exists (select from passport.certificate_anomaly a where a.plant_id = p.id and a.rule = $4 and a.args ->> 'year' = $5 and a.state <> 2)
                from passport.plant p where p.id = $1
                """, r => (r.GetDecimal(0), r.GetDecimal(1), r.GetBoolean(2)), ct,
                group.Key.PlantId, new LocalDate(group.Key.Year, 1, 1), new LocalDate(group.Key.Year, 12, 31), AnomalyRules.OutputAboveCapacity, Text(group.Key.Year)))[0];
            if (!told && AnomalyRules.AboveCapacity(kg, capacity, Threshold(AnomalyRules.OutputAboveCapacity)) is { } percent)
                found.Add(new(group.Max(c => c.Id), AnomalyRules.OutputAboveCapacity, ("year", Text(group.Key.Year)), ("tonnes", Text(decimal.Round(kg / 1000, 3))), ("capacity", Text(capacity)), ("percent", Text(percent))));
        }
        return found;
    }

    /// <summary>
    /// The same heats of a plant and year on a paper and on another certificate: the metal may be counted twice. Told on the paper, whichever of the two came first, as the plant's own signature weighs more.
    /// </summary>
    static async Task<List<Finding>> OnPaper(DbSession s, List<(Certificate Certificate, bool FromPaper)> read, Dictionary<Guid, Subject> about, CancellationToken ct)
    {
        var heats = read.SelectMany(r => r.Certificate.Content.HeatNumbers.Select(h => (r.Certificate, r.FromPaper, Heat: h))).ToList();
        var found = await s.All("""
            with mine as (select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::smallint[], $5::text[], $6::boolean[]) as x (id, number, plant_id, year, heat, paper)),
            met as (
              select p.certificate_id as paper_id, p.number as paper_number, m.plant_id, m.number as other from mine m join passport.paper_heat p on p.plant_id = m.plant_id and p.heat = m.heat and p.production_year = m.year
              where not m.paper and p.number <> m.number
              union all
              select m.id, m.number, m.plant_id, h.certificate_number from mine m join passport.heat h on h.plant_id = m.plant_id and h.heat = m.heat and h.production_date between make_date(m.year, 1, 1) and make_date(m.year, 12, 31)
              where m.paper and h.certificate_number <> m.number
              union all
              select m.id, m.number, m.plant_id, p.number from mine m join passport.paper_heat p on p.plant_id = m.plant_id and p.heat = m.heat and p.production_year = m.year
              where m.paper and p.number <> m.number)
            select distinct on (met.paper_id) met.paper_id, met.paper_number, c.producer_id, met.plant_id, met.other from met
            join passport.certificate c on c.id = met.paper_id and c.current and c.state not in (10, 12)
            join passport.certificate o on o.number = met.other and o.current and o.state not in (0, 1, 10, 12)
            order by met.paper_id, met.other
            """, r => (Paper: r.GetGuid(0), Number: r.GetString(1), Producer: r.GetGuid(2), Plant: r.GetGuid(3), Other: r.GetString(4)), ct,
            heats.Select(h => h.Certificate.Id).ToArray(), heats.Select(h => h.Certificate.Number).ToArray(), heats.Select(h => h.Certificate.PlantId).ToArray(), heats.Select(h => (short)h.Certificate.Content.ProductionDate.Year).ToArray(),
            heats.Select(h => h.Heat).ToArray(), heats.Select(h => h.FromPaper).ToArray());
        foreach (var f in found) about[f.Paper] = new(f.Number, f.Producer, f.Plant);
        return found.ConvertAll(f => Finding.Other(f.Paper, AnomalyRules.HeatsOnPaper, f.Other, foreign: false));
    }

    async Task Write(DbSession s, Dictionary<Guid, Subject> about, List<Finding> found, CancellationToken ct)
    {
        if (found.Count == 0) return;
        await s.Run("""
            insert into passport.certificate_anomaly (id, certificate_id, number, producer_id, plant_id, rule, rule_id, args, found_at)
            select id, certificate, number, producer, plant, rule, rule_id, args::jsonb, $9 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[]) as x (id, certificate, number, producer, plant, rule, rule_id, args)
            on conflict (certificate_id, rule) do nothing
            """, ct, found.Select(_ => s.NewId()).ToArray(), found.Select(f => f.Certificate).ToArray(), found.Select(f => about[f.Certificate].Number).ToArray(), found.Select(f => about[f.Certificate].ProducerId).ToArray(),
            found.Select(f => about[f.Certificate].PlantId).ToArray(), found.Select(f => f.Rule).ToArray(), found.Select(f => f.RuleId ?? RuleId(f.Rule)).ToArray(), found.Select(f => StorageJson.Write(f.Args)).ToArray(), s.Now);
    }

    decimal Threshold(string rule) => rules.Anomaly(rule).Threshold;

    string RuleId(string rule) => AnomalyRules.WithThreshold.Contains(rule) ? rules.Anomaly(rule).RuleId : rule;

    static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);

    /// <summary>The certificate a finding is about.</summary>
    sealed record Subject(string Number, Guid ProducerId, Guid PlantId);

    sealed record Finding(Guid Certificate, string Rule, IReadOnlyDictionary<string, string> Args)
    {
        public Finding(Guid certificate, string rule, params (string Name, string Value)[] args) : this(certificate, rule, args.ToDictionary(a => a.Name, a => a.Value)) { }

        /// <summary>Null: of the rule's own row, or its name where it has none.</summary>
        public string? RuleId { get; init; }

        public static Finding Other(Guid certificate, string rule, string other, bool foreign, params (string Name, string Value)[] more) =>
            new(certificate, rule, [("other", other), (AnomalyHandlers.Foreign, foreign ? "true" : "false"), .. more]);
    }
}
