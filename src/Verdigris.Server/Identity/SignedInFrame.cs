using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>What the page's header says about the session.</summary>
sealed class SignedInFrame(ICurrentActor current, OrganisationDirectory organisations, IDbSessions sessions, Approvals approvals, AccessCache cache, NoticeBoard notices, IStrings strings) : IFrame
{
    const int MostCounted = 100;

    public bool SeveralOrganisations { get; private set; }

    public async Task<string?> OrganisationName()
    {
        SeveralOrganisations = await cache.Person(current.Actor.PersonId, CancellationToken.None) is { } access && access.Memberships.Count + access.Delegated.Count > 1;
        var name = await organisations.Name(current.Actor.OrganisationId, strings.Language, CancellationToken.None);
        return name is not null && current.Actor.AgentOrganisationId is not null ? strings.With("server.delegations.on-behalf", ("name", name)) : name;
    }

    public async Task<int?> UnreadNotices() => await notices.Unread(current.Actor, MostCounted, CancellationToken.None);

    /// <summary>At most <see cref="MostCounted"/>: a number beside a link, not a statistic.</summary>
    public async Task<int?> OpenTasks()
    {
        await using var session = sessions.Open(current.Actor);
        return (await approvals.Inbox(session, new TaskFilter(Limit: MostCounted), CancellationToken.None)).Items.Count;
    }
}
