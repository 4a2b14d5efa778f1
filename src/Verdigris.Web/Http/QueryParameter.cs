using Microsoft.AspNetCore.Builder;

namespace Verdigris.Web;

/// <summary>A parameter of an address that a route reads itself, for the description of the API.</summary>
/// <param name="Example">What somebody could write; null where it comes from an answer before.</param>
public sealed record QueryParameter(string Name, string Description, string? Example = null);

public static class QueryParameters
{
    /// <summary>Names the parameters; those that the framework binds are described without it.</summary>
    public static RouteHandlerBuilder WithQuery(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route.WithMetadata([.. parameters]);
}
