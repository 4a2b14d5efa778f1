using System.Text;
using System.Text.Json;
using NodaTime;

namespace Verdigris.Primitives.Tests.Text;

public sealed class IdentifierTests
{
    // A real identifier printed in ISO 17442's own example, and the one of GLEIF.
    [Theory]
    [InlineData("5493001KJTIIGC8Y1R12", true)]
    [InlineData("506700GE1G29325QX363", true)]
    [InlineData("506700GE1G29325QX364", false)]
    [InlineData("5067O0GE1G29325QX363", false)]
    [InlineData("506700ge1g29325qx363", false)]
    [InlineData("506700GE1G29325QX36", false)]
    [InlineData(null, false)]
    public void Check_digits_of_a_legal_entity_identifier_are_checked(string? lei, bool valid) => Assert.Equal(valid, Lei.IsValid(lei));

    [Fact]
    public void Made_check_digits_are_valid_and_any_changed_character_is_found()
    {
        var random = Seeded.Next();
        const string alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (var i = 0; i < 500; i++)
        {
            var body = string.Concat(Enumerable.Range(0, 18).Select(_ => alphabet[random.Next(36)]));
            var lei = body + Lei.CheckDigits(body);
            Assert.True(Lei.IsValid(lei), lei);
            var at = random.Next(20);
            var other = alphabet[random.Next(at < 18 ? 36 : 10)];
            // Mod 97-10 finds every single substitution of characters of one width (digit for digit, letter for letter).
            if (other != lei[at] && char.IsAsciiDigit(other) == char.IsAsciiDigit(lei[at])) Assert.False(Lei.IsValid(lei[..at] + other + lei[(at + 1)..]), lei);
        }
    }

    [Theory]
    [InlineData("CN", true)]
    [InlineData("GB", true)]
    [InlineData("UK", false)]
    [InlineData("XK", false)]
    [InlineData("cn", false)]
    [InlineData(null, false)]
    public void Countries_are_those_assigned(string? code, bool assigned) => Assert.Equal(assigned, CountryCode.IsAssigned(code));

    [Fact]
    public void There_are_249_countries() => Assert.Equal(249, CountryCode.All.Count);

    sealed class SteppedClock(params long[] millis) : IClock
    {
        int at;
        public Instant GetCurrentInstant() => Instant.FromUnixTimeMilliseconds(millis[Math.Min(at++, millis.Length - 1)]);
    }

    [Fact]
    public void Ids_rise_also_within_a_millisecond_and_when_the_clock_steps_back()
    {
        var random = Seeded.Next();
        var maker = new Uuid7Maker(new SteppedClock(5_000, 5_000, 5_000, 4_000, 6_000), random.NextBytes);
        var ids = Enumerable.Range(0, 500).Select(_ => maker.Next().ToString()).ToList();
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Equal(500, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Equal('7', id[14]));
        Assert.All(ids, id => Assert.Contains(id[19], "89ab"));
        Assert.Equal(Instant.FromUnixTimeMilliseconds(5_000), Uuid7Maker.TimeOf(Guid.Parse(ids[0])));
    }

    [Fact]
    public void Random_bits_that_run_over_go_into_the_next_millisecond()
    {
        var maker = new Uuid7Maker(new SteppedClock(1_000), bytes => bytes.Fill(0xff));
        var (first, second) = (maker.Next(), maker.Next());
        Assert.True(string.CompareOrdinal(first.ToString(), second.ToString()) < 0);
    }

    [Fact]
    public void A_cursor_gives_its_keys_back()
    {
        var cursor = Cursor.After("certificates/issued", "2026-01-31", null, "会", "");
        var read = Cursor.Read(cursor, "certificates/issued", 4);
        Assert.True(read.Ok);
        Assert.Equal(["2026-01-31", null, "会", ""], read.Value);
    }

    [Fact]
    public void A_cursor_of_another_list_or_a_damaged_one_is_refused()
    {
        var cursor = Cursor.After("certificates/issued", "a", "b");
        Assert.Equal("page.cursor-invalid", Assert.Single(Cursor.Read(cursor, "warrants/issued", 2).Refusals).Code);
        Assert.False(Cursor.Read(cursor, "certificates/issued", 1).Ok);
        Assert.False(Cursor.Read("", "certificates/issued", 2).Ok);
        Assert.False(Cursor.Read("!!", "certificates/issued", 2).Ok);
        for (var i = 0; i < cursor.Length; i++)
        {
            var damaged = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            if (i < cursor.Length - 1) Assert.False(Cursor.Read(damaged, "certificates/issued", 2).Ok, $"character {i}");
            Assert.False(Cursor.Read(cursor[..i], "certificates/issued", 2).Ok, $"cut at {i}");
        }
    }

    [Theory]
    [InlineData("""{ "b": 1.0, "a": [true, null, "x\u000a\u0001é/"], "A": -0.50, "€": 1e3 }""", """{"A":-0.5,"a":[true,null,"x\n\u0001é/"],"b":1,"€":1000}""")]
    [InlineData("""{"1":0.000001,"":-0.0,"nested":{"z":{},"y":[]}}""", """{"":0,"1":0.000001,"nested":{"y":[],"z":{}}}""")]
    public void Canonical_json_has_one_form(string json, string canonical)
    {
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Write(Encoding.UTF8.GetBytes(json))));
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Write(Encoding.UTF8.GetBytes(canonical))));
    }

    // Names sort by UTF-16 code unit (RFC 8785, 3.2.3): U+1F600 is D83D DE00 and comes before U+FB33.
    [Fact]
    public void Names_sort_by_code_unit() =>
        Assert.Equal("{\"\\r\":1,\"1\":2,\"\u0080\":3,\"ö\":4,\"€\":5,\"😀\":6,\"\ufb33\":7}", Encoding.UTF8.GetString(CanonicalJson.Write(Encoding.UTF8.GetBytes("{\"€\":5,\"\\r\":1,\"\ufb33\":7,\"1\":2,\"😀\":6,\"\u0080\":3,\"ö\":4}"))));

    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("1e-9")]
    [InlineData("1234567890123456789")]
    [InlineData("\"\\ud800\"")]
    public void What_has_no_single_form_everywhere_is_not_written(string json) => Assert.Throws<ArgumentException>(() => CanonicalJson.Write(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Two_values_are_not_one() => Assert.ThrowsAny<JsonException>(() => CanonicalJson.Write("1 2"u8));
}
