using Verdigris.Storage;
using static Verdigris.Registry.Tests.RegistryWorld;

namespace Verdigris.Registry.Tests;

public sealed class PrivacyTests
{
    [Fact]
    public async Task Everything_a_person_did_is_in_the_export_and_every_column_of_people_is_asked()
    {
        await using var w = await Ready();
        await w.Give(w.SmelterAccount, 10);
        await using var s = w.Sessions.Open(Primitives.Actor.System);
        var data = w.Get<IEnumerable<IPersonalData>>().Single();
        var tables = await data.Export(s, new DataSubject(SmelterFirst.PersonId, []), default);
        Assert.Contains(tables, t => t.Name.EndsWith("registry-representations", StringComparison.Ordinal));
        var columns = await s.All("select table_name from information_schema.columns where table_schema = 'registry' and data_type = 'uuid' and (column_name like '%\\_by' or column_name in ('person', 'person_id')) group by 1", r => r.GetString(0), default);
        var source = await File.ReadAllTextAsync(Testing.Checkout.Path("src/Verdigris.Registry/Privacy/RegistryPersonalData.cs"), TestContext.Current.CancellationToken);
        Assert.Equal([], columns.Where(t => !source.Contains("registry." + t, StringComparison.Ordinal) && !source.Contains($"\"{t}\"", StringComparison.Ordinal)));
    }
}
