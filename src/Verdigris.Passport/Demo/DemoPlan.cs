using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NodaTime;
using Verdigris.Passport.Organisations;
using Verdigris.Primitives;

namespace Verdigris.Passport.Demo;

/// <summary>
/// The cast of the demo and its year of metal, all from one seed: the same seed gives the same file, byte for byte. Names are invented; the chemistry is drawn around
/// the limits of P1020A (Si 0.10, Fe 0.20, Zn 0.03, Ga 0.04, V 0.03, Al at least 99.70 %).
/// </summary>
public sealed class DemoPlan(int seed, LocalDate lastDay)
{
    public const int Certificates = 20_000;

    public static Guid Id(string name)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes("verdigris demo " + name), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    public static readonly Guid Exchange = Id("exchange"), Producer = Id("producer"), Verifier = Id("verifier"), Harbour = Id("harbour"), Eastgate = Id("eastgate"), Remelter = Id("remelter");

    public static IReadOnlyList<NewOrganisation> Organisations { get; } =
    [
        Org(OrganisationKind.Exchange, "Verdigris Metal Exchange", "铜绿金属交易所", "GB", "exchange"),
        Org(OrganisationKind.Producer, "Fjordlys Aluminium Group", "峡光铝业集团", "NO", "producer"),
        Org(OrganisationKind.Verifier, "Klarsyn Assurance", "明鉴核查", "SE", "verifier"),
        Org(OrganisationKind.Warehouse, "Harbour Metal Storage", "海港金属仓储", "NL", "harbour"),
        Org(OrganisationKind.Warehouse, "Eastgate Warehousing", "东门仓储", "MY", "eastgate"),
        Org(OrganisationKind.Owner, "Albion Metal Traders", "阿尔比恩金属贸易", "GB", "owner-a"),
        Org(OrganisationKind.Owner, "Bluewater Commodities", "碧水商品", "SG", "owner-b"),
        Org(OrganisationKind.Owner, "Cobblestone Extrusions", "石道型材", "DE", "owner-c"),
        Org(OrganisationKind.Owner, "Dunhua Light Alloys", "敦化轻合金", "CN", "owner-d"),
        Org(OrganisationKind.Owner, "Elmwood Castings", "榆木铸造", "US", "owner-e"),
        Org(OrganisationKind.Owner, "Fairhaven Bank", "善港银行", "CH", "owner-f"),
        Org(OrganisationKind.Producer, "Skarvik Remelt", "斯卡维克再生铝", "NO", "remelter"),
        Org(OrganisationKind.Lender, "Saltgate Trade Finance", "盐门贸易融资", "NL", "lender"),
        Org(OrganisationKind.Lender, "Tidewater Credit", "潮汐信贷", "SG", "lender-b"),
        Org(OrganisationKind.Authority, "Registry Authority", "登记主管局", "LU", "authority"),
    ];

    public static IReadOnlyList<Guid> Owners { get; } = [.. "abcdef".Select(c => Id("owner-" + c))];

    public static IReadOnlyList<NewPlant> Plants { get; } =
    [
        new(Producer, "NORD", "Nordvik smelter", "北湾铝厂", "NO", 66.3128m, 14.1428m, 260_000m, ["alumina refining", "smelting", "casting"], Id("plant-nord")),
        new(Producer, "SUND", "Sundal smelter", "松达尔铝厂", "NO", 62.6783m, 8.5514m, 210_000m, ["smelting", "casting"], Id("plant-sund")),
        new(Producer, "GEY", "Geysir smelter", "间歇泉铝厂", "IS", 64.0444m, -22.0306m, 190_000m, ["smelting", "casting"], Id("plant-gey")),
    ];

    /// <summary>Code, exchange code, name, plant, shapes, capacity, piece and bundle weight.</summary>
    public static IReadOnlyList<(string Code, string Name, string NameZh, int Plant, string Shape, decimal Capacity, decimal PieceKg, decimal BundleKg)> Brands { get; } =
    [
        ("FJNI", "Fjordlys Nord Ingot", "峡光北锭", 0, "ingot", 160_000m, 22.7m, 1000m), ("FJNT", "Fjordlys Nord T-Bar", "峡光北T型锭", 0, "T-bar", 90_000m, 500m, 1000m),
        ("FJSI", "Fjordlys Sund Ingot", "峡光松锭", 1, "ingot", 200_000m, 22.7m, 1000m), ("FJGI", "Fjordlys Geysir Ingot", "峡光泉锭", 2, "ingot", 110_000m, 22.7m, 1000m),
        ("FJGS", "Fjordlys Geysir Sow", "峡光泉大锭", 2, "sow", 70_000m, 500m, 1000m),
    ];

    public static IReadOnlyList<NewWarehouse> Warehouses { get; } =
    [
        new(Harbour, "HMS-RTM-1", "Rotterdam Maasvlakte", "鹿特丹", "NLRTM", "NL", ["AL", "CU", "ZN"], 42_000m, Id("wh-rtm")),
        new(Harbour, "HMS-VLI-1", "Vlissingen East", "弗利辛恩", "NLVLI", "NL", ["AL", "ZN"], 30_000m, Id("wh-vli")),
        new(Eastgate, "EGW-PKG-1", "Port Klang West", "巴生港", "MYPKG", "MY", ["AL", "CU"], 55_000m, Id("wh-pkg")),
        new(Eastgate, "EGW-JHB-1", "Johor Pasir Gudang", "柔佛", "MYPGU", "MY", ["AL"], 26_000m, Id("wh-jhb")),
    ];

    public static IReadOnlyList<DemoPerson> People { get; } =
    [
        Person("smelter-editor", "Ingrid Dahl", "producer", Role.ProducerEditor, Role.AccountRepresentative, Role.MarketSupervisor), Person("smelter-approver", "Lars Moen", "producer", Role.ProducerApprover, Role.Administrator, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor),
        Person("warehouse-operator", "Anouk Visser", "harbour", Role.WarehouseOperator), Person("warehouse-approver", "Bram de Wit", "harbour", Role.WarehouseApprover, Role.Administrator),
        Person("east-operator", "Nurul Aziz", "eastgate", Role.WarehouseOperator), Person("east-approver", "Wei Ming Tan", "eastgate", Role.WarehouseApprover, Role.Administrator),
        Person("owner-a", "Alice Grant", "owner-a", Role.OwnerTrader, Role.Administrator, Role.AccountRepresentative, Role.MarketTrader, Role.MarketSupervisor), Person("owner-a-second", "Adam Reeve", "owner-a", Role.OwnerApprover, Role.AccountRepresentative, Role.MarketSupervisor), Person("owner-b", "Ben Ong", "owner-b", Role.OwnerTrader, Role.Administrator),
        Person("owner-c", "Clara Vogt", "owner-c", Role.OwnerTrader), Person("owner-c-second", "Jonas Brandt", "owner-c", Role.OwnerApprover), Person("owner-d", "Du Yan", "owner-d", Role.OwnerTrader), Person("owner-e", "Earl Hobbs", "owner-e", Role.OwnerTrader), Person("owner-f", "Fabian Frey", "owner-f", Role.OwnerTrader),
        Person("exchange", "Grace Lin", "exchange", Role.ExchangeStaff, Role.Administrator, Role.MarketOperator, Role.ClearingOfficer), Person("remelter-approver", "Marit Sol", "remelter", Role.ProducerApprover, Role.Administrator),
        Person("lender", "Lena Roth", "lender", Role.LenderOfficer, Role.Administrator), Person("lender-b", "Tomas Lim", "lender-b", Role.LenderOfficer), Person("exchange-2", "Hugo Blake", "exchange", Role.ExchangeStaff, Role.MarketOperator, Role.ClearingOfficer), Person("auditor", "Irene Falk", "verifier", Role.Reader),
        Person("authority-officer", "Elin Kask", "authority", Role.AuthorityOfficer, Role.Administrator), Person("authority-approver", "Marc Thill", "authority", Role.AuthorityApprover),
        Person("verifier-lead", "Sofia Lindqvist", "verifier", Role.VerifierLead), Person("verifier-reviewer", "Karl Ek", "verifier", Role.VerifierReviewer),
    ];

    public static Actor Actor(string userName)
    {
        var person = People.Single(p => p.UserName == userName);
        return new(person.PersonId, person.Name, person.OrganisationId, person.Roles.ToHashSet());
    }

    /// <summary>The year's certificates as the file the smelter uploads: <see cref="Certificates"/> good lines and a few dirty ones among them.</summary>
    public byte[] CertificateFile()
    {
        var random = new Random(seed);
        var file = new StringBuilder(Certificates * 260);
        file.Append("brand,countryOfOrigin,shape,heats,batchNo,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,method,labName,labAccreditation,labValidTo,sourceRef,Si,Fe,Zn,Ga,V,Cu,Mn,Al\r\n");
        for (var i = 0; i < Certificates; i++)
        {
            Line(file, random, i, "");
            if (i % 1000 == 500) Line(file, random, Certificates + i, i % 3 == 0 ? "no gallium" : i % 3 == 1 ? "net over gross" : "other shape");
        }
        return Encoding.UTF8.GetBytes(file.ToString());
    }

    void Line(StringBuilder file, Random random, int number, string dirt)
    {
        var (code, _, _, plant, shape, _, pieceKg, bundleKg) = Brands[random.Next(100) switch { < 26 => 0, < 40 => 1, < 72 => 2, < 89 => 3, _ => 4 }];
        var day = lastDay.PlusDays(-364 + (int)((long)(number % Certificates) * 365 / Certificates));
        // One lot of the contract: 25 t within 1.2 %, weighed to half a kilogram.
        var net = 25_000m + (random.Next(-600, 601) * 0.5m);
        var bundles = (int)decimal.Ceiling(net / bundleKg);
        var pieces = Math.Max(bundles, (int)decimal.Round(net / pieceKg));
        var gross = net + (bundles * 2.4m);
        // Every three-hundredth lot runs hot in iron: it fails its specification and says so.
        var off = random.Next(300) == 0;
        var si = Drawn(random, 0.042m, 3); var fe = off ? 0.21m + (random.Next(40) * 0.001m) : Drawn(random, 0.095m, 3); var zn = Drawn(random, 0.006m, 3); var ga = Drawn(random, 0.011m, 3);
        var v = Drawn(random, 0.009m, 3); var cu = Drawn(random, 0.002m, 4); var mn = Drawn(random, 0.002m, 4);
        if (si > 0.09m) si = 0.09m;
        if (!off && fe > 0.18m) fe = 0.18m;
        var al = decimal.Round(100 - (si + fe + zn + ga + v + cu + mn), 2);
        var mark = (number % Certificates) * 2;
        var suffix = dirt.Length > 0 ? "X" : "";
        if (dirt == "net over gross") gross = net - 10;
        var invariant = CultureInfo.InvariantCulture;
        file.Append(invariant, $"{code},{Plants[plant].Country},{(dirt == "other shape" ? "billet" : shape)},{Plants[plant].Code}{mark:000000}{suffix}|{Plants[plant].Code}{mark + 1:000000}{suffix},B{number:000000},");
        file.Append(invariant, $"{Iso(day)},{Iso(day.PlusDays(1))},{Iso(day.PlusDays(1))},{pieces},{bundles},{gross:0.000},{net:0.000},aa-p1020a,OES,{Plants[plant].Name} laboratory,NA-{4100 + plant},2028-06-30,FJ-{seed}-{number:000000},");
        file.Append(invariant, $"{si:0.000},{fe:0.000},{Low(zn, 0.005m)},{(dirt == "no gallium" ? "" : ga.ToString("0.000", invariant))},{v:0.000},{Low4(cu, 0.0010m)},{Low4(mn, 0.0010m)},{al:0.00}\r\n");

        static string Low(decimal value, decimal limit) => value < limit ? "<" + limit.ToString("0.000", CultureInfo.InvariantCulture) : value.ToString("0.000", CultureInfo.InvariantCulture);
        static string Low4(decimal value, decimal limit) => value < limit ? "<" + limit.ToString("0.0000", CultureInfo.InvariantCulture) : value.ToString("0.0000", CultureInfo.InvariantCulture);
    }

    /// <summary>Around a median, skewed to the right as trace elements are: the product of three factors between 0.80 and 1.25.</summary>
    static decimal Drawn(Random random, decimal median, int places)
    {
        var value = median;
        for (var i = 0; i < 3; i++)
        {
            var step = random.Next(101);
            value *= step < 50 ? 0.80m + (step * 0.004m) : 1.00m + ((step - 50) * 0.005m);
        }
        return decimal.Round(value, places);
    }

    static string Iso(LocalDate day) => day.ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);

    internal static NewOrganisation Org(OrganisationKind kind, string name, string nameZh, string country, string key)
    {
        // A made-up LEI of a prefix that no issuer has, with right check digits.
        var body = "VRDG00" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..12];
        return new(kind, name, nameZh, body + Lei.CheckDigits(body), country, Id(key));
    }

    static DemoPerson Person(string user, string name, string organisation, params string[] roles)
    {
        var id = Id(organisation);
        return new(Id("person " + user), user, name, id, Organisations.Single(o => o.Id == id).Name, roles);
    }
}
