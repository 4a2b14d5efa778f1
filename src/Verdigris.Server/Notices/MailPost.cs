using System.Net;
using System.Net.Mail;
using System.Text;

namespace Verdigris.Server;

/// <param name="Id">Makes the Message-ID.</param>
sealed record Letter(Guid Id, string Address, string Subject, string Body);

/// <summary>Hands letters over. The same letter again has the same Message-ID (RFC 5322, 3.6.4), and in a folder the same file.</summary>
sealed class MailPost(ServerOptions options)
{
    readonly MailOptions? mail = options.Mail ?? (options.Demo ? MailOptions.IntoFolder(Path.Combine(options.DataFolder, "mail")) : null);

    /// <summary>Whether this server sends e-mail at all.</summary>
    public bool Open => mail is not null;

    /// <summary>True for what can be written to: <c>name@place</c>.</summary>
    public static bool IsAddress(string text) => text.Length <= 320 && MailAddress.TryCreate(text, out var read) && read.Address == text;

    /// <exception cref="SmtpException">The mail server refused or cannot be reached.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task Send(Letter letter, CancellationToken ct)
    {
        if (mail is not { } how) throw new InvalidOperationException("This server sends no e-mail.");
        using var message = new MailMessage(new MailAddress(how.From, "Verdigris"), new MailAddress(letter.Address))
        {
            Subject = letter.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = letter.Body,
            BodyEncoding = Encoding.UTF8,
        };
        message.Headers["Message-ID"] = $"<{letter.Id}@{how.From.Split('@')[^1]}>";
        message.Headers["Auto-Submitted"] = "auto-generated"; // RFC 3834: no out-of-office answers
        if (how.Folder is { } folder) await Drop(message, folder, letter.Id, ct);
        else
        {
            using var client = new SmtpClient(how.Host, how.Port)
            {
                EnableSsl = how.Tls,
                Timeout = 30_000,
                Credentials = how.User is null ? null : new NetworkCredential(how.User, how.Password),
            };
            await client.SendMailAsync(message, ct);
        }
    }

    // The client names the file itself: it writes into a folder of its own, and the move gives the name.
    static async Task Drop(MailMessage message, string folder, Guid id, CancellationToken ct)
    {
        var beside = Directory.CreateDirectory(Path.Combine(folder, $"{id}.partial"));
        try
        {
            using var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = beside.FullName };
            await client.SendMailAsync(message, ct);
            File.Move(beside.EnumerateFiles("*.eml").Single().FullName, Path.Combine(folder, $"{id}.eml"), overwrite: true);
        }
        finally
        {
            beside.Delete(recursive: true);
        }
    }
}
