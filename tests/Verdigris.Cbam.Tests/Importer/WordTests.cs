using System.Text.RegularExpressions;
using Verdigris.Cbam.Certificates;
using Verdigris.Cbam.Declarations;
using Verdigris.Cbam.Imports;
using Verdigris.Cbam.Suppliers;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Tests.Importer;

/// <summary>Everything the room says has its words in both languages.</summary>
public sealed partial class WordTests
{
    static readonly StringCatalogue Catalogue = new([new(typeof(StringCatalogue).Assembly), new(typeof(Role).Assembly), new(typeof(CbamRoom).Assembly), new(typeof(Footprint.FootprintRoom).Assembly), new(typeof(Passport.PassportRoom).Assembly)]);

    static IEnumerable<string> Sources => Checkout.Files("src/Verdigris.Cbam", ".cs", ".razor").Select(f => File.ReadAllText(Checkout.Path(f)));

    [Fact]
    public void Both_languages_have_every_text_with_the_same_placeholders() => Assert.Empty(Catalogue.Faults());

    [Fact]
    public void Every_refusal_every_text_of_a_page_every_entry_of_the_trail_and_every_notice_has_its_words()
    {
        Assert.Empty(Missing(Refusals(), "refusal."));
        Assert.Empty(Missing(Keys(), ""));
        Assert.Empty(Missing(Audits(), "audit."));
        Assert.Empty(Missing(Kinds(), "audit.kind."));
        Assert.All(CbamNotices.Kinds, k => Assert.True(Catalogue.Has("notice.kind." + k.Name), k.Name));

        static List<string> Missing(Regex pattern, string prefix) => [.. Sources.SelectMany(s => pattern.Matches(s).Select(m => prefix + m.Groups[1].Value)).Where(k => !Catalogue.Has(k)).Distinct().Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void Every_word_of_an_enumeration_a_page_shows_has_its_text()
    {
        static IEnumerable<string> Of<T>(string prefix) where T : struct, Enum => Enum.GetNames<T>().Select(n => prefix + n);
        IEnumerable<string> keys = [.. Of<GoodScope>("cbam.scope."), .. Of<LineBasis>("cbam.basis."), .. Of<LinkKind>("cbam.link."), .. Of<RequestState>("cbam.request.state."), .. Of<RequestEvent>("cbam.request.event."), .. Of<DeclarationState>("cbam.declaration.state."),
            .. Of<OrderKind>("cbam.order.kind."), .. Of<OrderState>("cbam.order.state."), .. Of<LineStanding>("cbam.files.standing."), .. Enum.GetValues<RequestEvent>().Select(e => "audit.supplier-request." + e.ToString().ToLowerInvariant()).Where(k => !k.EndsWith("reminderdue", StringComparison.Ordinal)),
            .. new[] { "sold", "surrendered", "repurchased", "cancelled" }.Select(k => "cbam.statement." + k), .. new[] { "purchase", "surrender", "repurchase" }.Select(k => "cbam.task.order." + k),
            .. new[] { "aluminium", "iron-steel", "cement", "fertilisers", "hydrogen", "electricity" }.Select(k => "cbam.sector." + k), .. new[] { "computed", "pending-cscf", "price-unpublished", "not-determinable", "out-of-scope", "exempt" }.Select(k => "cbam.status." + k)];
        Assert.All(keys, k => Assert.True(Catalogue.Has(k), k));
    }

    [Fact]
    public void A_refusal_of_a_state_names_it_in_the_reader_s_words()
    {
        Refusal[] refused = [.. States(DeclarationStates.Table), .. States(SupplierRules.Table)];
        Assert.True(refused.Length >= 6);
        foreach (var refusal in refused)
        {
            Assert.DoesNotMatch("[A-Za-z{}⟦]", RefusalText.Of(refusal, Catalogue, StringCatalogue.Chinese));
            Assert.DoesNotMatch("[{}⟦|]", RefusalText.Of(refusal, Catalogue, StringCatalogue.English));
        }

        static IEnumerable<Refusal> States<TState, TEvent>(StateTable<TState, TEvent> table) where TState : struct, Enum where TEvent : struct, Enum =>
            Enum.GetValues<TState>().SelectMany(s => Enum.GetValues<TEvent>().Select(e => table.Next(s, e)).FirstOrDefault(a => !a.Ok) is { } no ? no.Refusals : []);
    }

    [GeneratedRegex("""Refusal\.(?:Of|Conflict|NotFound|Forbidden)\("([a-z0-9.-]+)"[,)]""")]
    private static partial Regex Refusals();

    [GeneratedRegex("""\bS(?:\[|\.With\()"([a-z0-9.-]+[a-z0-9])"[\],]""")]
    private static partial Regex Keys();

    [GeneratedRegex("""new AuditEntry\("([a-z.-]+[a-z])",""")]
    private static partial Regex Audits();

    [GeneratedRegex("""new AuditEntry\([^,]+, "([a-z-]+)",""")]
    private static partial Regex Kinds();
}
