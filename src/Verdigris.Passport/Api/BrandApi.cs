using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using NodaTime;
using NodaTime.Text;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Api;

static class BrandApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/brands", List).WithName("ListBrands").WithSummary("The register of brands as of a day (public)").Produces<Page<Brand>>().WithTags("Brands");
        api.MapGet("/brands/{code}", Get).WithName("GetBrand").WithSummary("A brand as of a day (public)").Produces<Brand>().WithTags("Brands");
        api.MapGet("/brands/{code}/listings", History).WithName("ListBrandListings").WithSummary("Listing history (public)").Produces<List<Listing>>().WithTags("Brands");
        api.MapGet("/brands/{code}/emissions", Emissions).WithName("ListBrandEmissions").WithSummary("Emissions the producer shows everybody").Produces<List<SubmissionView>>().WithTags("Brands");
        api.MapPost("/brands", Apply).WithName("ApplyBrand").WithSummary("Apply for a brand (producer)").Accepts<BrandApplication>("application/json").Produces<Brand>(201).WithTags("Brands");
        api.MapPost("/brands/{code}/listings", Propose).WithName("ProposeListing").WithSummary("Propose a change of listing (exchange); a second person decides").Accepts<ListingChange>("application/json").Produces<ApprovalTask>(201).WithTags("Brands");
    }

    static async Task<IResult> List(HttpContext http, DbSession s, BrandRegister h, string? q, string? metal, string? state, Guid? producer, string? asOf, string? sort, string? cursor, int? limit, CancellationToken ct)
    {
        var day = Day(asOf);
        if (!day.Ok) return Replies.Refused([.. day.Refusals]);
        ListingState? wanted = null;
        if (state is not null)
        {
            if (!Enum.TryParse<ListingState>(state, ignoreCase: true, out var known) || !Enum.IsDefined(known)) return Replies.Refused(Refusal.Of("request.word-unknown", "state", ("given", state)));
            wanted = known;
        }
        return ApiReplies.Reply(http, await h.List(s, new(q, metal, wanted, producer, day.Value.Day, sort, cursor, limit ?? 50), ct));
    }

    static async Task<IResult> Get(HttpContext http, DbSession s, BrandHandlers h, string code, string? asOf, CancellationToken ct)
    {
        var day = Day(asOf);
        if (!day.Ok) return Replies.Refused([.. day.Refusals]);
        return await h.Find(s, code, day.Value.Day, ct) is { } brand ? ApiReplies.Reply(http, brand) : Replies.Refused(Refusal.NotFound("brand.unknown", "code", ("given", code)));
    }

    static async Task<IResult> History(HttpContext http, DbSession s, BrandHandlers h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.History(s, code, ct));

    static async Task<IResult> Emissions(HttpContext http, DbSession s, EmissionsHandlers h, string code, CancellationToken ct) => ApiReplies.Reply(http, await h.PublicOfBrand(s, code, ct));

    static async Task<IResult> Apply(HttpContext http, DbSession s, BrandHandlers h, CancellationToken ct)
    {
        var body = await ApiReplies.Body<BrandApplication>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.Apply(s, body.Value, ct), b => $"/api/v1/brands/{b.Code}") : Replies.Refused([.. body.Refusals]);
    }

    static async Task<IResult> Propose(HttpContext http, DbSession s, BrandHandlers h, string code, CancellationToken ct)
    {
        var body = await ApiReplies.Body<ListingChange>(http.Request, ct);
        return body.Ok ? ApiReplies.Made(await h.ProposeListing(s, body.Value with { BrandCode = code }, ct), t => $"/tasks/{t.Id}") : Replies.Refused([.. body.Refusals]);
    }

    internal readonly record struct MaybeDay(LocalDate? Day);

    internal static Answer<MaybeDay> Day(string? text, string field = "asOf")
    {
        if (text is null) return new MaybeDay(null);
        return LocalDatePattern.Iso.Parse(text) is { Success: true } parsed ? new MaybeDay(parsed.Value) : Refusal.Of("request.date-unreadable", field, ("given", text));
    }
}
