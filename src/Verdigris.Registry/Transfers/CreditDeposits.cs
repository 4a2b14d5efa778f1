using Verdigris.Book;
using Verdigris.Primitives;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Credits.Duplicates;
using Verdigris.Registry.Credits.Market;
using Verdigris.Registry.Credits.Orders;
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
/// Credits that a scheme takes in. Where the Book here has units of their programme, the very block goes with the deposit, in one chain, into an account that no rule leads out of: no unit is in a programme and in a scheme, nor in two schemes. Where it has none, or nobody leads the programme here, two people of the authority
/// stand for what they say of the programme's registry.
/// </summary>
sealed class CreditDeposits(IVenue venue, UnitQueries units, RulePacks packs)
{
    readonly CreditRules rules = CreditRules.Of(packs);
    readonly MatchWatch watch = new(packs);

    /// <summary>
    /// The block of a deposit; null where the programme's units are in no Book here. <c>transaction.credit-serial</c> (one must be named), what a serial number is refused for, <c>transaction.credit-other</c> (another unit or year), <c>credits.take-too-many</c>, <c>credits.one-block</c>,
    /// <c>transaction.credit-not-free</c> (neither immobilised by the holder of the account nor in another registry), <c>transaction.credit-instrument</c> (immobilised for something else than this scheme), <c>transaction.credit-frozen</c>,
    /// <c>transaction.credit-outside</c> (in another registry, and the programme is led here), and what speaks against two registries counting the same project.
    /// </summary>
    public async Task<Answer<DepositedCredits?>> Of(DbSession s, NewTransaction wanted, RegistryAccount to, CancellationToken ct)
    {
        if (Programme(wanted.Unit) is not { } unit) return (DepositedCredits?)null;
        if (string.IsNullOrWhiteSpace(wanted.Serial))
            return await s.Value<bool>("select exists (select from registry.credit_block where unit = $1)", ct, unit.Code) ? Refusal.Of("transaction.credit-serial", "serial", ("unit", unit.Code)) : (DepositedCredits?)null;
        var found = await units.Block(s, wanted.Serial, wanted.Quantity, "quantity", ct);
        if (!found.Ok) return Answer<DepositedCredits?>.From(found.Refusals);
        var (row, asset, serials) = found.Value;
        if (row.Unit != unit.Code || (!string.IsNullOrEmpty(wanted.Vintage) && $"{CreditMarket.YearOf(row)}" != wanted.Vintage)) return Refusal.Conflict("transaction.credit-other", "serial", ("unit", $"{wanted.Unit} {wanted.Vintage}".Trim()));
        var from = await From(s, row, asset, serials, to, ct);
        if (!from.Ok) return Answer<DepositedCredits?>.From(from.Refusals);
        if (await watch.Stops(s, row.ProjectId, row.VintageFrom, row.VintageTo, "deposit", ct) is { } waits) return waits;
        return new DepositedCredits(row.Unit, asset, serials, from.Value, await units.PrintedOf(s, row.Unit, serials.First, serials.Last, ct));
    }

    /// <summary>Whether an export ended credits that lie in another registry; in the transaction that takes them, which exports of the programme then wait for. <c>transaction.credit-not-free</c>.</summary>
    public Task<Refusal?> Ended(DbSession s, DepositedCredits credits, CancellationToken ct) => s.Lent(async t =>
        credits.From == CreditBook.Outside && await Credits.Imports.ImportedEnds.Before(s, rules.Unit(credits.Unit)!.Programme, credits.Unit, credits.Serials, t) ? NotFree(credits.Serials) : null, ct);

    static Refusal NotFree(SerialRange serials) => Refusal.Conflict("transaction.credit-not-free", "serial", ("units", $"{serials.Count}"));

    /// <summary>What came up since a deposit was proposed: two registries may count the project of its credits, the programme froze them, or is led here by now.</summary>
    public async Task<Refusal?> Stopped(DbSession s, RegistryTransaction known, Guid? holder, CancellationToken ct)
    {
        if (known.Serial is null) return null;
        var (unit, first) = (await s.All("select credit_unit, credit_first from registry.transaction where id = $1", r => (r.GetString(0), r.GetInt64(1)), ct, known.Id))[0];
        var asset = rules.Unit(unit)!.Asset;
        if (await s.Lent(async t => await units.RowOf(s, unit, first, t) is { } row && await ProjectStore.Find(s, row.ProjectId, t) is { } project ? await MatchWatch.Stopped(s, project, row.VintageFrom, row.VintageTo, t) : null, ct) is { } counted) return counted;
        return venue.Read(b => b.Owner(asset, first))?.Account switch
        {
            CreditBook.Outside => await Elsewhere(s, unit, ct),
            CreditBook.Immobilised => await Frozen(s, holder!.Value, unit, asset, ct),
            _ => null,
        };
    }

    /// <summary>The last command of a deposit's chain: its block is set aside from the proposal on.</summary>
    public static Command Hold(DepositedCredits credits, UInt128 id, UInt128 reference, UInt128 person) =>
        CreditBook.Move(CreditBook.Deposit, credits.Asset, credits.From, CreditBook.Deposited, credits.Serials, reference, person) with { Operation = Operation.Hold, Id = id };

    /// <summary>The programme's unit behind a scheme's: called alike, or with the letters of the place that counts it (CCER-BJ, ARBOC-D).</summary>
    CreditUnit? Programme(string unit) => rules.Unit(unit) ?? rules.Unit(unit.Split('-')[0]);

    /// <summary>Where all of the units lie free: with what this holder immobilised last, for this scheme, or in another registry whose programme nobody administers here.</summary>
    async Task<Answer<long>> From(DbSession s, UnitQueries.Row row, int asset, SerialRange serials, RegistryAccount to, CancellationToken ct)
    {
        var holder = to.OrganisationId!.Value;
        switch (venue.Read(b => CreditBook.FreeIn(b, asset, serials)))
        {
            case CreditBook.Outside:
                return await Elsewhere(s, row.Unit, ct) is { } led ? led : CreditBook.Outside;
            case CreditBook.Immobilised when await s.Lent(t => OrderHandlers.ImmobilisedBy(s, holder, null, row.Unit, serials, t), ct):
                if (!await s.Lent(t => OrderHandlers.ImmobilisedBy(s, holder, to.Scheme, row.Unit, serials, t), ct)) return Refusal.Conflict("transaction.credit-instrument", "serial", ("scheme", to.Scheme));
                return await Frozen(s, holder, row.Unit, asset, ct) is { } frozen ? frozen : CreditBook.Immobilised;
            default: return NotFree(serials);
        }
    }

    /// <summary>Credits in another registry come here with the word of their programme's approver, where there is one: <c>transaction.credit-outside</c>.</summary>
    async Task<Refusal?> Elsewhere(DbSession s, string unit, CancellationToken ct)
    {
        var programme = rules.Unit(unit)!.Programme;
        return await ProgrammeAdministration.AdministratorOf(s, programme, ct) is null ? null : Refusal.Conflict("transaction.credit-outside", "serial", ("programme", programme));
    }

    /// <summary>The Book stops an account and asset, and what is immobilised lies in neither of the holder's: <c>transaction.credit-frozen</c>.</summary>
    async Task<Refusal?> Frozen(DbSession s, Guid holder, string unit, int asset, CancellationToken ct) =>
        await s.Lent(t => CreditAccounts.Find(s, holder, t), ct) is { } account && venue.Read(b => b.Frozen(account, asset)) != FreezeScope.None ? Refusal.Conflict("transaction.credit-frozen", "serial", ("unit", unit)) : null;
}
