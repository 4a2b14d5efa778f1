using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Customs;

/// <summary>A field of a customs line.</summary>
/// <param name="Required">A line without it is refused. Of the two masses one is enough.</param>
/// <param name="Example">As the template shows it.</param>
/// <param name="Constant">May be the same on every line of a source, and stand in its mapping instead of its files.</param>
/// <param name="Aliases">Other names by which columns and elements are found without a mapping; element names are those of the EU customs data model, with the parent where the name alone is not enough.</param>
public sealed record CustomsField(string Name, bool Required, string Example, Bilingual Meaning, bool Constant, params IReadOnlyList<string> Aliases);

/// <summary>The fields of a customs line, in the order of the template.</summary>
public static class CustomsFields
{
    public const string Mrn = "mrn", Item = "item", Cn = "cn", Origin = "origin", NetMassKg = "netMassKg", NetMassT = "netMassT", SupplementaryQuantity = "supplementaryQuantity", SupplementaryUnit = "supplementaryUnit",
        ReleasedOn = "releasedOn", Procedure = "procedure", PreviousProcedure = "previousProcedure", ImporterEori = "importerEori", RepresentativeEori = "representativeEori", RepresentativeStatus = "representativeStatus",
        Supplier = "supplier", Value = "value", Currency = "currency";

    public static IReadOnlyList<CustomsField> All { get; } =
    [
        new(Mrn, true, "26DE586600006143R8", new("Reference number of the declaration (MRN), 18 characters", "报关单参考号（MRN），18 位"), false, "movementReferenceNumber", "entryNumber", "entryNo", "declarationNumber", "报关单号"),
        new(Item, true, "1", new("Number of the item in the declaration", "报关单商品项号"), false, "itemNumber", "itemNo", "declarationGoodsItemNumber", "goodsItemNumber", "sequenceNumeric", "项号"),
        new(Cn, true, "76011010", new("Code of the combined nomenclature, 8 digits; ten are cut to eight", "合并税则号（CN），8 位；10 位则取前 8 位"), false, "cnCode", "commodityCode", "combinedNomenclature", "hsCode", "taricCode", "商品编码", "税号"),
        new(Origin, true, "IN", new("Country of origin, ISO 3166-1 alpha-2", "原产国，ISO 3166-1 二位代码"), true, "countryOfOrigin", "originCountry", "originCountryCode", "原产国"),
        new(NetMassKg, false, "25000.000", new("Net mass, kg", "净重，千克"), false, "netMass", "netWeight", "netWeightKg", "netKg", "GoodsMeasure/netNetWeightMeasure", "netNetWeightMeasure", "净重"),
        new(NetMassT, false, "", new("Net mass, t, instead of kg", "净重，吨（代替千克）"), false, "netMassTonnes", "netWeightT", "netT", "tonnes"),
        new(SupplementaryQuantity, false, "", new("Quantity in the supplementary unit", "补充单位数量"), false, "supplementaryUnits", "tariffQuantity"),
        new(SupplementaryUnit, false, "", new("The supplementary unit", "补充单位"), true, "supplementaryUnitCode", "measurementUnit"),
        new(ReleasedOn, true, "2026-02-14", new("Day of release for free circulation", "放行自由流通日期"), false, "releaseDate", "dateOfRelease", "releaseDateTime", "importDate", "放行日期"),
        new(Procedure, false, "4000", new("Requested and previous procedure", "申请程序与前一程序"), true, "requestedProcedure", "procedureCode", "customsProcedure"),
        new(PreviousProcedure, false, "", new("Previous procedure, where it stands by itself", "单独列出的前一程序"), true),
        new(ImporterEori, true, "DE1234567890123", new("EORI number of the importer", "进口商 EORI 号"), true, "Importer/identificationNumber", "Importer/id", "eori", "进口商EORI"),
        new(RepresentativeEori, false, "", new("EORI number of the indirect representative", "间接代理人 EORI 号"), true, "Representative/identificationNumber", "indirectRepresentative", "indirectRepresentativeEori"),
        new(RepresentativeStatus, false, "", new("2 direct, 3 indirect representation", "2 直接代理，3 间接代理"), true, "Representative/statusCode"),
        new(Supplier, false, "Example Smelter Ltd", new("Name of the supplier", "供应商名称"), true, "supplierName", "Exporter/name", "Seller/name", "供应商"),
        new(Value, false, "61250.00", new("Value", "金额"), false, "itemAmountInvoiced", "invoiceAmount", "statisticalValue", "customsValue", "金额"),
        new(Currency, false, "EUR", new("Currency of the value, ISO 4217", "币种，ISO 4217"), true, "invoiceCurrency", "currencyCode", "币种"),
    ];

    static readonly Dictionary<string, string> Names = All.SelectMany(f => f.Aliases.Append(f.Name).Select(a => (Alias: HeaderMappings.Plain(a), f.Name))).ToDictionary(a => a.Alias, a => a.Name, StringComparer.Ordinal);

    public static bool Has(string name) => All.Any(f => f.Name == name);

    /// <summary>Our field a header or element name most likely means: a name or alias but for case, spaces and punctuation; null where none is.</summary>
    public static string? Guess(string header) => Names.GetValueOrDefault(HeaderMappings.Plain(header));

    /// <summary>The template to download: header and one line of example.</summary>
    public static string Template() => string.Join(',', All.Select(f => f.Name)) + "\r\n" + string.Join(',', All.Select(f => f.Example)) + "\r\n";
}
