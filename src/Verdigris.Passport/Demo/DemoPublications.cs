using Verdigris.Passport.Publications;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Demo;

/// <summary>
/// The one paper the demo shows is a real one, retold in own words from public descriptions: how the yearly emissions form of aluminium brands came about. What could not be read of it
/// is said to be unknown, and no answers are made up.
/// </summary>
static class DemoPublications
{
    public static readonly Guid Consultation = DemoPlan.Id("publication-24-178");

    static readonly RuleLink FirstDeadline = new("metals/passport", "deadlines", ["2024"], new(2024, 9, 30));

    static readonly PublicationContent Content = new(PublicationKind.Consultation,
        new("A yearly emissions form for every listed aluminium brand", "每个上市铝品牌每年提交排放表"),
        new("""
            The exchange asks whether producers of listed brands of primary aluminium, aluminium alloy and the North American special alloy should state the embedded emissions of their metal, direct (scope 1) and indirect (scope 2), in the form a border measure asks for: one form for a brand and a year. Scope 3 would be voluntary.

            Three ways were weighed: to do nothing, to let producers choose and give defaults for the rest, and to make the form a duty. The third was proposed, with 15 March 2025 as the first day to hand in.

            The paper also opened a discussion of the price of low-carbon metal, methods of carbon accounting, carbon-price risk, access to sustainability data, traceability, circular economy and environmental product declarations.
            """,
            """
            交易所征询：原铝、铝合金及北美特种铝合金的上市品牌生产商，是否应按某项边境措施所要求的格式，申报金属的内含排放，包括直接排放（范围一）和间接排放（范围二）：每个品牌每年一份表。范围三自愿。

            比较了三种做法：不作为；由生产商自愿申报，其余采用默认值；强制填表。拟采用第三种，首次提交日为 2025 年 3 月 15 日。

            文件还就低碳金属的价格、碳核算方法、碳价风险、可持续性数据的获取、可追溯性、循环经济和环境产品声明展开讨论。
            """),
        [
            new(QuestionKind.Choice, new("Which way should the exchange take?", "交易所应采用哪种做法？"), [new("Do nothing", "不作为"), new("A voluntary form, with defaults for the rest", "自愿填表，其余采用默认值"), new("A form as a duty", "强制填表")]),
            new(QuestionKind.Text, new("What would the form mean for producers, warehouses and owners of metal?", "填表对生产商、仓库和金属所有人意味着什么？")),
        ],
        new(2024, 5, 1), new(2024, 6, 14));

    static readonly PublicationDecision Decision = new(null, new(
        new("""
            The form becomes a duty for every listed brand of primary aluminium, aluminium alloy and the North American special alloy. The first day to hand in moves from 15 March to 15 June 2025; from 2026 on it is 1 April of each year. Producers keep the way they issue certificates; metal already in store is not reported on afterwards.

            In the first year the form need not be verified. From when on it must be, the sources read do not say alike: 2026 in one, April 2027 in another.
            """,
            """
            每个上市的原铝、铝合金及北美特种铝合金品牌均须填表。首次提交日由 2025 年 3 月 15 日改为 6 月 15 日；自 2026 年起为每年 4 月 1 日。生产商签发质量证书的方式不变；已入库的金属无须补报。

            首年表格无须核查。此后自何时起必须核查，所读来源说法不一：一说 2026 年，一说 2027 年 4 月。
            """), new(2024, 9, 30), FirstDeadline), new(2024, 9, 30));

    static readonly Bilingual Note = new(
        "Retold from public descriptions of consultation 24/178 of the London Metal Exchange of 1 May 2024 and its decision of 30 September 2024; the notices themselves were not read. Day and number of the consultation and the first day to hand in: the exchange's web page on sustainability and trade press (alcircle.com 114417 and 110726). Its closing day: a copy at ecoactivetech. The duty, the yearly 1 April and the options weighed: a public summary of the decision. The two questions are put in our words after the options weighed; the consultation's own were not read, nor whether 15 March 2025 already stood in it. The number of the decision's notice could not be confirmed, nor who answered and what.",
        "据公开转述复述伦敦金属交易所 2024 年 5 月 1 日第 24/178 号征询及 2024 年 9 月 30 日的决定；未读到原件。征询日期、编号及首次提交日：交易所可持续发展网页和行业媒体（alcircle.com 114417 与 110726）。截止日：ecoactivetech 的副本。强制填表、每年 4 月 1 日及所比较的做法：决定的公开摘要。两个问题按所比较的做法以我方措辞拟写；未读到征询原有的问题，也未证实其中是否已写明 2025 年 3 月 15 日。决定通知的编号以及何人如何答复未能证实。");

    public static async Task Seed(DbSession system, CancellationToken ct) => await system.InTransaction(async t =>
    {
        if (await PublicationStore.Find(system, Consultation, t) is not null) return;
        await PublicationHandlers.TakeOver(system, new(Consultation, Content, PublicationState.Decided, "24/178", new(2024, 5, 1), null, null, Decision, true, Note, null, 1), t);
    }, ct);
}
