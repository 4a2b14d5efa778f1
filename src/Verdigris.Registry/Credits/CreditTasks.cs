using System.Globalization;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits;

/// <summary>Proposing a task of credits: its text is that of the step or of the kind of order, in the reader's language.</summary>
static class CreditTasks
{
    /// <param name="word">Step or kind of order: the last part of the text's key.</param>
    public static async Task<Guid> Ask(this Approvals approvals, DbSession s, string kind, string word, Guid id, Guid organisation, string role, string link, CancellationToken ct, params (string Name, object Value)[] args) =>
        (await approvals.Propose(s, new ApprovalRequest(kind, id.ToString(), organisation, role, new Subject(id), $"registry.task.{kind["registry.".Length..]}.{word}",
            args.ToDictionary(a => a.Name, a => Convert.ToString(a.Value, CultureInfo.InvariantCulture) ?? ""), link), ct)).Id;
}
