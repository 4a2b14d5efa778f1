using NodaTime;
using Verdigris.Primitives;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;

namespace Verdigris.Registry.Tests;

public sealed class SafetyRuleTests
{
    static readonly DateTimeZone Brussels = DateTimeZoneProviders.Tzdb["Europe/Brussels"];

    static Instant At(int year, int month, int day, int hour, int minute = 0) => new LocalDateTime(year, month, day, hour, minute).InZoneLeniently(Brussels).ToInstant();

    static DelayTimes Delay(string rule, Instant from) => TransferDelay.Of(Ask.Schemes.Hours(rule)!, Ask.Schemes.Calendar(Ask.Schemes.Hours(rule)!.Calendar), from).Value;

    /// <summary>Trap: the registry's hours are local time, so the same hour is another instant in summer.</summary>
    [Fact]
    public void The_hours_of_a_registry_are_local_time_in_winter_and_in_summer()
    {
        Assert.Equal(Instant.FromUtc(2024, 1, 16, 9, 0), Delay("eu-26h", Instant.FromUtc(2024, 1, 15, 23, 0)).Starts);
        Assert.Equal(Instant.FromUtc(2024, 7, 16, 8, 0), Delay("eu-26h", Instant.FromUtc(2024, 7, 15, 23, 0)).Starts);
    }

    [Fact]
    public void Both_ends_of_the_hours_belong_to_them()
    {
        Assert.Equal(At(2024, 3, 13, 18), Delay("eu-26h", At(2024, 3, 12, 16)).Executes);
        Assert.Equal(At(2024, 3, 13, 12), Delay("eu-26h", At(2024, 3, 12, 10)).Executes);
        Assert.Equal(At(2024, 3, 14, 12), Delay("eu-26h", At(2024, 3, 12, 16).Plus(Duration.FromSeconds(1))).Executes);
    }

    [Fact]
    public void A_holiday_does_not_count_and_nothing_starts_on_it()
    {
        Assert.Equal(At(2026, 7, 22, 13), Delay("eu-26h", At(2026, 7, 20, 11)).Executes);
        Assert.Equal(At(2026, 7, 23, 12), Delay("eu-26h", At(2026, 7, 21, 11)).Executes);
    }

    [Fact]
    public void A_later_initiation_never_ends_sooner_and_a_delay_is_never_shorter_than_its_rule()
    {
        foreach (var rule in Ask.Schemes.All.SelectMany(s => s.Hours).Where(h => h.Hours is not null || h.WorkingDays is not null))
        {
            var calendar = Ask.Schemes.Calendar(rule.Calendar);
            var least = rule.WorkingDays is { } days ? Duration.FromDays(days) : Duration.FromHours(rule.Hours!.Value);
            DelayTimes? before = null;
            for (var t = Instant.FromUtc(2025, 3, 20, 0, 17); t < Instant.FromUtc(2025, 4, 25, 0, 0); t += Duration.FromMinutes(97))
            {
                var now = TransferDelay.Of(rule, calendar, t).Value;
                Assert.True(now.Starts >= t && now.Executes >= (before?.Executes ?? Instant.MinValue), $"{rule.Rule} {t}");
                // The change to summer time takes an hour off a local day.
                Assert.True(now.Executes - now.Starts >= least - Duration.FromHours(1), $"{rule.Rule} {t}");
                Assert.True(calendar.IsWorkingDay(now.Executes.InZone(DateTimeZoneProviders.Tzdb[rule.Zone]).Date), $"{rule.Rule} {t}");
                before = now;
            }
        }
    }

    [Fact]
    public void A_rest_that_crosses_midnight_ends_on_a_working_day_at_its_time_of_day()
    {
        var rule = Ask.Schemes.Hours("eu-26h")!;
        var end = TransferDelay.Of(rule, Ask.Schemes.Calendar("brussels"), At(2024, 3, 15, 15), Duration.FromHours(24 + 12)).Value.Executes;
        Assert.Equal(At(2024, 3, 19, 3), end);
        Assert.Equal(At(2024, 3, 18, 3), TransferDelay.Of(rule, Ask.Schemes.Calendar("brussels"), At(2024, 3, 15, 15), Duration.FromHours(12)).Value.Executes);
    }

    [Fact]
    public void A_day_the_calendar_does_not_know_refuses() =>
        Assert.Equal("registry.calendar-unknown", TransferDelay.Of(Ask.Schemes.Hours("eu-26h")!, Ask.Schemes.Calendar("brussels"), At(2030, 12, 31, 15)).Refusals.Single().Code);

    [Fact]
    public void Every_rule_of_every_scheme_counts_on_a_calendar_and_a_zone_that_exist() => Assert.All(Ask.Schemes.All.SelectMany(s => s.Hours), h =>
    {
        Assert.NotNull(DateTimeZoneProviders.Tzdb.GetZoneOrNull(h.Zone));
        Assert.True(Ask.Schemes.Calendar(h.Calendar).Covered.Length > 0);
        Assert.True(h.Opens < h.Closes);
        Assert.Single(Ask.Schemes.All.SelectMany(s => s.Hours), o => o.Rule == h.Rule);
    });

    [Fact]
    public void A_number_reads_back_and_every_single_wrong_digit_and_exchange_of_neighbours_is_found()
    {
        var seed = Environment.GetEnvironmentVariable("VERDIGRIS_SEED") is { Length: > 0 } given ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 9797;
        var random = new Random(seed);
        for (var i = 0; i < 500; i++)
        {
            var number = AccountNumber.Of(i % 2 == 0 ? "EU" : "CN", random.Next(1, 1000), random.NextInt64(1, 99_999_999_999), random.Next(0, 100));
            var text = number.ToString();
            Assert.Equal(number, AccountNumber.Read(text).Value);
            for (var at = 3; at < text.Length; at++)
            {
                if (!char.IsAsciiDigit(text[at])) continue;
                var wrong = text[..at] + (char)('0' + (text[at] - '0' + random.Next(1, 10)) % 10) + text[(at + 1)..];
                Assert.False(AccountNumber.Read(wrong).Ok, $"seed {seed}: {text} and {wrong}");
                if (at + 1 < text.Length && char.IsAsciiDigit(text[at + 1]) && text[at] != text[at + 1])
                    Assert.False(AccountNumber.Read(text[..at] + text[at + 1] + text[at] + text[(at + 2)..]).Ok, $"seed {seed}: {text} with {at} exchanged");
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("UK-100-10000047-2")]
    [InlineData("uk-100-10000047-2-14")]
    [InlineData("UK-100-010000047-2-14")]
    [InlineData("UK-100-10000047-2-014")]
    [InlineData("UK-1000-10000047-2-14")]
    [InlineData("UK-100-0-2-14")]
    [InlineData("UK-100-１0000047-2-14")]
    public void What_is_not_the_number_of_an_account_is_refused(string? text) => Assert.Equal("registry.account-malformed", AccountNumber.Read(text).Refusals.Single().Code);

    [Fact]
    public void A_user_number_reads_back() => Assert.Equal(UserNumber.Of("UK", 1325844306), UserNumber.Read("UK1325844306-80").Value);
}
