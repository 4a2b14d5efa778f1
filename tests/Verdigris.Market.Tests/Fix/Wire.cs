using System.Text;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

/// <summary>Messages as people write them: <c>35=D|34=2</c>, a bar for the separator.</summary>
static class Wire
{
    public static FixDictionary Dictionary { get; } = FixDictionary.Read(Checkout.Path("data"));

    /// <summary>With BeginString, BodyLength and CheckSum around the fields given.</summary>
    public static byte[] Frame(string fields) => Whole("8=FIX.4.4|", fields);

    public static byte[] Whole(string version, string fields)
    {
        var body = fields.EndsWith('|') ? fields : fields + '|';
        return Closed($"{version}9={body.Length}|{body}");
    }

    /// <summary>With a right check sum behind whatever is given.</summary>
    public static byte[] Closed(string text)
    {
        var bytes = Raw(text);
        return [.. bytes, .. Raw($"10={FixFramer.Sum(bytes):000}|")];
    }

    public static byte[] Raw(string text) => Encoding.Latin1.GetBytes(text.Replace('|', '\u0001'));

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes).Replace('\u0001', '|');

    public static FixMessage Read(byte[] frame)
    {
        var message = new FixMessage();
        message.Read(frame, Dictionary);
        return message;
    }

    public static FixFault? Fault(string fields) => new FixValidator(Dictionary).Check(Read(Frame(fields)));
}
