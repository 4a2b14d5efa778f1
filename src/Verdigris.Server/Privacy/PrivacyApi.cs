using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>A person's own data, and the officer's answer to a request.</summary>
static class PrivacyApi
{
    /// <param name="Reason">Why it is asked for, at most 2,000 characters; kept in the audit trail. Do not write the person's name into it: what people write as a reason stays.</param>
    internal sealed record ErasureBody(string? Reason);

    public static void Map(IEndpointRouteBuilder app)
    {
        var own = app.MapGroup("/api/v1/me").WithTags("Personal data");
        own.MapGet("/data", async (HttpContext http, ICurrentActor current, PrivacyDesk desk, CancellationToken ct) => Zip(http, await desk.Export(current.Actor, current.Actor.PersonId, null, ct)))
            .WithName("ExportOwnData").WithSummary("Everything held on the person signed in, as a zip of JSON and CSV").Produces<string>(200, "application/zip");
        own.MapPost("/erasure", async (ICurrentActor current, PrivacyDesk desk, ErasureBody body, CancellationToken ct) => Asked(await desk.AskErasure(current.Actor, current.Actor.PersonId, body.Reason, ct)))
            .WithName("AskOwnErasure").WithSummary("Ask to be erased; an officer decides").Accepts<ErasureBody>("application/json").Produces(204);
        var people = app.MapGroup("/api/v1/people").WithTags("Personal data");
        people.MapGet("/{id:guid}/data", async (HttpContext http, ICurrentActor current, PrivacyDesk desk, Guid id, string? reason, CancellationToken ct) => Zip(http, await desk.Export(current.Actor, id, reason, ct)))
            .WithName("ExportPersonData").WithSummary("Everything held on somebody who asked for it (administrator of the exchange)").Produces<string>(200, "application/zip");
        people.MapPost("/{id:guid}/erasure", async (ICurrentActor current, PrivacyDesk desk, Guid id, ErasureBody body, CancellationToken ct) => Asked(await desk.AskErasure(current.Actor, id, body.Reason, ct)))
            .WithName("AskErasure").WithSummary("Propose to erase somebody who asked for it; another administrator of the exchange decides").Accepts<ErasureBody>("application/json").Produces(204);
    }

    static IResult Asked(Answer<Done> answer) => Replies.From(answer, _ => Results.NoContent());

    static IResult Zip(HttpContext http, Answer<byte[]> archive)
    {
        http.Response.Headers.CacheControl = "private, no-store";
        return Replies.From(archive, bytes => Results.File(bytes, "application/zip", "personal-data.zip"));
    }
}
