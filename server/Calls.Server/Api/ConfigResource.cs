using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Api;

/// <summary><c>GET /config</c> (configuration.md 6). System administrators get every setting, secrets in clear text as the console needs.</summary>
internal sealed class ConfigResource(CurrentCallsSettings settings, IChatHost host) : IApiResource
{
    public void Map(ApiRoutes routes) => routes.Get("/config", GetAsync, FailureShape.ErrorObject);

    private async Task<ApiAnswer> GetAsync(ApiRequest request)
    {
        CallsSettings current = settings.Value;
        bool isAdmin = await host.IsSystemAdminAsync(request.User, request.Aborted);
        return ApiAnswer.Resource(writer =>
        {
            writer.WriteStartObject();
            WriteClientFields(writer, current);
            if (isAdmin)
            {
                WriteAdminFields(writer, current);
            }

            writer.WriteEndObject();
        });
    }

    private static void WriteClientFields(Utf8JsonWriter writer, CallsSettings settings)
    {
        // Old mobile versions need the first.
        writer.WriteBoolean("AllowEnableCalls", true);
        writer.WriteBoolean("DefaultEnabled", settings.DefaultEnabled);
        WriteStrings(writer, "ICEServers", settings.ICEServers);
        WriteIceServers(writer, settings);
        writer.WriteNumber("MaxCallParticipants", settings.MaxCallParticipants);
        writer.WriteBoolean(
            "NeedsTURNCredentials",
            settings.TURNStaticAuthSecret.Length > 0 && settings.ICEServersConfigs.Any(server => server.NeedsCredentials));
        writer.WriteBoolean("AllowScreenSharing", settings.AllowScreenSharing);
        writer.WriteBoolean("EnableRecordings", settings.EnableRecordings);
        writer.WriteBoolean("EnableTranscriptions", settings.EnableTranscriptions);
        writer.WriteBoolean("EnableLiveCaptions", settings.EnableLiveCaptions);
        writer.WriteNumber("MaxRecordingDuration", settings.MaxRecordingDuration);
        writer.WriteBoolean("EnableSimulcast", settings.EnableSimulcast);
        writer.WriteBoolean("EnableRinging", settings.EnableRinging);
        writer.WriteString("sku_short_name", settings.SkuShortName);
        writer.WriteBoolean("HostControlsAllowed", settings.Licensed.HostControls);
        writer.WriteBoolean("EnableAV1", settings.EnableAV1);
        writer.WriteBoolean("GroupCallsAllowed", settings.Licensed.GroupCalls);
        writer.WriteBoolean("EnableDCSignaling", settings.EnableDCSignaling);
        writer.WriteBoolean("EnableVideo", settings.EnableVideo);
    }

    private static void WriteAdminFields(Utf8JsonWriter writer, CallsSettings settings)
    {
        writer.WriteString("ICEHostOverride", settings.ICEHostOverride);
        if (settings.ICEHostPortOverride is { } port)
        {
            writer.WriteNumber("ICEHostPortOverride", port);
        }
        else
        {
            writer.WriteNull("ICEHostPortOverride");
        }

        writer.WriteString("UDPServerAddress", settings.UDPServerAddress);
        writer.WriteString("TCPServerAddress", settings.TCPServerAddress);
        writer.WriteNumber("UDPServerPort", settings.UDPServerPort);
        writer.WriteNumber("TCPServerPort", settings.TCPServerPort);
        writer.WriteString("RTCDServiceURL", settings.RTCDServiceURL);
        writer.WriteString("TURNStaticAuthSecret", settings.TURNStaticAuthSecret);
        writer.WriteNumber("TURNCredentialsExpirationMinutes", settings.TURNCredentialsExpirationMinutes);
        writer.WriteBoolean("ServerSideTURN", settings.ServerSideTURN);
        writer.WriteString("JobServiceURL", settings.JobServiceURL);
        writer.WriteString("RecordingQuality", settings.RecordingQuality);
        writer.WriteBoolean("EnableIPv6", settings.EnableIPv6);
        writer.WriteString("TranscriberModelSize", settings.TranscriberModelSize);
        writer.WriteString("TranscribeAPI", settings.TranscribeAPI);
        writer.WriteString("TranscribeAPIAzureSpeechKey", settings.TranscribeAPIAzureSpeechKey);
        writer.WriteString("TranscribeAPIAzureSpeechRegion", settings.TranscribeAPIAzureSpeechRegion);
        writer.WriteNumber("TranscriberNumThreads", settings.TranscriberNumThreads);
        writer.WriteString("LiveCaptionsModelSize", settings.LiveCaptionsModelSize);
        writer.WriteNumber("LiveCaptionsNumTranscribers", settings.LiveCaptionsNumTranscribers);
        writer.WriteNumber("LiveCaptionsNumThreadsPerTranscriber", settings.LiveCaptionsNumThreadsPerTranscriber);
        writer.WriteString("LiveCaptionsLanguage", settings.LiveCaptionsLanguage);
    }

    // TURN servers without credentials are not for anybody: clients get generated ones from /turn-credentials.
    private static void WriteIceServers(Utf8JsonWriter writer, CallsSettings settings)
    {
        writer.WriteStartArray("ICEServersConfigs");
        foreach (IceServer server in settings.ICEServersConfigs.Where(server => !server.NeedsCredentials))
        {
            writer.WriteStartObject();
            WriteStrings(writer, "urls", server.Urls);
            if (server.Username.Length > 0)
            {
                writer.WriteString("username", server.Username);
            }

            if (server.Credential.Length > 0)
            {
                writer.WriteString("credential", server.Credential);
            }

            writer.WriteEndObject();
        }

        if (settings.ICEServers.Count > 0)
        {
            writer.WriteStartObject();
            WriteStrings(writer, "urls", settings.ICEServers);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
