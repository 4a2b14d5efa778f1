using Verdigris.Web;

namespace Verdigris.Passport.Organisations.Pages;

/// <summary>A plant as it is typed.</summary>
public sealed class PlantForm
{
    public string? Code { get; set; }
    public string? Name { get; set; }
    public string? NameZh { get; set; }
    public string? Country { get; set; }
    public string? LatitudeDeg { get; set; }
    public string? LongitudeDeg { get; set; }
    public string? CapacityTPerYear { get; set; }
    public string? Processes { get; set; }

    /// <summary>Null after refusals were added to <paramref name="read"/>.</summary>
    public NewPlant? Read(FormText read, Guid organisation)
    {
        var code = read.Text(Code, "code", 40);
        var name = read.Text(Name, "name", 200);
        var nameZh = read.Text(NameZh, "nameZh", 200, required: false);
        var country = read.Text(Country, "country", 2)?.ToUpperInvariant();
        var latitude = read.Decimal(LatitudeDeg, "latitudeDeg", -90, 90, 6, required: false);
        var longitude = read.Decimal(LongitudeDeg, "longitudeDeg", -180, 180, 6, required: false);
        var capacity = read.Decimal(CapacityTPerYear, "capacityTPerYear", 0, 99_999_999_999m, 1);
        string[] processes = [.. (Processes ?? "").Split(',', '，', ';').Select(p => p.Trim()).Where(p => p.Length > 0)];
        return read.Ok ? new NewPlant(organisation, code!, name!, nameZh, country!, latitude, longitude, capacity!.Value, processes) : null;
    }
}

/// <summary>A warehouse unit as it is typed.</summary>
public sealed class WarehouseForm
{
    public string? Unit { get; set; }
    public string? Name { get; set; }
    public string? NameZh { get; set; }
    public string? LocationCode { get; set; }
    public string? AreaM2 { get; set; }

    /// <summary>The country stands in the location's first two letters. Null after refusals were added to <paramref name="read"/>.</summary>
    /// <param name="metals">Symbols ticked.</param>
    public NewWarehouse? Read(FormText read, Guid organisation, IReadOnlyList<string> metals)
    {
        var unit = read.Text(Unit, "unit", 40);
        var name = read.Text(Name, "name", 200);
        var nameZh = read.Text(NameZh, "nameZh", 200, required: false);
        var location = read.Text(LocationCode, "locationCode", 6)?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        var area = read.Decimal(AreaM2, "areaM2", 0, 99_999_999m, 1, required: false);
        return read.Ok ? new NewWarehouse(organisation, unit!, name!, nameZh, location!, location!.Length < 2 ? location : location[..2], metals, area) : null;
    }
}
