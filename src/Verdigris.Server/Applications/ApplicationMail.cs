using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>
/// Writes to applicants, who have no inbox here; and when one is approved, lets the contact in: two members of the exchange's staff have approved the organisation together with its first
/// administrator. Where the server sends no e-mail, the exchange invites by hand.
/// </summary>
sealed class ApplicationMail(IServiceScopeFactory scopes, MailSender mail, MailPost post, StringCatalogue texts, ServerAddress address, IDataProtectionProvider protection) : IOutboxSubscriber
{
    public string Name => "server.applications";

    public bool Wants(string topic) => topic == Applications.Told;

    public async Task Handle(DbSession session, OutboxEvent e, CancellationToken ct)
    {
        if (!post.Open) return;
        var word = e.Payload<Applications.Word>();
        if (await ApplicationStore.Find(session, word.ApplicationId, ct) is not { } a) return;
        var sealedToken = await session.One("select token_sealed from server.application where id = $1", r => r.GetString(0), ct, a.Id);
        var link = address.Of("/apply/" + Applications.Seal(protection).Unprotect(sealedToken!));
        var what = word.Event?.ToString() ?? "Apply";
        if (word.Event == ApplicationEvent.Approve)
        {
            await using var scope = scopes.CreateAsyncScope();
            link = address.Of(await scope.ServiceProvider.GetRequiredService<PeopleStore>().InviteFounder(session, a.OrganisationId!.Value, a.Content.ContactAddress, a.Content.ContactName, ct));
        }
        var s = texts.For(a.Content.Language);
        var body = s.With("server.applications.mail." + what, ("name", a.Content.Name), ("link", link)) + (word.Note is null ? "" : "\r\n\r\n" + word.Note);
        await mail.Enqueue(session, null, a.Content.ContactAddress, s["server.applications.mail-subject." + what], body, ct, holdsKey: true);
    }
}
