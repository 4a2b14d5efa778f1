using Verdigris.Cbam.Operators;
using Verdigris.Cbam.Privacy;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Cbam.Tests.Operators;

/// <summary>A person's name inside what the room keeps, at an export and an erasure.</summary>
public sealed class ErasureTests
{
    static readonly DataSubject Ingrid = new(new("0190c200-0000-7000-8000-0000000000aa"), ["Ingrid Dahl", "ingrid@fjordlys.example"]);

    [Fact]
    public async Task A_name_in_a_draft_becomes_the_pseudonym_with_the_form_s_hash_and_one_the_verifier_signed_stays_and_is_told()
    {
        await using var desk = await OperatorDesk.Open();
        async Task<Communication> Named()
        {
            var form = (await desk.Brought()).Communication;
            return (await desk.Do(OperatorDesk.Editor, s => desk.Forms.Write(s, form.Id, form.RowVersion, new Dictionary<string, string> { ["installation.representative"] = "ingrid DAHL", ["installation.email"] = "Ingrid@fjordlys.example", ["remarks"] = "Ingrid Dahl asks for patience." }, default))).Communication;
        }
        var (draft, handed) = (await Named(), await Named());
        await desk.Handed(handed.Id);
        await using var system = desk.Sessions.Open(Actor.System);
        var data = new CbamPersonalData();
        async Task<List<string>> Told() => [.. (await data.Export(system, Ingrid, default)).Single(t => t.Name == "importer-forms-naming-you").Rows.Select(r => $"{r["state"]} {r["field"]}").Order(StringComparer.Ordinal)];
        Assert.Equal(["Draft installation.email", "Draft installation.representative", "WithVerifier installation.email", "WithVerifier installation.representative"], await Told());

        for (var twice = 0; twice < 2; twice++) await data.Erase(system, Ingrid, default);
        Assert.Equal(["WithVerifier installation.email", "WithVerifier installation.representative"], await Told());
        var pseudonym = Assert.Single(await desk.Query($"select storage.pseudonym('{Ingrid.Id}')", r => r.GetString(0)));
        var after = await desk.Do(OperatorDesk.Editor, s => desk.Forms.Read(s, draft.Id, default));
        Assert.Equal((pseudonym, null, "Ingrid Dahl asks for patience."), (after.Report.Installation.Representative, after.Report.Installation.Email, after.Report.Remarks));
        Assert.NotEqual(draft.ReportSha256, after.Communication.ReportSha256);
        var signed = await desk.Do(OperatorDesk.Lead, s => desk.Forms.Read(s, handed.Id, default));
        Assert.Equal(("ingrid DAHL", handed.ReportSha256), (signed.Report.Installation.Representative, signed.Communication.ReportSha256));
        // The changed draft is whole: it can be handed over as it is.
        await desk.Handed(draft.Id);
    }

    [Fact]
    public async Task The_contact_of_a_supplier_gives_way_too_and_only_the_system_erases()
    {
        await using var desk = await Importer.ImporterDesk.Open();
        var named = await desk.Do(Importer.ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Fjordlys", "IN", "Nordvik", "Ingrid Dahl", "ingrid@fjordlys.example"), default));
        var other = await desk.Do(Importer.ImporterDesk.Trader, s => desk.Suppliers.Create(s, new("Fjordlys", "IN", "Sunvik", "Ola Dahl", "ola@fjordlys.example"), default));
        await using (var system = desk.Sessions.Open(Actor.System))
        {
            Assert.Single((await new CbamPersonalData().Export(system, Ingrid, default)).Single(t => t.Name == "supplier-contacts-naming-you").Rows);
            await new CbamPersonalData().Erase(system, Ingrid, default);
        }
        var contacts = await desk.Query("select contact_name, contact_email from cbam.supplier order by installation", r => (r.GetString(0), r.IsDBNull(1) ? null : r.GetString(1)));
        Assert.NotEqual("Ingrid Dahl", contacts[0].Item1);
        Assert.Null(contacts[0].Item2);
        Assert.Equal(("Ola Dahl", "ola@fjordlys.example"), contacts[1]);
        await using var trader = desk.Sessions.Open(Importer.ImporterDesk.Trader);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => trader.Run("select cbam.erase_names($1, $2)", default, Ingrid.Id, new[] { "Ola Dahl" }));
    }
}
