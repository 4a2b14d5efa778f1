using System.Globalization;
using Verdigris.Primitives;

namespace Verdigris.Storage;

/// <summary>How many rows one page may hold.</summary>
public static class PageSize
{
    public const int Most = 200;

    /// <summary><c>page.limit-out-of-range</c> where it is not from 1 to <paramref name="most"/>; else null.</summary>
    public static Refusal? Wrong(int limit, int most = Most) =>
        limit >= 1 && limit <= most ? null : Refusal.Of("page.limit-out-of-range", "limit", ("min", "1"), ("max", most.ToString(CultureInfo.InvariantCulture)));
}
