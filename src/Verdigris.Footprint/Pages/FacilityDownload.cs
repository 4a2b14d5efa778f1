using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Facilities;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Web;

namespace Verdigris.Footprint.Pages;

/// <summary>The files of the facility's page: its form sends the facility back, since nothing of it is kept here. Programs take the same from the API.</summary>
static class FacilityDownload
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/footprint/export", async (HttpContext http, CalculatorSet methods) =>
    {
        if (!http.Request.HasFormContentType) return Replies.Refused(Refusal.Of("request.empty"));
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        JsonDocument facility;
        try { facility = JsonDocument.Parse(form["facility"].ToString()); }
        catch (JsonException fault) { return Replies.Refused(Refusal.Of("calc.input-not-json", "facility", ("detail", fault.Message))); }
        using (facility)
        {
            var answer = methods.Run(FacilityView.Method, facility.RootElement);
            if (!answer.Ok) return Replies.Refused([.. answer.Refusals.Take(CalcInput.MostRefusals)]);
            var (method, result) = answer.Value;
            return form["format"].ToString() switch
            {
                "csv" => Results.File(Encoding.UTF8.GetBytes(FacilityFiles.Csv(result.Result)), "text/csv; charset=utf-8", "footprint.csv"),
                "xlsx" => Results.File(FacilityFiles.Xlsx(JsonObject.Create(facility.RootElement)!, result), XlsxWriter.Mime, "footprint.xlsx"),
                "json" => Results.File(FacilityFiles.Json(method, result), "application/json", "footprint.json"),
                var other => Replies.Refused(Refusal.Of("request.word-unknown", "format", ("given", other))),
            };
        }
    }).ExcludeFromDescription();
}
