using NodaTime;
using Npgsql;
using Verdigris.Passport.Access;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Certificates;

/// <summary>What checking a certificate found, before anything is stored.</summary>
/// <param name="Warnings">Worth a word, stop nothing.</param>
public sealed record CertificateCheck(IReadOnlyList<Refusal> Refusals, IReadOnlyList<Refusal> Warnings, SpecOutcome? Verdict, bool? LotWithinTolerance);

/// <summary>A certificate as its reader may see it; emissions come from <see cref="Emissions.EmissionsHandlers"/>.</summary>
/// <param name="Because">Why the reader may see it.</param>
/// <param name="Access">What that decision hangs on.</param>
public sealed record CertificateView(CertificateRow Row, Because Because, CertificateAccessRow Access);

/// <param name="State">valid, attested, invalid, key-revoked, key-not-valid-then, key-unknown or unsigned. Attested: the key of <paramref name="AttestedBy"/> holds, and no producer signed.</param>
/// <param name="AttestedBy">The organisation that typed the certificate off paper; null where the plant signs.</param>
/// <param name="ArrivedAt">When it came here signed at casting; <paramref name="SignedAt"/> is then the plant's own time. Null where it was signed here.</param>
public sealed record SignatureView(Guid CertificateId, string State, string? Kid, string? Jws, PublicJwk? PublicKey, string ContentSha256, Instant? SignedAt, bool VerifiedNow, Guid? AttestedBy = null, Instant? ArrivedAt = null);

/// <summary>Use cases of certificates of analysis. Every one takes the session of who acts and answers refusals as values.</summary>
public sealed class CertificateHandlers(ContractTerms contracts, TitleReader titles, KeyVault vault, AnomalyWatch watch)
{
    /// <summary>Every rule, without storing anything.</summary>
    public async Task<Answer<CertificateCheck>> Check(DbSession s, CertificateContent content, CancellationToken ct)
    {
        if (Allow.AnyRole(s.Actor, Role.ProducerEditor, Role.ProducerApprover) is { } no) return no;
        return (await CheckContent(s, content, null, false, ct)).Check;
    }

    /// <summary>Stores a draft and gives it its number. Producer's editor, own brands.</summary>
    public async Task<Answer<CertificateRow>> Create(DbSession s, CertificateContent content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        try
        {
            return await s.InTransaction<CertificateRow>(async t =>
            {
                var (check, facts) = await CheckContent(s, content, null, false, t);
                if (check.Refusals.Count > 0) return Answer<CertificateRow>.From(check.Refusals);
                var brand = facts.Brand!;
                var year = content.ProductionDate.Year;
                var running = await CertificateStore.TakeNumbers(s, brand.Code, year, 1, t);
                var certificate = Compose(s.NewId(), CertificateStore.NumberOf(brand.Code, year, running), 1, null, null, brand, content);
                await CertificateStore.Insert(s, certificate, check.Verdict!.Value, check.LotWithinTolerance, null, t);
                await s.Audit(new AuditEntry("certificate.created", "certificate", certificate.Id.ToString(), Details: new { certificate.Number }), t);
                return (await CertificateStore.Find(s, certificate.Id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Taken(e, content); }
    }

    /// <summary>A new version in place of a current one; the old one becomes Corrected and keeps its content and signature.</summary>
    public async Task<Answer<CertificateRow>> Correct(DbSession s, Guid id, CertificateContent content, string reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (!CertificateRules.IsText(reason)) return Refusal.Of("certificate.reason-missing", "reason");
        try
        {
            return await s.InTransaction<CertificateRow>(async t =>
            {
                if (await CertificateStore.Lock(s, id, t) is not { Current: true } old || !Owns(s.Actor, old.Certificate.ProducerId)) return EmissionsAccess.NotVisible("certificate");
                var next = CertificateStates.Table.Next(old.State, CertificateEvent.Correct);
                if (!next.Ok) return Answer<CertificateRow>.From(next.Refusals);
                // A new version can be matched and warranted: while a warrant stands on the old one, the same metal would be on two.
                if (old.WarrantId is { } warrant && await s.Value<bool>("select exists (select from passport.warrant where id = $1 and state between 2 and 6)", t, warrant)) return Refusal.Conflict("certificate.under-warrant", "id", ("number", old.Certificate.Number));
                if (await s.Value<bool>("select passport.in_lots($1)", t, id)) return Refusal.Conflict("certificate.in-lots", "id", ("number", old.Certificate.Number));
                if (content.ExchangeBrandCode != old.Certificate.Content.ExchangeBrandCode || content.ProductionDate.Year != old.Certificate.Content.ProductionDate.Year)
                    return Refusal.Of("certificate.correction-changes-number", content.ExchangeBrandCode != old.Certificate.Content.ExchangeBrandCode ? "exchangeBrandCode" : "productionDate", ("number", old.Certificate.Number));
                var (check, facts) = await CheckContent(s, content, old.Certificate.Number, false, t);
                if (check.Refusals.Count > 0) return Answer<CertificateRow>.From(check.Refusals);
                if (!await CertificateStore.Move(s, old, next.Value, t)) return Changed();
                // The metal is where the new version will be matched, no longer where the old one was.
                await s.Run("delete from passport.title_fence where certificate_id = $1 and owner_organisation is null", t, id);
                await s.Run("update passport.certificate set warehouse_id = null where id = $1", t, id);
                var certificate = Compose(s.NewId(), old.Certificate.Number, old.Certificate.Version + 1, id, reason, facts.Brand!, content);
                await CertificateStore.Insert(s, certificate, check.Verdict!.Value, check.LotWithinTolerance, null, t);
                await s.Audit(new AuditEntry("certificate.corrected", "certificate", certificate.Id.ToString(), reason, new { certificate.Number, certificate.Version, Supersedes = id }), t);
                return (await CertificateStore.Find(s, certificate.Id, t))!;
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation) { return Taken(e, content); }
    }

    /// <summary>Signs with the plant's key kept here. The approver is another person than the one who wrote the certificate.</summary>
    public Task<Answer<CertificateRow>> Sign(DbSession s, Guid id, CancellationToken ct) => SignWith(s, id, (row, key) =>
    {
        if (key.HeldBy != "platform") return Refusal.Conflict("certificate.key-held-by-producer", "kid", ("kid", key.Kid));
        using var secret = vault.Open(key.Kid);
        return secret is null ? Refusal.Conflict("certificate.key-missing", "kid", ("kid", key.Kid)) : Jws.Sign(secret, key.Kid, CertificateJson.Bytes(row.Certificate));
    }, null, ct);

    /// <summary>Takes a signature the producer made with a key of his own over the canonical content.</summary>
    public Task<Answer<CertificateRow>> AttachSignature(DbSession s, Guid id, string jws, CancellationToken ct) => SignWith(s, id, (row, key) =>
    {
        using var open = key.PublicJwk.Key();
        return open is not null && Jws.Verify(open, jws, CertificateJson.Bytes(row.Certificate)) ? jws : Refusal.Of("certificate.signature-wrong", "jws", ("kid", key.Kid));
    }, jws, ct);

    public Task<Answer<CertificateRow>> Publish(DbSession s, Guid id, CancellationToken ct) =>
        Change(s, id, Role.ProducerApprover, CertificateEvent.Publish, "certificate.published", null, ct);

    public Task<Answer<CertificateRow>> Void(DbSession s, Guid id, string reason, CancellationToken ct) =>
        Reasoned(s, id, Role.ProducerApprover, CertificateEvent.Void, "certificate.voided", reason, ct);

    public Task<Answer<CertificateRow>> Dispute(DbSession s, Guid id, string reason, CancellationToken ct) =>
        Reasoned(s, id, null, CertificateEvent.Dispute, "certificate.disputed", reason, ct);

    /// <summary>Exchange staff end a dispute; the certificate goes on where it was.</summary>
    public Task<Answer<CertificateRow>> Resolve(DbSession s, Guid id, string reason, CancellationToken ct) =>
        Reasoned(s, id, Role.ExchangeStaff, CertificateEvent.Resolve, "certificate.dispute-resolved", reason, ct);

    /// <summary>Exchange staff let a quarantined certificate be matched again, at any warehouse; a certificate with a warrant stays.</summary>
    public async Task<Answer<CertificateRow>> Release(DbSession s, Guid id, string reason, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ExchangeStaff) is { } no) return no;
        return await s.InTransaction<CertificateRow>(async t =>
        {
            var released = await Reasoned(s, id, Role.ExchangeStaff, CertificateEvent.Release, "certificate.released", reason, t);
            if (!released.Ok) return released;
            await s.Run("delete from passport.title_fence where certificate_id = $1 and owner_organisation is null", t, id);
            await s.Run("update passport.certificate set warehouse_id = null, warrant_id = null where id = $1", t, id);
            return (await CertificateStore.Find(s, id, t))!;
        }, ct);
    }

    /// <summary>A certificate for whoever may see it; for everybody else the same answer as for one that does not exist.</summary>
    public async Task<Answer<CertificateView>> Read(DbSession s, Guid id, CancellationToken ct)
    {
        var found = await CertificateStore.FindWithTitle(s, id, ct);
        // The Book is asked also for what does not exist, so that both answers take the same steps.
        var because = titles.MayRead(s.Actor, found?.Access ?? TitleReader.Nothing);
        return found is { } known && because != Because.Nobody ? new CertificateView(known.Row, because, known.Access) : EmissionsAccess.NotVisible("certificate");
    }

    /// <summary>Id of the current version with this number; the empty one where there is none. Says nothing of who may read it.</summary>
    internal static async Task<Guid> IdOf(DbSession s, string number, CancellationToken ct)
    {
        var ids = await s.All("select id from passport.certificate where number = $1 and current", r => r.GetGuid(0), ct, number);
        return ids.Count == 1 ? ids[0] : Guid.Empty;
    }

    /// <summary>Those of several certificates that the reader may see, in the order asked for.</summary>
    public async Task<IReadOnlyList<CertificateRow>> ReadEach(DbSession s, IReadOnlyList<Guid> ids, CancellationToken ct)
    {
        var seen = new List<CertificateRow>();
        foreach (var id in ids)
            if (await Read(s, id, ct) is { Ok: true } read) seen.Add(read.Value.Row);
        return seen;
    }

    /// <summary>The current version by its number, under the same rule.</summary>
    public async Task<Answer<CertificateView>> ReadNumber(DbSession s, string number, CancellationToken ct) => await Read(s, await IdOf(s, number, ct), ct);

    /// <summary>Versions of a certificate the reader may see, oldest first.</summary>
    public async Task<Answer<IReadOnlyList<CertificateRow>>> History(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await Read(s, id, ct);
        if (!read.Ok) return Answer<IReadOnlyList<CertificateRow>>.From(read.Refusals);
        var versions = await CertificateStore.Versions(s, read.Value.Row.Certificate.Number, ct);
        // Each version is decided for itself: who sees one may not learn from it where the metal went under the next.
        var facts = (await titles.FindAll(s, [.. versions.Select(v => v.Certificate.Id)], ct)).ToDictionary(f => f.Row.Id, f => f.Facts);
        return versions.Where(v => facts.TryGetValue(v.Certificate.Id, out var known) && EmissionsAccess.DecideVersion(s.Actor, known, v.State).Allowed).ToList();
    }

    /// <summary>The signature, verified now against the stored content and the key's state.</summary>
    public async Task<Answer<SignatureView>> Signature(DbSession s, Guid id, CancellationToken ct)
    {
        var read = await Read(s, id, ct);
        if (!read.Ok) return Answer<SignatureView>.From(read.Refusals);
        var row = read.Value.Row;
        var bytes = CertificateJson.Bytes(row.Certificate);
        var sha = CertificateJson.Sha256(bytes);
        var (state, key) = await JudgeSignature(s, row, bytes, ct);
        return new SignatureView(id, state, row.Kid ?? row.AttesterKid, row.Signature, key?.PublicJwk, sha, row.SignedAt, state is "valid" or "attested", row.AttestedBy, row.ArrivedAt);
    }

    /// <summary>What the stored signature is worth now, as in <see cref="SignatureView.State"/>, and the key it names.</summary>
    internal static async Task<(string State, SigningKey? Key)> JudgeSignature(DbSession s, CertificateRow row, byte[] canonical, CancellationToken ct)
    {
        if (row is not { Signature: { } jws, SignedAt: { } at }) return ("unsigned", null);
        SigningKey? key = row.AttestedBy is null ? await PlantKeys.Find(s, row.Kid!, ct) : await OrganisationKeys.Find(s, row.AttesterKid!, ct);
        var state = SigningKey.Judge(key, jws, canonical, CertificateJson.Sha256(canonical) == row.Sha256, at);
        return (state == "valid" && row.AttestedBy is not null ? "attested" : state, key);
    }

    async Task<Answer<CertificateRow>> SignWith(DbSession s, Guid id, Func<CertificateRow, PlantKey, Answer<string>> make, string? given, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerApprover) is { } no) return no;
        return await s.InTransaction<CertificateRow>(async t =>
        {
            if (await CertificateStore.Lock(s, id, t) is not { } row || !Owns(s.Actor, row.Certificate.ProducerId)) return EmissionsAccess.NotVisible("certificate");
            if (row.CreatedBy == s.Actor.PersonId && !s.Actor.Is(Role.System)) return Refusal.Forbidden("certificate.signer-wrote-it");
            var next = CertificateStates.Table.Next(row.State, CertificateEvent.Sign);
            if (!next.Ok) return Answer<CertificateRow>.From(next.Refusals);
            var kid = given is null ? null : Jws.KeyId(given);
            if (given is not null && kid is null) return Refusal.Of("certificate.signature-malformed", "jws");
            var now = s.Now;
            var key = await PlantKeys.ForSigning(s, row.Certificate.PlantId, kid, now, t);
            if (key is null) return Refusal.Conflict("certificate.key-none", "plantId", ("plant", row.Certificate.PlantId.ToString()));
            var signature = make(row, key);
            if (!signature.Ok) return Answer<CertificateRow>.From(signature.Refusals);
            await s.Run("update passport.certificate set state = 1, kid = $2, signature = $3, signed_by = $4, signed_at = $5, changed_at = $5, row_version = row_version + 1 where id = $1", t,
                id, key.Kid, signature.Value, s.Actor.PersonId, now);
            await s.Audit(new AuditEntry("certificate.signed", "certificate", id.ToString(), Details: new { row.Certificate.Number, key.Kid }), t);
            return (await CertificateStore.Find(s, id, t))!;
        }, ct);
    }

    Task<Answer<CertificateRow>> Reasoned(DbSession s, Guid id, string? role, CertificateEvent happened, string action, string reason, CancellationToken ct) =>
        CertificateRules.IsText(reason) ? Change(s, id, role, happened, action, reason, ct) : Task.FromResult<Answer<CertificateRow>>(Refusal.Of("certificate.reason-missing", "reason"));

    async Task<Answer<CertificateRow>> Change(DbSession s, Guid id, string? role, CertificateEvent happened, string action, string? reason, CancellationToken ct)
    {
        if (role is not null && Allow.Role(s.Actor, role) is { } no) return no;
        var seen = await Read(s, id, ct);
        if (!seen.Ok) return Answer<CertificateRow>.From(seen.Refusals);
        return await s.InTransaction<CertificateRow>(async t =>
        {
            var row = (await CertificateStore.Lock(s, id, t))!;
            if (role == Role.ProducerApprover && !Owns(s.Actor, row.Certificate.ProducerId)) return EmissionsAccess.NotVisible("certificate");
            // Who brought it signed is one pair of eyes; publishing needs another.
            if (happened == CertificateEvent.Publish && row.ArrivedAt is not null && row.CreatedBy == s.Actor.PersonId && !s.Actor.Is(Role.System)) return Refusal.Forbidden("certificate.publisher-brought-it");
            var next = CertificateStates.Table.Next(row.State, happened, row.DisputedFrom);
            if (!next.Ok) return Answer<CertificateRow>.From(next.Refusals);
            if (!await CertificateStore.Move(s, row, next.Value, t)) return Changed();
            if (happened == CertificateEvent.Publish) await watch.Examine(s, [id], t);
            await s.Audit(new AuditEntry(action, "certificate", id.ToString(), reason, new { row.Certificate.Number }), t);
            return (await CertificateStore.Find(s, id, t))!;
        }, ct);
    }

    /// <param name="fromPaper">Others than the producer may type his paper, and it takes no heats from his register.</param>
    /// <param name="today">The day nothing may be dated after; null is today.</param>
    internal async Task<(CertificateCheck Check, CertificateFacts Facts)> CheckContent(DbSession s, CertificateContent content, string? ownNumber, bool fromPaper, CancellationToken ct, LocalDate? today = null)
    {
        var brand = await CertificateStore.Brand(s, content.ExchangeBrandCode ?? "", ct);
        // Another producer's brand is as unknown as none, but to those who hold his paper.
        if (brand is not null && !Owns(s.Actor, brand.ProducerId) && !(fromPaper && content.IssuerKind != IssuerKind.Producer)) brand = null;
        var facts = FactsFor(brand, content.ProductionDate, today ?? s.Now.InUtc().Date) with { FromPaper = fromPaper };
        var wrong = CertificateRules.Check(content, facts);
        if (brand is not null && !fromPaper && content.HeatNumbers.Count > 0)
            foreach (var (heat, number) in await CertificateStore.HeatsTaken(s, brand.PlantId, content.ProductionDate, content.HeatNumbers, ownNumber, ct))
                wrong.Add(Refusal.Conflict("certificate.heat-taken", "heatNumbers", ("given", heat), ("number", number)));
        return (Judge(content, brand?.ContractCode, wrong), facts);
    }

    /// <summary>The facts of one certificate; an import asks once a brand and day.</summary>
    internal CertificateFacts FactsFor(Brands.BrandFacts? brand, LocalDate productionDate, LocalDate today) =>
        new(brand, brand is null ? [] : contracts.Find(brand.ContractCode)?.EditionsOn(productionDate) ?? [], today);

    internal CertificateCheck Judge(CertificateContent content, string? contract, List<Refusal> wrong)
    {
        if (wrong.Count > 0 || contract is null) return new(wrong, [], null, null);
        var warnings = CertificateRules.Warnings(content);
        var lot = contracts.LotWithinTolerance(contract, content.NetKg);
        if (lot == false) warnings.Add(Refusal.Of("certificate.lot-out-of-tolerance", "netKg", ("given", content.NetKg.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("contract", contract)));
        var verdict = contracts.Judge(content.SpecRef, content.Results);
        if (verdict != SpecOutcome.Pass) warnings.Add(Refusal.Of(verdict == SpecOutcome.Fail ? "certificate.spec-failed" : "certificate.spec-undecided", "results", ("spec", content.SpecRef)));
        return new(wrong, warnings, verdict, lot);
    }

    internal static Certificate Compose(Guid id, string number, int version, Guid? supersedes, string? reason, Brands.BrandFacts brand, CertificateContent content) => new()
    {
        Id = id,
        Number = number,
        Version = version,
        SupersedesId = supersedes,
        Reason = reason,
        ProducerId = brand.ProducerId,
        PlantId = brand.PlantId,
        Metal = brand.Metal,
        ContractCode = brand.ContractCode,
        Content = content with { PlantId = brand.PlantId, Metal = brand.Metal, ContractCode = brand.ContractCode },
    };

    static bool Owns(Actor actor, Guid producer) => actor.Is(Role.System) || (actor.SignedIn && actor.OrganisationId == producer);

    static Refusal Changed() => Refusal.Conflict("certificate.changed-meanwhile");

    static Refusal Taken(PostgresException e, CertificateContent content) => e.ConstraintName == "certificate_source_ref"
        ? Refusal.Conflict("certificate.reference-taken", "sourceRef", ("given", content.SourceRef ?? ""))
        : Refusal.Conflict("certificate.changed-meanwhile");
}
