namespace Verdigris.Market.Fix;

/// <summary>What is agreed with the other side of a session beforehand.</summary>
/// <param name="Ours">Our CompID: SenderCompID of what we send, TargetCompID of what we receive.</param>
/// <param name="Theirs">Theirs.</param>
/// <param name="ResetOnLogon">Both orders begin anew with every logon, whether or not it asks for that.</param>
/// <param name="MostHeartbeatSeconds">Longest HeartBtInt that is taken; the shortest is 1.</param>
sealed record FixTerms(string Ours, string Theirs, bool ResetOnLogon = false, int MostHeartbeatSeconds = 300)
{
    /// <summary>How far SendingTime may be from our clock.</summary>
    public const int MostSecondsAway = 120;

    /// <summary>How long we wait for the answer to our Logout.</summary>
    public const int LogoutSeconds = 2;

    /// <summary>Messages ahead of a gap that are put by; what comes beyond is asked for again.</summary>
    public const int MostAhead = 2_000;

    /// <summary>Bytes of them.</summary>
    public const int MostBytesAhead = 4 << 20;

    /// <summary>Messages in the hands of the application at once.</summary>
    public const int MostInWork = 512;
}
