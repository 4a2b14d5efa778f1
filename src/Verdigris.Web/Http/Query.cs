using Microsoft.AspNetCore.WebUtilities;

namespace Verdigris.Web;

/// <summary>Addresses of this page with other query values: links for sorting, paging, language.</summary>
public static class Query
{
    /// <summary>Path and query of <paramref name="uri"/> with the named values replaced; a null value removes its name.</summary>
    public static string With(string uri, params (string Name, string? Value)[] changes)
    {
        var given = new Uri(uri, UriKind.Absolute);
        var values = QueryHelpers.ParseQuery(given.Query);
        foreach (var (name, value) in changes)
        {
            if (value is null) values.Remove(name);
            else values[name] = value;
        }
        return QueryHelpers.AddQueryString(given.AbsolutePath, values);
    }

    /// <summary>An address with query values.</summary>
    public static string Of(string path, IEnumerable<KeyValuePair<string, string>> values) => QueryHelpers.AddQueryString(path, values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value)));

    /// <summary>The address of the API that lists what a page at <paramref name="uri"/> shows, with the page's filters and order and from its start.</summary>
    public static string Listed(string list, string uri, params KeyValuePair<string, string>[] more) => Of(list, [.. Pairs(uri).Where(p => p.Key is not ("after" or "done") && !p.Key.EndsWith("-after", StringComparison.Ordinal) && p.Value.Length > 0), .. more]);

    public static IEnumerable<KeyValuePair<string, string>> Pairs(string uri) =>
        QueryHelpers.ParseQuery(new Uri(uri, UriKind.Absolute).Query).SelectMany(v => v.Value.Select(one => KeyValuePair.Create(v.Key, one ?? "")));
}
