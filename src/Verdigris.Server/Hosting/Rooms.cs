using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Verdigris.Passport;
using Verdigris.Passport.Demo;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>The rooms this server has, in one place: a new room is added here and nowhere else.</summary>
static class Rooms
{
    public static void Add(IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton(_ => RulePacks.Locate());
        services.AddPassport(new PassportOptions(Path.Combine(options.DataFolder, "keys")));
        services.AddPassportPages();
    }

    public static Task ApplySchema(Database database, CancellationToken ct) => PassportRoom.ApplySchema(database, ct);

    /// <summary>What the rooms need from the Book and the database before the first request; safe to repeat.</summary>
    public static Task Start(IServiceProvider services, CancellationToken ct) => PassportRoom.Start(services, ct);

    public static void Map(IEndpointRouteBuilder app) => app.MapPassport();

    /// <summary>Makes the rooms' demo once, and answers the people who get sign-ins in it.</summary>
    /// <exception cref="StorageProblem">An earlier seeding was broken off: the folder holds half a demo.</exception>
    public static async Task<IReadOnlyList<DemoPerson>> SeedDemo(IServiceProvider services, Action<string> say, CancellationToken ct)
    {
        try
        {
            var demo = await DemoSeeder.Run(services, new DemoProgress(say), ct);
            if (!demo.AlreadyThere)
                say(string.Create(CultureInfo.InvariantCulture, $"Demo: {demo.Certificates} certificates, {demo.Warrants} warrants, {demo.Submissions} emissions forms in {demo.Took.TotalSeconds:0.0} s / 演示数据已生成"));
            return demo.People;
        }
        catch (InvalidOperationException broken)
        {
            throw new StorageProblem("server.demo-broken-off", broken.Message, "演示数据未能生成完整：请删除数据目录后重新启动，或以 --no-demo 启动。", broken);
        }
    }

    sealed class DemoProgress(Action<string> say) : IProgress<(string Step, int Done, int Total)>
    {
        public void Report((string Step, int Done, int Total) value) => say($"Demo {value.Done}/{value.Total}: {value.Step}");
    }

    /// <summary>How values look in every API: times ISO 8601, enumerations by name.</summary>
    public static void ConfigureJson(JsonSerializerOptions json)
    {
        foreach (var converter in StorageJson.Options.Converters) json.Converters.Add(converter);
    }
}
