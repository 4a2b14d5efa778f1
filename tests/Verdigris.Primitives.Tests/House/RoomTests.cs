using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Verdigris.Primitives.Tests.House;

/// <summary>The walls of the house: which room may use which, and what may not be in a room at all.</summary>
public sealed partial class RoomTests
{
    /// <summary>Room to the rooms it may use. Server, Bench and Cli put things together and may use all.</summary>
    static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Primitives"] = [],
        ["Book"] = ["Primitives"],
        ["Simulator"] = ["Primitives", "Book"],
        ["Auditor"] = [],
        ["Storage"] = ["Primitives", "Book"],
        ["Web"] = ["Primitives", "Storage"],
        ["Footprint"] = ["Primitives", "Storage", "Book", "Web"],
        ["Passport"] = ["Primitives", "Storage", "Book", "Web"],
        ["Cbam"] = ["Primitives", "Storage", "Book", "Web", "Footprint", "Passport"],
        ["Registry"] = ["Primitives", "Storage", "Book", "Web", "Footprint"],
        ["Market"] = ["Primitives", "Storage", "Book", "Web", "Footprint", "Passport", "Registry"],
        ["Server"] = ["Primitives", "Storage", "Book", "Web", "Footprint", "Passport", "Cbam", "Registry", "Market", "Simulator", "Auditor"],
        ["Bench"] = ["Primitives", "Storage", "Book", "Web", "Footprint", "Passport", "Cbam", "Registry", "Market", "Simulator", "Auditor", "Server"],
        ["Cli"] = ["Primitives", "Storage", "Book", "Web", "Footprint", "Passport", "Cbam", "Registry", "Market", "Simulator", "Auditor", "Server", "Bench"],
    };

    /// <summary>Files where binary floating point is right, each with the reason.</summary>
    static readonly Dictionary<string, string> FloatAllowed = new()
    {
        ["src/Verdigris.Bench/"] = "measures seconds and percentiles; no figure of it is a quantity of anybody",
    };

    /// <summary>Files of the pure rooms that may read a clock or a random source, each with the reason.</summary>
    static readonly Dictionary<string, string> ClockAllowed = new()
    {
        ["src/Verdigris.Book/Venue/Venue.cs"] = "measures how long the writer gives way to readers; batch times come from the clock it is given",
    };

    static IEnumerable<string> Rooms => Directory.EnumerateDirectories(Checkout.Path("src")).Select(d => Path.GetFileName(d)["Verdigris.".Length..]).Order(StringComparer.Ordinal);

    [Fact]
    public void Every_room_stands_in_the_table() => Assert.Equal(Rooms, MayUse.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void A_project_refers_only_to_rooms_it_may_use()
    {
        var wrong = new List<string>();
        foreach (var room in Rooms)
        {
            var project = XDocument.Load(Checkout.Path($"src/Verdigris.{room}/Verdigris.{room}.csproj"));
            foreach (var reference in project.Descendants("ProjectReference"))
            {
                var used = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)["Verdigris.".Length..];
                if (!MayUse[room].Contains(used)) wrong.Add($"{room} refers to {used}");
            }
        }
        Found.Nothing(wrong);
    }

    [Fact]
    public void A_source_names_only_rooms_it_may_use()
    {
        var wrong = new List<string>();
        foreach (var room in Rooms)
            foreach (var named in SourceText.Find(Checkout.Files($"src/Verdigris.{room}", ".cs", ".razor"), RoomName()))
            {
                var used = RoomName().Match(named[named.LastIndexOf(' ')..]).Groups[1].Value;
                if (used != room && MayUse.ContainsKey(used) && !MayUse[room].Contains(used)) wrong.Add(named);
            }
        Found.Nothing(wrong);
    }

    /// <summary>A plain component is drawn at the first wait of its loading, with whatever has been read by then. The layout is drawn twice on purpose: it has nothing to wait for that a page needs.</summary>
    [Fact]
    public void A_page_that_reads_anything_is_drawn_once_it_has_read_all_of_it() =>
        Found.Nothing(SourceText.Find(Checkout.Files("src", ".cs", ".razor").Where(f => !f.EndsWith("/MainLayout.razor", StringComparison.Ordinal)), EarlyDrawn()));

    [Fact]
    public void Quantities_are_decimal_or_whole_never_binary_floating_point() =>
        Found.Nothing(SourceText.Find(Checkout.Files("src", ".cs", ".razor").Where(f => !FloatAllowed.Keys.Any(f.StartsWith) && !f.Contains("/Statistics/", StringComparison.Ordinal)), Floating()));

    [Fact]
    public void The_book_and_the_calculators_read_no_clock_no_random_source_and_no_culture()
    {
        var pure = Checkout.Files("src/Verdigris.Book", ".cs").Concat(Checkout.Files("src/Verdigris.Primitives", ".cs"))
            .Concat(Checkout.Files("src/Verdigris.Passport/Specifications", ".cs")).Concat(Checkout.Files("src/Verdigris.Passport/Warehousing", ".cs").Where(f => f.Contains("Rent", StringComparison.Ordinal) || f.Contains("Tolerance", StringComparison.Ordinal) || f.Contains("/Queues/", StringComparison.Ordinal)))
            .Concat(Checkout.Files("src/Verdigris.Auditor", ".cs")).Concat(Checkout.Files("src/Verdigris.Footprint", ".cs")).Concat(Checkout.Files("src/Verdigris.Cbam", ".cs")).Concat(Checkout.Files("src/Verdigris.Registry", ".cs")).Concat(Checkout.Files("src/Verdigris.Market", ".cs"));
        Found.Nothing(SourceText.Find(pure.Where(f => !ClockAllowed.ContainsKey(f)), Ambient()));
    }

    [Fact]
    public void The_walls_are_not_blind()
    {
        Assert.Matches(Ambient(), "var id = Guid.NewGuid();");
        Assert.Matches(Ambient(), "x = SystemClock.Instance;");
        Assert.Matches(Floating(), "static double Mean(");
        Assert.Equal("var a = \"\"; \nvar b = '';\nvar c = 1;", SourceText.CodeOf("var a = \"double // x\"; // float\nvar b = '\"';\nvar c = 1;/* double */"));
        Assert.DoesNotMatch(Floating(), SourceText.CodeOf("/// a double\nvar s = @\"float \"\" x\";"));
        Assert.All(FloatAllowed.Values.Concat(ClockAllowed.Values), reason => Assert.True(reason.Length > 10));
        Assert.All(FloatAllowed.Keys.Concat(ClockAllowed.Keys), file => Assert.True(Directory.Exists(Checkout.Path(file)) || File.Exists(Checkout.Path(file)), file));
    }

    [GeneratedRegex(@"\bVerdigris\.([A-Z]\w+)")]
    private static partial Regex RoomName();

    [GeneratedRegex(@"\b(double|float|Half|Math\.(Pow|Sqrt|Exp|Log|Log10|Log2))\b")]
    private static partial Regex Floating();

    [GeneratedRegex(@"\b(DateTime(Offset)?\.(Now|UtcNow|Today)|SystemClock|TimeProvider\.System|Stopwatch|Environment\.TickCount(64)?|Guid\.(NewGuid|CreateVersion7)|Random\.Shared|new Random\b|RandomNumberGenerator|CultureInfo\.Current(UI)?Culture)")]
    private static partial Regex Ambient();

    [GeneratedRegex(@"\boverride (async )?Task (OnInitializedAsync|OnParametersSetAsync)\b")]
    private static partial Regex EarlyDrawn();
}
