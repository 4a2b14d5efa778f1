using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;

namespace Verdigris.Web;

/// <summary>Reads the parameters of an address, and gathers what is wrong with them.</summary>
public sealed class QueryWords(HttpContext http)
{
    readonly IQueryCollection query = http.Request.Query;

    public List<Refusal> Wrong { get; } = [];

    public string? Text(string name) => query[name].ToString() is { Length: > 0 } given ? given : null;

    public int? Whole(string name)
    {
        if (Text(name) is not { } text) return null;
        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return number;
        Wrong.Add(Refusal.Of("request.parameter", name, ("given", text)));
        return null;
    }

    public decimal? Number(string name)
    {
        if (Text(name) is not { } text) return null;
        if (DecimalText.TryRead(text, out var value)) return value;
        Wrong.Add(Refusal.Of("input.not-a-number", name, ("given", text)));
        return null;
    }

    public LocalDate? Day(string name)
    {
        if (Text(name) is not { } text) return null;
        if (LocalDatePattern.Iso.Parse(text) is { Success: true } day) return day.Value;
        Wrong.Add(Refusal.Of("input.not-a-date", name, ("given", text)));
        return null;
    }

    public long? Long(string name)
    {
        if (Text(name) is not { } text) return null;
        if (long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)) return number;
        Wrong.Add(Refusal.Of("request.parameter", name, ("given", text)));
        return null;
    }

    public Guid? Id(string name)
    {
        if (Text(name) is not { } text) return null;
        if (Guid.TryParse(text, out var id)) return id;
        Wrong.Add(Refusal.Of("request.parameter", name, ("given", text)));
        return null;
    }

    public T? Word<T>(string name) where T : struct, Enum
    {
        if (Text(name) is not { } text) return null;
        if (Enum.GetNames<T>().Contains(text)) return Enum.Parse<T>(text);
        Wrong.Add(Refusal.Of("request.word-unknown", name, ("given", text)));
        return null;
    }

    public bool Flag(string name)
    {
        if (Text(name) is not { } text) return false;
        if (text is "true" or "false") return text == "true";
        Wrong.Add(Refusal.Of("request.word-unknown", name, ("given", text)));
        return false;
    }
}
