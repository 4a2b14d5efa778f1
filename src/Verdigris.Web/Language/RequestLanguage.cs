using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Verdigris.Web;

/// <summary>
/// Which language a request is answered in: <c>?lang=</c> (remembered in the cookie <c>lang</c> for a year), else the cookie, else the
/// first of Accept-Language that is offered, else English.
/// </summary>
public static class RequestLanguage
{
    public const string CookieName = "lang";
    const string ItemKey = "verdigris.language";

    public static string Of(HttpContext context)
    {
        if (context.Items[ItemKey] is string known) return known;
        var chosen = Choose(context.Request);
        context.Items[ItemKey] = chosen;
        return chosen;
    }

    static string Choose(HttpRequest request)
    {
        if (Offered(request.Query["lang"]) is { } asked) return asked;
        if (Offered(request.Cookies[CookieName]) is { } remembered) return remembered;
        return FromHeader(request.Headers.AcceptLanguage.ToString());
    }

    static string? Offered(string? language) => StringCatalogue.Languages.FirstOrDefault(l => string.Equals(l, language, StringComparison.OrdinalIgnoreCase));

    /// <summary>The offered language with the greatest weight (RFC 9110, 12.5.4); the earlier one where weights are equal.</summary>
    internal static string FromHeader(string header)
    {
        var best = StringCatalogue.English;
        var bestWeight = 0m;
        foreach (var part in header.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            var language = Offered(pieces[0].Split('-')[0]);
            var weight = 1m;
            foreach (var piece in pieces.Skip(1))
                if (piece.StartsWith("q=", StringComparison.OrdinalIgnoreCase) && Numbers.TryParse(piece[2..], out var given)) weight = given;
            if (language is null || weight <= bestWeight) continue;
            (best, bestWeight) = (language, weight);
        }
        return best;
    }

    /// <summary>Remembers <c>?lang=</c> and says to caches what the answer depends on.</summary>
    public static IApplicationBuilder UseRequestLanguage(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var language = Of(context);
        if (Offered(context.Request.Query["lang"]) is not null)
            context.Response.Cookies.Append(CookieName, language, new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = context.Request.IsHttps,
                MaxAge = TimeSpan.FromDays(365),
                IsEssential = true,
                Path = "/",
            });
        context.Response.Headers.ContentLanguage = LanguageTag(language);
        context.Response.Headers.Append("Vary", "Accept-Language, Cookie");
        return next(context);
    });

    /// <summary>BCP 47 tag for <c>html lang</c>: fonts and hyphenation follow it.</summary>
    public static string LanguageTag(string language) => language == StringCatalogue.Chinese ? "zh-Hans" : "en";
}

/// <summary>The texts of the request at hand; outside a request, English.</summary>
sealed class RequestStrings(StringCatalogue catalogue, IHttpContextAccessor http) : IStrings
{
    public string Language => http.HttpContext is { } context ? RequestLanguage.Of(context) : StringCatalogue.English;
    public string this[string key] => catalogue.Get(Language, key);
    public string Format(string key, IReadOnlyDictionary<string, string>? args) => Placeholders.Fill(this[key], args);
}
