using System.Text;
using NodaTime;
using Npgsql;
using Verdigris.Footprint.Reports;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Footprint.Verification;

public enum SignedStep
{
    /// <summary>The operator, when the report was handed in.</summary>
    HandedIn,
    /// <summary>The verifier's lead, with the opinion.</summary>
    Opinion,
    /// <summary>The verifier's reviewer, with the decision.</summary>
    Decision,
}

/// <summary>What is signed: these members in this order, as JSON.</summary>
/// <param name="FiguresSha256">Over plan, data and figures of the version.</param>
/// <param name="Opinion">From the opinion on.</param>
/// <param name="Decision">Accepted or Failed, with the decision.</param>
public sealed record SignedStatement(SignedStep Step, Guid ReportId, int Version, LocalDate PeriodFrom, LocalDate PeriodTo, Guid OperatorId, Guid VerifierId, string FiguresSha256, Opinion? Opinion = null, ReportState? Decision = null);

/// <param name="Content">The statement as it was signed, byte for byte in UTF-8.</param>
/// <param name="Jws">Detached, RFC 7515 appendix F.</param>
/// <param name="Verdict">valid, invalid, key-unknown, key-revoked or key-not-valid-then.</param>
/// <param name="Current">Whether it is under the figures the report has now: a report that was returned is signed anew.</param>
public sealed record ReportSignature(Guid Id, SignedStep Step, Guid OrganisationId, string Content, string Kid, string Jws, Guid SignedBy, Instant SignedAt, string Verdict, bool Current);

/// <summary>Puts the keys of operator and verifier under a report, step by step, and says what each signature is worth.</summary>
public sealed class ReportSignatures(IReportSigner signer)
{
    /// <summary>Signs in the name of the organisation the session acts for, in its transaction. Refused where its key cannot be used.</summary>
    internal async Task<Refusal?> Sign(DbSession s, SignedStatement statement, CancellationToken ct)
    {
        var content = StorageJson.Write(statement);
        var seal = await signer.Sign(s, Encoding.UTF8.GetBytes(content), ct);
        if (!seal.Ok) return seal.Refusals[0];
        await s.Run("insert into footprint.report_signature (id, report_id, step, organisation_id, content, kid, jws, signed_by, signed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)", ct,
            s.NewId(), statement.ReportId, (short)statement.Step, s.Actor.OrganisationId, content, seal.Value.Kid, seal.Value.Jws, s.Actor.PersonId, s.Now);
        return null;
    }

    internal static SignedStatement Statement(SignedStep step, Report report, Guid verifier, string figuresSha256) => new(step, report.Id, report.Version, report.PeriodFrom, report.PeriodTo, report.OperatorId, verifier, figuresSha256);

    /// <summary>Oldest first, each judged now; for who may see the report.</summary>
    public async Task<Answer<IReadOnlyList<ReportSignature>>> List(DbSession s, Guid report, CancellationToken ct)
    {
        if (await ReportStore.Find(s, report, ct) is not { Report: { } known }) return Refusal.NotFound("report.not-found");
        var kept = await s.All("select id, step, organisation_id, content, kid, jws, signed_by, signed_at from footprint.report_signature where report_id = $1 order by id", Map, ct, report);
        var judged = new List<ReportSignature>();
        foreach (var one in kept)
        {
            var statement = StorageJson.Read<SignedStatement>(one.Content);
            var whole = statement.ReportId == report && statement.Step == one.Step;
            judged.Add(one with
            {
                Verdict = whole ? await signer.Judge(s, new(one.Kid, one.Jws), one.OrganisationId, Encoding.UTF8.GetBytes(one.Content), one.SignedAt, ct) : "invalid",
                Current = statement.FiguresSha256 == known.FiguresSha256 && !ReportStates.Open(known.State) && (statement.Opinion is null || statement.Opinion == known.Opinion),
            });
        }
        return judged;
    }

    static ReportSignature Map(NpgsqlDataReader r) => new(r.GetGuid(0), (SignedStep)r.GetInt16(1), r.GetGuid(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetGuid(6), r.Time(7), "", false);
}
