namespace Verdigris.Market.Fix;

/// <summary>Numbers of the fields of FIX 4.4 that this acceptor names itself; the dictionary knows them all.</summary>
static class FixTag
{
    public const int
        Account = 1, AvgPx = 6, BeginSeqNo = 7, BeginString = 8, BodyLength = 9, ClOrdID = 11, CumQty = 14, Currency = 15, EndSeqNo = 16, ExecID = 17, ExecInst = 18, ExecRefID = 19,
        LastPx = 31, LastQty = 32, MsgSeqNum = 34, MsgType = 35, NewSeqNo = 36, OrderID = 37, OrderQty = 38, OrdStatus = 39, OrdType = 40, OrigClOrdID = 41, PossDupFlag = 43, Price = 44, RefSeqNum = 45,
        SenderCompID = 49, SendingTime = 52, Side = 54, Symbol = 55, TargetCompID = 56, Text = 58, TimeInForce = 59, TransactTime = 60, PositionEffect = 77, RawData = 96, PossResend = 97,
        EncryptMethod = 98, StopPx = 99, CxlRejReason = 102, OrdRejReason = 103, SecurityDesc = 107, HeartBtInt = 108, MinQty = 110, MaxFloor = 111, TestReqID = 112, OnBehalfOfCompID = 115, OnBehalfOfSubID = 116, OrigSendingTime = 122, GapFillFlag = 123,
        ExpireTime = 126, DeliverToCompID = 128, DeliverToSubID = 129, ResetSeqNumFlag = 141, OnBehalfOfLocationID = 144, DeliverToLocationID = 145, NoRelatedSym = 146,
        ExecType = 150, LeavesQty = 151, SecurityType = 167, StrikePrice = 202, MDReqID = 262, SubscriptionRequestType = 263, MarketDepth = 264, MDUpdateType = 265,
        NoMDEntryTypes = 267, NoMDEntries = 268, MDEntryType = 269, MDEntryPx = 270, MDEntrySize = 271, MDEntryDate = 272, MDEntryTime = 273, MDMkt = 275, MDEntryID = 278, MDUpdateAction = 279, MDReqRejReason = 281, MDEntryPositionNo = 290,
        SecurityReqID = 320, SecurityResponseID = 322, SecurityResponseType = 323, UnsolicitedIndicator = 325, TradSesReqID = 335, TradingSessionID = 336, TradSesStatus = 340, NumberOfOrders = 346, ExpireDate = 432, CxlRejResponseTo = 434, CFICode = 461,
        RefTagID = 371, RefMsgType = 372, SessionRejectReason = 373, ExecRestatementReason = 378, BusinessRejectRefID = 379, BusinessRejectReason = 380, MassCancelRequestType = 530, MassCancelResponse = 531, MassCancelRejectReason = 532,
        TotalAffectedOrders = 533, MaturityDate = 541, Username = 553, Password = 554, SecurityListRequestType = 559, SecurityRequestResult = 560, RoundLot = 561, MassStatusReqID = 584, MassStatusReqType = 585,
        TradSesStatusRejReason = 567, TotNumReports = 911, LastRptRequested = 912, LastFragment = 893, TotNoRelatedSym = 393;
}

/// <summary>Types of messages (tag 35) that this acceptor names itself.</summary>
static class FixType
{
    public const string
        Heartbeat = "0", TestRequest = "1", ResendRequest = "2", Reject = "3", SequenceReset = "4", Logout = "5", Logon = "A",
        ExecutionReport = "8", OrderCancelReject = "9", NewOrderSingle = "D", OrderCancelRequest = "F", OrderCancelReplaceRequest = "G", OrderStatusRequest = "H",
        QuoteRequest = "R", MarketDataRequest = "V", MarketDataSnapshot = "W", MarketDataIncrement = "X", MarketDataReject = "Y", SecurityDefinitionRequest = "c", SecurityDefinition = "d",
        TradingSessionStatusRequest = "g", TradingSessionStatus = "h", BusinessReject = "j", OrderMassCancelRequest = "q", OrderMassCancelReport = "r", SecurityListRequest = "x", SecurityList = "y", OrderMassStatusRequest = "AF";

    /// <summary>Whether a type belongs to the session and not to the application: it is never sent again.</summary>
    public static bool IsAdmin(string type) => type is Heartbeat or TestRequest or ResendRequest or Reject or SequenceReset or Logout or Logon;
}

/// <summary>Why a message is rejected at the level of the session: SessionRejectReason (373) and the field at fault (371).</summary>
/// <param name="Tag">Null where the standard names no field.</param>
readonly record struct FixFault(int Reason, int? Tag = null)
{
    public const int
        InvalidTag = 0, RequiredTagMissing = 1, TagNotDefined = 2, NoValue = 4, ValueIncorrect = 5, DataFormat = 6, CompIdProblem = 9, SendingTimeAccuracy = 10, InvalidMsgType = 11,
        TagRepeated = 13, TagOutOfOrder = 14, GroupOutOfOrder = 15, GroupCount = 16;

    /// <summary>The sentence that goes into Text (58). It is the one the field's usual engines write, so that their tests read it.</summary>
    public string Text => Reason switch
    {
        InvalidTag => "Invalid tag number",
        RequiredTagMissing => "Required tag missing",
        TagNotDefined => "Tag not defined for this message type",
        NoValue => "Tag specified without a value",
        ValueIncorrect => "Value is incorrect (out of range) for this tag",
        DataFormat => "Incorrect data format for value",
        CompIdProblem => "CompID problem",
        SendingTimeAccuracy => "SendingTime accuracy problem",
        InvalidMsgType => "Invalid MsgType",
        TagRepeated => "Tag appears more than once",
        TagOutOfOrder => "Tag specified out of required order",
        GroupOutOfOrder => "Repeating group fields out of order",
        GroupCount => "Incorrect NumInGroup count for repeating group",
        _ => "Other",
    };
}
