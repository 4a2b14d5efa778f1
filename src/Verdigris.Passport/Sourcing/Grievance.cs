using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Sourcing;

/// <summary>Where a grievance stands. Numbers are stored and never change.</summary>
public enum GrievanceState : short { Received = 0, Assessed = 1, WithProducer = 2, Resolved = 3, Dismissed = 4 }

public enum GrievanceEvent { Assess, PassOn, Respond, Resolve, Dismiss }

/// <summary>A grievance as anybody files it, against a brand or a producer.</summary>
/// <param name="Name">Of who files it; null is without a name.</param>
/// <param name="Contact">How to reach them; null is not at all.</param>
/// <param name="ProducerMayKnow">Whether the producer may be told name and contact once it is passed on.</param>
public sealed record NewGrievance(string Text, string? BrandCode = null, Guid? ProducerId = null, string? Name = null, string? Contact = null, bool ProducerMayKnow = false);

/// <param name="Name">Null: none given, or the reader may not know it.</param>
public sealed record Grievance(Guid Id, string? BrandCode, Guid ProducerId, string Text, GrievanceState State, Instant FiledAt, int RowVersion, string? Name = null, string? Contact = null);

/// <summary>One step of a grievance's life.</summary>
/// <param name="ForComplainant">Whether who filed it reads the note.</param>
public sealed record GrievanceStep(int Seq, GrievanceState State, GrievanceEvent? Event, string? Note, bool ForComplainant, Instant At);

/// <summary>What the filer is told once: the code under which the grievance is found again.</summary>
public sealed record FiledGrievance(Guid Id, string Reference);

/// <summary>Pure decisions about grievances.</summary>
public static class GrievanceRules
{
    public static StateTable<GrievanceState, GrievanceEvent> Table { get; } = new(Refusal.Conflict("sourcing.grievance-state-forbids", "state"),
    [
        (GrievanceState.Received, GrievanceEvent.Assess, GrievanceState.Assessed),
        (GrievanceState.Received, GrievanceEvent.Dismiss, GrievanceState.Dismissed),
        (GrievanceState.Assessed, GrievanceEvent.PassOn, GrievanceState.WithProducer),
        (GrievanceState.Assessed, GrievanceEvent.Dismiss, GrievanceState.Dismissed),
        (GrievanceState.WithProducer, GrievanceEvent.Respond, GrievanceState.WithProducer),
        (GrievanceState.WithProducer, GrievanceEvent.Resolve, GrievanceState.Resolved),
        (GrievanceState.WithProducer, GrievanceEvent.Dismiss, GrievanceState.Dismissed),
    ]);

    /// <summary>From then on the producer sees it.</summary>
    public static bool PassedOn(IEnumerable<GrievanceStep> steps) => steps.Any(s => s.State == GrievanceState.WithProducer);

    public static List<Refusal> Check(NewGrievance g)
    {
        var wrong = new List<Refusal>();
        SourcingText.Note(g.Text, "text", wrong);
        if (g.BrandCode is null && g.ProducerId is null) wrong.Add(Refusal.Of("sourcing.grievance-against-nobody", "brandCode"));
        if (g.Name is not null) SourcingText.Line(g.Name, "name", wrong);
        if (g.Contact is not null) SourcingText.Line(g.Contact, "contact", wrong);
        return wrong;
    }

    const string Letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// <summary>A reference of 20 letters and digits in groups of five, from 20 random bytes: 100 bits nobody guesses.</summary>
    public static string Reference(ReadOnlySpan<byte> random)
    {
        if (random.Length != 20) throw new ArgumentException("Twenty bytes are needed.", nameof(random));
        var text = new StringBuilder(23);
        for (var i = 0; i < 20; i++)
        {
            if (i > 0 && i % 5 == 0) text.Append('-');
            text.Append(Letters[random[i] & 31]);
        }
        return text.ToString();
    }

    /// <summary>What is kept of a reference: SHA-256 in lower-case hexadecimal, of its letters in upper case without hyphens and blanks, O read as 0 and I and L as 1.</summary>
    public static string HashOf(string? reference)
    {
        var plain = new string([.. (reference ?? "").ToUpperInvariant().Where(char.IsAsciiLetterOrDigit).Select(c => c switch { 'O' => '0', 'I' or 'L' => '1', _ => c })]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(plain)));
    }
}
