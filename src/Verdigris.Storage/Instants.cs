using NodaTime;

namespace Verdigris.Storage;

/// <summary>Times as PostgreSQL keeps them.</summary>
public static class Instants
{
    /// <summary>Cut down to whole microseconds, the resolution of <c>timestamptz</c>: what is written is what is read.</summary>
    public static Instant ToMicroseconds(this Instant instant)
    {
        var ticks = instant.ToUnixTimeTicks();
        var rest = ticks % 10;
        return Instant.FromUnixTimeTicks(ticks - (rest < 0 ? rest + 10 : rest));
    }
}
