using System.Globalization;

namespace Verdigris.Auditor.Replay;

/// <summary>Findings so far, and the place in the file the next one belongs to.</summary>
sealed class FindingList(int most)
{
    readonly List<AuditFinding> found = [];

    public long Batch;
    public int? Command;

    public IReadOnlyList<AuditFinding> Found => found;
    public bool Full => found.Count >= most;

    public void Add(string code, long account, int asset, string field, object expected, object actual)
    {
        if (Full) return;
        found.Add(new(code, Batch, Command, account, asset, field, Text(expected), Text(actual)));
    }

    static string Text(object value) => value switch
    {
        string s => s,
        UInt128 id => Hex(id),
        byte[] bytes => Convert.ToHexStringLower(bytes),
        IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>A 128-bit id as 32 hexadecimal digits.</summary>
    public static string Hex(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);
}
