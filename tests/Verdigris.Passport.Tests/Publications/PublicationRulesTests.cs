using NodaTime;
using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Tests.Publications;

public class PublicationRulesTests
{
    static readonly RuleChanges Rules = new(RulePacks.Locate());
    static readonly RuleLink Deadline = new("metals/passport", "deadlines", ["2024"], new(2024, 9, 30));
    static readonly Question Way = new(QuestionKind.Choice, new("Which way?", "哪种做法？"), [new("One", "一"), new("Two", "二")]);

    internal static readonly PublicationContent Good = new(PublicationKind.Consultation, new("A form", "表格"), new("One.\n\nTwo.", "一。\n\n二。"), [new(QuestionKind.YesNo, new("Should it be?", "应否？")), Way, new(QuestionKind.Text, new("Why?", "为何？"))], new(2026, 11, 20), new(2026, 12, 20));

    [Theory]
    [InlineData(3, 30)]
    [InlineData(4, 20)]
    public void No_hidden_count_can_be_worked_out_from_those_shown_and_their_sum(int groups, int most)
    {
        // Everything somebody may know: the sum, and what is shown. Every count not shown must be able to be one of several.
        var alike = new Dictionary<string, List<int[]>>();
        foreach (var counts in All(groups, most))
            if (counts.Sum() >= Tally.Least)
                (alike.TryGetValue(Key(counts), out var list) ? list : alike[Key(counts)] = []).Add(counts);
        Assert.True(alike.Count > 100);
        foreach (var (_, known) in alike)
            for (var i = 0; i < groups; i++)
            {
                var shown = Tally.Protect(known[0])[i];
                if (shown is null) Assert.True(known.Select(k => k[i]).Distinct().Count() > 1, $"{string.Join(",", known[0])}: group {i} can be worked out");
                else Assert.Equal((shown.Value, true), (known[0][i], shown >= Tally.Least));
            }

        static string Key(int[] counts) => $"{counts.Sum()}: {string.Join(",", Tally.Protect(counts))}";
    }

    [Fact]
    public void Counts_of_large_groups_are_shown_as_they_are()
    {
        Assert.Equal([7, 5, 12], Tally.Protect([7, 5, 12]));
        Assert.Equal([null, null, 12], Tally.Protect([7, 4, 12]));
        Assert.Equal([null, null, null], Tally.Protect([2, 1, 0]));
    }

    [Fact]
    public void A_tally_counts_every_response_once_and_protects_only_the_confidential_ones()
    {
        ResponseContent Says(bool named, string? choice) => new(named, choice is null ? [new(3, Text: "so")] : [new(1, choice)]);
        List<ResponseContent> all = [.. Enumerable.Repeat(Says(false, "yes"), 9), .. Enumerable.Repeat(Says(false, "no"), 6), .. Enumerable.Repeat(Says(false, null), 5), Says(true, "yes"), Says(true, "no"), Says(true, "no")];
        var tally = Tally.Of(Good.Questions!, all);
        Assert.Equal([1, 2], tally.Select(t => t.Question));
        Assert.Equal([("yes", 1, 9), ("no", 2, 6), (null, 0, 5)], tally[0].Cells.Select(c => (c.Choice, c.Named, c.Confidential)));
        Assert.Equal([0, 0, 3], tally[1].Cells.Select(c => c.Named));
        Assert.Equal(new(null, 20), Tally.Counts(all, ended: false));
        Assert.Equal(new(3, 20), Tally.Counts(all, ended: true));
        Assert.Equal(new(0, null), Tally.Counts([Says(false, "no")], ended: true));
    }

    [Fact]
    public void Every_state_but_the_last_ones_is_left_and_only_drafts_are_published()
    {
        Assert.Equal([PublicationState.Decided, PublicationState.Withdrawn], PublicationStates.Table.Final.Order());
        foreach (var state in Enum.GetValues<PublicationState>())
        {
            Assert.Equal(state == PublicationState.Draft, PublicationStates.Table.Next(state, PublicationEvent.Publish, PublicationState.Open).Ok);
            Assert.Equal(state == PublicationState.Summarised, PublicationStates.Table.Next(state, PublicationEvent.Decide).Ok);
        }
        Assert.Equal([PublicationState.Published, PublicationState.Open, PublicationState.Open, PublicationState.Published], Enum.GetValues<PublicationKind>().Select(PublicationStates.Shown));
    }

    [Fact]
    public void A_paper_is_answered_from_its_first_to_its_last_day_and_on_no_other()
    {
        for (var day = new LocalDate(2026, 11, 1); day < new LocalDate(2027, 1, 31); day = day.PlusDays(1))
        {
            var late = ResponseRules.Late(PublicationState.Open, Good, day);
            Assert.Equal(day < Good.OpensOn ? "publication.not-yet-open" : day > Good.ClosesOn ? "publication.answering-ended" : null, late?.Code);
            Assert.Equal(day > Good.ClosesOn ? PublicationState.Closed : PublicationState.Open, PublicationStates.On(PublicationState.Open, Good.ClosesOn, day));
            if (day > Good.ClosesOn) Assert.Equal("2026-12-20", late!.Args!["closed"]);
        }
    }

    [Theory]
    [InlineData("input.required", "title.zh")]
    [InlineData("input.required", "text.en")]
    [InlineData("publication.questions-count", "questions")]
    [InlineData("publication.options-count", "questions[1].options")]
    [InlineData("publication.option-twice", "questions[1].options[1]")]
    [InlineData("publication.options-without-choice", "questions[0].options")]
    [InlineData("input.required", "questions[2].text.zh")]
    [InlineData("input.required", "closesOn")]
    [InlineData("publication.closes-before-it-opens", "closesOn")]
    [InlineData("publication.decides-nothing", "effectiveOn")]
    [InlineData("publication.decides-nothing", "rule")]
    [InlineData("publication.not-answered", "opensOn")]
    [InlineData("input.required", "effectiveOn")]
    public void A_fault_of_a_paper_names_its_field(string code, string field)
    {
        IReadOnlyList<Question> With(int at, Question question) => [.. Good.Questions!.Select((q, i) => i == at ? question : q)];
        var paper = (code, field) switch
        {
            (_, "title.zh") => Good with { Title = new("A", null!) },
            (_, "text.en") => Good with { Text = new(" ", "一") },
            (_, "questions") => Good with { Questions = null },
            ("publication.options-count", _) => Good with { Questions = With(1, Way with { Options = [new("One", "一")] }) },
            ("publication.option-twice", _) => Good with { Questions = With(1, Way with { Options = [new("One", "一"), new("Two", "一")] }) },
            (_, "questions[0].options") => Good with { Questions = With(0, Good.Questions![0] with { Options = [new("One", "一")] }) },
            (_, "questions[2].text.zh") => Good with { Questions = With(2, new(QuestionKind.Text, new("Why?", ""))) },
            ("input.required", "closesOn") => Good with { ClosesOn = null },
            (_, "closesOn") => Good with { ClosesOn = new(2026, 11, 19) },
            ("publication.decides-nothing", "effectiveOn") => Good with { EffectiveOn = new(2027, 1, 1) },
            (_, "rule") => Good with { Rule = Deadline },
            (_, "opensOn") => new(PublicationKind.Notice, Good.Title, Good.Text, OpensOn: new(2026, 1, 1)),
            _ => new(PublicationKind.DecisionNotice, Good.Title, Good.Text),
        };
        Assert.Equal([], PublicationRules.Check(Good));
        Assert.Equal([(code, field)], PublicationRules.Check(paper).Select(r => (r.Code, r.Field!)));
    }

    [Theory]
    [InlineData("publication.nothing-answered", "answers", 0, null, null)]
    [InlineData("publication.question-unknown", "answers[0].question", 4, null, "so")]
    [InlineData("publication.question-unknown", "answers[0].question", 0, null, "so")]
    [InlineData("publication.choice-unknown", "answers[0].choice", 1, "perhaps", null)]
    [InlineData("publication.choice-unknown", "answers[0].choice", 2, "3", null)]
    [InlineData("publication.choice-unknown", "answers[0].choice", 2, null, "words alone")]
    [InlineData("publication.choice-of-a-text", "answers[0].choice", 3, "yes", "so")]
    [InlineData("input.required", "answers[0].text", 3, null, null)]
    public void A_fault_of_a_response_names_its_field(string code, string field, int question, string? choice, string? text)
    {
        IReadOnlyList<QuestionAnswer> answers = code == "publication.nothing-answered" ? [] : [new(question, choice, text)];
        Assert.Equal([(code, field)], ResponseRules.Check(new(true, answers), Good.Questions!).Select(r => (r.Code, r.Field!)));
        Assert.Equal([], ResponseRules.Check(new(false, [new(1, "no"), new(2, "2", "so"), new(3, Text: "so")]), Good.Questions!));
        Assert.Equal(["publication.question-twice"], ResponseRules.Check(new(false, [new(1, "no"), new(1, "yes")]), Good.Questions!).Select(r => r.Code));
    }

    [Theory]
    [InlineData("publication.rule-pack-unknown", "rule.pack", "metals/none", "deadlines", "2024", 30)]
    [InlineData("publication.rule-pack-unknown", "rule.pack", "../rules/metals/passport", "deadlines", "2024", 30)]
    [InlineData("publication.rule-table-unknown", "rule.table", "metals/passport", "none", "2024", 30)]
    [InlineData("publication.rule-key-unknown", "rule.key", "metals/passport", "deadlines", "1999", 30)]
    [InlineData("publication.rule-day-unknown", "rule.from", "metals/passport", "deadlines", "2024", 29)]
    [InlineData("publication.rule-day-unknown", "rule.from", "metals/passport", "deadlines", "2025", 30)]
    public void A_decision_cannot_name_a_rule_that_is_not_there(string code, string field, string pack, string table, string key, int day)
    {
        var link = new RuleLink(pack, table, [key], new(2024, 9, day));
        Assert.Equal([(code, field)], Rules.Check(link).Select(r => (r.Code, r.Field!)));
        Assert.Null(Rules.Read(link));
    }

    [Fact]
    public void Every_entry_that_can_be_chosen_is_there_and_shows_its_values_before_and_after()
    {
        Assert.Contains(Rules.All, l => l.Table == Deadline.Table && l.Key.SequenceEqual(Deadline.Key) && l.From == Deadline.From);
        foreach (var link in Rules.All)
        {
            Assert.Equal([], Rules.Check(link));
            // A table whose key is the whole row (which checks a metal needs) says something by having the row; a row may say something by leaving out what the one before it had.
            var values = Rules.Read(link)!.Values;
            Assert.True(values.Count == 0 || values.Any(v => v.After is not null || v.Before is not null), $"{link.Pack} {link.Table} {string.Join(" ", link.Key)}");
        }
        Assert.Equal([new("deadline", "2025-03-15", "2025-06-15")], Rules.Read(Deadline)!.Values);
        Assert.Equal(new(2025, 6, 15), new PassportRules(RulePacks.Locate()).Deadline(2024));
    }

    [Theory]
    [InlineData(2026, 1, "26/001")]
    [InlineData(2026, 101, "26/101")]
    [InlineData(2005, 1000, "05/1000")]
    public void A_number_is_the_year_and_the_place_in_it(int year, int place, string number) => Assert.Equal(number, PublicationRules.Number(year, place));

    [Fact]
    public void A_blank_line_begins_a_paragraph_and_a_line_break_alone_does_not() => Assert.Equal(["One two.", "Three."], PublicationRules.Paragraphs("One\r\ntwo.\r\n\r\n\r\n\r\nThree."));

    static IEnumerable<int[]> All(int groups, int most)
    {
        if (groups == 0) return [[]];
        return Enumerable.Range(0, most + 1).SelectMany(first => All(groups - 1, most - first).Select(rest => (int[])[first, .. rest]));
    }
}
