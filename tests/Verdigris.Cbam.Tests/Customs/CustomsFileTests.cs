using System.Text;
using NodaTime;
using Verdigris.Cbam.Customs;
using Verdigris.Primitives;
using Verdigris.Web;

namespace Verdigris.Cbam.Tests.Customs;

public sealed class CustomsFileTests
{
    const string Head = "mrn,item,cn,origin,netMassKg,releasedOn,importerEori\n";
    const string Good = "26DE586600006143R8,1,76011010,IN,25000.000,2026-02-14,DE1234567890123\n";

    static CustomsReading Read(string text, CustomsMapping? mapping = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return CustomsFile.Read(stream, CustomsFile.Kind(stream), mapping).Value;
    }

    static CustomsFinding Only(CustomsReading reading) => Assert.Single(Assert.Single(reading.Lines).Findings);

    static string With(string field, string value)
    {
        var names = Head.Trim().Split(',').ToList();
        var cells = Good.Trim().Split(',');
        cells[names.IndexOf(field)] = value;
        return Head + string.Join(';', cells.Select(c => c)).Replace(';', ',') + "\n";
    }

    [Theory]
    [InlineData("10NL5663962BE1E825")]
    [InlineData("06DE586600006143E1")]
    [InlineData("99IT9876AB88901209")]
    public void Reference_numbers_from_print_and_from_memory_have_the_check_digit_the_rule_gives(string mrn) => Assert.True(Mrn.IsRight(mrn));

    [Fact]
    public void Any_single_digit_mistyped_is_found_unless_it_weighs_a_multiple_of_eleven()
    {
        const string right = "26DE586600006143R8";
        for (var at = 4; at < 16; at++)
            for (var digit = '0'; digit <= '9'; digit++)
            {
                if (digit == right[at]) continue;
                var mistyped = right[..at] + digit + right[(at + 1)..];
                // Ten and zero are written alike: the one slip ISO 6346 lets through.
                var (was, now) = (Remainder(right), Remainder(mistyped));
                Assert.Equal(was % 10 == now % 10, Mrn.IsRight(mistyped));
                Assert.NotEqual(was, now);
            }

        static int Remainder(string mrn)
        {
            const string letters = "0123456789A_BCDEFGHIJK_LMNOPQRSTU_VWXYZ";
            long sum = 0;
            for (var i = 0; i < 17; i++) sum += letters.IndexOf(mrn[i], StringComparison.Ordinal) * (1L << i);
            return (int)(sum % 11);
        }
    }

    [Fact]
    public void A_good_line_comes_in_as_it_stands()
    {
        var line = Assert.Single(Read(Head + Good).Lines);
        Assert.Equal(new CustomsLine("26DE586600006143R8", 1, "76011010", "IN", 25000m, null, null, new LocalDate(2026, 2, 14), null, "DE1234567890123", null, null, null, null), line.Value);
        Assert.Empty(line.Findings);
    }

    [Fact]
    public void The_template_s_own_line_comes_in() => Assert.True(Assert.Single(Read(CustomsFields.Template()).Lines).Accepted);

    [Theory]
    [InlineData("mrn", "26DE586600006143R7", "customs.mrn-check")]
    [InlineData("mrn", "26DE5866", "customs.mrn-form")]
    [InlineData("item", "0", "customs.item")]
    [InlineData("item", "1.5", "customs.item")]
    [InlineData("cn", "760110", "customs.cn-length")]
    [InlineData("cn", "7601101A", "customs.cn-length")]
    [InlineData("origin", "XX", "customs.country")]
    [InlineData("origin", "India", "customs.country")]
    [InlineData("netMassKg", "0", "customs.mass")]
    [InlineData("netMassKg", "-5", "customs.mass")]
    [InlineData("netMassKg", "1.1234567", "customs.mass")]
    [InlineData("netMassKg", "many", "import.number-unreadable")]
    [InlineData("releasedOn", "02/03/2026", "customs.day")]
    [InlineData("releasedOn", "2026-02-30", "customs.day")]
    [InlineData("importerEori", "1234", "customs.eori")]
    [InlineData("importerEori", "DE12345678901234567", "customs.eori")]
    [InlineData("importerEori", "", "customs.missing")]
    public void A_line_with_a_fault_is_refused_and_the_fault_names_its_column(string field, string value, string code)
    {
        var reading = Read(With(field, value));
        var finding = Only(reading);
        Assert.Equal((2, field, field, true, code), (finding.Line, finding.Column, finding.Field, finding.Refuses, finding.Code));
        Assert.Equal((0, 1), (reading.Accepted, reading.Refused));
    }

    [Fact]
    public void Ten_digits_are_cut_to_eight_with_a_note()
    {
        var reading = Read(With("cn", "7601 10 10 90"));
        Assert.Equal("76011010", Assert.Single(reading.Lines).Value!.Cn);
        var note = Only(reading);
        Assert.Equal(("customs.cn-cut", false), (note.Code, note.Refuses));
    }

    [Fact]
    public void The_year_of_a_number_far_from_the_release_is_noted_and_the_turn_of_a_year_is_not()
    {
        Assert.Equal("customs.mrn-year", Only(Read(With("releasedOn", "2024-02-14"))).Code);
        Assert.Empty(Read(With("releasedOn", "2027-01-02")).Findings);
    }

    [Fact]
    public void The_same_item_twice_is_refused_at_the_second_line_which_names_the_first()
    {
        var reading = Read(Head + Good + Good.Replace(",1,", ",2,", StringComparison.Ordinal) + Good.Replace("26DE586600006143R8", " 26de 586600006143r8", StringComparison.Ordinal));
        Assert.Equal([true, true, false], reading.Lines.Select(l => l.Accepted));
        var finding = Assert.Single(reading.Findings);
        Assert.Equal(("customs.twice", "2"), (finding.Code, finding.Args!["line"]));
    }

    [Fact]
    public void Tonnes_do_as_well_as_kilograms_and_both_must_agree()
    {
        const string head = "mrn,item,cn,origin,netMassT,netMassKg,releasedOn,importerEori\n26DE586600006143R8,1,76011010,IN,";
        const string tail = ",2026-02-14,DE1234567890123\n";
        Assert.Equal(25_500.5m, Assert.Single(Read(head + "25.5005," + tail).Lines).Value!.NetMassKg);
        Assert.Equal(25_500.5m, Assert.Single(Read(head + "25.5005,25500.500" + tail).Lines).Value!.NetMassKg);
        Assert.Equal("customs.mass-differs", Only(Read(head + "25.5005,25500" + tail)).Code);
        Assert.Equal("customs.missing", Only(Read(head + "," + tail)).Code);
    }

    [Fact]
    public void A_decimal_comma_is_read_where_the_mapping_says_so_and_refused_where_it_does_not()
    {
        const string text = "MRN;Pos;Code;Ursprung;Masse;Datum\n26DE586600006143R8;1;76011010;IN;25.000,5;14.02.2026\n";
        var mapping = CustomsMappingRules.Of(Guid.Empty, new("Broker", [new("MRN", "mrn"), new("Pos", "item"), new("Code", "cn"), new("Ursprung", "origin"), new("Masse", "netMassKg"), new("Datum", "releasedOn")],
            new Dictionary<string, string> { ["importerEori"] = "DE1234567890123" }, DecimalComma: true), default);
        Assert.Empty(CustomsMappingRules.Check(mapping.Content));
        var line = Assert.Single(Read(text, mapping).Lines).Value!;
        Assert.Equal((25_000.5m, "DE1234567890123", new LocalDate(2026, 2, 14)), (line.NetMassKg, line.ImporterEori, line.ReleasedOn));
        Assert.Equal("customs.number-point", Only(Read(text, mapping with { DecimalComma = false })).Code);
    }

    [Fact]
    public void The_head_of_a_table_is_shown_with_its_first_lines()
    {
        var (header, sample) = CustomsFile.Head(new MemoryStream(Encoding.UTF8.GetBytes("MRN ; Pos\n" + string.Concat(Enumerable.Range(1, 9).Select(i => $"x;{i}\n"))))).Value;
        Assert.Equal(["MRN", "Pos"], header);
        Assert.Equal(["1", "2", "3", "4", "5"], sample.Select(s => s[1]));
        Assert.Equal("import.empty", Assert.Single(CustomsFile.Head(new MemoryStream()).Refusals).Code);
    }

    [Fact]
    public void A_workbook_reads_as_the_same_table()
    {
        var rows = (Head + Good).Trim().Split('\n').Select(l => (IReadOnlyList<object?>)[.. l.Split(',').Select(c => decimal.TryParse(c, System.Globalization.NumberStyles.Number, System.Globalization.CultureInfo.InvariantCulture, out var n) ? (object)n : c)]).ToList();
        using var stream = new MemoryStream(XlsxWriter.Write(new XlsxSheet("lines", rows)));
        Assert.Equal(CustomsFileKind.Table, CustomsFile.Kind(stream));
        Assert.Equal(Assert.Single(Read(Head + Good).Lines).Value, Assert.Single(CustomsFile.Read(stream, CustomsFileKind.Table).Value.Lines).Value);
    }

    [Fact]
    public void Our_own_xml_reads_as_the_same_line()
    {
        const string xml = """
            <customsLines importerEori="DE1234567890123">
              <line mrn="26DE586600006143R8" item="1"><cn>76011010</cn><origin>IN</origin><netMassKg>25000</netMassKg><releasedOn>2026-02-14</releasedOn></line>
            </customsLines>
            """;
        var line = Assert.Single(Read(xml).Lines);
        Assert.Equal(Assert.Single(Read(Head + Good).Lines).Value, line.Value);
        Assert.Equal(2, line.Line);
    }

    [Fact]
    public void A_declaration_in_names_of_the_customs_data_model_gives_its_items_what_stands_above_them()
    {
        const string xml = """
            <d:Declarations xmlns:d="urn:test">
              <d:ImportDeclaration><d:MRN>26DE586600006143R8</d:MRN><d:releaseDate>2026-02-14T10:00:00Z</d:releaseDate>
                <d:Importer><d:identificationNumber>DE1234567890123</d:identificationNumber><d:name>Importer</d:name></d:Importer>
                <d:Representative><d:identificationNumber>NL999</d:identificationNumber><d:status>3</d:status></d:Representative>
                <d:GoodsShipment>
                  <d:GoodsItem><d:declarationGoodsItemNumber>1</d:declarationGoodsItemNumber>
                    <d:Procedure><d:requestedProcedure>40</d:requestedProcedure><d:previousProcedure>00</d:previousProcedure></d:Procedure>
                    <d:Commodity><d:CommodityCode><d:harmonizedSystemSubheadingCode>760110</d:harmonizedSystemSubheadingCode><d:combinedNomenclatureCode>10</d:combinedNomenclatureCode><d:taricCode>00</d:taricCode></d:CommodityCode>
                      <d:GoodsMeasure><d:netMass>25000.5</d:netMass></d:GoodsMeasure></d:Commodity>
                    <d:Origin><d:countryOfOrigin>IN</d:countryOfOrigin></d:Origin>
                    <d:Exporter><d:name>Smelter A</d:name></d:Exporter></d:GoodsItem>
                  <d:GoodsItem><d:declarationGoodsItemNumber>2</d:declarationGoodsItemNumber><d:Commodity><d:commodityCode>76061110</d:commodityCode><d:netMass>10</d:netMass></d:Commodity><d:countryOfOrigin>AE</d:countryOfOrigin></d:GoodsItem>
                </d:GoodsShipment></d:ImportDeclaration>
              <d:ImportDeclaration><d:MRN>26NL00051000000014</d:MRN><d:releaseDate>2026-03-01</d:releaseDate>
                <d:Importer><d:identificationNumber>FR77</d:identificationNumber></d:Importer>
                <d:GoodsItem><d:declarationGoodsItemNumber>1</d:declarationGoodsItemNumber><d:commodityCode>76011010</d:commodityCode><d:netMass>7</d:netMass><d:countryOfOrigin>CN</d:countryOfOrigin></d:GoodsItem></d:ImportDeclaration>
            </d:Declarations>
            """;
        var lines = Read(xml).Lines;
        Assert.All(lines, l => Assert.True(l.Accepted, string.Join(' ', l.Findings.Select(f => f.Code))));
        Assert.Equal(new("26DE586600006143R8", 1, "76011010", "IN", 25_000.5m, null, null, new LocalDate(2026, 2, 14), "4000", "DE1234567890123", "NL999", "Smelter A", null, null), lines[0].Value);
        Assert.Equal(("26DE586600006143R8", 2, "NL999"), (lines[1].Value!.Mrn, lines[1].Value!.Item, lines[1].Value!.RepresentativeEori));
        // The second declaration has no representative, and does not inherit its neighbour's.
        Assert.Equal(("26NL00051000000014", "FR77", null), (lines[2].Value!.Mrn, lines[2].Value!.ImporterEori, lines[2].Value!.RepresentativeEori));
        Assert.Equal("customs.cn-cut", Assert.Single(lines[0].Findings).Code);
    }

    [Fact]
    public void A_direct_representative_is_none_for_the_measure()
    {
        const string head = "mrn,item,cn,origin,netMassKg,releasedOn,importerEori,representativeEori,representativeStatus\n26DE586600006143R8,1,76011010,IN,1,2026-02-14,DE1234567890123,NL999,";
        Assert.Null(Assert.Single(Read(head + "2").Lines).Value!.RepresentativeEori);
        Assert.Equal("NL999", Assert.Single(Read(head + "3").Lines).Value!.RepresentativeEori);
    }

    [Theory]
    [InlineData("", "import.empty")]
    [InlineData("mrn,item\n1,2\n", "import.column-missing")]
    [InlineData("<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]><line>&b;</line>", "customs.xml-broken")]
    [InlineData("<line>", "customs.xml-broken")]
    [InlineData("<a><b/></a>", "customs.xml-no-items")]
    public void A_file_that_cannot_be_read_says_why(string text, string code)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Assert.Contains(code, CustomsFile.Read(stream, CustomsFile.Kind(stream)).Refusals.Select(r => r.Code));
    }

    [Fact]
    public void Elements_nested_deeper_than_any_declaration_are_refused_before_a_tree_is_built()
    {
        static string Nested(int levels) => string.Concat(Enumerable.Repeat("<a>", levels)) + "<line mrn=\"26DE586600006143R8\"/>" + string.Concat(Enumerable.Repeat("</a>", levels));
        Refusal deep = Refused(Nested(300_000));
        Assert.Equal("customs.xml-deep", deep.Code);
        Assert.Equal("customs.xml-deep", Refused(Nested(33)).Code);
        Assert.Single(Read(Nested(32)).Lines);
        foreach (var language in new[] { "en", "zh" }) Assert.Contains("32", Messages.Of(deep, language, typeof(CbamRoom).Assembly), StringComparison.Ordinal);

        static Refusal Refused(string text)
        {
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
            return Assert.Single(CustomsFile.Read(stream, CustomsFileKind.Xml).Refusals);
        }
    }

    [Fact]
    public void A_file_mangled_anywhere_is_judged_line_by_line_and_never_throws()
    {
        var files = new[] { Head + Good + Good.Replace(",1,", ",2,", StringComparison.Ordinal), "<l importerEori=\"DE1\"><line mrn=\"26DE586600006143R8\"><item>1</item><netMassT>5</netMassT></line></l>" }.Select(Encoding.UTF8.GetBytes).ToList();
        foreach (var file in files)
            for (var at = 0; at < file.Length; at++)
                foreach (var with in new byte[] { 0, (byte)',', (byte)'"', (byte)'<', (byte)'\n', (byte)'9', 0xFF })
                {
                    var mangled = file.ToArray();
                    mangled[at] = with;
                    using var stream = new MemoryStream(mangled);
                    var answer = CustomsFile.Read(stream, CustomsFile.Kind(stream));
                    Assert.True(answer.Ok ? answer.Value.Lines.All(l => l.Accepted != l.Findings.Any(f => f.Refuses)) : answer.Refusals.All(r => r.Code.Length > 0));
                }
    }

    [Fact]
    public void A_mapping_that_cannot_do_is_refused_by_field()
    {
        var wrong = CustomsMappingRules.Check(new("", [new("A", "mrn"), new("A", "price")], new Dictionary<string, string> { ["netMassKg"] = "1" }));
        Assert.Equal(["mapping.name-missing", "mapping.header-invalid", "mapping.field-unknown", "mapping.constant-not-allowed"], wrong.Select(w => w.Code));
        Assert.Contains("import.column-missing", CustomsMappingRules.Check(new("Broker", [new("A", "mrn")])).Select(w => w.Code));
    }

    [Fact]
    public void Every_finding_has_words_in_both_languages()
    {
        var reading = Read(With("mrn", "26DE586600006143R7"));
        foreach (var language in new[] { "en", "zh" }) Assert.Contains("26DE586600006143R7", Messages.Of(Only(reading).AsRefusal(), language, typeof(CbamRoom).Assembly), StringComparison.Ordinal);
    }
}
