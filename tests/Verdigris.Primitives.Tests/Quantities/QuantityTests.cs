using Verdigris.Primitives;

namespace Verdigris.Primitives.Tests.Quantities;

public sealed class QuantityTests
{
    [Fact]
    public void Mass_times_intensity_is_emissions_and_back()
    {
        var emissions = Mass.FromTonnes(25.125m) * EmissionIntensity.FromTco2ePerTonne(2.36m);
        Assert.Equal(59.295m, emissions.Tco2e);
        Assert.Equal(2.36m, (emissions / Mass.FromTonnes(25.125m)).Tco2ePerT);
    }

    [Fact]
    public void A_mass_is_never_negative()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Mass.FromKg(-0.001m));
        Assert.Throws<ArgumentOutOfRangeException>(() => Mass.FromKg(1) - Mass.FromKg(1.001m));
    }

    [Fact]
    public void Currencies_do_not_mix()
    {
        Assert.Throws<InvalidOperationException>(() => new Money(1, "USD") + new Money(1, "EUR"));
        Assert.Throws<ArgumentException>(() => new Money(1, "XYZ"));
        Assert.Throws<ArgumentException>(() => default(Money) * 2);
    }

    [Theory]
    [InlineData("USD", "0.125", "0.12")]
    [InlineData("USD", "0.135", "0.14")]
    [InlineData("JPY", "10.5", "10")]
    public void Money_rounds_half_to_even_at_the_minor_unit(string currency, string amount, string rounded) =>
        Assert.Equal(decimal.Parse(rounded, System.Globalization.CultureInfo.InvariantCulture), new Money(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), currency).RoundToMinorUnit().Amount);

    [Fact]
    public void Rent_is_rate_times_tonnes_times_days() =>
        Assert.Equal(new Money(375m, "USD"), new RentRate(new Money(0.5m, "USD")).For(Mass.FromTonnes(25), 30));

    [Fact]
    public void Apportioned_parts_add_up_to_the_rounded_total_and_stay_within_one_unit()
    {
        var random = Seeded.Next();
        for (var round = 0; round < 5_000; round++)
        {
            var rule = new RoundingRule("test", MidpointRounding.ToEven, random.Next(-2, 5));
            var total = random.Next(-1_000_000, 1_000_000) / 1000m;
            var weights = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (decimal)random.Next(0, 50)).Append(1m).ToList();
            var parts = rule.Apportion(total, weights);
            Assert.Equal(rule.Apply(total), parts.Sum());
            var unit = (decimal)Math.Pow(10, -rule.Digits);
            for (var i = 0; i < parts.Count; i++)
            {
                Assert.Equal(rule.Apply(parts[i]), parts[i]);
                Assert.True(Math.Abs(parts[i] - (rule.Apply(total) * weights[i] / weights.Sum())) < unit, $"{total} by {string.Join(' ', weights)}: part {i} is {parts[i]}");
                if (weights[i] == 0) Assert.Equal(0, parts[i]);
            }
        }
    }

    [Fact]
    public void Ties_of_the_largest_remainder_go_to_the_earlier_part() =>
        Assert.Equal([4m, 3m, 3m], new RoundingRule("whole", MidpointRounding.ToEven, 0).Apportion(10, [1, 1, 1]));

    [Theory]
    [InlineData("0.10", true, 2)]
    [InlineData("5e-05", true, 5)]
    [InlineData("2.55E+4", true, 0)]
    [InlineData("-7", true, 0)]
    [InlineData("", false, 0)]
    [InlineData(" 1", false, 0)]
    [InlineData("+1", false, 0)]
    [InlineData("1,5", false, 0)]
    [InlineData("1.", false, 0)]
    [InlineData(".5", false, 0)]
    [InlineData("1e", false, 0)]
    [InlineData("1e-40", false, 0)]
    [InlineData("0.00000000000000000000000000001", false, 0)]
    [InlineData("12345678901234567890123456789", false, 0)]
    [InlineData("NaN", false, 0)]
    [InlineData("0x10", false, 0)]
    public void Decimals_are_read_exactly_or_not_at_all(string text, bool readable, int places)
    {
        Assert.Equal(readable, DecimalText.TryRead(text, out var value));
        if (readable) Assert.Equal(places, DecimalText.Places(value));
    }

    [Theory]
    [InlineData("4", "2")]
    [InlineData("0.0001", "0.01")]
    [InlineData("2", "1.4142135623730950488016887242")]
    public void The_square_root_is_right_to_the_last_places(string of, string root)
    {
        var found = DecimalText.Sqrt(decimal.Parse(of, System.Globalization.CultureInfo.InvariantCulture));
        Assert.True(Math.Abs(found - decimal.Parse(root, System.Globalization.CultureInfo.InvariantCulture)) <= 2e-27m, $"{found}");
    }
}
