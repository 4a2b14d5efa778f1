using System.Text.Json.Nodes;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Verdigris.Book;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Days;

public enum FlowState
{
    Planned,
    /// <summary>Its commands are kept and on their way to the Book.</summary>
    Sent,
    Posted,
    /// <summary>The Book said no; it may be tried again in another way.</summary>
    Refused,
    /// <summary>Never posted: what it was for is gone, and another takes its place.</summary>
    Withdrawn,
}

/// <summary>What a step posts for one account.</summary>
/// <param name="Amount">Smallest unit of the currency, or lots; above 0.</param>
public sealed record ClearingFlow(Guid Id, LocalDate Day, ClearingStep Step, string Kind, long Account, Guid OrganisationId, string? Series, string? Currency, long Amount, FlowState State, int Attempt, string? Code, JsonNode Trace);

/// <summary>
/// Plans of a step and their postings. A plan is made once a day, step, kind, account and series or currency; its commands are kept with it in one transaction before they are sent, and the Book takes each once. So a crash at any point is taken up where it
/// stood: what is planned is sent, what is sent is answered, what is answered is not sent again.
/// </summary>
sealed class ClearingFlows(BookCommands book)
{
    /// <summary>Flows whose commands travel in one row; with the longest chain well below a batch.</summary>
    const int Together = 500;

    const string Columns = "id, day, step, kind, account, organisation_id, series, currency, amount, state, attempt, code, trace::text";

    public static Guid IdOf(LocalDate day, ClearingStep step, string kind, long account, string what) => BookId.ToGuid(BookDefinitions.IdOf($"market/clearing/{day:uuuu-MM-dd}/{(int)step}/{kind}/{account}/{what}"));

    /// <summary>A flow not yet planned; its id follows from the rest.</summary>
    public static ClearingFlow New(DayWork work, ClearingStep step, string kind, ClearingAccount account, string? series, string? currency, long amount, JsonNode trace) =>
        new(IdOf(work.Day, step, kind, account.Number, series ?? currency ?? ""), work.Day, step, kind, account.Number, account.OrganisationId, series, currency, amount, FlowState.Planned, 0, null, trace);

    /// <summary>Keeps plans; one that is there already stays as it is.</summary>
    public static async Task Plan(DbSession s, IReadOnlyList<ClearingFlow> flows, CancellationToken ct)
    {
        if (flows.Count == 0) return;
        await using var command = new NpgsqlCommand("""
            insert into market.clearing_flow (id, day, step, kind, account, organisation_id, series, currency, amount, trace)
            select * from unnest($1::uuid[], $2::date[], $3::smallint[], $4::text[], $5::bigint[], $6::uuid[], $7::text[], $8::text[], $9::bigint[], $10::jsonb[]) on conflict (id) do nothing
            """, await s.Connection(ct));
        command.Parameters.Add(new() { Value = flows.Select(f => f.Id).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Day.ToDateOnly()).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => (short)f.Step).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Kind).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Account).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.OrganisationId).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Series).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Currency).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Amount).ToArray() });
        command.Parameters.Add(new() { Value = flows.Select(f => f.Trace.ToJsonString()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(ct);
    }

    public static Task<List<ClearingFlow>> Of(DbSession s, LocalDate day, ClearingStep step, CancellationToken ct) =>
        s.All($"select {Columns} from market.clearing_flow where day = $1 and step = $2 order by kind, account, series, currency", Map, ct, day, (short)step);

    public static Task<bool> Any(DbSession s, LocalDate day, ClearingStep step, string kind, CancellationToken ct) =>
        s.Value<bool>("select exists (select from market.clearing_flow where day = $1 and step = $2 and kind = $3)", ct, day, (short)step, kind);

    /// <summary>
    /// Sends what is planned or was refused of a kind, and what a crash left on its way. Answers the flows that are not posted afterwards.
    /// </summary>
    /// <param name="commands">The chain of a flow, ids left zero; none where it cannot be sent now.</param>
    public async Task<IReadOnlyList<ClearingFlow>> Post(DbSession s, LocalDate day, ClearingStep step, string kind, Func<ClearingFlow, IReadOnlyList<Command>> commands, CancellationToken ct)
    {
        foreach (var row in await s.All("select distinct row_id from market.clearing_flow where day = $1 and step = $2 and kind = $3 and state = 1", r => r.GetGuid(0), ct, day, (short)step, kind)) await book.Run(s, row, ct);
        var open = await s.All($"select {Columns} from market.clearing_flow where day = $1 and step = $2 and kind = $3 and state in (0, 3) order by account, series, currency", Map, ct, day, (short)step, kind);
        foreach (var part in open.Chunk(Together))
        {
            var chains = part.Select(f => (Flow: f, Commands: commands(f))).Where(c => c.Commands.Count > 0).ToList();
            if (chains.Count == 0) continue;
            var row = s.NewId();
            await s.InTransaction(async t =>
            {
                await book.Enqueue(s, FlowPosted.Name, $"{day:uuuu-MM-dd}/{(int)step}/{kind}", new FlowBatch(day, (int)step), [.. chains.SelectMany(c => Chain(c.Flow, c.Commands))], t, row);
                await s.Run("update market.clearing_flow set state = 1, attempt = attempt + 1, row_id = $2, code = null where id = any($1)", t, chains.Select(c => c.Flow.Id).ToArray(), row);
            }, ct);
            await book.Run(s, row, ct);
        }
        return open.Count == 0 ? [] : await s.All($"select {Columns} from market.clearing_flow where day = $1 and step = $2 and kind = $3 and state not in (2, 4) order by account, series, currency", Map, ct, day, (short)step, kind);
    }

    /// <summary>The commands of a flow as one linked chain, each with the flow as its reference and an id of the flow, the attempt and its place.</summary>
    internal static IEnumerable<Command> Chain(ClearingFlow flow, IReadOnlyList<Command> commands)
    {
        for (var i = 0; i < commands.Count; i++)
            yield return commands[i] with { Id = BookId.Derive(flow.Id, (flow.Attempt * 64) + i), Reference = BookId.From(flow.Id), Flags = commands[i].Flags | (i < commands.Count - 1 ? CommandFlags.Linked : CommandFlags.None) };
    }

    static ClearingFlow Map(NpgsqlDataReader r) => new(r.GetGuid(0), r.Day(1), (ClearingStep)r.GetInt16(2), r.GetString(3), r.GetInt64(4), r.GetGuid(5), r.Text(6), r.Text(7), r.GetInt64(8), (FlowState)r.GetInt16(9), r.GetInt32(10), r.Text(11), JsonNode.Parse(r.GetString(12))!);
}

sealed record FlowBatch(LocalDate Day, int Step);

/// <summary>Writes beside each flow what the Book answered to its chain.</summary>
sealed class FlowPosted : IBookCommandKind
{
    public const string Name = "market.clearing-flow";

    public string Kind => Name;

    public Task Finish(DbSession session, BookCommandRow row, IReadOnlyList<Outcome> outcomes, CancellationToken ct)
    {
        var answers = row.Commands.Zip(outcomes).GroupBy(p => p.First.Reference)
            .Select(g => (Id: BookId.ToGuid(g.Key), Code: g.Select(p => p.Second.Code).Where(c => c is not (Code.Accepted or Code.LinkedFailed)).Append(g.All(p => p.Second.Accepted) ? Code.Accepted : Code.LinkedFailed).First())).ToList();
        return session.Run("""
            update market.clearing_flow f set state = case when a.code is null then 2 else 3 end, code = a.code from unnest($1::uuid[], $2::text[]) a(id, code) where f.id = a.id and f.state = 1
            """, ct, answers.Select(a => a.Id).ToArray(), answers.Select(a => a.Code == Code.Accepted ? null : a.Code.ToString()).ToArray());
    }
}
