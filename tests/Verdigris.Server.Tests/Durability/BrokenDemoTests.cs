using Npgsql;
using Verdigris.Storage;

namespace Verdigris.Server.Tests.Durability;

/// <summary>
/// The real program is killed without warning while it makes the demo, in every step of it, again and again on the same folder; the start that is let through goes on where the others
/// stopped, and ends with the very demo an undisturbed start makes.
/// </summary>
public sealed class BrokenDemoTests(ITestOutputHelper output)
{
    /// <summary>A line the program says, and how long after it the kill comes: at once, and in the middle of the longer steps.</summary>
    static readonly (string Line, int AfterMs)[] Kills = Night.IsNow
        ?
        [
            ("Demo 0/7", 0), ("Demo 0/7", 150), ("Demo 1/7", 20), ("Demo 2/7", 60), ("Demo 2/7", 200), ("Demo 3/7", 700), ("Demo 3/7", 1500), ("Demo 4/7", 0), ("Demo 4/7", 600), ("Demo 5/7", 40), ("Demo 5/7", 350),
            ("Demo 6/7", 100), ("Demo 6/7", 500), ("Demo 6/7", 900), ("Demo 7/7", 0),
        ]
        : [("Demo 0/7", 150), ("Demo 2/7", 200), ("Demo 3/7", 700), ("Demo 5/7", 350), ("Demo 6/7", 500)];

    [Fact]
    public async Task A_demo_killed_in_every_step_goes_on_and_ends_as_an_undisturbed_one()
    {
        var (broken, whole) = (Directory.CreateTempSubdirectory("verdigris-broken"), Directory.CreateTempSubdirectory("verdigris-whole"));
        ServerProcess? first = null, second = null;
        try
        {
            var inTheMiddle = 0;
            foreach (var (line, after) in Kills)
            {
                var at = await ServerProcess.KilledAt(broken.FullName, line, after);
                if (at is not null) inTheMiddle++;
                output.WriteLine($"kill {after} ms after '{line}': {at ?? "the demo was already made"}");
            }
            Assert.True(inTheMiddle > Kills.Length / 2, $"Only {inTheMiddle} kills came before the demo was whole.");
            first = await ServerProcess.Start(broken.FullName);
            second = await ServerProcess.Start(whole.FullName);
            Assert.Equal(await Contents(whole.FullName), await Contents(broken.FullName));
            using var browser = new Browser(first.Address);
            Assert.Equal(System.Net.HttpStatusCode.Found, (await browser.SignIn("owner-a", DemoPeople.Password)).StatusCode);
            Assert.Contains("/certificates/", await browser.Text("/certificates"), StringComparison.Ordinal);
        }
        finally
        {
            first?.Kill();
            second?.Kill();
            await ServerProcess.DeleteWhenStopped(broken);
            await ServerProcess.DeleteWhenStopped(whole);
        }
    }

    /// <summary>What a demo is made of, without ids and times: every table's rows in words, so that a difference can be read.</summary>
    static async Task<string> Contents(string data)
    {
        await using var connection = new NpgsqlConnection(PrivateCluster.Running(data)!.Value.Owner + ";Pooling=false");
        await connection.OpenAsync();
        var found = new List<string>();
        foreach (var (name, sql) in Tables)
        {
            await using var command = new NpgsqlCommand($"select count(*) || ' ' || coalesce(md5(string_agg(line, '|' order by line)), '-') from ({sql}) as t (line)", connection);
            found.Add($"{name} {await command.ExecuteScalarAsync()}");
        }
        foreach (var (name, sql) in Histograms)
        {
            await using var command = new NpgsqlCommand($"select coalesce(string_agg(line || ' x' || n, ', ' order by line), '-') from (select line, count(*) as n from ({sql}) as t (line) group by line) as h", connection);
            found.Add($"{name} {await command.ExecuteScalarAsync()}");
        }
        return string.Join('\n', found);
    }

    static readonly (string Name, string Sql)[] Tables =
    [
        ("organisations", "select concat_ws(' ', id, kind, name, state) from passport.organisation"),
        ("accounts", "select concat_ws(' ', organisation_id, kind, state) from passport.book_account"),
        ("plants", "select concat_ws(' ', id, code) from passport.plant"),
        ("keys", "select concat_ws(' ', plant_id, held_by, valid_to is null) from passport.plant_key"),
        ("listings", "select concat_ws(' ', brand_code, seq, from_date, state) from passport.brand_listing"),
        ("emissions", "select concat_ws(' ', e.brand_code, e.report_year, e.method, e.state, e.public_opt_in, v.direct_tco2e_per_t, v.indirect_tco2e_per_t, v.scope3_tco2e_per_t) from passport.emissions_submission e join passport.emissions_value v on v.submission_id = e.id"),
        ("joins", "select concat_ws(' ', j.brand_code, j.production_year, j.method, e.report_year) from passport.emissions_join j join passport.emissions_submission e on e.id = j.submission_id"),
        ("certificates", "select concat_ws(' ', number, version, current, c.state, source_ref, net_kg, verdict, signature is not null, w.unit) from passport.certificate c left join passport.warehouse w on w.id = c.warehouse_id"),
        ("heats", "select concat_ws(' ', plant_id, production_date, heat, certificate_number) from passport.heat"),
        ("imports", "select concat_ws(' ', file_sha256, state, lines, accepted, refused, applied) from passport.certificate_import"),
        ("faults", "select concat_ws(' ', line, seq, column_name, code) from passport.certificate_import_line"),
        ("matches", "select concat_ws(' ', c.number, m.passed, m.net_kg) from passport.inbound_match m join passport.certificate c on c.id = m.certificate_id"),
        ("warrants", "select concat_ws(' ', number, state, first_owner, warehouse_id, lot_no, queue_no is not null, hold_id is not null) from passport.warrant"),
        ("transfers", "select concat_ws(' ', w.number, t.kind, t.from_organisation, t.to_organisation, t.state, t.reason) from passport.title_transfer t join passport.warrant w on w.id = t.warrant_id"),
        ("titles", "select concat_ws(' ', c.number, f.owner_organisation, f.warehouse_organisation, f.serial) from passport.title_fence f join passport.certificate c on c.id = f.certificate_id"),
        ("receipts", "select concat_ws(' ', certificate_number, warrant_number, organisation_id, had_values) from passport.title_receipt"),
        ("people", "select concat_ws(' ', p.id, p.sign_in_name, m.organisation_id, array_to_string(m.roles, ',')) from server.person p left join server.membership m on m.person_id = p.id"),
    ];

    static readonly (string Name, string Sql)[] Histograms =
    [
        ("tasks", "select concat_ws(' ', kind, for_role, state) from storage.approval_task"),
        ("commands", "select concat_ws(' ', kind, state) from storage.book_command"),
        ("trail", "select concat_ws(' ', subject_kind, action) from storage.audit_event where action <> 'import.signed'"),
    ];
}
