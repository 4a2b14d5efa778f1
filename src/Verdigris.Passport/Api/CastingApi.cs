using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Passport.Certificates.Casting;
using Verdigris.Passport.Reading;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

/// <summary>The shape of <see cref="CastCertificate"/> for the description of the API.</summary>
/// <param name="Certificate">As the plant signed it; <c>GET …/content</c> of another certificate shows the form.</param>
/// <param name="Jws">Detached ES256 signature over the canonical bytes, with the signing time as <c>iat</c> in its protected header.</param>
sealed record CastCertificateBody(SignedCertificate Certificate, string Jws);

static class CastingApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/certificates").WithTags("Certificates");
        g.MapPost("/numbers", (HttpContext http, DbSession s, CastingHandlers h, CancellationToken ct) => ApiReplies.Made<NewNumbers, CastingKit>(http, b => h.TakeNumbers(s, b, ct), k => $"/api/v1/brands/{k.Brand.Code}", ct))
            .WithName("TakeCertificateNumbers").WithSummary("Numbers to sign with where there is no network, and the brand's record").Accepts<NewNumbers>("application/json").Produces<CastingKit>(201);
        g.MapPost("/cast", Accept).WithName("AcceptCastCertificate").WithSummary("Hand in a certificate that was signed at the plant (approver); again gives the first outcome")
            .Accepts<CastCertificateBody>("application/json").Produces<CertificateReply>().Produces<CertificateReply>(201);
    }

    static async Task<IResult> Accept(HttpContext http, DbSession s, CastingHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<CastCertificate>(http.Request, ct);
        if (!body.Ok) return Replies.Refused([.. body.Refusals]);
        var arrived = await h.Accept(s, body.Value, ct);
        if (!arrived.Ok) return Replies.Refused([.. arrived.Refusals]);
        var json = CertificateReading.Json(arrived.Value.Row, null, null);
        return arrived.Value.Made ? ApiReplies.Made($"/api/v1/certificates/{arrived.Value.Row.Certificate.Id}", json) : ApiReplies.Tagged(http, json);
    }
}
