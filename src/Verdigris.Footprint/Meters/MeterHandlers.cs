using NodaTime;
using Npgsql;
using Verdigris.Footprint.Plans;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>A line that was not taken.</summary>
/// <param name="Line">From 1 on.</param>
public sealed record RefusedLine(int Line, string Code, string? Field, Bilingual Text);

/// <summary>What became of a batch. What was accepted is durable; a reading that was there already is accepted and changes nothing.</summary>
/// <param name="Lines">The first hundred lines that were refused.</param>
public sealed record ReadingsTaken(int Accepted, int Refused, IReadOnlyList<RefusedLine> Lines);

/// <summary>Tags of a facility, and the readings they send.</summary>
public sealed class MeterHandlers(RulePacks rules, KnownTags tags)
{
    readonly MeterLimits limits = MeterLimits.Of(rules);

    /// <summary>Takes tags in, all or none; a refusal names the one it means.</summary>
    public async Task<Answer<IReadOnlyList<MeterTag>>> Register(DbSession s, Guid facility, IReadOnlyList<NewMeterTag>? wanted, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await FacilityHandlers.Find(s, facility, ct) is not { } known || known.OperatorId != s.Actor.OrganisationId) return Refusal.NotFound("facility.not-found");
        if (wanted is not { Count: > 0 and <= 1000 }) return Refusal.Of("meter.tag-count", "tags", ("most", "1000"));
        if (await PlanHandlers.InForce(s, facility, ct) is not { } plan) return Refusal.Conflict("meter.no-plan", "facilityId");
        var wrong = wanted.SelectMany((tag, i) => tag is null ? [Refusal.Of("meter.tag-name", $"tags[{i}].name", ("given", ""))] : TagRules.Check(tag, plan.Content).Select(r => r with { Field = $"tags[{i}].{r.Field}" })).Take(100).ToList();
        if (wrong.Count > 0) return wrong;
        try
        {
            return await s.InTransaction<IReadOnlyList<MeterTag>>(async t =>
            {
                if (await s.Value<long>("select count(*) from footprint.meter_tag where facility_id = $1", t, facility) + wanted.Count > TagRules.MostTags) return Refusal.Conflict("meter.too-many-tags", "tags", ("most", $"{TagRules.MostTags}"));
                var ids = new List<int>();
                foreach (var tag in wanted)
                    ids.Add(await s.Value<int>("""
                        insert into footprint.meter_tag (facility_id, operator_id, name, stream, field, unit, kind, hold_seconds, per_seconds, roll_over, factor, day_offset_hours, created_by, created_at)
                        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id
                        """, t, facility, known.OperatorId, tag.Name, tag.Stream, tag.Field, tag.Unit.Trim(), (short)tag.Kind, tag.HoldSeconds, tag.PerSeconds ?? 3600, tag.RollOver, tag.Factor ?? 1, (short)(tag.DayOffsetHours ?? 0), s.Actor.PersonId, s.Now));
                await s.Audit(new AuditEntry("meter.tags-registered", "facility", facility.ToString(), Details: new { Tags = wanted.Take(50), wanted.Count }), t);
                return (await TagStore.ByIds(s, [.. ids], t)).OrderBy(m => m.Id).ToList();
            }, ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return Refusal.Conflict("meter.tag-taken", "tags");
        }
    }

    /// <summary>Ends a tag: it takes no more readings, and no hour after now is closed for it.</summary>
    public async Task<Answer<MeterTag>> Retire(DbSession s, Guid facility, string name, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        return await s.InTransaction<MeterTag>(async t =>
        {
            if (await FacilityHandlers.Find(s, facility, t) is not { } known || known.OperatorId != s.Actor.OrganisationId || await TagStore.Find(s, facility, name, t) is not { } tag) return Refusal.NotFound("meter.tag-not-found");
            if (tag.RetiredAt is not null) return Refusal.Conflict("meter.tag-retired", "name", ("given", name));
            await s.Run("update footprint.meter_tag set retired_at = $2 where id = $1", t, tag.Id, s.Now);
            await s.Audit(new AuditEntry("meter.tag-retired", "facility", facility.ToString(), Details: new { Tag = name }), t);
            await s.AfterCommit(_ => { tags.Forget(facility); return Task.CompletedTask; }, t);
            return (await TagStore.Find(s, facility, name, t))!;
        }, ct);
    }

    public async Task<Answer<Page<MeterTag>>> List(DbSession s, Guid facility, TagFilter filter, CancellationToken ct)
    {
        if (PageSize.Wrong(filter.Limit) is { } tooMany) return tooMany;
        return await FacilityHandlers.Find(s, facility, ct) is null ? Refusal.NotFound("facility.not-found") : await TagStore.List(s, facility, filter, ct);
    }

    public async Task<Answer<MeterTag>> Read(DbSession s, Guid facility, string name, CancellationToken ct) => await TagStore.Find(s, facility, name, ct) is { } tag ? tag : Refusal.NotFound("meter.tag-not-found");

    /// <summary>
    /// Takes a batch of JSON lines. Every good line is durable when this answers; a bad one is answered by its number and holds nobody else up. The same batch again changes nothing.
    /// </summary>
    public Task<Answer<ReadingsTaken>> Take(DbSession s, Guid facility, ReadOnlyMemory<byte> lines, CancellationToken ct) => Take(s, facility, lines, ReadingLines.MostRefused, ct);

    /// <param name="mostRefused">Lines that are told of.</param>
    internal async Task<Answer<ReadingsTaken>> Take(DbSession s, Guid facility, ReadOnlyMemory<byte> lines, int mostRefused, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.ProducerEditor) is { } no) return no;
        if (await tags.Of(s, facility, ct) is not { } known || (known.OperatorId != s.Actor.OrganisationId && !s.Actor.Is(Role.System))) return Refusal.NotFound("facility.not-found");
        var now = s.Now;
        var read = ReadingLines.Read(lines.Span, known, now, limits, mostRefused);
        // A tag registered a moment ago, on another node.
        if (read.UnknownTag && await tags.Again(s, facility, ct) is { } again) read = ReadingLines.Read(lines.Span, again, now, limits, mostRefused);
        if (read.Count > ReadingLines.MostLines) return Refusal.Of("meter.too-many-lines", null, ("most", $"{ReadingLines.MostLines}"));
        if (read.Readings.Count > 0) await Put(s, known, read.Readings, ct);
        return new ReadingsTaken(read.Readings.Count, read.Count - read.Readings.Count, read.Refused);
    }

    static async Task Put(DbSession s, FacilityTags known, List<(int Tag, Reading Reading)> readings, CancellationToken ct)
    {
        readings.Sort(static (a, b) => a.Tag != b.Tag ? a.Tag.CompareTo(b.Tag) : a.Reading.AtMs.CompareTo(b.Reading.AtMs));
        var last = readings.Max(r => r.Reading.AtMs);
        await s.Run("insert into footprint.meter_inbox (facility_id, operator_id, received_at, last_at, readings, packed) values ($1, $2, $3, $4, $5, $6)", ct,
            known.FacilityId, known.OperatorId, s.Now, Instant.FromUnixTimeMilliseconds(last), readings.Count, BatchPack.Write(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(readings)));
    }
}
