using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits;

/// <summary>Word of credits to those whose affair it is.</summary>
static class CreditNotices
{
    /// <summary>Tells the people of an organisation who hold, write or approve, but not who did it.</summary>
    public static Task Tell(DbSession s, Guid organisation, string text, string link, string subjectKind, Guid subject, CancellationToken ct, params (string Name, string Value)[] args) =>
        s.Notify(new Notice(RegistryNotices.Credits, new NoticeTo(Organisation: organisation, Roles: [Role.OwnerTrader, Role.OwnerApprover, Role.ProducerEditor, Role.ProducerApprover, Role.AccountRepresentative, Role.AuthorityOfficer, Role.AuthorityApprover], Without: s.Actor.PersonId),
            text, args.ToDictionary(a => a.Name, a => a.Value), link, subjectKind, subject.ToString()), ct);
}
