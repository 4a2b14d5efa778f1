using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;

namespace Verdigris.Cli.Verbs;

/// <summary>
/// <c>calc METHOD</c> reads one input object on standard input and prints the result with its trace. <c>--batch FILE</c> does so for each line of a file: a line is
/// an input of METHOD, or without METHOD an object with <c>method</c> and <c>input</c>. <c>--list</c> prints the methods with their JSON Schema.
/// </summary>
static class CalcVerb
{
    public static Command Create()
    {
        var method = new Argument<string?>("METHOD") { Description = "Name of the method, for example spec.check", Arity = ArgumentArity.ZeroOrOne };
        var batch = new Option<string?>("--batch") { Description = "File with one JSON object a line (- for standard input)", HelpName = "FILE" };
        var list = new Option<bool>("--list") { Description = "List the methods, one JSON object a line, with the schema of their input" };
        var verb = new Command("calc", "Calculate with a method: one JSON object in, result with trace out") { method, batch, list };
        verb.SetAction(parsed => Run(parsed.GetValue(method), parsed.GetValue(batch), parsed.GetValue(list)));
        return verb;
    }

    static int Run(string? method, string? batch, bool list)
    {
        var methods = Methods.All();
        if (list) return List(methods);
        if (batch is not null) return Batch(methods, method, batch);
        if (method is null) return Shell.Fail("calc needs a METHOD, --batch FILE or --list. / calc 需要 METHOD、--batch FILE 或 --list。");
        if (methods.Find(method) is null) return Refuse(methods.Run(method, default).Refusals);
        var (line, _) = Answer(methods, method, Console.In.ReadToEnd());
        if (line["error"] is { } error) { Console.Error.WriteLine(CalculatorSet.Write(error)); return Shell.Wrong; }
        Console.Out.WriteLine(CalculatorSet.Write(line));
        return Shell.Done;
    }

    static int List(CalculatorSet methods)
    {
        foreach (var method in methods.All)
            Console.Out.WriteLine(CalculatorSet.Write(new JsonObject
            {
                ["method"] = method.Method,
                ["version"] = method.Version,
                ["title"] = new JsonObject { ["en"] = method.Title.En, ["zh"] = method.Title.Zh },
                ["input"] = InputField.SchemaOf(method),
            }));
        return Shell.Done;
    }

    // A bad line says so in its place and does not stop the others: line n of the output belongs to line n of the input.
    static int Batch(CalculatorSet methods, string? method, string path)
    {
        using var reader = path == "-" ? Console.In : new StreamReader(path);
        using var writer = new StreamWriter(Console.OpenStandardOutput()) { NewLine = "\n" };
        int wrong = 0, lines = 0;
        while (reader.ReadLine() is { } text)
        {
            if (string.IsNullOrWhiteSpace(text)) continue;
            lines++;
            var (line, ok) = Answer(methods, method, text);
            if (!ok) wrong++;
            writer.WriteLine(CalculatorSet.Write(line));
        }
        writer.Flush();
        return wrong == 0 ? Shell.Done : Shell.Fail($"{wrong} of {lines} lines were refused; each says why in its place. / {lines} 行中有 {wrong} 行被拒绝，原因见对应行。");
    }

    static (JsonObject Line, bool Ok) Answer(CalculatorSet methods, string? method, string text)
    {
        JsonDocument document;
        try { document = JsonDocument.Parse(text); }
        catch (JsonException fault) { return (Error([Refusal.Of("calc.input-not-json", null, ("detail", fault.Message))]), false); }
        using (document)
        {
            var input = document.RootElement;
            string? id = null;
            if (method is null)
            {
                if (input.ValueKind != JsonValueKind.Object || !input.TryGetProperty("method", out var named) || named.ValueKind != JsonValueKind.String) return (Error([Refusal.Of("calc.missing-field", "method", ("field", "method"))]), false);
                if (!input.TryGetProperty("input", out var inner)) return (Error([Refusal.Of("calc.missing-field", "input", ("field", "input"))]), false);
                if (input.TryGetProperty("id", out var given) && given.ValueKind == JsonValueKind.String) id = given.GetString();
                (method, input) = (named.GetString()!, inner);
            }
            var answer = methods.Run(method, input);
            var line = answer.Ok ? CalculatorSet.Envelope(answer.Value.Calculator, answer.Value.Result) : Error(answer.Refusals);
            if (id is not null) line.Insert(0, "id", id);
            return (line, answer.Ok);
        }
    }

    static int Refuse(IReadOnlyList<Refusal> refusals)
    {
        Console.Error.WriteLine(CalculatorSet.Write(Error(refusals)["error"]!));
        return Shell.Wrong;
    }

    /// <summary>The first refusal on top; the others, if any, under <c>others</c>.</summary>
    static JsonObject Error(IReadOnlyList<Refusal> refusals)
    {
        var error = One(refusals[0]);
        if (refusals.Count > 1) error["others"] = new JsonArray(refusals.Skip(1).Select(r => (JsonNode)One(r)).ToArray());
        return new JsonObject { ["error"] = error };
    }

    static JsonObject One(Refusal refusal) => new()
    {
        ["code"] = refusal.Code,
        ["message"] = Messages.Of(refusal, "en", Methods.Rooms),
        ["field"] = refusal.Field,
        ["messageZh"] = Messages.Of(refusal, "zh", Methods.Rooms),
    };
}
