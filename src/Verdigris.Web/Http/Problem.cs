using System.Text.Json;
using System.Text.Json.Serialization;
using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>
/// Problem details (RFC 9457) as every API of the product sends them. <see cref="Code"/> is the first refusal's; clients match codes, never text.
/// </summary>
/// <param name="Type">Address of the page that explains the code, relative to the server.</param>
/// <param name="TraceId">Names the request in the server's log.</param>
public sealed record Problem(string Type, string Title, string TitleZh, int Status, string Code, IReadOnlyList<ProblemError> Errors, string? TraceId)
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Problem Of(IReadOnlyList<Refusal> refusals, int status, StringCatalogue catalogue, string? traceId)
    {
        var errors = refusals.Select(r => new ProblemError(r.Code, r.Field,
            RefusalText.Of(r, catalogue, StringCatalogue.English), RefusalText.Of(r, catalogue, StringCatalogue.Chinese), r.Rule, r.Args)).ToList();
        return new("/developers#errors", errors[0].Message, errors[0].MessageZh, status, errors[0].Code, errors, traceId);
    }
}

/// <param name="Field">Path of the input field at fault, or null for the whole request.</param>
/// <param name="Rule">Act and article, standard and clause, or our rule id; null for plain input checks.</param>
/// <param name="Args">The values named in the message.</param>
public sealed record ProblemError(string Code, string? Field, string Message, string MessageZh, string? Rule, IReadOnlyDictionary<string, string>? Args);
