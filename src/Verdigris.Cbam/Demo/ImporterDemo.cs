using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;
using NodaTime.Text;
using Verdigris.Cbam.Customs;
using Verdigris.Cbam.Declarants;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Demo;

/// <summary>
/// An importer in the demo: an extruder in Germany with some forty customs lines of 2026 from several origins, a supplier whose verified figures one line rests on and a certificate another, one who was asked and has not answered, and a declaration begun.
/// Everything by the use cases people use; names, numbers and masses are invented. Made once: a start later changes nothing of what people did with it.
/// </summary>
public static class ImporterDemo
{
    public const string File = "customs-2026.csv", Answered = "Konkan Aluminium", Asked = "Lanzhou Rolling Works", Importer = "DE5550001234567";
    const int Year = 2026, Months = 10;
    const string Ingot = "76011090";

    /// <exception cref="InvalidOperationException">A use case refuses what the demo wants.</exception>
    /// <param name="certificate">Of metal the trader's organisation owns and imported from India; null for none.</param>
    public static async Task Seed(IServiceProvider services, Actor trader, CancellationToken ct, string? certificate = null)
    {
        await using var s = services.GetRequiredService<IDbSessions>().Open(trader);
        var declarations = services.GetRequiredService<DeclarationHandlers>();
        // The declaration is made last: with one there, all was made, and whatever people did to it since is theirs.
        if (await declarations.List(s, ct) is { Ok: true, Value.Count: > 0 }) return;
        var declarants = services.GetRequiredService<DeclarantHandlers>();
        if (!(await declarants.Read(s, ct)).Ok) Take(await declarants.Save(s, new(Importer, "DE", "DE-CBAM-000417", new(2025, 11, 3), new(2026, 1, 12)), ct));
        var files = services.GetRequiredService<CustomsImports>();
        var brought = Take(await files.List(s, ct)).FirstOrDefault(f => f.FileName == File);
        if (brought is null)
        {
            await using var content = new MemoryStream(Encoding.UTF8.GetBytes(Csv()));
            brought = Take(await files.Bring(s, File, content, ct)).File;
        }
        if (brought.State == CustomsImportState.Waiting) Take(await files.Apply(s, brought.Id, CustomsImports.WholeFile, ct));
        await Suppliers(services, s, ct);
        if (certificate is not null) await Certified(services, s, certificate, ct);
        Take(await declarations.Create(s, Year, ct));
    }

    /// <summary>The line of the ingot rests on its certificate, with the producer's verified figures. A folder made before there was such a line, or such metal, goes without.</summary>
    static async Task Certified(IServiceProvider services, DbSession s, string certificate, CancellationToken ct)
    {
        var lines = services.GetRequiredService<LineHandlers>();
        var line = Take(await lines.List(s, new(Year: Year, Origin: "IN", Cn: Ingot, Limit: 1), ct)).Items.FirstOrDefault()?.Line;
        if (line is not { LinkKind: LinkKind.None }) return;
        if ((await lines.Link(s, line.Id, new(LinkKind.Certificate, certificate, null, new(null, null, null, "K", null, null, null, null)), ct)).Ok) Take(await lines.SetBasis(s, line.Id, LineBasis.Actual, ct));
    }

    static async Task Suppliers(IServiceProvider services, DbSession s, CancellationToken ct)
    {
        var (suppliers, requests, lines) = (services.GetRequiredService<SupplierHandlers>(), services.GetRequiredService<RequestHandlers>(), services.GetRequiredService<LineHandlers>());
        async Task<GoodsSupplier> Known(SupplierData data) => Take(await suppliers.List(s, new(data.Name), ct)).Items.FirstOrDefault(x => x.Name == data.Name) ?? Take(await suppliers.Create(s, data, ct));
        var konkan = await Known(new(Answered, "IN", "Ratnagiri smelter", "Meera Joshi", "meera.joshi@konkan.example"));
        var lanzhou = await Known(new(Asked, "CN", "Lanzhou hot mill", "Zhao Lin", "zhao.lin@lanzhou.example"));
        if (Take(await requests.List(s, new(lanzhou.Id), ct)).Items.Count == 0)
            Take(await requests.Ask(s, lanzhou.Id, new(Year, "7606", "Please send the verified emissions report of your installation for 2026, with direct embedded emissions a tonne, your precursors and the name of the verifier.", s.Today().PlusDays(21)), ct));
        var first = Take(await lines.List(s, new(Year: Year, Origin: "IN", Cn: "760120", Sort: "released", Limit: 1), ct)).Items[0].Line;
        if (first.LinkKind == LinkKind.None)
            Take(await lines.Link(s, first.Id, new(LinkKind.Supplier, null, konkan.Id, new(1.71m, 0.24m, null, "K", "Klarsyn Assurance", new(Year - 1, 1, 1), new(Year - 1, 12, 31), null)), ct));
        if (first.Basis == LineBasis.Default) Take(await lines.SetBasis(s, first.Id, LineBasis.Actual, ct));
    }

    /// <summary>Ten months: billet and ingot from India and the Emirates, plate from China, profiles from Türkiye; one ingot from Norway, one load of scrap, a little wire from South Africa.</summary>
    static string Csv()
    {
        var file = new StringBuilder("mrn,item,cn,origin,netMassKg,releasedOn,procedure,importerEori,supplier,value,currency\r\n");
        var n = 0;
        for (var month = 1; month <= Months; month++)
        {
            Line(month, 6, "76012030", "IN", 24_180 + (month * 37), Answered);
            Line(month, 13, "76011010", "AE", 24_960 - (month * 21), "Jebel Metals");
            Line(month, 19, "76061191", "CN", 8_240 + (month * 55), Asked);
            if (month % 2 == 0) Line(month, 24, "76042910", "TR", 5_310 + (month * 18), "Izmir Profil");
        }
        Line(4, 22, Ingot, "IN", 24_980, Answered);
        Line(2, 11, "76011010", "NO", 24_870, "Fjordlys Aluminium Group");
        Line(5, 20, "76020019", "GB", 12_400, "Midland Scrap");
        Line(8, 4, "76051100", "ZA", 2_150, "Highveld Wire");
        Line(9, 9, "76151010", "CN", 640, "Ningbo Household");
        Line(9, 9, "73181558", "TW", 1_180, "Kaohsiung Fasteners");
        return file.ToString();

        void Line(int month, int day, string cn, string origin, int kg, string supplier)
        {
            var body = string.Create(CultureInfo.InvariantCulture, $"26DE5566{++n:000000000}");
            file.Append(CultureInfo.InvariantCulture, $"{body}{Mrn.CheckDigit(body)},1,{cn},{origin},{kg},{LocalDatePattern.Iso.Format(new(Year, month, day))},4000,{Importer},{supplier},{kg * 2.6m:0.00},EUR\r\n");
        }
    }

    static T Take<T>(Answer<T> answer) => answer.Ok ? answer.Value
        : throw new InvalidOperationException("The demo of the importer was refused: " + string.Join("; ", answer.Refusals.Select(r => $"{r.Code} {r.Field} {string.Join(",", r.Args?.Values ?? [])}")));
}
