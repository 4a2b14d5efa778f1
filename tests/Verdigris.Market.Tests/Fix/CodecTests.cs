using System.Text;
using NodaTime;
using Verdigris.Market.Fix;

namespace Verdigris.Market.Tests.Fix;

public sealed class CodecTests
{
    const string Head = "35=D|49=A|56=B|34=2|52=20260302-08:00:00.000|";
    const string Order = Head + "11=1|54=1|60=20260302-08:00:00|40=2|44=71.25|55=EUA|38=10|";

    static int Seed { get; } = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 44;

    static readonly Instant Now = Instant.FromUtc(2026, 3, 2, 8, 0, 0) + Duration.FromMilliseconds(7);

    [Fact]
    public void The_dictionary_knows_every_message_of_the_standard_with_its_groups()
    {
        Assert.Equal(93, Wire.Dictionary.Messages.Count());
        Assert.Equal(["0", "1", "2", "3", "4", "5", "A", "n"], Wire.Dictionary.Messages.Where(m => m.Admin).Select(m => m.Type).Order(StringComparer.Ordinal));
        var parties = Wire.Dictionary.Message("D"u8)!.Body.Group(453)!;
        Assert.Equal(448, parties.Delimiter);
        Assert.Equal(523, parties.Group(802)!.Delimiter);
        Assert.Equal([11, 40, 54, 60], Wire.Dictionary.Message("D"u8)!.Body.Required);
        Assert.Equal(95, Wire.Dictionary.Field(96)!.LengthTag);
        Assert.Null(Wire.Dictionary.Field(999));
        Assert.Null(Wire.Dictionary.Message("ZZZZZ"u8));
    }

    [Theory]
    [InlineData("", null, null)]
    [InlineData("999=1|", FixFault.InvalidTag, 999)]
    [InlineData("-1=1|", FixFault.InvalidTag, -1)]
    [InlineData("0=1|", FixFault.InvalidTag, 0)]
    [InlineData("5001=1|", FixFault.InvalidTag, 5001)]
    [InlineData("nothing|", FixFault.InvalidTag, null)]
    [InlineData("1a=1|", FixFault.InvalidTag, null)]
    [InlineData("7=1|", FixFault.TagNotDefined, 7)]
    [InlineData("1=|", FixFault.NoValue, 1)]
    [InlineData("59=9|", FixFault.ValueIncorrect, 59)]
    [InlineData("18=1 6|", null, null)]
    [InlineData("18=1 !|", FixFault.ValueIncorrect, 18)]
    [InlineData("110=+5|", FixFault.DataFormat, 110)]
    [InlineData("110=1e3|", FixFault.DataFormat, 110)]
    [InlineData("110=1.2.3|", FixFault.DataFormat, 110)]
    [InlineData("110=.|", FixFault.DataFormat, 110)]
    [InlineData("110=.5|", null, null)]
    [InlineData("110=5.|", null, null)]
    [InlineData("110=12345678901234567890123456789|", FixFault.DataFormat, 110)]
    [InlineData("126=20260230-00:00:00|", FixFault.DataFormat, 126)]
    [InlineData("126=20260228-24:00:00|", FixFault.DataFormat, 126)]
    [InlineData("126=20260228|", FixFault.DataFormat, 126)]
    [InlineData("126=20260228-23:59:60.123456|", null, null)]
    [InlineData("432=20261301|", FixFault.DataFormat, 432)]
    [InlineData("200=202612|", null, null)]
    [InlineData("200=202613|", FixFault.DataFormat, 200)]
    [InlineData("200=202612w5|", null, null)]
    [InlineData("114=J|", FixFault.DataFormat, 114)]
    [InlineData("55=EUA|", FixFault.TagRepeated, 55)]
    [InlineData("50=DESK|", FixFault.TagOutOfOrder, 50)]
    [InlineData("93=3|89=a|b|", null, null)]
    [InlineData("93=3|89=a|b|1=A|", FixFault.TagOutOfOrder, 1)]
    [InlineData("354=3|355=a|b|", null, null)]
    [InlineData("354=9|355=a|1=X|", null, null)]
    [InlineData("386=2|336=1|625=a|336=2|", null, null)]
    [InlineData("386=3|336=1|336=2|", FixFault.GroupCount, 386)]
    [InlineData("386=1|336=1|336=2|", FixFault.GroupCount, 386)]
    [InlineData("386=0|", null, null)]
    [InlineData("386=x|", FixFault.DataFormat, 386)]
    [InlineData("386=1|625=a|336=1|", FixFault.GroupOutOfOrder, 625)]
    [InlineData("386=1|336=1|625=a|625=b|", FixFault.TagRepeated, 625)]
    [InlineData("453=1|448=P|447=D|452=1|802=2|523=a|803=1|523=b|", null, null)]
    [InlineData("453=1|448=P|447=D|452=1|802=3|523=a|803=1|523=b|", FixFault.GroupCount, 802)]
    public void A_message_is_checked_by_the_dictionary(string more, int? reason, int? tag) => Assert.Equal(reason is { } r ? new FixFault(r, tag) : null, Wire.Fault(Order + more));

    [Fact]
    public void Of_several_faults_the_first_in_the_documented_order_is_told()
    {
        Assert.Equal(new FixFault(FixFault.RequiredTagMissing, 56), Wire.Fault("35=0|49=A|34=2|52=20260302-08:00:00|"));
        Assert.Equal(new FixFault(FixFault.RequiredTagMissing, 11), Wire.Fault(Head + "40=1|54=9|60=20260302-08:00:00|"));
        Assert.Equal(new FixFault(FixFault.TagRepeated, 40), Wire.Fault(Head + "11=1|40=1|40=2|54=9|"));
        Assert.Equal(new FixFault(FixFault.TagOutOfOrder, 34), Wire.Fault("35=D|11=1|49=A|34=2|"[..10] + "34=2|49=A|56=B|"));
        Assert.Equal(new FixFault(FixFault.NoValue, 115), Wire.Fault(Head + "115=|11=1|54=1|60=20260302-08:00:00|40=w|"));
        Assert.Equal(new FixFault(FixFault.InvalidMsgType), Wire.Fault("35=*|49=A|56=B|34=2|52=20260302-08:00:00|"));
    }

    [Fact]
    public void Fields_of_a_group_are_not_fields_of_the_message()
    {
        var message = Wire.Read(Wire.Frame(Head + "11=1|453=2|448=P|452=1|448=Q|452=3|54=1|60=20260302-08:00:00|40=2|"));
        Assert.Null(new FixValidator(Wire.Dictionary).Check(message));
        Assert.False(message.Has(448));
        Assert.Equal(["P", "Q"], message.InGroup(453, 448));
        Assert.Equal("1", message.Text(11));
        Assert.Equal(Instant.FromUtc(2026, 3, 2, 8, 0, 0), message.Time(60));
    }

    [Fact]
    public void Messages_are_found_in_a_stream_however_it_is_cut()
    {
        var stream = Wire.Raw("noise").Concat(Wire.Frame(Order)).Concat(Wire.Raw("8=FI")).Concat(Wire.Frame("35=0|34=3|")).Concat(Wire.Raw("8=FIX.4.4|9=x|")).Concat(Wire.Frame("35=1|34=4|112=A|")).ToArray();
        for (var size = 1; size < 40; size++)
        {
            using var framer = new FixFramer();
            var found = new List<string>();
            foreach (var piece in stream.Chunk(size))
            {
                piece.CopyTo(framer.Space());
                framer.Added(piece.Length);
                for (FixFrame frame; (frame = framer.Next(out var message)) != FixFrame.None;)
                    if (frame == FixFrame.Message) found.Add(Wire.Text(message.Span));
            }
            Assert.Equal([Wire.Text(Wire.Frame(Order)), Wire.Text(Wire.Frame("35=0|34=3|")), Wire.Text(Wire.Frame("35=1|34=4|112=A|"))], found);
        }
    }

    [Theory]
    [InlineData("8=FIX.4.4|9=9|35=0|34=3|10=000|", "the sum is wrong")]
    [InlineData("8=FIX.4.4|9=8|35=0|34=3|", "the length is too short")]
    [InlineData("8=FIX.4.4|9=10|34=3|35=0|", "the type is not third")]
    [InlineData("8=FIX.4.4|35=0|34=3|", "there is no length")]
    [InlineData("8=FIX.4.4|9=-5|35=0|", "the length is no number")]
    [InlineData("8=FIX.4.4|9=999999|35=0|", "the length is beyond the limit")]
    [InlineData("8=FIX.4.4444444444444|9=10|35=0|34=3|", "the version has no end in sight")]
    public void A_garbled_message_is_passed_over_and_the_next_one_found(string garbled, string why)
    {
        using var framer = new FixFramer();
        var bytes = (garbled.Contains("10=", StringComparison.Ordinal) ? Wire.Raw(garbled) : Wire.Closed(garbled)).Concat(Wire.Frame("35=0|34=7|")).ToArray();
        bytes.CopyTo(framer.Space());
        framer.Added(bytes.Length);
        var frames = new List<FixFrame>();
        for (FixFrame frame; (frame = framer.Next(out var message)) != FixFrame.None;)
        {
            frames.Add(frame);
            if (frame == FixFrame.Message) Assert.Equal(7, Wire.Read(message.ToArray()).Sequence);
        }
        Assert.True(frames.Count(f => f == FixFrame.Message) == 1 && frames[0] == FixFrame.Garbled, why);
    }

    [Fact]
    public void What_waits_for_its_end_is_bounded()
    {
        using var framer = new FixFramer();
        var endless = Wire.Raw($"8=FIX.4.4|9={FixFramer.MostBytes}|35=D|58=" + new string('x', 1000));
        endless.CopyTo(framer.Space());
        framer.Added(endless.Length);
        var most = 0;
        for (var i = 0; i < 2000; i++)
        {
            var space = framer.Space();
            var piece = Math.Min(space.Length, 512);
            space.Span[..piece].Fill((byte)'x');
            framer.Added(piece);
            while (framer.Next(out _) != FixFrame.None) { }
            most = Math.Max(most, framer.Waiting);
        }
        Assert.InRange(most, FixFramer.MostBytes, 3 * FixFramer.MostBytes);
        Assert.InRange(framer.Waiting, 0, 3 * FixFramer.MostBytes);
    }

    [Fact]
    public void A_message_written_is_the_message_read()
    {
        for (var seed = Seed; seed < Seed + 300; seed++)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed} (replay with VERDIGRIS_SEED={seed})");
            var random = new Random(seed);
            var body = new FixBody();
            var given = new List<(int Tag, string Value)>();
            foreach (var tag in new[] { 1, 11, 38, 44, 55, 58, 109 }.Where(_ => random.Next(3) > 0))
            {
                var value = tag is 38 or 44 ? ((decimal)random.NextInt64(-1_000_000, 1_000_000) / (decimal)Math.Pow(10, random.Next(6))).ToString(System.Globalization.CultureInfo.InvariantCulture) : new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => (char)random.Next(32, 256))]);
                if (tag is 38 or 44) body.Add(tag, decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
                else body.Add(tag, value);
                given.Add((tag, value));
            }
            var sequence = random.NextInt64(1, 1_000_000_000);
            Instant? first = random.Next(2) == 0 ? null : Now - Duration.FromSeconds(random.Next(100));
            var bytes = new FixEncoder("VERDIGRIS", "CLIENT").Encode(body.As("D") with { Routing = Wire.Raw("97=Y|115=X|128=Y|") }, sequence, Now, first);
            using var framer = new FixFramer();
            bytes.CopyTo(framer.Space());
            framer.Added(bytes.Length);
            Assert.Equal(FixFrame.Message, framer.Next(out var frame));
            var read = Wire.Read(frame.ToArray());
            Assert.Equal(given, read.Fields.ToArray().Where(f => f.Part == FixPart.Body).Select(f => (f.Tag, Encoding.Latin1.GetString(read.Value(f)))));
            Assert.Equal((sequence, Now, first, first is not null, "D"), (read.Sequence, read.Time(52), read.Time(122), read.PossDup, read.Text(35)));
            Assert.Equal(first is null ? [8, 9, 35, 34, 49, 52, 56, 97, 115, 128] : [8, 9, 35, 34, 43, 49, 52, 56, 97, 115, 122, 128], read.Fields.ToArray().Where(f => f.Part == FixPart.Header).Select(f => f.Tag));
            Assert.All(given.Where(g => g.Tag is 38 or 44), g => Assert.Equal(decimal.Parse(g.Value, System.Globalization.CultureInfo.InvariantCulture), read.Number(g.Tag)));
        }
    }

    [Fact]
    public void No_bytes_make_the_codec_fail()
    {
        var seeds = new[] { Order, Head + "453=2|448=P|802=1|523=a|448=Q|", "35=A|49=A|56=B|34=1|52=20260302-08:00:00|98=0|108=30|95=4|96=abcd|" }.Select(Wire.Frame).ToArray();
        var validator = new FixValidator(Wire.Dictionary);
        var message = new FixMessage();
        for (var seed = Seed; seed < Seed + Night.Cases(20_000, 500_000); seed++)
        {
            var random = new Random(seed);
            var bytes = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                switch (random.Next(4))
                {
                    case 0: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
                    case 1: bytes = bytes[..random.Next(1, bytes.Length + 1)]; break;
                    case 2: bytes = [.. bytes[..random.Next(bytes.Length)], .. bytes]; break;
                    default: random.NextBytes(bytes.AsSpan(random.Next(bytes.Length))); break;
                }
            }
            using var framer = new FixFramer();
            foreach (var piece in bytes.Chunk(random.Next(1, 200)))
            {
                piece.CopyTo(framer.Space());
                framer.Added(piece.Length);
                while (framer.Next(out _) != FixFrame.None) { }
            }
            message.Read(bytes, Wire.Dictionary);
            validator.Check(message);
        }
    }
}
