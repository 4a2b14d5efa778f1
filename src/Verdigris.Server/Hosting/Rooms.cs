using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Cbam;
using Verdigris.Cbam.Demo;
using Verdigris.Footprint;
using Verdigris.Footprint.Demo;
using Verdigris.Footprint.Publication;
using Verdigris.Footprint.Meters;
using Verdigris.Passport;
using Verdigris.Passport.Demo;
using Verdigris.Market;
using Verdigris.Market.Demo;
using Verdigris.Market.Fix;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry;
using Verdigris.Registry.Credits.Demo;
using Verdigris.Registry.Demo;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The rooms this server has, in one place: a new room is added here and nowhere else.</summary>
static class Rooms
{
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(_ => RulePacks.Locate());
        services.AddSingleton(p => new CalculatorSet(p.GetRequiredService<RulePacks>(), RoomMethods.All));
        services.AddPassport(new PassportOptions(Path.Combine(options.DataFolder, "keys")));
        services.AddPassportPages();
        services.AddSingleton<IVerifierRegister, VerifierRegister>();
        services.AddSingleton<IReportSigner, ReportSigner>();
        services.AddSingleton<IBrandForms, BrandForms>();
        services.AddSingleton<IReportVersions, ReportVersions>();
        services.AddFootprint(options.MeterBroker);
        services.AddFootprintPages();
        services.AddCbam();
        services.AddCbamPages();
        services.AddSingleton<Registry.Accounts.IHolderDirectory, HolderDirectory>();
        services.AddRegistry();
        services.AddRegistryPages();
        services.AddMarket();
        services.AddMarketPages();
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IFixClients, FixClients>();
        services.AddFix(options.Fix ?? new(null));
    }

    public static async Task ApplySchema(Database database, CancellationToken ct)
    {
        await PassportRoom.ApplySchema(database, ct);
        await FootprintRoom.ApplySchema(database, ct);
        await CbamRoom.ApplySchema(database, ct);
        await RegistryRoom.ApplySchema(database, ct);
        await MarketRoom.ApplySchema(database, ct);
    }

    /// <summary>What the rooms need from the Book and the database before the first request; safe to repeat.</summary>
    public static async Task Start(IServiceProvider services, CancellationToken ct)
    {
        await PassportRoom.Start(services, ct);
        await FootprintRoom.Start(services, ct);
        await CbamRoom.Start(services, ct);
        await RegistryRoom.Start(services, ct);
        await MarketRoom.Start(services, ct);
    }

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapPassport();
        app.MapFootprint();
        app.MapCbam();
        app.MapRegistry();
        app.MapMarket();
    }

    /// <summary>Makes the rooms' demo once, going on where an earlier start was broken off, and answers the people who get sign-ins in it.</summary>
    /// <exception cref="StorageProblem">The folder holds something the demo cannot stand beside.</exception>
    public static async Task<IReadOnlyList<DemoPerson>> SeedDemo(IServiceProvider services, Action<string> say, CancellationToken ct)
    {
        try
        {
            var demo = await DemoSeeder.Run(services, new DemoProgress(say), ct);
            await ReportingDemo.Seed(services, new(DemoPlan.Actor("smelter-editor"), DemoPlan.Actor("smelter-approver"), DemoPlan.Actor("verifier-lead"), DemoPlan.Actor("verifier-reviewer"), DemoPlan.Plants[0].Id!.Value), ct);
            await MeterDemo.Seed(services, DemoPlan.Actor("smelter-editor"), DemoPlan.Actor("smelter-approver"), ct);
            await ImporterDemo.Seed(services, DemoPlan.Actor("owner-c"), ct, DemoOverseas.Certificate);
            await OperatorDemo.Seed(services, DemoPlan.Actor("smelter-editor"), DemoPlan.Actor("smelter-approver"), DemoPlan.Actor("verifier-lead"), DemoPlan.Actor("verifier-reviewer"), ct);
            if (!demo.AlreadyThere)
                say(string.Create(CultureInfo.InvariantCulture, $"Demo: {demo.Certificates} certificates, {demo.Warrants} warrants, {demo.Submissions} emissions forms in {demo.Took.TotalSeconds:0.0} s / 演示数据已生成"));
            return demo.People;
        }
        catch (InvalidOperationException refused) { throw Refused(refused); }
    }

    /// <summary>The rest of the demo: what names people, once they are there.</summary>
    public static async Task SeedWithPeople(IServiceProvider services, CancellationToken ct)
    {
        try
        {
            var cast = new RegistryCast(DemoPlan.Actor("exchange"), DemoPlan.Actor("authority-officer"), DemoPlan.Actor("authority-approver"), DemoPlan.Actor("smelter-approver"), DemoPlan.Actor("smelter-editor"), DemoPlan.Actor("owner-a"), DemoPlan.Actor("owner-a-second"));
            await RegistryDemo.Seed(services, cast, ct);
            await FinanceDemo.Seed(services, cast, ct);
            await CreditsDemo.Seed(services, new(DemoPlan.Actor("exchange"), DemoPlan.Actor("authority-officer"), DemoPlan.Actor("authority-approver"), DemoPlan.Actor("smelter-editor"), DemoPlan.Actor("smelter-approver"), DemoPlan.Actor("verifier-lead"), DemoPlan.Actor("verifier-reviewer"), DemoPlan.Actor("owner-a"), DemoPlan.Actor("owner-a-second")), ct);
            var market = new MarketCast(DemoPlan.Actor("exchange"), DemoPlan.Actor("exchange-2"), DemoPlan.Actor("authority-officer"), DemoPlan.Actor("owner-a"), DemoPlan.Actor("owner-a-second"), DemoPlan.Actor("smelter-approver"), DemoPlan.Actor("smelter-editor"));
            await MarketDemo.Seed(services, market, ct);
            await MarketCreditsDemo.Seed(services, market, DemoPlan.Actor("authority-approver"), ct);
        }
        catch (InvalidOperationException refused) { throw Refused(refused); }
    }

    static StorageProblem Refused(InvalidOperationException refused) =>
        new("server.demo-refused", $"{refused.Message}. Start with --no-demo, or give another folder with --data.", $"演示数据无法生成（{refused.Message}）：请以 --no-demo 启动，或用 --data 指定其他目录。", refused);

    sealed class DemoProgress(Action<string> say) : IProgress<(string Step, int Done, int Total)>
    {
        public void Report((string Step, int Done, int Total) value) => say($"Demo {value.Done}/{value.Total}: {value.Step}");
    }

    /// <summary>How values look in every API: times ISO 8601, enumerations by name.</summary>
    public static void ConfigureJson(JsonSerializerOptions json)
    {
        foreach (var converter in StorageJson.Options.Converters) json.Converters.Add(converter);
        json.NumberHandling = StorageJson.Options.NumberHandling;
        json.DefaultIgnoreCondition = StorageJson.Options.DefaultIgnoreCondition;
    }
}
