using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>A provider people may sign in by: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).</summary>
/// <param name="Issuer">Exactly as the provider writes it of itself; https, or http on the loopback.</param>
/// <param name="Name">What people know it by.</param>
public sealed record OutsideOptions(string Issuer, string ClientId, string ClientSecret, string Name)
{
    /// <summary>
    /// From <c>VERDIGRIS_OIDC_ISSUER</c>, <c>VERDIGRIS_OIDC_CLIENT</c>, <c>VERDIGRIS_OIDC_SECRET_FILE</c> (a file with the secret and nothing else) and <c>VERDIGRIS_OIDC_NAME</c>; null where the first is not set.
    /// </summary>
    /// <exception cref="StorageProblem">A value is missing or cannot be read.</exception>
    public static OutsideOptions? FromEnvironment(Func<string, string?> variable)
    {
        if (variable("VERDIGRIS_OIDC_ISSUER") is not { Length: > 0 } issuer) return null;
        if (!IsIssuer(issuer)) throw new StorageProblem("server.oidc-invalid", $"VERDIGRIS_OIDC_ISSUER: {issuer} is not like https://login.example.", $"VERDIGRIS_OIDC_ISSUER：{issuer} 不符合 https://login.example 的格式。");
        if (variable("VERDIGRIS_OIDC_CLIENT") is not { Length: > 0 } client) throw new StorageProblem("server.oidc-invalid", "VERDIGRIS_OIDC_CLIENT is missing: the id the provider gave this server.", "缺少 VERDIGRIS_OIDC_CLIENT：提供方分配给本服务器的标识。");
        if (variable("VERDIGRIS_OIDC_SECRET_FILE") is not { Length: > 0 } file || !File.Exists(file) || File.ReadAllText(file).Trim() is not { Length: > 0 } secret)
            throw new StorageProblem("server.oidc-invalid", "VERDIGRIS_OIDC_SECRET_FILE names no file with the secret the provider gave this server.", "VERDIGRIS_OIDC_SECRET_FILE 未指向含有提供方密钥的文件。");
        return new(issuer, client, secret, variable("VERDIGRIS_OIDC_NAME") is { Length: > 0 } name ? name : new Uri(issuer).Host);
    }

    static bool IsIssuer(string text) => Uri.TryCreate(text, UriKind.Absolute, out var at) && (at.Scheme == "https" || (at.Scheme == "http" && at.IsLoopback)) && at.Query.Length == 0 && at.Fragment.Length == 0 && at.UserInfo.Length == 0;
}
