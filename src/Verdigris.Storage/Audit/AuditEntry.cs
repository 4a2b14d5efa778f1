using System.Globalization;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>What somebody did, for the audit trail. Who and when come from the session.</summary>
/// <param name="Action">Dotted lower-case verb, 1-100 characters: <c>certificate.signed</c>.</param>
/// <param name="SubjectKind">What it was done to, 1-60 characters: <c>certificate</c>.</param>
/// <param name="SubjectId">Its id, 1-200 characters.</param>
/// <param name="Reason">Why, in the person's own words; at most 2,000 characters.</param>
/// <param name="Details">Anything else worth keeping; becomes JSON.</param>
/// <param name="EvidenceSha256">Hash of the evidence file, 64 lower-case hexadecimal digits.</param>
public sealed record AuditEntry(string Action, string SubjectKind, string SubjectId, string? Reason = null, object? Details = null, string? EvidenceSha256 = null)
{
    /// <exception cref="ArgumentException">A length or the hash is out of range.</exception>
    internal void Check()
    {
        Length(Action, 1, 100, nameof(Action));
        Length(SubjectKind, 1, 60, nameof(SubjectKind));
        Length(SubjectId, 1, 200, nameof(SubjectId));
        if (Reason is not null) Length(Reason, 0, 2000, nameof(Reason));
        if (EvidenceSha256 is not null && !EvidenceStore.IsHash(EvidenceSha256)) throw new ArgumentException("This is no SHA-256 in lower-case hexadecimal.", nameof(EvidenceSha256));
    }

    static void Length(string text, int least, int most, string name)
    {
        if (text.Length < least || text.Length > most) throw new ArgumentException($"{name} has {text.Length} characters; {least} to {most} are allowed.", name);
    }
}

/// <summary>One row of the audit trail.</summary>
/// <param name="Id">Position in the chain, from 1 without a gap.</param>
/// <param name="PersonId">Null: nobody was signed in.</param>
/// <param name="PersonName">As it was then; a pseudonym once the person was erased.</param>
/// <param name="OrganisationId">Null: the public or the system.</param>
/// <param name="DetailsJson">JSON as the database keeps it.</param>
/// <param name="Hash">SHA-256 over the previous row's hash and this row.</param>
public sealed record AuditEvent(
    long Id, Instant At, Guid? PersonId, string PersonName, Guid? OrganisationId, string Action, string SubjectKind, string SubjectId,
    string? Reason, string? DetailsJson, string? EvidenceSha256, string Hash);

/// <summary>Which rows of the trail to read; null does not narrow.</summary>
/// <param name="Person">A part of a name somebody acted under, in any case; an erased name is found no more.</param>
/// <param name="OldestFirst">Else newest first. A cursor is good for the order it was made in.</param>
public sealed record AuditFilter(
    string? SubjectKind = null, string? SubjectId = null, Guid? OrganisationId = null, Guid? PersonId = null, string? Action = null,
    Instant? From = null, Instant? To = null, string? Cursor = null, int Limit = 50, string? Person = null, bool OldestFirst = false)
{
    internal string Order => OldestFirst ? "audit/id" : "audit/id-desc";

    /// <summary>What is wrong with it: <c>page.cursor-invalid</c>, <c>page.limit-out-of-range</c> (1-500).</summary>
    public IReadOnlyList<Refusal> Check()
    {
        var refusals = new List<Refusal>();
        if (Cursor is not null)
        {
            var read = Primitives.Cursor.Read(Cursor, Order, 1);
            if (!read.Ok) refusals.AddRange(read.Refusals);
            else if (!long.TryParse(read.Value[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)) refusals.Add(Refusal.Of("page.cursor-invalid", "cursor"));
        }
        if (PageSize.Wrong(Limit, 500) is { } tooMany) refusals.Add(tooMany);
        return refusals;
    }

    internal long? After() => Cursor is null ? null : long.Parse(Primitives.Cursor.Read(Cursor, Order, 1).Value[0]!, NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <param name="Rows">How many rows were checked.</param>
/// <param name="FirstBroken">Id of the first row whose hash does not follow from its content and its predecessor; null when the chain is whole.</param>
/// <param name="Head">Hash of the last row in hexadecimal: keep it elsewhere to prove that nothing was cut off.</param>
public sealed record AuditVerification(long Rows, long? FirstBroken, string Head)
{
    public bool Whole => FirstBroken is null;
}
