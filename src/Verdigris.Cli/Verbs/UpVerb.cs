using System.CommandLine;
using Verdigris.Server;
using Verdigris.Storage;

namespace Verdigris.Cli.Verbs;

/// <summary><c>up</c>: the whole server in the foreground until Ctrl-C or SIGTERM.</summary>
static class UpVerb
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port, 1-65535; 0 takes a free one", DefaultValueFactory = _ => 8080 };
        var listen = new Option<string>("--listen") { Description = "Address to listen on; anything but the loopback needs TLS in front and --no-demo", DefaultValueFactory = _ => "127.0.0.1", HelpName = "ADDRESS" };
        var data = new Option<string>("--data") { Description = "Data folder: database, journal of the Book, evidence, keys", DefaultValueFactory = _ => ".verdigris", HelpName = "FOLDER" };
        var postgres = new Option<string?>("--postgres") { Description = "Connection to a PostgreSQL (15 or newer) of your own instead of the private cluster", HelpName = "CONNECTION" };
        var postgresApp = new Option<string?>("--postgres-app") { Description = "Connection of the application's role, where you or another node made it", HelpName = "CONNECTION" };
        var mqtt = new Option<string?>("--mqtt") { Description = "RabbitMQ with its MQTT plugin that meter readings come from, amqp://USER:PASSWORD@HOST; better given as VERDIGRIS_MQTT, which no list of processes shows", HelpName = "ADDRESS" };
        var noDemo = new Option<bool>("--no-demo") { Description = "Start empty: no demo data, no demo sign-ins" };
        port.Validators.Add(r =>
        {
            if (r.Tokens.Count == 1 && int.TryParse(r.Tokens[0].Value, out var given) && given is < 0 or > 65535) r.AddError($"--port: {given} is not 0-65535. / 端口须为 0-65535。");
        });
        var verb = new Command("up", "Start the server: http://127.0.0.1:8080, with its own database and, the first time, the demo") { port, listen, data, postgres, postgresApp, mqtt, noDemo };
        verb.SetAction((parsed, stop) => Run(parsed.GetValue(port), parsed.GetValue(listen)!, parsed.GetValue(data)!, parsed.GetValue(postgres), parsed.GetValue(postgresApp), parsed.GetValue(mqtt), !parsed.GetValue(noDemo), stop));
        return verb;
    }

    static async Task<int> Run(int port, string listen, string data, string? postgres, string? postgresApp, string? mqtt, bool demo, CancellationToken stop)
    {
        try
        {
            var options = new ServerOptions { Port = port, Listen = listen, DataFolder = data, PostgresConnection = postgres, PostgresAppConnection = postgresApp, Demo = demo, MeterBroker = mqtt is null ? null : ServerOptions.Broker(mqtt) };
            return await ServerHost.Run(options.WithEnvironment(Environment.GetEnvironmentVariable), stop);
        }
        catch (StorageProblem problem)
        {
            await Console.Error.WriteLineAsync(problem.Line);
            return ServerHost.Unusable;
        }
    }
}
