using Microsoft.Extensions.DependencyInjection;

namespace Verdigris.Server;

/// <summary>What a start prepares before the first request: the demo's people, or the way in for the first administrator.</summary>
static class FirstStart
{
    /// <returns>Lines to say to whoever started the server.</returns>
    public static async Task<IReadOnlyList<string>> Prepare(IServiceProvider services, ServerOptions options, CancellationToken ct)
    {
        if (!options.Demo)
            return await services.GetRequiredService<Setup>().Open(ct) is { } path ? [$"No one can sign in yet. Set up the first administrator at {path} / 尚无用户，请在上述地址设置首位管理员。"] : [];
        var seats = await DemoPeople.Ensure(services, ct);
        if (seats.Count == 0) return [];
        var width = seats.Max(s => s.SignInName.Length);
        return [$"Demo sign-ins, password '{DemoPeople.Password}':", .. seats.Where(s => s.Shown).Select(s => $"  {s.SignInName.PadRight(width)}  {string.Join(", ", s.Roles)}")];
    }
}
