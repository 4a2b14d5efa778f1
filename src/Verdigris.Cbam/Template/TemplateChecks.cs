using System.Text.RegularExpressions;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Template;

/// <summary>What must hold between cells: what is mandatory, what must add up, what belongs together. Words of lists and kinds of cells were judged when they were read.</summary>
static partial class TemplateChecks
{
    /// <summary>Most of the embedded emissions that may rest on estimates and default values, percent (Implementing Regulation (EU) 2023/1773, Article 5).</summary>
    const decimal MostDefaultPercent = 20;

    public static void Over(CommunicationReport r, TemplateFigures figures, TemplateReader reader, TemplateLists lists) => new Check(r, figures, reader, lists).Run();

    sealed class Check(CommunicationReport r, TemplateFigures figures, TemplateReader reader, TemplateLists lists)
    {
        public void Run()
        {
            Installation();
            foreach (var good in r.Goods) Good(good);
            foreach (var process in r.Processes) Process(process);
            foreach (var precursor in r.Precursors) Precursor(precursor);
            foreach (var stream in r.Streams) Stream(stream);
            foreach (var pfc in r.Pfcs) Pfc(pfc);
            foreach (var source in r.Measured) Measured(source);
            Totals();
            foreach (var product in r.Products) Product(product);
            if (r.Products.Count == 0) Say("products[1].process", FindingSeverity.Warning, Refusal.Of("template.no-products"));
            if (figures.HasLoop) Say("processes[P1].usedInProcessT[P2]", FindingSeverity.Error, Refusal.Of("template.loop"));
        }

        void Installation()
        {
            Need("from", r.From);
            Need("to", r.To);
            if (r.From is { } from && r.To is { } to && (to < from || to > from.PlusMonths(15))) Say("to", FindingSeverity.Error, Refusal.Of("template.period"));
            var i = r.Installation;
            Need("installation.englishName", i.EnglishName);
            Need("installation.country", i.Country);
            Need("installation.unlocode", i.Unlocode);
            if (i.Unlocode is { } place)
            {
                var at = i.Country is null ? -1 : lists.Of(TemplateLists.CountryNames).ToList().IndexOf(i.Country);
                var country = at < 0 ? null : lists.Of(TemplateLists.CountryCodes)[at];
                if (!Unlocode().IsMatch(place)) Say("installation.unlocode", FindingSeverity.Error, Refusal.Of("template.unlocode", null, ("given", place)));
                else if (country is not null && !place.StartsWith(country, StringComparison.OrdinalIgnoreCase)) Say("installation.unlocode", FindingSeverity.Warning, Refusal.Of("template.unlocode-country", null, ("given", place), ("country", i.Country!)));
            }
            Coordinate("installation.latitude", i.Latitude, 90);
            Coordinate("installation.longitude", i.Longitude, 180);
        }

        void Coordinate(string field, string? text, decimal most)
        {
            Need(field, text, FindingSeverity.Warning);
            if (text is not null && !(DecimalText.TryRead(text, out var degrees) && Math.Abs(degrees) <= most)) Say(field, FindingSeverity.Warning, Refusal.Of("template.coordinate", null, ("given", text), ("most", DecimalText.Write(most))));
        }

        void Good(GoodsCategory good)
        {
            var path = $"goods[G{good.Slot}].";
            Need(path + "category", good.Category);
            Routes(path, good.Category, good.Routes);
            if (good.Category is { } category && !r.Processes.Any(p => p.Category == category || p.Included.Contains(category))) Say(path + "category", FindingSeverity.Error, Refusal.Of("template.good-without-process", null, ("good", category)));
        }

        void Routes(string path, string? category, IReadOnlyList<string?> routes)
        {
            if (lists.Good(category) is not { } good) return;
            var several = good.Routes is not [TemplateLists.AllRoutes];
            if (several && routes.All(x => x is null)) Missing($"{path}routes[1]", FindingSeverity.Error);
            for (var i = 0; i < routes.Count; i++)
                if (routes[i] is { } route && !good.Routes.Contains(route)) Say($"{path}routes[{i + 1}]", FindingSeverity.Error, Refusal.Of("template.not-in-list", null, ("given", route), ("allowed", string.Join(", ", good.Routes))));
        }

        void Process(ProductionProcess p)
        {
            var path = $"processes[P{p.Slot}].";
            Need(path + "category", p.Category);
            if (p.Category is null) return;
            Need(path + "name", p.Name);
            if (p.Name is not null && r.Processes.Any(x => x.Slot < p.Slot && x.Name == p.Name)) Say(path + "name", FindingSeverity.Error, Refusal.Of("template.name-twice", null, ("given", p.Name)));
            if (!r.Goods.Any(g => g.Category == p.Category)) Say(path + "category", FindingSeverity.Error, Refusal.Of("template.category-not-listed", null, ("given", p.Category)));
            for (var i = 0; i < p.Included.Count; i++)
                if (p.Included[i] is { } included && included != TemplateLists.OnlyDirect && !r.Goods.Any(g => g.Category == included)) Say($"{path}included[{i + 1}]", FindingSeverity.Error, Refusal.Of("template.category-not-listed", null, ("given", included)));
            if (p.RouteAmountsT.All(a => a is null)) Missing(path + "routeAmountsT[1]", FindingSeverity.Error);
            Need(path + "marketT", p.MarketT);
            var figure = figures.Processes.First(f => f.Id == $"P{p.Slot}");
            if (figure.ProductionT is not null && figure.ProductionT != p.MarketT)
                foreach (var other in r.Processes.Where(o => o.Slot != p.Slot && o.Category is not null)) Need($"{path}usedInProcessT[P{other.Slot}]", p.UsedInProcessT.ElementAtOrDefault(other.Slot - 1));
            Control(TemplateWalk.D, $"L{TemplateWalk.ProcessRow(p.Slot) + 31}", path + "control", figure.ControlT);
            Need(path + "hasHeat", p.HasHeat);
            Need(path + "hasWasteGas", p.HasWasteGas);
            Need(path + "directTco2e", p.DirectTco2e);
            if (p.HasHeat == true)
            {
                Need(path + "heat.inTj", p.Heat.InTj);
                Need(path + "heat.outTj", p.Heat.OutTj);
                if (p.Heat.InTj is > 0) Need(path + "heat.inTco2PerTj", p.Heat.InTco2PerTj);
                if (p.Heat.OutTj is > 0) Need(path + "heat.outTco2PerTj", p.Heat.OutTco2PerTj);
            }
            if (p.HasWasteGas == true)
            {
                Need(path + "wasteGas.inTj", p.WasteGas.InTj);
                Need(path + "wasteGas.outTj", p.WasteGas.OutTj);
            }
            Need(path + "electricityMwh", p.ElectricityMwh);
            if (p.ElectricityMwh is not 0)
            {
                Need(path + "electricityTco2PerMwh", p.ElectricityTco2PerMwh);
                Need(path + "electricitySource", p.ElectricitySource);
            }
            Need(path + "exportedMwh", p.ExportedMwh);
            if (p.ExportedMwh is > 0) Need(path + "exportedTco2PerMwh", p.ExportedTco2PerMwh);
        }

        void Precursor(PurchasedPrecursor p)
        {
            var path = $"precursors[PP{p.Slot}].";
            Need(path + "category", p.Category);
            if (p.Category is null) return;
            Need(path + "country", p.Country);
            Need(path + "name", p.Name);
            Routes(path, p.Category, p.Routes);
            if (p.RouteAmountsT.All(a => a is null)) Missing(path + "routeAmountsT[1]", FindingSeverity.Error);
            foreach (var process in r.Processes.Where(x => x.Category is not null)) Need($"{path}usedInProcessT[P{process.Slot}]", p.UsedInProcessT.ElementAtOrDefault(process.Slot - 1));
            Need(path + "otherT", p.OtherT);
            Control(TemplateWalk.E, $"L{TemplateWalk.PrecursorRow(p.Slot) + 25}", path + "control", figures.Precursors.First(f => f.Id == $"PP{p.Slot}").ControlT);
            Need(path + "directTco2ePerT", p.DirectTco2ePerT);
            Source(path + "directSource", p.DirectSource);
            Need(path + "electricityMwhPerT", p.ElectricityMwhPerT);
            Source(path + "electricitySource", p.ElectricitySource);
            if (p.ElectricityMwhPerT is not 0)
            {
                Need(path + "factorTco2PerMwh", p.FactorTco2PerMwh);
                Need(path + "factorSource", p.FactorSource);
            }
            if (p.DirectSource == TemplateLists.Default || p.ElectricitySource == TemplateLists.Default) Need(path + "defaultJustification", p.DefaultJustification, FindingSeverity.Warning);
        }

        void Source(string field, string? source)
        {
            if (source is null && !reader.Unreadable.Contains(field)) Say(field, FindingSeverity.Error, Refusal.Of("template.source-missing"));
            if (source == TemplateLists.Unknown) Say(field, FindingSeverity.Warning, Refusal.Of("template.source-unknown"));
        }

        void Stream(SourceStream s)
        {
            var path = $"streams[{s.Slot}].";
            Need(path + "method", s.Method);
            Need(path + "name", s.Name);
            Need(path + "amount", s.Amount);
            Need(path + "unit", s.Unit);
            if (s.Method == TemplateLists.MassBalance) { Need(path + "carbonContent", s.CarbonContent); return; }
            Need(path + "factor", s.Factor);
            Need(path + "factorUnit", s.FactorUnit);
            if (s.FactorUnit == TemplateLists.PerTj) Need(path + "ncv", s.Ncv);
            if (s is { Unit: not null, FactorUnit: not null } && !TemplateCalculation.UnitsFit(s)) Say(path + "factorUnit", FindingSeverity.Error, Refusal.Of("template.units", null, ("amount", s.Unit), ("factor", s.FactorUnit)));
        }

        void Pfc(PfcStream s)
        {
            var path = $"pfcs[{s.Slot}].";
            Need(path + "method", s.Method);
            Need(path + "aluminiumT", s.AluminiumT);
            Need(path + "c2f6Share", s.C2f6Share);
            if (s.Method == TemplateLists.SlopeMethod)
            {
                Need(path + "frequency", s.Frequency);
                Need(path + "durationMinutes", s.DurationMinutes);
                Need(path + "slope", s.Slope);
            }
            else if (s.Method is not null)
            {
                Need(path + "overvoltageMv", s.OvervoltageMv);
                Need(path + "currentEfficiency", s.CurrentEfficiency);
                Need(path + "overvoltage", s.Overvoltage);
                // The cell shows percent of what it keeps, the formula divides by what it keeps: 95 typed in is kept as 0.95, and the result is a hundred times too large.
                if (s.CurrentEfficiency is > 0 and <= 1) Say(path + "currentEfficiency", FindingSeverity.Error, Refusal.Of("template.efficiency-share", null, ("given", DecimalText.Write(s.CurrentEfficiency.Value)), ("meant", DecimalText.Write(DecimalText.Trim(s.CurrentEfficiency.Value * 100)))));
            }
            if (s.CollectionPercent is > 0 and <= 1) Say(path + "collectionPercent", FindingSeverity.Warning, Refusal.Of("template.percent-as-share", null, ("given", DecimalText.Write(s.CollectionPercent.Value)), ("meant", DecimalText.Write(DecimalText.Trim(s.CollectionPercent.Value * 100)))));
        }

        void Measured(MeasuredSource s)
        {
            var path = $"measured[{s.Slot}].";
            Need(path + "gas", s.Gas);
            Need(path + "gramsPerNm3", s.GramsPerNm3);
            Need(path + "hours", s.Hours);
            Need(path + "flowThousandNm3PerHour", s.FlowThousandNm3PerHour);
        }

        void Totals()
        {
            if (r.Goods.FirstOrDefault(g => lists.Good(g.Category) is { HasPfc: true } good && g.Routes.Contains(good.Routes[0])) is { } smelting && r.Pfcs.Count == 0 && r.Balance.PfcTco2e is null)
                Say("pfcs[1].method", FindingSeverity.Error, Refusal.Of("template.pfc-missing", null, ("good", smelting.Category!)));
            if (r.Processes.Count > 0) Need("balance.indirectTco2e", r.Balance.IndirectTco2e);
            Need("balance.quality", r.Balance.Quality, FindingSeverity.Warning);
            Need("balance.assurance", r.Balance.Assurance, FindingSeverity.Warning);
            var attributed = Bounded.Of(() => TemplateCalculation.Sum(r.Processes.Select(p => p.DirectTco2e)));
            // A thousandth is the rounding of sums typed in.
            if (figures.Balance.DirectTco2e is { } direct && attributed > direct + Math.Max(1, Math.Abs(direct) / 1000))
                reader.Say(new(TemplateWalk.C, "L27", "balance.directTco2e", CellKind.Number), FindingSeverity.Warning, Refusal.Of("template.attributed-above-total", null, ("attributed", DecimalText.Write(DecimalText.Trim(XlsxLines.Kept(attributed!.Value)))), ("total", DecimalText.Write(DecimalText.Trim(XlsxLines.Kept(direct))))));
        }

        void Product(ProductLine p)
        {
            var path = $"products[{p.Slot}].";
            Need(path + "process", p.Process);
            Need(path + "cn", p.Cn);
            Need(path + "name", p.Name, FindingSeverity.Warning);
            var process = r.Processes.FirstOrDefault(x => x.Category is not null && SupplyChain.NameOf(x) == p.Process);
            if (p.Process is not null && process is null) Say(path + "process", FindingSeverity.Error, Refusal.Of("template.process-unknown", null, ("given", p.Process)));
            if (process is not null && p.Cn is not null && lists.CategoryOfCn.TryGetValue(p.Cn, out var category) && category != process.Category)
                Say(path + "cn", FindingSeverity.Error, Refusal.Of("template.cn-other-good", null, ("given", p.Cn), ("good", category), ("process", process.Category!)));
            if (process?.Category is { } of && of.Contains("aluminium", StringComparison.OrdinalIgnoreCase))
            {
                Need(path + "scrapTPerTAluminium", p.Parameters.ScrapTPerTAluminium, FindingSeverity.Note);
                if (p.Parameters.ScrapTPerTAluminium is > 0) Need(path + "preConsumerPercent", p.Parameters.PreConsumerPercent, FindingSeverity.Note);
            }
            if (p.PriceDuePerT is > 0)
            {
                Need(path + "instrument", p.Instrument);
                Need(path + "currency", p.Currency);
                Need(path + "coveredPercent", p.CoveredPercent, FindingSeverity.Warning);
                Need(path + "rebateType", p.RebateType, FindingSeverity.Warning);
            }
            if (p.RebatePerT > (p.PriceDuePerT ?? 0)) Say(path + "rebatePerT", FindingSeverity.Error, Refusal.Of("template.rebate-above-price"));
            if (figures.Products.First(f => f.Slot == p.Slot).DefaultPercent is > MostDefaultPercent and var share)
                reader.Say(new(TemplateWalk.Products, $"M{TemplateWalk.ProductRow(p.Slot)}", path + "defaultPercent", CellKind.PercentShare), FindingSeverity.Warning, Refusal.Of("template.default-share", null, ("given", DecimalText.Write(decimal.Round(share, 2))), ("most", DecimalText.Write(MostDefaultPercent))));
        }

        void Control(string sheet, string cell, string field, decimal? left)
        {
            if (left is { } rest && rest != 0) reader.Say(new(sheet, cell, field, CellKind.Number), FindingSeverity.Error, Refusal.Of("template.control", null, ("left", DecimalText.Write(DecimalText.Trim(rest)))));
        }

        void Need(string field, object? value, FindingSeverity severity = FindingSeverity.Error)
        {
            if (value is null) Missing(field, severity);
        }

        void Missing(string field, FindingSeverity severity)
        {
            if (!reader.Unreadable.Contains(field)) Say(field, severity, Refusal.Of("template.missing"));
        }

        void Say(string field, FindingSeverity severity, Refusal said)
        {
            if (reader.Places.TryGetValue(field, out var cell)) reader.Say(cell, severity, said);
            else throw new InvalidOperationException($"No cell is {field}.");
        }
    }

    [GeneratedRegex("^[A-Za-z]{2} ?[A-Za-z2-9]{3}$")]
    private static partial Regex Unlocode();
}
