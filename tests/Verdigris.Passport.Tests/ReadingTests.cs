using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Verdigris.Passport.Api;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Reading;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Passport.Tests;

/// <summary>What is kept in memory of certificates is never seen to differ from what the database and the Book would say.</summary>
public class ReadingTests
{
    static async Task<Answer<TaggedJson>> Kept(World w, Actor actor, Guid id)
    {
        await using var s = w.As(actor);
        return await w.Get<CertificateReading>().Read(s, id, default);
    }

    /// <summary>The same read with nothing kept.</summary>
    static async Task<Answer<TaggedJson>> Anew(World w, Actor actor, Guid id)
    {
        using var none = new CertificateCache(new ChangeFeed());
        await using var s = w.As(actor);
        return await new CertificateReading(w.Get<CertificateHandlers>(), w.Get<EmissionsHandlers>(), w.Get<Access.TitleReader>(), none).Read(s, id, default);
    }

    static async Task Same(World w, string after, IEnumerable<Guid> certificates)
    {
        foreach (var id in certificates)
            foreach (var actor in new[] { w.Staff, w.Editor, w.Operator, w.Owner(0), w.Owner(1), w.Owner(2), World.Person("stranger", w.Stranger, Role.OwnerTrader), Actor.Public })
            {
                var (kept, anew) = (await Kept(w, actor, id), await Anew(w, actor, id));
                Assert.True(kept.Ok == anew.Ok, $"after {after} {actor.Name} {(kept.Ok ? "still sees" : "does not see")} the certificate");
                if (kept.Ok) Assert.Equal(anew.Value.Tag, kept.Value.Tag);
                else Assert.Equal(anew.Refusals[0].Code, kept.Refusals[0].Code);
            }
    }

    static readonly JsonSerializerOptions Strict = new(StorageJson.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    [Fact]
    public async Task A_second_read_of_the_same_organisation_is_answered_from_memory_and_that_of_another_is_not()
    {
        await using var w = (await World.Make()).Web();
        var (_, certificate) = await w.Issued("A", 0);
        var id = certificate.Certificate.Id;
        var first = await Kept(w, w.Owner(0), id);
        var second = await Kept(w, w.Owner(0), id);
        // The notices of the writes before may still be on their way; while they come, nothing is kept.
        for (var i = 0; i < 1000 && !ReferenceEquals(first.Value.Json, second.Value.Json); i++)
        {
            await Task.Delay(5);
            (first, second) = (second, await Kept(w, w.Owner(0), id));
        }
        Assert.Same(first.Value.Json, second.Value.Json);
        Assert.NotSame(first.Value.Json, (await Kept(w, w.Operator, id)).Value.Json);
        Assert.False((await Kept(w, w.Owner(1), id)).Ok);
    }

    [Fact]
    public async Task After_every_change_each_reader_sees_what_he_would_see_with_nothing_kept()
    {
        await using var w = (await World.Make()).Web();
        var (warrant, moved) = await w.Issued("A", 0);
        var (other, loadedOut) = await w.Issued("B", 1);
        var (_, wrong) = await w.Issued("C", 2);
        var (draft, disputed) = (await w.Do(w.Editor, s => w.Get<CertificateHandlers>().Create(s, World.Good("D"), default)), await w.Published("E"));
        Guid[] all = [moved.Certificate.Id, loadedOut.Certificate.Id, wrong.Certificate.Id, draft.Certificate.Id, disputed.Certificate.Id];
        var transfers = w.Get<TransferHandlers>();
        var certificates = w.Get<CertificateHandlers>();
        var emissions = w.Get<EmissionsHandlers>();
        TitleTransfer? offer = null;
        Guid submission = default;
        CertificateRow? corrected = null;
        (string Name, Func<Task> Do)[] steps =
        [
            ("nothing", () => Task.CompletedTask),
            ("an accepted submission", async () => submission = await w.Emitted(2025, 4.1m)),
            ("an offer", async () => offer = await w.Do(w.Owner(0), s => transfers.Propose(s, new TransferProposal(warrant.Id, w.Owners[1], w.Clock.GetCurrentInstant() + NodaTime.Duration.FromDays(1)), default))),
            ("the transfer", () => w.Decide(w.Owner(1), AcceptTransferKind.Name, offer!.Id, true)),
            ("an opt-in", () => w.Do(w.Approver, s => emissions.SetPublic(s, submission, true, default))),
            ("a second submission for the year", () => w.Emitted(2025, 4.2m)),
            ("the opt-in taken back", () => w.Do(w.Approver, s => emissions.SetPublic(s, submission, false, default))),
            ("signing", () => w.Do(w.Approver, s => certificates.Sign(s, draft.Certificate.Id, default))),
            ("publishing", () => w.Do(w.Approver, s => certificates.Publish(s, draft.Certificate.Id, default))),
            ("a correction", async () => corrected = await w.Do(w.Editor, s => certificates.Correct(s, draft.Certificate.Id, World.Good("D") with { Pieces = 1090 }, "counted again", default))),
            ("a dispute", () => w.Do(w.Staff, s => certificates.Dispute(s, disputed.Certificate.Id, "weight", default))),
            ("its end", () => w.Do(w.Staff, s => certificates.Resolve(s, disputed.Certificate.Id, "weighed again", default))),
            ("a void", () => w.Do(w.Approver, s => certificates.Void(s, disputed.Certificate.Id, "cast twice", default))),
            ("a match", async () => await w.Matched(await w.Published("F"))),
            ("a cancelled warrant", () => w.Do(w.Owner(1), s => w.Get<LoadOutHandlers>().Cancel(s, other.Id, default))),
            ("its load-out asked for", () => w.Do(w.Operator, s => w.Get<LoadOutHandlers>().Queue(s, other.Id, default))),
            ("a change behind the server's back", async () =>
            {
                await using var elsewhere = w.Database.Database.Owner.CreateCommand($"update passport.certificate set row_version = row_version + 1 where id = '{wrong.Certificate.Id}'");
                await elsewhere.ExecuteNonQueryAsync();
                // Heard as a notification, some moments later.
                for (var i = 0; i < 1000 && (await Kept(w, w.Staff, wrong.Certificate.Id)).Value.Tag != (await Anew(w, w.Staff, wrong.Certificate.Id)).Value.Tag; i++) await Task.Delay(5);
            }),
        ];
        foreach (var (name, act) in steps)
        {
            await Same(w, "nothing since the last step, before " + name, all);
            await act();
            await Same(w, name, corrected is null ? all : [.. all, corrected.Certificate.Id]);
        }
    }

    [Fact]
    public async Task A_reader_racing_with_transfers_never_keeps_a_certificate_from_before_one_that_ended()
    {
        await using var w = (await World.Make()).Web();
        var (warrant, certificate) = await w.Issued("A", 0);
        var id = certificate.Certificate.Id;
        var transfers = w.Get<TransferHandlers>();
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(o => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested) await Kept(w, o == 2 ? w.Staff : w.Owner(o), id);
        })).ToArray();
        for (var round = 0; round < 25; round++)
        {
            int from = round % 2, to = 1 - from;
            var offer = await w.Do(w.Owner(from), s => transfers.Propose(s, new TransferProposal(warrant.Id, w.Owners[to], w.Clock.GetCurrentInstant() + NodaTime.Duration.FromDays(1)), default));
            await w.Decide(w.Owner(to), AcceptTransferKind.Name, offer.Id, true);
            Assert.False((await Kept(w, w.Owner(from), id)).Ok);
            Assert.Equal((await Anew(w, w.Owner(to), id)).Value.Tag, (await Kept(w, w.Owner(to), id)).Value.Tag);
            Assert.Equal((await Anew(w, w.Staff, id)).Value.Tag, (await Kept(w, w.Staff, id)).Value.Tag);
        }
        await stop.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task While_changes_cannot_be_heard_nothing_is_kept()
    {
        await using var w = (await World.Make()).Web();
        var row = await w.Published("A");
        var feed = new ChangeFeed();
        using var cache = new CertificateCache(feed);
        var reading = new CertificateReading(w.Get<CertificateHandlers>(), w.Get<EmissionsHandlers>(), w.Get<Access.TitleReader>(), cache);
        async Task<byte[]> Read()
        {
            await using var s = w.As(w.Editor);
            return (await reading.Read(s, row.Certificate.Id, default)).Value.Json;
        }
        Assert.NotSame(await Read(), await Read());
        feed.Begin();
        Assert.Same(await Read(), await Read());
        var before = await Read();
        feed.End();
        Assert.NotSame(before, await Read());
        feed.Begin();
        Assert.NotSame(before, await Read());
    }

    [Fact]
    public async Task What_is_written_of_a_certificate_has_the_shape_the_API_describes()
    {
        await using var w = (await World.Make()).Web();
        var (_, certificate) = await w.Issued("A", 0);
        var whole = JsonSerializer.Deserialize<CertificateReply>((await Kept(w, w.Owner(0), certificate.Certificate.Id)).Value.Json, Strict)!;
        Assert.Equal((certificate.Certificate.Id, CertificateState.Warranted, certificate.Certificate.Number), (whole.Id, whole.State, whole.Certificate.Number));
        Assert.Equal(certificate.Certificate.Content.NetKg, decimal.Parse(whole.Certificate.NetKg, CultureInfo.InvariantCulture));
        Assert.Equal(certificate.Certificate.Content.Results.Count, whole.Certificate.Results.Count);
    }
}
