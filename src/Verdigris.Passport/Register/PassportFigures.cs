using NodaTime;
using Verdigris.Book;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Register;

/// <summary>The public counts of the register, counted at most once a minute whoever asks: a landing page must not cost a count of a million rows.</summary>
sealed class PublicCounts(IDbSessions sessions, IClock clock) : IDisposable
{
    static readonly Duration Kept = Duration.FromMinutes(1);

    readonly SemaphoreSlim one = new(1);
    volatile Counted? last;

    sealed record Counted(Instant At, IReadOnlyList<FigureItem> Items);

    public async Task<IReadOnlyList<FigureItem>> Read(CancellationToken ct)
    {
        if (Fresh() is { } known) return known;
        await one.WaitAsync(ct);
        try
        {
            if (Fresh() is { } meanwhile) return meanwhile;
            await using var s = sessions.Open(Actor.System);
            var (brands, certificates, warrants, kg) = (await s.All("""
                select (select count(*) from passport.brand),
                       (select count(*) from passport.certificate where current and state between $1 and $2),
                       count(*), coalesce(sum(net_kg), 0)
                from passport.warrant where state = any($3)
                """, r => (r.GetInt64(0), r.GetInt64(1), r.GetInt64(2), r.GetDecimal(3)), ct, (short)CertificateState.Published, (short)CertificateState.LoadedOut, new[] { (short)WarrantState.Live, (short)WarrantState.Pledged }))[0];
            IReadOnlyList<FigureItem> items =
            [
                new("passport.figure.brands", brands, Path: "/brands"), new("passport.figure.certificates", certificates),
                new("passport.figure.warrants", warrants), new("passport.figure.on-warrant", decimal.Round(kg / 1000m, 0, MidpointRounding.ToEven), "t"),
            ];
            last = new(clock.GetCurrentInstant(), items);
            return items;
        }
        finally { one.Release(); }
    }

    public void Dispose() => one.Dispose();

    IReadOnlyList<FigureItem>? Fresh() => last is { } l && clock.GetCurrentInstant() - l.At < Kept ? l.Items : null;
}

/// <summary>What the room shows on the start page: counts for everybody, and for each role what is on its desk.</summary>
sealed class PassportFigures(PublicCounts counts, DbSession s, IVenue venue) : IRoomFigures
{
    public Task<IReadOnlyList<FigureItem>> Public(CancellationToken ct) => counts.Read(ct);

    public async Task<IReadOnlyList<FigureItem>> For(Actor actor, CancellationToken ct)
    {
        if (actor.Is(Role.ExchangeStaff)) return await counts.Read(ct);
        var items = new List<FigureItem>();
        if (actor.Is(Role.ProducerEditor) || actor.Is(Role.ProducerApprover))
        {
            items.Add(new("passport.figure.to-sign", await Count("select count(*) from passport.certificate where producer_id = $1 and current and state = $2", actor.OrganisationId, (short)CertificateState.Draft), Path: "/certificates?state=Draft"));
            items.Add(new("passport.figure.published", await Count("select count(*) from passport.certificate where producer_id = $1 and current and state = $2", actor.OrganisationId, (short)CertificateState.Published), Path: "/certificates?state=Published"));
            items.Add(new("passport.figure.on-warrant-own", await Count("select count(*) from passport.certificate where producer_id = $1 and current and state = $2", actor.OrganisationId, (short)CertificateState.Warranted), Path: "/certificates?state=Warranted"));
        }
        if (actor.Is(Role.WarehouseOperator) || actor.Is(Role.WarehouseApprover))
            foreach (var (key, state) in new[] { ("passport.figure.to-issue", WarrantState.WeighedAndMatched), ("passport.figure.live-here", WarrantState.Live), ("passport.figure.queued", WarrantState.Queued) })
                items.Add(new(key, await Count("select count(*) from passport.warrant where warehouse_organisation = $1 and state = $2", actor.OrganisationId, (short)state), Path: $"/warrants?state={state}"));
        if (await WarrantHandlers.OpenAccount(s, actor.OrganisationId, BookAccounts.Owner, ct) is { } account && (actor.Is(Role.OwnerTrader) || actor.Is(Role.OwnerApprover) || actor.Is(Role.Reader)))
        {
            // The Book says what is held; a document could only repeat it.
            var held = venue.Read(b => b.Holdings(account).Where(h => BookAccounts.WarrantAssets.Values.Contains(h.Asset)).Select(h => h.Balance).ToList());
            items.Add(new("passport.figure.held", held.Sum(h => h.Total), Path: "/warrants"));
            items.Add(new("passport.figure.bound", held.Sum(h => h.Held), Path: "/transfers"));
            items.Add(new("passport.figure.offered-to-us", await Count("select count(*) from passport.title_transfer where to_organisation = $1 and state = 'proposed' and (expires_at is null or expires_at > $2)", actor.OrganisationId, s.Now), Path: "/tasks"));
        }
        return items;

        async Task<decimal> Count(string sql, params object?[] args) => await s.Value<long>(sql, ct, args);
    }
}
