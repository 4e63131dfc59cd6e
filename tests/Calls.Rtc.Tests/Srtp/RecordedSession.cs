using System.Text.Json;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Tests.Srtp;

/// <summary>The keys of one session of a recording.</summary>
internal sealed record RecordedSession(string Name, ushort ProfileId, bool SfuIsDtlsServer, byte[] KeyingMaterial)
{
    public SrtpSide Sfu => SfuIsDtlsServer ? SrtpSide.DtlsServer : SrtpSide.DtlsClient;

    public SrtpSide Client => SfuIsDtlsServer ? SrtpSide.DtlsClient : SrtpSide.DtlsServer;

    public static List<RecordedSession> Read(string recording)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(RecordedPacket.Directory, recording + ".keys.json")));
        var sessions = new List<RecordedSession>();

        foreach (JsonProperty session in json.RootElement.GetProperty("sessions").EnumerateObject())
        {
            sessions.Add(new(
                session.Name,
                Convert.ToUInt16(session.Value.GetProperty("srtp_profile").GetString(), 16),
                session.Value.GetProperty("sfu_dtls_role").GetString() == "server",
                Convert.FromHexString(session.Value.GetProperty("keying_material").GetString()!)));
        }

        return sessions;
    }
}
