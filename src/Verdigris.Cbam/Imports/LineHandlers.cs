using NodaTime;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Suppliers;
using Verdigris.Passport;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Storage;

namespace Verdigris.Cbam.Imports;

/// <summary>A line with what is due for it by the basis chosen.</summary>
public sealed record LineView(ImportLine Line, LineOutcome Outcome);

/// <summary>Actual or default? Both, with the money, and how each figure came about.</summary>
/// <param name="Actual">Null where no figures are linked.</param>
/// <param name="DefaultTrace">Steps of the default path.</param>
/// <param name="SavedEur">What actual figures save against default values at the period's price; negative where they cost more; null while one of the two is unknown.</param>
/// <param name="Missing">What stands between the line and the actual basis.</param>
public sealed record BothBases(ImportLine Line, LineOutcome Default, LineOutcome? Actual, IReadOnlyList<TraceStep> DefaultTrace, IReadOnlyList<TraceStep> ActualTrace, decimal? SavedCertificates, decimal? SavedEur, IReadOnlyList<Refusal> Missing);

/// <param name="Number">Of the certificate or warrant.</param>
/// <param name="SupplierId">Of the supplier whose figures these are.</param>
/// <param name="Figures">What the supplier's verified report states; for a certificate or warrant only route and free allocation are taken, the rest is the producer's own.</param>
public sealed record LinkBody(LinkKind Kind, string? Number = null, Guid? SupplierId = null, ActualFigures? Figures = null);

public sealed record BasisBody(LineBasis Basis);

/// <summary>Customs lines: what they rest on, what is due for them, and why.</summary>
public sealed class LineHandlers(IDeskRules rules, IOwnedEmissions owned)
{
    public async Task<Answer<LineView>> Read(DbSession s, Guid id, CancellationToken ct) => DeclarantHandlers.Reader(s.Actor) is { } no ? no : await LineStore.Find(s, id, ct) is { } line ? View(line) : Refusal.NotFound("line.not-found");

    public async Task<Answer<Page<LineView>>> List(DbSession s, LineFilter filter, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        var page = await LineStore.List(s, filter, ct);
        return page.Ok ? page.Value.Select(View) : Answer<Page<LineView>>.From(page.Refusals);
    }

    /// <summary>Both bases side by side, with trace.</summary>
    public async Task<Answer<BothBases>> Compare(DbSession s, Guid id, CancellationToken ct)
    {
        if (DeclarantHandlers.Reader(s.Actor) is { } no) return no;
        if (await LineStore.Find(s, id, ct) is not { } line) return Refusal.NotFound("line.not-found");
        var (byDefault, defaultTrace) = rules.Traced(line, LineBasis.Default);
        var (actual, actualTrace) = line.Figures?.Stated != true || line.Scope != GoodScope.InScope ? (null, []) : rules.Traced(line, LineBasis.Actual);
        return new BothBases(line, byDefault, actual, defaultTrace, actualTrace, byDefault.Certificates - actual?.Certificates, byDefault.CostEur - actual?.CostEur,
            line.Scope == GoodScope.InScope ? ActualRules.Missing(line.Figures, rules.NeedsIndirect(line.Cn)) : []);
    }

    /// <summary>Says where the emissions of a line are stated: a certificate or warrant the organisation owned when it was released, or a supplier. The basis stays what it was, default values at first.</summary>
    public async Task<Answer<LineView>> Link(DbSession s, Guid id, LinkBody link, CancellationToken ct)
    {
        if (!Enum.IsDefined(link.Kind) || link.Kind == LinkKind.None) return Refusal.Of("request.word-unknown", "kind", ("given", $"{link.Kind}"));
        if (link.Figures is { } given)
        {
            link = link with { Figures = ActualRules.Plain(given) };
            if (ActualRules.Check(link.Figures) is { Count: > 0 } wrong) return Answer<LineView>.From([.. wrong.Select(w => w with { Field = "figures." + w.Field })]);
        }
        return await Change(s, id, "line.linked", async (line, t) =>
        {
            if (line.Scope != GoodScope.InScope) return [Refusal.Conflict("line.nothing-due", "kind")];
            if (ActualRules.InTime(link.Figures?.Precursors, line.ReleasedOn) is { Count: > 0 } late) return [.. late.Select(r => r with { Field = "figures." + r.Field })];
            await SpokenMetal.Free(s, id, t);
            var found = link.Kind == LinkKind.Supplier ? await OfSupplier(s, line, link, t) : await OfDocument(s, line, link, t);
            if (!found.Ok) return found.Refusals;
            var (document, name, figures) = found.Value;
            if (line.Basis == LineBasis.Actual && ActualRules.Missing(figures, rules.NeedsIndirect(line.Cn)) is { Count: > 0 } missing) return missing;
            await s.Run("update cbam.customs_line set link_kind = $2, link_id = $3, link_name = $4, figures = $5, linked_by = $6, linked_at = $7, row_version = row_version + 1 where id = $1", t,
                id, (short)link.Kind, document, name, new Json(StorageJson.Write(figures)), s.Actor.PersonId, s.Now);
            return [];
        }, ct);
    }

    /// <summary>Takes the link away; the line rests on default values again.</summary>
    public Task<Answer<LineView>> Unlink(DbSession s, Guid id, CancellationToken ct) => Change(s, id, "line.unlinked", async (line, t) =>
    {
        if (line.LinkKind == LinkKind.None) return [Refusal.Conflict("line.not-linked", "kind")];
        await SpokenMetal.Free(s, id, t);
        await s.Run("update cbam.customs_line set link_kind = 0, link_id = null, link_name = null, figures = null, basis = 0, linked_by = $2, linked_at = $3, row_version = row_version + 1 where id = $1", t, id, s.Actor.PersonId, s.Now);
        return [];
    }, ct);

    /// <summary>Says what the good of a line linked to a supplier is made of, so that emissions and free allocation see it. Null where nobody said, an empty list where there is nothing.</summary>
    public async Task<Answer<LineView>> SetPrecursors(DbSession s, Guid id, IReadOnlyList<LinePrecursor>? precursors, CancellationToken ct)
    {
        IReadOnlyList<LinePrecursor>? plain = precursors is null ? null : [.. precursors.Select(ActualRules.Plain)];
        return await Change(s, id, "line.precursors", async (line, t) =>
        {
            if (line.LinkKind != LinkKind.Supplier || line.Figures is not { } before) return [Refusal.Conflict("line.no-supplier", "precursors")];
            var figures = before with { Precursors = plain };
            if (ActualRules.Check(figures) is { Count: > 0 } wrong) return wrong;
            if (ActualRules.InTime(plain, line.ReleasedOn) is { Count: > 0 } late) return late;
            if (line.Basis == LineBasis.Actual && ActualRules.Missing(figures, rules.NeedsIndirect(line.Cn)) is { Count: > 0 } missing) return missing;
            await s.Run("update cbam.customs_line set figures = $2, linked_by = $3, linked_at = $4, row_version = row_version + 1 where id = $1", t, id, new Json(StorageJson.Write(figures)), s.Actor.PersonId, s.Now);
            return [];
        }, ct);
    }

    /// <summary>The same out of the supplier's file (<see cref="PrecursorFile"/>); <c>precursor-file.size</c>.</summary>
    public async Task<Answer<LineView>> BringPrecursors(DbSession s, Guid id, Stream content, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        using var sent = await EvidenceFiles.Sent(content, PrecursorFile.LargestBytes, ct);
        if (sent.Length > PrecursorFile.LargestBytes) return Refusal.Of("precursor-file.size", "file", ("limit", $"{PrecursorFile.LargestBytes >> 20} MiB"));
        var read = PrecursorFile.Read(sent);
        return read.Ok ? await SetPrecursors(s, id, read.Value, ct) : Answer<LineView>.From(read.Refusals);
    }

    /// <summary>Chooses default values or actual figures; these need a verified figure, its verifier and its period, and each that is missing is named.</summary>
    public async Task<Answer<LineView>> SetBasis(DbSession s, Guid id, LineBasis basis, CancellationToken ct)
    {
        if (!Enum.IsDefined(basis)) return Refusal.Of("request.word-unknown", "basis", ("given", $"{basis}"));
        return await Change(s, id, "line.basis", async (line, t) =>
        {
            if (line.Scope != GoodScope.InScope) return [Refusal.Conflict("line.nothing-due", "basis")];
            if (basis == LineBasis.Actual && ActualRules.Missing(line.Figures, rules.NeedsIndirect(line.Cn)) is { Count: > 0 } missing) return missing;
            await s.Run("update cbam.customs_line set basis = $2, row_version = row_version + 1 where id = $1", t, id, (short)basis);
            return [];
        }, ct);
    }

    /// <summary>Takes a line out for a reason: customs annulled it, or it came in wrong. It stays to be seen, and its item may come in again.</summary>
    public async Task<Answer<LineView>> Withdraw(DbSession s, Guid id, string? reason, CancellationToken ct)
    {
        var wrong = new List<Refusal>();
        var words = Given.Text(reason, "reason", Given.Longest, wrong);
        if (wrong.Count > 0) return wrong;
        return await Change(s, id, "line.withdrawn", async (line, t) =>
        {
            await SpokenMetal.Free(s, id, t);
            await s.Run("update cbam.customs_line set withdrawn_by = $2, withdrawn_at = $3, withdrawn_reason = $4, row_version = row_version + 1 where id = $1", t, id, s.Actor.PersonId, s.Now, words);
            return [];
        }, ct);
    }

    async Task<Answer<(Guid, string, ActualFigures)>> OfSupplier(DbSession s, ImportLine line, LinkBody link, CancellationToken ct)
    {
        if (link.SupplierId is not { } id || await SupplierHandlers.Find(s, id, ct) is not { } supplier) return Refusal.Of("supplier.not-found", "supplierId");
        if (supplier.Country != line.Origin) return Refusal.Conflict("line.other-origin", "supplierId", ("country", supplier.Country), ("origin", line.Origin));
        return (id, supplier.Name, (link.Figures ?? new ActualFigures(null, null, null, null, null, null, null, null)) with { Installation = supplier.Installation });
    }

    async Task<Answer<(Guid, string, ActualFigures)>> OfDocument(DbSession s, ImportLine line, LinkBody link, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(link.Number)) return Refusal.Of("input.required", "number");
        var found = await owned.Find(s, link.Kind == LinkKind.Warrant ? OwnedDocument.Warrant : OwnedDocument.Certificate, link.Number.Trim(), line.ReleasedOn, ct);
        if (!found.Ok) return Answer<(Guid, string, ActualFigures)>.From([.. found.Refusals.Select(r => r with { Field = "number" })]);
        var e = found.Value;
        if (e.Country != line.Origin) return Refusal.Conflict("line.other-origin", "number", ("country", e.Country), ("origin", line.Origin));
        if (await SpokenMetal.Take(s, line, e, ct) is { } over) return over;
        return (e.Id, e.Number, new ActualFigures(e.DirectTco2ePerT, e.IndirectTco2ePerT, link.Figures?.FreeAllocationTco2ePerT, link.Figures?.Route, e.Verification == "reasonable" ? e.Verifier : null,
            new LocalDate(e.ReportYear, 1, 1), new LocalDate(e.ReportYear, 12, 31), e.Plant, link.Figures?.CarbonPriceEurPerT, e.ValuesSha256));
    }

    async Task<Answer<LineView>> Change(DbSession s, Guid id, string action, Func<ImportLine, CancellationToken, Task<IReadOnlyList<Refusal>>> change, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.OwnerTrader) is { } no) return no;
        return await s.InTransaction<LineView>(async t =>
        {
            if (await LineStore.Locked(s, id, t) is not { } line) return Refusal.NotFound("line.not-found");
            if (line.WithdrawnAt is not null) return Refusal.Conflict("line.withdrawn", "id");
            await SpokenMetal.LockYear(s, line.ReleasedOn.Year, t);
            if (await s.Value<bool>("select exists (select from cbam.declaration where organisation_id = $1 and year = $2 and state = 1)", t, s.Actor.OrganisationId, line.ReleasedOn.Year)) return Refusal.Conflict("line.being-declared", "id", ("year", $"{line.ReleasedOn.Year}"));
            if (await change(line, t) is { Count: > 0 } wrong) return Answer<LineView>.From(wrong);
            var now = (await LineStore.Find(s, id, t))!;
            await s.Audit(new AuditEntry(action, "customs-line", id.ToString(), now.WithdrawnReason, new { now.Basis, now.LinkKind, now.LinkName }), t);
            return View(now);
        }, ct);
    }

    LineView View(ImportLine line) => new(line, rules.Outcome(line, line.Basis));
}
