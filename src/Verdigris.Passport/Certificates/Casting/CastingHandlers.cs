using System.Text.Json;
using NodaTime;
using NodaTime.Text;
using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Casting;

/// <param name="Year">Of production.</param>
/// <param name="Count">1 to <see cref="CastingRules.MostNumbers"/>.</param>
public sealed record NewNumbers(string? ExchangeBrandCode, int Year, int Count);

/// <param name="Made">False where this very certificate had arrived before.</param>
public sealed record Arrived(CertificateRow Row, bool Made);

/// <summary>Numbers for plants without a network, and the arrival of what they signed.</summary>
public sealed class CastingHandlers(CertificateHandlers certificates, PassportRules rules)
{
    /// <summary>Gives out a run of numbers of an own brand and year. Numbers that are not used leave a gap, which says nothing.</summary>
    public async Task<Answer<CastingKit>> TakeNumbers(DbSession s, NewNumbers asked, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        if (asked.Count is < 1 or > CastingRules.MostNumbers) return Refusal.Of("certificate.numbers-out-of-range", "count", ("most", CastingRules.MostNumbers.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var thisYear = s.Now.InUtc().Year;
        if (asked.Year < thisYear - 1 || asked.Year > thisYear + 1) return Refusal.Of("certificate.numbers-year", "year", ("from", $"{thisYear - 1:0000}"), ("to", $"{thisYear + 1:0000}"));
        if (await CertificateStore.Brand(s, asked.ExchangeBrandCode ?? "", ct) is not { } brand || (brand.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System)))
            return Refusal.Of("certificate.brand-unknown", "exchangeBrandCode", ("given", asked.ExchangeBrandCode ?? ""));
        try
        {
            return await s.InTransaction<CastingKit>(async t =>
            {
                var first = await CertificateStore.TakeNumbers(s, brand.Code, asked.Year, asked.Count, t);
                var kit = new CastingKit(brand, asked.Year, first, first + asked.Count - 1, s.Now);
                var id = s.NewId();
                await s.Run("insert into passport.number_block (id, producer_id, brand_code, year, first, last, taken_by, taken_at) values ($1, $2, $3, $4, $5, $6, $7, $8)", t,
                    id, brand.ProducerId, brand.Code, (short)asked.Year, kit.First, kit.Last, s.Actor.PersonId, kit.TakenAt);
                await s.Audit(new AuditEntry("certificate.numbers-taken", "brand", brand.Code, Details: new { kit.Year, kit.First, kit.Last }), t);
                return kit;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CheckViolation) { return Refusal.Conflict("certificate.numbers-used-up", "count", ("brand", brand.Code), ("year", $"{asked.Year:0000}")); }
    }

    /// <summary>
    /// Takes in a certificate that was signed at the plant, as Signed. Refusals in this order: role, readable, first version, own brand, number of a run that was given out, key, times (<see cref="CastingRules.Judge"/>),
    /// signature, every rule of a certificate as on the day of signing. The same certificate again answers the first outcome.
    /// </summary>
    public async Task<Answer<Arrived>> Accept(DbSession s, CastCertificate given, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (Read(given) is not { } certificate) return Refusal.Of("certificate.casting-unreadable", "certificate");
        if (given.Jws is null || Jws.KeyId(given.Jws) is not { } kid) return Refusal.Of("certificate.signature-malformed", "jws");
        if (certificate.Version != 1 || certificate.SupersedesId is not null || certificate.Reason is not null) return Refusal.Of("certificate.casting-first-version", "certificate.version");
        for (var again = false; ; again = true)
        {
            try { return await s.InTransaction(t => Accept(s, certificate, given.Jws, kid, t), ct); }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation && !again)
            {
                // Somebody was faster with the same certificate, number or reference: looking again says which.
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Taken(e, certificate); }
        }
    }

    async Task<Answer<Arrived>> Accept(DbSession s, Certificate certificate, string jws, string kid, CancellationToken ct)
    {
        var bytes = CertificateJson.Bytes(certificate);
        var code = certificate.Content.ExchangeBrandCode;
        if (await CertificateStore.Brand(s, code, ct) is not { } brand || (brand.ProducerId != s.Actor.OrganisationId && !s.Actor.Is(Role.System)))
            return Refusal.Of("certificate.brand-unknown", "certificate.exchangeBrandCode", ("given", code));
        if (await CertificateStore.Find(s, certificate.Id, ct) is { } known)
            return known.Certificate.ProducerId == brand.ProducerId && known.Sha256 == CertificateJson.Sha256(bytes) && known.ArrivedAt is not null ? new Arrived(known, false) : Refusal.Conflict("certificate.id-taken", "certificate.coaId");
        if (CertificateStore.PartsOf(certificate.Number) is not { } number || number.Brand != code || number.Year != certificate.Content.ProductionDate.Year
            || await s.One("select taken_at from passport.number_block where brand_code = $1 and year = $2 and $3 between first and last", r => new Taking(r.Time(0)), ct, number.Brand, (short)number.Year, number.Running) is not { } taking)
            return Refusal.Of("certificate.number-not-given-out", "certificate.number", ("given", certificate.Number));
        var now = s.Now;
        var key = await PlantKeys.Find(s, kid, ct);
        if (key is null || key.PlantId != brand.PlantId) return Refusal.Conflict("certificate.key-none", "jws", ("plant", brand.PlantId.ToString()));
        var (onTheWay, ahead) = rules.Casting();
        if (CastingRules.Judge(key, Jws.SignedAt(jws), taking.At, now, onTheWay, ahead) is { } untimely) return untimely;
        using (var open = key.PublicJwk.Key())
            if (open is null || !Jws.Verify(open, jws, bytes)) return Refusal.Of("certificate.signature-wrong", "jws", ("kid", kid));
        var signedAt = CastingRules.Kept(key, Jws.SignedAt(jws)!.Value, now);
        var (check, _) = await certificates.CheckContent(s, certificate.Content, null, false, ct, signedAt.InUtc().Date);
        if (check.Refusals.Count > 0) return Answer<Arrived>.From([.. check.Refusals.Select(r => r with { Field = "certificate." + r.Field })]);
        // What a draft made here would say of itself: the signed object may say nothing else.
        if (!CertificateJson.Bytes(CertificateHandlers.Compose(certificate.Id, certificate.Number, 1, null, null, brand, certificate.Content)).AsSpan().SequenceEqual(bytes))
            return Refusal.Of("certificate.casting-not-of-brand", certificate.ProducerId != brand.ProducerId ? "certificate.producerId" : "certificate.plantId", ("brand", code));
        await CertificateStore.Insert(s, certificate, check.Verdict!.Value, check.LotWithinTolerance, null, ct);
        await s.Run("update passport.certificate set state = 1, kid = $2, signature = $3, signed_by = $4, signed_at = $5, arrived_at = $6, changed_at = $6, row_version = row_version + 1 where id = $1", ct,
            certificate.Id, kid, jws, s.Actor.PersonId, signedAt, now);
        await s.Audit(new AuditEntry("certificate.arrived-signed", "certificate", certificate.Id.ToString(), Details: new { certificate.Number, Kid = kid, SignedAt = signedAt }), ct);
        return new Arrived((await CertificateStore.Find(s, certificate.Id, ct))!, true);
    }

    sealed record Taking(Instant At);

    /// <summary>Null where the object is no certificate in the canonical form.</summary>
    static Certificate? Read(CastCertificate given)
    {
        if (given.Certificate.ValueKind != JsonValueKind.Object) return null;
        try
        {
            var read = CertificateJson.Read(given.Certificate);
            // What a reader would lose, a signature over the rest would not cover.
            return JsonElement.DeepEquals(given.Certificate, JsonElement.Parse(CertificateJson.Bytes(read))) ? read : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException or OverflowException or ArgumentException or UnparsableValueException) { return null; }
    }

    static Refusal Taken(PostgresException e, Certificate certificate) => e.ConstraintName switch
    {
        "certificate_source_ref" => Refusal.Conflict("certificate.reference-taken", "certificate.sourceRef", ("given", certificate.Content.SourceRef ?? "")),
        _ => Refusal.Conflict("certificate.number-taken", "certificate.number", ("given", certificate.Number)),
    };
}
