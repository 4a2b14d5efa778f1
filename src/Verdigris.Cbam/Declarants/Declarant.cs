using NodaTime;
using Verdigris.Cbam.Customs;
using Verdigris.Primitives;

namespace Verdigris.Cbam.Declarants;

/// <summary>Where an importer stands with the authority that authorises declarants.</summary>
public enum DeclarantStanding
{
    /// <summary>No application is on record.</summary>
    None,
    /// <summary>Applied for, not decided.</summary>
    Applicant,
    /// <summary>Authorised declarant (Regulation (EU) 2023/956, Article 17).</summary>
    Authorised,
}

/// <param name="Eori">Number by which customs know the importer.</param>
/// <param name="MemberState">Of establishment, or of the indirect representative's; two letters.</param>
/// <param name="AccountNumber">Of the account in the CBAM registry; with the authorisation.</param>
/// <param name="RepresentativeEori">Of an indirect representative who declares; with <paramref name="RepresentativeName"/>.</param>
public sealed record DeclarantData(string Eori, string MemberState, string? AccountNumber = null, LocalDate? AppliedOn = null, LocalDate? AuthorisedSince = null, string? RepresentativeEori = null, string? RepresentativeName = null);

/// <summary>An importer with its record; one for an organisation.</summary>
public sealed record Declarant(Guid OrganisationId, string Eori, string MemberState, string? AccountNumber, LocalDate? AppliedOn, LocalDate? AuthorisedSince, string? RepresentativeEori, string? RepresentativeName, Guid WrittenBy, Instant WrittenAt)
{
    public DeclarantStanding StandingOn(LocalDate day) => AuthorisedSince <= day ? DeclarantStanding.Authorised : AppliedOn <= day ? DeclarantStanding.Applicant : DeclarantStanding.None;

    /// <summary>Whether a customs line is this declarant's: its own import, or one it declares as an indirect representative.</summary>
    public bool Declares(CustomsLine line) => line.ImporterEori == Eori || line.RepresentativeEori == Eori || (RepresentativeEori is not null && line.ImporterEori == RepresentativeEori);
}

/// <summary>What a record must be. Pure.</summary>
static class DeclarantRules
{
    /// <summary>Member states of the Union, ISO 3166-1 (Greece is GR there and EL in EORI numbers).</summary>
    public static IReadOnlyList<string> MemberStates { get; } = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".Split(' ');

    /// <summary>The measure is in force (Article 36): nobody applied before.</summary>
    static readonly LocalDate Begins = new(2023, 5, 17);

    /// <summary>The record as it is kept; <c>input.required</c>, <c>customs.eori</c>, <c>declarant.member-state</c>, <c>declarant.account-missing</c>, <c>declarant.dates</c>, <c>declarant.earlier</c>, <c>declarant.later</c>, <c>declarant.representative-half</c>.</summary>
    public static Answer<DeclarantData> Check(DeclarantData given, LocalDate today)
    {
        var wrong = new List<Refusal>();
        var eori = Given.Text(given.Eori, "eori", 40, wrong) is { } written ? CustomsValues.EoriOf(written, "eori", wrong.Add) : null;
        var state = given.MemberState?.Trim().ToUpperInvariant() ?? "";
        if (state.Length == 0) wrong.Add(Refusal.Of("input.required", "memberState"));
        else if (!MemberStates.Contains(state)) wrong.Add(Refusal.Of("declarant.member-state", "memberState", ("given", state), ("known", string.Join(", ", MemberStates))));
        var account = Given.Text(given.AccountNumber, "accountNumber", 40, wrong, required: false);
        if (given.AuthorisedSince is not null && string.IsNullOrWhiteSpace(given.AccountNumber)) wrong.Add(Refusal.Of("declarant.account-missing", "accountNumber"));
        if (given.AppliedOn > given.AuthorisedSince) wrong.Add(Refusal.Of("declarant.dates", "authorisedSince"));
        foreach (var (field, day) in new[] { ("appliedOn", given.AppliedOn), ("authorisedSince", given.AuthorisedSince) })
            if (day < Begins) wrong.Add(Refusal.Of("declarant.earlier", field, ("first", Begins.ToString("uuuu-MM-dd", null))));
            else if (day > today) wrong.Add(Refusal.Of("declarant.later", field, ("today", today.ToString("uuuu-MM-dd", null))));
        var name = Given.Text(given.RepresentativeName, "representativeName", 200, wrong, required: false);
        var representative = string.IsNullOrWhiteSpace(given.RepresentativeEori) ? null : CustomsValues.EoriOf(given.RepresentativeEori, "representativeEori", wrong.Add);
        if (string.IsNullOrWhiteSpace(given.RepresentativeEori) != string.IsNullOrWhiteSpace(given.RepresentativeName)) wrong.Add(Refusal.Of("declarant.representative-half", name is null ? "representativeName" : "representativeEori"));
        return wrong.Count > 0 ? wrong : new DeclarantData(eori!, state, account, given.AppliedOn, given.AuthorisedSince, representative, name);
    }
}
