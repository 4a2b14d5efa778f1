using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Programmes;
using Verdigris.Registry.Credits.Projects;
using Verdigris.Registry.Credits.Units;
using Verdigris.Storage;

namespace Verdigris.Registry.Transfers;

/// <summary>Credits of a programme for which a scheme makes units of its own.</summary>
/// <param name="From">Where they lie in the Book: with what their holder immobilised, or in another registry.</param>
/// <param name="Serial">As printed.</param>
sealed record DepositedCredits(string Unit, int Asset, SerialRange Serials, long From, string Serial);

/// <summary>
/// Credits that a scheme takes in. Where the Book here has units of their programme, the very block goes with the deposit, in one chain, into an account that no rule leads out of: no unit is in a programme and in a scheme, nor in two schemes. Where it has none, two people of the authority
/// stand for what they say of the programme's registry.
/// </summary>
sealed class CreditDeposits(IVenue venue, UnitQueries units, RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);
    readonly MatchWatch watch = new(packs);

    /// <summary>
    /// The block of a deposit; null where the programme's units are in no Book here. <c>transaction.credit-serial</c> (one must be named), what a serial number is refused for, <c>transaction.credit-other</c> (another unit or year), <c>credits.take-too-many</c>, <c>credits.one-block</c>,
    /// <c>transaction.credit-not-free</c> (neither immobilised by the holder of the account nor in another registry), and what speaks against two registries counting the same project.
    /// </summary>
    public async Task<Answer<DepositedCredits?>> Of(DbSession s, NewTransaction wanted, RegistryAccount to, CancellationToken ct)
    {
        if (Programme(wanted.Unit) is not { } unit) return (DepositedCredits?)null;
        if (string.IsNullOrWhiteSpace(wanted.Serial))
            return await s.Value<bool>("select exists (select from registry.credit_block where unit = $1)", ct, unit.Code) ? Refusal.Of("transaction.credit-serial", "serial", ("unit", unit.Code)) : (DepositedCredits?)null;
        var found = await units.Find(s, wanted.Serial, ct);
        if (!found.Ok) return Answer<DepositedCredits?>.From(found.Refusals);
        var (code, asset, all) = found.Value;
        if (wanted.Quantity > all.Count) return Refusal.Of("credits.take-too-many", "quantity", ("given", $"{wanted.Quantity}"), ("quantity", $"{all.Count}"));
        var (serials, _) = all.Take(wanted.Quantity);
        if (await units.RowOf(s, code, serials.First, ct) is not { } row || row.Last < serials.First) return Refusal.NotFound("credits.serial-not-here", "serial");
        if (row.Last < serials.Last) return Refusal.Conflict("credits.one-block", "serial");
        if (code != unit.Code || (!string.IsNullOrEmpty(wanted.Vintage) && $"{CreditMarket.YearOf(row)}" != wanted.Vintage)) return Refusal.Conflict("transaction.credit-other", "serial", ("unit", $"{wanted.Unit} {wanted.Vintage}".Trim()));
        if (await From(s, code, asset, serials, to.OrganisationId!.Value, ct) is not { } from) return NotFree(serials);
        if (await watch.Stops(s, row.ProjectId, row.VintageFrom, row.VintageTo, "deposit", ct) is { } waits) return waits;
        return new DepositedCredits(code, asset, serials, from, await units.PrintedOf(s, code, serials.First, serials.Last, ct));
    }

    /// <summary>Whether an export ended credits that lie in another registry; in the transaction that takes them, which exports of the programme then wait for. <c>transaction.credit-not-free</c>.</summary>
    public Task<Refusal?> Ended(DbSession s, DepositedCredits credits, CancellationToken ct) => s.Lent(async t =>
        credits.From == CreditBook.Outside && await Credits.Imports.ImportedEnds.Before(s, rules.Unit(credits.Unit)!.Programme, credits.Unit, credits.Serials, t) ? NotFree(credits.Serials) : null, ct);

    static Refusal NotFree(SerialRange serials) => Refusal.Conflict("transaction.credit-not-free", "serial", ("units", $"{serials.Count}"));

    /// <summary>Whether two registries may by now count the project of a deposit's credits.</summary>
    public async Task<Refusal?> Stopped(DbSession s, Guid transaction, CancellationToken ct)
    {
        var named = await s.All("select credit_unit, credit_first from registry.transaction where id = $1 and credit_first is not null", r => (r.GetString(0), r.GetInt64(1)), ct, transaction);
        return named.Count == 0 ? null : await s.Lent(async t => await units.RowOf(s, named[0].Item1, named[0].Item2, t) is { } row && await ProjectStore.Find(s, row.ProjectId, t) is { } project ? await MatchWatch.Stopped(s, project, row.VintageFrom, row.VintageTo, t) : null, ct);
    }

    /// <summary>The last command of a deposit's chain: its block is set aside from the proposal on.</summary>
    public static Command Hold(DepositedCredits credits, UInt128 id, UInt128 reference, UInt128 person) =>
        CreditBook.Move(CreditBook.Deposit, credits.Asset, credits.From, CreditBook.Deposited, credits.Serials, reference, person) with { Operation = Operation.Hold, Id = id };

    /// <summary>The programme's unit behind a scheme's: called alike, or with the letters of the place that counts it (CCER-BJ, ARBOC-D).</summary>
    CreditUnit? Programme(string unit) => rules.Unit(unit) ?? rules.Unit(unit.Split('-')[0]);

    /// <summary>Where all of the units lie free: with what this holder immobilised last, or in another registry; else null.</summary>
    async Task<long?> From(DbSession s, string unit, int asset, SerialRange serials, Guid holder, CancellationToken ct)
    {
        if (InOne(asset, serials) is not { } account) return null;
        if (account == CreditBook.Outside) return account;
        return account == CreditBook.Immobilised && await s.Lent(t => Credits.Orders.OrderHandlers.ImmobilisedBy(s, holder, unit, serials, t), ct) ? account : null;
    }

    long? InOne(int asset, SerialRange serials) => venue.Read(b =>
    {
        long? account = null;
        for (var at = serials.First; at <= serials.Last;)
        {
            if (b.Owner(asset, at) is not { Hold: var hold } owner || hold != 0 || (account ?? owner.Account) != owner.Account) return null;
            (account, at) = (owner.Account, owner.Last + 1);
        }
        return account;
    });
}
