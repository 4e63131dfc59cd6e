using Calls.Domain;
using Calls.Domain.Jobs;

namespace Calls.Server.Api.Bot;

/// <summary>Posts for what recorder and transcriber have uploaded (rest-api.md 4.8, 4.9).</summary>
internal sealed class BotPostsResource(BotGate gate, RecordingPosts posts) : IApiResource
{
    public void Map(ApiRoutes routes)
    {
        string call = $"/calls/{ApiRoutes.ChannelSegment}";
        routes.BotPost(gate, $"{call}/recordings", PostRecordingAsync);
        routes.BotPost(gate, $"{call}/transcriptions", PostTranscriptionAsync);
    }

    private async Task<ApiAnswer> PostRecordingAsync(ApiRequest request)
    {
        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return Refused($"failed to decode request body: {problem}");
        }

        if (!body.TryGetString("PostID", out string post) || !body.TryGetString("JobID", out string job)
            || !body.TryGetStrings("FileIDs", out IReadOnlyList<string> files))
        {
            return Refused($"failed to decode request body: {RequestBody.WrongType("PostID, JobID or FileIDs")}");
        }

        string? missing = post.Length == 0 ? "PostID should not be empty"
            : files.Count == 0 ? "invalid FileIDs length"
            : job.Length == 0 ? "JobID should not be empty"
            : null;

        // Finished even if the recorder hangs up: half a post helps nobody.
        return missing is not null
            ? Refused(missing)
            : ToAnswer(await posts.PostRecordingAsync(request.Channel, new JobId(job), new PostId(post), files[0], CancellationToken.None));
    }

    private async Task<ApiAnswer> PostTranscriptionAsync(ApiRequest request)
    {
        (RequestBody? body, string problem) = await RequestBody.ReadAsync(request.Context.Request);
        if (body is null)
        {
            return Refused($"failed to decode request body: {problem}");
        }

        if (!body.TryGetString("PostID", out string post) || !body.TryGetString("JobID", out string job)
            || !body.TryGetObjects("Transcriptions", out IReadOnlyList<RequestBody> given))
        {
            return Refused($"failed to decode request body: {RequestBody.WrongType("PostID, JobID or Transcriptions")}");
        }

        (List<TranscriptionFiles> transcriptions, string? missing) = Read(given);
        missing = post.Length == 0 ? "PostID should not be empty"
            : missing ?? (job.Length == 0 ? "JobID should not be empty" : null);
        return missing is not null
            ? Refused(missing)
            : ToAnswer(await posts.PostTranscriptionAsync(
                request.Channel, new JobId(job), new PostId(post), transcriptions, CancellationToken.None));
    }

    private static (List<TranscriptionFiles> Transcriptions, string? Problem) Read(IReadOnlyList<RequestBody> given)
    {
        List<TranscriptionFiles> transcriptions = [];
        foreach (RequestBody one in given)
        {
            if (!one.TryGetString("Title", out string title) || !one.TryGetString("Language", out string language)
                || !one.TryGetStrings("FileIDs", out IReadOnlyList<string> files))
            {
                return (transcriptions, $"failed to decode request body: {RequestBody.WrongType("Transcriptions")}");
            }

            if (language.Length == 0)
            {
                return (transcriptions, "language should not be empty");
            }

            if (files.Count < 2)
            {
                return (transcriptions, "invalid FileIDs length");
            }

            transcriptions.Add(new TranscriptionFiles(title, language, Captions: files[0], Text: files[1]));
        }

        return (transcriptions, transcriptions.Count == 0 ? "invalid Transcriptions length" : null);
    }

    private static ApiAnswer ToAnswer(RecordingPostResult result) => result.Problem is null
        ? ApiAnswer.Success
        : ApiAnswer.Envelope(StatusCodes.Status500InternalServerError, result.Problem);

    private static ApiAnswer Refused(string reason) => ApiAnswer.Envelope(StatusCodes.Status400BadRequest, reason);
}
