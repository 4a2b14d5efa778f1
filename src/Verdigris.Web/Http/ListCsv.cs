using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Web;

/// <summary>
/// Every list of the API as a table: with <c>format=csv</c> the same rows to the same reader, all pages of them from the cursor on, a column for each plain member of an item; members of a part are
/// named <c>part.member</c>, plain lists are joined by semicolons, lists of parts are left out. Whoever may not see the list is refused as without it.
/// </summary>
public static class ListCsv
{
    const string Csv = "csv", LargestPage = "200";
    static readonly QueryParameter Format = new("format", "csv for a table of all pages from the cursor on, instead of JSON", Csv);

    // Not an endpoint filter: with one, the framework compiles every route of the room anew at each start, for seconds.
    public static void AddListCsv(this RouteGroupBuilder api) => ((IEndpointConventionBuilder)api).Finally(route =>
    {
        if (route.RequestDelegate is not { } list || ItemOf(route.Metadata) is not { } item) return;
        route.Metadata.Add(Format);
        route.RequestDelegate = http => Answer(http, list, item);
    });

    /// <summary>Where a handler leaves the list it would have answered.</summary>
    sealed class Wanted
    {
        public object? Value { get; set; }
    }

    /// <summary>Takes the value where a table is wanted of it.</summary>
    public static bool Takes(HttpContext http, object value)
    {
        if (http.Features.Get<Wanted>() is not { } wanted) return false;
        wanted.Value = value;
        return true;
    }

    static async Task Answer(HttpContext http, RequestDelegate list, Type item)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || http.Request.Query["format"].ToString() is not { Length: > 0 } format)
        {
            await list(http);
            return;
        }
        if (format != Csv)
        {
            await Replies.Refused(Refusal.Of("request.word-unknown", "format", ("given", format))).ExecuteAsync(http);
            return;
        }
        var wanted = new Wanted();
        http.Features.Set(wanted);
        Give(http, "limit", LargestPage);
        await list(http);
        // What was refused is answered already.
        if (wanted.Value is not { } first) return;
        Replies.CsvFollows(http, Name(http.Request.Path) + ".csv");
        var columns = Columns(item);
        await using var csv = new CsvLineWriter(http.Response.Body);
        await csv.Line(http.RequestAborted, columns.Select(c => c.Name));
        for (var page = Read(first); ; page = Read(wanted.Value!))
        {
            foreach (var row in page.Rows) await csv.Line(http.RequestAborted, columns.Select(c => Cell(row, c.Path)));
            if (page.Next is null) break;
            Give(http, "cursor", page.Next);
            wanted.Value = null;
            await list(http);
            // What was given as the next page a moment ago can be asked for.
            if (wanted.Value is null) throw new InvalidOperationException($"The page after {page.Next} of {http.Request.Path} was refused.");
        }
    }

    /// <summary>The same request with another value of a parameter.</summary>
    static void Give(HttpContext http, string name, string value)
    {
        var query = http.Request.Query.ToDictionary(p => p.Key, p => p.Value, StringComparer.OrdinalIgnoreCase);
        query[name] = new StringValues(value);
        http.Request.Query = new QueryCollection(query);
    }

    /// <summary>What the items of a list are; null where the route answers no list.</summary>
    static Type? ItemOf(IEnumerable<object> metadata)
    {
        var answer = metadata.OfType<IProducesResponseTypeMetadata>().FirstOrDefault(m => m.StatusCode == 200 && m.ContentTypes.Contains("application/json"))?.Type;
        return answer is { IsGenericType: true } && answer.GetGenericTypeDefinition() is var kind && (kind == typeof(Page<>) || kind == typeof(List<>) || kind == typeof(IReadOnlyList<>)) ? answer.GetGenericArguments()[0] : null;
    }

    sealed record Column(string Name, IReadOnlyList<string> Path);

    static List<Column> Columns(Type item)
    {
        var columns = new List<Column>();
        Add(StorageJson.Options.GetTypeInfo(item), [], 0);
        return columns;

        void Add(JsonTypeInfo type, string[] path, int depth)
        {
            foreach (var member in type.Properties)
            {
                if (member.Get is null) continue;
                string[] here = [.. path, member.Name];
                var of = StorageJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType);
                if (of.Kind == JsonTypeInfoKind.None || (of.Kind == JsonTypeInfoKind.Enumerable && StorageJson.Options.GetTypeInfo(of.ElementType!).Kind == JsonTypeInfoKind.None)) columns.Add(new(string.Join('.', here), here));
                else if (of.Kind == JsonTypeInfoKind.Object && depth < 3) Add(of, here, depth + 1);
            }
        }
    }

    static (IReadOnlyList<JsonElement> Rows, string? Next) Read(object value)
    {
        var json = JsonSerializer.SerializeToElement(value, value.GetType(), StorageJson.Options);
        if (json.ValueKind == JsonValueKind.Array) return ([.. json.EnumerateArray()], null);
        return ([.. json.GetProperty("items").EnumerateArray()], json.TryGetProperty("nextCursor", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null);
    }

    static object? Cell(JsonElement row, IReadOnlyList<string> path)
    {
        foreach (var step in path)
            if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty(step, out row)) return null;
        return Text(row);

        static object? Text(JsonElement cell) => cell.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => null,
            JsonValueKind.String => cell.GetString(),
            JsonValueKind.Number => cell.GetDecimal(),
            JsonValueKind.Array => string.Join("; ", cell.EnumerateArray().Select(e => e.ToString())),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => null,
        };
    }

    /// <summary>The last word of the address that is no id.</summary>
    static string Name(PathString path) => path.Value!.Split('/').Last(part => part.Length > 0 && !Guid.TryParse(part, out _));
}
