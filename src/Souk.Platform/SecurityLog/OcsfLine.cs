using System.Text;
using System.Text.Json.Nodes;
using Souk.Platform.Http;

namespace Souk.Platform.SecurityLog;

/// <summary>
/// An entry as an event of the Open Cybersecurity Schema Framework 1.3, one JSON object a line: Authentication (3002), Account Change (3001), API Activity
/// (6003). What the schema has no place for stands in <c>unmapped</c>.
/// </summary>
public static class OcsfLine
{
    const string SchemaVersion = "1.3.0";
    const int CategoryDivisor = 1_000, TypeFactor = 100, Other = 99;
    const int Informational = 1, Low = 2, High = 4;
    const int StatusUnknown = 0, Success = 1, Failure = 2;

    static readonly string ProductVersion = typeof(OcsfLine).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static string Of(SealedEntry row, string? address)
    {
        var (entry, act) = (row.Entry, SecurityAct.Of(row.Entry.Act));
        // An act of a newer build is shown all the same.
        var (ocsf, activity) = act is null ? (OcsfClass.ApiActivity, Other) : (act.Class, act.Activity);
        var details = JsonNode.Parse(entry.Details)!.AsObject();
        if (ocsf == OcsfClass.ApiActivity) activity = ActivityOf((string?)details["method"]);
        var refused = entry.Outcome == SecurityEntries.CodeOf(SecurityOutcome.Refused);

        JsonObject line = new()
        {
            ["activity_id"] = activity, ["category_uid"] = (int)ocsf / CategoryDivisor, ["class_uid"] = (int)ocsf, ["type_uid"] = (int)ocsf * TypeFactor + activity,
            ["time"] = entry.At.ToUnixTimeMilliseconds(),
            ["severity_id"] = act is { IsAlarming: true } ? High : refused ? Low : Informational,
            ["status_id"] = refused ? Failure : entry.Outcome == SecurityEntries.CodeOf(SecurityOutcome.Done) ? Success : StatusUnknown,
            ["metadata"] = new JsonObject
            {
                ["version"] = SchemaVersion, ["uid"] = new SecurityId("sec", entry.Id).ToString(), ["sequence"] = row.Seq, ["event_code"] = entry.Act,
                ["product"] = new JsonObject { ["name"] = "Souk", ["vendor_name"] = "Souk", ["version"] = ProductVersion },
            },
            ["actor"] = new JsonObject { ["user"] = User(entry.Actor.ToId(), entry.Actor.Kind) },
            ["unmapped"] = new JsonObject { ["outcome"] = entry.Outcome, ["details"] = details.DeepClone(), ["hash"] = Convert.ToHexStringLower(row.Hash) },
        };
        if (activity == Other) line["activity_name"] = entry.Act;
        if (entry.TraceId is { } trace) line["metadata"]!["correlation_uid"] = trace;
        if ((string?)details["problem"] is { } problem) line["status_code"] = problem;
        if (entry.Target is { } target) line["unmapped"]!["target"] = target.ToString();
        if (ocsf == OcsfClass.ApiActivity)
        {
            line["api"] = new JsonObject { ["operation"] = (string?)details["operation"] ?? entry.Act };
            // The schema asks for one, also where it is not known or not to be shown.
            line["src_endpoint"] = address is null ? new JsonObject { ["name"] = "withheld" } : new JsonObject { ["ip"] = address };
        }
        else
        {
            line["user"] = User(entry.Person is { } person ? new(SecurityId.Account, person) : null, "unknown");
            if (entry.Target is { Prefix: SecurityId.Session } session) line["session"] = new JsonObject { ["uid"] = session.ToString() };
            if (address is not null) line["src_endpoint"] = new JsonObject { ["ip"] = address };
        }
        return line.ToJsonString(Json.Options);
    }

    /// <summary>POST creates, PUT and PATCH update, DELETE deletes.</summary>
    static int ActivityOf(string? method) => method switch
    {
        "POST" => 1,
        "PUT" or "PATCH" => 3,
        "DELETE" => 4,
        _ => Other,
    };

    static JsonObject User(SecurityId? id, string otherwise) => id is { } known ? new() { ["uid"] = known.ToString() } : new() { ["name"] = otherwise };
}

/// <summary>An entry as a line of syslog (RFC 5424), facility "log audit" (13), with everything as structured data.</summary>
public static class SyslogLine
{
    const int Facility = 13, Warning = 4, Notice = 5, Informational = 6;

    /// <summary>The number that RFC 5612 sets aside for documentation: the shop has none of its own.</summary>
    const string DataId = "souk@32473";

    public static string Of(SealedEntry row, string? address)
    {
        var entry = row.Entry;
        var severity = SecurityAct.Of(entry.Act) is { IsAlarming: true } ? Warning : entry.Outcome == SecurityEntries.CodeOf(SecurityOutcome.Refused) ? Notice : Informational;
        var time = entry.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var actor = entry.Actor.ToId()?.ToString() ?? entry.Actor.Kind;
        var line = new StringBuilder(FormattableString.Invariant($"<{Facility * 8 + severity}>1 {time} - souk - {entry.Act} [{DataId}"));
        foreach (var (name, value) in new (string, string?)[]
        {
            ("seq", row.Seq.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("hash", Convert.ToHexStringLower(row.Hash)), ("outcome", entry.Outcome), ("actor", actor),
            ("target", entry.Target?.ToString()), ("address", address), ("details", entry.Details == "{}" ? null : entry.Details), ("trace", entry.TraceId),
        })
            if (value is not null) line.Append(' ').Append(name).Append("=\"").Append(Escape(value)).Append('"');
        return line.Append("] ").Append(entry.Act).Append(' ').Append(entry.Outcome).Append(" by ").Append(actor).ToString();
    }

    /// <summary>RFC 5424, 6.3.3.</summary>
    static string Escape(string value) => value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("]", @"\]", StringComparison.Ordinal);
}
