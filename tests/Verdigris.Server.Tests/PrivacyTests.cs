using System.IO.Compression;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Server.Tests;

public sealed partial class PrivacyTests
{
    const string Name = "Noor \"Nono\" Haddad-Ødegård", Address = "noor.haddad@auriga.example", Password = "red metal, green skin";
    static readonly Guid Auriga = new("0190a000-0000-7000-8000-000000000003"), Maasvlakte = new("0190a000-0000-7000-8000-000000000002");

    /// <summary>Somebody who has left traces wherever this server writes names.</summary>
    static async Task<(Guid Id, Browser Browser)> Somebody(ServerUnderTest own)
    {
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var invited = await administrator.Post("/people/invite", "invite", ("Input.DisplayName", Name), ("Input.Name", Address), ("Input.Roles", "owner.trader"), ("Input.Roles", "administrator"));
        using (var noor = own.NewBrowser()) (await noor.Post(Link().Match(await invited.Content.ReadAsStringAsync()).Value, "invitation", ("Input.Password", Password), ("Input.Repeat", Password))).Dispose();
        var id = await own.Value<Guid>($"select id from server.person where sign_in_name = '{Address}'");
        // Made administrator by the exchange: her name is in the task's title, the deciders' inboxes and their letters.
        using (var exchange = await own.SignedIn("exchange@demo"))
            (await exchange.Post($"/tasks/{await own.Value<Guid>("select id from storage.approval_task where kind = 'server.grant-administrator'")}", "decide", ("Input.Decision", "approve"))).Dispose();
        var browser = await own.SignedIn(Address, Password);
        (await browser.Post("/people/invite", "invite", ("Input.DisplayName", "Somebody Else"), ("Input.Name", "else@auriga.example"), ("Input.Roles", "administrator"))).Dispose();
        (await administrator.Post("/recover", "recover", ("Input.Name", Address))).Dispose();
        await own.Sql($"""
            insert into server.second_step (person_id, secret_sealed, since, last_step) values ('{id}', 's', now(), 0);
            insert into server.recovery_code (person_id, code_sha256) values ('{id}', sha256('1'));
            insert into server.passkey (credential_id, person_id, name, public_key, created_at, sign_count, transports, is_user_verified, is_backup_eligible, is_backed_up, attestation_object, client_data_json)
              values ('\x01', '{id}', 'Phone of {Name.Replace("\"", "")}', '\x01', now(), 0, array[]::text[], true, false, false, '\x01', '\x01');
            insert into server.notice_language (person_id, language) values ('{id}', 'en');
            insert into server.application (id, token_sha256, token_sealed, kind, name, country, registration_no, contact_name, contact_address, language, state, created_at, changed_at)
              values (gen_random_uuid(), sha256('t'), 't', 'owner', 'Auriga', 'SG', '1', '{Name}', '{Address}', 'en', 0, now(), now());
            insert into server.idempotent_request (actor, key, request_sha256, state, server_run, started_at, status, body) values (gen_random_uuid(), 'k', sha256('r'), 'done', gen_random_uuid(), now(), 200, convert_to('{Name}', 'UTF8'));
            """);
        // Her hand on metal: rows of the other room that name who did it.
        await own.Sql($"""
            insert into passport.warehouse (id, organisation_id, unit, name, location_code, country, metals, state, created_at) values ('{Unit}', '{Maasvlakte}', 'W1', 'Unit', 'NLRTM', 'NL', array['AL'], 'active', now());
            insert into passport.floor_count (id, warehouse_id, warehouse_organisation, counted_on, floor_lots, floor_kg, book_lots, book_kg, tolerance_pct, rule_id, sha256, counted_by, counted_by_name, created_at)
              values (gen_random_uuid(), '{Unit}', '{Maasvlakte}', '2026-01-01', 0, 0, 0, 0, 0.2, 'r', repeat('a', 64), '{id}', '{Name}', now());
            """);
        var services = own.Server.Services;
        await using (var s = services.GetRequiredService<IDbSessions>().Open(Actor.System))
            await s.Notify(new Notice("task.waiting", new NoticeTo(Organisation: Auriga, Roles: [Role.Administrator]), "server.task.grant-administrator", new Dictionary<string, string> { ["person"] = Name }, "/tasks", "person", id.ToString()));
        await NoticeTests.Delivered(own);
        return (id, browser);
    }

    static readonly Guid Unit = Guid.CreateVersion7();

    /// <summary>Every column of text of every table that holds a needle, whatever its case.</summary>
    static async Task<List<string>> Scan(ServerUnderTest own, params string[] needles)
    {
        await using var connection = new Npgsql.NpgsqlConnection(own.SuperuserConnection);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var columns = new List<(string Table, string Column, string Text)>();
        await using (var command = new Npgsql.NpgsqlCommand("""
            select format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), format_type(a.atttypid, null) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
            where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relkind in ('r', 'm') and a.attnum > 0 and not a.attisdropped
              and format_type(a.atttypid, null) in ('text', 'character varying', 'json', 'jsonb', 'text[]', 'jsonb[]', 'bytea', 'xml', 'tsvector')
            """, connection))
        await using (var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken))
            while (await reader.ReadAsync(TestContext.Current.CancellationToken)) columns.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        Assert.True(columns.Count > 200, $"{columns.Count} columns");
        var found = new List<string>();
        foreach (var (table, column, type) in columns)
            foreach (var needle in needles)
            {
                // Bytes are compared as bytes, and JSON writes a quotation mark with a stroke before it.
                var escaped = JsonSerializer.Serialize(needle, Relaxed).Trim('"');
                var condition = type == "bytea" ? $"position(convert_to($1, 'UTF8') in {column}) > 0 and $2 <> ''" : $"position(lower($1) in lower({column}::text)) > 0 or position(lower($2) in lower({column}::text)) > 0";
                await using var count = new Npgsql.NpgsqlCommand($"select count(*) from {table} where {condition}", connection);
                count.Parameters.Add(new() { Value = needle });
                count.Parameters.Add(new() { Value = escaped });
                if ((long)(await count.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0) found.Add($"{table}.{column}");
            }
        return [.. found.Distinct().Order(StringComparer.Ordinal)];
    }

    static async Task Decide(ServerUnderTest own, string seat, bool approve = true)
    {
        using var officer = await own.SignedIn(seat);
        using var decided = await officer.Post($"/tasks/{await own.Value<Guid>("select id from storage.approval_task where kind = 'server.erase-person' and state = 'Open'")}", "decide", ("Input.Decision", approve ? "approve" : "reject"), ("Input.Reason", "checked"));
        Assert.Equal(HttpStatusCode.Found, decided.StatusCode);
    }

    static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Who_is_erased_is_in_no_column_of_the_database_and_everything_they_did_is_still_there()
    {
        await using var own = await ServerUnderTest.Start();
        var (id, noor) = await Somebody(own);
        using var browser = noor;
        var before = await Scan(own, Name, Address, "Haddad");
        foreach (var place in new[] { "server.person.display_name", "server.person.sign_in_name", "server.mail.body", "server.notice.text_args", "storage.approval_task.title_args", "storage.approval_task.proposed_by_name", "storage.person_name.name",
                     "storage.outbox_event.payload", "passport.floor_count.counted_by_name", "server.application.contact_name", "server.idempotent_request.body", "server.passkey.name" })
            Assert.Contains(place, before);
        var doings = await own.Value<long>($"select count(*) from storage.audit_event where person = '{id}'");
        using var asked = await noor.Post("/account/data", "erase", ("Input.Reason", "I leave"));
        Assert.Equal(HttpStatusCode.Found, asked.StatusCode);
        await Decide(own, "exchange@demo");

        Assert.Equal([], await Scan(own, Name, Address, "Haddad"));
        Assert.True((await own.Value<long>($"select count(*) from storage.audit_event where person = '{id}'")) > doings);
        var verified = await AuditTrail.Verify(own.Server.Services.GetRequiredService<Database>(), TestContext.Current.CancellationToken);
        Assert.True(verified.Whole);
        Assert.Equal(1L, await own.Value<long>($"select count(*) from server.person where id = '{id}' and erased_at is not null and display_name = storage.pseudonym(id)"));
        Assert.Equal(1L, await own.Value<long>($"select count(*) from passport.floor_count where counted_by = '{id}' and counted_by_name = storage.pseudonym(counted_by)"));
        Assert.Equal(HttpStatusCode.Found, (await noor.Get("/account")).StatusCode);
        using var again = own.NewBrowser();
        Assert.NotEqual(HttpStatusCode.Found, (await again.SignIn(Address, Password)).StatusCode);
        using var exchange = await own.SignedIn("exchange@demo");
        Assert.Contains("person-" + id.ToString()[^12..], await exchange.Text("/audit"));
        // Erased once; the address is free for somebody new.
        Assert.DoesNotContain("value=\"erase\"", await exchange.Text($"/privacy?person={id}"));
        using var administrator = await own.SignedIn("owner.approver@demo");
        using var anew = await administrator.Post("/people/invite", "invite", ("Input.DisplayName", "Another"), ("Input.Name", Address), ("Input.Roles", "owner.trader"));
        Assert.Matches(Link(), await anew.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_name_in_a_record_that_never_changes_becomes_the_pseudonym_of_its_person_and_nothing_else()
    {
        await using var own = await ServerUnderTest.Start();
        var (id, noor) = await Somebody(own);
        using var browser = noor;
        foreach (var sql in new[] { "update passport.floor_count set counted_by_name = 'Another'", "update passport.floor_count set floor_kg = 1", "update passport.floor_count set counted_by_name = storage.pseudonym(gen_random_uuid())", "delete from passport.floor_count where not exists (select from passport.floor_count_line)",
                     "update passport.floor_count set counted_by_name = storage.pseudonym(counted_by), floor_kg = 1", "update storage.approval_task set proposed_by_name = 'Another'", "update storage.approval_task set title_args = '{}'" })
            Assert.Equal("23001", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => own.Sql(sql))).SqlState);
        await own.Sql($"update passport.floor_count set counted_by_name = storage.pseudonym('{id}')");
    }

    [Fact]
    public async Task An_erasure_takes_two_people_and_never_leaves_an_organisation_without_an_administrator()
    {
        await using var own = await ServerUnderTest.Start();
        using var officer = await own.SignedIn("exchange@demo");
        // Auriga's only administrator: refused, with what to do.
        using var only = await officer.Post("/privacy?lang=en&person=owner.approver@demo", "erase", ("Input.Reason", "asked by letter"));
        Assert.Contains("only active administrator of Auriga Trading", await only.Content.ReadAsStringAsync());
        using var unreasoned = await officer.Post("/privacy?lang=en&person=reader@demo", "erase", ("Input.Reason", " "));
        Assert.Equal(HttpStatusCode.OK, unreasoned.StatusCode);
        using var proposed = await officer.Post("/privacy?person=reader@demo", "erase", ("Input.Reason", "asked by letter"));
        Assert.Equal(HttpStatusCode.Found, proposed.StatusCode);
        var task = await own.Value<Guid>("select id from storage.approval_task where kind = 'server.erase-person'");
        Assert.DoesNotContain("value=\"approve\"", await officer.Text($"/tasks/{task}"));
        Assert.Equal("active", await own.Value<string>("select state from server.person where sign_in_name = 'reader@demo'"));
        // A second officer decides.
        await own.Sql("update server.membership set organisation_id = '0190a000-0000-7000-8000-000000000005', roles = array['administrator', 'exchange.staff'] where person_id = '0190b000-0000-7000-8000-000000000006'");
        await Decide(own, "buyer@demo", approve: false);
        Assert.Equal("active", await own.Value<string>("select state from server.person where sign_in_name = 'reader@demo'"));
        await NoticeTests.Delivered(own);
        Assert.Equal(1L, await own.Value<long>("select count(*) from server.notice n join server.person p on p.id = n.person_id where n.kind = 'task.rejected' and p.sign_in_name = 'exchange@demo'"));
        (await officer.Post("/privacy?person=reader@demo", "erase", ("Input.Reason", "asked again"))).Dispose();
        await Decide(own, "buyer@demo");
        Assert.Equal(0L, await own.Value<long>("select count(*) from server.person where sign_in_name = 'reader@demo'"));

        using var trader = await own.SignedIn("owner@demo");
        Assert.NotEqual(HttpStatusCode.OK, (await trader.Get("/privacy")).StatusCode);
        using var administrator = await own.SignedIn("owner.approver@demo");
        Assert.DoesNotContain("name=\"person\"", await administrator.Text("/privacy"));
        using var refused = await administrator.Get("/api/v1/people/0190b000-0000-7000-8000-000000000003/data?reason=curious");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task Somebody_takes_out_all_that_is_held_on_them_and_nothing_of_others()
    {
        await using var own = await ServerUnderTest.Start();
        var (id, noor) = await Somebody(own);
        using var browser = noor;
        using var answer = await noor.Get("/api/v1/me/data");
        Assert.Equal("application/zip", answer.Content.Headers.ContentType!.MediaType);
        using var zip = new ZipArchive(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        using var json = await JsonDocument.ParseAsync(await zip.GetEntry("everything.json")!.OpenAsync(TestContext.Current.CancellationToken), cancellationToken: TestContext.Current.CancellationToken);
        var root = json.RootElement;
        Assert.Equal((Name, Address), (root.GetProperty("account")[0].GetProperty("display_name").GetString(), root.GetProperty("account")[0].GetProperty("sign_in_name").GetString()));
        foreach (var table in new[] { "names", "doings", "done-to-you", "memberships", "sessions", "invitations", "second-step", "passkeys", "letters", "applications", "floor-counts", "storage-mentions", "server-mentions", "passport-mentions" })
        {
            Assert.True(root.GetProperty(table).GetArrayLength() > 0, table);
            using var csv = new StreamReader(await zip.GetEntry(table + ".csv")!.OpenAsync(TestContext.Current.CancellationToken));
            var lines = (await csv.ReadToEndAsync(TestContext.Current.CancellationToken)).Split("\r\n");
            Assert.True(lines.Length >= root.GetProperty(table).GetArrayLength() + 2, table);
        }
        Assert.Contains(root.GetProperty("passport-mentions").EnumerateArray(), m => m.GetProperty("table").GetString() == "passport.floor_count" && m.GetProperty("column").GetString() == "counted_by");
        Assert.DoesNotContain("password_hash", root.GetRawText());
        Assert.DoesNotContain("Lucas Weber", root.GetRawText());
        // The officer's copy for a request says the same and is in the trail with its reason.
        using var officer = await own.SignedIn("exchange@demo");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await officer.Get($"/api/v1/people/{id}/data")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await officer.Get($"/api/v1/people/{id}/data?reason=letter")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await officer.Get($"/api/v1/people/{Guid.NewGuid()}/data?reason=letter")).StatusCode);
        Assert.Equal("letter", await own.Value<string>("select reason from storage.audit_event where action = 'person.data-exported'"));
    }

    [Fact]
    public async Task Every_column_for_a_name_of_somebody_who_acts_is_one_that_erasure_knows()
    {
        await using var own = await ServerUnderTest.Start();
        var functions = await own.Value<string>("select string_agg(pg_get_functiondef(oid), ' ') from pg_proc where proname in ('erase_names', 'erase_person')");
        var columns = await own.Value<string[]>("""
            select array_agg(c.table_name || '.' || c.column_name order by 1) from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
            where c.table_schema in ('storage', 'passport') and t.table_type = 'BASE TABLE' and c.data_type = 'text' and c.column_name ~ '_name$' and c.column_name not in ('file_name', 'column_name')
            """);
        string[] known = ["audit_event.person_name"]; // holds a reference, never a name
        Assert.True(columns.Length >= 14, string.Join(' ', columns));
        Assert.Equal(known, columns.Where(c => !functions.Contains($"{c.Split('.')[0]} set {c.Split('.')[1]} =", StringComparison.Ordinal)));
    }

    [GeneratedRegex("/invitation/[0-9a-f]{64}")]
    private static partial Regex Link();
}
