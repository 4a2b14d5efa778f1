using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using NodaTime;
using Verdigris.Web;

namespace Verdigris.Server.Tests;

public sealed partial class LanguageTests
{
    static readonly StringCatalogue Catalogue = new([new(typeof(StringCatalogue).Assembly), new(typeof(ServerHost).Assembly), new(typeof(Primitives.Role).Assembly), new(typeof(Passport.Organisations.OrganisationHandlers).Assembly), new(typeof(Market.MarketRoom).Assembly)]);

    [Fact]
    public void Both_languages_have_every_text_with_the_same_placeholders() => Assert.Empty(Catalogue.Faults());

    [Fact]
    public void Every_refusal_of_the_kit_and_the_server_has_its_words()
    {
        var missing = Sources("Verdigris.Web", "Verdigris.Server", "Verdigris.Storage", "Verdigris.Primitives")
            .SelectMany(text => Refusals().Matches(text).Select(m => m.Groups[1].Value)).Where(code => code is not ("invalid_client" or "invalid_scope") && !Catalogue.Has("refusal." + code)).Distinct().Order().ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_text_a_page_asks_for_exists()
    {
        var missing = Sources("Verdigris.Web", "Verdigris.Server").SelectMany(text => Keys().Matches(text).Select(m => m.Groups[1].Value)).Where(key => !Catalogue.Has(key)).Distinct().Order().ToList();
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_role_has_a_name() => Assert.All(Primitives.Role.All, role => Assert.True(Catalogue.Has("role." + role) && Catalogue.Has("server.role." + role), role));

    [Fact]
    public void Every_answer_of_the_Book_and_of_the_floor_has_its_words()
    {
        Assert.All(Enum.GetNames<Book.Code>().Where(c => c != nameof(Book.Code.Accepted)), code => Assert.True(Catalogue.Has("book.code." + code), code));
        Assert.All(Enum.GetNames<Book.FloorCode>().Where(c => c is not (nameof(Book.FloorCode.Accepted) or nameof(Book.FloorCode.Book))), code => Assert.True(Catalogue.Has("trading.code." + code), code));
        var refused = Primitives.Refusal.Conflict("trading.refused", "price", ("code", "PriceOutsideLimits"));
        Assert.Equal("订单被拒绝：价格超出当日限价。", RefusalText.Of(refused, Catalogue.For("zh")));
        Assert.Equal("The order was refused: the account has too little.", RefusalText.Of(refused with { Args = new Dictionary<string, string> { ["code"] = "InsufficientBalance" } }, Catalogue.For("en")));
    }

    [Fact]
    public void A_missing_text_is_seen() => Assert.Equal("⟦no.such-key⟧", Catalogue.For("zh")["no.such-key"]);

    [Fact]
    public void What_has_a_Chinese_name_is_called_by_it_in_Chinese()
    {
        var names = new Dictionary<string, string> { ["name"] = "Sundal smelter", ["nameZh"] = "松达尔铝厂", ["version"] = "1", ["versionZh"] = "" };
        foreach (var (language, seen, hidden) in new[] { (StringCatalogue.English, "Sundal smelter", "松达尔铝厂"), (StringCatalogue.Chinese, "松达尔铝厂", "Sundal smelter") })
        {
            var title = Catalogue.For(language).Format("passport.task.methodology.approve", names);
            Assert.Contains(seen, title, StringComparison.Ordinal);
            Assert.DoesNotContain(hidden, title, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_placeholder_without_a_value_stays_and_values_are_not_read_again() =>
        Assert.Equal("{given} and {limit}", Placeholders.Fill("{a} and {limit}", new Dictionary<string, string> { ["a"] = "{given}", ["given"] = "never" }));

    [Theory]
    [InlineData("", "en")]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.8", "zh")]
    [InlineData("en-GB,zh;q=0.5", "en")]
    [InlineData("fr,zh;q=0.3", "zh")]
    [InlineData("de", "en")]
    [InlineData("zh;q=0, en;q=0.1", "en")]
    [InlineData(";;;,,q=", "en")]
    public void The_language_follows_the_browser(string header, string language) => Assert.Equal(language, RequestLanguage.FromHeader(header));

    [Fact]
    public void Dates_and_times_are_written_as_each_language_writes_them()
    {
        var en = new Show(Catalogue.For("en"));
        var zh = new Show(Catalogue.For("zh"));
        var date = new LocalDate(2026, 3, 5);
        Assert.Equal("5 Mar 2026", Plain(en.Date(date)));
        Assert.Equal("2026年3月5日", zh.Date(date));
        Assert.Equal("5 Mar 2026, 07:09 UTC", Plain(en.Time(Instant.FromUtc(2026, 3, 5, 7, 9))));
        Assert.Equal("2026年3月5日 07:09 UTC", Plain(zh.Time(Instant.FromUtc(2026, 3, 5, 7, 9))));
    }

    [Fact]
    public void Quantities_carry_their_unit_and_unknown_is_never_zero()
    {
        var show = new Show(Catalogue.For("en"));
        Assert.Equal("24,981.5 kg", Plain(show.Kg(24981.5m)));
        Assert.Equal("24.982 t", Plain(show.Tonnes(24981.5m)));
        Assert.Equal("USD −1,234.50", Plain(show.Money(-1234.5m, "USD")));
        Assert.Equal("0.05 %", Plain(show.Percent(0.05m)));
        Assert.Equal("unknown", show.Kg(null));
        Assert.Equal("0 kg", Plain(show.Kg(0m)));
    }

    // A number and its unit are kept on one line by a space that does not break.
    static string Plain(string text) => text.Replace('\u00a0', ' ');

    [Theory]
    [InlineData("1234.5", true, "1234.5")]
    [InlineData("1,234.5", true, "1234.5")]
    [InlineData(" 24 981 ", true, "24981")]
    [InlineData("−3", true, "-3")]
    [InlineData("1,5", false, "0")]
    [InlineData("12,34,567", false, "0")]
    [InlineData("1.234,5", false, "0")]
    [InlineData("1e5", false, "0")]
    [InlineData("", false, "0")]
    public void A_number_is_read_exactly_or_not_at_all(string text, bool read, string value)
    {
        Assert.Equal(read, Numbers.TryParse(text, out var parsed));
        if (read) Assert.Equal(decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture), parsed);
    }

    static IEnumerable<string> Sources(params string[] projects) => projects.SelectMany(project => Directory.EnumerateFiles(Path.Combine(Root(), "src", project), "*.*", SearchOption.AllDirectories))
        .Where(file => (file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal)) && !file.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText);

    static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex("""Refusal\.(?:Of|NotFound|Forbidden|Conflict)\("([a-z0-9._-]+)"[,)]""")]
    private static partial Regex Refusals();

    [GeneratedRegex("""\bS(?:trings)?(?:\[|\.With\(|\.Format\()"([a-z0-9.-]+)"[\],)]""")]
    private static partial Regex Keys();
}
