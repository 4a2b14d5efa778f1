using System.Globalization;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Serials;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>Reads the records of one export. Numbers may have thousands separators and ".0"; days are ISO, or month/day/year as American registries write them. Nothing is guessed: what cannot be read is a finding. Not thread-safe.</summary>
public sealed class ExportReader
{
    readonly ExportFormat format;
    readonly CreditRules rules;
    readonly CreditProgramme programme;
    readonly int length;
    readonly int project, otherProject, name, proponent, country, methodology, state, creditingFrom, creditingTo, estimate, serial, first, last, units, buffer, toProject, vintage, vintageFrom, vintageTo, period, issuedOn, endedOn, status, beneficiary, reason, purpose,
        labels, nature, removal, ccp, corsiaPilot, corsiaFirst, authorised, adjusted, isBuffer;

    /// <param name="header">Has every column of the format.</param>
    public ExportReader(ExportFormat format, CreditRules rules, IReadOnlyList<string> header)
    {
        this.format = format;
        this.rules = rules;
        programme = rules.Programme(format.Programme)!;
        length = header.Count;
        int Of(string field) => format.Columns.TryGetValue(field, out var column) ? header.ToList().IndexOf(column) : -1;
        (project, otherProject, name, proponent, country, methodology, state) = (Of("project"), Of("otherProject"), Of("name"), Of("proponent"), Of("country"), Of("methodology"), Of("state"));
        (creditingFrom, creditingTo, estimate, serial, first, last, units, buffer, toProject) = (Of("creditingFrom"), Of("creditingTo"), Of("estimate"), Of("serial"), Of("first"), Of("last"), Of("units"), Of("buffer"), Of("toProject"));
        (vintage, vintageFrom, vintageTo, period, issuedOn, endedOn, status) = (Of("vintage"), Of("vintageFrom"), Of("vintageTo"), Of("period"), Of("issuedOn"), Of("endedOn"), Of("status"));
        (nature, removal, isBuffer) = (Of("nature"), Of("removal"), Of("isBuffer"));
        (beneficiary, reason, purpose, labels, ccp, corsiaPilot, corsiaFirst, authorised, adjusted) = (Of("beneficiary"), Of("reason"), Of("purpose"), Of("labels"), Of("ccp"), Of("corsiaPilot"), Of("corsiaFirst"), Of("authorised"), Of("adjusted"));
    }

    public ExportRow Read(int line, IReadOnlyList<string> cells)
    {
        var row = new ExportRow { Line = line };
        if (cells.Count != length)
        {
            row.Refuse("credits.row-length", ("fields", $"{cells.Count}"), ("columns", $"{length}"));
            return row;
        }
        if (serial >= 0) Serial(row, cells);
        Project(row, cells);
        if (format.Kind == ExportKind.Projects) return row;
        row.Units = Whole(row, cells, units);
        if (row.Units is null && !row.Refused) row.Refuse("credits.units-missing");
        // One registry issues what goes to its pool by itself, and says so.
        row.Buffer = isBuffer >= 0 && cells[isBuffer] is "True" or "true" ? row.Units : Whole(row, cells, buffer);
        if (row.Buffer > row.Units || (Whole(row, cells, toProject) is { } own && own + (row.Buffer ?? 0) != row.Units)) row.Refuse("credits.buffer-sum", ("units", $"{row.Units}"), ("buffer", $"{row.Buffer}"));
        Days(row, cells);
        if (format.Kind == ExportKind.Statements) return row;
        Range(row, cells);
        Labels(row, cells);
        Ending(row, cells);
        return row;
    }

    void Serial(ExportRow row, IReadOnlyList<string> cells)
    {
        var text = cells[serial];
        if (text.Length == 0)
        {
            row.Refuse("credits.serial-missing");
            return;
        }
        (SerialGrammar? Grammar, int At, string Expected) nearest = (null, -1, "");
        foreach (var grammar in format.Grammars)
        {
            if (grammar.Read(text, out var at, out var expected) is { } block)
            {
                row.Block = block;
                return;
            }
            if (at > nearest.At) nearest = (grammar, at, expected);
        }
        row.Refuse("credits.serial-malformed", ("given", text.Length > 60 ? text[..57] + "..." : text), ("at", $"{nearest.At + 1}"), ("expected", nearest.Expected.Length == 0 ? "-" : nearest.Expected), ("example", nearest.Grammar!.Example));
    }

    void Project(ExportRow row, IReadOnlyList<string> cells)
    {
        var given = project >= 0 ? cells[project].Trim() : row.Block?.Part("project") ?? "";
        if (programme.Prefix is { } prefix && given.StartsWith(prefix, StringComparison.Ordinal)) given = given[prefix.Length..];
        if (given.Length is 0 or > 20 || !given.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            if (project >= 0 || row.Block is not null) row.Refuse("credits.row-project", ("given", given.Length > 40 ? given[..40] : given));
            return;
        }
        // The units of one registry held in another keep the number of the first.
        if (project >= 0 && row.Block is { } block && block.Programme == format.Programme && serial >= 0 && format.Kind != ExportKind.Statements && block.Part("project") is { } printed && printed != given)
            row.Refuse("credits.project-differs", ("column", given), ("serial", printed));
        row.Project = given;
        row.OtherProject = Text(cells, otherProject, 40);
        row.Name = Text(cells, name, 400);
        row.Proponent = Text(cells, proponent, 400);
        row.Country = Text(cells, country, 100);
        row.Methodology = Text(cells, methodology, 400);
        row.State = Text(cells, state, 100);
        if (format.Kind != ExportKind.Projects) return;
        row.CreditingFrom = Day(row, cells, creditingFrom);
        row.CreditingTo = Day(row, cells, creditingTo);
        if (row.CreditingTo < row.CreditingFrom) row.Refuse("credits.days-reversed", ("from", $"{row.CreditingFrom:uuuu-MM-dd}"), ("to", $"{row.CreditingTo:uuuu-MM-dd}"));
        row.EstimateT = Whole(row, cells, estimate) is > 0 and var t ? t : null;
        if (row.Name is null) row.Refuse("credits.row-name");
    }

    void Days(ExportRow row, IReadOnlyList<string> cells)
    {
        row.IssuedOn = Day(row, cells, issuedOn);
        // What the registry calls the vintage goes before the period it was monitored in.
        if (vintage >= 0 && cells[vintage].Length > 0)
        {
            if (Whole(row, cells, vintage) is not { } year) return;
            if (year is < 1990 or > 2100)
            {
                row.Refuse("credits.vintage-range", ("given", cells[vintage]));
                return;
            }
            (row.VintageFrom, row.VintageTo) = (new LocalDate((int)year, 1, 1), new LocalDate((int)year, 12, 31));
            return;
        }
        if (period >= 0 && cells[period].Split(" / ") is [var from, var to]) (row.VintageFrom, row.VintageTo) = (Day(row, from), Day(row, to));
        else (row.VintageFrom, row.VintageTo) = (Day(row, cells, vintageFrom), Day(row, cells, vintageTo));
        if (row.VintageFrom is null || row.VintageTo is null) row.Note("credits.vintage-unknown");
        else if (row.VintageTo < row.VintageFrom) row.Refuse("credits.days-reversed", ("from", $"{row.VintageFrom:uuuu-MM-dd}"), ("to", $"{row.VintageTo:uuuu-MM-dd}"));
    }

    void Range(ExportRow row, IReadOnlyList<string> cells)
    {
        if (row.Block is null || row.Refused) return;
        if (row.Block.Range is { } inside) row.Printed = inside;
        else if (first >= 0 && Whole(row, cells, first) is { } from && Whole(row, cells, last) is { } to && to >= from && to <= SerialGrammar.LargestUnit) row.Printed = new(from, to);
        else row.Refuse("credits.range-missing");
        if (row.Printed is { } range && range.Count != row.Units) row.Refuse("credits.units-differ", ("units", $"{row.Units}"), ("range", $"{range.Count}"));
    }

    void Labels(ExportRow row, IReadOnlyList<string> cells)
    {
        List<string>? known = null;
        if (labels >= 0)
        {
            var (found, unknown) = rules.LabelsOf(cells[labels], format.Separators);
            known = [.. found];
            foreach (var word in unknown) row.Note("credits.label-printed", ("given", word));
        }
        if (nature >= 0 && cells[nature].Trim() is { Length: > 0 } one)
        {
            var (named, strange) = rules.LabelsOf(one, '\n');
            known = [.. known ?? [], .. named];
            foreach (var w in strange) row.Note("credits.label-printed", ("given", w));
        }
        Flagged(removal, "removal");
        Flagged(ccp, "ccp");
        Flagged(corsiaPilot, "corsia-pilot");
        Flagged(corsiaFirst, "corsia-first");
        row.Labels = known;
        if (authorised >= 0) row.AuthorisedFor = cells[authorised] switch { "Not Applicable" => [], _ => null };
        // A programme that prints the authorisation among the labels says of a unit without them that there is none.
        else if (known?.Where(l => l.StartsWith("authorised-", StringComparison.Ordinal)).Select(l => l["authorised-".Length..]).ToList() is { Count: > 0 } uses) row.AuthorisedFor = uses;
        if (adjusted >= 0) row.Adjusted = cells[adjusted] switch { "Yes" => true, "No" => false, _ => null };

        void Flagged(int column, string label)
        {
            if (column < 0) return;
            known ??= [];
            if (cells[column] == "Yes") known.Add(label);
        }
    }

    void Ending(ExportRow row, IReadOnlyList<string> cells)
    {
        if (format.Kind == ExportKind.Issued) return;
        row.EndedOn = Day(row, cells, endedOn);
        if (row.EndedOn is null)
        {
            if (format.Kind != ExportKind.Moved && !row.Refused) row.Note("credits.ended-on-unknown");
            if (format.Kind == ExportKind.Moved) return;
        }
        var cancelled = format.Kind == ExportKind.Cancelled || (status >= 0 && cells[status] is "Canceled" or "Cancelled");
        var kind = cancelled ? CreditRules.Cancel : CreditRules.Retire;
        var printed = reason >= 0 ? cells[reason].Trim() : "";
        row.PrintedReason = printed.Length == 0 ? null : Cut(printed, 400);
        if (printed.Length == 0) row.Note("credits.reason-not-stated");
        else if (rules.ReasonOf(kind, printed) is null) row.Note("credits.reason-printed", ("given", Cut(printed, 60)));
        row.Reason = printed.Length == 0 ? "not-stated" : rules.ReasonOf(kind, printed)?.Code ?? "other";
        row.Ends = !cancelled ? EndingKind.Retired : row.Reason.StartsWith("convert-", StringComparison.Ordinal) ? EndingKind.Converted : EndingKind.Cancelled;
        row.Beneficiary = Text(cells, beneficiary, 400);
        row.Purpose = Text(cells, purpose, 2000);
        if (row.EndedOn < row.IssuedOn) row.Note("credits.ended-before-issued");
    }

    static string? Text(IReadOnlyList<string> cells, int column, int most) => column < 0 || cells[column].AsSpan().Trim().Length == 0 ? null : Cut(cells[column].Trim(), most);

    static string Cut(string text, int most) => text.Length <= most ? text : text[..most];

    static long? Whole(ExportRow row, IReadOnlyList<string> cells, int column)
    {
        if (column < 0) return null;
        var text = cells[column].AsSpan().Trim();
        if (text.Length == 0) return null;
        var plain = text.EndsWith(".0") ? text[..^2] : text;
        if (long.TryParse(plain, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number >= 0) return number;
        row.Refuse("credits.number-malformed", ("given", text.ToString()));
        return null;
    }

    static LocalDate? Day(ExportRow row, IReadOnlyList<string> cells, int column) => column < 0 ? null : Day(row, cells[column]);

    static LocalDate? Day(ExportRow row, string text)
    {
        var t = text.AsSpan().Trim();
        if (t.Length == 0) return null;
        int year, month, day;
        if (t.Length >= 10 && t[4] == '-' && t[7] == '-' && (t.Length == 10 || t[10] is 'T' or ' ') && Number(t[..4], out year) && Number(t[5..7], out month) && Number(t[8..10], out day))
            return Made(row, year, month, day, text);
        var one = t.IndexOf('/');
        var two = one < 0 ? -1 : one + 1 + t[(one + 1)..].IndexOf('/');
        if (two > one && t.Length >= two + 5 && (t.Length == two + 5 || t[two + 5] == ' ') && Number(t[..one], out month) && Number(t[(one + 1)..two], out day) && Number(t.Slice(two + 1, 4), out year))
            return Made(row, year, month, day, text);
        row.Refuse("credits.day-malformed", ("given", Cut(text, 40)));
        return null;

        static bool Number(ReadOnlySpan<char> digits, out int number) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    static LocalDate? Made(ExportRow row, int year, int month, int day, string text)
    {
        if (year is >= 1990 and <= 2200 && month is >= 1 and <= 12 && day >= 1 && day <= CalendarSystem.Iso.GetDaysInMonth(year, month)) return new(year, month, day);
        row.Refuse("credits.day-malformed", ("given", Cut(text, 40)));
        return null;
    }
}
