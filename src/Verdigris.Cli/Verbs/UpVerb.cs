using System.CommandLine;
using Verdigris.Market.Fix;
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
        var fix = new Option<string?>("--fix") { Description = "Listen for members by FIX 4.4, HOST:PORT; anything but the loopback needs --fix-certificate / 监听会员的 FIX 4.4 连接", HelpName = "HOST:PORT" };
        var fixReflect = new Option<bool>("--fix-reflect") { Description = "FIX answers as the diagnostic profile of docs/fix.md: orders come back, none reaches a market / FIX 诊断模式：订单原样返回，不进入市场" };
        var fixCertificate = new Option<string?>("--fix-certificate") { Description = "TLS for FIX: PEM file with certificate and key, or .p12 or .pfx whose password is VERDIGRIS_FIX_PASSWORD / FIX 的 TLS 证书文件", HelpName = "FILE" };
        port.Validators.Add(r =>
        {
            if (r.Tokens.Count == 1 && int.TryParse(r.Tokens[0].Value, out var given) && given is < 0 or > 65535) r.AddError($"--port: {given} is not 0-65535. / 端口须为 0-65535。");
        });
        var verb = new Command("up", "Start the server: http://127.0.0.1:8080, with its own database and, the first time, the demo") { port, listen, data, postgres, postgresApp, mqtt, fix, fixReflect, fixCertificate, noDemo };
        verb.SetAction((parsed, stop) => Run(parsed.GetValue(port), parsed.GetValue(listen)!, parsed.GetValue(data)!, parsed.GetValue(postgres), parsed.GetValue(postgresApp), parsed.GetValue(mqtt), !parsed.GetValue(noDemo), new(parsed.GetValue(fix), parsed.GetValue(fixReflect), parsed.GetValue(fixCertificate)), stop));
        return verb;
    }

    static async Task<int> Run(int port, string listen, string data, string? postgres, string? postgresApp, string? mqtt, bool demo, FixWords fix, CancellationToken stop)
    {
        try
        {
            var options = new ServerOptions { Port = port, Listen = listen, DataFolder = data, PostgresConnection = postgres, PostgresAppConnection = postgresApp, Demo = demo, MeterBroker = mqtt is null ? null : ServerOptions.Broker(mqtt), Fix = fix.Read(Environment.GetEnvironmentVariable) };
            return await ServerHost.Run(options.WithEnvironment(Environment.GetEnvironmentVariable), stop);
        }
        catch (StorageProblem problem)
        {
            await Console.Error.WriteLineAsync(problem.Line);
            return ServerHost.Unusable;
        }
    }

    sealed record FixWords(string? At, bool Reflect, string? Certificate)
    {
        public FixOptions? Read(Func<string, string?> variable) => At is not null ? ServerOptions.FixAt(At, Reflect, Certificate, variable("VERDIGRIS_FIX_PASSWORD"))
            : !Reflect && Certificate is null ? null
            : throw new StorageProblem("server.fix-address-missing", "--fix-reflect and --fix-certificate need --fix HOST:PORT.", "--fix-reflect 与 --fix-certificate 须与 --fix HOST:PORT 一起使用。");
    }
}
