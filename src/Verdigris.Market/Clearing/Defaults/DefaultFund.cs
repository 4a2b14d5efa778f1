using Verdigris.Book;
using Verdigris.Market.Clearing.Days.Steps;
using Verdigris.Market.Clearing.Positions;
using Verdigris.Market.Members;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Market.Clearing.Defaults;

/// <summary>A part of the default fund. The parts of a currency add up to what the Book has in the fund.</summary>
/// <param name="OrganisationId">Null: the clearing house's own.</param>
/// <param name="Amount">In whole units of the currency.</param>
public sealed record FundPart(Guid? OrganisationId, string Currency, decimal Amount);

/// <summary>The default fund: parts of the clearing members, and the clearing house's own from fees it earned. A member pays in by itself; all else needs two people of the clearing house (<see cref="FundMoves"/>).</summary>
public sealed class DefaultFund(PositionBook positions, BookCommands book)
{
    /// <summary>A clearing member pays in. Refuses <c>trading.not-found</c>, <c>fund.clearing-only</c>, <c>cash.currency</c>, <c>cash.amount</c> and <c>cash.over-available</c>.</summary>
    public async Task<Answer<FundPart>> PayIn(DbSession s, string account, string currency, decimal amount, CancellationToken ct)
    {
        if (Allow.Role(s.Actor, Role.MarketSupervisor) is { } no) return no;
        if (TradingAccount.NumberOf(account) is not { } number || await TradingAccountHandlers.Find(s, number, ct) is not { } own || own.OrganisationId != s.Actor.OrganisationId) return Refusal.NotFound("trading.not-found", "account", ("given", account ?? ""));
        if (await MemberHandlers.OfOrganisation(s, s.Actor.OrganisationId, ct) is not { Clearing: true }) return Refusal.Forbidden("fund.clearing-only");
        var money = Cents.To(amount, currency);
        if (!money.Ok) return Answer<FundPart>.From(money.Refusals);
        var cash = positions.Money(new(number, own.OrganisationId), currency).Cash;
        if (cash < money.Value) return Refusal.Conflict("cash.over-available", "amount", ("available", DecimalText.Write(Cents.Of(cash, currency))), ("currency", currency));
        await Move(s, own.OrganisationId, number, currency, money.Value, StepPostings.Cash(MarketBook.FundIn, currency, number, MarketBook.DefaultFund, money.Value), ct);
        return await PartOf(s, own.OrganisationId, currency, ct);
    }

    /// <summary>Parts above nothing: all for the exchange, own ones for a member. What is on its way out is gone already.</summary>
    public static Task<List<FundPart>> Parts(DbSession s, string? currency, CancellationToken ct) => s.All("""
        select organisation_id, currency, sum(amount)::bigint from market.fund_part where (state = 1 or (state = 0 and amount < 0)) and ($1::text is null or currency = $1) group by 1, 2 having sum(amount) > 0 order by currency, organisation_id nulls first
        """, r => new FundPart(r.MaybeGuid(0), r.GetString(1), Cents.Of(r.GetInt64(2), r.GetString(1))), ct, currency);

    async Task Move(DbSession s, Guid? organisation, long? account, string currency, long amount, Command command, CancellationToken ct)
    {
        var id = s.NewId();
        await s.InTransaction(async t =>
        {
            await s.Run("insert into market.fund_part (id, organisation_id, account, currency, amount, state, moved_at) values ($1, $2, $3, $4, $5, 0, $6)", t, id, organisation, account, currency, amount, s.Now);
            await s.Audit(new AuditEntry("market-default.fund-paid-in", "market-default", id.ToString(), Details: new { organisation, currency, amount = Cents.Of(amount, currency) }), t);
            await book.Send(s, DefaultPosted.Name, id, new DefaultSubject("fund", id), [command with { Reference = BookId.From(id), Actor = BookId.From(s.Actor.PersonId) }], t);
        }, ct);
    }

    static async Task<Answer<FundPart>> PartOf(DbSession s, Guid? organisation, string currency, CancellationToken ct) => (await Parts(s, currency, ct)).FirstOrDefault(p => p.OrganisationId == organisation) ?? new FundPart(organisation, currency, 0);
}
