using System.CommandLine;
using System.Text.Json;
using Verdigris.Registry.Links;

namespace Verdigris.Cli.Verbs;

/// <summary><c>links relay</c>: carries the messages of two linked registries between their servers. Exit code 1: one refused what the other said, and people must look; 2: a server cannot be reached, and the next run goes on where this one stopped.</summary>
static class LinksVerb
{
    public static Command Create()
    {
        var (first, second) = (End.Of("from"), End.Of("to"));
        var every = new Option<int?>("--every") { Description = "Stay, and carry again after so many seconds, until interrupted", HelpName = "SECONDS" };
        var tries = new Option<int>("--tries") { Description = "How often a run that broke is tried, with longer and longer pauses", DefaultValueFactory = _ => 5, HelpName = "N" };
        var relay = new Command("relay", "Carry what two linked registries say, each way, until neither has more to say") { every, tries };
        foreach (var option in first.Options.Concat(second.Options)) relay.Add(option);
        relay.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(tries) is not (>= 1 and <= 100)) return Task.FromResult(Shell.Fail("--tries is 1 to 100. / --tries 为 1 至 100。"));
            if (parsed.GetValue(every) is < 1 or > 86_400) return Task.FromResult(Shell.Fail("--every is 1 to 86400 seconds. / --every 为 1 至 86400 秒。"));
            return Shell.UntilSignal(ct => Run(first.Read(parsed), second.Read(parsed), parsed.GetValue(tries), parsed.GetValue(every), ct));
        });
        return new Command("links", "Links between registries") { relay };
    }

    static async Task<int> Run((string Url, Guid Link, string Key) one, (string Url, Guid Link, string Key) other, int tries, int? every, CancellationToken ct)
    {
        while (true)
        {
            var report = await LinkRelay.Insist(() => Once(one, other, ct), tries, pause => Task.Delay(pause, ct));
            if (report.There + report.Back > 0) Console.Out.WriteLine($"{report.There} -> {other.Url} {other.Link}, {report.Back} -> {one.Url} {one.Link}");
            if (report.Refused is { } no)
            {
                Shell.Fail($"refused: {no} / 被拒绝：{no}");
                return Shell.DoesNotHold;
            }
            if (report.Broken is { } why) Shell.Fail($"stopped: {why} / 中断：{why}");
            if (every is not { } seconds) return report.Broken is null ? Shell.Done : Shell.Wrong;
            await Task.Delay(TimeSpan.FromSeconds(seconds), ct);
        }
    }

    /// <summary>One run, signed in anew at both ends.</summary>
    static async Task<RelayReport> Once((string Url, Guid Link, string Key) one, (string Url, Guid Link, string Key) other, CancellationToken ct)
    {
        try
        {
            var (first, problem) = await RemoteServer.Open(one.Url, one.Key, ct);
            using var _ = first;
            if (first is null) return new(0, 0, null, problem);
            (var second, problem) = await RemoteServer.Open(other.Url, other.Key, ct);
            using var __ = second;
            return second is null ? new(0, 0, null, problem) : await new LinkRelay(new(first, one.Link), new(second, other.Link)).Carry(ct);
        }
        catch (HttpRequestException e) { return new(0, 0, null, e.Message); }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested) { return new(0, 0, null, e.Message); }
        catch (JsonException) { return new(0, 0, null, "a server answers, but not as this one does / 有应答，但并非本服务器"); }
    }

    sealed record End(Option<string> Server, Option<Guid> Link, Option<string> Key)
    {
        public IEnumerable<Option> Options => [Server, Link, Key];

        public static End Of(string name) => new(
            new($"--{name}") { Description = $"Address of the server the messages come {name}", Required = true, HelpName = "URL" },
            new($"--{name}-link") { Description = "Id of the link there", Required = true, HelpName = "ID" },
            new($"--{name}-key") { Description = "File with ID:SECRET of a machine client of that registry's authority", Required = true, HelpName = "FILE" });

        public (string Url, Guid Link, string Key) Read(ParseResult parsed) => (parsed.GetValue(Server)!, parsed.GetValue(Link), parsed.GetValue(Key)!);
    }
}
