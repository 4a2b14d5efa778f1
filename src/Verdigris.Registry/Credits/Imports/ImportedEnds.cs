using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Imports;

/// <summary>Ends of units that an export told of. The certificate is written before the Book is told: until then the units lie outside as if they were free.</summary>
static class ImportedEnds
{
    /// <summary>Whether an export ended one of the units.</summary>
    public static Task<bool> Any(DbSession s, string unit, SerialRange serials, CancellationToken ct) => s.Value<bool>("""
        select exists (select from registry.credit_ending e where e.unit = $1 and e.kind <> 3 and e.import_id is not null and e.first <= $3 and e.last >= $2
          and e.first >= coalesce((select max(y.first) from registry.credit_ending y where y.unit = $1 and y.kind <> 3 and y.first <= $2), $2))
        """, ct, unit, serials.First, serials.Last);

    /// <summary>The same, and until the caller's transaction ends no part of an export of the programme is taken in: the next one finds what he wrote. With the system's rights.</summary>
    public static async Task<bool> Before(DbSession s, string programme, string unit, SerialRange serials, CancellationToken ct)
    {
        await s.Run("select from registry.credit_programme where code = $1 for share", ct, programme);
        return await Any(s, unit, serials, ct);
    }
}
