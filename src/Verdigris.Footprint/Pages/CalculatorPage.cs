using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;
using Verdigris.Web.Components;

namespace Verdigris.Footprint.Pages;

/// <summary>What the pages that calculate stand on. They are open to everybody and keep nothing, so they need no session.</summary>
public abstract class CalculatorPage : LoadedComponent
{
    [Inject] protected IStrings S { get; set; } = null!;
    [Inject] protected Show Show { get; set; } = null!;
    [Inject] protected NavigationManager Navigation { get; set; } = null!;
    [Inject] protected CalculatorSet Methods { get; set; } = null!;
    [CascadingParameter] HttpContext? Http { get; set; }

    /// <summary>The form that was posted; empty where the page was only opened.</summary>
    protected IFormCollection Posted => Http is { Request.HasFormContentType: true } ? Http.Request.Form : FormCollection.Empty;

    protected string In(Bilingual text) => MethodWording.In(text, S);

    /// <summary>Reads a text as JSON.</summary>
    protected static Answer<JsonElement> Json(string? text, string field)
    {
        if (string.IsNullOrWhiteSpace(text)) return Refusal.Of("input.required", field);
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException fault) { return Refusal.Of("calc.input-not-json", field, ("detail", fault.Message)); }
    }

    /// <summary>Runs a method as the API does.</summary>
    protected Answer<CalcResult> Run(string method, JsonElement input)
    {
        var answer = Methods.Run(method, input);
        return answer.Ok ? answer.Value.Result : answer.Refusals.ToList();
    }
}
