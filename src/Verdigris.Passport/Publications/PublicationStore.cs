using NodaTime;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Publications;

/// <summary>Rows of papers and responses.</summary>
static class PublicationStore
{
    public const string Columns = "p.id, p.content, p.state, p.number, p.published_on, p.summary, p.summarised_on, p.decision, p.taken_over, p.note, p.withdrawn_reason, p.row_version";

    public static Paper Map(NpgsqlDataReader r, LocalDate today)
    {
        var content = StorageJson.Read<PublicationContent>(r.GetString(1));
        return new(r.GetGuid(0), content, PublicationStates.On((PublicationState)r.GetInt16(2), content.ClosesOn, today), r.Text(3), r.MaybeDay(4), Maybe<Bilingual?>(r, 5), r.MaybeDay(6), Maybe<PublicationDecision?>(r, 7), r.GetBoolean(8), Maybe<Bilingual?>(r, 9), r.Text(10), r.GetInt32(11));
    }

    public static Task<Paper?> Find(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.publication p where p.id = $1", r => Map(r, s.Today()), ct, id);

    /// <summary>For a change: nobody else changes it until the transaction ends.</summary>
    public static Task<Paper?> Locked(DbSession s, Guid id, CancellationToken ct) => s.One($"select {Columns} from passport.publication p where p.id = $1 for update", r => Map(r, s.Today()), ct, id);

    public static Task Insert(DbSession s, Guid id, PublicationContent c, CancellationToken ct) => s.Run("""
        insert into passport.publication (id, kind, title, title_zh, content, opens_on, closes_on, state, created_by, created_at, row_version) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, 1)
        """, ct, id, (short)c.Kind, c.Title.En, c.Title.Zh, Written(c), c.OpensOn, c.ClosesOn, s.Actor.PersonId, s.Now);

    public static Task Rewrite(DbSession s, Guid id, PublicationContent c, CancellationToken ct) => s.Run("""
        update passport.publication set kind = $2, title = $3, title_zh = $4, content = $5, opens_on = $6, closes_on = $7, row_version = row_version + 1 where id = $1
        """, ct, id, (short)c.Kind, c.Title.En, c.Title.Zh, Written(c), c.OpensOn, c.ClosesOn);

    /// <summary>The next number of a year. The counter's row stays locked until the transaction ends, so a number is never left out.</summary>
    public static async Task<(short Year, int Place)> NextPlace(DbSession s, int year, CancellationToken ct) => ((short)year, await s.Value<int>(
        "insert into passport.publication_counter (year, last) values ($1, 1) on conflict (year) do update set last = publication_counter.last + 1 returning last", ct, (short)year));

    /// <summary>Every response to a paper, oldest organisation first; row-level security shows the exchange all and others their own.</summary>
    public static Task<List<Response>> Responses(DbSession s, Guid id, CancellationToken ct) => s.All("""
        select r.organisation_id, o.name, o.name_zh, r.named, r.answers, r.changed_at, r.row_version
        from passport.publication_response r join passport.organisation o on o.id = r.organisation_id where r.publication_id = $1 order by o.name, o.id
        """, r => new Response(r.GetGuid(0), r.GetString(1), r.Text(2), new(r.GetBoolean(3), StorageJson.Read<List<QuestionAnswer>>(r.GetString(4))), r.Time(5), r.GetInt32(6)), ct, id);

    public static Json Written<T>(T value) => new(StorageJson.Write(value));

    static T? Maybe<T>(NpgsqlDataReader r, int i) => r.IsDBNull(i) ? default : StorageJson.Read<T>(r.GetString(i));
}
