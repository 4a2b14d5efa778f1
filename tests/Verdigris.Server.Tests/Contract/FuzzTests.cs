using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Verdigris.Passport;
using Verdigris.Primitives;

namespace Verdigris.Server.Tests.Contract;

/// <summary>Whatever is sent to an operation, it answers with a status that its description lists, in the form of a problem, and a refused request leaves nothing behind.</summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    const int RequestsAnOperation = 200;

    /// <summary>After how many operations every table is looked at: a sum over all of them takes as long as a hundred requests.</summary>
    const int OperationsALook = 8;

    [Fact]
    public async Task Two_hundred_bad_requests_to_each_operation_are_answered_as_described_and_write_nothing()
    {
        await using var under = await ServerUnderTest.Start();
        var people = await People(under);
        try
        {
            var operations = Operation.All(JsonNode.Parse(await people[0].Text("/openapi/v1.json"))!);
            Assert.True(operations.Count > 150);
            // Nothing can be spoilt where nothing is asked: who may not open the account at all is asked in the room's own tests.
            Assert.Equal(["post /api/v1/credits/account", "post /api/v1/market/clearing/calls"], operations.Where(o => !BadRequests.CanSpoil(o)).Select(o => $"{o}"));
            operations = [.. operations.Where(BadRequests.CanSpoil)];
            var before = await Everything(under);
            var wrong = new List<string>();
            var statuses = new SortedDictionary<int, int>();
            foreach (var group in operations.Chunk(OperationsALook))
            {
                foreach (var operation in group)
                    Prop.ForAll(BadRequests.Of(operation, people.Count).ToArbitrary(), request =>
                    {
                        if (Judge(people[request.Person], request, statuses) is { } fault) wrong.Add(fault);
                    }).Check(Config.QuickThrowOnFailure.WithMaxTest(RequestsAnOperation).WithQuietOnSuccess(true));
                var after = await Everything(under);
                foreach (var (table, rows) in after) if (before.GetValueOrDefault(table) != rows) wrong.Add($"one of {string.Join(", ", group.AsEnumerable())} wrote to {table}");
                before = after;
            }
            output.WriteLine(string.Join(", ", statuses.Select(s => $"{s.Value} × {s.Key}")));
            foreach (var fault in wrong) output.WriteLine(fault);
            Assert.Empty(wrong);
            Assert.True(statuses.Values.Sum() >= operations.Count * RequestsAnOperation);
            Assert.True(statuses.GetValueOrDefault(422) > 1000, "hardly any request got as far as the rules");
        }
        finally
        {
            foreach (var person in people) person.Dispose();
        }
    }

    static string? Judge(Browser person, BadRequest request, SortedDictionary<int, int> statuses)
    {
        using var message = request.Message();
        // What is told as it happens has no end: that it began is the answer.
        using var reply = person.Http.Send(message, HttpCompletionOption.ResponseHeadersRead);
        if (reply.Content.Headers.ContentType?.MediaType != "text/event-stream") reply.Content.LoadIntoBufferAsync().GetAwaiter().GetResult();
        var status = (int)reply.StatusCode;
        statuses[status] = statuses.GetValueOrDefault(status) + 1;
        // An empty path segment may lead to the operation beside it.
        var listed = request.Operation.Statuses.Contains(status.ToString(CultureInfo.InvariantCulture)) || status is 405 or 404;
        if (status >= 500 && status != 503 || !listed) return $"{status} to {request}";
        if (status < 400 && !request.Operation.Reads) return $"{status}, taken in: {request}";
        if (status < 400) return null;
        // An address with the character zero in it is turned away before it reaches the application.
        if (status == 400 && request.Address.Split('?')[0].Contains("%00", StringComparison.Ordinal)) return null;
        if (reply.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json")) return $"{status} without a problem to {request}";
        using var reader = new StreamReader(reply.Content.ReadAsStream());
        var problem = JsonNode.Parse(reader.ReadToEnd());
        return problem?["code"] is null && problem?["error"] is null ? $"{status} without a code to {request}" : null;
    }

    /// <summary>Somebody of each kind of organisation with every role of it, and somebody nobody knows.</summary>
    static async Task<List<Browser>> People(ServerUnderTest under)
    {
        string[][] roles =
        [
            [Role.ProducerEditor, Role.ProducerApprover, Role.Administrator],
            [Role.WarehouseOperator, Role.WarehouseApprover, Role.Administrator],
            [Role.OwnerTrader, Role.OwnerApprover, Role.Administrator],
            [],
            [Role.ExchangeStaff, Role.Administrator],
        ];
        var cast = roles.Select((r, i) => new DemoPerson(new Guid($"0190b000-0000-7000-8000-{100 + i:000000000000}"), $"fuzz{i}@demo", $"Fuzz {i}", new Guid($"0190a000-0000-7000-8000-{i + 1:000000000000}"), "", r)).Where(p => p.Roles.Count > 0).ToArray();
        await DemoPeople.Ensure(under.Server.Services, cast, CancellationToken.None);
        var people = new List<Browser> { under.NewBrowser() };
        foreach (var person in cast)
        {
            var browser = await under.SignedIn(person.UserName);
            browser.Http.DefaultRequestHeaders.Add("X-CSRF-Token", Browser.TokenOf(await browser.Text("/account")));
            people.Add(browser);
        }
        return people;
    }

    /// <summary>How many rows every table has and what they come to, but for what a request may leave without having been taken in: when a session was last seen.</summary>
    static async Task<Dictionary<string, string>> Everything(ServerUnderTest under)
    {
        var tables = (await under.Value<string>("""
            select string_agg(format('%I.%I', n.nspname, c.relname), ' ' order by 1) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and c.relname not in ('session', 'person_session')
            """)).Split(' ');
        var sums = await under.Value<string>("select array_to_string(array[" + string.Join(", ", tables.Select(t => $"(select count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from {t} t)")) + "], ' ')");
        return tables.Zip(sums.Split(' ')).ToDictionary(p => p.First, p => p.Second);
    }
}
