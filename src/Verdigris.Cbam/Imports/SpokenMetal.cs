using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Imports;

/// <summary>
/// A certificate speaks for its metal once. What lines of all importers rest on is counted by the certificate's number, so a warrant over it and its newer version are the same metal; a declaration keeps what it rests on, whatever becomes of
/// its lines afterwards.
/// </summary>
static class SpokenMetal
{
    /// <summary>Changes of an importer's lines and a declaration of their year wait for each other.</summary>
    public static Task<int> LockYear(DbSession s, int year, CancellationToken ct) => s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", ct, $"cbam.year {s.Actor.OrganisationId} {year}");

    /// <summary>Takes metal of the document's certificates for a line, in place of what it rested on. Of two who take at once, the second waits for the first.</summary>
    /// <returns>Null, or <c>line.over-document</c> where less is left than the line weighs.</returns>
    public static async Task<Refusal?> Take(DbSession s, ImportLine line, OwnedEmissions document, CancellationToken ct)
    {
        await Free(s, line.Id, ct);
        var rest = line.NetMassKg;
        // Always in one order: two who take of the same certificates do not wait for each other for ever.
        var certificates = (document.Certificates ?? [new(document.Number, document.NetKg)]).OrderBy(c => c.Number, StringComparer.Ordinal).ToList();
        foreach (var certificate in certificates) await s.Run("select pg_advisory_xact_lock(hashtextextended($1, 0))", ct, "cbam.link " + certificate.Number);
        foreach (var certificate in certificates)
        {
            var spoken = await s.AsSystem(t => s.Value<decimal>("select coalesce(sum(kg), 0) from (select distinct line_id, kg from cbam.spoken_metal where certificate_number = $1 and line_id <> $2) m", t, certificate.Number, line.Id), ct);
            var taken = Math.Min(rest, certificate.NetKg - spoken);
            if (taken <= 0) continue;
            await s.Run("insert into cbam.spoken_metal (line_id, organisation_id, certificate_number, kg) values ($1, $2, $3, $4)", ct, line.Id, s.Actor.OrganisationId, certificate.Number, taken);
            rest -= taken;
        }
        return rest > 0 ? Refusal.Conflict("line.over-document", "number", ("number", document.Number), ("net", DecimalText.Write(DecimalText.Trim(document.NetKg))), ("given", DecimalText.Write(line.NetMassKg))) : null;
    }

    /// <summary>Gives back what a line's link took. What a declaration rests on stays taken.</summary>
    public static Task<int> Free(DbSession s, Guid line, CancellationToken ct) => s.Run("delete from cbam.spoken_metal where line_id = $1 and declaration_id is null", ct, line);

    /// <summary>A declaration that waits for approval or is handed in keeps the metal its lines rest on.</summary>
    public static Task<int> Keep(DbSession s, Guid declaration, int year, CancellationToken ct) => s.Run("""
        insert into cbam.spoken_metal (line_id, organisation_id, certificate_number, kg, declaration_id)
        select m.line_id, m.organisation_id, m.certificate_number, m.kg, $1 from cbam.spoken_metal m join cbam.customs_line l on l.id = m.line_id
        where m.declaration_id is null and l.organisation_id = $2 and l.withdrawn_at is null and l.basis = 1 and l.released_on >= make_date($3, 1, 1) and l.released_on < make_date($3 + 1, 1, 1)
        """, ct, declaration, s.Actor.OrganisationId, year);

    /// <summary>A declaration that was not approved, or that a correction took the place of, rests on nothing any more.</summary>
    public static Task<int> Release(DbSession s, Guid declaration, CancellationToken ct) => s.Run("delete from cbam.spoken_metal where declaration_id = $1", ct, declaration);
}
