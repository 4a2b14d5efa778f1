using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Brands;

/// <param name="Text">Words searched for in codes, names and the producer's name.</param>
/// <param name="AsOf">The register as it stood on this day; null is today.</param>
/// <param name="Sort">name, code, state, metal, producer, country or capacity, with a leading minus for descending; null is name.</param>
public sealed record BrandFilter(string? Text = null, string? Metal = null, ListingState? State = null, Guid? Producer = null, LocalDate? AsOf = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>The public register of brands as of a day.</summary>
public sealed class BrandRegister
{
    static readonly ListOrders<Brand> Orders = new("brands", "name", ListKey<Brand>.Text("code", "b.code", b => b.Code),
        ListKey<Brand>.Text("name", "b.name", b => b.Name), ListKey<Brand>.Number("state", "coalesce(b.state, -1)", b => b.State is { } state ? (short)state : -1), ListKey<Brand>.Text("metal", "b.metal || b.contract_code", b => b.Metal + b.ContractCode),
        ListKey<Brand>.Text("producer", "b.producer_name", b => b.ProducerName), ListKey<Brand>.Text("country", "b.country", b => b.Country), ListKey<Brand>.Number("capacity", "b.capacity_t_per_year", b => b.CapacityTPerYear));

    public async Task<Answer<Page<Brand>>> List(DbSession s, BrandFilter filter, CancellationToken ct)
    {
        var query = new Where();
        query.Next(filter.AsOf ?? s.Today());
        if (filter.Metal is { } metal) query.And("b.metal = ", metal);
        if (filter.State is { } state) query.And("b.state = ", (short)state);
        if (filter.Producer is { } producer) query.And("b.producer_id = ", producer);
        if (filter.Text is { Length: > 0 } text) query.And("position(lower(", text, ") in lower(concat_ws(' ', b.code, b.exchange_code, b.name, b.name_zh, b.producer_name))) > 0");
        return await Orders.Page(s, $"select * from ({BrandHandlers.Select}) as b (code, exchange_code, name, name_zh, producer_id, producer_name, plant_id, country, metal, contract_code, shapes, dimensions, piece_kg, bundle_kg, capacity_t_per_year, state)", query, filter.Sort, filter.Cursor, filter.Limit, BrandHandlers.Map, ct);
    }
}
