using Microsoft.Extensions.DependencyInjection;

namespace Verdigris.Server;

/// <summary>What a start prepares before the first request: the demo and its people, or the way in for the first administrator.</summary>
static class FirstStart
{
    /// <returns>Lines to say to whoever started the server.</returns>
    public static async Task<IReadOnlyList<string>> Prepare(IServiceProvider services, ServerOptions options, CancellationToken ct)
    {
        if (!options.Demo)
            return await services.GetRequiredService<Setup>().Open(ct) is { } path ? [$"No one can sign in yet. Set up the first administrator at {path} / 尚无用户，请在上述地址设置首位管理员。"] : [];
        var cast = services.GetRequiredService<DemoCast>();
        cast.People = await Rooms.SeedDemo(services, options.Say ?? Console.Out.WriteLine, ct);
        await DemoPeople.Ensure(services, cast.People, ct);
        if (cast.People.Count == 0) return [];
        await Rooms.SeedWithPeople(services, ct);
        var width = cast.People.Max(p => p.UserName.Length);
        return [$"Demo sign-ins, password '{DemoPeople.Password}':", .. cast.OneEach.Select(p => $"  {p.UserName.PadRight(width)}  {p.OrganisationName} ({string.Join(", ", p.Roles)})")];
    }
}
