using NodaTime;
using Verdigris.Primitives;

namespace Verdigris.Registry.Auctions;

/// <summary>One auction as a file of results has it. What the file leaves empty is null: not known, never zero.</summary>
/// <param name="Line">Line of the text or row of the sheet, from 1.</param>
/// <param name="Cancelled">Said by the status; where a file has no such column (before 2020), an auction without a price was cancelled.</param>
/// <param name="Price">A unit; null where cancelled.</param>
public sealed record AuctionRecord(int Line, LocalDate Date, string Auction, string Contract, bool Cancelled, decimal? Price, decimal VolumeT, decimal? BidsT, decimal? Cover, decimal? Revenue, decimal? MeanWonT, decimal? Bidders, decimal? Winners, string? Country);

/// <summary>What is wrong with a line.</summary>
/// <param name="Column">As the file's header writes it; null where the whole line is meant.</param>
public sealed record AuctionFinding(int Line, string? Column, Refusal Refusal);

/// <param name="Records">Lines that could be read.</param>
/// <param name="Lines">Lines below the header.</param>
public sealed record AuctionReading(IReadOnlyList<AuctionRecord> Records, IReadOnlyList<AuctionFinding> Findings, int Lines);

/// <summary>How many records said enough to be checked, and how many of them fit.</summary>
public sealed record AuctionCount(int Checked, int Fit);

/// <param name="DaysWithSeveral">Days with more than one auction.</param>
/// <param name="VolumeT">Sold in all priced auctions.</param>
/// <param name="Revenue">Of the auctions that say it.</param>
public sealed record AuctionSummary(int Auctions, int Priced, int Cancelled, int DaysWithSeveral, decimal VolumeT, decimal Revenue, AuctionCount RevenueFits, AuctionCount CoverFits, AuctionCount MeanWonFits, AuctionCount LotsFit);
