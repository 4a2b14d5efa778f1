using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Passport.Emissions;
using Verdigris.Passport.Warrants;
using Verdigris.Primitives;

namespace Verdigris.Passport.Tests.Title;

/// <summary>One version of a certificate as the model knows it: where its metal lies and who owns it, told by the steps alone and never by the product.</summary>
sealed class ModelVersion
{
    public required Guid Id { get; init; }
    public required int Number { get; init; }
    public required IReadOnlyList<string> Heats { get; init; }
    public CertificateState State { get; set; }
    public CertificateState DisputedFrom { get; set; }
    public bool Current { get; set; } = true;
    /// <summary>Organisation of the warehouse where the metal lies.</summary>
    public Guid? Place { get; set; }
    public Guid? Owner { get; set; }
    /// <summary>The database has heard of this metal.</summary>
    public bool Fenced { get; set; }
    public bool Unpublished => State is CertificateState.Draft or CertificateState.Signed;
}

sealed class ModelWarrant
{
    public required Guid Id { get; init; }
    public required ModelVersion Certificate { get; init; }
    public required Guid Warehouse { get; init; }
    public Guid? Owner { get; set; }
    public WarrantState State { get; set; }
    /// <summary>Open offer or standing pledge: its id, kind and receiver.</summary>
    public (Guid Id, string Kind, Guid To, Instant? Expires)? Open { get; set; }
}

/// <summary>One history: a lot of metal with its certificate's versions and its warrants.</summary>
sealed class ModelLot
{
    public required int Index { get; init; }
    public required string Number { get; init; }
    public required Guid Producer { get; init; }
    public required string Brand { get; init; }
    public required LocalDate Day { get; init; }
    public int Year => Day.Year;
    public List<ModelVersion> Versions { get; } = [];
    public List<ModelWarrant> Warrants { get; } = [];
    public HashSet<Guid> Former { get; } = [];
    public List<(Guid Organisation, Guid Certificate)> Receipts { get; } = [];
    public int Steps { get; set; }
    public List<string> Story { get; } = [];
    public ModelVersion Now => Versions[^1];
    /// <summary>The warrant that stands, if one does.</summary>
    public ModelWarrant? Warrant => Warrants.LastOrDefault(w => w.State is not (WarrantState.Invalidated or WarrantState.Rejected));
}

/// <summary>A form with its direct emissions, a figure no other form has: where it occurs, this form was shown.</summary>
sealed class ModelForm
{
    public required Guid Id { get; init; }
    public required Guid Producer { get; init; }
    public required string Brand { get; init; }
    public required int Year { get; init; }
    public required EmissionsMethod Method { get; init; }
    public required decimal Direct { get; init; }
    public SubmissionState State { get; set; }
    public bool Public { get; set; }
}

/// <summary>
/// Who may see what, written once more from the rule's words and without any of the product's code: a certificate is seen by its producer, the exchange, the warehouse where its metal lies and its current legal
/// owner; drafts by producer and exchange; figures by those who see a certificate that takes them, and by everybody where the producer opted in.
/// </summary>
sealed class TitleModel
{
    public List<ModelLot> Lots { get; } = [];
    public List<ModelForm> Forms { get; } = [];
    public Guid Exchange { get; init; }

    public string? Reason(Guid? organisation, ModelLot lot, ModelVersion version)
    {
        if (organisation is not { } asker) return null;
        if (asker == Exchange) return "Exchange";
        if (asker == lot.Producer) return "Producer";
        if (version.Unpublished) return null;
        if (asker == version.Owner) return "LegalOwner";
        return asker == version.Place ? "Warehouse" : null;
    }

    public bool Sees(Guid? organisation, ModelLot lot, ModelVersion version) => Reason(organisation, lot, version) is not null;

    public bool SeesWarrant(Guid? organisation, ModelWarrant warrant) => organisation is { } asker
        && (asker == Exchange || asker == warrant.Warehouse || asker == warrant.Owner || (warrant.Open is { } open && open.To == asker));

    /// <summary>The form a certificate of a brand and year takes: of that year, else of the year before.</summary>
    public ModelForm? Taken(string brand, int year, EmissionsMethod method) => Accepted(brand, year, method) ?? Accepted(brand, year - 1, method);

    ModelForm? Accepted(string brand, int year, EmissionsMethod method) =>
        byKey.TryGetValue((brand, year, method), out var forms) ? forms.LastOrDefault(f => f.State == SubmissionState.Accepted) : null;

    readonly Dictionary<(string, int, EmissionsMethod), List<ModelForm>> byKey = [];

    public void Add(ModelForm form)
    {
        Forms.Add(form);
        if (!byKey.TryGetValue((form.Brand, form.Year, form.Method), out var list)) byKey[(form.Brand, form.Year, form.Method)] = list = [];
        list.Add(form);
    }

    public static bool IsPublic(ModelForm form) => form is { Public: true, State: SubmissionState.Accepted };

    /// <summary>A form asked for by itself: the exchange sees it from the moment it is handed in.</summary>
    public bool SeesForm(Guid? organisation, ModelForm form) => IsPublic(form) || (organisation is { } asker && ((asker == Exchange && form.State != SubmissionState.Draft) || asker == form.Producer));

    /// <summary>Every form whose figures an organisation may come to see on any path: what the database's own fence must show, exactly.</summary>
    public HashSet<Guid> Shown(Guid? organisation)
    {
        var shown = Forms.Where(f => SeesForm(organisation, f)).Select(f => f.Id).ToHashSet();
        if (organisation is not { } asker || asker == Exchange) return shown;
        var groups = Lots.SelectMany(l => l.Versions.Where(v => v.Fenced && (v.Owner == asker || v.Place == asker)).Select(_ => (l.Brand, l.Year))).ToHashSet();
        foreach (var (brand, year) in groups)
            foreach (var method in Enum.GetValues<EmissionsMethod>())
                if (Taken(brand, year, method) is { } form) shown.Add(form.Id);
        return shown;
    }
}
