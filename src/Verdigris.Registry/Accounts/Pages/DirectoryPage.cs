using Microsoft.AspNetCore.Components;
using Verdigris.Primitives;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Accounts.Pages;

/// <summary>A page that names organisations and people, and has more to show to an authority.</summary>
public abstract class DirectoryPage : RoomPage
{
    [Inject] protected IHolderDirectory Names { get; set; } = null!;

    protected bool Officer => Is(Role.AuthorityOfficer);
    protected bool Authority => Officer || Is(Role.AuthorityApprover);

    protected async Task<string> OrganisationOf(Guid? id) => id is not { } of ? "–" : await Names.Organisation(Session, of, Ct) is { } known ? S.Language == "zh" ? known.NameZh ?? known.Name : known.Name : of.ToString();
}
