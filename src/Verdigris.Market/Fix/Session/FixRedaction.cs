using System.Text;

namespace Verdigris.Market.Fix;

/// <summary>Messages as people may read them: without what opens the door.</summary>
static class FixRedaction
{
    const int MostCharacters = 2_000;

    /// <summary>Fields separated by bars; passwords (554) and raw data (96) are stars, what is too long is cut.</summary>
    public static string Text(ReadOnlySpan<byte> message)
    {
        var text = new StringBuilder();
        while (message.Length > 0 && text.Length < MostCharacters)
        {
            var end = message.IndexOf((byte)1);
            var field = end < 0 ? message : message[..end];
            message = end < 0 ? [] : message[(end + 1)..];
            if (text.Length > 0) text.Append('|');
            var secret = field.StartsWith("554="u8) ? 4 : field.StartsWith("96="u8) ? 3 : -1;
            foreach (var c in secret < 0 ? Encoding.Latin1.GetString(field) : Encoding.Latin1.GetString(field[..secret]) + "***") text.Append(char.IsControl(c) ? '?' : c);
        }
        if (text.Length <= MostCharacters) return text.ToString();
        return text.ToString(0, MostCharacters) + "…";
    }
}
