using System.Security.Cryptography;
using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates.Import;

/// <summary>How many certificates of an import are where; later states count as published.</summary>
/// <param name="StartedBy">Who took the file in, and so cannot sign it.</param>
public sealed record ImportCounts(Guid StartedBy, int Drafts, int Signed, int Published);

/// <summary>Signing and publishing all certificates of an import. A producer's approver, and another person than the importer.</summary>
public sealed class ImportSigning(KeyVault vault, AnomalyWatch watch)
{
    const int AtOnce = 5000;

    public async Task<Answer<ImportCounts>> Count(DbSession s, Guid import, CancellationToken ct)
    {
        if (await Find(s, import, ct) is not { } found) return EmissionsAccess.NotVisible("import");
        var states = await s.All("select state, count(*) from passport.certificate where import_id = $1 and current group by state", r => (State: (CertificateState)r.GetInt16(0), Count: (int)r.GetInt64(1)), ct, import);
        return new ImportCounts(found.StartedBy, states.Where(x => x.State == CertificateState.Draft).Sum(x => x.Count), states.Where(x => x.State == CertificateState.Signed).Sum(x => x.Count),
            states.Where(x => x.State is >= CertificateState.Published and not (CertificateState.Corrected or CertificateState.Voided)).Sum(x => x.Count));
    }

    /// <summary>Signs every draft with the plants' keys kept here, durable by five thousand, and publishes it at once where asked.</summary>
    /// <param name="told">Called with how many are signed so far.</param>
    /// <returns>How many were signed now; again for the same import it is the rest, then zero.</returns>
    public async Task<Answer<int>> Sign(DbSession s, Guid import, bool publish, CancellationToken ct, Action<int>? told = null)
    {
        if (await Refuse(s, import, ct) is { } no) return no;
        var signers = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Signer(vault)).ToArray();
        try
        {
            return await Repeat(s, t => SignSome(s, import, publish ? CertificateState.Published : CertificateState.Signed, signers, t), told, ct);
        }
        finally
        {
            foreach (var signer in signers) signer.Dispose();
        }
    }

    /// <summary>Publishes every signed certificate of the import, durable by five thousand.</summary>
    /// <param name="told">Called with how many are published so far.</param>
    /// <returns>How many were published now.</returns>
    public async Task<Answer<int>> Publish(DbSession s, Guid import, CancellationToken ct, Action<int>? told = null) =>
        await Refuse(s, import, ct) is { } no ? no : await Repeat(s, t => PublishSome(s, import, t), told, ct);

    /// <summary>Step by step, each a transaction of its own, until one finds nothing left.</summary>
    static async Task<Answer<int>> Repeat(DbSession s, Func<CancellationToken, Task<Answer<int>>> some, Action<int>? told, CancellationToken ct)
    {
        for (var done = 0; ;)
        {
            var step = await s.InTransaction(some, ct);
            if (!step.Ok) return step;
            if (step.Value == 0) return done;
            done += step.Value;
            told?.Invoke(done);
        }
    }

    async Task<Answer<int>> PublishSome(DbSession s, Guid import, CancellationToken ct)
    {
        var published = await s.All($"""
            update passport.certificate c set state = 2, changed_at = $2, row_version = row_version + 1
            from (select id from passport.certificate where import_id = $1 and state = 1 and current order by id limit {AtOnce} for update) chosen where c.id = chosen.id returning c.id
            """, r => r.GetGuid(0), ct, import, s.Now);
        await watch.Examine(s, published, ct);
        if (published.Count > 0) await s.Audit(new AuditEntry("import.published", "import", import.ToString(), Details: new { published.Count }), ct);
        return published.Count;
    }

    async Task<Answer<int>> SignSome(DbSession s, Guid import, CertificateState to, Signer[] signers, CancellationToken ct)
    {
        var now = s.Now;
        var drafts = await s.All($"""
            select c.id, c.plant_id, d.document, c.document_sha256 from passport.certificate c join passport.certificate_content d on d.certificate_id = c.id
            where c.import_id = $1 and c.state = 0 order by c.id limit {AtOnce} for update of c
            """, r => new Draft(r.GetGuid(0), r.GetGuid(1), r.GetFieldValue<byte[]>(2), r.GetFieldValue<byte[]>(3)), ct, import);
        if (drafts.Count == 0) return 0;
        var kids = new Dictionary<Guid, string>();
        foreach (var plant in drafts.Select(d => d.Plant).Distinct())
        {
            if (await PlantKeys.ForSigning(s, plant, null, now, ct) is not { HeldBy: "platform" } key) return Refusal.Conflict("certificate.key-none", "plantId", ("plant", plant.ToString()));
            if (!signers[0].Has(key.Kid)) return Refusal.Conflict("certificate.key-missing", "kid", ("kid", key.Kid));
            kids[plant] = key.Kid;
        }
        // The elliptic curve is most of the work: every core signs its share, each with key objects of its own.
        var signatures = new string?[drafts.Count];
        Parallel.For(0, signers.Length, worker =>
        {
            for (var i = worker; i < drafts.Count; i += signers.Length)
                if (drafts[i].Signable() is { } content) signatures[i] = signers[worker].Sign(kids[drafts[i].Plant], content);
        });
        if (Array.IndexOf(signatures, null) is >= 0 and var damaged) return Refusal.Conflict("certificate.content-differs", "id", ("id", drafts[damaged].Id.ToString()));
        var rows = await CertificateCopy.Signatures(await s.Connection(ct), drafts.Select((d, i) => (d.Id, kids[d.Plant], signatures[i]!)), to, s.Actor.PersonId, now, ct);
        if (to == CertificateState.Published) await watch.Examine(s, [.. drafts.Select(d => d.Id)], ct);
        await s.Audit(new AuditEntry("import.signed", "import", import.ToString(), Details: new { Count = rows }), ct);
        return rows;
    }

    async Task<Refusal?> Refuse(DbSession s, Guid import, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        if (await Find(s, import, ct) is not { } found) return EmissionsAccess.NotVisible("import");
        if (found.StartedBy == s.Actor.PersonId && !s.Actor.Is(Role.System)) return Refusal.Forbidden("certificate.signer-wrote-it");
        return found.State == "done" ? null : Refusal.Conflict("import.not-done", "id", ("state", found.State));
    }

    /// <summary>Null where it is not the actor's own organisation's.</summary>
    static async Task<Found?> Find(DbSession s, Guid import, CancellationToken ct)
    {
        var found = await s.One("select producer_id, started_by, state from passport.certificate_import where id = $1", r => new Found(r.GetGuid(0), r.GetGuid(1), r.GetString(2)), ct, import);
        return found is not null && (s.Actor.Is(Role.System) || (s.Actor.SignedIn && s.Actor.OrganisationId == found.Producer)) ? found : null;
    }

    sealed record Found(Guid Producer, Guid StartedBy, string State);

    sealed record Draft(Guid Id, Guid Plant, byte[] Stored, byte[] Sha256)
    {
        /// <summary>The bytes to sign, or null where they are not what was checked in.</summary>
        public byte[]? Signable()
        {
            if (SHA256.HashData(Stored).AsSpan().SequenceEqual(Sha256)) return Stored;
            // Rows older than schema 8 went through jsonb, which keeps no order of members.
            var canonical = CertificateJson.Bytes(CertificateJson.Read(Stored));
            return SHA256.HashData(canonical).AsSpan().SequenceEqual(Sha256) ? canonical : null;
        }
    }

    /// <summary>The private keys one thread signs with.</summary>
    sealed class Signer(KeyVault vault) : IDisposable
    {
        readonly Dictionary<string, ECDsa?> keys = new(StringComparer.Ordinal);

        public bool Has(string kid) => Open(kid) is not null;

        public string Sign(string kid, byte[] content) => Jws.Sign(Open(kid)!, kid, content);

        public void Dispose()
        {
            foreach (var key in keys.Values) key?.Dispose();
        }

        ECDsa? Open(string kid)
        {
            if (!keys.TryGetValue(kid, out var key)) keys[kid] = key = vault.Open(kid);
            return key;
        }
    }
}
