using Verdigris.Passport.Lots;

namespace Verdigris.Browser.Tests;

/// <summary>A lot that was split, and one of its children. Made once for a stage.</summary>
static class LotPages
{
    static readonly Once<(Guid Split, Guid Child)> Made = new(Make);

    public static Task<(Guid Split, Guid Child)> Stocked(Stage stage) => Made.Of(stage);

    static async Task<(Guid, Guid)> Make(Stage stage)
    {
        var handlers = stage.Get<LotHandlers>();
        var certificate = await stage.Published("LOTS");
        var lot = await stage.Do(Stage.Editor, s => handlers.Open(s, certificate.Certificate.Id, default));
        var names = lot.Bundles.Select(b => new BundleName(b.CertificateNumber, b.BundleNo)).ToList();
        var split = await stage.Do(Stage.Editor, s => handlers.Split(s, lot.Lot.Id, [names[..10], names[10..]], default));
        return (lot.Lot.Id, split.Children[0].Id);
    }
}
