using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Verdigris.Footprint.Alarms;
using Verdigris.Primitives;
using Verdigris.Storage;
using Verdigris.Web;

namespace Verdigris.Footprint.Api;

/// <summary>Rules that watch meters, and the alarms they raise.</summary>
static class AlarmApi
{
    public static void Map(RouteGroupBuilder api)
    {
        var g = api.MapGroup("/footprint/facilities/{id:guid}").WithTags("Footprint");
        g.MapGet("/alarm-rules", async (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Rules(s, id, ct))).WithName("ListAlarmRules").WithSummary("Rules that watch a facility's meters").Produces<IReadOnlyList<AlarmRule>>();
        g.MapPost("/alarm-rules", (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Made<NewAlarmRule, AlarmRule>(http, b => h.Create(s, id, b, ct), _ => $"/api/v1/footprint/facilities/{id}/alarm-rules", ct))
            .WithName("CreateAlarmRule").WithSummary("Watch a tag, or one tag over another, by limits, cumulative sum or moving average (producer's editor)").Accepts<NewAlarmRule>("application/json").Produces<AlarmRule>(201);
        g.MapGet("/alarms", async (HttpContext http, DbSession s, AlarmHandlers h, Guid id, bool? open, string? sort, string? cursor, int? limit, CancellationToken ct) => ApiReplies.Reply(http, await h.List(s, id, new(open ?? false, sort, cursor, limit ?? 50), ct)))
            .WithName("ListAlarms").WithSummary("Alarms of a facility, newest first; open=true for those not closed").Produces<Page<Alarm>>();
        var r = api.MapGroup("/footprint/alarm-rules/{id:guid}").WithTags("Footprint");
        r.MapPost("/mute", (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<MuteBody, AlarmRule>(http, b => h.Mute(s, id, b.Until, ct), ct))
            .WithName("MuteAlarmRule").WithSummary("Tell nobody until a moment, at most 90 days ahead; without one, tell again (producer's editor)").Accepts<MuteBody>("application/json").Produces<AlarmRule>();
        r.MapPost("/end", async (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.End(s, id, ct))).WithName("EndAlarmRule").WithSummary("Watch no longer (producer's editor)").Produces<AlarmRule>();
        var a = api.MapGroup("/footprint/alarms/{id:guid}").WithTags("Footprint");
        a.MapGet("", async (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Read(s, id, ct))).WithName("GetAlarm").WithSummary("An alarm with what was said to it").Produces<AlarmView>();
        a.MapPost("/acknowledge", async (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply(http, await h.Acknowledge(s, id, ct))).WithName("AcknowledgeAlarm").WithSummary("Say that somebody looks after it (producer)").Produces<AlarmView>();
        a.MapPost("/comments", (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<CommentBody, AlarmView>(http, b => h.Comment(s, id, b.Text, ct), ct))
            .WithName("CommentAlarm").WithSummary("Say something to it (producer)").Accepts<CommentBody>("application/json").Produces<AlarmView>();
        a.MapPost("/close", (HttpContext http, DbSession s, AlarmHandlers h, Guid id, CancellationToken ct) => ApiReplies.Reply<CommentBody, AlarmView>(http, b => h.Close(s, id, b.Text, ct), ct))
            .WithName("CloseAlarm").WithSummary("Close an acknowledged one with what was done; the chart begins anew (producer)").Accepts<CommentBody>("application/json").Produces<AlarmView>();
    }
}
