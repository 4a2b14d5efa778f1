using Verdigris.Web;

namespace Verdigris.Passport.Disclosures.Pages;

/// <summary>What an editor types into a disclosure.</summary>
public sealed class DisclosureForm
{
    public string? MethodologyId { get; set; }
    public string? Subject { get; set; }
    public string? Value { get; set; }
    public string? CertificateNo { get; set; }
    public string? Statement { get; set; }
    public string? StatementZh { get; set; }
    public string? PeriodFrom { get; set; }
    public string? PeriodTo { get; set; }
    public string? Boundary { get; set; }
    public string? Assurance { get; set; }
    public string? Assurer { get; set; }
    public string? ValidFrom { get; set; }
    public string? ValidTo { get; set; }
    public string? Visibility { get; set; }

    public static DisclosureForm Of(DisclosureContent c) => new()
    {
        MethodologyId = c.MethodologyId.ToString(),
        Subject = c.Subject,
        Value = c.Value is { } value ? Numbers.Plain(value) : null,
        CertificateNo = c.CertificateNo,
        Statement = c.Statement,
        StatementZh = c.StatementZh,
        PeriodFrom = c.PeriodFrom is { } from ? Show.Iso(from) : null,
        PeriodTo = c.PeriodTo is { } to ? Show.Iso(to) : null,
        Boundary = c.Boundary,
        Assurance = c.Assurance.ToString(),
        Assurer = c.Assurer,
        ValidFrom = c.ValidFrom is { } begins ? Show.Iso(begins) : null,
        ValidTo = c.ValidTo is { } last ? Show.Iso(last) : null,
        Visibility = c.Visibility.ToString(),
    };

    /// <summary>The content, or null after the reader has said what cannot be read. What is missing for the methodology's kind the rules say.</summary>
    public DisclosureContent? Read(FormText read, Methodology methodology)
    {
        var subject = read.Text(Subject, "subject", 80);
        var value = read.Decimal(Value, "value", required: false);
        var certificate = read.Text(CertificateNo, "certificateNo", 100, required: false);
        var statement = read.Text(Statement, "statement", 4000, required: false);
        var statementZh = read.Text(StatementZh, "statementZh", 4000, required: false);
        var periodFrom = read.Date(PeriodFrom, "periodFrom", required: false);
        var periodTo = read.Date(PeriodTo, "periodTo", required: false);
        var boundary = read.Text(Boundary, "boundary", 40, required: false);
        var assurance = read.Choice(Assurance, "assurance", Enum.GetNames<Assurance>());
        var assurer = read.Text(Assurer, "assurer", 200, required: false);
        var validFrom = read.Date(ValidFrom, "validFrom");
        var validTo = read.Date(ValidTo, "validTo", required: false);
        var visibility = read.Choice(Visibility, "visibility", Enum.GetNames<Visibility>());
        return !read.Ok ? null : new(subject!, methodology.Id, value, certificate, statement, statementZh, periodFrom, periodTo, boundary, Enum.Parse<Assurance>(assurance!), assurer, validFrom!.Value, validTo, Enum.Parse<Visibility>(visibility!));
    }
}
