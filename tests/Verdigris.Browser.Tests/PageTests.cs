using System.Collections.Concurrent;
using Microsoft.Playwright;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Browser.Tests;

/// <summary>
/// What every page must have, whoever looks: a language, one heading, named controls, ids used once, nothing wider than a desk or a phone, no missing text, no console error, and nothing that
/// axe-core, the judge of accessibility most tools use, finds against it: in English by day on a desk all its rules, in Chinese by night on a phone those that language, scheme and width can change. With
/// VERDIGRIS_NIGHT=1 all of them everywhere.
/// </summary>
[Collection(nameof(Stage))]
public sealed class PageTests(Stage stage)
{
    /// <summary>Basic faults of accessibility, found in the page itself. Answers a list of words; empty is healthy.</summary>
    const string Faults = """
        () => {
          const faults = [];
          const lang = document.documentElement.lang;
          if (lang !== 'en' && lang !== 'zh-Hans') faults.push('html lang is "' + lang + '"');
          if (!document.title.trim() || document.title.startsWith(' ·')) faults.push('no title');
          const h1 = document.querySelectorAll('h1');
          if (h1.length !== 1) faults.push(h1.length + ' h1');
          let last = 0;
          for (const h of document.querySelectorAll('h1, h2, h3, h4')) {
            if (h.closest('details:not([open])')) continue;
            const level = Number(h.tagName[1]);
            if (last && level > last + 1) faults.push('heading jumps to ' + h.tagName + ': ' + h.textContent.trim().slice(0, 40));
            last = level;
            if (!h.textContent.trim()) faults.push('empty ' + h.tagName);
          }
          const name = e => (e.getAttribute('aria-label') || e.textContent || e.title || '').trim();
          for (const e of document.querySelectorAll('a[href], button, summary')) if (!name(e)) faults.push('no name: ' + e.outerHTML.slice(0, 80));
          for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
            if (!(e.labels && e.labels.length && [...e.labels].some(l => l.textContent.trim())) && !e.getAttribute('aria-label')) faults.push('no label: ' + e.outerHTML.slice(0, 100));
          const ids = new Map();
          for (const e of document.querySelectorAll('[id]')) ids.set(e.id, (ids.get(e.id) || 0) + 1);
          for (const [id, n] of ids) if (n > 1) faults.push('id ' + id + ' ' + n + ' times');
          for (const e of document.querySelectorAll('[aria-describedby], [aria-labelledby]'))
            for (const id of ((e.getAttribute('aria-describedby') || '') + ' ' + (e.getAttribute('aria-labelledby') || '')).split(' ').filter(Boolean))
              if (!document.getElementById(id)) faults.push('points to missing id ' + id);
          for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) faults.push('img without alt');
          for (const e of document.querySelectorAll('table')) if (!e.querySelector('th')) faults.push('table without th');
          if (document.querySelector('[style]')) faults.push('inline style: ' + document.querySelector('[style]').outerHTML.slice(0, 80));
          const missing = document.body.innerText.match(/⟦[^⟧]*⟧/g);
          if (missing) faults.push('texts missing: ' + [...new Set(missing)].join(' '));
          const hole = document.body.innerText.match(/\{[a-z]+[A-Za-z]*\}/g);
          if (hole) faults.push('placeholders left: ' + [...new Set(hole)].join(' '));
          return faults;
        }
        """;

    /// <summary>By how much the page is wider than its window, and the innermost part that sticks out furthest; empty where it fits.</summary>
    const string Overflow = """
        () => {
          const root = document.documentElement, over = root.scrollWidth - root.clientWidth;
          if (over <= 0) return '';
          const right = e => e.getBoundingClientRect().right + window.scrollX;
          const clipped = e => e.parentElement && (getComputedStyle(e.parentElement).overflowX !== 'visible' || clipped(e.parentElement));
          const widest = [...document.querySelectorAll('main *, header *, footer *')].filter(e => !clipped(e)).reduce((a, e) => a && right(a) > right(e) ? a : e, null);
          return over + ' px too wide at ' + root.clientWidth + ': ' + widest.outerHTML.slice(0, 120);
        }
        """;

    /// <summary>Rules of WCAG 2.0, 2.1 and 2.2, level A and AA, judged by axe-core.</summary>
    const string Judge = """
        async rules => {
          const found = await axe.run(document, { runOnly: rules.length ? rules : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] });
          return found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ' | ' + (n.any[0] || n.all[0] || n.none[0] || {}).message));
        }
        """;

    static readonly Lazy<string> Axe = new(() =>
    {
        var file = Path.Combine(AppContext.BaseDirectory, "axe.min.js");
        Assert.True(File.Exists(file), "axe.min.js is missing: install Node.js with npm and build the tests again.");
        return File.ReadAllText(file) + "; 0";
    });

    [Theory]
    [InlineData("en", ColorScheme.Light, 1280, new string[0])]
    [InlineData("zh", ColorScheme.Dark, 390, new[] { "color-contrast", "target-size", "scrollable-region-focusable", "html-has-lang", "html-lang-valid", "valid-lang" })]
    public async Task Every_page_is_healthy_and_open_to_everybody_on_a_desk_and_on_a_phone(string language, ColorScheme scheme, int judged, string[] rules)
    {
        var all = await EveryPage.Of(stage);
        var faults = new ConcurrentBag<string>();
        // Two people look at once: while one waits for the server the other's page is judged.
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = TestContext.Current.CancellationToken }, async (seen, _) =>
        {
            foreach (var fault in await FaultsOf(seen.Seat, seen.Paths, language, scheme, judged, rules)) faults.Add(fault);
        });
        Assert.True(faults.IsEmpty, string.Join("\n", faults.Order(StringComparer.Ordinal)));
    }

    async Task<List<string>> FaultsOf(string? seat, IReadOnlyList<string> paths, string language, ColorScheme scheme, int judged, string[] rules)
    {
        var faults = new List<string>();
        await using var visitor = seat is null ? await Visitor.Come(stage, language, scheme: scheme) : await Visitor.SignedIn(stage, language, seat, scheme: scheme);
        // The judge comes with every page: handed over page by page, half a megabyte would go through the driver each time.
        await visitor.Page.AddInitScriptAsync(Axe.Value);
        var offered = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            await visitor.Page.SetViewportSizeAsync(1280, 900);
            var answer = await visitor.Open(path);
            if (answer!.Status != EveryPage.StatusOf(path)) faults.Add($"{seat} {path}: {answer.Status}");
            foreach (var fault in await visitor.Page.EvaluateAsync<string[]>(Faults)) faults.Add($"{seat} {path}: {fault}");
            offered.UnionWith(await visitor.Page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('a[download]')].map(a => a.href).filter(h => h.startsWith(location.origin))"));
            // What unfolds is part of the page.
            await visitor.Page.EvaluateAsync("() => document.querySelectorAll('main details').forEach(d => { d.open = true; })");
            foreach (var width in new[] { 1280, 390 })
            {
                await visitor.Page.SetViewportSizeAsync(width, 844);
                if (await visitor.Page.EvaluateAsync<string>(Overflow) is { Length: > 0 } over) faults.Add($"{seat} {path}: {over}");
                if (width == judged || Night.IsNow) faults.AddRange((await visitor.Page.EvaluateAsync<string[]>(Judge, Night.IsNow ? [] : rules)).Select(f => $"{seat} {path} {width}: {f}"));
            }
        }
        // Once in one language: the files are the same.
        foreach (var file in language == "en" ? offered : [])
            if (await visitor.Page.APIRequest.GetAsync(file) is { Ok: false } refused) faults.Add($"{seat} {file}: {refused.Status}");
        faults.AddRange(visitor.Errors);
        return faults;
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh")]
    public async Task The_bar_of_every_seat_is_one_line_on_a_desk_and_what_everybody_may_read_unfolds_without_a_pointer(string language)
    {
        foreach (var seat in new[] { "smelter@demo", "smelter.approver@demo", "warehouse@demo", "owner@demo", "lender@demo", "exchange@demo" })
        {
            await using var visitor = await Visitor.SignedIn(stage, language, seat, 1280, 800);
            await visitor.Open("/");
            // A line of the bar is 56 px and its edge 3; a second one would make it over a hundred.
            Assert.InRange(await visitor.Page.EvaluateAsync<int>("() => document.querySelector('header.site').offsetHeight"), 40, 70);
            // Nor with a long name, and a dozen tasks that wait.
            await visitor.Page.EvaluateAsync("""
                () => {
                  for (const name of document.querySelectorAll('.who-organisation')) name.textContent = 'Fjordlys Aluminium Group of Companies';
                  const tasks = document.querySelector(".site-nav a[href='/tasks']");
                  tasks?.querySelector('.count')?.remove();
                  const count = document.createElement('span');
                  count.className = 'count';
                  count.textContent = '12';
                  tasks?.append(count);
                }
                """);
            Assert.InRange(await visitor.Page.EvaluateAsync<int>("() => document.querySelector('header.site').offsetHeight"), 40, 70);
            var register = visitor.Page.Locator(".site-nav summary");
            await register.FocusAsync();
            await visitor.Page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(visitor.Page.Locator(".site-nav .menu-body a[href='/brands']")).ToBeVisibleAsync();
            await visitor.Page.Keyboard.PressAsync("Escape");
            await Assertions.Expect(visitor.Page.Locator(".site-nav .menu-body a[href='/brands']")).ToBeHiddenAsync();
            await Assertions.Expect(register).ToBeFocusedAsync();
            Assert.Empty(visitor.Errors);
        }
    }

    [Fact]
    public async Task What_the_whole_cast_has_done_stands_in_the_audit_trail_in_words()
    {
        await EveryPage.Of(stage);
        await using var session = stage.Get<IDbSessions>().Open(Actor.System);
        var done = await session.All("select distinct action, subject_kind from storage.audit_event", r => (Action: r.GetString(0), Kind: r.GetString(1)), default);
        Assert.True(done.Count > 40);
        foreach (var language in StringCatalogue.Languages)
        {
            var words = stage.Texts.For(language);
            Assert.Equal("", string.Join(" ", done.SelectMany(d => new[] { "audit." + d.Action, "audit.kind." + d.Kind.Split('/')[0] }).Where(key => words[key].StartsWith('⟦')).Distinct()));
        }
    }

    [Fact]
    public async Task The_judge_is_not_blind()
    {
        await using var visitor = await Visitor.Come(stage, "en");
        await visitor.Open("/about");
        await visitor.Page.EvaluateAsync("() => { const p = document.createElement('button'); document.querySelector('main').append(p); }");
        await visitor.Page.EvaluateAsync(Axe.Value);
        Assert.Contains(await visitor.Page.EvaluateAsync<string[]>(Judge, Array.Empty<string>()), f => f.StartsWith("button-name", StringComparison.Ordinal));
    }
}
