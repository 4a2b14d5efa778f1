using System.Text;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Paper;

namespace Verdigris.Browser.Tests;

/// <summary>Papers of the warehouse in every state a page shows. Made once for a stage.</summary>
static class PaperPages
{
    static readonly Once<(Guid Open, Guid Typed, Guid Differs, Guid Published, string Number)> Made = new(Make);

    public static byte[] Scan(string mark) => Encoding.ASCII.GetBytes($"%PDF-1.7\n{mark}\n%%EOF\n");

    public static Task<(Guid Open, Guid Typed, Guid Differs, Guid Published, string Number)> Stocked(Stage stage) => Made.Of(stage);

    static async Task<(Guid, Guid, Guid, Guid, string)> Make(Stage stage)
    {
        var handlers = stage.Get<PaperHandlers>();
        var open = await Uploaded("open");
        var typed = await Typed("typed");
        var differs = await Typed("differs");
        await stage.Do(Stage.Issuer, s => handlers.Check(s, differs, new(["PDIFFERS1", "PDIFFERS3"], 24_960m, 25_000m - 110m), ["netKg"], default));
        var published = await Typed("published");
        await stage.Do(Stage.Issuer, s => handlers.Check(s, published, new(["PPUBLISHED2", "PPUBLISHED1"], 25_060m, 25_000m), [], default));
        var done = await stage.Do(Stage.Issuer, s => handlers.Publish(s, published, default));
        return (open, typed, differs, published, done.CertificateNumber!);

        async Task<Guid> Uploaded(string mark) => (await stage.Do(Stage.Operator, s => handlers.Upload(s, $"certificate {mark}.pdf", 2, new MemoryStream(Scan(mark)), default))).Id;

        async Task<Guid> Typed(string mark)
        {
            var id = await Uploaded(mark);
            var heat = "P" + mark.ToUpperInvariant();
            await stage.Do(Stage.Operator, s => handlers.Type(s, id, new CertificateContent
            {
                ExchangeBrandCode = Stage.Brand,
                CountryOfOrigin = "NO",
                Shape = "ingot",
                HeatNumbers = [heat + "1", heat + "2"],
                ProductionDate = new LocalDate(2019, 3, 2),
                AnalysisDate = new LocalDate(2019, 3, 3),
                IssueDate = new LocalDate(2019, 3, 4),
                Pieces = 1100,
                Bundles = 25,
                GrossKg = 25_060m,
                NetKg = 25_000m,
                SpecRef = "aa-p1020a",
                Results = [new("Si", 0.05m), new("Fe", 0.12m), new("Zn", 0.01m), new("Ga", 0.01m), new("V", 0.01m), new("Al", 99.79m)],
            }, ["issueDate"], default));
            return id;
        }
    }
}
