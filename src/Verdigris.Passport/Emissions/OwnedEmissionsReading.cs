using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Access;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Emissions;

/// <inheritdoc cref="IOwnedEmissions"/>
sealed class OwnedEmissionsReading(IVenue venue) : IOwnedEmissions
{
    sealed record Metal(Guid Document, string Number, Guid Certificate, string Brand, int Year, Guid Producer, string Element, string Plant, string Country, decimal NetKg, int? Asset, long? Serial, string CertificateNumber, decimal CertificateKg);

    sealed record Figures(Guid Submission, int ReportYear, decimal Direct, decimal Indirect, string Verification, string? Verifier, string Sha256);

    public async Task<Answer<OwnedEmissions>> Find(DbSession session, OwnedDocument document, string number, LocalDate day, CancellationToken ct)
    {
        var hidden = EmissionsAccess.NotVisible(document == OwnedDocument.Warrant ? "warrant" : "certificate");
        if (!session.Actor.SignedIn || session.Actor.OrganisationId == Guid.Empty) return hidden;
        // Metal that nobody certified yet, or that is in doubt, speaks for nothing: draft, signed, disputed, voided, in quarantine. Of a warrant every certificate must stand.
        // The decision is made here; the rows it needs are behind fences that know the owner of today only.
        return await session.InTransaction(t => session.AsSystem(async u =>
        {
            var metal = await session.All($"""
                select {(document == OwnedDocument.Warrant ? "w.id, w.number" : "c.id, c.number")}, c.id, c.brand_code, c.production_year, c.producer_id, c.metal, p.name, p.country, {(document == OwnedDocument.Warrant ? "w.net_kg" : "c.net_kg")}, w.asset, w.serial, c.number, c.net_kg
                from passport.certificate c join passport.plant p on p.id = c.plant_id left join passport.warrant w on w.id = c.warrant_id and w.issued_at is not null
                where {(document == OwnedDocument.Warrant ? "w.number" : "c.number")} = $1 and c.current and c.state between 2 and 6 order by c.id
                """, r => new Metal(r.GetGuid(0), r.GetString(1), r.GetGuid(2), r.GetString(3), r.GetInt16(4), r.GetGuid(5), r.GetString(6), r.GetString(7), r.GetString(8), r.GetDecimal(9), r.MaybeInt(10), r.IsDBNull(11) ? null : r.GetInt64(11), r.GetString(12), r.GetDecimal(13)), u, number);
            if (document == OwnedDocument.Warrant && await session.Value<bool>("select exists (select from passport.certificate c join passport.warrant w on w.id = c.warrant_id where w.number = $1 and c.current and c.state not between 2 and 6)", u, number)) return hidden;
            if (metal.Count == 0 || SeenUntil(session, metal[0], day) is not { } until) return hidden;
            var found = new List<Figures>();
            foreach (var (brand, year) in metal.Select(m => (m.Brand, m.Year)).Distinct())
                if (await Stated(session, brand, year, until, u) is { } figures) found.Add(figures);
                else return Refusal.Conflict("owned.none", "number", ("brand", brand), ("year", $"{year}"));
            if (found.DistinctBy(f => f.Submission).Count() > 1) return Refusal.Conflict("owned.several", "number", ("number", number));
            var (m, f) = (metal[0], found[0]);
            return (Answer<OwnedEmissions>)new OwnedEmissions(m.Document, m.Number, m.Brand, m.Element, m.Plant, m.Country, m.NetKg, f.ReportYear, f.Direct, f.Indirect, f.Verification, f.Verifier, f.Sha256, [.. metal.Select(x => new OwnedMetal(x.CertificateNumber, x.CertificateKg))]);
        }, t), ct);
    }

    /// <summary>Up to when the asking organisation could see the figures; null where it may not see any.</summary>
    Instant? SeenUntil(DbSession s, Metal metal, LocalDate day)
    {
        var me = s.Actor.OrganisationId;
        if (metal is not { Asset: { } asset, Serial: { } serial }) return metal.Producer == me ? s.Now : null;
        var moves = venue.Read(book => book.Life(asset, serial).Select(m => (At: Time(m.TimeMicros), To: Holder(book, m.Credit))).ToList());
        if (moves.Count > 0 && moves[^1].To == me) return s.Now;
        var end = day.PlusDays(1).AtStartOfDayInZone(DateTimeZone.Utc).ToInstant();
        var then = moves.FindLastIndex(m => m.At < end);
        return then >= 0 && moves[then].To == me ? moves[then + 1].At : null;
    }

    static async Task<Figures?> Stated(DbSession s, string brand, int year, Instant until, CancellationToken ct)
    {
        var rows = await s.All("""
            select e.id, e.report_year, e.decided_at, v.direct_tco2e_per_t, v.indirect_tco2e_per_t, e.verification, o.name, v.values_sha256
            from passport.emissions_submission e join passport.emissions_value v on v.submission_id = e.id left join passport.organisation o on o.id = e.verifier_id
            where e.brand_code = $1 and e.report_year in ($2, $3) and e.method = 'CBAM' and e.state in (3, 4) and e.decided_at <= $4
            """, r => (Figures: new Figures(r.GetGuid(0), r.GetInt16(1), r.GetDecimal(3), r.GetDecimal(4), r.GetString(5), r.Text(6), r.GetString(7)), At: r.Time(2)), ct, brand, (short)year, (short)(year - 1), until);
        var chosen = JoinRule.Choose(rows.Select(r => new AcceptedYear(r.Figures.Submission, r.Figures.ReportYear, r.At)), year).SubmissionId;
        return rows.Select(r => r.Figures).FirstOrDefault(f => f.Submission == chosen);
    }

    static Guid? Holder(IBookState book, long account) => book.Account(account) is { Type: BookAccounts.OwnerType or BookAccounts.OffWarrantType } known ? BookId.ToGuid(known.Holder) : null;

    static Instant Time(long micros) => Warrants.TitleCommands.Time(micros);
}
