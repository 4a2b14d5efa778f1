using Verdigris.Book;
using Verdigris.Storage;

namespace Verdigris.Registry.Credits.Units;

/// <summary>An organisation has one account for the units of all programmes; it is made with the first units.</summary>
static class CreditAccounts
{
    /// <summary>The account, made where there is none; in the caller's transaction, with the system's rights where it is another organisation's.</summary>
    public static async Task<long> Of(DbSession s, Guid organisation, CancellationToken ct)
    {
        await s.Run("insert into registry.credit_account (account, organisation_id, state) values (nextval('registry.credit_account_number'), $1, 'pending') on conflict (organisation_id) do nothing", ct, organisation);
        return await s.Value<long>("select account from registry.credit_account where organisation_id = $1", ct, organisation);
    }

    /// <summary>The account, or null where there never was one.</summary>
    public static async Task<long?> Find(DbSession s, Guid organisation, CancellationToken ct)
    {
        var rows = await s.All("select account from registry.credit_account where organisation_id = $1", r => r.GetInt64(0), ct, organisation);
        return rows.Count == 0 ? null : rows[0];
    }

    /// <summary>Marks an account open once the Book has it.</summary>
    public static async Task Opened(DbSession s, Outcome outcome, long account, CancellationToken ct)
    {
        if (outcome.Accepted || outcome.Code == Code.AccountExists) await s.Run("update registry.credit_account set state = 'open' where account = $1 and state = 'pending'", ct, account);
    }
}
