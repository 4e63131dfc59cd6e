using System.Globalization;
using Calls.Domain.Ports;

namespace Calls.Domain.Jobs;

/// <summary>The posts that show recordings and transcriptions, and what the call's post says of them (rest-api.md 8.2 to 8.4).</summary>
public sealed class RecordingPosts(
    IChatHost host, IBotPosts bot, CallPostEdits edits, ICallRules rules, TimeProvider time, ICallLog log)
{
    private const string RecordingType = "custom_calls_recording";
    private const string TranscriptionType = "custom_calls_transcription";
    private const string RecordingsProp = "recordings";
    private const string TranscriptionsProp = "transcriptions";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Notes in the call's post that a recording began, so that clients know what will come.</summary>
    /// <exception cref="ChatHostException"/>
    /// <exception cref="CallLockException"/>
    public async Task NoteStartAsync(CallState call, CallJob recording, CallJob? transcription)
    {
        if (call.Post is not { } id)
        {
            return;
        }

        using CancellationTokenSource limit = new(Limit, time);
        await edits.EditAsync(
            call.Channel,
            id,
            post =>
            {
                if (post is null)
                {
                    throw new ChatHostException($"post not found (id={id})", isUnavailable: false);
                }

                Dictionary<string, object?> props = new()
                {
                    [RecordingsProp] = With(
                        MapOf(post, RecordingsProp), recording.Id, transcription is null ? [] : new() { ["tr_id"] = transcription.Id.Value }),
                };
                if (transcription is not null)
                {
                    props[TranscriptionsProp] = With(
                        MapOf(post, TranscriptionsProp), transcription.Id, new() { ["rec_id"] = recording.Id.Value });
                }

                return Task.FromResult<PostChange?>(new PostChange(post.Message, props));
            },
            limit.Token);
    }

    /// <summary>Posts a recording's file into the thread of its call. The call may have ended long ago.</summary>
    public Task<RecordingPostResult> PostRecordingAsync(
        ChannelId channel, JobId job, PostId callPost, string file, CancellationToken cancellation) =>
        InCallPostAsync(channel, callPost, cancellation, async post =>
        {
            string text = rules.Current.TranscribesRecordings
                ? "Here's the call recording{0}. Transcription is processing and will be posted when ready."
                : "Here's the call recording{0}";
            ChatPost created = await CreateAsync(
                post, channel, RecordingType, text, new() { ["recording_id"] = job.Value }, [file], cancellation);

            if (MapOf(post, RecordingsProp) is not { } recordings)
            {
                log.Failed(
                    "noting a recording in the call post", new FormatException($"The prop {RecordingsProp} of {callPost} is not usable."));
                return new PostChange(post.Message, new Dictionary<string, object?>());
            }

            Dictionary<string, object?> entry = new() { ["file_id"] = file, ["post_id"] = created.Id.Value };
            return new PostChange(
                post.Message, new Dictionary<string, object?> { [RecordingsProp] = With(recordings, job, entry) });
        });

    /// <summary>Posts a transcription into the thread of its call, and gives its recording the captions.</summary>
    /// <param name="transcriptions">At least one; the files of the first are posted, the captions list all.</param>
    public Task<RecordingPostResult> PostTranscriptionAsync(
        ChannelId channel,
        JobId job,
        PostId callPost,
        IReadOnlyList<TranscriptionFiles> transcriptions,
        CancellationToken cancellation) =>
        InCallPostAsync(channel, callPost, cancellation, async post =>
        {
            List<object?> captions = [.. transcriptions.Select(CaptionOf)];
            Dictionary<string, object?> own = new() { ["transcription_id"] = job.Value, ["captions"] = captions };

            // The subtitles are attached as well: that is what lets members of the channel read them (mattermost-integration.md 8).
            TranscriptionFiles first = transcriptions[0];
            ChatPost created = await CreateAsync(
                post, channel, TranscriptionType, "Here's the call transcription{0}", own, [first.Text, first.Captions], cancellation);

            if (MapOf(post, TranscriptionsProp) is not { } all || all.GetValueOrDefault(job.Value) is not IReadOnlyDictionary<string, object?> noted)
            {
                throw new UnusablePostException("unexpected data found in transcriptions post prop");
            }

            await GiveCaptionsAsync(post, noted.GetValueOrDefault("rec_id") as string, captions, cancellation);
            Dictionary<string, object?> entry = new() { ["file_id"] = first.Captions, ["post_id"] = created.Id.Value };
            return new PostChange(post.Message, new Dictionary<string, object?> { [TranscriptionsProp] = With(all, job, entry) });
        });

    private async Task<RecordingPostResult> InCallPostAsync(
        ChannelId channel, PostId callPost, CancellationToken cancellation, Func<ChatPost, Task<PostChange>> change)
    {
        bool isRead = false;
        try
        {
            string? problem = null;
            await edits.EditAsync(
                channel,
                callPost,
                async post =>
                {
                    isRead = true;

                    // A worker's token must not be good for changing any other post.
                    if (post is not { Type: CallPosts.PostType } || post.Channel != channel)
                    {
                        problem = $"failed to get call post: post not found (id={callPost})";
                        return null;
                    }

                    return await change(post);
                },
                cancellation);
            return new RecordingPostResult(problem);
        }
        catch (UnusablePostException unusable)
        {
            return new RecordingPostResult(unusable.Message);
        }
        catch (ChatHostException failure)
        {
            // What fails in between has a text of its own.
            return new RecordingPostResult($"{(isRead ? "failed to update call thread" : "failed to get call post")}: {failure.Message}");
        }
    }

    private async Task<ChatPost> CreateAsync(
        ChatPost callPost,
        ChannelId channel,
        string type,
        string text,
        Dictionary<string, object?> props,
        IReadOnlyList<string> files,
        CancellationToken cancellation)
    {
        props["call_post_id"] = callPost.Id.Value;
        ChatPost post = new(
            default, channel, callPost.Root ?? callPost.Id, host.BotUserId, type, string.Format(CultureInfo.InvariantCulture, text, TitleOf(callPost)), props);
        try
        {
            return await bot.CreateAsync(post, files, cancellation);
        }
        catch (ChatHostException failure)
        {
            throw new UnusablePostException($"failed to create post: {failure.Message}");
        }
    }

    private async Task GiveCaptionsAsync(ChatPost callPost, string? recording, List<object?> captions, CancellationToken cancellation)
    {
        if (MapOf(callPost, RecordingsProp) is not { } recordings)
        {
            throw new UnusablePostException("unexpected data found in recordings post prop");
        }

        if (recording is null
            || recordings.GetValueOrDefault(recording) is not IReadOnlyDictionary<string, object?> entry
            || entry.GetValueOrDefault("post_id") is not string { Length: > 0 } postId)
        {
            // The recording was not uploaded, or will be later.
            return;
        }

        ChatPost post;
        try
        {
            post = await host.GetPostAsync(new PostId(postId), cancellation)
                ?? throw new ChatHostException($"post not found (id={postId})", isUnavailable: false);
        }
        catch (ChatHostException failure)
        {
            throw new UnusablePostException($"failed to get recording post: {failure.Message}");
        }

        try
        {
            await host.UpdatePostAsync(
                post.Id, post.Message, new Dictionary<string, object?> { ["captions"] = captions }, cancellation);
        }
        catch (ChatHostException failure)
        {
            throw new UnusablePostException($"failed to update recording post: {failure.Message}");
        }
    }

    private static Dictionary<string, object?> CaptionOf(TranscriptionFiles files) => new()
    {
        ["title"] = files.Title.Length > 0 ? files.Title : files.Language,
        ["language"] = files.Language,
        ["file_id"] = files.Captions,
    };

    private static IReadOnlyDictionary<string, object?>? MapOf(ChatPost post, string prop) =>
        post.Props.GetValueOrDefault(prop) as IReadOnlyDictionary<string, object?>;

    // What others wrote into the map stays.
    private static Dictionary<string, object?> With(
        IReadOnlyDictionary<string, object?>? map, JobId job, Dictionary<string, object?> entry)
    {
        Dictionary<string, object?> merged = map is null ? [] : new(map);
        Dictionary<string, object?> inner = merged.GetValueOrDefault(job.Value) is IReadOnlyDictionary<string, object?> old ? new(old) : [];
        foreach ((string key, object? value) in entry)
        {
            inner[key] = value;
        }

        merged[job.Value] = inner;
        return merged;
    }

    private static string TitleOf(ChatPost callPost)
    {
        if (callPost.Props.GetValueOrDefault("title") is not string { Length: > 0 } title)
        {
            return "";
        }

        string at = callPost.Props.GetValueOrDefault("start_at") is long start
            ? $" at {DateTimeOffset.FromUnixTimeMilliseconds(start).ToString("h:mmtt", CultureInfo.InvariantCulture)} UTC"
            : "";
        return $" of {title}{at}";
    }

    /// <summary>A step failed whose text is the answer.</summary>
    private sealed class UnusablePostException(string message) : Exception(message);
}
