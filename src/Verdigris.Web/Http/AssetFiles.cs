using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Verdigris.Web;

/// <summary>
/// Style sheets, modules and pictures embedded in the rooms, served under <c>/assets/HASH/name</c>. The hash covers all files, so an
/// address never changes its content and may be cached for ever; modules import one another by relative path.
/// </summary>
public sealed class AssetFiles
{
    const string Prefix = "assets/";
    sealed record File(byte[] Plain, byte[]? Brotli, string Mime);

    readonly Dictionary<string, File> files = new(StringComparer.Ordinal);
    readonly string version;

    public AssetFiles(IEnumerable<PageSource> rooms)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var assembly in rooms.Select(r => r.Assembly).Distinct().OrderBy(a => a.GetName().Name, StringComparer.Ordinal))
            foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            {
                using var stream = assembly.GetManifestResourceStream(name)!;
                var plain = new byte[stream.Length];
                stream.ReadExactly(plain);
                hash.AppendData(plain);
                files[name[Prefix.Length..]] = new(plain, Compress(plain), MimeOf(name));
            }
        version = Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }

    /// <summary>Address of a file, for <c>href</c> and <c>src</c>.</summary>
    /// <exception cref="ArgumentException">No room has embedded it.</exception>
    public string this[string name] => files.ContainsKey(name) ? $"/assets/{version}/{name}" : throw new ArgumentException($"No asset {name}.", nameof(name));

    public void Map(IEndpointRouteBuilder app) => app.MapMethods("/assets/{version}/{**name}", ["GET", "HEAD"], (string version, string name, HttpContext http) =>
    {
        if (version != this.version || !files.TryGetValue(name, out var file)) return Results.NotFound();
        http.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        http.Response.Headers.Remove("Content-Language");
        http.Response.Headers.Vary = "Accept-Encoding";
        if (file.Brotli is null || !http.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal)) return Results.Bytes(file.Plain, file.Mime);
        http.Response.Headers.ContentEncoding = "br";
        return Results.Bytes(file.Brotli, file.Mime);
    }).ExcludeFromDescription().AllowAnonymous();

    // Small files gain nothing; level 5 keeps the start quick.
    static byte[]? Compress(byte[] plain)
    {
        if (plain.Length < 1000) return null;
        var into = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        return BrotliEncoder.TryCompress(plain, into, out var written, 5, 20) && written < plain.Length ? into[..written] : null;
    }

    static string MimeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" or ".mjs" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".json" => "application/json",
        ".woff2" => "font/woff2",
        var other => throw new InvalidDataException($"{name}: no media type for {other}."),
    };
}
