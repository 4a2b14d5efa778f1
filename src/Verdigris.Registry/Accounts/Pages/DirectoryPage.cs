using Microsoft.AspNetCore.Components;
using Verdigris.Primitives;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Accounts.Pages;

/// <summary>A page that names organisations and people, and has more to show to an authority.</summary>
public abstract class DirectoryPage : RoomPage
{
    [Inject] protected IHolderDirectory Names { get; set; } = null!;

    protected bool Officer => Is(Role.AuthorityOfficer);
    protected bool Authority => Officer || Is(Role.AuthorityApprover);

    protected async Task<string> OrganisationOf(Guid? id) => id is not { } of ? "–" : await Names.Organisation(Session, of, Ct) is { } known ? S.Language == "zh" ? known.NameZh ?? known.Name : known.Name : of.ToString();

    /// <summary>A number as somebody types it; null where nothing is typed, or no number (<c>input.not-a-number</c>).</summary>
    protected static decimal? Figure(string? text, string field, List<Refusal> wrong)
    {
        if (Given(text) is not { } typed) return null;
        if (Numbers.TryParse(typed, out var value)) return value;
        wrong.Add(Refusal.Of("input.not-a-number", field, ("given", typed)));
        return null;
    }

    /// <summary>Likewise a whole number of 0 or more.</summary>
    protected static long? WholeGiven(string? text, string field, List<Refusal> wrong)
    {
        if (Given(text) is not { } typed) return null;
        if (Numbers.TryParse(typed, out var value) && value is >= 0 and <= long.MaxValue && !typed.Contains('.', StringComparison.Ordinal)) return (long)value;
        wrong.Add(Refusal.Of("input.not-a-number", field, ("given", typed)));
        return null;
    }

    /// <summary>Likewise one that must be there; 0 where it is not.</summary>
    protected static long Whole(string? text, string field, List<Refusal> wrong)
    {
        if (Given(text) is null) wrong.Add(Refusal.Of("input.not-a-number", field, ("given", "")));
        return WholeGiven(text, field, wrong) ?? 0;
    }
}
