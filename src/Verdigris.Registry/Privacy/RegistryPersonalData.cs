using Verdigris.Storage;

namespace Verdigris.Registry.Privacy;

/// <summary>
/// Who applied, was named, proposed, decided, froze and lifted. The room keeps ids of those who act and no names; what they did to units must stay provable, so nothing of it goes with an erasure. Papers of a representative are evidence
/// of an admission: they are listed here, and kept as long as the law of the scheme asks.
/// </summary>
sealed class RegistryPersonalData : IPersonalData
{
    static readonly (string Name, string Sql)[] Tables =
    [
        ("registry-representations", "select id, account, rights, state, person_id = $1 as self, written_at, decided_at from registry.representative where $1 in (person_id, written_by, decided_by) order by id"),
        ("registry-papers", "select id, document, person_id = $1 as self, file_name, valid_until, added_at from registry.holder_document where $1 in (person_id, added_by) order by id"),
        ("registry-admissions", Acts("holder", "applied_by", "applied_at", "decided_by", "decided_at", "scheme")),
        ("registry-installations", Acts("installation", "written_by", "written_at", "decided_by", "decided_at", "name")),
        ("registry-accounts", "select account, full_id, opened_at from registry.account where opened_by = $1 order by account"),
        ("registry-trusted-accounts", "select id, account, trusted, note, written_by = $1 as written, decided_by = $1 as decided, removed_by = $1 as removed, written_at from registry.trusted_account where $1 in (written_by, decided_by, removed_by) order by id"),
        ("registry-freezes", Acts("freezing", "frozen_by", "frozen_at", "lifted_by", "lifted_at", "reason")),
        ("registry-transactions", Acts("transaction", "proposed_by", "proposed_at", "decided_by", "decided_at", "kind, quantity, reason")),
        ("registry-emissions", Acts("emissions", "written_by", "written_at", "decided_by", "decided_at", "year, reason")),
        ("registry-exclusions", Acts("exclusion", "written_by", "written_at", "lifted_by", "lifted_at", "year, reason")),
        ("registry-allocations", Acts("allocation", "written_by", "written_at", "decided_by", "decided_at", "year, reason")),
        ("registry-plant-classes", Acts("plant_class", "written_by", "written_at", "decided_by", "decided_at", "from_year, reason")),
        ("registry-penalties", Acts("penalty", "written_by", "written_at", "decided_by", "decided_at", "year, reason")),
        ("registry-carry-overs", Acts("carry_over", "written_by", "written_at", "decided_by", "decided_at", "unit, quantity")),
        ("registry-links", "select id, partner, reason, written_by = $1 as began, decided_by = $1 as ended, coalesce(suspended_by = $1, false) or $1 = any(suspended_before) as suspended, written_at, decided_at from registry.link where $1 in (written_by, decided_by, suspended_by) or $1 = any(suspended_before) order by id"),
        ("registry-schemes", "select code, appointed_at from registry.scheme where appointed_by = $1 order by code"),
        ("credit-programmes", "select to_jsonb(p) as row from registry.credit_programme p where appointed_by = $1"),
        ("credit-projects", "select id, name from registry.credit_project where written_by = $1 order by id"),
        ("credit-comment-decisions", "select id, name, comments_over_on, comments_reason from registry.credit_project where comments_by = $1 order by id"),
        ("credit-matches", "select id, rule, found_in from registry.credit_match where found_by = $1 order by id"),
        ("credit-match-decisions", "select id, match_id, decision, reason from registry.credit_match_decision where decided_by = $1 order by id"),
        ("credit-accreditations", "select to_jsonb(a) as row from registry.credit_accreditation a where entered_by = $1 order by id"),
        ("credit-declarations", "select to_jsonb(d) as row from registry.credit_declaration d where declared_by = $1 order by id"),
        ("credit-periods", "select id from registry.credit_period where written_by = $1 order by id"),
        ("credit-documents", "select id, file_name from registry.credit_document where added_by = $1 order by id"),
        ("credit-steps", "select id, asked_by = $1 as asked, decided_by = $1 as decided, reason from registry.credit_step where $1 in (asked_by, decided_by) order by id"),
        ("credit-authorisations", "select id from registry.credit_authorisation where entered_by = $1 order by id"),
        ("credit-adjustments", "select id from registry.credit_adjustment where entered_by = $1 order by id"),
        ("credit-labels", Acts("credit_label", "given_by", "given_at", "taken_by", "taken_at", "label, reason")),
        ("credit-issuances", "select id from registry.credit_issuance where issued_by = $1 order by id"),
        ("credit-freezes", Acts("credit_freezing", "frozen_by", "frozen_at", "lifted_by", "lifted_at", "reason")),
        ("credit-market-exclusions", Acts("credit_market_exclusion", "excluded_by", "excluded_at", "lifted_by", "lifted_at", "reason")),
        ("credit-orders", "select id, ordered_by = $1 as ordered, decided_by = $1 as decided, reason from registry.credit_order where $1 in (ordered_by, decided_by) order by id"),
        ("credit-imports", "select id, file_name, added_by = $1 as added, applied_by = $1 as applied from registry.credit_import where $1 in (added_by, applied_by) order by id"),
        ("finance-deals", "select id from registry.deal where proposed_by = $1 order by id"),
        ("finance-payments", "select id, claimed_by = $1 as claimed, confirmed_by = $1 as confirmed from registry.deal_cash where $1 in (claimed_by, confirmed_by) order by id"),
        ("finance-steps", "select id, written_by = $1 as written, decided_by = $1 as decided from registry.deal_step where $1 in (written_by, decided_by) order by id"),
        ("finance-credit-prices", "select to_jsonb(p) as row from registry.credit_price p where written_by = $1"),
        ("finance-prices", "select to_jsonb(p) as row from registry.unit_price p where written_by = $1"),
    ];

    static string Acts(string table, string first, string firstAt, string second, string secondAt, string what) =>
        $"select id, {what}, {first} = $1 as began, {second} = $1 as ended, {firstAt}, {secondAt} from registry.{table} where $1 in ({first}, {second}) order by id";

    public Task<IReadOnlyList<PersonalTable>> Export(DbSession s, DataSubject subject, CancellationToken ct) => PersonalTables.OfRoom(s, RegistryRoom.Name, Tables, subject.Id, ct);

    public Task Erase(DbSession s, DataSubject subject, CancellationToken ct) => Task.CompletedTask;
}
