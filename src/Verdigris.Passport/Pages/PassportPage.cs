using Microsoft.AspNetCore.Components;
using Verdigris.Passport.Organisations;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Passport.Pages;

/// <summary>What every page of the room stands on, with the names of organisations.</summary>
public abstract class PassportPage : RoomPage
{
    Dictionary<Guid, Organisation>? organisations;

    [Inject] protected OrganisationHandlers Organisations { get; set; } = null!;

    protected override string DonePrefix => "passport.done.";

    /// <summary>Names of all organisations; they are public.</summary>
    protected async Task<IReadOnlyDictionary<Guid, Organisation>> AllOrganisations() =>
        organisations ??= (await Organisations.List(Session, null, Ct)).ToDictionary(o => o.Id);

    /// <summary>The name in the page's language; call <see cref="AllOrganisations"/> first.</summary>
    protected string NameOf(Guid? id) => id is { } known && organisations is not null && organisations.TryGetValue(known, out var found) ? Wording.Name(found.Name, found.NameZh, S) : Show.Unknown;

    protected IReadOnlyList<Option> OrganisationOptions(Func<Organisation, bool> which) =>
        [.. (organisations ?? []).Values.Where(which).OrderBy(o => o.Name, StringComparer.Ordinal).Select(o => new Option(o.Id.ToString(), Wording.Name(o.Name, o.NameZh, S)))];
}
