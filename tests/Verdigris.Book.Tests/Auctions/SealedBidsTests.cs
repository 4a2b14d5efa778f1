using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Verdigris.Book.Auctions;
using Verdigris.Book.Auctions.Sealed;

namespace Verdigris.Book.Tests.Auctions;

public sealed class SealedBidsTests
{
    const long Opens = 1_000_000, Closes = 9_000_000;

    static byte[] Random32() => RandomNumberGenerator.GetBytes(32);

    static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    /// <summary>One key, split; the shares are all there is.</summary>
    static (SealedAuction Auction, byte[] First, byte[] Second) Split()
    {
        var key = SealingKey.Private(Random32());
        var (first, second) = SealingKey.Split(key, Random32());
        return (new("AUC-7", Opens, Closes, [SealingKey.Public(key)], TieDraw.Commitment("AUC-7", Random32())), first, second);
    }

    static SealedSubmission Put(SealedBids bids, int id, string bidder, long at, params BidLine[] lines) => bids.Bid(Id(id), bidder, at, bids.Auction.Seal(bidder, Id(id), lines, Random32())).Value;

    static string Code<T>(Primitives.Answer<T> answer) => answer.Ok ? "" : string.Join(",", answer.Refusals.Select(r => r.Code));

    /// <summary>Three bids of two bidders, one of them withdrawn and replaced, closed.</summary>
    static (SealedBids Bids, List<SealedSubmission> Links) Closed(SealedAuction auction)
    {
        var bids = SealedBids.New(auction);
        List<SealedSubmission> links =
        [
            Put(bids, 1, "north", 2_000_000, new BidLine(78.01m, 1500)), Put(bids, 2, "south", 3_000_000, new BidLine(80, 1000), new BidLine(77, 2000)),
            bids.Withdraw(Id(1), "north", 4_000_000).Value, Put(bids, 3, "north", 4_000_000, new BidLine(79, 500)),
        ];
        links.Add(bids.Close(Closes).Value);
        return (bids, links);
    }

    [Fact]
    public void Bids_come_out_in_the_order_they_came_in_without_what_was_withdrawn()
    {
        var (auction, first, second) = Split();
        var (bids, links) = Closed(auction);
        var opened = bids.Open([SealingKey.Join(first, second)]).Value;
        Assert.Equal([new AuctionBid("2.1", 1000, 80, "south"), new("2.2", 2000, 77, "south"), new("4.1", 500, 79, "north")], opened.Bids);
        Assert.Equal([Id(1)], opened.Withdrawn.Select(w => w.Id));
        Assert.Empty(opened.Unreadable);
        // What was kept gives the same again.
        var loaded = SealedBids.Load(auction, links).Value;
        Assert.Equal(opened.Bids, loaded.Open([SealingKey.Join(first, second)]).Value.Bids);
        Assert.Equal(bids.Head, loaded.Head);
        Assert.Equal((5L, true), (loaded.Count, loaded.Closed));
    }

    [Fact]
    public void The_order_of_submissions_cannot_be_changed_nor_any_of_them()
    {
        var (auction, _, _) = Split();
        var (bids, links) = Closed(auction);
        List<SealedSubmission> Changed(Action<List<SealedSubmission>> change)
        {
            var copy = links.ToList();
            change(copy);
            return copy;
        }
        foreach (var (what, forged, at) in new (string, List<SealedSubmission>, string)[]
        {
            ("two in turn", Changed(l => (l[0], l[1]) = (l[1], l[0])), "1"),
            ("one left out", Changed(l => l.RemoveAt(1)), "2"),
            ("the first left out", Changed(l => l.RemoveAt(0)), "1"),
            ("one put in", Changed(l => l.Insert(1, l[0] with { Id = Id(9) })), "2"),
            ("a time", Changed(l => l[1] = l[1] with { At = l[1].At + 1 }), "2"),
            ("a bidder", Changed(l => l[1] = l[1] with { Bidder = "east" }), "2"),
            ("an envelope", Changed(l => l[1] = l[1] with { Envelope = l[0].Envelope }), "2"),
            ("a number", Changed(l => l[1] = l[1] with { Number = 7 }), "2"),
            ("an unknown kind", Changed(l => l[1] = l[1] with { Kind = (SubmissionKind)9 }), "2"),
        })
        {
            var refused = Assert.Single(SealedBids.Load(auction, forged).Refusals);
            Assert.True(refused.Code == "auction.chain" && refused.Args!["number"] == at, $"{what}: {refused.Args!["number"]}");
        }
        // Hashed anew from the change on, the chain holds together, but not with the receipts that are out.
        var again = SealedBids.New(auction);
        again.Bid(links[1].Id, links[1].Bidder, links[1].At, links[1].Envelope);
        Assert.NotEqual(links[1].Hash, again.Head);
        again.Close(Closes);
        Assert.NotEqual(bids.Head, again.Head);
        // Nor with another auction's terms.
        Assert.Equal("auction.chain", Code(SealedBids.Load(auction with { ClosesAt = Closes + 1 }, links)));
        Assert.Equal("auction.chain", Code(SealedBids.Load(auction with { TieCommitment = TieDraw.Commitment("AUC-7", Random32()) }, links)));
    }

    [Fact]
    public void Bids_are_taken_from_the_opening_until_the_close_and_not_at_it()
    {
        var (auction, _, _) = Split();
        var bids = SealedBids.New(auction);
        byte[] Sealed(int id) => auction.Seal("north", Id(id), [new(80, 500)], Random32());
        Assert.Equal("auction.not-open", Code(bids.Bid(Id(1), "north", Opens - 1, Sealed(1))));
        Assert.True(bids.Bid(Id(1), "north", Opens, Sealed(1)).Ok);
        Assert.Equal("auction.closes-later", Code(bids.Close(Closes - 1)));
        Assert.True(bids.Bid(Id(2), "north", Closes - 1, Sealed(2)).Ok);
        Assert.Equal("auction.time-back", Code(bids.Bid(Id(3), "north", Closes - 2, Sealed(3))));
        Assert.Equal("auction.late", Code(bids.Bid(Id(3), "north", Closes, Sealed(3))));
        Assert.Equal("auction.late", Code(bids.Withdraw(Id(1), "north", Closes)));
        Assert.True(bids.Close(Closes + 5).Ok);
        Assert.Equal("auction.late", Code(bids.Bid(Id(3), "north", Closes - 1, Sealed(3))));
        Assert.Equal("auction.closed", Code(bids.Close(Closes + 6)));
        Assert.Equal(3, bids.Count);
    }

    [Fact]
    public void Only_its_bidder_withdraws_a_bid_and_only_once()
    {
        var (auction, first, second) = Split();
        var bids = SealedBids.New(auction);
        var before = Put(bids, 1, "north", Opens, new BidLine(80, 500));
        Assert.Equal("auction.bid-unknown", Code(bids.Withdraw(Id(1), "south", Opens)));
        Assert.Equal("auction.bid-unknown", Code(bids.Withdraw(Id(2), "north", Opens)));
        Assert.Equal(before.Hash, bids.Head);
        Assert.True(bids.Withdraw(Id(1), "north", Opens).Ok);
        Assert.Equal("auction.withdrawn", Code(bids.Withdraw(Id(1), "north", Opens)));
        Assert.Equal("auction.submission-twice", Code(bids.Bid(Id(1), "north", Opens, auction.Seal("north", Id(1), [new(80, 500)], Random32()))));
        Assert.Equal("auction.bidder", Code(bids.Bid(Id(4), "", Opens, auction.Seal("", Id(4), [new(80, 500)], Random32()))));
        Assert.Equal("auction.envelope", Code(bids.Bid(Id(5), "north", Opens, [1, 2, 3])));
        bids.Close(Closes);
        Assert.Empty(bids.Open([SealingKey.Join(first, second)]).Value.Bids);
    }

    [Fact]
    public void Nobody_opens_before_the_close_nor_with_one_share_alone()
    {
        var (auction, first, second) = Split();
        var bids = SealedBids.New(auction);
        Put(bids, 1, "north", Opens, new BidLine(80, 500));
        var key = SealingKey.Join(first, second);
        Assert.Equal("auction.not-closed", Code(bids.Open([key])));
        bids.Close(Closes);
        foreach (var keys in new byte[][][] { [first], [second], [Random32()], [], [[]], [new byte[32]], [key, first] }) Assert.Equal("auction.key-wrong", Code(bids.Open(keys)));
        Assert.Single(bids.Open([key]).Value.Bids);
        // A share says nothing: the first is what was drawn, and any key has a second that goes with it.
        var other = SealingKey.Private(Random32());
        Assert.Equal(other, SealingKey.Join(first, SealingKey.Split(other, first).Second));
    }

    [Fact]
    public void A_pair_of_officers_opens_together_and_neither_alone()
    {
        var (one, two) = (SealingKey.Private(Random32()), SealingKey.Private(Random32()));
        var auction = new SealedAuction("AUC-8", Opens, Closes, [SealingKey.Public(one), SealingKey.Public(two)], []);
        var bids = SealedBids.New(auction);
        var link = Put(bids, 1, "north", Opens, new BidLine(80, 500));
        bids.Close(Closes);
        Assert.Equal("auction.key-wrong", Code(bids.Open([one])));
        Assert.Equal("auction.key-wrong,auction.key-wrong", Code(bids.Open([two, one])));
        Assert.Equal(new AuctionBid("1.1", 500, 80, "north"), Assert.Single(bids.Open([one, two]).Value.Bids));
        // Nor by going round the chain.
        var place = auction.Place("north", Id(1));
        foreach (var keys in new byte[][][] { [one], [two], [one, one], [two, two], [two, one] }) Assert.Null(SealedEnvelope.Open(keys, link.Envelope, place));
        Assert.NotNull(SealedEnvelope.Open([one, two], link.Envelope, place));
    }

    /// <summary>Everything a host keeps of an auction and its submissions, byte by byte: no price, no quantity, no number of lines, no sign that two bids are alike.</summary>
    [Fact]
    public void The_columns_a_host_keeps_say_nothing_of_a_bid()
    {
        var (auction, first, second) = Split();
        var bids = SealedBids.New(auction);
        BidLine secret = new(81.37m, 123_456_500);
        List<SealedSubmission> links = [Put(bids, 1, "north", Opens, secret), Put(bids, 2, "north", Opens, secret), Put(bids, 3, "south", Opens, [.. Enumerable.Range(0, BidPaper.MostLines).Select(i => secret with { Price = secret.Price + i })])];
        links.Add(bids.Close(Closes).Value);
        byte[] kept = [.. links.SelectMany(l => new[] { BitConverter.GetBytes(l.Number), [(byte)l.Kind], l.Id.ToByteArray(), Encoding.UTF8.GetBytes(l.Bidder), BitConverter.GetBytes(l.At), l.Envelope, l.Previous, l.Hash }).SelectMany(c => c),
            .. auction.SealTo.SelectMany(k => k), .. auction.TieCommitment, .. auction.Genesis()];
        var big = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(big, secret.Quantity);
        foreach (var sign in new[] { Encoding.UTF8.GetBytes("81.37"), Encoding.UTF8.GetBytes("8137"), Encoding.UTF8.GetBytes(secret.Quantity.ToString(CultureInfo.InvariantCulture)), BitConverter.GetBytes(secret.Quantity), big, [.. decimal.GetBits(secret.Price).SelectMany(BitConverter.GetBytes)], first, second, SealingKey.Join(first, second) })
            Assert.Equal(-1, kept.AsSpan().IndexOf(sign));
        Assert.Single(links.Where(l => l.Kind == SubmissionKind.Bid).Select(l => l.Envelope.Length).Distinct());
        Assert.NotEqual(links[0].Envelope[66..], links[1].Envelope[66..]);
        // And yet it is all there for who has the key.
        Assert.Equal(2 + BidPaper.MostLines, bids.Open([SealingKey.Join(first, second)]).Value.Bids.Count);
    }

    [Fact]
    public void An_envelope_of_another_place_or_with_a_changed_bit_does_not_count()
    {
        var (auction, first, second) = Split();
        var key = SealingKey.Join(first, second);
        var mine = auction.Seal("north", Id(1), [new(80, 500)], Random32());
        var changed = mine.ToArray();
        changed[200] ^= 1;
        var bids = SealedBids.New(auction);
        bids.Bid(Id(1), "south", Opens, mine);
        bids.Bid(Id(2), "north", Opens, mine);
        bids.Bid(Id(3), "north", Opens, changed);
        bids.Bid(Id(4), "north", Opens, (auction with { Id = "AUC-9" }).Seal("north", Id(4), [new(80, 500)], Random32()));
        bids.Bid(Id(5), "north", Opens, SealedEnvelope.Seal(auction.SealTo, new byte[BidPaper.Bytes], auction.Place("north", Id(5)), Random32()));
        bids.Bid(Id(6), "north", Opens, auction.Seal("north", Id(6), [new(80, 500)], Random32()));
        bids.Close(Closes);
        var opened = bids.Open([key]).Value;
        Assert.Equal([Id(1), Id(2), Id(3), Id(4), Id(5)], opened.Unreadable.Select(u => u.Id));
        Assert.Equal("6.1", Assert.Single(opened.Bids).Id);
    }

    [Fact]
    public void A_paper_holds_what_was_written_or_is_none()
    {
        BidLine[] lines = [new(0.0000000000000000000000000001m, 1), new(decimal.MaxValue, long.MaxValue), new(77.10m, 500)];
        Assert.Equal(lines, BidPaper.Read(BidPaper.Write(lines)));
        foreach (var bad in new BidLine[][] { [], [new(0, 1)], [new(1, 0)], [new(-1, 1)], [.. Enumerable.Repeat(lines[0], 101)] }) Assert.Throws<ArgumentException>(() => BidPaper.Write(bad));
        var paper = BidPaper.Write(lines);
        foreach (var (at, value) in new[] { (0, (byte)2), (1, (byte)0), (1, (byte)101), (1, (byte)2), (17, (byte)29), (18, (byte)0x80), (2402, (byte)1) })
        {
            var bad = paper.ToArray();
            bad[at] = value;
            Assert.True(BidPaper.Read(bad) is null, $"byte {at}");
        }
        Assert.Null(BidPaper.Read(paper.AsSpan(1)));
    }

    [Fact]
    public void Keys_are_of_the_curve_and_made_alike_of_the_same_bytes()
    {
        var random = Random32();
        var key = SealingKey.Private(random);
        Assert.Equal(key, SealingKey.Private(random));
        Assert.True(SealingKey.Fits(key, SealingKey.Public(key)));
        Assert.False(SealingKey.Fits(SealingKey.Private(Random32()), SealingKey.Public(key)));
        Assert.True(SealingKey.IsPublic(SealingKey.Public(key)));
        Assert.False(SealingKey.IsPublic(new byte[65]));
        var off = SealingKey.Public(key);
        off[40] ^= 1;
        Assert.False(SealingKey.IsPublic(off));
        // Bytes of ones are above the order of the curve, and give a key all the same.
        Assert.True(SealingKey.IsPublic(SealingKey.Public(SealingKey.Private(Enumerable.Repeat((byte)255, 32).ToArray()))));
        Assert.Throws<ArgumentException>(() => SealedBids.New(new("AUC-1", Opens, Closes, [off], [])));
        Assert.Throws<ArgumentException>(() => SealedBids.New(new("AUC-1", Opens, Opens, [SealingKey.Public(key)], [])));
    }
}
