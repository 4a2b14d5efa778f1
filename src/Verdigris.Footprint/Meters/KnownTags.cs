using System.Collections.Concurrent;
using System.Collections.Frozen;
using Verdigris.Storage;

namespace Verdigris.Footprint.Meters;

/// <summary>Names of a facility's tags, for the readings that come by name ten thousand a second.</summary>
public sealed class FacilityTags(Guid facilityId, Guid operatorId, IReadOnlyDictionary<string, (int Id, bool Retired)> tags)
{
    readonly FrozenDictionary<string, (int Id, bool Retired)> byName = tags.ToFrozenDictionary(StringComparer.Ordinal);

    public Guid FacilityId => facilityId;
    public Guid OperatorId => operatorId;

    internal bool Find(ReadOnlySpan<char> name, out (int Id, bool Retired) tag) => byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out tag);
}

/// <summary>
/// Tags by facility, read once and again after a minute or when a name is not known: a tag keeps its id and its facility its operator. Only who may see a facility gets it into the cache; who may write to it the caller
/// decides. Singleton, thread-safe.
/// </summary>
public sealed class KnownTags
{
    static readonly NodaTime.Duration Kept = NodaTime.Duration.FromMinutes(1);

    readonly ConcurrentDictionary<Guid, (NodaTime.Instant At, FacilityTags Tags)> facilities = new();

    /// <returns>Null where the facility is not there, or not for this actor.</returns>
    public async Task<FacilityTags?> Of(DbSession s, Guid facility, CancellationToken ct) => facilities.TryGetValue(facility, out var known) && s.Now - known.At < Kept ? known.Tags : await Again(s, facility, ct);

    /// <summary>What is known of the facility has changed; another server hears of it within the minute.</summary>
    public void Forget(Guid facility) => facilities.TryRemove(facility, out _);

    public async Task<FacilityTags?> Again(DbSession s, Guid facility, CancellationToken ct)
    {
        if (await Plans.FacilityHandlers.Find(s, facility, ct) is not { } row) return null;
        var tags = await s.All("select name, id, retired_at is not null from footprint.meter_tag where facility_id = $1", r => (Name: r.GetString(0), Id: r.GetInt32(1), Retired: r.GetBoolean(2)), ct, facility);
        var read = new FacilityTags(facility, row.OperatorId, tags.ToDictionary(t => t.Name, t => (t.Id, t.Retired)));
        // A verifier sees the facility too, and all its tags: whoever fills the cache fills it alike.
        facilities[facility] = (s.Now, read);
        return read;
    }
}
