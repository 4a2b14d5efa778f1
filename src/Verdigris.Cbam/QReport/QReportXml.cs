using System.Collections;
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

    static object Read(Type type, XElement element) => type.GetConstructors().Single(c => c.GetParameters().Length > 1 || c.GetParameters()[0].ParameterType != type).Invoke([.. Properties(type).Select(p =>
    {
        var found = element.Elements(Name + p.Element);
        var of = p.Property.PropertyType;
        if (of.IsGenericType && of.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var item = of.GetGenericArguments()[0];
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

    /// <summary>In the order of the record's parameters. A property cannot be called like its record: one says its element by attribute.</summary>
    static IEnumerable<(PropertyInfo Property, string Element)> Properties(Type type)
    {
        foreach (var parameter in type.GetConstructors().Single(c => c.GetParameters().Length > 1 || c.GetParameters()[0].ParameterType != type).GetParameters())
        {
            var property = type.GetProperty(parameter.Name!)!;
            yield return (property, property.GetCustomAttribute<DisplayNameAttribute>()?.DisplayName ?? property.Name);
        }
    }
}
