using Microsoft.AspNetCore.Http;
using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>Of a route that is asked for with GET and yet lets things be changed: a socket. The host asks of it what it asks of every change: a token that may write, and with the sign-in cookie a page of its own origin.</summary>
public sealed class ActsByGet;

/// <summary>Whether who began a long request may still act: signed out, disabled or without the role, a socket of his is closed. Thread-safe.</summary>
public interface IStandingActor
{
    /// <summary>Who acts, with the rights of now; null where nobody does any more.</summary>
    /// <param name="used">Something was asked just now: the sign-in counts as used.</param>
    ValueTask<Actor?> Now(HttpContext http, bool used, CancellationToken ct);
}
