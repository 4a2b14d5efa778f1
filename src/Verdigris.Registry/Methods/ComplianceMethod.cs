using System.Text.Json.Nodes;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Registry.Compliance;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>ets.compliance-status</c>: the status of an operator after each event of its years.</summary>
sealed class ComplianceMethod() : Calculator("ets.compliance-status", "1.0", new("Compliance status", "履约状态"),
    Items("events", "Events in order", "按顺序的事件",
        Choice("type", "Event", "事件", ["start", "year", "lastYear", "emissions", "surrender", "reverse", "exclude", "include"]),
        Whole("firstYear", "First year owed for", "首个履约年度", 1990, 2200, optional: true), Whole("year", "Year", "年份", 1990, 2400, optional: true),
        Number("tco2e", "Verified emissions", "经核查排放量", "t CO2e", optional: true), Number("units", "Units", "单位数量", optional: true)))
{
    protected override void Work(Working w)
    {
        var events = w.Input.List("events");
        OperatorYears? years = null;
        var statuses = new JsonArray();
        for (var i = 0; i < events.Count; i++)
        {
            var (said, at) = (events[i], $"events[{i}]");
            var type = said.Text("type");
            if ((type == "start") != (i == 0)) w.Stop<Done>(Refusal.Of("registry.start-first", $"{at}.type"));
            if (years is null)
            {
                years = new(Need(w, said, at, "firstYear"), said.IntegerOrNull("year"));
                if (years.CurrentYear - years.FirstYear > OperatorYears.MostYears) w.Stop<Done>(Refusal.Of("registry.years-many", $"{at}.year", ("given", $"{years.CurrentYear}"), ("most", $"{OperatorYears.MostYears}")));
            }
            else
            {
                var answer = type switch
                {
                    "year" => years.Turn(Need(w, said, at, "year")),
                    "lastYear" => years.End(Need(w, said, at, "year")),
                    "emissions" => years.Emit(Need(w, said, at, "year"), Number(w, said, at, "tco2e")),
                    "surrender" => years.Surrender(Number(w, said, at, "units")),
                    "reverse" => years.Reverse(Number(w, said, at, "units")),
                    var word => years.Exclude(Need(w, said, at, "year"), word == "exclude"),
                };
                if (!answer.Ok) w.Stop<Done>(answer.Refusals[0] with { Field = $"{at}.{answer.Refusals[0].Field}" });
            }
            statuses.Add(ComplianceWords.Of(years.Status));
        }
        if (years!.Emitted is { } emitted) w.Put("emittedTco2e", w.Step("emitted", "Verified emissions of the years owed for", "应履约年度经核查排放量", "sum(tco2e)", "t CO2e", emitted));
        else w.Put("emittedTco2e", null);
        w.Put("surrendered", w.Step("surrendered", "Units surrendered", "已清缴单位", "sum(surrender) - sum(reverse)", null, years.Surrendered));
        w.Put("status", ComplianceWords.Of(years.Status));
        w.Put("statuses", statuses);
    }

    static int Need(Working w, CalcInput said, string at, string field) => said.IntegerOrNull(field) ?? w.Stop<int>(Refusal.Of("calc.missing-field", $"{at}.{field}", ("field", $"{at}.{field}")));

    static decimal Number(Working w, CalcInput said, string at, string field) => said.DecimalOrNull(field) ?? w.Stop<decimal>(Refusal.Of("calc.missing-field", $"{at}.{field}", ("field", $"{at}.{field}")));
}
