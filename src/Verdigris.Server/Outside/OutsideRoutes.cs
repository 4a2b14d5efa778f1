using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>The way to the provider and back. What goes wrong is said on the page the way began at.</summary>
static class OutsideRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/sign-in/outside", async (HttpContext http, OutsideAccounts accounts, ICurrentActor current, string? link, string? @return, CancellationToken ct) =>
        {
            var begun = await accounts.Begin(http, current.Actor, link, @return, ct);
            return begun.Ok ? Results.Redirect(begun.Value.AbsoluteUri) : Back(link is not null, begun.Refusals[0]);
        }).ExcludeFromDescription();
        app.MapGet(OutsideAccounts.AnswerPath, async (HttpContext http, OutsideAccounts accounts, SignInDesk desk, ICurrentActor current, CancellationToken ct) =>
        {
            var answered = await accounts.Answered(http, ct);
            if (!answered.Ok) return Back(current.Actor.SignedIn, answered.Refusals[0]);
            if (answered.Value.LinkFor is not null)
            {
                var linked = await accounts.Link(current.Actor, answered.Value, ct);
                return linked.Ok ? Results.LocalRedirect("/account/outside?done=linked") : Back(true, linked.Refusals[0]);
            }
            var signedIn = await desk.SignInOutside(http, answered.Value.Identity, ct);
            if (!signedIn.Ok) return Back(false, signedIn.Refusals[0]);
            var back = AccountRoutes.Local(answered.Value.Return);
            // The provider's word stands for the password; the second step is still asked here.
            return signedIn.Value.Ticket is { } ticket ? Results.LocalRedirect(QueryHelpers.AddQueryString("/sign-in", new Dictionary<string, string?> { ["ticket"] = ticket, ["return"] = back })) : Results.LocalRedirect(back);
        }).ExcludeFromDescription();
    }

    static IResult Back(bool toAccount, Refusal refusal) => Results.LocalRedirect(QueryHelpers.AddQueryString(toAccount ? "/account/outside" : "/sign-in", "outside", refusal.Code));

    /// <summary>What an address says went wrong, where it is one of the things that can: an address somebody made up says nothing.</summary>
    public static Refusal? Said(string? code) => code is "outside.begin-again" or "outside.refused-there" or "outside.token-wrong" or "outside.unreachable" or "outside.not-linked" or "outside.taken" or "outside.one-already" or "sign-in.no-organisation" or "sign-in.locked-outside"
        ? Refusal.Forbidden(code) : null;
}
