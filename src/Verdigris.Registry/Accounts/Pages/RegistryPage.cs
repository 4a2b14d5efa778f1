using Microsoft.AspNetCore.Components;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Compliance;
using Verdigris.Registry.Schemes;
using Verdigris.Registry.Transfers;
using Verdigris.Storage;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Registry.Accounts.Pages;

/// <summary>What the pages of the registry stand on.</summary>
public abstract class RegistryPage : DirectoryPage
{
    [Inject] protected SchemeSet Schemes { get; set; } = null!;

    [Inject] protected StringCatalogue Texts { get; set; } = null!;

    protected override string DonePrefix => "registry.done.";

    protected bool Writes => Is(Role.Administrator) || Is(Role.AccountRepresentative);

    /// <summary>The views of the room, the one at hand marked; an authority has more of them.</summary>
    protected IReadOnlyList<TabItem> Views(string at) =>
        [.. new[] { ("accounts", "/registry"), ("transactions", "/registry/transactions"), ("installations", "/registry/installations"), ("credits", "/credits"), ("finance", "/finance"), ("holders", "/registry/holders"), ("safety", "/registry/safety"), ("schemes", "/schemes") }.Where(v => (v.Item1 != "safety" || Authority) && (v.Item1 != "credits" || Credits.CreditsDoor.Sees(Actor))).Select(v => new TabItem(S["registry.view." + v.Item1], v.Item2, v.Item1 == at))];

    protected string NameOf(string scheme) => Schemes.NameOf(scheme, S.Language);

    protected string KindOf(string scheme, string kind) => Schemes.Find(scheme)?.Account(kind) is { } known ? S.Language == "zh" ? known.NameZh : known.NameEn : kind;

    protected string DocumentOf(string scheme, string document) => Schemes.Find(scheme)?.Documents.FirstOrDefault(d => d.Document == document) is { } known ? S.Language == "zh" ? known.NameZh : known.NameEn : document;

    /// <summary>A kind of plant a scheme's file names; files may have words of their own.</summary>
    protected string ReliefOf(string relief) => Texts.Has("registry.relief." + relief) ? S["registry.relief." + relief] : relief;

    /// <summary>A word of a scheme's transactions; schemes may have words of their own.</summary>
    protected string TransactionOf(string kind) => TransactionOf(S, Texts, kind);

    internal static string TransactionOf(IStrings s, StringCatalogue texts, string kind) => texts.Has("registry.kind." + kind) ? s["registry.kind." + kind] : kind;

    protected IReadOnlyList<Option> SchemeOptions(Func<Scheme, bool>? of = null) => [.. Schemes.All.Where(s => of?.Invoke(s) ?? true).OrderBy(s => s.Code, StringComparer.Ordinal).Select(s => new Option(s.Code, NameOf(s.Code)))];

    protected IReadOnlyList<Option> Words<T>(string prefix) where T : struct, Enum => [.. Enum.GetNames<T>().Select(n => new Option(n, S[prefix + n]))];

    protected static Tone ToneOf(AccountState state) => state switch { AccountState.Open => Tone.Good, AccountState.Refused => Tone.Bad, AccountState.Closed => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(HolderState state) => state switch { HolderState.Admitted => Tone.Good, HolderState.Refused or HolderState.Suspended => Tone.Bad, HolderState.Ended => Tone.Neutral, _ => Tone.Info };

    internal static Tone ToneOf(TransactionState state) => state switch { TransactionState.Completed => Tone.Good, TransactionState.Rejected or TransactionState.Terminated => Tone.Bad, TransactionState.Cancelled or TransactionState.Reversed => Tone.Neutral, TransactionState.Delayed => Tone.Warn, _ => Tone.Info };

    protected static Tone ToneOf(InstallationState state) => state switch { InstallationState.Permitted => Tone.Good, InstallationState.Refused => Tone.Bad, InstallationState.Ended => Tone.Neutral, _ => Tone.Info };

    protected static Tone ToneOf(string status) => status switch { "A" => Tone.Good, "B" => Tone.Bad, "C" => Tone.Warn, _ => Tone.Neutral };

    protected static int YearOf(string? text, string field, List<Refusal> wrong) => (int)Math.Min(9999, Whole(text, field, wrong));
}
