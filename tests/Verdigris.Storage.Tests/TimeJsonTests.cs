using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using NodaTime;
using NodaTime.Text;

namespace Verdigris.Storage.Tests;

/// <summary>Times in JSON: any RFC 3339 time with an offset is that moment in UTC; a time without one is no moment and is refused.</summary>
public sealed class TimeJsonTests
{
    sealed record Holder(Instant At);

    [Fact]
    public void A_moment_written_with_any_offset_is_read_as_that_moment_and_written_in_utc()
    {
        var cases = from seconds in Gen.Choose(-2_000_000_000, 2_000_000_000) from micros in Gen.Choose(0, 999_999) from minutes in Gen.Choose(-18 * 60, 18 * 60) from lower in Gen.Elements(true, false) select (seconds, micros, minutes, lower);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var moment = Instant.FromUnixTimeSeconds(c.seconds) + Duration.FromNanoseconds(c.micros * 1000L);
            var text = OffsetDateTimePattern.Rfc3339.Format(moment.WithOffset(Offset.FromSeconds(c.minutes * 60)));
            var read = StorageJson.Read<Holder>(JsonSerializer.Serialize(new { at = c.lower ? text.ToLowerInvariant() : text })).At;
            return read == moment && StorageJson.Write(new Holder(read)).EndsWith("Z\"}", StringComparison.Ordinal) && StorageJson.Read<Holder>(StorageJson.Write(new Holder(read))).At == moment;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("2026-03-02T10:30:00+01:00", "2026-03-02T09:30:00Z")]
    [InlineData("2026-03-02T10:30:00.25-05:30", "2026-03-02T16:00:00.25Z")]
    [InlineData("2026-03-02t10:30:00z", "2026-03-02T10:30:00Z")]
    [InlineData("2026-03-02T10:30:00-00:00", "2026-03-02T10:30:00Z")]
    public void Examples_are_read(string text, string utc) => Assert.Equal($"{{\"at\":\"{utc}\"}}", StorageJson.Write(StorageJson.Read<Holder>($"{{\"at\":\"{text}\"}}")));

    [Theory]
    [InlineData("2026-03-02T10:30:00")]
    [InlineData("2026-03-02")]
    [InlineData("2026-03-02T10:30:00+1")]
    [InlineData("2026-03-02T10:30:00+25:00")]
    [InlineData("2026-02-30T10:30:00Z")]
    [InlineData("2026-03-02T24:30:00Z")]
    [InlineData("9999-12-31T23:59:59-12:00")]
    [InlineData("0001-01-01T00:00:00+12:00")]
    [InlineData("")]
    [InlineData("tomorrow")]
    public void What_is_no_moment_is_refused_and_its_field_named(string text)
    {
        var fault = Assert.Throws<JsonException>(() => StorageJson.Read<Holder>($"{{\"at\":\"{text}\"}}"));
        Assert.Equal("$.at", fault.Path);
    }
}
