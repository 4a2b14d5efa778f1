using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

/// <summary>Names in the trail can be erased, and the chain of hashes does not notice.</summary>
public sealed class NameTests
{
    static readonly Guid Smelter = Guid.NewGuid();

    static Task Erase(TestDatabase test, Actor who) => A.ExecuteAs(test.OwnerConnectionString, $"select storage.act_as(null, null, array['system'], 'system'); select storage.erase_names('{who.PersonId}', array['{who.Name}'], now())");

    [Fact]
    public async Task An_erased_name_is_gone_from_the_trail_and_the_chain_is_whole_as_before()
    {
        await using var test = await TestCluster.NewDatabase();
        var (li, other) = (A.Person("Li Wei", Smelter, Role.ProducerApprover), A.Person("Noor Haddad", Smelter, Role.Reader));
        foreach (var who in new[] { li, other, li with { Name = "Li Wei (Agency)" }, li })
        {
            await using var session = A.Sessions(test).Open(who);
            await session.Audit(new("a.b", "thing", "1"));
        }
        await using var reader = A.Sessions(test).Open(other);
        Assert.Equal(3, (await AuditTrail.Read(reader, new(Person: "li WEI"))).Items.Count);
        Assert.Equal("4", await reader.Scalar<string>("select count(*)::text from storage.audit_event where person_name ~ '^name:'"));
        var before = await AuditTrail.Verify(test.Database);
        await Erase(test, li);
        Assert.Equal(before, await AuditTrail.Verify(test.Database));
        var page = await AuditTrail.Read(reader, new());
        var pseudonym = "person-" + li.PersonId.ToString()[^12..];
        Assert.Equal([pseudonym, pseudonym, "Noor Haddad", pseudonym], page.Items.Select(e => e.PersonName));
        Assert.Equal(3, page.Items.Count(e => e.PersonId == li.PersonId));
        Assert.Empty((await AuditTrail.Read(reader, new(Person: "Li"))).Items);
        // A request that was under way brings the name back no more.
        await using (var late = A.Sessions(test).Open(li)) await late.Audit(new("a.late", "thing", "1"));
        Assert.Equal(pseudonym, (await AuditTrail.Read(reader, new(Action: "a.late"))).Items[0].PersonName);
        Assert.True((await AuditTrail.Verify(test.Database)).Whole);
    }

    [Theory]
    [InlineData("update storage.person_name set name = 'Somebody Else' where name = 'Li Wei'")]
    [InlineData("delete from storage.person_name where name = 'Li Wei'")]
    [InlineData("update storage.person_name set person = gen_random_uuid() where name = 'Li Wei'")]
    public async Task A_name_exchanged_behind_the_trail_is_found_at_the_first_row_that_bears_it(string tamper)
    {
        await using var test = await TestCluster.NewDatabase();
        await using (var system = A.Sessions(test).Open(Actor.System)) await system.Audit(new("a.b", "thing", "0"));
        await using (var session = A.Sessions(test).Open(A.Person("Li Wei", Smelter, Role.Reader)))
            for (var i = 0; i < 3; i++) await session.Audit(new("a.b", "thing", "1"));
        Assert.True((await AuditTrail.Verify(test.Database)).Whole);
        await A.ExecuteAs(test.SuperuserConnectionString, tamper);
        Assert.Equal(2, (await AuditTrail.Verify(test.Database)).FirstBroken);
    }

    [Fact]
    public async Task The_app_role_reads_no_name_but_by_its_reference_and_erases_none()
    {
        await using var test = await TestCluster.NewDatabase();
        var li = A.Person("Li Wei", Smelter, Role.Reader);
        await using var session = A.Sessions(test).Open(li);
        await session.Audit(new("a.b", "thing", "1"));
        foreach (var sql in new[] { "select name from storage.person_name", "delete from storage.person_name", $"select storage.erase_names('{li.PersonId}', array['Li Wei'], now())", $"select storage.keep_name('{li.PersonId}', 'x')" })
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => session.Execute(sql))).SqlState);
        Assert.Equal(0L, await session.Scalar<long>($"select count(*) from storage.names_of('{li.PersonId}')"));
    }

    [Fact]
    public async Task A_trail_written_with_names_is_proved_then_written_anew_and_says_its_old_end()
    {
        await using var test = await TestCluster.NewEmptyDatabase();
        var scripts = SchemaRunner.Scripts(typeof(Database).Assembly);
        await SchemaRunner.Apply(test.Database, "storage", [.. scripts.Where(s => s.Number <= 7)], default);
        var li = A.Person("Li Wei", Smelter, Role.Reader);
        await using (var session = A.Sessions(test).Open(li))
        {
            await session.Audit(new("person.invited", "person", "p-1", "new", new { signInName = "noor@auriga.example", roles = new[] { "reader" } }));
            await session.Audit(new("a.b", "thing", "1"));
        }
        await using (var session = A.Sessions(test).Open(Actor.System)) await session.Audit(new("a.c", "thing", "2"));
        var before = await AuditTrail.Verify(test.Database);
        Assert.Equal((3L, true), (before.Rows, before.Whole));
        await SchemaRunner.Apply(test.Database, "storage", scripts, default);
        var after = await AuditTrail.Verify(test.Database);
        Assert.Equal((4L, true), (after.Rows, after.Whole));
        await using var staff = A.Sessions(test).Open(A.Person("s", Guid.NewGuid(), Role.ExchangeStaff));
        var rows = (await AuditTrail.Read(staff, new(OldestFirst: true))).Items;
        Assert.Equal(["Li Wei", "Li Wei", "system", "system"], rows.Select(r => r.PersonName));
        Assert.Equal("""{"roles": ["reader"]}""", rows[0].DetailsJson);
        Assert.Contains(before.Head, rows[3].DetailsJson, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(test.OwnerConnectionString, "update storage.audit_event set reason = 'x'"));
    }

    [Fact]
    public async Task A_broken_trail_is_not_written_anew()
    {
        await using var test = await TestCluster.NewEmptyDatabase();
        var scripts = SchemaRunner.Scripts(typeof(Database).Assembly);
        await SchemaRunner.Apply(test.Database, "storage", [.. scripts.Where(s => s.Number <= 7)], default);
        await using (var session = A.Sessions(test).Open(Actor.System))
            for (var i = 0; i < 3; i++) await session.Audit(new("a.b", "thing", $"{i}"));
        await A.ExecuteAs(test.SuperuserConnectionString, "set session_replication_role = replica; update storage.audit_event set reason = 'rewritten' where id = 2");
        var refused = await Assert.ThrowsAsync<StorageProblem>(() => SchemaRunner.Apply(test.Database, "storage", scripts, default));
        Assert.Contains("broken at row 2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_the_oldest_first_follow_one_another_and_a_cursor_is_good_for_its_order_only()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        for (var i = 0; i < 25; i++) await session.Audit(new("a.b", "thing", $"{i}"));
        var seen = new List<long>();
        string? cursor = null;
        do
        {
            var page = await AuditTrail.Read(session, new(OldestFirst: true, Cursor: cursor, Limit: 10));
            seen.AddRange(page.Items.Select(e => e.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(1, 25).Select(i => (long)i), seen);
        var newest = (await AuditTrail.Read(session, new(Limit: 5))).NextCursor;
        Assert.Equal("page.cursor-invalid", new AuditFilter(Cursor: newest, OldestFirst: true).Check()[0].Code);
    }
}
