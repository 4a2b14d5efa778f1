namespace Verdigris.Primitives;

/// <summary>
/// An expected "no": a value, never an exception. <see cref="Code"/> is stable and public (clients match codes, never text); the
/// words shown to a person come from the string catalogues under the key <c>refusal.CODE</c> in English and Chinese.
/// </summary>
/// <param name="Code">Lower-case dotted code, for example <c>certificate.net-over-gross</c>. Never changes once published.</param>
/// <param name="Field">Path of the input field at fault (<c>bundles[3].netKg</c>), or null where the whole request is refused.</param>
/// <param name="Args">Named values the text needs (<c>{limit}</c>, <c>{given}</c>); already formatted invariantly.</param>
/// <param name="Rule">The rule behind the refusal: act and article, standard and clause, or our rule id. Null when it is plain input checking.</param>
/// <param name="Kind">What the caller can do about it; decides the HTTP status.</param>
public sealed record Refusal(
    string Code,
    string? Field = null,
    IReadOnlyDictionary<string, string>? Args = null,
    string? Rule = null,
    RefusalKind Kind = RefusalKind.Invalid)
{
    public static Refusal Of(string code, string? field = null, params (string Name, string Value)[] args) =>
        new(code, field, args.Length == 0 ? null : args.ToDictionary(a => a.Name, a => a.Value));

    public static Refusal NotFound(string code, string? field = null, params (string Name, string Value)[] args) =>
        Of(code, field, args) with { Kind = RefusalKind.NotFound };

    public static Refusal Forbidden(string code, string? field = null, params (string Name, string Value)[] args) =>
        Of(code, field, args) with { Kind = RefusalKind.Forbidden };

    public static Refusal Conflict(string code, string? field = null, params (string Name, string Value)[] args) =>
        Of(code, field, args) with { Kind = RefusalKind.Conflict };
}

/// <summary>Invalid 422, NotFound 404, Forbidden 403, Conflict 409, Unavailable 503.</summary>
public enum RefusalKind { Invalid, NotFound, Forbidden, Conflict, Unavailable }

/// <summary>
/// What a use case answers: a value, or the list of refusals in documented order. The only such type in the product.
/// </summary>
public readonly struct Answer<T>
{
    readonly T? value;
    readonly IReadOnlyList<Refusal>? refusals;

    Answer(T? value, IReadOnlyList<Refusal>? refusals) { this.value = value; this.refusals = refusals; }

    public bool Ok => refusals is null;

    /// <exception cref="InvalidOperationException">The answer is a refusal.</exception>
    public T Value => Ok ? value! : throw new InvalidOperationException("Refused: " + string.Join(", ", refusals!.Select(r => r.Code)));

    public IReadOnlyList<Refusal> Refusals => refusals ?? [];

    public static implicit operator Answer<T>(T value) => new(value, null);
    public static implicit operator Answer<T>(Refusal refusal) => new(default, [refusal]);
    public static implicit operator Answer<T>(List<Refusal> refusals) => From(refusals);

    /// <exception cref="ArgumentException">An empty list refuses nothing.</exception>
    public static Answer<T> From(IReadOnlyList<Refusal> refusals) =>
        refusals.Count > 0 ? new(default, refusals) : throw new ArgumentException("A refusal needs at least one reason.", nameof(refusals));
}

/// <summary>For use cases that answer nothing but "done".</summary>
public readonly record struct Done;
