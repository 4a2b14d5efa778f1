using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Verdigris.Server.Tests;

/// <summary>A provider on the loopback that keeps the rules, and breaks the one it is told to.</summary>
sealed class LoopbackProvider : IAsyncDisposable
{
    public const string Client = "verdigris test", Secret = "a secret: with %, + and é";

    readonly WebApplication app;
    readonly ConcurrentDictionary<string, (IReadOnlyDictionary<string, string> Asked, string Subject, string Email)> codes = new();

    LoopbackProvider(WebApplication app) => this.app = app;

    public string Issuer { get; private set; } = "";
    public SigningKey Key { get; set; } = SigningKey.Rsa("k1");
    public string? CallsItself { get; set; }

    /// <summary>What the token says otherwise than it should.</summary>
    public Action<Dictionary<string, object>> Twist { get; set; } = _ => { };
    public int KeysAsked { get; private set; }

    public OutsideOptions Options => new(Issuer, Client, Secret, "Norsk ID");

    public static async Task<LoopbackProvider> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var made = new LoopbackProvider(builder.Build());
        made.app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = made.CallsItself ?? made.Issuer, authorization_endpoint = made.Issuer + "/authorize", token_endpoint = made.Issuer + "/token", jwks_uri = made.Issuer + "/keys" }));
        made.app.MapGet("/keys", () => { made.KeysAsked++; return Results.Content("{\"keys\":[" + made.Key.Jwk + "]}", "application/json"); });
        made.app.MapPost("/token", made.Token);
        await made.app.StartAsync();
        made.Issuer = made.app.Urls.Single();
        return made;
    }

    /// <summary>Somebody signs in at the provider: where the browser is sent back to.</summary>
    public string Consent(Uri asked, string subject, string email = "ingrid@nord.example")
    {
        var query = QueryHelpers.ParseQuery(asked.Query).ToDictionary(p => p.Key, p => p.Value.ToString());
        Assert.Equal(("code", Client, "S256"), (query["response_type"], query["client_id"], query["code_challenge_method"]));
        Assert.Contains("openid", query["scope"].Split(' '));
        var code = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(16));
        codes[code] = (query, subject, email);
        return QueryHelpers.AddQueryString(new Uri(query["redirect_uri"]).AbsolutePath, new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"] });
    }

    async Task<IResult> Token(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.EscapeDataString(Client) + ":" + Uri.EscapeDataString(Secret)));
        if (request.Headers.Authorization != expected || form["grant_type"] != "authorization_code" || !codes.TryRemove(form["code"].ToString(), out var given)) return Results.BadRequest(new { error = "invalid_grant" });
        var challenge = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (challenge != given.Asked["code_challenge"] || form["redirect_uri"] != given.Asked["redirect_uri"]) return Results.BadRequest(new { error = "invalid_grant" });
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object> { ["iss"] = Issuer, ["sub"] = given.Subject, ["aud"] = Client, ["nonce"] = given.Asked["nonce"], ["iat"] = now, ["exp"] = now + 300, ["email"] = given.Email };
        Twist(claims);
        return Results.Json(new { access_token = "none of our business", token_type = "Bearer", id_token = Key.Token(claims) });
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();
}

/// <summary>A key a provider signs with.</summary>
sealed class SigningKey(string algorithm, string? kid, string jwk, Func<byte[], byte[]> sign)
{
    public string Jwk => jwk;

    public static SigningKey Rsa(string kid, int bits = 2048)
    {
        var key = RSA.Create(bits);
        var open = key.ExportParameters(false);
        return new("RS256", kid, JsonSerializer.Serialize(new { kty = "RSA", use = "sig", alg = "RS256", kid, n = WebEncoders.Base64UrlEncode(open.Modulus!), e = WebEncoders.Base64UrlEncode(open.Exponent!) }), what => key.SignData(what, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    public static SigningKey Curve(string kid)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var open = key.ExportParameters(false).Q;
        return new("ES256", kid, JsonSerializer.Serialize(new { kty = "EC", crv = "P-256", kid, x = WebEncoders.Base64UrlEncode(open.X!), y = WebEncoders.Base64UrlEncode(open.Y!) }), what => key.SignData(what, HashAlgorithmName.SHA256));
    }

    public string Token(IReadOnlyDictionary<string, object> claims, string? saysAlgorithm = null)
    {
        var head = WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(new { alg = saysAlgorithm ?? algorithm, kid, typ = "JWT" })) + "." + WebEncoders.Base64UrlEncode(JsonSerializer.SerializeToUtf8Bytes(claims));
        return head + "." + WebEncoders.Base64UrlEncode(sign(Encoding.ASCII.GetBytes(head)));
    }
}
