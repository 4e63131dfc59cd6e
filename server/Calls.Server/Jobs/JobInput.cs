using System.Globalization;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;

namespace Calls.Server.Jobs;

/// <summary>What workers are started with (storage-and-jobs.md 9.4), checked as the workers check it.</summary>
internal static class JobInput
{
    private const int CompactSilenceMs = 2000;
    private const int CompactSegmentMs = 10_000;

    private static readonly Dictionary<string, (int Width, int Height, int VideoRate, int FrameRate, string Preset)> Qualities = new()
    {
        ["low"] = (1280, 720, 1000, 15, "ultrafast"),
        ["medium"] = (1280, 720, 1500, 20, "veryfast"),
        ["high"] = (1920, 1080, 2500, 20, "veryfast"),
    };

    // Of the recorder: values outside are refused by it once it has been started, which is late.
    private static readonly Dictionary<string, (int Min, int Max)> RecorderRanges = new()
    {
        ["width"] = (1280, 3840),
        ["height"] = (720, 2160),
        ["video_rate"] = (500, 10_000),
        ["audio_rate"] = (32, 320),
        ["frame_rate"] = (10, 60),
    };

    /// <exception cref="JobServiceException">The worker would refuse it.</exception>
    public static Dictionary<string, object> ForRecorder(JobOrder order, CallsSettings settings, JobServiceOptions options, string siteUrl)
    {
        (int width, int height, int videoRate, int frameRate, string preset) =
            Qualities.GetValueOrDefault(settings.RecordingQuality, Qualities["medium"]);
        Dictionary<string, object> input = Common(order, options, siteUrl);
        input["recording_id"] = order.Id.Value;
        input["width"] = width;
        input["height"] = height;
        input["video_rate"] = videoRate;
        input["audio_rate"] = 64;
        input["frame_rate"] = frameRate;
        input["video_preset"] = preset;
        input["output_format"] = "mp4";
        return Checked("recorder", "recording_id", Merged(input, options.RecorderExtras), RecorderRanges);
    }

    /// <exception cref="JobServiceException">The worker would refuse it.</exception>
    public static Dictionary<string, object> ForTranscriber(JobOrder order, CallsSettings settings, JobServiceOptions options, string siteUrl)
    {
        Dictionary<string, object> input = Common(order, options, siteUrl);
        input["transcription_id"] = order.Id.Value;
        input["transcribe_api"] = settings.TranscribeAPI;
        input["transcribe_api_options"] = ApiOptions(settings);
        input["model_size"] = settings.TranscriberModelSize;
        input["num_threads"] = settings.TranscriberNumThreads;
        input["output_format"] = "vtt";
        input["live_captions_on"] = order.WithCaptions;
        input["live_captions_model_size"] = settings.LiveCaptionsModelSize;
        input["live_captions_num_transcribers"] = settings.LiveCaptionsNumTranscribers;
        input["live_captions_num_threads_per_transcriber"] = settings.LiveCaptionsNumThreadsPerTranscriber;
        input["live_captions_language"] = settings.LiveCaptionsLanguage;
        input["webvtt_omit_speaker"] = false;
        input["text_compact_silence_threshold_ms"] = CompactSilenceMs;
        input["text_compact_max_segment_duration_ms"] = CompactSegmentMs;
        return Checked("transcriber", "transcription_id", Merged(input, options.TranscriberExtras), []);
    }

    // The recorder is given the id of the channel as that of the call (rest-api.md 1.2).
    private static Dictionary<string, object> Common(JobOrder order, JobServiceOptions options, string siteUrl) => new()
    {
        ["site_url"] = siteUrl,
        ["call_id"] = order.Channel.Value,
        ["post_id"] = order.Post?.Value ?? "",
        ["auth_token"] = options.BotToken,
    };

    // A JSON text inside of the JSON: it becomes one variable.
    private static string ApiOptions(CallsSettings settings) => settings.TranscribeAPI != "azure" ? "null" : JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["AZURE_SPEECH_KEY"] = settings.TranscribeAPIAzureSpeechKey,
            ["AZURE_SPEECH_REGION"] = settings.TranscribeAPIAzureSpeechRegion,
        });

    private static Dictionary<string, object> Merged(Dictionary<string, object> input, IReadOnlyDictionary<string, string> extras)
    {
        foreach ((string key, string value) in extras)
        {
            input[key] = value;
        }

        return input;
    }

    private static Dictionary<string, object> Checked(
        string worker, string idKey, Dictionary<string, object> input, Dictionary<string, (int Min, int Max)> ranges)
    {
        string? problem = CheckSite(input["site_url"].ToString()!);
        foreach (string key in (string[])["call_id", "post_id", "auth_token", idKey])
        {
            problem ??= RandomId.IsValid(input[key].ToString()) ? null : $"{Named(key)} parsing failed";
        }

        foreach ((string key, (int min, int max)) in ranges)
        {
            bool isNumber = int.TryParse(Convert.ToString(input[key], CultureInfo.InvariantCulture), out int value);
            problem ??= isNumber && value >= min && value <= max ? null : $"{Named(key)} value is not valid: {min} to {max} is expected";
        }

        return problem is null ? input : throw new JobServiceException($"{worker} config is not valid: {problem}");
    }

    private static string? CheckSite(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            return "SiteURL parsing failed: an http or https URL is expected";
        }

        // The recorder's page lies below the root (storage-and-jobs.md 9.4); not even a slash may follow the host.
        bool hasMore = url.AbsolutePath != "/" || url.Query.Length > 0 || url.Fragment.Length > 0 || text.EndsWith('/');
        return hasMore ? "SiteURL parsing failed: a path is not supported" : null;
    }

    private static string Named(string key) => key switch
    {
        "call_id" => "CallID",
        "post_id" => "PostID",
        "auth_token" => "AuthToken",
        "recording_id" => "RecordingID",
        "transcription_id" => "TranscriptionID",
        _ => key,
    };
}
