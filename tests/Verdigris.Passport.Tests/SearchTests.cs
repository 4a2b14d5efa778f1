using System.Text;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Register;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests;

public class SearchTests
{
    const string Letters = "aZ09-_./ ,'\\\"&|!():*äß宝钢，é\ud83d\ude00\u0000";

    [Fact]
    public async Task What_is_written_in_binary_is_what_the_database_makes_of_the_same_words()
    {
        var random = new Random(20261121);
        await using var world = await World.Make(cast: false);
        await using var s = world.As(Actor.System);
        var connection = await s.Connection();
        for (var i = 0; i < 200; i++)
        {
            var words = SearchWords.Of([.. Enumerable.Range(0, random.Next(4)).Select(_ => new string([.. Enumerable.Range(0, random.Next(150)).Select(_ => Letters[random.Next(Letters.Length)])]))]);
            var bytes = new byte[SearchWords.MostBytes(words)];
            var length = SearchWords.Write(words, bytes);
            await using (var make = new Npgsql.NpgsqlCommand("create temporary table if not exists found (search tsvector); delete from found", connection)) await make.ExecuteNonQueryAsync();
            await using (var copy = await connection.BeginBinaryImportAsync("copy found (search) from stdin (format binary)"))
            {
                copy.StartRow();
                copy.Write(bytes.AsMemory(0, length), NpgsqlTypes.NpgsqlDbType.Bytea);
                await copy.CompleteAsync();
            }
            Assert.True(await s.Value<bool>("select search = array_to_tsvector($1::text[]) from found", default, [words.ToArray()]), string.Join(' ', words));
            if (words.Count > 0) Assert.True(await s.Value<bool>("select search @@ $1::tsquery from found", default, SearchWords.Query(string.Join(' ', words.Take(10)))!));
        }
    }

    [Fact]
    public void No_text_makes_a_query_the_database_cannot_read()
    {
        var random = new Random(7);
        for (var i = 0; i < 2_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => Letters[random.Next(Letters.Length)])]);
            if (SearchWords.Query(text) is not { } query) continue;
            foreach (var term in query.Split(" & "))
            {
                Assert.Equal('\'', term[0]);
                Assert.True(term.TrimEnd('*', ':').Trim('\'').All(char.IsLetterOrDigit), query);
            }
        }
    }

    [Fact]
    public async Task Entered_or_imported_a_certificate_is_found_by_its_number_its_parts_its_heat_and_a_beginning()
    {
        await using var world = await World.Make();
        var entered = await world.Do(world.Editor, s => world.Get<CertificateHandlers>().Create(s, World.Good("A"), default));
        const string file = "brand,countryOfOrigin,shape,heats,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,labName,labAccreditation,sourceRef,Si,Fe,Zn,Ga,V,Al\r\n"
            + "VALU,NO,ingot,Q-77|Q-78,2026-03-02,2026-03-03,2026-03-03,1100,25,25060,25000,aa-p1020a,Årdal 宝钢 laboratory,NA-1,LAB/900,0.04,0.11,<0.005,0.01,0.008,99.82\r\n";
        await world.Do(world.Editor, s => world.Get<CertificateImport>().Apply(s, new MemoryStream(Encoding.UTF8.GetBytes(file)), "f.csv", CertificateImport.WholeFile, default));
        Assert.Equal([entered.Certificate.Number], await Found(entered.Certificate.Number));
        Assert.Equal([entered.Certificate.Number], await Found("000001"));
        Assert.Equal([entered.Certificate.Number], await Found("ref-a ha1"));
        foreach (var text in new[] { "VALU-2026-000002", "q-77", "78", "lab/900", "ÅRDAL", "宝钢", "labor*", "VALU-2026-0000*  900" })
            Assert.Contains("VALU-2026-000002", await Found(text));
        Assert.Empty(await Found("Q-79"));

        async Task<IEnumerable<string>> Found(string text) => (await world.Do(world.Editor, s => world.Get<RegisterHandlers>().Certificates(s, new CertificateFilter(text), default))).Items.Select(i => i.Number);
    }
}
