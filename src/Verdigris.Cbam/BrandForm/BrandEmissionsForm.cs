using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Cbam.BrandForm;

/// <summary>
/// What a producer reports to the London Metal Exchange once a year for a listed brand of primary aluminium, aluminium alloy or NASAAC: embedded emissions by the EU's rules, at the point where the metal becomes of the exchange's
/// grade. Which figures it asks is public (lme.com, sustainability pages; decision of 30 September 2024), the cells of its own workbook are not. Nulls are unknown or not reported, never zero.
/// </summary>
/// <param name="BrandCode">As the exchange lists it.</param>
/// <param name="Contract">Contract the brand is listed for.</param>
/// <param name="Year">Of production.</param>
/// <param name="ProductionT">Of the brand in the year, t.</param>
/// <param name="DirectTco2ePerT">Specific embedded emissions, direct.</param>
/// <param name="IndirectTco2ePerT">Specific embedded emissions, indirect.</param>
/// <param name="DefaultPercent">Share of the emissions that rests on default values.</param>
/// <param name="PreConsumerPercent">Of the scrap melted.</param>
/// <param name="SefaTco2ePerT">Specific embedded free allocation, where the producer tells it.</param>
/// <param name="Scope3Tco2ePerT">Voluntary.</param>
/// <param name="IaiTco2ePerT">Second figure by the method of the International Aluminium Institute, optional.</param>
/// <param name="IsVerified">Whether verification was needed depends on the year: it is said here, not judged.</param>
public sealed record BrandEmissionsForm(string BrandCode, string? BrandName, string Producer, string? Installation, string? InstallationNumber, string Contract, int Year, decimal? ProductionT, decimal DirectTco2ePerT, decimal IndirectTco2ePerT,
    decimal? ElectricityMwhPerT, decimal? DefaultPercent, decimal? ScrapTPerT, decimal? PreConsumerPercent, decimal? SefaTco2ePerT, decimal? Scope3Tco2ePerT, decimal? IaiTco2ePerT, bool? IsVerified, string? Verifier, string? Accreditation,
    LocalDate? VerifiedOn, string? Remarks);

public enum BrandFieldKind { Text, Number, Year, Flag, Day }

/// <summary>A line of the form.</summary>
/// <param name="Most">Largest number; of a text its longest.</param>
public sealed record BrandField(string Name, BrandFieldKind Kind, bool Required, string Unit, Bilingual Label, decimal Most, Func<BrandEmissionsForm, object?> Of);

/// <summary>The lines of the form, in their order.</summary>
public static class BrandFields
{
    /// <summary>tCO2e/t above which no aluminium is made: a slip of the unit.</summary>
    const decimal MostPerT = 100;

    public static IReadOnlyList<BrandField> All { get; } =
    [
        Text("brandCode", true, "Brand code", "品牌代码", f => f.BrandCode),
        Text("brandName", false, "Brand", "品牌", f => f.BrandName),
        Text("producer", true, "Producer", "生产商", f => f.Producer),
        Text("installation", false, "Installation", "设施", f => f.Installation),
        Text("installationNumber", false, "Number of the installation in the CBAM registry", "设施在 CBAM 登记系统中的编号", f => f.InstallationNumber),
        Text("contract", true, "Contract", "合约", f => f.Contract),
        new("year", BrandFieldKind.Year, true, "", new("Year of production", "生产年度"), 2100, f => f.Year),
        Number("productionT", false, "t", "Production of the brand", "品牌产量", f => f.ProductionT, 100_000_000),
        Number("directTco2ePerT", true, "tCO2e/t", "Direct embedded emissions", "直接隐含排放", f => f.DirectTco2ePerT),
        Number("indirectTco2ePerT", true, "tCO2e/t", "Indirect embedded emissions", "间接隐含排放", f => f.IndirectTco2ePerT),
        Number("electricityMwhPerT", false, "MWh/t", "Embedded electricity", "隐含电力", f => f.ElectricityMwhPerT),
        Number("defaultPercent", false, "%", "Share of default values", "默认值占比", f => f.DefaultPercent),
        Number("scrapTPerT", false, "t/t", "Scrap", "废料", f => f.ScrapTPerT),
        Number("preConsumerPercent", false, "%", "Pre-consumer share of the scrap", "消费前废料占比", f => f.PreConsumerPercent),
        Number("sefaTco2ePerT", false, "tCO2e/t", "Specific embedded free allocation", "单位隐含免费配额", f => f.SefaTco2ePerT),
        Number("scope3Tco2ePerT", false, "tCO2e/t", "Other emissions of the value chain (voluntary)", "价值链其他排放（自愿）", f => f.Scope3Tco2ePerT),
        Number("iaiTco2ePerT", false, "tCO2e/t", "Carbon footprint by the method of the International Aluminium Institute (optional)", "按国际铝业协会方法的碳足迹（可选）", f => f.IaiTco2ePerT),
        new("isVerified", BrandFieldKind.Flag, false, "", new("Verified", "已核查"), 0, f => f.IsVerified),
        Text("verifier", false, "Verifier", "核查机构", f => f.Verifier),
        Text("accreditation", false, "Its accreditation", "其认可", f => f.Accreditation),
        new("verifiedOn", BrandFieldKind.Day, false, "", new("Day of the verification report", "核查报告日期"), 0, f => f.VerifiedOn),
        Text("remarks", false, "Remarks", "备注", f => f.Remarks, 2000),
    ];

    static BrandField Text(string name, bool required, string en, string zh, Func<BrandEmissionsForm, object?> of, decimal most = 200) => new(name, BrandFieldKind.Text, required, "", new(en, zh), most, of);

    static BrandField Number(string name, bool required, string unit, string en, string zh, Func<BrandEmissionsForm, object?> of, decimal most = MostPerT) => new(name, BrandFieldKind.Number, required, unit, new(en, zh), most, of);
}
