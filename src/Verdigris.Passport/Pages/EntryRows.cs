namespace Verdigris.Passport.Pages;

/// <summary>Rows of a form in which empty ones are passed over: what is read keeps count of the filled, what is refused is shown at the row that was typed.</summary>
static class EntryRows
{
    /// <summary>The rows that hold something, with their place on the page.</summary>
    public static IEnumerable<(T Row, int Index)> Filled<T>(IReadOnlyList<T> rows, Func<T, bool> empty) => rows.Select((row, index) => (row, index)).Where(r => !empty(r.row));

    /// <summary>The field <c>list[1].name</c> of a refusal that counts filled rows only, as the field of the row on the page.</summary>
    public static string AsTyped<T>(string field, IReadOnlyList<T> rows, Func<T, bool> empty)
    {
        var open = field.IndexOf('[', StringComparison.Ordinal);
        var close = field.IndexOf(']', StringComparison.Ordinal);
        if (open < 0 || close < open || !int.TryParse(field[(open + 1)..close], out var at)) return field;
        var places = Filled(rows, empty).Select(r => r.Index).ToList();
        return at < places.Count ? $"{field[..open]}[{places[at]}{field[close..]}" : field;
    }
}
