using NodaTime;
using Verdigris.Passport.Emissions;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport;

/// <summary>The room's own dated rules, from the pack <c>metals/passport</c>. Immutable.</summary>
public sealed class PassportRules
{
    readonly RulePack pack;

    public PassportRules(RulePacks rules) => pack = rules.Pack("metals/passport");

    /// <summary>How far the weighed net may lie from the certificate's, in percent of the latter, either way; and the rule's id for the record.</summary>
    public (decimal Percent, string RuleId) NetTolerance(LocalDate on)
    {
        var row = pack.Table("matching").Find(on, "inbound-match") ?? throw new InvalidOperationException("metals/passport holds no rule for the inbound match.");
        return (row.Decimal("net_tolerance_percent"), $"{pack.Id}@{pack.Version}#inbound-match");
    }

    /// <summary>Last day to hand in the form of a report year, as it stands after every change; null where none is known.</summary>
    public LocalDate? Deadline(int reportYear) => pack.Table("deadlines").Rows.FirstOrDefault(r => r.Integer("report_year") == reportYear && r.InForce(null))?.Date("deadline");

    /// <summary>Forms due on or after this day must be verified.</summary>
    public (LocalDate FromDeadline, string Rule) VerificationDuty()
    {
        var row = pack.Table("verification").Rows.Single(r => r.Flag("chosen"));
        return (row.Date("from_deadline"), row.Article ?? row.Source.Citation);
    }

    /// <summary>The default of a metal and method in force on a day; null is unknown.</summary>
    public (EmissionsValues Values, string Rule)? Default(string metal, EmissionsMethod method, LocalDate productionDate)
    {
        var row = pack.Table("emission-defaults").Rows.FirstOrDefault(r => r.Text("metal") == metal && r.Text("method") == EmissionsWords.Of(method) && r.InForce(productionDate));
        return row is null ? null : (new EmissionsValues(row.Decimal("direct_tco2e_per_t"), row.Decimal("indirect_tco2e_per_t")), $"{row.Article}; {row.Source.Citation}");
    }

    /// <summary>The threshold of an anomaly rule, in the unit its note says, and the rule's id for the record.</summary>
    public (decimal Threshold, string RuleId) Anomaly(string rule)
    {
        var row = pack.Table("anomalies").Rows.Single(r => r.Text("rule") == rule);
        return (row.Decimal("threshold"), $"{pack.Id}@{pack.Version}#{rule}");
    }

    /// <summary>How long a certificate signed at casting may be on its way, and how far the plant's clock may be ahead of ours.</summary>
    public (Duration OnTheWay, Duration ClockAhead) Casting()
    {
        var limits = pack.Table("casting");
        return (Duration.FromDays((int)limits.Find(null, "days-on-the-way")!.Decimal("limit")), Duration.FromMinutes((long)limits.Find(null, "minutes-ahead")!.Decimal("limit")));
    }
}
