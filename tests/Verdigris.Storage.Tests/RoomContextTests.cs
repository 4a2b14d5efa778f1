using Microsoft.EntityFrameworkCore;
using NodaTime;
using Verdigris.Primitives;
using Verdigris.Storage.Testing;

namespace Verdigris.Storage.Tests;

public enum LotState { Draft, Weighed }

public sealed record Bundle(int Pieces, decimal NetKg, LocalDate? SealedOn);

public sealed class MetalLot
{
    public Guid Id { get; set; }
    public Guid OwnerId { get; set; }
    public string LotNo { get; set; } = "";
    public decimal NetKg { get; set; }
    public decimal? CO2PerTonne { get; set; }
    public LotState State { get; set; }
    public Instant ReceivedAt { get; set; }
    public LocalDate ProducedOn { get; set; }
    public UInt128 HoldId { get; set; }
    public List<Bundle> Bundles { get; set; } = [];
    public uint Version { get; set; }
}

public sealed class LotContext(DbContextOptions options) : RoomContext(options)
{
    public override string Room => "lots";
    public DbSet<MetalLot> Lots => Set<MetalLot>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<MetalLot>(lot => lot.Property(l => l.Bundles).AsJsonb());
}

public sealed class RoomContextTests
{
    const string Table = """
        create table lots.metal_lot (
          id uuid primary key, owner_id uuid not null, lot_no text not null, net_kg numeric not null check (net_kg > 0), co2_per_tonne numeric, state text not null,
          received_at timestamptz not null, produced_on date not null, hold_id uuid not null, bundles jsonb not null);
        alter table lots.metal_lot enable row level security;
        create policy own_lots on lots.metal_lot to ${app} using (owner_id = (select storage.current_organisation()) or (select storage.is_system()))
          with check (owner_id = (select storage.current_organisation()) or (select storage.is_system()));
        """;

    static readonly Guid Smelter = Guid.NewGuid(), Trader = Guid.NewGuid();

    static async Task<TestDatabase> NewDatabase(string? table = null)
    {
        var test = await TestCluster.NewDatabase();
        await SchemaRunner.Apply(test.Database, "lots", [new SchemaScript(1, "lots", table ?? Table)], default);
        return test;
    }

    static MetalLot Lot(Guid owner, string number = "L-1") => new()
    {
        Id = Guid.CreateVersion7(),
        OwnerId = owner,
        LotNo = number,
        NetKg = 25_000.125m,
        State = LotState.Weighed,
        ReceivedAt = Instant.FromUnixTimeTicks(17_000_000_000_000_010),
        ProducedOn = new(2026, 2, 28),
        HoldId = UInt128.MaxValue - 7,
        Bundles = [new(14, 1_000.250m, null), new(12, 990m, new(2026, 3, 1))],
    };

    [Fact]
    public async Task What_is_saved_is_read_back_exactly()
    {
        await using var test = await NewDatabase();
        var lot = Lot(Smelter);
        await using (var session = A.Sessions(test).Open(A.Person("p", Smelter)))
        {
            session.Context<LotContext>().Add(lot);
            await session.Context<LotContext>().SaveChangesAsync();
        }
        await using var other = A.Sessions(test).Open(A.Person("q", Smelter));
        var read = await other.Context<LotContext>().Lots.SingleAsync();
        Assert.Equal((lot.Id, lot.NetKg, (decimal?)null, lot.State, lot.ReceivedAt, lot.ProducedOn, lot.HoldId), (read.Id, read.NetKg, read.CO2PerTonne, read.State, read.ReceivedAt, read.ProducedOn, read.HoldId));
        Assert.Equal(lot.Bundles, read.Bundles);
        Assert.Equal("Weighed", await other.Scalar<string>("select state from lots.metal_lot"));
        Assert.Equal("""[{"netKg": 1000.250, "pieces": 14}, {"netKg": 990, "pieces": 12, "sealedOn": "2026-03-01"}]""", await other.Scalar<string>("select bundles::text from lots.metal_lot"));
    }

    [Fact]
    public async Task Row_security_hides_and_protects_rows_of_others_without_any_check_of_the_application()
    {
        await using var test = await NewDatabase();
        await using (var session = A.Sessions(test).Open(A.Person("p", Smelter)))
            await session.InTransaction(_ => { session.Context<LotContext>().Add(Lot(Smelter)); return Task.CompletedTask; });
        await using var stranger = A.Sessions(test).Open(A.Person("q", Trader, Role.Administrator, Role.OwnerTrader));
        var context = stranger.Context<LotContext>();
        Assert.Empty(await context.Lots.ToListAsync());
        Assert.Equal(0, await context.Lots.ExecuteUpdateAsync(s => s.SetProperty(l => l.OwnerId, Trader)));
        Assert.Equal(0, await context.Lots.ExecuteDeleteAsync());
        context.Add(Lot(Smelter, "forged"));
        await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync());
        await using var nobody = A.Sessions(test).Open(Actor.Public);
        Assert.Empty(await nobody.Context<LotContext>().Lots.ToListAsync());
        await using var system = A.Sessions(test).Open(Actor.System);
        Assert.Equal("L-1", (await system.Context<LotContext>().Lots.SingleAsync()).LotNo);
    }

    [Fact]
    public async Task A_row_changed_by_another_meanwhile_is_not_overwritten()
    {
        await using var test = await NewDatabase();
        await using var first = A.Sessions(test).Open(Actor.System);
        first.Context<LotContext>().Add(Lot(Smelter));
        await first.Context<LotContext>().SaveChangesAsync();
        await using var second = A.Sessions(test).Open(Actor.System);
        var mine = await first.Context<LotContext>().Lots.SingleAsync();
        var theirs = await second.Context<LotContext>().Lots.SingleAsync();
        theirs.NetKg = 1;
        await second.Context<LotContext>().SaveChangesAsync();
        mine.NetKg = 2;
        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => first.InTransaction(ct => first.Context<LotContext>().SaveChangesAsync(ct)));
        Assert.Equal(1m, await second.Scalar<decimal>("select net_kg from lots.metal_lot"));
    }

    [Fact]
    public async Task A_change_inside_a_json_column_is_seen_and_saved_with_the_transaction()
    {
        await using var test = await NewDatabase();
        await using var session = A.Sessions(test).Open(Actor.System);
        await session.InTransaction(_ => { session.Context<LotContext>().Add(Lot(Smelter)); return Task.CompletedTask; });
        await session.InTransaction(async ct => (await session.Context<LotContext>().Lots.SingleAsync(ct)).Bundles.RemoveAt(0));
        Assert.Equal(1, await session.Scalar<int>("select jsonb_array_length(bundles) from lots.metal_lot"));
        await Assert.ThrowsAsync<InvalidDataException>(() => session.InTransaction(async ct =>
        {
            (await session.Context<LotContext>().Lots.SingleAsync(ct)).Bundles.Clear();
            await session.Context<LotContext>().SaveChangesAsync(ct);
            throw new InvalidDataException();
        }));
        Assert.Equal(1, await session.Scalar<int>("select jsonb_array_length(bundles) from lots.metal_lot"));
        Assert.Single((await session.Context<LotContext>().Lots.SingleAsync()).Bundles);
    }

    [Fact]
    public async Task A_model_that_fits_its_script_shows_no_drift()
    {
        await using var test = await NewDatabase();
        Assert.Empty(await SchemaDrift.Compare<LotContext>(test, o => new(o)));
    }

    [Theory]
    [InlineData("net_kg numeric", "net_kg text", "lots.metal_lot.net_kg is numeric not null in the model but text not null in the database.")]
    [InlineData("co2_per_tonne numeric", "co2_per_tonne numeric not null", "lots.metal_lot.co2_per_tonne is numeric in the model but numeric not null in the database.")]
    [InlineData("hold_id uuid not null,", "", "lots.metal_lot.hold_id is in the model but not in the database.")]
    [InlineData("bundles jsonb not null", "bundles jsonb not null, search text", "lots.metal_lot.search is in the database but not in the model.")]
    public async Task A_drift_between_model_and_script_is_named(string from, string to, string difference)
    {
        await using var test = await NewDatabase(Table.Replace(from, to).Replace("check (net_kg > 0)", ""));
        Assert.Equal([difference], await SchemaDrift.Compare<LotContext>(test, o => new(o)));
    }

    [Theory]
    [InlineData("NetKg", "net_kg")]
    [InlineData("CO2PerTonne", "co2_per_tonne")]
    [InlineData("PriceUsdPerTonneDay", "price_usd_per_tonne_day")]
    [InlineData("IAIForm", "iai_form")]
    [InlineData("already_snake", "already_snake")]
    public void Names_become_snake_case(string name, string expected) => Assert.Equal(expected, Naming.Snake(name));
}
