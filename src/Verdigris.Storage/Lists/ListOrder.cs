using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>A column a list can be asked in the order of.</summary>
/// <param name="Name">As in <c>sort=NAME</c>; <c>sort=-NAME</c> turns it.</param>
/// <param name="Column">A column that is never null: a null has no place in an order.</param>
/// <param name="Write">The row's value as the cursor carries it.</param>
/// <param name="Read">The value again, or null where the cursor does not hold one.</param>
public sealed record ListKey<T>(string Name, string Column, Func<T, string> Write, Func<string, object?> Read)
{
    public static ListKey<T> Text(string name, string column, Func<T, string> value) => new(name, column, value, text => text);
    public static ListKey<T> Number(string name, string column, Func<T, decimal> value) => new(name, column, row => value(row).ToString(CultureInfo.InvariantCulture), text => decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var n) ? n : null);
    public static ListKey<T> Day(string name, string column, Func<T, LocalDate> value) => new(name, column, row => LocalDatePattern.Iso.Format(value(row)), text => LocalDatePattern.Iso.Parse(text) is { Success: true } day ? day.Value : null);
    public static ListKey<T> Id(string name, string column, Func<T, Guid> value) => new(name, column, row => value(row).ToString(), text => Guid.TryParse(text, out var id) ? id : null);
}

/// <summary>
/// The orders of one list. Every order ends in the row's id, so that equal rows keep apart and no row is shown twice or left out between two pages; the cursor is good for the order
/// it was made in and no other.
/// </summary>
public sealed class ListOrders<T>(string list, string byDefault, ListKey<T> id, params ListKey<T>[] keys)
{
    readonly ListKey<T>[] all = [id, .. keys];

    /// <summary><c>page.sort-unknown</c>, <c>page.cursor-invalid</c>.</summary>
    public Answer<ListOrder<T>> Read(string? sort, string? cursor)
    {
        var given = string.IsNullOrEmpty(sort) ? byDefault : sort;
        var descending = given[0] == '-';
        var name = descending ? given[1..] : given;
        if (all.FirstOrDefault(k => k.Name == name) is not { } key)
            return Refusal.Of("page.sort-unknown", "sort", ("given", given), ("allowed", string.Join(", ", all.SelectMany(k => new[] { k.Name, "-" + k.Name }))));
        var order = new ListOrder<T>($"{list}/{given}", key, id, descending, null);
        if (cursor is null) return order;
        var read = Cursor.Read(cursor, order.Name, 2);
        if (!read.Ok || read.Value is not [{ } value, { } last] || key.Read(value) is not { } after || id.Read(last) is not { } afterId) return Refusal.Of("page.cursor-invalid", "cursor");
        return order with { After = (after, afterId) };
    }

    /// <summary>One page in the order asked for.</summary>
    /// <param name="select">The statement up to its conditions, without a <c>where</c>.</param>
    /// <param name="where">The conditions of the filter; that of the page is added.</param>
    /// <param name="limit">1-200.</param>
    /// <returns>The page, or <c>page.limit-out-of-range</c>, <c>page.sort-unknown</c>, <c>page.cursor-invalid</c>.</returns>
    public async Task<Answer<Page<T>>> Page(DbSession s, string select, Where where, string? sort, string? cursor, int limit, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        if (PageSize.Wrong(limit) is { } wrong) return wrong;
        var read = Read(sort, cursor);
        if (!read.Ok) return Answer<Page<T>>.From(read.Refusals);
        var order = read.Value;
        where.And(order.Condition(where.Next));
        var rows = await s.All($"{select} {where} order by {order.By} limit {limit + 1}", map, ct, where.Args);
        return new Page<T>(rows, order.Cut(rows, limit));
    }
}

/// <summary>One order of a list, and where in it to go on.</summary>
public sealed record ListOrder<T>(string Name, ListKey<T> Key, ListKey<T> Id, bool Descending, (object Value, object Id)? After)
{
    /// <summary>For <c>order by</c>.</summary>
    public string By => Key == Id ? $"{Id.Column}{Turn}" : $"{Key.Column}{Turn}, {Id.Column}{Turn}";

    string Turn => Descending ? " desc" : "";

    /// <summary>The condition that leaves out what earlier pages showed; null on the first.</summary>
    /// <param name="next">Adds a parameter and names it.</param>
    public string? Condition(Func<object, string> next) =>
        After is not { } after ? null
        : Key == Id ? $"{Id.Column} {(Descending ? '<' : '>')} {next(after.Id)}"
        : $"({Key.Column}, {Id.Column}) {(Descending ? '<' : '>')} ({next(after.Value)}, {next(after.Id)})";

    /// <summary>Cuts what was read beyond the page and makes the cursor of the next one.</summary>
    /// <param name="rows">Read with a limit of one more than the page holds.</param>
    public string? Cut(List<T> rows, int limit)
    {
        if (rows.Count <= limit) return null;
        rows.RemoveRange(limit, rows.Count - limit);
        return Cursor.After(Name, Key.Write(rows[^1]), Id.Write(rows[^1]));
    }
}
