using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Specifications;
using Verdigris.Primitives.Rules;

namespace Verdigris.Passport.Certificates.Pages;

/// <summary>What the editor of a certificate begins with: the brand decides shape, editions and the elements to state.</summary>
static class BlankCertificate
{
    /// <summary>Editions the brand's contract accepts for metal made on the day.</summary>
    public static IReadOnlyList<SpecEdition> EditionsOf(Brand brand, LocalDate day, ContractTerms contracts, RulePacks rules)
    {
        var book = SpecBook.Of(rules);
        return [.. (contracts.Find(brand.ContractCode)?.EditionsOn(day) ?? []).Select(e => book.ById(e.SpecRef)).OfType<SpecEdition>()];
    }

    /// <param name="day">Put into the three dates; null leaves them empty.</param>
    public static CertificateForm Of(Brand brand, SpecEdition? edition, LocalDate? day)
    {
        var date = day is { } given ? Verdigris.Web.Show.Iso(given) : null;
        return new CertificateForm
        {
            ExchangeBrandCode = brand.Code,
            CountryOfOrigin = brand.Country,
            Shape = brand.Shapes[0],
            SpecRef = edition?.Id,
            ProductionDate = date,
            AnalysisDate = date,
            IssueDate = date,
            Results = [.. (edition?.Listed ?? []).Distinct().Select(e => new CertificateForm.ResultForm { Element = e, Unit = "%", Qualifier = "=" })],
            BundleList = [.. Enumerable.Range(0, 4).Select(_ => new CertificateForm.BundleForm())],
        };
    }

    /// <summary>Adds the empty rows a button of the editor asks for; false where the button was another.</summary>
    public static bool AddRows(CertificateForm form, string? button)
    {
        if (button == "bundles") form.BundleList.AddRange(Enumerable.Range(0, 6).Select(_ => new CertificateForm.BundleForm()));
        else if (button == "results") form.Results.AddRange(Enumerable.Range(0, 4).Select(_ => new CertificateForm.ResultForm()));
        else return false;
        return true;
    }
}
