using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Anomalies;
using Verdigris.Passport.Certificates.Paper;
using Verdigris.Passport.Disclosures;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Payments;
using Verdigris.Passport.Publications;
using Verdigris.Passport.Sourcing;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

/// <summary>What a refusal says is read by people: it holds no code of the house.</summary>
public sealed class RefusalWordTests
{
    [Fact]
    public async Task A_refusal_names_states_items_and_roles_in_the_reader_s_words()
    {
        await using var world = await World.Make(cast: false);
        var catalogue = world.Get<StringCatalogue>();
        Refusal[] refused =
        [
            .. States(CertificateStates.Table), .. States(WarrantStates.Table), .. States(SubmissionRules.Table), .. States(PaperStates.Table), .. States(AnomalyStates.Table),
            .. States(GateStates.Table), .. States(PublicationStates.Table), .. States(MethodologyRules.Table), .. States(DisclosureRules.Table), .. States(TargetRules.Table),
            .. States(AssessmentRules.Table), .. States(GrievanceRules.Table),
            .. new[] { "certificate", "customs-code", "weight", "origin", "sanctions", "insurance" }.Select(i => Refusal.Conflict("payment.item-open", i, ("item", i))), Refusal.Forbidden("access.role-needed", null, ("role", $"{Role.OwnerApprover} | {Role.LenderOfficer}")),
        ];
        Assert.True(refused.Length > 70, $"{refused.Length} refusals");
        foreach (var refusal in refused)
        {
            Assert.DoesNotMatch("[A-Za-z{}⟦]", RefusalText.Of(refusal, catalogue, StringCatalogue.Chinese));
            Assert.DoesNotMatch("[{}⟦|]", RefusalText.Of(refusal, catalogue, StringCatalogue.English));
        }

        // What a table of states refuses in each of its states.
        static IEnumerable<Refusal> States<TState, TEvent>(StateTable<TState, TEvent> table) where TState : struct, Enum where TEvent : struct, Enum =>
            Enum.GetValues<TState>().SelectMany(s => Enum.GetValues<TEvent>().Select(e => table.Next(s, e)).FirstOrDefault(a => !a.Ok) is { } no ? no.Refusals : []);
    }
}
