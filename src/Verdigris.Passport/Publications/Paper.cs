using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Passport.Publications;

/// <summary>What a paper of the exchange is. Discussion papers and consultations are answered; notices and decision notices are not. Numbers are stored and never change.</summary>
public enum PublicationKind : short { Notice = 0, Discussion = 1, Consultation = 2, DecisionNotice = 3 }

/// <summary>Where a paper stands. Numbers are stored and never change; <see cref="Closed"/> is read off the closing day and never stored.</summary>
public enum PublicationState : short { Draft = 0, Open = 1, Closed = 2, Summarised = 3, Decided = 4, Published = 5, Withdrawn = 9 }

public enum PublicationEvent { Publish, Close, Summarise, Decide, Withdraw }

/// <summary>How a question is answered: in words, by yes or no, or by one of its options; the last two with words beside them.</summary>
public enum QuestionKind { Text, YesNo, Choice }

/// <summary>A question; its number is its place in the paper, from 1.</summary>
/// <param name="Options">Of a choice, 2 to 12; none otherwise.</param>
public sealed record Question(QuestionKind Kind, Bilingual Text, IReadOnlyList<Bilingual>? Options = null);

/// <summary>The entry of a rule pack a decision brought about.</summary>
/// <param name="Pack">Id of a loaded pack, such as <c>metals/passport</c>.</param>
/// <param name="Key">Values of the table's key columns, in their order.</param>
/// <param name="From">First day of the entry's validity.</param>
public sealed record RuleLink(string Pack, string Table, IReadOnlyList<string> Key, LocalDate From);

/// <summary>A paper as the exchange writes it. Texts are plain; a blank line begins a paragraph.</summary>
/// <param name="OpensOn">First day of answering; only of papers that are answered.</param>
/// <param name="ClosesOn">Last day of answering, UTC.</param>
/// <param name="EffectiveOn">Only of a decision notice: the day its decision takes effect.</param>
/// <param name="Rule">Only of a decision notice: the rule it changes, if it changes one.</param>
public sealed record PublicationContent(PublicationKind Kind, Bilingual Title, Bilingual Text, IReadOnlyList<Question>? Questions = null, LocalDate? OpensOn = null, LocalDate? ClosesOn = null, LocalDate? EffectiveOn = null, RuleLink? Rule = null);

/// <summary>What the exchange decides on a paper that was answered.</summary>
public sealed record DecisionContent(Bilingual Text, LocalDate EffectiveOn, RuleLink? Rule = null);

/// <param name="Number">Of the series of all papers; null where it is not known, which only a paper taken over can have.</param>
public sealed record PublicationDecision(string? Number, DecisionContent Content, LocalDate DecidedOn);

/// <param name="Number">Two digits of the year, a stroke, the place in the year from 1: <c>26/101</c>; null before it is published.</param>
/// <param name="TakenOver">From another record: what was answered to it is not known here.</param>
/// <param name="Note">Of a paper taken over: where it was read, and what could not be confirmed.</param>
public sealed record Paper(Guid Id, PublicationContent Content, PublicationState State, string? Number, LocalDate? PublishedOn, Bilingual? Summary, LocalDate? SummarisedOn, PublicationDecision? Decision, bool TakenOver, Bilingual? Note, string? WithdrawnReason, int RowVersion);

/// <summary>A paper as the list shows it.</summary>
public sealed record PublicationItem(Guid Id, PublicationKind Kind, string? Number, Bilingual Title, PublicationState State, LocalDate? PublishedOn, LocalDate? OpensOn, LocalDate? ClosesOn, string? DecisionNumber, LocalDate? EffectiveOn);

/// <summary>The life of papers, and what of it the calendar says. Pure.</summary>
public static class PublicationStates
{
    public static StateTable<PublicationState, PublicationEvent> Table { get; } = new(Refusal.Conflict("publication.state-forbids", "state"),
    [
        (PublicationState.Draft, PublicationEvent.Publish, PublicationState.Open),
        (PublicationState.Draft, PublicationEvent.Publish, PublicationState.Published),
        (PublicationState.Open, PublicationEvent.Close, PublicationState.Closed),
        (PublicationState.Closed, PublicationEvent.Summarise, PublicationState.Summarised),
        (PublicationState.Summarised, PublicationEvent.Decide, PublicationState.Decided),
        (PublicationState.Draft, PublicationEvent.Withdraw, PublicationState.Withdrawn),
        (PublicationState.Open, PublicationEvent.Withdraw, PublicationState.Withdrawn),
        (PublicationState.Closed, PublicationEvent.Withdraw, PublicationState.Withdrawn),
        (PublicationState.Summarised, PublicationEvent.Withdraw, PublicationState.Withdrawn),
        (PublicationState.Published, PublicationEvent.Withdraw, PublicationState.Withdrawn),
    ]);

    public static bool Answered(PublicationKind kind) => kind is PublicationKind.Discussion or PublicationKind.Consultation;

    /// <summary>Where publishing takes a paper of this kind.</summary>
    public static PublicationState Shown(PublicationKind kind) => Answered(kind) ? PublicationState.Open : PublicationState.Published;

    /// <summary>The state on a day: an open paper is closed from the day after its closing day on.</summary>
    public static PublicationState On(PublicationState stored, LocalDate? closesOn, LocalDate today) => stored == PublicationState.Open && closesOn < today ? Table.Next(stored, PublicationEvent.Close).Value : stored;
}
