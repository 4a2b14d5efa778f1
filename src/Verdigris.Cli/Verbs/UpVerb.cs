using System.CommandLine;
using Verdigris.Server;

namespace Verdigris.Cli.Verbs;

/// <summary><c>up</c>: the whole server in the foreground until Ctrl-C or SIGTERM.</summary>
static class UpVerb
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "Port on the loopback, 1-65535; 0 takes a free one", DefaultValueFactory = _ => 8080 };
        var data = new Option<string>("--data") { Description = "Data folder: database, journal of the Book, evidence, keys", DefaultValueFactory = _ => ".verdigris" };
        var postgres = new Option<string?>("--postgres") { Description = "Connection to a PostgreSQL (15 or newer) of your own instead of the private cluster" };
        var noDemo = new Option<bool>("--no-demo") { Description = "Start empty: no demo data, no demo sign-ins" };
        port.Validators.Add(r =>
        {
            if (r.Tokens.Count == 1 && int.TryParse(r.Tokens[0].Value, out var given) && given is < 0 or > 65535) r.AddError($"--port: {given} is not 0-65535. / 端口须为 0-65535。");
        });
        var verb = new Command("up", "Start the server: http://127.0.0.1:8080, with its own database and, the first time, the demo") { port, data, postgres, noDemo };
        verb.SetAction((parsed, ct) => Run(parsed.GetValue(port), parsed.GetValue(data)!, parsed.GetValue(postgres), !parsed.GetValue(noDemo), ct));
        return verb;
    }

    static Task<int> Run(int port, string data, string? postgres, bool demo, CancellationToken ct) =>
        ServerHost.Run(new ServerOptions { Port = port, DataFolder = data, PostgresConnection = postgres, Demo = demo }, ct);
}
