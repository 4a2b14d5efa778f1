using System.Globalization;
using NodaTime;
using Verdigris.Passport.Certificates;
using Verdigris.Primitives;

namespace Verdigris.Passport.Warehousing.Weighing;

/// <summary>Which way the metal went over the scale.</summary>
public enum WeighDirection : short { In = 0, Out = 1 }

/// <summary>One weighing of a bundle, or of a whole lot. Masses in kilograms, at most three decimals; net is gross less tare. Never changed: a mistake is voided and weighed again.</summary>
/// <param name="BundleNo">Null for a lot weighed as one.</param>
/// <param name="Number">Of the paper or of the scale's memory; unique for a scale of a warehouse.</param>
public sealed record WeighTicket(Guid Id, WeighDirection Direction, Guid WarehouseId, Guid? CertificateId, Guid? WarrantId, string? BundleNo, string Number, string ScaleId, decimal GrossKg, decimal TareKg, decimal NetKg,
    Instant WeighedAt, Guid OperatorId, string OperatorName);

/// <param name="CertificateId">Of metal that comes in; none for metal that leaves.</param>
/// <param name="WarrantId">Of metal that leaves; none for metal that comes in.</param>
/// <param name="WeighedAt">Null: now.</param>
public sealed record NewWeighTicket(WeighDirection Direction, Guid WarehouseId, Guid? CertificateId, Guid? WarrantId, string? BundleNo, string Number, string ScaleId, decimal GrossKg, decimal TareKg, Instant? WeighedAt = null);

/// <summary>What a weighing must be, and what several of them say together. Pure.</summary>
public static class WeighRules
{
    public static List<Refusal> Check(NewWeighTicket ticket, Instant now)
    {
        var wrong = new List<Refusal>();
        if (!Enum.IsDefined(ticket.Direction)) wrong.Add(Refusal.Of("weigh.direction-unknown", "direction"));
        else if (ticket.Direction == WeighDirection.In ? ticket.CertificateId is null || ticket.WarrantId is not null : ticket.WarrantId is null || ticket.CertificateId is not null)
            wrong.Add(Refusal.Of("weigh.subject-wrong", ticket.Direction == WeighDirection.In ? "certificateId" : "warrantId"));
        if (ticket.BundleNo is not null && !CertificateRules.IsWord(ticket.BundleNo)) wrong.Add(Refusal.Of("weigh.bundle-invalid", "bundleNo", ("given", ticket.BundleNo)));
        if (!CertificateRules.IsWord(ticket.Number)) wrong.Add(Refusal.Of("weigh.number-invalid", "number", ("given", ticket.Number ?? "")));
        if (!CertificateRules.IsWord(ticket.ScaleId)) wrong.Add(Refusal.Of("weigh.scale-invalid", "scaleId", ("given", ticket.ScaleId ?? "")));
        var masses = Mass(ticket.GrossKg, "grossKg", 0.001m, wrong) & Mass(ticket.TareKg, "tareKg", 0, wrong);
        if (masses && ticket.TareKg >= ticket.GrossKg) wrong.Add(Refusal.Of("weigh.tare-not-below-gross", "tareKg", ("given", Text(ticket.TareKg)), ("gross", Text(ticket.GrossKg))));
        if (ticket.WeighedAt > now) wrong.Add(Refusal.Of("weigh.time-in-future", "weighedAt"));
        return wrong;
    }

    /// <summary>
    /// What is wrong with the tickets of one delivery, in this order: none; a whole lot weighed beside single bundles; a bundle weighed twice; not as many bundles weighed as counted; a net that is
    /// not theirs. Empty: they carry the net.
    /// </summary>
    /// <param name="netKg">The net claimed for the delivery.</param>
    public static List<Refusal> Carry(IReadOnlyList<WeighTicket> tickets, int bundles, decimal netKg)
    {
        if (tickets.Count == 0) return [Refusal.Conflict("weigh.ticket-missing", "netKg")];
        var single = tickets.Where(t => t.BundleNo is not null).ToList();
        if (single.Count > 0 && single.Count < tickets.Count) return [Refusal.Conflict("weigh.tickets-mixed", "netKg")];
        if (single.GroupBy(t => t.BundleNo, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) return [Refusal.Conflict("weigh.bundle-twice", "netKg", ("bundle", twice.Key!))];
        if (single.Count > 0 && single.Count != bundles) return [Refusal.Conflict("weigh.bundles-incomplete", "bundles", ("weighed", Text(single.Count)), ("counted", Text(bundles)))];
        var net = tickets.Sum(t => t.NetKg);
        return net == netKg ? [] : [Refusal.Conflict("weigh.net-not-theirs", "netKg", ("given", Text(netKg)), ("tickets", Text(net)))];
    }

    static bool Mass(decimal kg, string field, decimal least, List<Refusal> wrong)
    {
        if (kg >= least && kg <= CertificateRules.LargestKg && DecimalText.Trim(kg).Scale <= 3) return true;
        wrong.Add(Refusal.Of("weigh.mass-out-of-range", field, ("given", Text(kg))));
        return false;
    }

    static string Text(decimal value) => DecimalText.Trim(value).ToString(CultureInfo.InvariantCulture);
}
