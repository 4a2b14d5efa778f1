using System.Runtime.InteropServices;
using Verdigris.Auditor.Reading;

namespace Verdigris.Auditor.Replay;

/// <summary>The effects of one batch, read on demand straight from the file.</summary>
sealed class EffectCursor(ExportReader reader, FindingList findings)
{
    int left;
    bool loaded;
    EffectRow current;

    /// <summary>The file ended inside the effects.</summary>
    public bool Cut { get; private set; }

    public long Read { get; private set; }

    public void Begin(int count)
    {
        left = count;
        loaded = false;
    }

    /// <summary>Whether the next effect belongs to this command (-1: to time); effects of an earlier one that come too late are reported and passed over.</summary>
    public bool At(int command, out EffectRow effect)
    {
        while (Load())
        {
            effect = current;
            if (effect.Command == command) return true;
            if (effect.Command > command) return false;
            findings.Add("audit.effect-order", effect.Debit, effect.Asset, "command", ">= " + command, effect.Command);
            Advance();
        }
        effect = default;
        return false;
    }

    public void Advance()
    {
        if (!current.WellFormed || (current.Kind != Effects.ReleaseRefused && current.Code != 0))
            findings.Add("audit.effect-form", current.Debit, current.Asset, current.Code != 0 ? "code" : "bytes", 0, current.Code != 0 ? current.Code : Effects.Name(current.Kind));
        loaded = false;
        left--;
        Read++;
    }

    /// <summary>Reports effects of commands the batch does not have, and reads past them.</summary>
    public void Finish(int commands)
    {
        while (Load())
        {
            findings.Add("audit.effect-order", current.Debit, current.Asset, "command", "< " + commands, current.Command);
            Advance();
        }
    }

    bool Load()
    {
        if (loaded) return true;
        if (left == 0 || Cut) return false;
        if (!reader.Has(EffectRow.Length)) { Cut = true; return false; }
        current = MemoryMarshal.Read<EffectRow>(reader.Take(EffectRow.Length));
        return loaded = true;
    }
}
