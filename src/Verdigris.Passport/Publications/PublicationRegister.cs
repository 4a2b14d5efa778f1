using NodaTime;
using Verdigris.Passport.Reading;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Publications;

/// <param name="Text">Words searched for in numbers, titles and texts of both languages.</param>
/// <param name="Year">Of publication.</param>
/// <param name="Sort">published, number, kind, title, closes or added, with a leading minus for descending; null is -published, drafts first.</param>
public sealed record PublicationFilter(string? Text = null, PublicationKind? Kind = null, PublicationState? State = null, int? Year = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>The public list of papers; the exchange sees its drafts in it.</summary>
public sealed class PublicationRegister
{
    // Not the last day there is: the database's driver reads that one as infinity.
    static readonly LocalDate NoDay = new(9999, 1, 1);

    static readonly ListOrders<PublicationItem> Orders = new("publications", "-published", ListKey<PublicationItem>.Id("added", "p.id", p => p.Id),
        ListKey<PublicationItem>.Day("published", "coalesce(p.published_on, date '9999-01-01')", p => p.PublishedOn ?? NoDay), ListKey<PublicationItem>.Number("number", "coalesce(p.year::numeric * 1000000 + p.place, 0)", Place),
        ListKey<PublicationItem>.Number("kind", "p.kind", p => (short)p.Kind), ListKey<PublicationItem>.Text("title", "p.title", p => p.Title.En), ListKey<PublicationItem>.Day("closes", "coalesce(p.closes_on, date '9999-01-01')", p => p.ClosesOn ?? NoDay));

    public async Task<Answer<Page<PublicationItem>>> List(DbSession s, PublicationFilter filter, CancellationToken ct)
    {
        if (filter.Year is < 1 or > 9999) return Refusal.Of("publication.year-out-of-range", "year", ("given", PublicationRules.Text(filter.Year.Value)));
        var (query, today) = (new Where(), s.Today());
        if (filter.Kind is { } kind) query.And("p.kind = ", (short)kind);
        switch (filter.State)
        {
            case null: break;
            case PublicationState.Open: query.And($"p.state = 1 and p.closes_on >= {query.Next(today)}"); break;
            case PublicationState.Closed: query.And($"p.state = 1 and p.closes_on < {query.Next(today)}"); break;
            case { } state: query.And("p.state = ", (short)state); break;
        }
        if (filter.Year is { } year) query.And($"p.published_on >= {query.Next(new LocalDate(year, 1, 1))} and p.published_on <= {query.Next(new LocalDate(year, 12, 31))}");
        if (filter.Text is { Length: > 0 } text)
            query.And($"position(lower({query.Next(text)}) in lower(concat_ws(' ', p.number, p.decision->>'number', p.title, p.title_zh, p.content->'text'->>'en', p.content->'text'->>'zh'))) > 0");
        return await Orders.Page(s, """
            select p.id, p.kind, p.number, p.title, p.title_zh, p.state, p.published_on, p.opens_on, p.closes_on, p.decision->>'number', coalesce(p.decision->'content'->>'effectiveOn', p.content->>'effectiveOn')::date
            from passport.publication p
            """, query, filter.Sort, filter.Cursor, filter.Limit, r => new PublicationItem(r.GetGuid(0), (PublicationKind)r.GetInt16(1), r.Text(2), new(r.GetString(3), r.GetString(4)), PublicationStates.On((PublicationState)r.GetInt16(5), r.MaybeDay(8), today), r.MaybeDay(6), r.MaybeDay(7), r.MaybeDay(8), r.Text(9), r.MaybeDay(10)), ct);
    }

    /// <summary>The list as CSV, a row a paper, streamed. What is not known or not given yet is empty.</summary>
    public async Task<Answer<Done>> Export(DbSession s, PublicationFilter filter, Stream output, CancellationToken ct)
    {
        var page = await List(s, filter with { Limit = 200, Cursor = null }, ct);
        if (!page.Ok) return Answer<Done>.From(page.Refusals);
        await using var csv = new CsvLineWriter(output);
        await csv.Line(ct, "id", "number", "kind", "title", "titleZh", "state", "publishedOn", "opensOn", "closesOn", "decisionNumber", "effectiveOn");
        while (true)
        {
            foreach (var p in page.Value.Items) await csv.Line(ct, p.Id, p.Number, p.Kind, p.Title.En, p.Title.Zh, p.State, p.PublishedOn, p.OpensOn, p.ClosesOn, p.DecisionNumber, p.EffectiveOn);
            if (page.Value.NextCursor is not { } next) return default(Done);
            page = await List(s, filter with { Limit = 200, Cursor = next }, ct);
            if (!page.Ok) return Answer<Done>.From(page.Refusals);
        }
    }

    /// <summary>Years papers were published in, newest first.</summary>
    public Task<List<int>> Years(DbSession s, CancellationToken ct) =>
        s.All("select distinct year from passport.publication where year is not null order by year desc", r => (int)r.GetInt16(0), ct);

    static decimal Place(PublicationItem p) => p is { Number: { } number, PublishedOn: { } day } ? (day.Year * 1_000_000m) + int.Parse(number.AsSpan(3), System.Globalization.CultureInfo.InvariantCulture) : 0;
}
