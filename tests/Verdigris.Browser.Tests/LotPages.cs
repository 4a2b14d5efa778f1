using Verdigris.Passport.Lots;

namespace Verdigris.Browser.Tests;

/// <summary>A lot that was split, and one of its children. Made once for a stage.</summary>
static class LotPages
{
    static readonly SemaphoreSlim Once = new(1);
    static (Guid Split, Guid Child)? made;

    public static async Task<(Guid Split, Guid Child)> Stocked(Stage stage)
    {
        await Once.WaitAsync();
        try
        {
            return made ??= await Make(stage);
        }
        finally
        {
            Once.Release();
        }
    }

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
