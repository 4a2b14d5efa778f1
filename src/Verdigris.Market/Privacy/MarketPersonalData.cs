using Verdigris.Storage;

namespace Verdigris.Market.Privacy;

/// <summary>Who applied, opened, wrote down, proposed and decided. The room keeps ids of those who act and no names; money and trades must stay provable, so nothing goes with an erasure.</summary>
sealed class MarketPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("market-members", "select id, applied_by = $1 as applied, decided_by = $1 as decided, applied_at, decided_at, reason from market.member where $1 in (applied_by, decided_by) order by id"),
        ("market-papers", "select id, document, file_name, added_at from market.member_document where added_by = $1 order by id"),
        ("market-accounts", "select number, name, opened_at from market.trading_account where opened_by = $1 order by number"),
        ("market-units", "select account, scheme, full_id, linked_at from market.units_link where linked_by = $1 order by account, scheme"),
        ("market-bank-accounts", "select id, currency, holder_name, written_by = $1 as written, decided_by = $1 as decided, written_at, decided_at from market.bank_account where $1 in (written_by, decided_by) order by id"),
        ("market-auctions", "select id, number, planned_by = $1 as planned, announced_by = $1 as announced, planned_at, announced_at from market.auction where $1 in (planned_by, announced_by) order by number"),
        ("market-bids", "select auction_id, number, kind, submission, at_micros from market.auction_link where submitted_by = $1 order by auction_id, number"),
        ("market-guarantees", "select id, auction_id, amount, given_at from market.auction_guarantee where given_by = $1 order by id"),
        ("market-cash", "select id, direction, currency, amount, proposed_by = $1 as proposed, decided_by = $1 as decided, paid_by = $1 as paid, proposed_at, decided_at, paid_at from market.cash_move where $1 in (proposed_by, decided_by, paid_by) order by id"),
    ];

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, MarketRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => Task.CompletedTask;
}
