using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Organisations.Groups;

/// <param name="Text">Words searched for in names of groups, of their heads and of their members.</param>
/// <param name="Day">Who belonged to them on this day; null is today.</param>
/// <param name="Sort">name, head, country, members or added, with a leading minus for descending; null is name.</param>
public sealed record GroupFilter(string? Text = null, LocalDate? Day = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>The public list of groups.</summary>
public sealed class GroupRegister(GroupHandlers groups)
{
    static readonly ListOrders<ProducerGroup> Orders = new("groups", "name", ListKey<ProducerGroup>.Id("added", "l.id", g => g.Id),
        ListKey<ProducerGroup>.Text("name", "l.name", g => g.Name), ListKey<ProducerGroup>.Text("head", "l.head_name", g => g.HeadName), ListKey<ProducerGroup>.Text("country", "l.country", g => g.Country), ListKey<ProducerGroup>.Number("members", "l.members", g => (short)g.Members));

    public async Task<Answer<Page<ProducerGroup>>> List(DbSession s, GroupFilter filter, CancellationToken ct)
    {
        var query = new Where();
        var day = query.Next(filter.Day ?? s.Today());
        if (filter.Text is { Length: > 0 } text)
        {
            var words = query.Next(text);
            query.And($"""
                (position(lower({words}) in lower(concat_ws(' ', l.name, l.name_zh, l.head_name, l.head_name_zh))) > 0 or exists (select 1 from passport.group_membership m join passport.organisation o on o.id = m.organisation_id
                  where m.group_id = l.id and {GroupHandlers.Held(day)} and position(lower({words}) in lower(concat_ws(' ', o.name, o.name_zh))) > 0))
                """);
        }
        return await Orders.Page(s, $"select * from ({GroupHandlers.GroupColumns}) as l (id, name, name_zh, head_id, head_name, head_name_zh, country, members, created_at)", query, filter.Sort, filter.Cursor, filter.Limit, GroupHandlers.MapGroup, ct);
    }

    /// <summary>The list as CSV, a row a member on the day asked for, streamed.</summary>
    public async Task<Answer<Done>> Export(DbSession s, GroupFilter filter, Stream output, CancellationToken ct)
    {
        var page = await List(s, filter with { Limit = 200, Cursor = null }, ct);
        if (!page.Ok) return Answer<Done>.From(page.Refusals);
        await using var csv = new CsvLineWriter(output);
        await csv.Line(ct, "groupId", "group", "groupZh", "head", "organisationId", "organisation", "organisationZh", "country", "fromDay", "lastDay");
        while (true)
        {
            foreach (var g in page.Value.Items)
                foreach (var m in (await groups.Read(s, g.Id, filter.Day, ct)).Value.Members) await csv.Line(ct, g.Id, g.Name, g.NameZh, g.HeadName, m.OrganisationId, m.Name, m.NameZh, m.Country, m.FromDay, m.LastDay);
            if (page.Value.NextCursor is not { } next) return default(Done);
            page = await List(s, filter with { Limit = 200, Cursor = next }, ct);
            if (!page.Ok) return Answer<Done>.From(page.Refusals);
        }
    }
}
