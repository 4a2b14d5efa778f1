using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NodaTime.Text;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Server;

/// <summary>Somebody as the officer sees them before deciding anything.</summary>
/// <param name="OnlyAdministratorOf">Names of organisations that would be left without an administrator.</param>
public sealed record PersonOnRecord(Guid Id, string SignInName, string DisplayName, bool Erased, IReadOnlyList<Guid> Organisations, IReadOnlyList<string> OnlyAdministratorOf);

/// <summary>
/// What is held on a person: taken out as an archive by themselves, or by an officer (an administrator of the exchange, which runs the server) for a request; and erased, which takes two people: whoever asks, the person or an
/// officer, and another officer who decides.
/// </summary>
sealed class PrivacyDesk(IDbSessions sessions, IEnumerable<IPersonalData> rooms, Approvals approvals, OrganisationDirectory organisations)
{
    static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Refusal? MayServe(Actor actor) => actor is { IsMachine: false } && actor.Is(Role.Administrator) && actor.Is(Role.ExchangeStaff) ? null : Refusal.Forbidden("privacy.not-officer");

    /// <summary>By the whole sign-in name or the id: an officer has a request in hand and does not browse.</summary>
    public async Task<Answer<PersonOnRecord>> Find(Actor actor, string? sought, CancellationToken ct)
    {
        if (MayServe(actor) is { } no) return no;
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        var text = sought?.Trim() ?? "";
        var person = await s.One("select id, sign_in_name, display_name, erased_at is not null from server.person where lower(sign_in_name) = lower($1) or id::text = lower($1)",
            r => new PersonOnRecord(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetBoolean(3), [], []), ct, text);
        if (person is null) return Refusal.NotFound("privacy.person-unknown", "person", ("given", text));
        var member = await s.Many("select organisation_id from server.membership where person_id = $1 order by 1", r => r.GetGuid(0), ct, person.Id);
        return person with { Organisations = member, OnlyAdministratorOf = await Erasing.OnlyAdministratorOf(s, person.Id, ct) };
    }

    /// <summary>Everything held on the person, as a zip of one JSON file and a CSV file a table. Other people's data is not in it.</summary>
    /// <param name="reason">Of the officer; null where somebody takes out their own.</param>
    public async Task<Answer<byte[]>> Export(Actor actor, Guid person, string? reason, CancellationToken ct)
    {
        if (!actor.SignedIn || actor.IsMachine) return Refusal.Forbidden("privacy.people-only");
        if (person != actor.PersonId)
        {
            if (MayServe(actor) is { } no) return no;
            if (Unreasoned(reason) is { } wrong) return wrong;
        }
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        return await s.InTransaction<byte[]>(async t =>
        {
            if (await AccountPersonalData.Find(s, person, t) is not { } subject) return Refusal.NotFound("privacy.person-unknown", "person", ("given", person.ToString()));
            var held = new List<PersonalTable>();
            foreach (var room in rooms) held.AddRange(await room.Export(s, subject, t));
            if (person != actor.PersonId) await s.Audit(new AuditEntry("person.data-exported", "person", person.ToString(), reason), t);
            return await Archive(person, InstantPattern.General.Format(s.Now), held, t);
        }, ct);
    }

    /// <summary>Asks for an erasure: for oneself, or as an officer for somebody who asked. It waits for (another) officer.</summary>
    public async Task<Answer<Done>> AskErasure(Actor actor, Guid person, string? reason, CancellationToken ct)
    {
        if (!actor.SignedIn || actor.IsMachine) return Refusal.Forbidden("privacy.people-only");
        if (person != actor.PersonId && MayServe(actor) is { } no) return no;
        if (Unreasoned(reason) is { } wrong) return wrong;
        await using var s = sessions.Open(PeopleStore.AsSystem(actor));
        if (await organisations.OfKind(OrganisationKind.Exchange, ct) is not [var exchange, ..]) return Refusal.Conflict("privacy.no-exchange");
        return await s.InTransaction<Done>(async t =>
        {
            if (await Erasing.Hindered(s, person, t) is { } hindered) return hindered;
            await approvals.Propose(s, new ApprovalRequest(ErasureKind.Name, person.ToString(), exchange.Id, Role.Administrator, new ErasureKind.Asked(person),
                "server.task.erase-person", new Dictionary<string, string> { ["person"] = await s.One("select display_name from server.person where id = $1", r => r.GetString(0), t, person) ?? "" }, $"/privacy?person={person}"), t);
            await s.Audit(new AuditEntry("person.erasure-asked", "person", person.ToString(), reason), t);
            return default(Done);
        }, ct);
    }

    static Refusal? Unreasoned(string? reason) => string.IsNullOrWhiteSpace(reason) ? Refusal.Of("input.required", "reason")
        : reason.Length > 2000 ? Refusal.Of("input.too-long", "reason", ("limit", "2000"), ("given", reason.Length.ToString(System.Globalization.CultureInfo.InvariantCulture))) : null;

    static async Task<byte[]> Archive(Guid person, string at, IReadOnlyList<PersonalTable> held, CancellationToken ct)
    {
        using var buffer = new MemoryStream();
        await using (var zip = new ZipArchive(buffer, ZipArchiveMode.Create, leaveOpen: true, Encoding.UTF8))
        {
            var all = new JsonObject { ["person"] = person.ToString(), ["at"] = at };
            foreach (var table in held)
            {
                await using (var file = await zip.CreateEntry($"{table.Name}.csv").OpenAsync(ct))
                await using (var csv = new CsvLineWriter(file))
                {
                    if (table.Rows.Count > 0) await csv.Line(ct, table.Rows[0].Select(c => (object?)c.Key));
                    foreach (var row in table.Rows) await csv.Line(ct, row.Select(c => c.Value is null ? null : (object?)(c.Value.GetValueKind() == JsonValueKind.String ? c.Value.GetValue<string>() : c.Value.ToJsonString(Pretty))));
                }
                all[table.Name] = new JsonArray([.. table.Rows]);
            }
            await using var json = await zip.CreateEntry("everything.json").OpenAsync(ct);
            await JsonSerializer.SerializeAsync(json, all, Pretty, ct);
        }
        return buffer.ToArray();
    }
}
