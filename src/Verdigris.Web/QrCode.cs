using System.Globalization;
using System.Text;
using QRCoder;

namespace Verdigris.Web;

/// <summary>QR codes (ISO/IEC 18004) for pages and paper.</summary>
public static class QrCode
{
    /// <summary>The code as an SVG path in a square of <c>Side</c> units, quiet zone included; dark modules only, a row's run of them one rectangle.</summary>
    /// <remarks>Error correction Q: a quarter of it may be scratched.</remarks>
    public static (string Path, int Side) Svg(string text)
    {
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.Q);
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
