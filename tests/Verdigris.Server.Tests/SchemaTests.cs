using Verdigris.Storage.Testing;

namespace Verdigris.Server.Tests;

public sealed class SchemaTests
{
    [Fact]
    public async Task Every_table_of_the_server_has_the_columns_its_code_writes_and_asks_for_no_other()
    {
        await using var own = await ServerUnderTest.Start();
        var tables = await SqlDrift.Tables(own.SuperuserConnection, "server");
        Assert.True(tables.Count >= 20, $"{tables.Count} tables");
        var room = Checkout.Path("src/Verdigris.Server");
        Assert.Equal([], SqlDrift.Compare("server", tables, Directory.EnumerateFiles(room, "*.cs", SearchOption.AllDirectories).Where(f => !f.StartsWith(Path.Combine(room, "obj"), StringComparison.Ordinal)).Select(File.ReadAllText)));
    }
}
