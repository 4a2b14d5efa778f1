using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Title;

/// <summary>The next step of a history: drawn, done through the use cases people use, and told to the model. Steps of different lots may run side by side.</summary>
sealed class TitleSteps(TitleWorld market)
{
    readonly World world = market.World;

    public async Task Next(ModelLot lot, Random random)
    {
        var said = lot.Warrant is { } warrant && (lot.Now.State is CertificateState.Warranted or CertificateState.OffWarrant || (lot.Now.State == CertificateState.Disputed && random.Next(2) == 0))
            ? await OfWarrant(lot, warrant, random)
            : await OfCertificate(lot, random);
        if (said.Length == 0) return;
        lot.Steps++;
        lot.Story.Add(said);
    }

    async Task<string> OfWarrant(ModelLot lot, ModelWarrant warrant, Random random)
    {
        var dice = random.Next(100);
        if (lot.Now.State != CertificateState.Disputed && dice < 4) return await Dispute(lot, random);
        switch (warrant.State)
        {
            case WarrantState.Live when warrant.Open is null:
                if (dice < 66) return await Offer(lot, warrant, random);
                if (dice < 76) return await Pledge(lot, warrant, random);
                return dice < 92 ? await Cancel(lot, warrant, random) : await Invalidate(lot, warrant);
            case WarrantState.Live: return dice < 10 ? await Invalidate(lot, warrant) : await Decide(lot, warrant, random);
            case WarrantState.Pledged: return dice < 15 ? await Invalidate(lot, warrant) : await Release(lot, warrant);
            case WarrantState.Cancelled:
                if (dice < 35) return await Restore(lot, warrant);
                if (dice < 45) return await Invalidate(lot, warrant);
                return await Queue(warrant);
            case WarrantState.Queued: return dice < 12 ? await Invalidate(lot, warrant) : await LoadOut(lot, warrant);
            default: return lot.Now.State == CertificateState.Disputed ? await OfCertificate(lot, random) : "";
        }
    }

    async Task<string> Offer(ModelLot lot, ModelWarrant warrant, Random random)
    {
        var to = market.Dealer(lot, random);
        if (to == warrant.Owner) to = market.Traders[(Array.IndexOf(market.Traders, to) + 1) % market.Traders.Length];
        var expires = world.Clock.GetCurrentInstant() + (random.Next(3) == 0 ? Duration.FromHours(20) : Duration.FromDays(80));
        var made = await world.Do(market.Owner(warrant.Owner!.Value), s => world.Get<TransferHandlers>().Propose(s, new TransferProposal(warrant.Id, to, expires), default));
        warrant.Open = (made.Id, "transfer", to, expires);
        return random.Next(10) < 6 ? "offered, " + await Decide(lot, warrant, random) : "offered";
    }

    async Task<string> Decide(ModelLot lot, ModelWarrant warrant, Random random)
    {
        var (id, _, to, _) = warrant.Open!.Value;
        var from = warrant.Owner!.Value;
        var transfers = world.Get<TransferHandlers>();
        warrant.Open = null;
        switch (random.Next(10))
        {
            case < 6:
                await world.Do(market.Owner(to), s => transfers.Decide(s, id, true, null, default));
                GiveUp(lot, warrant);
                (warrant.Owner, warrant.Certificate.Owner) = (to, to);
                return "accepted";
            case < 8:
                await world.Do(market.Owner(to), s => transfers.Decide(s, id, false, "no", default));
                return "rejected";
            default:
                await world.Do(market.Owner(from), s => transfers.Withdraw(s, id, "no", default));
                return "withdrawn";
        }
    }

    async Task<string> Pledge(ModelLot lot, ModelWarrant warrant, Random random)
    {
        var lender = market.Dealer(lot, random);
        if (lender == warrant.Owner) lender = market.Traders[(Array.IndexOf(market.Traders, lender) + 1) % market.Traders.Length];
        var made = await world.Do(market.Owner(warrant.Owner!.Value), s => world.Get<TransferHandlers>().Pledge(s, warrant.Id, lender, default));
        (warrant.Open, warrant.State) = ((made.Id, "pledge", lender, null), WarrantState.Pledged);
        return "pledged";
    }

    async Task<string> Release(ModelLot lot, ModelWarrant warrant)
    {
        var (id, _, lender, _) = warrant.Open!.Value;
        await world.Do(market.Owner(lender), s => world.Get<TransferHandlers>().ReleasePledge(s, id, default));
        (warrant.Open, warrant.State) = (null, WarrantState.Live);
        return "released";
    }

    async Task<string> Cancel(ModelLot lot, ModelWarrant warrant, Random random)
    {
        await world.Do(market.Owner(warrant.Owner!.Value), s => world.Get<LoadOutHandlers>().Cancel(s, warrant.Id, default));
        warrant.State = WarrantState.Cancelled;
        Moved(lot, CertificateState.Warranted, CertificateState.OffWarrant);
        return random.Next(3) == 0 ? $"cancelled, {await Queue(warrant)}, {await LoadOut(lot, warrant)}" : "cancelled";
    }

    async Task<string> Restore(ModelLot lot, ModelWarrant warrant)
    {
        await world.Do(market.Owner(warrant.Owner!.Value), s => world.Get<LoadOutHandlers>().Restore(s, warrant.Id, default));
        warrant.State = WarrantState.Live;
        Moved(lot, CertificateState.OffWarrant, CertificateState.Warranted);
        return "restored";
    }

    async Task<string> Queue(ModelWarrant warrant)
    {
        await world.Do(market.Operator(warrant.Warehouse), s => world.Get<LoadOutHandlers>().Queue(s, warrant.Id, default));
        warrant.State = WarrantState.Queued;
        return "queued";
    }

    async Task<string> LoadOut(ModelLot lot, ModelWarrant warrant)
    {
        await world.Scanned(warrant.Id, market.Operator(warrant.Warehouse), market.Issuer(warrant.Warehouse));
        await world.Do(market.Operator(warrant.Warehouse), s => world.Get<LoadOutHandlers>().RequestLoadOut(s, warrant.Id, default));
        await world.Decide(market.Issuer(warrant.Warehouse), LoadOutKind.Name, warrant.Id, true);
        warrant.State = WarrantState.LoadedOut;
        Moved(lot, CertificateState.OffWarrant, CertificateState.LoadedOut);
        lot.Now.Place = null;
        return "loaded out";
    }

    async Task<string> Invalidate(ModelLot lot, ModelWarrant warrant)
    {
        await world.Invalidated(warrant.Id, market.Staff.OrganisationId);
        GiveUp(lot, warrant);
        (warrant.Open, warrant.State, warrant.Owner, warrant.Certificate.Owner) = (null, WarrantState.Invalidated, null, null);
        Moved(lot, CertificateState.Warranted, CertificateState.Quarantined);
        Moved(lot, CertificateState.OffWarrant, CertificateState.Quarantined);
        return "invalidated";
    }

    static void GiveUp(ModelLot lot, ModelWarrant warrant)
    {
        lot.Former.Add(warrant.Owner!.Value);
        lot.Receipts.Add((warrant.Owner.Value, warrant.Certificate.Id));
    }

    static void Moved(ModelLot lot, CertificateState from, CertificateState to)
    {
        if (lot.Now.State == from) lot.Now.State = to;
        else if (lot.Now.State == CertificateState.Disputed && lot.Now.DisputedFrom == from) lot.Now.DisputedFrom = to;
    }

    async Task<string> OfCertificate(ModelLot lot, Random random)
    {
        var (now, dice, handlers) = (lot.Now, random.Next(100), world.Get<CertificateHandlers>());
        switch (now.State)
        {
            case CertificateState.Draft when dice < 90: return await Sign(lot);
            case CertificateState.Signed when dice < 90: return await Publish(lot);
            case CertificateState.Draft or CertificateState.Signed: return await Correct(lot, random);
            case CertificateState.Published:
                if (dice < 70) return await ComeIn(lot, random);
                return dice < 85 ? await Correct(lot, random) : dice < 92 ? await Dispute(lot, random) : await Void(lot);
            case CertificateState.MatchedAtWarehouse: return dice < 6 ? await Dispute(lot, random) : await Issue(lot, random);
            case CertificateState.Quarantined:
                if (dice < 55)
                {
                    await world.Do(market.Staff, s => handlers.Release(s, now.Id, "found right", default));
                    (now.State, now.Place, now.Fenced) = (CertificateState.Published, null, false);
                    return "released from quarantine";
                }
                return dice < 90 ? await Correct(lot, random) : await Void(lot);
            case CertificateState.Disputed:
                if (dice >= 75 && lot.Warrant is { State: not WarrantState.WeighedAndMatched })
                {
                    var refused = await world.Try(market.Editor(lot.Producer), s => handlers.Correct(s, now.Id, Content(lot), "typing error", default));
                    Assert.Equal("certificate.under-warrant", refused.Refusals[0].Code);
                    return "correction refused";
                }
                if (dice >= 85) return await Correct(lot, random);
                await world.Do(market.Staff, s => handlers.Resolve(s, now.Id, "settled", default));
                now.State = now.DisputedFrom;
                return "resolved";
            default: return "";
        }
    }

    async Task<string> ComeIn(ModelLot lot, Random random)
    {
        var unit = market.Units[random.Next(market.Units.Length)];
        var (passes, keeps) = (random.Next(10) < 8, random.Next(3) == 0);
        var match = await world.Matched(market.Operator(unit.Organisation),
            new InboundObservation(lot.Now.Id, unit.Id, lot.Brand, "ingot", 2, passes ? 25_010m : 24_100m, [], lot.Now.Heats, "SCALE-1", world.Clock.GetCurrentInstant(), QuarantineIfFailed: !keeps));
        Assert.Equal(passes, match.Passed);
        if (!passes && keeps) return "did not match";
        (lot.Now.State, lot.Now.Place, lot.Now.Fenced) = (passes ? CertificateState.MatchedAtWarehouse : CertificateState.Quarantined, unit.Organisation, true);
        return passes ? "matched, " + await Issue(lot, random) : "quarantined";
    }

    async Task<string> Issue(ModelLot lot, Random random)
    {
        var (now, owner) = (lot.Now, market.Dealer(lot, random));
        var place = now.Place!.Value;
        var warrant = await world.Do(market.Operator(place), s => world.Get<WarrantHandlers>().Request(s, new WarrantRequest([now.Id], owner, "L-1", "unpaid"), default));
        var issued = random.Next(8) > 0;
        await world.Decide(market.Issuer(place), IssueWarrantKind.Name, warrant.Id, issued);
        lot.Warrants.Add(new ModelWarrant { Id = warrant.Id, Certificate = now, Warehouse = place, Owner = issued ? owner : null, State = issued ? WarrantState.Live : WarrantState.Rejected });
        if (!issued) return "issue rejected";
        (now.Owner, now.State) = (owner, CertificateState.Warranted);
        return "issued";
    }

    async Task<string> Correct(ModelLot lot, Random random)
    {
        var old = lot.Now;
        var row = await world.Do(market.Editor(lot.Producer), s => world.Get<CertificateHandlers>().Correct(s, old.Id, Content(lot), "typing error", default));
        (old.State, old.Current, old.Place, old.Fenced) = (CertificateState.Corrected, false, null, false);
        lot.Versions.Add(new ModelVersion { Id = row.Certificate.Id, Number = row.Certificate.Version, Heats = row.Certificate.Content.HeatNumbers, State = CertificateState.Draft });
        if (random.Next(3) == 0) return "corrected";
        return $"corrected, {await Sign(lot)}, {await Publish(lot)}, {await ComeIn(lot, random)}";
    }

    async Task<string> Sign(ModelLot lot)
    {
        await world.Do(market.Approver(lot.Producer), s => world.Get<CertificateHandlers>().Sign(s, lot.Now.Id, default));
        lot.Now.State = CertificateState.Signed;
        return "signed";
    }

    async Task<string> Publish(ModelLot lot)
    {
        await world.Do(market.Approver(lot.Producer), s => world.Get<CertificateHandlers>().Publish(s, lot.Now.Id, default));
        lot.Now.State = CertificateState.Published;
        return "published";
    }

    async Task<string> Dispute(ModelLot lot, Random random)
    {
        // Whoever sees it may: its owner, the warehouse, or the exchange.
        var now = lot.Now;
        var by = random.Next(3) switch { 0 when now.Owner is { } owner => market.Owner(owner), 1 when now.Place is { } place => market.Operator(place), _ => market.Staff };
        await world.Do(by, s => world.Get<CertificateHandlers>().Dispute(s, now.Id, "doubtful", default));
        (now.DisputedFrom, now.State) = (now.State, CertificateState.Disputed);
        return "disputed";
    }

    async Task<string> Void(ModelLot lot)
    {
        await world.Do(market.Approver(lot.Producer), s => world.Get<CertificateHandlers>().Void(s, lot.Now.Id, "wrong", default));
        lot.Now.State = CertificateState.Voided;
        return "voided";
    }

    static CertificateContent Content(ModelLot lot) => World.Good("x", lot.Day) with { Bundles = 2, ExchangeBrandCode = lot.Brand, HeatNumbers = [$"V{lot.Index:00000}A", $"V{lot.Index:00000}B"], SourceRef = null };

    /// <summary>Time passes: offers whose hour has come lapse, by the very job that ends them in a server.</summary>
    public async Task PassTime()
    {
        world.Clock.Advance(Duration.FromHours(21));
        var now = world.Clock.GetCurrentInstant();
        while (await world.Get<Approvals>().ExpireDue(world.Get<IDbSessions>(), default) > 0) { }
        foreach (var lot in market.Model.Lots)
            foreach (var warrant in lot.Warrants.Where(w => w.Open is { Expires: { } at } && at <= now))
            {
                warrant.Open = null;
                lot.Story.Add("lapsed");
            }
    }
}
