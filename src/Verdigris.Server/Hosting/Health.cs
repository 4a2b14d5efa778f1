using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>For supervisors: <c>/health/live</c> says the process answers, <c>/health/ready</c> that database and Book do.</summary>
static class Health
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Json(new { status = "live" })).ExcludeFromDescription().AllowAnonymous();
        app.MapGet("/health/ready", Ready).ExcludeFromDescription().AllowAnonymous();
    }

    static async Task<IResult> Ready(Database database, IVenue venue, HttpContext http)
    {
        var book = BookAnswers(venue);
        var rows = await DatabaseAnswers(database, http.RequestAborted);
        return Results.Json(new { status = book && rows ? "ready" : "not ready", database = rows, book }, statusCode: book && rows ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    static bool BookAnswers(IVenue venue)
    {
        try
        {
            return venue.Read(state => state.LastBatch) >= 0;
        }
        catch (VenueStoppedException)
        {
            return false;
        }
    }

    static async Task<bool> DatabaseAnswers(Database database, CancellationToken ct)
    {
        try
        {
            await using var command = database.App.CreateCommand("select 1");
            command.CommandTimeout = 2;
            return await command.ExecuteScalarAsync(ct) is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
