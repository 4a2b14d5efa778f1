using System.Globalization;
using System.Text;
using QRCoder;

namespace Verdigris.Passport.Register;

/// <summary>The QR code of a bundle: the address of its public check, so that any phone reads it.</summary>
public static class BundleCode
{
    /// <summary>Path of a bundle's public page.</summary>
    public static string Path(string number, string bundleNo) => $"b/{Uri.EscapeDataString(number)}/{Uri.EscapeDataString(bundleNo)}";

    /// <summary>The code as an SVG path in a square of <c>Side</c> units, quiet zone included; dark modules only, a row's run of them one rectangle.</summary>
    /// <remarks>Error correction Q: a quarter of the label may be scratched. ISO/IEC 18004.</remarks>
    public static (string Path, int Side) Svg(string address)
    {
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(address, QRCodeGenerator.ECCLevel.Q);
        var path = new StringBuilder();
        for (var y = 0; y < code.ModuleMatrix.Count; y++)
        {
            var row = code.ModuleMatrix[y];
            for (var x = 0; x < row.Length; x++)
            {
                if (!row[x]) continue;
                var run = 1;
                while (x + run < row.Length && row[x + run]) run++;
                path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h{run}v1h-{run}z");
                x += run;
            }
        }
        return (path.ToString(), code.ModuleMatrix.Count);
    }
}
