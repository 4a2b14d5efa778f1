using System.Globalization;
using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Cbam.Certificates;

/// <summary>Cancels what is left in the accounts on the day the year's certificates end, and tells whose they were.</summary>
sealed class CertificateEnding(BookCommands book, IVenue venue, RulePacks packs) : IDailyWork
{
    public async Task<int> Run(DbSession session, CancellationToken ct)
    {
        var today = session.Today();
        var done = 0;
        foreach (var year in Enumerable.Range(CertificateBook.FirstYear, CertificateBook.LastYear - CertificateBook.FirstYear + 1).Where(y => YearDates.Of(packs, y)?.CancelOn <= today))
        {
            foreach (var (account, organisation) in await session.All("select account, organisation_id from cbam.certificate_account where state = 'open'", r => (r.GetInt64(0), r.GetGuid(1)), ct))
            {
                // The Book says what is left: once it is cancelled, nothing is, and nothing is done again.
                var held = venue.Read(b => b.Balance(account, CertificateBook.AssetOf(year)).Available);
                if (held == 0) continue;
                done += await session.InTransaction(async t =>
                {
                    await Declarants.DeclarantHandlers.Locked(session, organisation, t);
                    if (await session.Value<bool>("select exists (select from cbam.certificate_order where organisation_id = $1 and year = $2 and state = 1)", t, organisation, year)) return 0;
                    var id = session.NewId();
                    await session.Run("insert into cbam.certificate_order (id, organisation_id, kind, year, count, state, ordered_by, ordered_at, decided_at) values ($1, $2, 3, $3, $4, 1, $5, $6, $6)", t, id, organisation, year, held, session.Actor.PersonId, session.Now);
                    await book.Send(session, OrderKindOfBook.Name, id, new OrderSubject(id), [CertificateBook.Out(CertificateBook.Cancel, account, year, 0, held, id, session.Actor.PersonId)], t);
                    await session.Audit(new AuditEntry("certificate-order.cancelled", "certificate-order", id.ToString(), Details: new { year, held }), t);
                    await session.Notify(new Notice(CbamNotices.Cancelled, new NoticeTo(Organisation: organisation, Roles: [Role.OwnerTrader, Role.OwnerApprover]), "cbam.notice.cancelled",
                        new Dictionary<string, string> { ["count"] = held.ToString(CultureInfo.InvariantCulture), ["year"] = year.ToString(CultureInfo.InvariantCulture) }, "/cbam/certificates", "certificate-order", id.ToString()), t);
                    return 1;
                }, ct);
            }
        }
        return done;
    }
}
