using System.Globalization;
using NodaTime;
using Verdigris.Passport.Reading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Disclosures;

/// <summary>Which disclosures to list.</summary>
/// <param name="Pillar">multi, environment, social or governance.</param>
/// <param name="Methodology">Code, whatever the version.</param>
/// <param name="State">Null: published and not expired. Another state answers what the reader may see of it: his own, and the exchange what was handed in.</param>
/// <param name="Sort">added, producer, class, methodology or until, with a leading minus for descending; null is -added.</param>
public sealed record DisclosureFilter(string? Pillar = null, string? Class = null, string? Metal = null, string? Country = null, Assurance? Assurance = null, string? Methodology = null, Guid? Producer = null,
    string? Text = null, DisclosureState? State = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>How many disclosures the reader may see have a value, of those the other conditions leave.</summary>
public sealed record FacetValue(string Value, int Count);

public sealed record DisclosureFacets(IReadOnlyList<FacetValue> Classes, IReadOnlyList<FacetValue> Metals, IReadOnlyList<FacetValue> Countries, IReadOnlyList<FacetValue> Assurances);

/// <summary>The register of disclosures: list, facets, export, a subject's own, and the reminders of a producer. Each shows what its reader may see and nothing else.</summary>
public sealed class DisclosureRegister(DisclosureReaders readers, Taxonomy taxonomy)
{
    // Not the last day there is: the database's driver reads that one as infinity.
    static readonly LocalDate NoEnd = new(9999, 1, 1);

    static readonly ListOrders<Disclosure> Orders = new("disclosures", "-added", ListKey<Disclosure>.Id("added", "d.id", d => d.Id), ListKey<Disclosure>.Text("producer", "o.name", d => d.ProducerName),
        ListKey<Disclosure>.Text("class", "d.class", d => d.Methodology.Class), ListKey<Disclosure>.Text("methodology", "m.code", d => d.Methodology.Code),
        ListKey<Disclosure>.Day("until", "coalesce(d.valid_to, date '9999-01-01')", d => d.Content.ValidTo ?? NoEnd));

    public async Task<Answer<Page<Disclosure>>> List(DbSession s, DisclosureFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        var order = Orders.Read(filter.Sort, filter.Cursor);
        if (!order.Ok) return Answer<Page<Disclosure>>.From(order.Refusals);
        var today = s.Now.InUtc().Date;
        var query = Conditions(filter, today);
        query.And(order.Value.Condition(query.Next));
        var rows = await s.All($"select {DisclosureStore.Columns} {DisclosureStore.From} {query} order by {order.Value.By} limit {filter.Limit + 1}", r => DisclosureStore.Map(r, today), ct, query.Args);
        var next = order.Value.Cut(rows, filter.Limit);
        return new Page<Disclosure>(await Visible(s, rows, ct), next);
    }

    /// <summary>Counts of what the public sees, by each condition with the others in force.</summary>
    public async Task<DisclosureFacets> Facets(DbSession s, DisclosureFilter filter, CancellationToken ct) => new(
        await Facet(s, "d.class", filter with { Class = null }, ct), await Facet(s, "d.metal", filter with { Metal = null }, ct),
        await Facet(s, "d.country", filter with { Country = null }, ct), await Facet(s, "d.assurance", filter with { Assurance = null }, ct));

    /// <summary>The list as CSV, a row a disclosure, streamed. What is not stated is empty, never zero.</summary>
    public async Task<Answer<Done>> Export(DbSession s, DisclosureFilter filter, Stream output, CancellationToken ct)
    {
        var first = await List(s, filter with { Limit = 200, Cursor = null }, ct);
        if (!first.Ok) return Answer<Done>.From(first.Refusals);
        await using var csv = new CsvLineWriter(output);
        await csv.Line(ct, "id", "producer", "subject", "subjectType", "subjectName", "metal", "country", "pillar", "class", "methodology", "version", "kind", "value", "unit", "certificateNo", "statement", "periodFrom", "periodTo", "boundary",
            "assurance", "assurer", "validFrom", "validTo", "visibility", "state");
        for (var page = first.Value; ;)
        {
            foreach (var d in page.Items)
            {
                var (c, m) = (d.Content, d.Methodology);
                await csv.Line(ct, d.Id, d.ProducerName, d.Subject.Key, d.Subject.Type, d.Subject.Name, d.Subject.Metal, d.Subject.Country, taxonomy.Find(m.Class)?.Pillar, m.Class, m.Code, m.Version, m.ValueKind, c.Value, m.Unit, c.CertificateNo,
                    c.Statement, c.PeriodFrom, c.PeriodTo, c.Boundary, c.Assurance, c.Assurer, c.ValidFrom, c.ValidTo, c.Visibility, d.State);
            }
            if (page.NextCursor is null) break;
            var next = await List(s, filter with { Limit = 200, Cursor = page.NextCursor }, ct);
            if (!next.Ok) return Answer<Done>.From(next.Refusals);
            page = next.Value;
        }
        return default(Done);
    }

    /// <summary>Current disclosures of subjects, as far as the reader may see them.</summary>
    public async Task<IReadOnlyList<Disclosure>> OfSubjects(DbSession s, IReadOnlyList<string> keys, CancellationToken ct) =>
        await Visible(s, await Select(s, "d.subject_key = any($1) and d.state = 4", ct, (object)keys.ToArray()), ct);

    /// <summary>A producer's current disclosures about anything of its own, as far as the reader may see them.</summary>
    public async Task<IReadOnlyList<Disclosure>> OfProducer(DbSession s, Guid producer, CancellationToken ct) =>
        await Visible(s, [.. (await Select(s, "d.producer_id = $1 and d.state = 4", ct, producer)).Where(d => d.Current)], ct);

    /// <summary>What the actor's organisation is reminded of today; its own people only.</summary>
    public async Task<Answer<IReadOnlyList<ExpiryReminder>>> Reminders(DbSession s, CancellationToken ct)
    {
        if (!s.Actor.SignedIn) return Refusal.Forbidden("access.sign-in-needed");
        var own = await Select(s, "d.producer_id = $1 and d.state = 4 and d.valid_to is not null", ct, s.Actor.OrganisationId);
        return ExpiryReminders.Of(own, s.Now.InUtc().Date).ToList();
    }

    /// <summary>Published ones of all producers whose last good day is this one or earlier; for the system.</summary>
    internal async Task<IReadOnlyList<Disclosure>> EndingBy(DbSession s, LocalDate day, CancellationToken ct) => await Select(s, "d.state = 4 and d.valid_to <= $1", ct, day);

    /// <summary>Statistics of everybody's public figures of one version and boundary.</summary>
    internal async Task<GroupFigures?> Statistics(DbSession s, Guid methodology, string boundary, CancellationToken ct)
    {
        var all = await Select(s, "d.methodology_id = $1 and d.boundary = $2 and d.state = 4 and d.visibility = 'public' and d.value is not null", ct, methodology, boundary);
        return GroupStatistics.Of([.. Comparison.Latest(all).Select(d => (d.Subject.ProducerId, d.Content.Value!.Value))]);
    }

    static Task<List<Disclosure>> Select(DbSession s, string condition, CancellationToken ct, params object?[] args)
    {
        var today = s.Now.InUtc().Date;
        return s.All($"select {DisclosureStore.Columns} {DisclosureStore.From} where {condition} order by d.id", r => DisclosureStore.Map(r, today), ct, args);
    }

    async Task<List<Disclosure>> Visible(DbSession s, List<Disclosure> rows, CancellationToken ct)
    {
        if (rows.All(d => d is { Content.Visibility: Visibility.Public } && d.State is DisclosureState.Published or DisclosureState.Expiring or DisclosureState.Expired)) return rows;
        var reader = await readers.Of(s, ct);
        return [.. rows.Where(d => DisclosureAccess.MaySee(s.Actor, d, reader))];
    }

    async Task<IReadOnlyList<FacetValue>> Facet(DbSession s, string column, DisclosureFilter filter, CancellationToken ct)
    {
        var query = Conditions(filter with { State = null }, s.Now.InUtc().Date);
        // What may be hidden must not be counted.
        query.And("d.visibility = 'public'");
        query.And($"{column} is not null");
        return await s.All($"select {column}, count(*) {DisclosureStore.From} {query} group by 1 order by 2 desc, 1", r => new FacetValue(r.GetString(0), (int)r.GetInt64(1)), ct, query.Args);
    }

    Where Conditions(DisclosureFilter filter, LocalDate today)
    {
        var query = new Where();
        switch (filter.State)
        {
            case null: query.And($"d.state = 4 and (d.valid_to is null or d.valid_to >= {query.Next(today)})"); break;
            case DisclosureState.Published: query.And($"d.state = 4 and (d.valid_to is null or d.valid_to > {query.Next(today.PlusDays(DisclosureRules.ExpiringDays))})"); break;
            case DisclosureState.Expiring: query.And($"d.state = 4 and d.valid_to between {query.Next(today)} and {query.Next(today.PlusDays(DisclosureRules.ExpiringDays))}"); break;
            case DisclosureState.Expired: query.And($"d.state = 4 and d.valid_to < {query.Next(today)}"); break;
            case { } state: query.And("d.state = ", (short)state); break;
        }
        if (filter.Pillar is { } pillar) query.And("d.class = any(", taxonomy.Of(pillar), ")");
        if (filter.Class is { } @class) query.And("d.class = ", @class);
        if (filter.Metal is { } metal) query.And("d.metal = ", metal);
        if (filter.Country is { } country) query.And("d.country = ", country);
        if (filter.Assurance is { } assurance) query.And("d.assurance = ", DisclosureWords.Of(assurance));
        if (filter.Methodology is { } methodology) query.And("m.code = ", methodology);
        if (filter.Producer is { } producer) query.And("d.producer_id = ", producer);
        if (filter.Text is { Length: > 0 } text)
            query.And($"position(lower({query.Next(text)}) in lower(concat_ws(' ', o.name, o.name_zh, p.name, p.name_zh, b.code, b.name, b.name_zh, m.code, m.name, m.name_zh, m.owner, d.certificate_no, d.statement, d.statement_zh, d.assurer))) > 0");
        return query;
    }
}
