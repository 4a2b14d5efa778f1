using System.Globalization;
using System.Net.Mail;
using Verdigris.Storage;

namespace Verdigris.Server;

/// <summary>How e-mail leaves the server: to a mail server (RFC 5321, STARTTLS), or into a folder as .eml files, one a message.</summary>
/// <param name="From">Sender's address.</param>
public sealed record MailOptions(string From)
{
    /// <summary>Name of the mail server; null with <see cref="Folder"/>.</summary>
    public string? Host { get; init; }

    /// <summary>1-65535.</summary>
    public int Port { get; init; } = 587;

    /// <summary>Refuse to send without STARTTLS; off only for a mail server on the loopback.</summary>
    public bool Tls { get; init; } = true;

    public string? User { get; init; }
    public string? Password { get; init; }

    /// <summary>Where the files go instead; made where missing.</summary>
    public string? Folder { get; init; }

    public static MailOptions IntoFolder(string folder) => new("verdigris@localhost") { Folder = folder };

    /// <summary>
    /// From <c>VERDIGRIS_SMTP</c> (<c>smtp://USER@HOST:587</c>), <c>VERDIGRIS_SMTP_PASSWORD</c> and <c>VERDIGRIS_MAIL_FROM</c>; null where the first is not set.
    /// </summary>
    /// <exception cref="StorageProblem">A value cannot be read.</exception>
    public static MailOptions? FromEnvironment(Func<string, string?> variable)
    {
        if (variable("VERDIGRIS_SMTP") is not { Length: > 0 } text) return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var at) || at.Scheme != "smtp" || at.Host.Length == 0)
            throw new StorageProblem("server.mail-invalid", $"VERDIGRIS_SMTP: {text} is not like smtp://user@host:587.", $"VERDIGRIS_SMTP：{text} 不符合 smtp://user@host:587 的格式。");
        var from = variable("VERDIGRIS_MAIL_FROM") is { Length: > 0 } given ? given : string.Create(CultureInfo.InvariantCulture, $"verdigris@{at.Host}");
        if (!MailAddress.TryCreate(from, out _)) throw new StorageProblem("server.mail-invalid", $"VERDIGRIS_MAIL_FROM: {from} is no e-mail address.", $"VERDIGRIS_MAIL_FROM：{from} 不是电子邮件地址。");
        return new(from)
        {
            Host = at.Host,
            Port = at.IsDefaultPort || at.Port < 1 ? 587 : at.Port,
            Tls = !at.IsLoopback,
            User = at.UserInfo.Length > 0 ? Uri.UnescapeDataString(at.UserInfo) : null,
            Password = variable("VERDIGRIS_SMTP_PASSWORD"),
        };
    }
}
