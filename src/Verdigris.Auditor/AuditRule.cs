namespace Verdigris.Auditor;

/// <summary>
/// A rule the auditor proves, with its stable code and its sentence in both languages. Sections are those of docs/book.md.
/// Codes are public: scripts match them, they never change.
/// </summary>
public sealed record AuditRule(string Code, string English, string Chinese)
{
    public static IReadOnlyList<AuditRule> All { get; } =
    [
        // The file
        new("audit.not-an-export", "The file is an export of a known version (section 7).", "文件是已知版本的导出文件（第7节）。"),
        new("audit.truncated", "The file is whole: it ends after the hash that follows the trailer.", "文件完整：在尾部之后的哈希处结束。"),
        new("audit.structure", "Batches and trailer follow each other as section 7 lays them out.", "批次与尾部按第7节的布局依次排列。"),
        new("audit.trailing-bytes", "Nothing follows the hash at the end of the file.", "文件末尾的哈希之后没有任何内容。"),
        new("audit.file-hash", "The last 32 bytes are the SHA-256 of everything before them.", "最后32字节是此前全部内容的SHA-256。"),
        // Records
        new("audit.record-crc", "Checksums of a record's header and payload are right.", "记录头与载荷的校验和正确。"),
        new("audit.record-hash", "A record ends with the SHA-256 of its own bytes.", "记录以其自身字节的SHA-256结尾。"),
        new("audit.record-zeros", "Reserved and padding bytes are zero.", "保留字节与填充字节为零。"),
        new("audit.hash-chain", "A record names the hash of the record before it.", "记录载有前一记录的哈希。"),
        new("audit.venue", "Every record belongs to the venue the file names.", "每条记录都属于文件所载的场所。"),
        new("audit.batch-number", "Batches are numbered from 1 without a gap.", "批次从1起连续编号，没有缺口。"),
        new("audit.sequence", "Commands are numbered from 1 without a gap.", "命令从1起连续编号，没有缺口。"),
        new("audit.time-back", "Batch times never go back.", "批次时间从不倒退。"),
        // Commands
        new("audit.code-unknown", "Every outcome code is one of section 4.", "每个结果码都是第4节所列之一。"),
        new("audit.command-id", "An accepted command has an id, and an id is accepted once.", "被接受的命令有编号，且每个编号只被接受一次。"),
        new("audit.command-form", "An accepted command is a known operation with only its own fields and flags set.", "被接受的命令是已知操作，且仅使用其自身的字段和标志。"),
        new("audit.linked", "Linked commands succeed or fail together, inside one batch.", "关联命令在同一批次内同时成功或同时失败。"),
        new("audit.definition", "An accepted definition of an asset, account, rule, trust or freeze is new and within its limits.", "被接受的资产、账户、规则、信任或冻结的定义是新的且在限度之内。"),
        new("audit.asset-unknown", "Accepted commands and effects name assets that exist.", "被接受的命令及其效果所指的资产存在。"),
        new("audit.account-unknown", "Accepted commands and effects name accounts that exist.", "被接受的命令及其效果所指的账户存在。"),
        new("audit.same-account", "Units move between two different accounts.", "单位在两个不同的账户之间移动。"),
        new("audit.account-closed", "Nothing moves out of or into a closed account.", "已关闭的账户没有转出或转入。"),
        new("audit.close-not-empty", "An account is closed only with every holding at zero.", "账户仅在全部持有为零时关闭。"),
        new("audit.frozen", "Nothing moves out of or into a holding frozen in that direction.", "在冻结方向上没有转出或转入。"),
        new("audit.amount", "Accepted amounts are positive.", "被接受的数量为正。"),
        // Constraints
        new("audit.rule-none", "A transaction happens only where a rule allows it.", "交易仅在规则允许时发生。"),
        new("audit.rule-proposer", "The rule's proposer acts: the debit account, an authority, or an account of a kind with a mandate.", "由规则指定的提议人行事：付出账户、主管机构账户，或其类别获授权的账户。"),
        new("audit.rule-must-hold", "Where a rule asks for a hold there is no direct transfer.", "规则要求先行锁定时，没有直接转让。"),
        new("audit.rule-other-actor", "Where a rule asks for two people, who posts a hold is not who opened it.", "规则要求两人时，过账者不是锁定的发起者。"),
        new("audit.rule-accept-by-credit", "Where a rule asks for acceptance, and for a lien, only the credit account posts.", "规则要求接受时以及质押时，仅由收方账户过账。"),
        new("audit.rule-trust", "Without trust there is no direct transfer under a rule of trust or delay.", "在信任或延迟规则之下，未获信任则没有直接转让。"),
        new("audit.rule-delay", "Without trust a hold is posted no sooner than the rule's delay.", "未获信任时，锁定不得早于规则的延迟期过账。"),
        new("audit.void-not-allowed", "A hold is voided by one of its sides or an authority; a lien by its beneficiary or an authority.", "锁定由其一方或主管机构撤销；质押由受益人或主管机构撤销。"),
        // Effects
        new("audit.effect-form", "Effects are well formed and carry a code only where a release was refused.", "效果格式正确，且仅在释放被拒时带有代码。"),
        new("audit.effect-order", "Effects stand in the order of their commands, what time did first.", "效果按命令顺序排列，时间引发的效果在前。"),
        new("audit.effects-missing", "An accepted command has the effects it asks for.", "被接受的命令具有其所要求的效果。"),
        new("audit.refused-with-effects", "A refused command has no effect.", "被拒绝的命令没有效果。"),
        new("audit.effect-mismatch", "Effects have the kind, asset, accounts, amount and hold their command names.", "效果的种类、资产、账户、数量与锁定均与其命令一致。"),
        // Balances
        new("audit.conservation", "The totals of all holdings of an asset sum to zero.", "同一资产的全部持有合计为零。"),
        new("audit.negative", "No holding is negative but the source of a rule that issues.", "除发行规则的来源外，没有持有为负。"),
        new("audit.overflow", "No balance leaves the range of 64 bits.", "没有余额超出64位范围。"),
        // Serials
        new("audit.serial-form", "Serials are named for serialised assets and for no others.", "序列号仅用于序列化资产。"),
        new("audit.serial-issued-twice", "A serial is issued once.", "每个序列号只发行一次。"),
        new("audit.serial-next", "Issued without a wish, serials follow the highest one issued.", "未指定时，序列号接续已发行的最大序列号。"),
        new("audit.serial-not-held", "Serials move only out of the holding they lie in, in the right state.", "序列号仅从其所在的持有中、以正确状态移出。"),
        new("audit.serial-units", "A serialised holding has as many units as serials.", "序列化持有的单位数与序列号数相同。"),
        // Holds and time
        new("audit.hold-not-pending", "Only a pending hold is posted, voided, expired or released.", "仅待决的锁定可以过账、撤销、到期或释放。"),
        new("audit.hold-amount", "No more is posted of a hold than it keeps.", "过账数量不超过锁定的数量。"),
        new("audit.hold-sum", "The held amount of a holding is the sum of its pending holds.", "持有中的锁定量等于其待决锁定之和。"),
        new("audit.timer-past", "Expiry and release are set for a time after the batch.", "到期与释放时间设定在批次时间之后。"),
        new("audit.timer-early", "Nothing expires or is released before its time.", "任何锁定都不在其时间之前到期或释放。"),
        new("audit.timer-missing", "What is due happens in the first batch that reaches its time.", "到期事项在首个到达该时间的批次中发生。"),
        new("audit.timer-order", "What is due happens in order of due time, then of scheduling.", "到期事项按到期时间、再按安排顺序发生。"),
        new("audit.release-refused", "A release is refused exactly when an account is closed, frozen or full.", "仅当账户关闭、冻结或余额已满时释放被拒。"),
        // Trailer
        new("audit.trailer-batch", "The trailer names the last batch.", "尾部载有最后批次号。"),
        new("audit.trailer-order", "The lists of the trailer are in order and without repeats.", "尾部各列表有序且无重复。"),
        new("audit.trailer-conservation", "The holdings of the trailer sum to zero for each asset.", "尾部的持有按资产合计为零。"),
        new("audit.trailer-holding", "The holdings of the trailer are those of the replay.", "尾部的持有与重放结果一致。"),
        new("audit.trailer-hold", "The pending holds of the trailer are those of the replay.", "尾部的待决锁定与重放结果一致。"),
        new("audit.trailer-block", "The blocks of the trailer tile the issued serials as the replay does.", "尾部的区块与重放结果一致地铺满已发行序列号。"),
    ];

    static readonly Dictionary<string, AuditRule> ByCode = All.ToDictionary(r => r.Code);

    /// <exception cref="KeyNotFoundException">No rule has that code.</exception>
    public static AuditRule Of(string code) => ByCode[code];

    public string In(string language) => language == "zh" ? Chinese : English;
}
