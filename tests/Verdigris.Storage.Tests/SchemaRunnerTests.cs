using Npgsql;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public sealed class SchemaRunnerTests
{
    static SchemaScript Script(int number, string text) => new(number, $"s{number}", text);

    static readonly SchemaScript First = Script(1, "create table lab.sample (id int primary key);");
    static readonly SchemaScript Second = Script(2, "alter table lab.sample add weight numeric not null; revoke delete on lab.sample from ${app};");

    static Task Apply(TestDatabase test, params SchemaScript[] scripts) => SchemaRunner.Apply(test.Database, "lab", scripts, default);

    static async Task<string> Applied(TestDatabase test)
    {
        await using var command = test.Database.Owner.CreateCommand("select coalesce(string_agg(room || number, ',' order by room, number), '') from storage.schema_script where room = 'lab'");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    [Fact]
    public async Task Each_script_is_applied_once_and_the_app_role_may_use_what_it_made()
    {
        await using var test = await TestCluster.NewDatabase();
        await Apply(test, First);
        await Apply(test, First, Second);
        await Apply(test, First, Second);
        Assert.Equal("lab1,lab2", await Applied(test));
        Assert.Equal(1, await A.ExecuteAs(test.AppConnectionString, "insert into lab.sample values (1, 2.5)"));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => A.ExecuteAs(test.AppConnectionString, "delete from lab.sample"))).SqlState);
    }

    [Fact]
    public async Task A_script_changed_after_it_was_applied_is_refused_and_nothing_runs()
    {
        await using var test = await TestCluster.NewDatabase();
        await Apply(test, First);
        var problem = await Assert.ThrowsAsync<StorageProblem>(() => Apply(test, First with { Text = First.Text + " -- nicer" }, Second));
        Assert.Equal(StorageCodes.SchemaChanged, problem.Code);
        Assert.Contains("0001-s1", problem.English);
        Assert.Contains("0001-s1", problem.Chinese);
        Assert.Equal("lab1", await Applied(test));
    }

    [Fact]
    public async Task Two_runners_at_once_apply_each_script_once()
    {
        await using var test = await TestCluster.NewEmptyDatabase();
        var scripts = Enumerable.Range(1, 8).Select(i => Script(i, $"create table lab.t{i} (id int); select pg_sleep(0.01);")).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            await using var database = new Database(test.OwnerConnectionString, test.AppConnectionString);
            await SchemaRunner.Apply(database, default);
            await SchemaRunner.Apply(database, "lab", scripts, default);
        })));
        Assert.Equal("lab1,lab2,lab3,lab4,lab5,lab6,lab7,lab8", await Applied(test));
    }

    [Fact]
    public async Task A_script_that_fails_leaves_nothing_of_itself_and_what_went_before_stays()
    {
        await using var test = await TestCluster.NewDatabase();
        var broken = Script(2, "create table lab.half (id int); select 1 / 0;");
        Assert.Equal(StorageCodes.SchemaFailed, (await Assert.ThrowsAsync<StorageProblem>(() => Apply(test, First, broken))).Code);
        Assert.Equal("lab1", await Applied(test));
        await Apply(test, First, Second);
        await using var command = test.Database.Owner.CreateCommand("select to_regclass('lab.half') is null");
        Assert.True((bool)(await command.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task An_older_program_on_a_newer_database_and_a_gap_in_the_numbers_are_refused()
    {
        await using var test = await TestCluster.NewDatabase();
        await Apply(test, First, Second);
        Assert.Equal(StorageCodes.SchemaNewer, (await Assert.ThrowsAsync<StorageProblem>(() => Apply(test, First))).Code);
        Assert.Equal(StorageCodes.SchemaOrder, (await Assert.ThrowsAsync<StorageProblem>(() => Apply(test, First, Script(3, "select 1")))).Code);
    }

    [Fact]
    public void Storages_own_scripts_are_numbered_without_a_gap()
    {
        var scripts = SchemaRunner.Scripts(typeof(Database).Assembly);
        Assert.True(scripts.Count >= 6);
        Assert.Equal(Enumerable.Range(1, scripts.Count), scripts.Select(s => s.Number));
    }

    [Fact]
    public async Task Every_table_of_storage_that_the_app_can_read_is_fenced_by_row_security_or_named_here()
    {
        await using var test = await TestCluster.NewDatabase();
        await using var command = test.Database.Owner.CreateCommand(
            "select coalesce(string_agg(relname::text, ',' order by relname), '') from pg_class where relnamespace = 'storage'::regnamespace and relkind = 'r' and not relrowsecurity and has_table_privilege('verdigris_app', oid, 'select')");
        Assert.Equal("schema_script", await command.ExecuteScalarAsync());
    }
}
