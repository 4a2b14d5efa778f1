using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Web.Components;

/// <summary>
/// What every page of a room with documents stands on: one session of the person asking, and the answers to its forms. A page calls the same handlers as the API; refusals stay on the page beside what was
/// typed, a success leads on by redirect, so that going back or reloading never sends a form twice.
/// </summary>
public abstract class RoomPage : LoadedComponent, IAsyncDisposable
{
    readonly Dictionary<string, IReadOnlyList<Refusal>> refused = [];
    DbSession? session;

    [Inject] protected IStrings S { get; set; } = null!;
    [Inject] protected Show Show { get; set; } = null!;
    [Inject] protected NavigationManager Navigation { get; set; } = null!;
    [Inject] IDbSessions Sessions { get; set; } = null!;
    [Inject] ICurrentActor Current { get; set; } = null!;
    [Inject] StringCatalogue Catalogue { get; set; } = null!;
    [CascadingParameter] protected HttpContext? Http { get; set; }

    /// <summary>What a redirect says has just been done; shown once on top of the page.</summary>
    [SupplyParameterFromQuery(Name = "done")] public string? DoneWord { get; set; }

    /// <summary>Before the word, the key of its text.</summary>
    protected abstract string DonePrefix { get; }

    protected Actor Actor => Current.Actor;
    protected DbSession Session => session ??= Sessions.Open(Actor);
    protected CancellationToken Ct => Http?.RequestAborted ?? CancellationToken.None;
    protected LocalDate Today => Session.Now.InUtc().Date;

    /// <summary>The text of <see cref="DoneWord"/>, or null where there is none: an address somebody made up says nothing.</summary>
    protected string? DoneText => DoneWord is { Length: > 0 and < 40 } word && Catalogue.Has(DonePrefix + word) ? S[DonePrefix + word] : null;

    /// <summary>Answers 404 in the words of the page that does not exist; hidden and missing look alike.</summary>
    protected void Missing() => Navigation.NotFound();

    protected IReadOnlyList<Refusal> Refused(string form) => refused.GetValueOrDefault(form) ?? [];
    protected bool AnyRefused => refused.Count > 0;
    protected void Refuse(string form, IReadOnlyList<Refusal> refusals) => refused[form] = refusals;

    /// <summary>Goes on to <paramref name="path"/> where the answer is good, else keeps the refusals for the form.</summary>
    protected bool Conclude<T>(string form, Answer<T> answer, Func<T, string> path, string doneWord)
    {
        if (!answer.Ok)
        {
            Refuse(form, answer.Refusals);
            return false;
        }
        Go(path(answer.Value), doneWord);
        return true;
    }

    protected void Go(string path, string doneWord) => Navigation.NavigateTo($"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}done={doneWord}");

    /// <summary>Roles are held in the organisation acted for.</summary>
    protected bool Is(string role) => Actor.Is(role);
    protected bool IsOf(Guid organisation) => Actor.SignedIn && Actor.OrganisationId == organisation;

    /// <summary>A date of a filter; what cannot be read narrows nothing.</summary>
    protected static LocalDate? DayOf(string? text) => text is { Length: > 0 } && LocalDatePattern.Iso.Parse(text) is { Success: true } parsed ? parsed.Value : null;

    /// <summary>A day of a form; adds a refusal where something is typed that is none.</summary>
    protected static LocalDate? DayGiven(string? text, string field, List<Refusal> wrong, bool required = false)
    {
        if (Given(text) is not { } typed)
        {
            if (required) wrong.Add(Refusal.Of("input.required", field));
            return null;
        }
        if (DayOf(typed) is { } day) return day;
        wrong.Add(Refusal.Of("input.not-a-date", field, ("given", typed)));
        return null;
    }

    /// <summary>A word of an enumeration in an address; what is no word narrows nothing.</summary>
    protected static T? WordOf<T>(string? text) where T : struct, Enum => text is not null && Enum.GetNames<T>().Contains(text) ? Enum.Parse<T>(text) : null;

    protected static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    public async ValueTask DisposeAsync()
    {
        if (session is not null) await session.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
