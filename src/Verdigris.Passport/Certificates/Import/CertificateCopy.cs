using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Passport.Specifications;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>Many rows at once by PostgreSQL's binary COPY, inside the caller's transaction.</summary>
static class CertificateCopy
{
    public readonly record struct Item(Certificate Certificate, SpecOutcome Verdict, bool? Lot);

    public const string Columns = """
        id, number, version, current, state, producer_id, plant_id, brand_code, metal, contract_code, shape, production_date, production_year, issue_date, pieces, bundles, gross_kg, net_kg, spec_ref, verdict,
        lot_within_tolerance, source_ref, document_sha256, import_id, created_by, created_at, changed_at, row_version, search
        """;

    public const string ContentColumns = "certificate_id, document", HeatColumns = "plant_id, production_date, heat, certificate_number";

    /// <summary>Drafts, version 1, with their content.</summary>
    public static async Task Certificates(NpgsqlConnection connection, IReadOnlyList<Item> items, Guid? import, Guid by, Instant at, CancellationToken ct)
    {
        // Content first: a certificate without it is refused.
        var hashes = await Contents(connection, items, ct);
        var search = Array.Empty<byte>();
        var time = at.ToDateTimeUtc();
        await using var copy = await connection.BeginBinaryImportAsync($"copy passport.certificate ({Columns}) from stdin (format binary)", ct);
        for (var i = 0; i < items.Count; i++)
        {
            var (c, verdict, lot) = items[i];
            var content = c.Content;
            copy.StartRow();
            copy.Write(c.Id, NpgsqlDbType.Uuid);
            copy.Write(c.Number, NpgsqlDbType.Text);
            copy.Write(c.Version, NpgsqlDbType.Integer);
            copy.Write(true, NpgsqlDbType.Boolean);
            copy.Write((short)CertificateState.Draft, NpgsqlDbType.Smallint);
            copy.Write(c.ProducerId, NpgsqlDbType.Uuid);
            copy.Write(c.PlantId, NpgsqlDbType.Uuid);
            copy.Write(content.ExchangeBrandCode, NpgsqlDbType.Text);
            copy.Write(c.Metal, NpgsqlDbType.Text);
            copy.Write(c.ContractCode, NpgsqlDbType.Text);
            copy.Write(content.Shape, NpgsqlDbType.Text);
            copy.Write(content.ProductionDate.ToDateOnly(), NpgsqlDbType.Date);
            copy.Write((short)content.ProductionDate.Year, NpgsqlDbType.Smallint);
            copy.Write(content.IssueDate.ToDateOnly(), NpgsqlDbType.Date);
            copy.Write(content.Pieces, NpgsqlDbType.Integer);
            copy.Write(content.Bundles, NpgsqlDbType.Integer);
            copy.Write(content.GrossKg, NpgsqlDbType.Numeric);
            copy.Write(content.NetKg, NpgsqlDbType.Numeric);
            copy.Write(content.SpecRef, NpgsqlDbType.Text);
            copy.Write((short)verdict, NpgsqlDbType.Smallint);
            if (lot is { } within) copy.Write(within, NpgsqlDbType.Boolean); else copy.WriteNull();
            if (content.SourceRef is { } reference) copy.Write(reference, NpgsqlDbType.Text); else copy.WriteNull();
            copy.Write(hashes.AsMemory(i * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes), NpgsqlDbType.Bytea);
            if (import is { } from) copy.Write(from, NpgsqlDbType.Uuid); else copy.WriteNull();
            copy.Write(by, NpgsqlDbType.Uuid);
            copy.Write(time, NpgsqlDbType.TimestampTz);
            copy.Write(time, NpgsqlDbType.TimestampTz);
            copy.Write(1, NpgsqlDbType.Integer);
            // A field of a binary COPY is its length and its bytes, whatever the type: these are a tsvector's.
            var words = SearchWords.Of(CertificateStore.SearchText(c));
            if (search.Length < SearchWords.MostBytes(words)) search = new byte[SearchWords.MostBytes(words) * 2];
            copy.Write(search.AsMemory(0, SearchWords.Write(words, search)), NpgsqlDbType.Bytea);
        }
        await copy.CompleteAsync(ct);
    }

    /// <returns>SHA-256 of each content, one after the other.</returns>
    static async Task<byte[]> Contents(NpgsqlConnection connection, IReadOnlyList<Item> items, CancellationToken ct)
    {
        var hashes = new byte[items.Count * SHA256.HashSizeInBytes];
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var json = new Utf8JsonWriter(buffer, CertificateJson.WriterOptions);
        await using var copy = await connection.BeginBinaryImportAsync($"copy passport.certificate_content ({ContentColumns}) from stdin (format binary)", ct);
        for (var i = 0; i < items.Count; i++)
        {
            buffer.ResetWrittenCount();
            json.Reset();
            CertificateJson.Write(json, items[i].Certificate);
            json.Flush();
            SHA256.HashData(buffer.WrittenSpan, hashes.AsSpan(i * SHA256.HashSizeInBytes));
            copy.StartRow();
            copy.Write(items[i].Certificate.Id, NpgsqlDbType.Uuid);
            copy.Write(buffer.WrittenMemory, NpgsqlDbType.Text);
        }
        await copy.CompleteAsync(ct);
        return hashes;
    }

    public static async Task Heats(NpgsqlConnection connection, IEnumerable<(Guid Plant, LocalDate Day, string Heat, string Number)> heats, CancellationToken ct)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"copy passport.heat ({HeatColumns}) from stdin (format binary)", ct);
        foreach (var (plant, day, heat, number) in heats)
        {
            copy.StartRow();
            copy.Write(plant, NpgsqlDbType.Uuid);
            copy.Write(day.ToDateOnly(), NpgsqlDbType.Date);
            copy.Write(heat, NpgsqlDbType.Text);
            copy.Write(number, NpgsqlDbType.Text);
        }
        await copy.CompleteAsync(ct);
    }

    /// <summary>State, signature and time of many signed drafts, through a temporary table.</summary>
    public static async Task<int> Signatures(NpgsqlConnection connection, IEnumerable<(Guid Id, string Kid, string Signature)> signatures, CertificateState to, Guid by, Instant at, CancellationToken ct)
    {
        await using (var make = new NpgsqlCommand("create temporary table if not exists signed (id uuid, kid text, signature text) on commit delete rows", connection)) await make.ExecuteNonQueryAsync(ct);
        await using (var copy = await connection.BeginBinaryImportAsync("copy signed (id, kid, signature) from stdin (format binary)", ct))
        {
            foreach (var (id, kid, signature) in signatures)
            {
                copy.StartRow();
                copy.Write(id, NpgsqlDbType.Uuid);
                copy.Write(kid, NpgsqlDbType.Text);
                copy.Write(signature, NpgsqlDbType.Text);
            }
            await copy.CompleteAsync(ct);
        }
        await using var update = Sql.Command(connection, """
            update passport.certificate c set state = $1, kid = t.kid, signature = t.signature, signed_by = $2, signed_at = $3, changed_at = $3, row_version = row_version + 1
            from signed t where t.id = c.id and c.state = 0
            """, (short)to, by, at);
        var rows = await update.ExecuteNonQueryAsync(ct);
        await using var empty = new NpgsqlCommand("delete from signed", connection);
        await empty.ExecuteNonQueryAsync(ct);
        return rows;
    }
}
