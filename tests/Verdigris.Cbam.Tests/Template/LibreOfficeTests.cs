using System.Diagnostics;
using Verdigris.Cbam.Template;

namespace Verdigris.Cbam.Tests.Template;

/// <summary>The form we write, opened and calculated by another program. LibreOffice is installed before the tests run (scripts/test.sh).</summary>
public sealed class LibreOfficeTests
{
    [Fact]
    public void LibreOffice_opens_the_form_we_wrote_and_calculates_what_we_calculate()
    {
        var folder = Directory.CreateTempSubdirectory("verdigris-form-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "form.xlsx"), Smelter.File);
            Convert(folder, Path.Combine(folder, "form.xlsx"));
            var calculated = File.ReadAllBytes(Path.Combine(folder, "out", "form.xlsx"));
            var reading = Smelter.Read(calculated);
            Assert.Equal(Smelter.Said(Smelter.Report), Smelter.Said(reading.Report));
            Assert.DoesNotContain(reading.Findings, f => f.Code == "template.cached-differs");
            // The file is LibreOffice's own now, packed its way: it is edited like the Commission's.
            var edited = reading.Report with { Remarks = "after LibreOffice", Balance = reading.Report.Balance with { Co2T = 160_000m } };
            Assert.Equal(Smelter.Said(edited), Smelter.Said(Smelter.Read(Smelter.Write(edited, calculated)).Report));
            using var stream = new MemoryStream(calculated);
            using var book = TemplateWorkbook.Open(stream).Value;
            // Not only nothing different: everything is there.
            var figures = reading.Figures;
            foreach (var (sheet, cell, ours) in new (string, string, decimal?)[]
            {
                ("B_EmInst", "AU17", figures.Streams[0].FossilTco2e), ("B_EmInst", "AU19", figures.Streams[1].FossilTco2e), ("B_EmInst", "AU98", figures.Pfcs[0].Tco2e), ("B_EmInst", "AU113", figures.Measured[0].FossilTco2e),
                ("C_Emissions&Energy", "L27", figures.Balance.DirectTco2e), ("C_Emissions&Energy", "N27", figures.Balance.TotalTco2e), ("C_Emissions&Energy", "L17", figures.Balance.RestTj), ("D_Processes", "L24", 100_000m), ("D_Processes", "L107", 0m),
                ("Summary_Products", "I10", figures.Products[0].SeeDirect), ("Summary_Products", "J13", figures.Products[1].SeeIndirect), ("Summary_Products", "K13", figures.Products[1].SeeTotal),
                ("Summary_Products", "M13", figures.Products[1].DefaultPercent / 100), ("Summary_Products", "O13", figures.Products[1].EmbeddedMwh), ("Summary_Products", "AZ13", figures.Products[1].EffectivePricePerT),
                ("F_Tools", "J49", figures.Cogenerations[0].HeatTco2), ("F_Tools", "L102", figures.Processes[1].PriceDue), ("F_Tools", "M102", figures.Processes[1].Rebate),
            })
            {
                Assert.True(book.Value(sheet, cell).Number is { } theirs && ours is { } mine && Math.Abs(theirs - mine) <= 0.000000001m * Math.Max(1, Math.Abs(mine)), $"{sheet}!{cell}: {book.Value(sheet, cell)} beside {ours}");
            }
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    static void Convert(string folder, string file)
    {
        // A profile of its own: another office on the machine must not answer for this one.
        using var office = Process.Start(new ProcessStartInfo("soffice", [$"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", Path.Combine(folder, "out"), file])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = office.StandardOutput.ReadToEndAsync();
        var faults = office.StandardError.ReadToEndAsync();
        if (!office.WaitForExit(TimeSpan.FromMinutes(4))) { office.Kill(entireProcessTree: true); Assert.Fail("LibreOffice did not end within four minutes."); }
        Assert.True(office.ExitCode == 0, faults.Result);
        Assert.Contains("form.xlsx", said.Result, StringComparison.Ordinal);
        Assert.DoesNotContain("Error", faults.Result, StringComparison.OrdinalIgnoreCase);
    }
}
