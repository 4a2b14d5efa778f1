using Microsoft.Extensions.DependencyInjection;
using Verdigris.Market.Fix;
using Verdigris.Primitives;

namespace Verdigris.Server;

/// <summary>Machine clients of members who come by FIX: id and secret are those of the token API. A FIX session reads and writes, so the client must have a scope that lets it.</summary>
sealed class FixClients(IServiceScopeFactory services) : IFixClients
{
    /// <summary>Areas of the scopes beside <see cref="Scopes.Write"/>: the market, or its orders alone.</summary>
    const string Area = "market:" + Scopes.Write, Orders = "market-trading:" + Scopes.Write;

    public async Task<Actor?> Check(string clientId, string secret, CancellationToken ct)
    {
        await using var scope = services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ClientStore>().Check(clientId, secret, ct) is ({ } actor, { } scopes) && scopes.Any(s => s is Scopes.Write or Area or Orders) ? actor : null;
    }

    public async Task<Guid?> OrganisationOf(string clientId, CancellationToken ct)
    {
        await using var scope = services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<ClientStore>().OrganisationOf(clientId, ct);
    }
}
