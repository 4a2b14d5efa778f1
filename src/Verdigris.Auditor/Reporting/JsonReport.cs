using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Verdigris.Auditor.Reporting;

/// <summary>
/// The report for machines: one JSON object. Amounts and 64-bit numbers are strings where they may pass what a double holds exactly.
/// Member names are part of the public face and do not change.
/// </summary>
static class JsonReport
{
    public static void Write(AuditReport r, TextWriter to)
    {
        using var memory = new MemoryStream();
        using (var w = new Utf8JsonWriter(memory, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            w.WriteStartObject();
            w.WriteBoolean("sound", r.Sound);
            w.WriteBoolean("isExport", r.IsExport);
            w.WriteBoolean("complete", r.Complete);
            w.WriteString("venue", r.VenueId);
            w.WriteNumber("bytes", r.Bytes);
            w.WriteNumber("batches", r.Batches);
            w.WriteNumber("commands", r.Commands);
            w.WriteNumber("accepted", r.Accepted);
            w.WriteNumber("effects", r.Effects);
            w.WriteNumber("accounts", r.Accounts);
            w.WriteNumber("holdings", r.Holdings);
            w.WriteNumber("pendingHolds", r.PendingHolds);
            w.WriteNumber("blocks", r.Blocks);
            if (r.Batches > 0)
            {
                w.WriteString("firstTime", TextReport.Time(r.FirstTimeMicros));
                w.WriteString("lastTime", TextReport.Time(r.LastTimeMicros));
            }
            w.WriteString("lastRecordHash", r.LastRecordHash);
            w.WriteNumber("rules", AuditRule.All.Count);
            w.WriteStartArray("findings");
            foreach (var f in r.Findings) Finding(w, f);
            w.WriteEndArray();
            w.WriteStartArray("assets");
            foreach (var a in r.Assets)
            {
                w.WriteStartObject();
                w.WriteNumber("asset", a.Asset);
                w.WriteString("code", a.Code);
                w.WriteBoolean("serialised", a.Serialised);
                w.WriteString("issued", a.Issued.ToString(CultureInfo.InvariantCulture));
                w.WriteString("owed", a.Owed.ToString(CultureInfo.InvariantCulture));
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteStartArray("days");
            foreach (var d in r.Days)
            {
                w.WriteStartObject();
                w.WriteString("day", d.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
                w.WriteNumber("firstBatch", d.FirstBatch);
                w.WriteNumber("lastBatch", d.LastBatch);
                w.WriteString("merkleRoot", d.Root);
                w.WriteEndObject();
            }
            w.WriteEndArray();
            w.WriteEndObject();
        }
        to.WriteLine(Encoding.UTF8.GetString(memory.ToArray()));
    }

    static void Finding(Utf8JsonWriter w, AuditFinding f)
    {
        w.WriteStartObject();
        w.WriteString("code", f.Code);
        w.WriteString("rule", AuditRule.Of(f.Code).English);
        w.WriteString("ruleZh", AuditRule.Of(f.Code).Chinese);
        w.WriteNumber("batch", f.Batch);
        if (f.Command is { } command) w.WriteNumber("command", command); else w.WriteNull("command");
        w.WriteString("account", f.Account.ToString(CultureInfo.InvariantCulture));
        w.WriteNumber("asset", f.Asset);
        w.WriteString("field", f.Field);
        w.WriteString("expected", f.Expected);
        w.WriteString("found", f.Found);
        w.WriteEndObject();
    }
}
