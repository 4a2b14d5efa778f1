namespace Verdigris.Market.Fix;

/// <summary>
/// Checks a message against the dictionary (FIX 4.4 volume 2, session rejects). Of several faults the one is told that comes first in this order: header, body and trailer mixed; a field twice, or an entry that does not begin as it must; a needed field missing; then values, formats, unknown fields and
/// groups, by part and number. Marks fields of groups with their depth. Makes nothing on the heap where there is no fault. Not thread-safe.
/// </summary>
sealed class FixValidator(FixDictionary dictionary)
{
    readonly ulong[] seen = new ulong[FixDictionary.Tags / 64];
    FixMessage message = new();
    FixFault? worst;
    long worstRank;
    // Both end the check: no entry is longer than the fields it may have, and no message costs more than its length.
    bool over;

    /// <returns>Null where the message is right.</returns>
    public FixFault? Check(FixMessage of)
    {
        message = of;
        worst = null;
        worstRank = long.MaxValue;
        over = false;
        Order();
        if (worst is not null) return worst;
        if (of.Type is not { } type) return new(FixFault.InvalidMsgType);
        Array.Clear(seen);
        var fields = of.Fields;
        for (var i = 0; i < fields.Length && !over;) i = Field(i, ShapeOf(fields[i].Part, type), 0);
        if (over) return worst;
        Required(dictionary.Header, FixPart.Header);
        Required(type.Body, FixPart.Body);
        return worst;
    }

    FixShape ShapeOf(FixPart part, FixMessageType type) => part switch { FixPart.Header => dictionary.Header, FixPart.Trailer => dictionary.Trailer, _ => type.Body };

    void Order()
    {
        var part = FixPart.Header;
        foreach (var field in message.Fields)
        {
            if (dictionary.Header.Has(field.Tag) && part > FixPart.Header || part == FixPart.Trailer && !dictionary.Trailer.Has(field.Tag))
            {
                Found(0, field, FixFault.TagOutOfOrder);
                return;
            }
            part = field.Part;
        }
    }

    /// <summary>Checks one field, with the entries it counts where it begins a group.</summary>
    /// <returns>Where the next field stands.</returns>
    int Field(int at, FixShape shape, byte depth)
    {
        ref var field = ref message.Fields[at];
        field.Depth = depth;
        if (depth == 0 && Twice(field.Tag)) Found(1, field, FixFault.TagRepeated);
        Values(field, shape);
        if (shape.Group(field.Tag) is not { } group || !FixFormats.Count(message.Value(field), out var entries)) return at + 1;
        return Entries(at, group, entries, (byte)(depth + 1));
    }

    void Values(FixField field, FixShape shape)
    {
        var known = dictionary.Field(field.Tag);
        var value = message.Value(field);
        if (known is null) Found(3, field, FixFault.InvalidTag);
        else if (value.IsEmpty) Found(3, field, FixFault.NoValue);
        else if (!FixFormats.Fits(known.Format, value)) Found(3, field, FixFault.DataFormat);
        else if (!known.Allows(value)) Found(3, field, FixFault.ValueIncorrect);
        else if (!shape.Has(field.Tag)) Found(3, field, FixFault.TagNotDefined);
    }

    int Entries(int counter, FixShape group, long expected, byte depth)
    {
        var fields = message.Fields;
        var at = counter + 1;
        var entries = 0L;
        while (at < fields.Length && !over && group.Has(fields[at].Tag))
        {
            if (fields[at].Tag != group.Delimiter)
            {
                Found(1, fields[at], FixFault.GroupOutOfOrder);
                return at;
            }
            entries++;
            at = Entry(at, group, depth);
        }
        if (entries != expected) Found(3, fields[counter], FixFault.GroupCount);
        return at;
    }

    int Entry(int begin, FixShape group, byte depth)
    {
        var fields = message.Fields;
        var at = Field(begin, group, depth);
        while (at < fields.Length && !over && fields[at].Tag != group.Delimiter && group.Has(fields[at].Tag))
        {
            for (var i = begin; i < at; i++)
                if (fields[i].Tag == fields[at].Tag && fields[i].Depth == depth) Found(1, fields[at], FixFault.TagRepeated);
            at = Field(at, group, depth);
        }
        foreach (var tag in group.Required)
        {
            var there = false;
            for (var i = begin; i < at && !there; i++) there = fields[i].Tag == tag && fields[i].Depth == depth;
            if (!there) Found(2, fields[begin] with { Tag = tag }, FixFault.RequiredTagMissing);
        }
        return at;
    }

    // A field outside the dictionary's range is a fault the first time already.
    bool Twice(int tag)
    {
        if (tag is < 0 or >= FixDictionary.Tags) return false;
        var bit = 1UL << (tag & 63);
        var before = (seen[tag >> 6] & bit) != 0;
        seen[tag >> 6] |= bit;
        return before;
    }

    void Required(FixShape shape, FixPart part)
    {
        foreach (var tag in shape.Required)
        {
            if ((seen[tag >> 6] & (1UL << (tag & 63))) != 0) continue;
            Found(2, new(tag, 0, 0, part, 0), FixFault.RequiredTagMissing);
            return;
        }
    }

    void Found(int phase, FixField field, int reason)
    {
        var rank = ((long)phase << 40) + ((long)field.Part << 36) + Math.Max(-1L, field.Tag) + 1;
        if (rank >= worstRank) return;
        worstRank = rank;
        over |= phase == 1;
        worst = new(reason, field.Tag == FixMessage.NoTag ? null : field.Tag);
    }
}
