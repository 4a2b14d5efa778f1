using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Browser.Tests;

/// <summary>What the pages of people, programs and applicants need to have something to show. Made once for a stage.</summary>
static class IdentityPages
{
    static readonly Once<(string? Seat, string[] Paths)[]> Made = new(Make);

    /// <summary>Who looks at which of these pages.</summary>
    public static Task<(string? Seat, string[] Paths)[]> Seats(Stage stage) => Made.Of(stage);

    static async Task<(string? Seat, string[] Paths)[]> Make(Stage stage)
    {
        var administrator = Stage.Person(2, Stage.Smelter, Role.ProducerApprover, Role.Administrator);
        await using (var s = stage.Get<IDbSessions>().Open(Actor.System))
            foreach (var number in new[] { "AL-0001", "AL-0002" })
                await s.Notify(new Notice("transfer.accepted", new NoticeTo(Organisation: Stage.Smelter), "passport.notice.transfer-accepted", new Dictionary<string, string> { ["number"] = number }, "/transfers", "transfer", number));
        await stage.Get<OutboxDispatcher>().Dispatch(default);
        var webhooks = stage.Get<Webhooks>();
        // Nobody answers there: the log has something to show.
        var webhook = (await webhooks.Register(administrator, "https://erp.example.invalid/verdigris/incoming", ["transfer.accepted", "task.waiting", "brand.listing"], default)).Value;
        var delivery = (await webhooks.Test(administrator, webhook.Id, default)).Value;
        await stage.Get<WebhookSender>().SendDue(default);
        await using var scope = stage.Get<IServiceScopeFactory>().CreateAsyncScope();
        var client = (await scope.ServiceProvider.GetRequiredService<ClientStore>().Create(administrator, "Casthouse export", [Role.ProducerEditor], ["certificates:write", "warrants:read"], 60, [Role.ProducerEditor], default)).Value;
        var applications = stage.Get<Applications>();
        var applied = (await applications.Apply(new NewApplication(OrganisationKind.Producer, "Sierra Copper", "塞拉铜业", "CL", null, "96.563.820-2", "Marta Rojas", "marta@sierra.example", "en"), default)).Value;
        using (var pdf = new MemoryStream("%PDF-1.7 register"u8.ToArray())) await applications.AddFile(applied.Link["/apply/".Length..], "extract of the register.pdf", pdf, default);
        var asked = (await applications.Apply(new NewApplication(OrganisationKind.Owner, "Harbour Trading", null, "SG", null, "201912345K", "Tan Wei", "wei@harbour.example", "zh"), default)).Value;
        await applications.RequestInformation(Stage.Staff, asked.Id, "Please name everybody who owns more than a quarter.", default);
        var delegation = (await stage.Get<Delegations>().Grant(administrator, Stage.Albion, [Role.ProducerEditor], 90, "Lodges our certificates while our laboratory moves", default)).Value;
        var linked = await scope.ServiceProvider.GetRequiredService<OutsideAccounts>().Link(Stage.Owner, new(new("http://127.0.0.1:9", "248289761001", "siyuan.chen@albion.example"), Stage.Owner.PersonId, null), default);
        Assert.True(linked.Ok);
        return
        [
            (null, ["/apply", applied.Link, asked.Link, "/recover", "/recover/0123", "/sign-in", "/sign-in?outside=outside.not-linked"]),
            ("owner@demo", ["/account/outside", "/account/outside?outside=outside.unreachable"]),
            ("smelter.approver@demo", ["/notifications", "/notifications/settings", "/account/sessions", "/account/passkeys", "/account/outside", "/account", "/account/data", "/audit", "/webhooks", "/webhooks/new", $"/webhooks/{webhook.Id}", $"/webhooks/deliveries/{delivery.Id}", "/clients", "/clients/new", $"/clients/{client.Id}", "/delegations", $"/delegations/{delegation.Id}"]),
            ("exchange@demo", ["/privacy", "/privacy?person=smelter.approver@demo", "/audit?sort=at", "/applications", $"/applications/{applied.Id}", $"/applications/{asked.Id}", "/developers"]),
        ];
    }
}
