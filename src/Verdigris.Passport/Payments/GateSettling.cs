using Verdigris.Passport.Evidence;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Payments;

/// <summary>Runs the checks of a gate and moves it to where they leave it.</summary>
public sealed class GateSettling(GateReading reading, GateChecks checks, GateWarnings warnings, PaymentRules rules)
{
    /// <summary>Kind of a document no item asks for.</summary>
    public const string OtherDocument = "other";

    /// <summary>Runs the checks and writes what they find; the gate is ready exactly where nothing is open. In the caller's transaction.</summary>
    public async Task Settle(DbSession s, Guid id, CancellationToken ct)
    {
        var known = (await GateStore.Find(s, id, ct))!;
        var (opened, content) = (known.OpenedAt.InUtc().Date, known.Content);
        var (goods, facts) = await reading.Read(id, known.OrganisationId, content, opened, rules, ct);
        await GateStore.SetMetal(s, id, goods, ct);
        var (lists, hits) = await reading.Screened(s, id, content, ct);
        var documents = (await Files(s, known, ct)).Select(f => f.Kind).ToHashSet();
        var items = checks.Run(new GateFacts(content, goods, documents, lists, hits, opened, s.Today()));
        var open = await GateWaivers.Open(s, known with { Items = items }, ct);
        var next = GateStates.Table.Next(known.State, open.Count == 0 ? GateEvent.Settle : GateEvent.Block);
        await GateStore.SetChecked(s, known, next.Value, items, warnings.Run(facts), ct);
    }

    /// <summary>Everything attached, by kind.</summary>
    public async Task<List<GateFile>> Files(DbSession s, PaymentGate gate, CancellationToken ct)
    {
        var found = new List<GateFile>();
        foreach (var kind in rules.Documents(gate.OpenedAt.InUtc().Date).Append(OtherDocument))
            found.AddRange((await AttachedFiles.List(s, Subject(kind), gate.Id, ct)).Select(f => new GateFile(kind, f)));
        return found;
    }

    /// <summary>Under which files of a kind are attached.</summary>
    internal static string Subject(string kind) => "payment/" + kind;
}
