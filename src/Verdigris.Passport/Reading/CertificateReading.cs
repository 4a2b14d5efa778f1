using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using NodaTime.Text;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Reading;

/// <summary>The certificate with its emissions by title: the read that everybody else's work hangs on.</summary>
sealed class CertificateReading(CertificateHandlers certificates, EmissionsHandlers emissions, TitleReader titles, CertificateCache cache)
{
    /// <summary>A certificate for whoever may see it; for everybody else the same answer as for one that does not exist.</summary>
    public async ValueTask<Answer<TaggedJson>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var organisation = s.Actor.OrganisationId;
        if (cache.Find(id, organisation) is { } kept && titles.MayRead(s.Actor, kept.Access) == kept.Because) return new TaggedJson(kept.Json, kept.Tag);
        var watch = cache.Watch();
        var read = await certificates.Read(s, id, ct);
        if (!read.Ok) return Answer<TaggedJson>.From(read.Refusals);
        var (row, because, access) = read.Value;
        var values = await emissions.Joined(s, id, because, ct);
        var json = TaggedJson.Of(Json(row, because, values.Ok ? values.Value : null));
        // Where the database's fence is still behind the Book, emissions are hidden; that is not worth keeping.
        if (values.Ok) cache.Keep(watch, organisation, new(access, because, row.WarrantId, json.Json, json.Tag));
        return json;
    }

    /// <summary>The row as the API shows it: the signed object under <c>certificate</c>, and beside it where it stands.</summary>
    internal static byte[] Json(CertificateRow row, Because? because, CertificateEmissions? emissions)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var w = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
        {
            w.WriteStartObject();
            w.WriteString("id", row.Certificate.Id);
            w.WriteString("number", row.Certificate.Number);
            w.WriteString("state", row.State.ToString());
            w.WriteBoolean("current", row.Current);
            w.WriteString("verdict", row.Verdict.ToString());
            if (row.LotWithinTolerance is { } lot) w.WriteBoolean("lotWithinTolerance", lot);
            w.WriteString("contentSha256", row.Sha256);
            if (row.Kid is { } kid) w.WriteString("kid", kid);
            if (row.AttestedBy is { } attester) w.WriteString("attestedBy", attester);
            if (row.AttesterKid is { } attesterKid) w.WriteString("attesterKid", attesterKid);
            if (row.SignedAt is { } at) w.WriteString("signedAt", InstantPattern.ExtendedIso.Format(at));
            if (row.ArrivedAt is { } arrived) w.WriteString("arrivedAt", InstantPattern.ExtendedIso.Format(arrived));
            if (row.WarehouseId is { } warehouse) w.WriteString("warehouseId", warehouse);
            if (row.WarrantId is { } warrant) w.WriteString("warrantId", warrant);
            w.WriteNumber("rowVersion", row.RowVersion);
            if (because is { } why) w.WriteString("because", why.ToString());
            w.WritePropertyName("certificate");
            CertificateJson.Write(w, row.Certificate);
            if (emissions is not null)
            {
                w.WritePropertyName("emissions");
                JsonSerializer.Serialize(w, emissions, StorageJson.Options);
            }
            w.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
