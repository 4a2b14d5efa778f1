using System.Globalization;
using System.Text;
using NodaTime;
using Verdigris.Passport.Brands;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Certificates.Import;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Organisations;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;
using Verdigris.Storage;

namespace Verdigris.Passport.Tests.Title;

/// <summary>One market in one database and one Book: two producers with many brands, three warehouses, many owners, and a certificate a history.</summary>
sealed class TitleWorld : IAsyncDisposable
{
    public const int OwnerCount = 32, LargeBrands = 16, SmallBrands = 44;
    static readonly int[] Years = [2024, 2025, 2026];

    readonly Random random;

    TitleWorld(World world, int seed)
    {
        World = world;
        random = new(seed);
        Model = new() { Exchange = Exchange };
        Traders = [.. Owners, Producers[1]];
        Actors =
        [
            .. Producers.Select(p => Person("producer", p, Role.ProducerEditor, Role.ProducerApprover)), .. Units.Select(u => u.Organisation).Distinct().Select(Operator), .. Owners.Select(Owner),
            Person("exchange", Exchange, Role.ExchangeStaff), Person("auditor", Auditor, Role.Reader), Person("stranger", Stranger, Role.OwnerTrader), Actor.Public,
        ];
    }

    public World World { get; }
    public TitleModel Model { get; }
    public Guid Exchange { get; } = Guid.CreateVersion7();
    public Guid Auditor { get; } = Guid.CreateVersion7();
    public Guid Stranger { get; } = Guid.CreateVersion7();
    public Guid[] Producers { get; } = [Guid.CreateVersion7(), Guid.CreateVersion7()];
    public Guid[] Owners { get; } = [.. Enumerable.Range(0, OwnerCount).Select(_ => Guid.CreateVersion7())];
    public (Guid Id, Guid Organisation)[] Units { get; } = MakeUnits();
    public List<(string Code, Guid Producer, Guid Plant)> Brands { get; } = [];
    /// <summary>Who can be given title: the owners, and one producer who buys metal too.</summary>
    public Guid[] Traders { get; }
    public IReadOnlyList<Actor> Actors { get; }

    static (Guid, Guid)[] MakeUnits()
    {
        var (a, b, c) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        return [(Guid.CreateVersion7(), a), (Guid.CreateVersion7(), a), (Guid.CreateVersion7(), b), (Guid.CreateVersion7(), c)];
    }

    public static Actor Person(string name, Guid organisation, params string[] roles) => World.Person(name, organisation, roles);
    public Actor Owner(Guid organisation) => Person("trader", organisation, Role.OwnerTrader);
    public Actor Operator(Guid organisation) => Person("operator", organisation, Role.WarehouseOperator);
    public Actor Issuer(Guid organisation) => Person("issuer", organisation, Role.WarehouseApprover);
    public Actor Editor(Guid producer) => Person("editor", producer, Role.ProducerEditor);
    public Actor Approver(Guid producer) => Person("approver", producer, Role.ProducerApprover);
    public Actor Staff => Person("staff", Exchange, Role.ExchangeStaff);
    public static Guid? OrganisationOf(Actor actor) => actor.SignedIn ? actor.OrganisationId : null;

    public static async Task<TitleWorld> Make(int histories, int seed)
    {
        var made = new TitleWorld(await World.Make(cast: false), seed);
        await made.Cast();
        await made.Emit();
        foreach (var producer in made.Producers) await made.Certify(producer, histories / 2);
        await made.Stock();
        return made;
    }

    async Task Cast()
    {
        await using var system = World.As(Actor.System);
        var organisations = World.Get<OrganisationHandlers>();
        IEnumerable<(OrganisationKind, string, Guid)> cast =
        [
            (OrganisationKind.Exchange, "Exchange", Exchange), (OrganisationKind.Verifier, "Auditor", Auditor), (OrganisationKind.Owner, "Stranger", Stranger), .. Producers.Select((p, i) => (OrganisationKind.Producer, $"Producer {i}", p)),
            .. Units.Select(u => u.Organisation).Distinct().Select((w, i) => (OrganisationKind.Warehouse, $"Warehouse {i}", w)), .. Owners.Select((o, i) => (OrganisationKind.Owner, $"Owner {i}", o)),
        ];
        foreach (var (kind, name, id) in cast) Assert.True((await organisations.Create(system, new NewOrganisation(kind, name, null, null, "NO", id), default)).Ok);
        for (var u = 0; u < Units.Length; u++)
            await World.Do(Staff, s => organisations.AddWarehouse(s, new NewWarehouse(Units[u].Organisation, $"U{u}", $"Unit {u}", null, "NOOSL", "NO", ["AL"], null, Units[u].Id), default));
        for (var p = 0; p < Producers.Length; p++)
        {
            var plant = Guid.CreateVersion7();
            await World.Do(Editor(Producers[p]), s => organisations.AddPlant(s, new NewPlant(Producers[p], $"P{p}", $"Plant {p}", null, "NO", null, null, 900_000m, ["smelting"], plant), default));
            await World.Do(Approver(Producers[p]), s => World.Get<PlantKeys>().Rotate(s, plant, null, default));
            for (var b = 0; b < (LargeBrands + SmallBrands) / 2; b++) Brands.Add((string.Create(CultureInfo.InvariantCulture, $"{"QX"[p]}{b:00}"), Producers[p], plant));
        }
        await system.InTransaction(async t =>
        {
            foreach (var (code, producer, plant) in Brands)
                await BrandHandlers.TakeOver(system, new BrandApplication(code, code, "Brand " + code, plant, "AL", "AH", ["ingot"], 90_000m), producer, [new(new(2015, 1, 1), ListingState.Applied), new(new(2016, 1, 1), ListingState.Listed, "16/001")], t);
        });
    }

    /// <summary>Forms of most brands: some accepted, some opted in, some waiting, some never handed in; a brand in ten has none at all.</summary>
    async Task Emit()
    {
        foreach (var (code, producer, _) in Brands)
        {
            if (random.Next(10) == 0) continue;
            foreach (var (year, method) in new[] { (2024, EmissionsMethod.Cbam), (2025, EmissionsMethod.Cbam), (2025, EmissionsMethod.Iai) })
            {
                if (random.Next(5) == 0) continue;
                var form = await Form(producer, code, year, method, random.Next(4) == 0, World.Do);
                if (random.Next(10) == 0) continue;
                await Submit(form);
                if (random.Next(10) > 0) await Accept(form);
            }
        }
    }

    int figures;

    /// <summary>A draft with a figure of its own.</summary>
    public async Task<ModelForm> Form(Guid producer, string brand, int year, EmissionsMethod method, bool optIn, Func<Actor, Func<DbSession, Task<Answer<Submission>>>, Task<Submission>> by)
    {
        var next = Interlocked.Increment(ref figures);
        // Four decimals of which the last is never zero, as it is printed.
        var direct = 20m + (next / 9 * 0.0010m) + ((next % 9 + 1) * 0.0001m);
        var made = await by(Editor(producer), s => World.Get<EmissionsHandlers>().Create(s, new NewSubmission(brand, year, method, new EmissionsValues(direct, 0.25m), PublicOptIn: optIn, CorrectionReason: "Figures restated"), default));
        var form = new ModelForm { Id = made.Id, Producer = producer, Brand = brand, Year = year, Method = method, Direct = direct, Public = optIn };
        Model.Add(form);
        return form;
    }

    public async Task Submit(ModelForm form)
    {
        await World.Do(Approver(form.Producer), s => World.Get<EmissionsHandlers>().Submit(s, form.Id, default));
        form.State = SubmissionState.Submitted;
    }

    public async Task Accept(ModelForm form)
    {
        await World.Decide(Staff, AcceptSubmissionKind.Name, form.Id, true);
        foreach (var older in Model.Forms.Where(f => f != form && f.Brand == form.Brand && f.Year == form.Year && f.Method == form.Method && f.State == SubmissionState.Accepted)) older.State = SubmissionState.Superseded;
        form.State = SubmissionState.Accepted;
    }

    public async Task SetPublic(ModelForm form, bool optIn)
    {
        await World.Do(Approver(form.Producer), s => World.Get<EmissionsHandlers>().SetPublic(s, form.Id, optIn, default));
        form.Public = optIn;
    }

    /// <summary>A producer's certificates by the import and the bulk signature; the last few stay drafts in a file of their own.</summary>
    async Task Certify(Guid producer, int count)
    {
        var own = Brands.Where(b => b.Producer == producer).ToList();
        var drafts = Math.Max(8, count / 100);
        foreach (var (name, from, to, sign) in new[] { ("year.csv", 0, count - drafts, true), ("drafts.csv", count - drafts, count, false) })
        {
            var file = new StringBuilder("brand,countryOfOrigin,shape,heats,productionDate,analysisDate,issueDate,pieces,bundles,grossKg,netKg,spec,labName,labAccreditation,labValidTo,sourceRef,Si,Fe,Zn,Ga,V,Al\r\n");
            for (var i = from; i < to; i++)
            {
                // Few brands have most lots; the many small ones are there so that giving up the last lot of a brand and year is common.
                var brand = own[random.Next(10) < 7 ? random.Next(LargeBrands / 2) : (LargeBrands / 2) + random.Next(SmallBrands / 2)].Code;
                var year = Years[random.Next(Years.Length)];
                var day = new LocalDate(year, 1, 5).PlusDays(random.Next(280)).ToString("uuuu-MM-dd", CultureInfo.InvariantCulture);
                file.Append(CultureInfo.InvariantCulture, $"{brand},NO,ingot,H{i:00000}A|H{i:00000}B,{day},{day},{day},1100,2,25060.000,25000.000,aa-p1020a,Works laboratory,NA-1,2030-01-01,R{i:00000},0.040,0.110,<0.005,0.010,0.008,99.82\r\n");
            }
            var bytes = Encoding.UTF8.GetBytes(file.ToString());
            var imported = await World.Do(Editor(producer), s => World.Get<CertificateImport>().Apply(s, new MemoryStream(bytes), name, CertificateImport.WholeFile, default));
            Assert.Equal((to - from, "done"), (imported.Applied, imported.State));
            if (sign) Assert.Equal(to - from, await World.Do(Approver(producer), s => World.Get<ImportSigning>().Sign(s, imported.Id!.Value, true, default)));
            await using var system = World.As(Actor.System);
            var rows = await system.All("select c.id, c.number, c.brand_code, c.production_date, d.document::json -> 'heatNumbers' from passport.certificate c join passport.certificate_content d on d.certificate_id = c.id where c.import_id = $1 order by c.number", r => (Id: r.GetGuid(0), Number: r.GetString(1), Brand: r.GetString(2), Day: r.Day(3), Heats: StorageJson.Read<List<string>>(r.GetString(4))), default, imported.Id!.Value);
            foreach (var row in rows)
            {
                var lot = new ModelLot { Index = Model.Lots.Count, Number = row.Number, Producer = producer, Brand = row.Brand, Day = row.Day };
                lot.Versions.Add(new ModelVersion { Id = row.Id, Number = 1, Heats = row.Heats, State = sign ? CertificateState.Published : CertificateState.Draft });
                Model.Lots.Add(lot);
            }
        }
    }

    /// <summary>Owners who deal in a brand and year: a few each, so that for every owner there are figures he never may see and figures he may only for a time.</summary>
    public Guid Dealer(ModelLot lot, Random by) => by.Next(12) == 0 ? Traders[by.Next(Traders.Length)]
        : Traders[(int)(((uint)HashCodeOf(lot.Brand, lot.Year) + (uint)(by.Next(5) * 7)) % (uint)Traders.Length)];

    static int HashCodeOf(string brand, int year) => brand.Aggregate(year * 31, (hash, c) => unchecked((hash * 33) + c)) & 0x7FFFFFFF;

    /// <summary>Nine lots of ten come in and are warranted at once, by the take-over of a stock.</summary>
    async Task Stock()
    {
        await using var system = World.As(Actor.System);
        var chosen = Model.Lots.Where(l => l.Now.State == CertificateState.Published && random.Next(10) > 0).Select(l => (Lot: l, Unit: Units[random.Next(Units.Length)], Owner: Dealer(l, random))).ToList();
        var person = Operator(Units[0].Organisation);
        var ids = await World.Get<StockTakeover>().Take(system, [.. chosen.Select(c => new StockLot(c.Lot.Now.Id, c.Unit.Id, c.Owner, 25_000m))], person.PersonId, person.Name, default);
        for (var i = 0; i < chosen.Count; i++)
        {
            var (lot, unit, owner) = chosen[i];
            (lot.Now.Place, lot.Now.Owner, lot.Now.State, lot.Now.Fenced) = (unit.Organisation, owner, CertificateState.Warranted, true);
            lot.Warrants.Add(new ModelWarrant { Id = ids[i], Certificate = lot.Now, Warehouse = unit.Organisation, Owner = owner, State = WarrantState.Live });
        }
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
