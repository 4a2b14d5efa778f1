using Npgsql;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class AuditTests
{
    static readonly Guid Smelter = Guid.NewGuid(), Trader = Guid.NewGuid();

    [Fact]
    public async Task An_entry_says_who_when_what_and_why_and_is_written_with_its_transaction()
    {
        await using var test = await TestCluster.NewDatabase();
        var li = A.Person("Li Wei", Smelter, Role.ProducerApprover);
        await using var session = A.Sessions(test).Open(li);
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            await session.Audit(new("certificate.signed", "certificate", "c-0"), ct);
            throw new InvalidDataException();
        }));
        await session.InTransaction(ct => session.Audit(new("certificate.signed", "certificate", "c-1", "second analysis", new { version = 2 }, new string('a', 64)), ct));
        var page = await AuditTrail.OfSubject(session, "certificate", "c-1");
        var row = Assert.Single(page.Items);
        Assert.Equal((1L, li.PersonId, "Li Wei", Smelter, "certificate.signed", "second analysis", """{"version": 2}""", A.Clock.GetCurrentInstant()),
            (row.Id, row.PersonId, row.PersonName, row.OrganisationId, row.Action, row.Reason, row.DetailsJson, row.At));
        Assert.Empty((await AuditTrail.OfSubject(session, "certificate", "c-0")).Items);
    }

    [Theory]
    [InlineData("update storage.audit_event set reason = 'other'")]
    [InlineData("delete from storage.audit_event")]
    [InlineData("truncate storage.audit_event")]
    public async Task Nobody_changes_or_removes_an_entry_the_owner_role_and_the_superuser_included(string sql)
    {
        await using var test = await TestCluster.NewDatabase();
        await using (var session = A.Sessions(test).Open(Actor.System)) await session.Audit(new("a.b", "thing", "1"));
        foreach (var connection in new[] { test.OwnerConnectionString, test.SuperuserConnectionString })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(connection, sql));
            Assert.Equal("23001", refused.SqlState);
        }
        var app = await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(test.AppConnectionString, sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, app.SqlState);
        Assert.Equal(1, (await AuditTrail.Verify(test.Database)).Rows);
    }

    [Fact]
    public async Task The_app_role_cannot_write_an_entry_past_the_chain()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => session.Execute(
            "insert into storage.audit_event values (1, now(), null, 'x', null, 'a', 'b', 'c', null, null, null, decode(repeat('00', 32), 'hex'))"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        refused = await Assert.ThrowsAsync<PostgresException>(() => session.Execute("update storage.audit_head set id = 7"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task An_organisation_sees_its_own_entries_and_exchange_staff_all()
    {
        await using var test = await TestCluster.NewDatabase();
        foreach (var organisation in new[] { Smelter, Trader })
        {
            await using var session = A.Sessions(test).Open(A.Person("p", organisation, Role.Reader));
            await session.Audit(new("warrant.moved", "warrant", "w-1"));
        }
        await using (var smelter = A.Sessions(test).Open(A.Person("q", Smelter, Role.Reader)))
            Assert.Equal(Smelter, Assert.Single((await AuditTrail.OfSubject(smelter, "warrant", "w-1")).Items).OrganisationId);
        await using (var staff = A.Sessions(test).Open(A.Person("s", Guid.NewGuid(), Role.ExchangeStaff)))
            Assert.Equal(2, (await AuditTrail.OfSubject(staff, "warrant", "w-1")).Items.Count);
        await using (var nobody = A.Sessions(test).Open(Actor.Public))
            Assert.Empty((await AuditTrail.Read(nobody, new())).Items);
    }

    [Fact]
    public async Task The_chain_is_whole_after_many_writers_at_once_and_has_no_gap()
    {
        await using var test = await TestCluster.NewDatabase();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            await using var session = A.Sessions(test).Open(A.Person($"p{writer}", Smelter, Role.Reader));
            for (var i = 0; i < 20; i++)
            {
                await session.InTransaction(async ct =>
                {
                    await session.Audit(new("a.first", "thing", $"{writer}-{i}", "原因 'quoted' \\ \u0001"), ct);
                    await session.Audit(new("a.second", "thing", $"{writer}-{i}", Details: new { n = 1.10m, text = "中文" }), ct);
                });
            }
        })));
        var verified = await AuditTrail.Verify(test.Database);
        Assert.Equal((320L, null, true), (verified.Rows, verified.FirstBroken, verified.Whole));
    }

    [Theory]
    [InlineData("update storage.audit_event set reason = 'rewritten' where id = 3", 3)]
    [InlineData("delete from storage.audit_event where id = 4", 5)]
    [InlineData("delete from storage.audit_event where id = 6", 6)]
    public async Task Tampering_behind_the_triggers_is_found_at_its_row(string tamper, long broken)
    {
        await using var test = await TestCluster.NewDatabase();
        await using (var session = A.Sessions(test).Open(Actor.System))
        {
            for (var i = 0; i < 6; i++) await session.Audit(new("a.b", "thing", $"{i}"));
        }
        await A.ExecuteAs(test.SuperuserConnectionString, $"set session_replication_role = replica; {tamper}");
        Assert.Equal(broken, (await AuditTrail.Verify(test.Database)).FirstBroken);
    }

    [Fact]
    public async Task Pages_follow_one_another_without_gap_while_rows_are_added()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        for (var i = 0; i < 25; i++) await session.Audit(new("a.b", "thing", $"{i}"));
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await AuditTrail.Read(session, new(SubjectKind: "thing", Cursor: cursor, Limit: 10));
            seen.AddRange(page.Items.Select(e => e.SubjectId));
            cursor = page.NextCursor;
            await session.Audit(new("a.b", "thing", "later"));
        }
        while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 25).Reverse().Select(i => $"{i}"), seen);
        await Assert.ThrowsAsync<ArgumentException>(() => AuditTrail.Read(session, new(Cursor: "nonsense")));
    }

    [Fact]
    public async Task Twenty_thousand_entries_of_one_transaction_are_one_unbroken_chain()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        await session.InTransaction(async ct =>
        {
            for (var i = 0; i < 20_000; i++) await session.Audit(new("certificate.imported", "certificate", $"c-{i}"), ct);
        });
        var verified = await AuditTrail.Verify(test.Database);
        Assert.Equal((20_000L, true), (verified.Rows, verified.Whole));
    }
}
