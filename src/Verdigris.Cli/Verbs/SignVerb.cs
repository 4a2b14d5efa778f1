using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using NodaTime;
using Verdigris.Passport;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Casting;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Cli.Verbs;

/// <summary>
/// <c>sign</c>: certificates of analysis signed at casting, with or without a network. <c>--new-key</c> makes the plant's key; <c>--numbers</c> fetches a run of numbers and the brand's record; plain <c>sign</c> checks, signs and
/// queues without asking anybody; <c>--send</c> hands the queue in. Exit code 1: something was refused, each with its code; 2: the surroundings, and what is not sent yet is still in the queue.
/// </summary>
static class SignVerb
{
    /// <summary>Opens or seals the file of the plant's key.</summary>
    const string Passphrase = "VERDIGRIS_KEY_PASSPHRASE";

    /// <summary>Read where something is refused, and once.</summary>
    static readonly Lazy<StringCatalogue> Texts = new(() => new([new(typeof(PassportRoom).Assembly)]));

    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Contents of certificates, one JSON object a file, as POST /api/v1/certificates takes them", Arity = ArgumentArity.ZeroOrMore };
        var queue = new Option<string?>("--queue") { Description = "Folder of what is signed and not sent yet", HelpName = "DIR" };
        var key = new Option<string?>("--key") { Description = $"PEM file of the plant's private key (P-256); {Passphrase} opens an encrypted one", HelpName = "FILE" };
        var newKey = new Option<string?>("--new-key") { Description = "Make a key into this file, and print the public half to register at the plant's page", HelpName = "FILE" };
        var numbers = new Option<string?>("--numbers") { Description = "Fetch numbers of this brand, with its record", HelpName = "BRAND" };
        var year = new Option<int?>("--year") { Description = "Year of production of the numbers; this year where it is left out" };
        var count = new Option<int>("--count") { Description = "How many numbers", DefaultValueFactory = _ => 1000 };
        var send = new Option<bool>("--send") { Description = "Hand in what is waiting" };
        var list = new Option<bool>("--list") { Description = "List the queue, one line an entry" };
        var server = new Option<string?>("--server") { Description = "Address of the server", HelpName = "URL" };
        var apiKey = new Option<string?>("--api-key") { Description = "File with ID:SECRET of a machine client that approves for the producer", HelpName = "FILE" };
        var verb = new Command("sign", "Sign certificates at casting without a network, and hand them in when there is one") { files, queue, key, newKey, numbers, year, count, send, list, server, apiKey };
        verb.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(newKey) is { } made) return Task.FromResult(NewKey(made));
            if (parsed.GetValue(queue) is not { } folder) return Task.FromResult(Shell.Fail("sign needs --queue DIR or --new-key FILE. / sign 需要 --queue DIR 或 --new-key FILE。"));
            return Shell.UntilSignal(ct => Run(folder, async q =>
            {
                if (parsed.GetValue(list)) return List(q);
                if (parsed.GetValue(send) || parsed.GetValue(numbers) is not null)
                {
                    if (parsed.GetValue(server) is not { } url || parsed.GetValue(apiKey) is not { } credentials) return Shell.Fail("This needs --server URL and --api-key FILE. / 需要 --server URL 和 --api-key FILE。");
                    return await RemoteServer.With(url, credentials, http => parsed.GetValue(numbers) is { } brand
                        ? TakeNumbers(http, q, brand, parsed.GetValue(year) ?? Now().InUtc().Year, parsed.GetValue(count), ct)
                        : Send(http, q, ct), ct);
                }
                var contents = parsed.GetValue(files)!;
                if (contents.Length == 0 || parsed.GetValue(key) is not { } pem) return Shell.Fail("sign needs --key FILE and the files of certificates. / sign 需要 --key FILE 和证书文件。");
                return Sign(q, pem, contents);
            }));
        });
        return verb;
    }

    static Instant Now() => SystemClock.Instance.GetCurrentInstant();

    static async Task<int> Run(string folder, Func<CastingQueue, Task<int>> work)
    {
        var opened = CastingQueue.Open(folder);
        if (!opened.Ok) return Shell.Fail(Words(opened.Refusals[0]));
        using var queue = opened.Value;
        return await work(queue);
    }

    static int NewKey(string path)
    {
        if (File.Exists(path)) return Shell.Fail($"{path} exists and stays as it is. / {path} 已存在，保持不变。");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = Environment.GetEnvironmentVariable(Passphrase) is { Length: > 0 } secret
            ? key.ExportEncryptedPkcs8PrivateKeyPem(secret, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 600_000))
            : key.ExportPkcs8PrivateKeyPem();
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new StreamWriter(path, options)) file.Write(pem + "\n");
        Console.Out.WriteLine(StorageJson.Write(PublicJwk.Of(key)));
        return Shell.Done;
    }

    static ECDsa? Open(string path)
    {
        var key = ECDsa.Create();
        try
        {
            var pem = File.ReadAllText(path);
            if (Environment.GetEnvironmentVariable(Passphrase) is { Length: > 0 } secret && pem.Contains("ENCRYPTED", StringComparison.Ordinal)) key.ImportFromEncryptedPem(pem, secret);
            else key.ImportFromPem(pem);
            // A public half alone cannot sign, and another curve is not ES256.
            if (key.ExportParameters(true) is { D: not null, Curve.Oid.Value: var curve } && curve == ECCurve.NamedCurves.nistP256.Oid.Value) return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException) { }
        key.Dispose();
        return null;
    }

    static int Sign(CastingQueue queue, string pem, string[] files)
    {
        using var key = Open(pem);
        if (key is null) return Shell.Fail(Words(Refusal.Of("sign.key-unreadable", "key", ("file", pem))));
        var contracts = ContractTerms.Load(RulePacks.Locate());
        var wrong = 0;
        foreach (var file in files)
        {
            var signed = One(queue, contracts, key, file);
            if (signed.Ok) Console.Out.WriteLine($"{signed.Value.Number} {signed.Value.Sha256} {file}");
            else
            {
                wrong++;
                foreach (var refusal in signed.Refusals) Console.Error.WriteLine($"{file}: {refusal.Code} {refusal.Field} {Words(refusal)}");
            }
        }
        return wrong == 0 ? Shell.Done : Shell.DoesNotHold;
    }

    static Answer<QueueEntry> One(CastingQueue queue, ContractTerms contracts, ECDsa key, string file)
    {
        CertificateContent content;
        try { content = StorageJson.Read<CertificateContent>(File.ReadAllText(file)); }
        catch (JsonException e) { return Refusal.Of("sign.not-a-certificate", e.Path is { Length: > 2 } path ? path[2..] : null); }
        var now = Now();
        var brand = queue.Newest(content.ExchangeBrandCode ?? "")?.Brand;
        var wrong = CertificateRules.Check(content, new(brand, brand is null ? [] : contracts.Find(brand.ContractCode)?.EditionsOn(content.ProductionDate) ?? [], now.InUtc().Date));
        return wrong.Count > 0 ? wrong : queue.Add(content, brand!, key, now, () => Guid.CreateVersion7(now.ToDateTimeOffset()));
    }

    static async Task<int> TakeNumbers(HttpClient http, CastingQueue queue, string brand, int year, int count, CancellationToken ct)
    {
        var taken = await RemoteServer.Post<CastingKit>(http, "/api/v1/certificates/numbers", StorageJson.Write(new NewNumbers(brand, year, count)), ct);
        if (taken.Kit is not { } kit) return Shell.Fail(taken.Problem!);
        queue.Keep(kit);
        Console.Out.WriteLine($"{kit.Brand.Code}-{kit.Year:0000}: {kit.First:000000} … {kit.Last:000000}");
        return Shell.Done;
    }

    static async Task<int> Send(HttpClient http, CastingQueue queue, CancellationToken ct)
    {
        var report = await new CastingSender(http).Send(queue, queue.Waiting(), ct);
        foreach (var entry in report.Sent) Console.Out.WriteLine($"sent {entry.Number} {entry.Sha256}");
        foreach (var entry in report.Refused) Console.Error.WriteLine($"refused {entry.Number} {queue.RefusalOf(entry)}");
        if (report.Broken is { } why) return Shell.Fail($"{queue.Waiting().Count} still waiting: {why} / 尚有 {queue.Waiting().Count} 份待发送：{why}");
        return report.Refused.Count == 0 ? Shell.Done : Shell.DoesNotHold;
    }

    static int List(CastingQueue queue)
    {
        foreach (var (state, entries) in new[] { ("waiting", queue.Waiting()), ("refused", queue.AllRefused()), ("sent", queue.AllSent()) })
            foreach (var entry in entries) Console.Out.WriteLine($"{state} {entry.Number} {entry.Sha256}");
        return Shell.Done;
    }

    static string Words(Refusal refusal) => RefusalText.Of(refusal, Texts.Value, StringCatalogue.English) + " / " + RefusalText.Of(refusal, Texts.Value, StringCatalogue.Chinese);
}
