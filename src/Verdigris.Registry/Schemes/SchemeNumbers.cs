using System.Collections.Concurrent;
using Verdigris.Book;
using Verdigris.Registry.Accounts;
using Verdigris.Storage;

namespace Verdigris.Registry.Schemes;

/// <summary>
/// What a scheme's words are called in the Book. The database gives each word its number once; the Book is told at every start, where a repeat has no effect. Central accounts of a scheme are opened by the same way. Singleton, thread-safe.
/// </summary>
public sealed class SchemeNumbers(SchemeSet schemes, IDbSessions sessions, IVenue venue)
{
    readonly ConcurrentDictionary<string, ushort> classes = new(), words = new();
    readonly ConcurrentDictionary<(string Scheme, string Unit, string Vintage), int> assets = new();
    readonly ConcurrentDictionary<int, (string Scheme, string Unit, string Vintage)> units = new();
    readonly ConcurrentDictionary<(string Scheme, string Kind), (long Account, string FullId)> central = new();

    internal static BookDefinitions Definer { get; } = new(RegistryRoom.Name);

    /// <summary>A word of the scheme for the account that proposes what the authority takes out of a holder's account; no account of people. Its kind has the mandates of its scheme, and it is no authority to the Book at large.</summary>
    internal const string Authority = "mandate";

    /// <summary>Its word before mandates were there. In a venue of that time the account is still an authority to the Book at large, which nothing takes from it: it has no mandate, and nobody acts for it.</summary>
    internal const string FormerAuthority = "authority";

    public ushort AccountType(string scheme, string kind) => words[$"{scheme}/account/{kind}"];

    public ushort TransactionType(string scheme, string transaction) => words[$"{scheme}/transaction/{transaction}"];

    /// <summary>Class of every unit of the scheme in the Book.</summary>
    public ushort AssetClass(string scheme) => classes[scheme];

    /// <summary>Account of the scheme itself: issuer, central, sink or link.</summary>
    public long Central(string scheme, string kind) => central[(scheme, kind)].Account;

    /// <summary>Unit and vintage of an asset of the Book; null where it is none of a scheme.</summary>
    public (string Scheme, string Unit, string Vintage)? UnitOf(int asset) => units.TryGetValue(asset, out var unit) ? unit : null;

    /// <summary>The asset, or null where none of the kind was ever made.</summary>
    public int? Asset(string scheme, string unit, string vintage) => assets.TryGetValue((scheme, unit, vintage), out var asset) ? asset : null;

    public IEnumerable<(int Asset, string Unit, string Vintage)> Assets(string scheme) => assets.Where(a => a.Key.Scheme == scheme).Select(a => (a.Value, a.Key.Unit, a.Key.Vintage)).OrderBy(a => a.Unit, StringComparer.Ordinal).ThenBy(a => a.Vintage, StringComparer.Ordinal);

    /// <summary>Brings the database's and the Book's knowledge of the schemes up to what their files say. At every start.</summary>
    public async Task Start(CancellationToken ct)
    {
        await using var s = sessions.Open(Primitives.Actor.System);
        var known = (await s.All("select scheme, what, word from registry.book_word", r => $"{r.GetString(0)}/{r.GetString(1)}/{r.GetString(2)}", ct)).ToHashSet(StringComparer.Ordinal);
        var opened = (await s.All("select scheme, kind from registry.account where organisation_id is null", r => (r.GetString(0), r.GetString(1)), ct)).ToHashSet();
        await s.InTransaction(async t =>
        {
            await s.Run("insert into registry.scheme (code) select unnest($1::text[]) on conflict do nothing", t, (object)schemes.All.Select(x => x.Code).ToArray());
            foreach (var scheme in schemes.All)
            {
                var wanted = scheme.Accounts.Select(a => ("account", a.Kind)).Append(("account", Authority)).Concat(scheme.Transactions.Select(x => ("transaction", x.Transaction)).Append(("transaction", Compliance.CarryOverHandlers.Word)).Distinct()).Where(w => !known.Contains($"{scheme.Code}/{w.Item1}/{w.Item2}")).ToList();
                if (wanted.Count > 0) await s.Run("insert into registry.book_word (scheme, what, word) select $1, * from unnest($2::text[], $3::text[]) on conflict do nothing", t, scheme.Code, wanted.Select(w => w.Item1).ToArray(), wanted.Select(w => w.Item2).ToArray());
                await s.Run("insert into registry.asset (scheme, unit) select $1, unnest($2::text[]) on conflict do nothing", t, scheme.Code, scheme.Units.Where(u => u.Vintage == "none").Select(u => u.Unit).ToArray());
                foreach (var (kind, name, typeCode) in scheme.Accounts.Where(a => a.Role != AccountRole.Holder).Select(a => (a.Kind, a.NameEn, a.TypeCode)).Append((Authority, scheme.NameEn, 0)))
                    if (!opened.Contains((scheme.Code, kind))) await AccountStore.AddCentral(s, scheme, kind, name, typeCode, t);
            }
        }, ct);
        foreach (var (code, number) in await s.All("select code, book_class from registry.scheme", r => (r.GetString(0), (ushort)r.GetInt32(1)), ct)) classes[code] = number;
        foreach (var (word, number) in await s.All("select scheme, what, word, number from registry.book_word", r => ($"{r.GetString(0)}/{r.GetString(1)}/{r.GetString(2)}", (ushort)r.GetInt32(3)), ct)) words[word] = number;
        foreach (var (key, account) in await s.All("select scheme, kind, account, full_id from registry.account where organisation_id is null", r => ((r.GetString(0), r.GetString(1)), (r.GetInt64(2), r.GetString(3))), ct)) central[key] = account;
        foreach (var (asset, unit) in await s.All("select asset, scheme, unit, vintage from registry.asset", r => (r.GetInt32(0), (r.GetString(1), r.GetString(2), r.GetString(3))), ct)) Remember(asset, unit);
        await Definer.ApplyAll(venue, [.. schemes.All.SelectMany(Definitions)], ct);
        // A newer version of a file, or of the program, may just have allowed again what is stopped.
        foreach (var (id, code, kind) in await s.All("select id, scheme, kind from registry.freezing where kind is not null and lifted_at is null", r => (r.GetGuid(0), r.GetString(1), r.GetString(2)), ct))
            if (schemes.Find(code) is { } scheme)
                await Definer.ApplyAll(venue, [.. Rules(scheme, x => x.Transaction == kind, stopped: true).Select((r, i) => r with { Id = BookDefinitions.IdOf($"registry/stop/{id}/{scheme.Pack.Version}/{i}/{r.Detail}") }),
                    .. Deals(scheme, Finance.FinanceStop.Pairs(scheme, kind), stopped: true).Select((r, i) => r with { Id = BookDefinitions.IdOf($"registry/stop/{id}/{scheme.Pack.Version}/deals/{i}/{r.Detail}") })], ct);
    }

    /// <summary>The asset of a unit and vintage, made where this is the first of it.</summary>
    public async Task<int> Make(string scheme, string unit, string vintage, CancellationToken ct)
    {
        if (Asset(scheme, unit, vintage) is { } known) return known;
        await using var s = sessions.Open(Primitives.Actor.System);
        await s.Run("insert into registry.asset (scheme, unit, vintage) values ($1, $2, $3) on conflict do nothing", ct, scheme, unit, vintage);
        var asset = await s.Value<int>("select asset from registry.asset where scheme = $1 and unit = $2 and vintage = $3", ct, scheme, unit, vintage);
        await Definer.ApplyAll(venue, [OfAsset(asset, scheme, unit, vintage)], ct);
        Remember(asset, (scheme, unit, vintage));
        return asset;
    }

    /// <summary>The rules of one kind of transaction as the Book has them; stopped, none of them allows anything.</summary>
    internal IEnumerable<Command> Rules(Scheme scheme, Func<TransactionKind, bool> of, bool stopped) => scheme.Transactions.Where(of).Select(t => Rule(scheme, t, stopped));

    /// <summary>The rules of deals between kinds of account.</summary>
    internal IEnumerable<Command> Deals(Scheme scheme, IEnumerable<(string From, string To)> pairs, bool stopped) => pairs.SelectMany(p =>
        Finance.FinanceBook.Rules(Definer, $"{scheme.Code}/{scheme.Pack.Version}", classes[scheme.Code], AccountType(scheme.Code, p.From), AccountType(scheme.Code, p.To), Finance.FinanceDelay.RuleOf(scheme, p.From)?.Hours, stopped));

    IEnumerable<Command> Definitions(Scheme scheme)
    {
        foreach (var (asset, unit, vintage) in Assets(scheme.Code)) yield return OfAsset(asset, scheme.Code, unit, vintage);
        foreach (var kind in scheme.Accounts.Where(a => a.Role != AccountRole.Holder)) yield return Definer.Account(Central(scheme.Code, kind.Kind), AccountType(scheme.Code, kind.Kind), 0);
        yield return Definer.Account(Central(scheme.Code, Authority), AccountType(scheme.Code, Authority), 0);
        foreach (var rule in Rules(scheme, _ => true, stopped: false)) yield return rule;
        foreach (var (kind, from) in scheme.Transactions.Where(t => !ProposedForDebit(scheme, t)).Select(t => (t.Transaction, t.From)).Distinct()) yield return Mandate(scheme, kind, from);
        // Only the registry itself carries units over: nobody has a mandate for it.
        if (scheme.Account("deletion") is { Role: AccountRole.Sink } end && scheme.Units.Any(u => u is { Vintage: "year", Kind: "allowance" }))
            foreach (var holder in scheme.Accounts.Where(a => a.Role == AccountRole.Holder))
            {
                yield return Own(scheme, holder.Kind, end.Kind, RuleFlags.Allowed | RuleFlags.ProposeByMandate);
                yield return Own(scheme, scheme.Accounts.First(a => a.Role == AccountRole.Issuer).Kind, holder.Kind, RuleFlags.Allowed | RuleFlags.Issues | RuleFlags.ProposeByDebit);
            }
        // What is at the market is sold there, not lent or pledged beside it.
        var holders = scheme.Accounts.Where(a => a.Role == AccountRole.Holder && a.Kind != MarketDoor.Kind).Select(a => a.Kind).ToList();
        foreach (var rule in Deals(scheme, holders.SelectMany(from => holders.Select(to => (from, to))), stopped: false)) yield return rule;
    }

    Command Own(Scheme scheme, string from, string to, RuleFlags flags) =>
        Definer.Rule($"{scheme.Code}/{scheme.Pack.Version}", TransactionType(scheme.Code, Compliance.CarryOverHandlers.Word), classes[scheme.Code], AccountType(scheme.Code, from), AccountType(scheme.Code, to), flags, 0);

    /// <summary>
    /// Whether a kind is proposed for the account the units leave. A scheme's own accounts are its authority's, and the Book holds other schemes' authorities off them; what the authority takes from a holder is proposed by the scheme's mandate (docs/registry.md).
    /// </summary>
    static bool ProposedForDebit(Scheme scheme, TransactionKind t) => t.Proposer == "holder" || scheme.Account(t.From)!.Role != AccountRole.Holder;

    /// <summary>The account a proposal acts for in the Book; 0 for the registry itself.</summary>
    internal long ActingFor(Scheme scheme, TransactionKind t, long from) => t.Proposer == "system" ? 0 : ProposedForDebit(scheme, t) ? from : Central(scheme.Code, Authority);

    Command Rule(Scheme scheme, TransactionKind t, bool stopped)
    {
        var flags = stopped ? RuleFlags.None : RuleFlags.Allowed;
        // What comes over a link was made elsewhere: here it begins in the account that stands for the other registry.
        if (scheme.Account(t.From)!.Role is AccountRole.Issuer or AccountRole.Link) flags |= RuleFlags.Issues;
        if (t.Second && t.Proposer != "system") flags |= RuleFlags.MustHold | RuleFlags.OtherActor | RuleFlags.PostByProposer;
        if (t.Trusted) flags |= RuleFlags.TrustedOrDelay;
        flags |= ProposedForDebit(scheme, t) ? RuleFlags.ProposeByDebit : RuleFlags.ProposeByMandate;
        var hours = t.Trusted ? scheme.Hours.First(h => h.Rule == t.Delay).Hours ?? 0 : 0;
        return Definer.Rule($"{scheme.Code}/{scheme.Pack.Version}", TransactionType(scheme.Code, t.Transaction), classes[scheme.Code], AccountType(scheme.Code, t.From), AccountType(scheme.Code, t.To), flags, hours * 3_600_000_000L);
    }

    /// <summary>What this scheme's authority, and nobody else's, may take out of a kind of account by a kind of transaction.</summary>
    Command Mandate(Scheme scheme, string transaction, string from) =>
        Definer.Rule($"{scheme.Code}/{scheme.Pack.Version}", TransactionType(scheme.Code, transaction), classes[scheme.Code], AccountType(scheme.Code, Authority), AccountType(scheme.Code, from), RuleFlags.Mandate, 0);

    Command OfAsset(int asset, string scheme, string unit, string vintage) => Definer.Serialised(asset, $"{scheme}/{unit}/{vintage}", CodeOf(asset, unit, vintage), classes[scheme]);

    /// <summary>A code of the Book is unique, and two schemes may call their units alike.</summary>
    internal static string CodeOf(int asset, string unit, string vintage) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(unit.Length > 12 ? unit[..12] : unit)}{(vintage.Length > 0 ? "-" : "")}{vintage}.{asset}");

    void Remember(int asset, (string Scheme, string Unit, string Vintage) unit)
    {
        assets[unit] = asset;
        units[asset] = unit;
    }
}
