using Verdigris.Storage;

namespace Verdigris.Market;

/// <summary>What this room tells people of. Names never change once published.</summary>
public static class MarketNotices
{
    public const string Member = "market.member", Cash = "market.cash", Account = "market.account", Auction = "market.auction", Margin = "market.margin", Delivery = "market.delivery", Default = "market.default", Agreed = "market.agreed", Supervision = "market.supervision";

    public static IReadOnlyList<NoticeKind> Kinds { get; } = [new(Member), new(Cash), new(Account), new(Auction), new(Margin), new(Delivery), new(Default), new(Agreed), new(Supervision)];
}
