using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Organisations;

/// <param name="Text">Words searched for in names, LEI and country code.</param>
/// <param name="Sort">name, kind, country, state or added, with a leading minus for descending; null is name.</param>
public sealed record OrganisationFilter(string? Text = null, OrganisationKind? Kind = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>The public list of organisations.</summary>
public sealed class OrganisationRegister
{
    static readonly ListOrders<Organisation> Orders = new("organisations", "name", ListKey<Organisation>.Id("added", "id", o => o.Id),
        ListKey<Organisation>.Text("name", "name", o => o.Name), ListKey<Organisation>.Text("kind", "kind", o => OrganisationRules.Word(o.Kind)), ListKey<Organisation>.Text("country", "country", o => o.Country), ListKey<Organisation>.Text("state", "state", o => o.State));

    public async Task<Answer<Page<Organisation>>> List(DbSession s, OrganisationFilter filter, CancellationToken ct)
    {
        var query = new Where();
        if (filter.Kind is { } kind) query.And("kind = ", OrganisationRules.Word(kind));
        if (filter.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(concat_ws(' ', name, name_zh, lei, country))) > 0");
        return await Orders.Page(s, $"select {OrganisationHandlers.Columns} from passport.organisation", query, filter.Sort, filter.Cursor, filter.Limit, OrganisationHandlers.Map, ct);
    }
}
