using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Xml.Linq;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Cbam.QReport;

/// <summary>Between the records of the report and elements of their names: the parameters of a record are its elements, in their order. Knows nothing of what is allowed; the schema does.</summary>
static class QReportXml
{
    public static readonly XNamespace Name = "http://xmlns.ec.eu/BusinessObjects/CBAM/Types/V1";

    public static XElement Write(object record, string element) => new(Name + element, Properties(record.GetType()).SelectMany(p => p.Property.GetValue(record) switch
    {
        null => [],
        string or ValueType => [new XElement(Name + p.Element, Text(p.Property.GetValue(record)!))],
        IEnumerable list => list.Cast<object>().Select(item => Write(item, p.Element)),
        var part => (IEnumerable<XElement>)[Write(part, p.Element)],
    }));

    /// <summary>Wants an element the schema has found right.</summary>
    public static T Read<T>(XElement element) where T : class => (T)Read(typeof(T), element);

    static object Read(Type type, XElement element) => type.GetConstructors().Single().Invoke([.. Properties(type).Select(p =>
    {
        var found = element.Elements(Name + p.Element);
        var of = p.Property.PropertyType;
        if (ItemOf(of) is { } item)
        {
            var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
            foreach (var one in found) list.Add(Read(item, one));
            return list;
        }
        return found.FirstOrDefault() is not { } value ? null : Value(Nullable.GetUnderlyingType(of) ?? of, value);
    })]);

    static object Value(Type type, XElement element)
    {
        var text = element.Value;
        if (type == typeof(string)) return text;
        text = text.Trim();
        if (type == typeof(decimal)) return decimal.Parse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        if (type == typeof(int)) return int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (type == typeof(bool)) return text is "1" or "true";
        if (type == typeof(LocalDate)) return LocalDatePattern.Iso.Parse(text).GetValueOrThrow();
        return type == typeof(Instant) ? InstantPattern.General.Parse(text).GetValueOrThrow() : Read(type, element);
    }

    static string Text(object value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        decimal number => DecimalText.Write(DecimalText.Trim(number)),
        LocalDate day => LocalDatePattern.Iso.Format(day),
        Instant at => InstantPattern.General.Format(at),
        _ => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
    };

    /// <summary>Elements that may stand several times, by their names.</summary>
    public static IReadOnlySet<string> Lists => AllLists.Value;

    static readonly Lazy<HashSet<string>> AllLists = new(() =>
    {
        var (lists, seen, open) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<Type>(), new Stack<Type>([typeof(QuarterlyReport)]));
        while (open.TryPop(out var type))
            foreach (var (property, element) in Properties(type))
            {
                var of = property.PropertyType;
                if (ItemOf(of) is { } item) { lists.Add(element); of = item; }
                if (of.Namespace == typeof(QuarterlyReport).Namespace && seen.Add(of)) open.Push(of);
            }
        return lists;
    });

    static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    static readonly ConcurrentDictionary<Type, IReadOnlyList<(PropertyInfo Property, string Element)>> Known = new();

    /// <summary>In the order of the record's parameters. A property cannot be called like its record: one says its element by attribute.</summary>
    static IReadOnlyList<(PropertyInfo Property, string Element)> Properties(Type type) => Known.GetOrAdd(type, static of => [.. of.GetConstructors().Single().GetParameters().Select(p => of.GetProperty(p.Name!)!)
        .Select(p => (p, p.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? p.Name))]);
}
