using System.Text.RegularExpressions;
using Npgsql;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Storage.Testing;

namespace Verdigris.Passport.Tests;

public partial class SchemaTests
{
    static readonly (string, string)[] Copies =
    [
        ("certificate", CertificateCopy.Columns),
        ("certificate_content", CertificateCopy.ContentColumns),
        ("heat", CertificateCopy.HeatColumns),
    ];

    [Fact]
    public async Task Every_table_of_the_room_has_the_columns_its_code_writes_and_asks_for_no_other()
    {
        await using var world = await World.Make(cast: false);
        var tables = await SqlDrift.Tables(world.Database.OwnerConnectionString, PassportRoom.Name);
        Assert.True(tables.Count >= 25, $"{tables.Count} tables");
        Assert.Equal([], SqlDrift.Compare(PassportRoom.Name, tables, Sources(), Copies));
    }

    [Theory]
    [InlineData("insert into r.lot (id, mass) values ($1, $2)", "r.lot.mass is named by an insert but is no column.")]
    [InlineData("insert into r.lot (note) values ($1)", "r.lot.id must be given, and the insert leaves it out.")]
    [InlineData("insert into r.lot values ($1)", "An insert into r.lot names no columns.")]
    [InlineData("insert into r.lots (id) values ($1)", "r.lots is named by an insert but is no table.")]
    [InlineData("insert into r.lot (id) values ($1) on conflict (id) do update set note = $2, mass = coalesce($3, id)", "r.lot.mass is named by an on conflict but is no column.")]
    [InlineData("insert into r.lot ({Names}) values ($1)", "r.lot is written by no statement.")] // composed, and not given as it is sent
    [InlineData("update r.lot l set note = greatest($1, id), weight = $2 from x where l.id = $3", "r.lot.weight is named by an update but is no column.")]
    public void A_statement_that_does_not_fit_its_table_is_named(string sql, string difference)
    {
        var tables = new Dictionary<string, IReadOnlyList<ColumnFacts>> { ["lot"] = [new("id", true), new("note", false)] };
        Assert.Contains(difference, SqlDrift.Compare("r", tables, [$"await s.Run(\"{sql}\", ct);"]));
        Assert.Equal([], SqlDrift.Compare("r", tables, ["insert into r.lot (id, note) values ($1, $2) on conflict (id) do update set note = $2", "update r.lot set note = null where id = $1"]));
    }

    [Fact]
    public async Task A_certificate_has_content_and_a_brand_that_fits_and_neither_can_be_taken_away()
    {
        await using var world = await World.Make();
        var row = await world.Published("A");
        await using var s = world.As(Actor.System);
        var copy = "insert into passport.certificate (id, number, version, current, state, producer_id, plant_id, brand_code, metal, contract_code, shape, production_date, production_year, issue_date, pieces, bundles, "
            + "gross_kg, net_kg, spec_ref, verdict, document_sha256, created_by, created_at, changed_at, row_version, search) "
            + "select $1, 'VALU-2026-900001', 1, true, 0, producer_id, $2, brand_code, metal, contract_code, shape, production_date, production_year, issue_date, pieces, bundles, gross_kg, net_kg, spec_ref, verdict, document_sha256, "
            + "created_by, created_at, changed_at, 1, search from passport.certificate where id = $3";
        await Refused("certificate_needs_content", () => s.Run(copy, default, Guid.NewGuid(), world.Plant, row.Certificate.Id));
        var other = Guid.NewGuid();
        await s.Run("insert into passport.certificate_content (certificate_id, document) values ($1, '{}')", default, other);
        await Refused("certificate_of_brand", () => s.Run(copy, default, other, Guid.NewGuid(), row.Certificate.Id));
        await Refused("certificate_of_brand", () => world.AsOwner("alter table passport.brand_listing disable trigger user; delete from passport.brand_listing; delete from passport.certificate_counter; delete from passport.brand where code = 'VALU'"));
        await Refused("certificate_of_brand", () => world.AsOwner($"update passport.brand set producer_id = '{world.Warehouse}' where code = 'VALU'"));
        await Assert.ThrowsAsync<PostgresException>(() => s.Run("update passport.certificate set plant_id = $1", default, Guid.NewGuid()));
        await Assert.ThrowsAsync<PostgresException>(() => s.Run("update passport.certificate_content set document = '{}'", default));
        await Assert.ThrowsAsync<PostgresException>(() => s.Run("delete from passport.certificate_content", default));
        Assert.Equal(1, await s.Run(copy, default, other, world.Plant, row.Certificate.Id));

        static async Task Refused(string constraint, Func<Task> work) => Assert.Equal(constraint, (await Assert.ThrowsAsync<PostgresException>(work)).ConstraintName);
    }

    /// <summary>The room's code, and the bodies of the functions its schema defines: both write.</summary>
    static IEnumerable<string> Sources() => Checkout.Files("src/Verdigris.Passport", ".cs").Select(f => File.ReadAllText(Checkout.Path(f)))
        .Concat(Checkout.Files("src/Verdigris.Passport/Schema", ".sql").SelectMany(f => FunctionBody().Matches(File.ReadAllText(Checkout.Path(f))).Select(m => m.Groups["body"].Value)));

    [GeneratedRegex(@"\$\$(?<body>.*?)\$\$", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex FunctionBody();
}
