using NodaTime;
using NodaTime.Text;
using Verdigris.Primitives;
using Verdigris.Primitives.Calculations;
using Verdigris.Primitives.Rules;
using Verdigris.Registry.Accounts;
using Verdigris.Registry.Rules;
using Verdigris.Registry.Schemes;

namespace Verdigris.Registry.Methods;

/// <summary>Method <c>registry.transfer-delay</c>: when what is initiated now is carried out.</summary>
sealed class TransferDelayMethod() : Calculator("registry.transfer-delay", "1.0", new("Delay of a transfer", "转让延迟"),
    Text("rule", "Rule of a scheme, for example eu-26h", "体系规则，例如 eu-26h"),
    Text("initiatedAt", "Initiated, with the offset: 2024-03-11T09:00:00+01:00", "发起时间（含时差）：2024-03-11T09:00:00+01:00", optional: true),
    Text("initiatedAtLocal", "Initiated, in the rule's own time: 2021-03-15T15:59:59", "发起时间（规则所在地时间）：2021-03-15T15:59:59", optional: true),
    Text("delay", "A length in place of the rule's, for example PT26H", "代替规则的时长，例如 PT26H", optional: true))
{
    protected override void Work(Working w)
    {
        var schemes = SchemeSet.Of(w.Rules);
        var named = w.Input.Text("rule");
        var scheme = schemes.All.FirstOrDefault(s => s.Hours.Any(h => h.Rule == named));
        if (scheme is null) w.Stop<Done>(Refusal.NotFound("registry.rule-unknown", "rule", ("given", named), ("known", string.Join(", ", schemes.All.SelectMany(s => s.Hours).Select(h => h.Rule)))));
        var rule = schemes.Hours(named)!;
        var zone = DateTimeZoneProviders.Tzdb[rule.Zone];
        var local = w.Either("initiatedAt", "initiatedAtLocal") == 1;
        var initiated = local
            ? LocalDateTimePattern.GeneralIso.Parse(w.Input.Text("initiatedAtLocal")) is { Success: true } wall ? wall.Value.InZoneLeniently(zone).ToInstant() : Malformed(w, "initiatedAtLocal")
            : OffsetDateTimePattern.Rfc3339.Parse(w.Input.Text("initiatedAt")) is { Success: true } moment ? moment.Value.ToInstant() : Malformed(w, "initiatedAt");
        var times = w.Value(TransferDelay.Of(rule, schemes.Calendar(rule.Calendar), initiated, Length(w)));
        var cited = scheme!.Pack.Table("hours").Find(null, named)!.Ref(scheme.Pack);
        Put(w, "starts", "The clock starts", "开始计时", "startsAt", times.Starts, zone, cited);
        Put(w, "executes", "Carried out", "执行", local ? "executesAtLocal" : "executesAt", times.Executes, zone, cited, local);
        if (times.CancelUntil is { } until) Put(w, "cancel", "Can be cancelled until", "可撤销至", "cancelUntil", until, zone, cited);
    }

    static Instant Malformed(Working w, string field) => w.Stop<Instant>(Refusal.Of("registry.time-malformed", field, ("given", w.Input.Text(field))));

    static Duration? Length(Working w)
    {
        if (w.Input.TextOrNull("delay") is not { } text) return null;
        var read = PeriodPattern.NormalizingIso.Parse(text);
        return read.Success && read.Value is { Months: 0, Years: 0 } period ? period.ToDuration() : w.Stop<Duration?>(Refusal.Of("registry.delay-malformed", "delay", ("given", text)));
    }

    static void Put(Working w, string id, string en, string zh, string field, Instant at, DateTimeZone zone, RuleRef rule, bool local = false)
    {
        var text = local ? LocalDateTimePattern.GeneralIso.Format(at.InZone(zone).LocalDateTime) : OffsetDateTimePattern.Rfc3339.Format(at.InZone(zone).ToOffsetDateTime());
        w.Note(new(id, new(en, zh), null, [], text, null, rule));
        w.Put(field, text);
    }
}

/// <summary>Method <c>registry.account-check</c>: the check digits of the number of an account or a user.</summary>
sealed class AccountCheckMethod() : Calculator("registry.account-check", "1.0", new("Check digits of an account", "账户校验位"), Text("accountId", "Number of an account or a user", "账户号或用户号"))
{
    protected override void Work(Working w)
    {
        var text = w.Input.Text("accountId").Trim();
        var user = text.Count(c => c == '-') == 1;
        var refusals = user ? UserNumber.Read(text).Refusals : AccountNumber.Read(text).Refusals;
        if (refusals.Count > 0 && refusals[0].Code is not ("registry.account-check" or "registry.user-check")) w.Stop<Done>(refusals[0]);
        var valid = refusals.Count == 0;
        w.Note(new("check", new("Check digits by modulo 97", "模 97 校验位"), "98 - N mod 97", [], valid));
        w.Put("valid", valid);
        w.Put("kind", user ? "user" : "account");
    }
}
