using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Suppliers;

/// <param name="Country">Of the installation, two letters.</param>
/// <param name="Installation">Name of the installation that makes the goods.</param>
/// <param name="ContactName">The operator's person who answers for emissions.</param>
public sealed record SupplierData(string Name, string Country, string Installation, string? ContactName = null, string? ContactEmail = null);

public sealed record GoodsSupplier(Guid Id, string Name, string Country, string Installation, string? ContactName, string? ContactEmail, Instant WrittenAt);

/// <param name="Sort">name, country or added, with a leading minus for descending; null is name.</param>
public sealed record SupplierFilter(string? Text = null, string? Sort = null, string? Cursor = null, int Limit = 50);

public enum RequestState
{
    Open,
    Answered,
    /// <summary>Given up without an answer; the log stays as proof of effort.</summary>
    Closed,
}

public enum RequestEvent { Asked, Reminded, Answered, Closed, Noted, ReminderDue }

/// <param name="Year">Of production the figures are asked for.</param>
/// <param name="Cn">Beginning of the goods' code, 4 to 8 digits; null for all.</param>
/// <param name="Asked">What was asked, word for word.</param>
/// <param name="DueOn">Day by which an answer is wanted.</param>
public sealed record NewRequest(int Year, string? Cn, string Asked, LocalDate DueOn);

/// <summary>A question to a supplier.</summary>
/// <param name="Reminders">How often the supplier was reminded.</param>
/// <param name="LastAt">When something last happened.</param>
public sealed record SupplierRequest(Guid Id, Guid SupplierId, string Supplier, string Installation, int Year, string? Cn, string Asked, LocalDate DueOn, RequestState State, Guid AskedBy, Instant AskedAt, Instant? EndedAt, int Reminders, Instant LastAt);

/// <summary>One thing that happened to a request. Nothing of it ever changes.</summary>
/// <param name="Stage">Days before or after the day due at which the desk was told that a reminder is due; null for what people did.</param>
public sealed record RequestEntry(Guid Id, Guid RequestId, RequestEvent Kind, string? Text, int? Stage, string? FileName, string? MediaType, long? SizeBytes, string? Sha256, Guid MadeBy, Instant MadeAt);

/// <summary>A document of a request's log.</summary>
public sealed record RequestFile(string FileName, string MediaType, string Sha256) : IKeptFile;

public sealed record RequestView(SupplierRequest Request, GoodsSupplier Supplier, IReadOnlyList<RequestEntry> Entries);

/// <param name="Supplier">Of this supplier; null for all.</param>
/// <param name="Sort">asked, due, state or supplier, with a leading minus for descending; null is -asked.</param>
public sealed record RequestFilter(Guid? Supplier = null, RequestState? State = null, int? Year = null, string? Sort = null, string? Cursor = null, int Limit = 50);

/// <summary>What suppliers and requests must be, and the life of a request. Pure.</summary>
static class SupplierRules
{
    public static StateTable<RequestState, RequestEvent> Table { get; } = new(Refusal.Conflict("request-log.state-forbids", "state"),
    [
        (RequestState.Open, RequestEvent.Reminded, RequestState.Open),
        (RequestState.Open, RequestEvent.Noted, RequestState.Open),
        (RequestState.Open, RequestEvent.Answered, RequestState.Answered),
        (RequestState.Open, RequestEvent.Closed, RequestState.Closed),
        // An answer may be followed by a better one, and a supplier who was given up may still answer.
        (RequestState.Answered, RequestEvent.Answered, RequestState.Answered),
        (RequestState.Answered, RequestEvent.Noted, RequestState.Answered),
        (RequestState.Closed, RequestEvent.Answered, RequestState.Answered),
    ]);

    /// <summary>What a person may write down; asked and reminder-due come about otherwise.</summary>
    public static IReadOnlyList<RequestEvent> Written { get; } = [RequestEvent.Reminded, RequestEvent.Answered, RequestEvent.Noted, RequestEvent.Closed];

    public static Answer<SupplierData> Check(SupplierData given)
    {
        var wrong = new List<Refusal>();
        var country = given.Country?.Trim().ToUpperInvariant() ?? "";
        var name = Given.Text(given.Name, "name", 200, wrong);
        var installation = Given.Text(given.Installation, "installation", 200, wrong);
        if (!Rules.Scope.IsOrigin(country)) wrong.Add(Refusal.Of("facility.country", "country", ("given", country)));
        var person = Given.Text(given.ContactName, "contactName", 200, wrong, required: false);
        var email = Given.Text(given.ContactEmail, "contactEmail", 200, wrong, required: false);
        if (email is not null && (email.Split('@') is not [{ Length: > 0 }, { Length: > 0 }] || email.Any(char.IsWhiteSpace))) wrong.Add(Refusal.Of("supplier.email", "contactEmail", ("given", email)));
        return wrong.Count > 0 ? wrong : new SupplierData(name!, country, installation!, person, email);
    }

    public static IReadOnlyList<Refusal> Check(NewRequest r, LocalDate today)
    {
        var wrong = new List<Refusal>();
        if (r.Year is < 2023 or > 2100) wrong.Add(Refusal.Of("line.year", "year", ("given", $"{r.Year}")));
        if (r.Cn is { Length: > 0 } cn && (cn.Length is < 4 or > 8 || !cn.All(char.IsAsciiDigit))) wrong.Add(Refusal.Of("supplier.cn", "cn", ("given", cn)));
        Given.Text(r.Asked, "asked", Given.Longest, wrong);
        if (r.DueOn <= today || r.DueOn > today.PlusYears(1)) wrong.Add(Refusal.Of("supplier.due", "dueOn", ("today", today.ToString("uuuu-MM-dd", null))));
        return wrong;
    }
}
