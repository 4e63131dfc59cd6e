using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Jobs;

namespace Calls.Server.Signaling;

/// <summary>The JSON of a call's state as one user may see it (signaling.md 5).</summary>
internal static class CallStateDocument
{
    public static string ToJson(CallState call, UserId receiver, BotUsers bots)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            Write(writer, call, receiver, bots);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public static void Write(Utf8JsonWriter writer, CallState call, UserId receiver, BotUsers bots)
    {
        writer.WriteStartObject();
        writer.WriteString("id", call.Id.Value);
        writer.WriteNumber("start_at", call.StartAt);
        writer.WriteStartArray("sessions");
        foreach (CallSession session in call.Sessions.Values)
        {
            if (!bots.Contains(session.User))
            {
                WriteSession(writer, session);
            }
        }

        writer.WriteEndArray();
        writer.WriteString("thread_id", call.Thread?.Value ?? string.Empty);
        writer.WriteString("post_id", call.Post?.Value ?? string.Empty);
        writer.WriteString("screen_sharing_session_id", call.ScreenSharer?.Value ?? string.Empty);
        writer.WriteString("owner_id", call.Owner.Value);
        writer.WriteString("host_id", call.Host?.Value ?? string.Empty);

        WriteJob(writer, "recording", call.ActiveJob(JobKind.Recording));
        WriteJob(writer, "transcription", call.ActiveJob(JobKind.Transcription));
        WriteJob(writer, "live_captions", call.ActiveJob(JobKind.Captions));

        // Never who else did.
        if (call.Dismissed.Contains(receiver))
        {
            writer.WriteStartObject("dismissed_notification");
            writer.WriteBoolean(receiver.Value, true);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteJob(Utf8JsonWriter writer, string name, CallJob? job)
    {
        if (job is not null)
        {
            writer.WritePropertyName(name);
            JobDocument.Write(writer, job);
        }
    }

    private static void WriteSession(Utf8JsonWriter writer, CallSession session)
    {
        writer.WriteStartObject();
        writer.WriteString("session_id", session.Id.Value);
        writer.WriteString("user_id", session.User.Value);
        writer.WriteBoolean("unmuted", session.IsUnmuted);
        writer.WriteNumber("raised_hand", session.RaisedHandAt);
        writer.WriteBoolean("video", session.HasVideo);
        writer.WriteEndObject();
    }
}
