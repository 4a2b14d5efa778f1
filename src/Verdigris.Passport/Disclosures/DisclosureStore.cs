using Npgsql;
using NodaTime;
using Verdigris.Storage;

namespace Verdigris.Passport.Disclosures;

/// <summary>Rows of disclosures. What a session reads has passed the database's fence; the handlers decide once more.</summary>
static class DisclosureStore
{
    internal const string From = """
        from passport.disclosure d join passport.methodology m on m.id = d.methodology_id join passport.organisation o on o.id = d.producer_id
          left join passport.brand b on b.code = d.brand_code left join passport.plant p on p.id = d.plant_id
        """;

    internal static readonly string Columns = $"""
        d.id, o.name, o.name_zh, d.value, d.certificate_no, d.statement, d.statement_zh, d.period_from, d.period_to, d.boundary, d.assurance, d.assurer, d.valid_from, d.valid_to, d.visibility, d.state, d.reason,
          d.written_by, d.created_at, d.submitted_at, d.decided_at, d.published_at, d.row_version, {Subjects.Columns("d")}, {MethodologyHandlers.Columns}
        """;

    const int OwnColumns = 23;

    /// <param name="today">The day its state is read on.</param>
    internal static Disclosure Map(NpgsqlDataReader r, LocalDate today)
    {
        var subject = Subjects.Map(r, OwnColumns);
        var methodology = MethodologyHandlers.Map(r, OwnColumns + Subjects.ColumnCount);
        var content = new DisclosureContent(subject.Key, methodology.Id, r.MaybeDecimal(3) is { } value ? Verdigris.Primitives.DecimalText.Trim(value) : null, r.Text(4), r.Text(5), r.Text(6), r.MaybeDay(7), r.MaybeDay(8), r.Text(9),
            DisclosureWords.Read<Assurance>(r.GetString(10)), r.Text(11), r.Day(12), r.MaybeDay(13), DisclosureWords.Read<Visibility>(r.GetString(14)));
        return new(r.GetGuid(0), subject, r.GetString(1), r.Text(2), methodology, content, DisclosureRules.On(today, (DisclosureState)r.GetInt16(15), content.ValidTo), r.Text(16), r.GetGuid(17),
            r.Time(18), r.MaybeTime(19), r.MaybeTime(20), r.MaybeTime(21), r.GetInt32(22));
    }

    internal static Task<Disclosure?> Find(DbSession s, Guid id, CancellationToken ct)
    {
        var today = s.Now.InUtc().Date;
        return s.One($"select {Columns} {From} where d.id = $1", r => Map(r, today), ct, id);
    }

    /// <summary>The same with the row held until the transaction ends.</summary>
    internal static Task<Disclosure?> Locked(DbSession s, Guid id, CancellationToken ct)
    {
        var today = s.Now.InUtc().Date;
        return s.One($"select {Columns} {From} where d.id = $1 for update of d", r => Map(r, today), ct, id);
    }

    internal static Task Insert(DbSession s, Guid id, Subject subject, DisclosureContent c, string @class, CancellationToken ct) => s.Run("""
        insert into passport.disclosure (id, producer_id, subject_key, subject_type, plant_id, brand_code, metal, country, methodology_id, class, value, certificate_no, statement, statement_zh, period_from, period_to, boundary,
          assurance, assurer, valid_from, valid_to, visibility, state, written_by, created_at, row_version)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0, $23, $24, 1)
        """, ct, [id, subject.ProducerId, .. subject.Columns, c.MethodologyId, @class, .. Values(c), s.Actor.PersonId, s.Now]);

    internal static Task Update(DbSession s, Guid id, Subject subject, DisclosureContent c, string @class, CancellationToken ct) => s.Run("""
        update passport.disclosure set subject_key = $2, subject_type = $3, plant_id = $4, brand_code = $5, metal = $6, country = $7, methodology_id = $8, class = $9, value = $10, certificate_no = $11, statement = $12,
          statement_zh = $13, period_from = $14, period_to = $15, boundary = $16, assurance = $17, assurer = $18, valid_from = $19, valid_to = $20, visibility = $21, written_by = $22, submitted_by = null, submitted_at = null,
          row_version = row_version + 1 where id = $1
        """, ct, [id, .. subject.Columns, c.MethodologyId, @class, .. Values(c), s.Actor.PersonId]);

    static object?[] Values(DisclosureContent c) => [c.Value, c.CertificateNo, c.Statement, c.StatementZh, c.PeriodFrom, c.PeriodTo, c.Boundary, DisclosureWords.Of(c.Assurance), c.Assurer, c.ValidFrom, c.ValidTo, DisclosureWords.Of(c.Visibility)];
}
