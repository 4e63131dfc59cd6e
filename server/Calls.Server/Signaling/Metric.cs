using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Domain.Sessions;
using Calls.Server.Observability.Metrics;

namespace Calls.Server.Signaling;

/// <summary><c>metric</c>: what a client or the transcriber measured. Unknown names are ignored.</summary>
internal sealed class Metric(IChatHost host, CallsMetrics metrics) : ISessionMessage
{
    private const string CandidatePair = "client_ice_candidate_pair";

    private static readonly string[] States = ["succeeded", "waiting", "in-progress", "froze", "failed"];
    private static readonly string[] Types = ["host", "srflx", "prflx", "relay"];
    private static readonly string[] Protocols = ["udp", "tcp"];

    public Task<MessageOutcome> HandleAsync(ClientMessage message, LocalSession session)
    {
        if (message.Data.String("metric_name") is not { Length: > 0 } name)
        {
            return Task.FromResult(MessageOutcome.Rejected("invalid or missing metric_name in metric ws message"));
        }

        if (host.Bots.Contains(session.User))
        {
            CountOverload(name);
            return Task.FromResult(MessageOutcome.Done);
        }

        if (name != CandidatePair)
        {
            return Task.FromResult(MessageOutcome.Done);
        }

        string? problem = message.Data.String("data") is { } json ? Validate(json) : "invalid or missing data";
        return Task.FromResult(problem is null ? MessageOutcome.Done : MessageOutcome.Rejected($"failed to validate payload: {problem}"));
    }

    // A transcriber that does not keep up.
    private void CountOverload(string name)
    {
        switch (name)
        {
            case "live_captions_window_dropped":
                metrics.CaptionWindowsDropped.With().Add();
                break;
            case "live_captions_transcriber_buf_full":
                metrics.CaptionTranscriberFull.With().Add();
                break;
            case "live_captions_pktPayloadCh_buf_full":
                metrics.CaptionPacketsFull.With().Add();
                break;
        }
    }

    private string? Validate(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            string? problem = root.ValueKind != JsonValueKind.Object ? "not an object"
                : !IsOneOf(root, "state", States) ? "invalid state"
                : Candidate(root, "local") is { } local ? $"invalid local candidate info: {local}"
                : Candidate(root, "remote") is { } remote ? $"invalid remote candidate info: {remote}"
                : null;
            if (problem is null)
            {
                Count(root);
            }

            return problem;
        }
        catch (JsonException)
        {
            return "not JSON";
        }
    }

    private void Count(JsonElement pair)
    {
        JsonElement local = pair.GetProperty("local");
        JsonElement remote = pair.GetProperty("remote");
        metrics.ClientIceCandidatePairs.With(
            pair.GetProperty("state").GetString()!,
            local.GetProperty("type").GetString()!,
            local.GetProperty("protocol").GetString()!,
            remote.GetProperty("type").GetString()!,
            remote.GetProperty("protocol").GetString()!).Add();
    }

    private static string? Candidate(JsonElement root, string side) =>
        !root.TryGetProperty(side, out JsonElement candidate) || candidate.ValueKind != JsonValueKind.Object ? "missing"
            : !IsOneOf(candidate, "type", Types) ? "invalid type"
            : !IsOneOf(candidate, "protocol", Protocols) ? "invalid protocol"
            : null;

    private static bool IsOneOf(JsonElement element, string key, string[] allowed) =>
        element.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String
        && allowed.Contains(value.GetString());
}
