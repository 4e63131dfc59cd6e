using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Jobs.Testing;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.Jobs;

/// <summary>A recording from the host's request to its end, with recorder and transcriber that do as they are told, or do not.</summary>
public sealed class RecordingTests
{
    [Fact]
    [Trait("Spec", "rest-api-38")]
    [Trait("Spec", "rest-api-39")]
    [Trait("Spec", "rest-api-40")]
    public async Task Only_the_host_records_and_only_once()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string host = site.Site.LogIn("alice");
        string admin = site.Site.LogIn("sysadmin");
        Assert.Equal((403, "no call ongoing"), Refusal(await site.RecordAsync(host)));
        await site.Site.JoinWithAsync(host);
        await site.Site.JoinWithAsync(admin);

        Assert.Equal((403, "no permissions to record"), Refusal(await site.RecordAsync(admin)));
        Assert.Equal((403, "no permissions to record"), Refusal(await site.RecordAsync(admin, "pause")));
        Assert.Equal((400, "unsupported recording action"), Refusal(await site.RecordAsync(host, "pause")));
        Assert.Equal((403, "no recording in progress"), Refusal(await site.RecordAsync(host, "stop")));
        Assert.Equal(200, (await site.RecordAsync(host)).Status);
        Assert.Equal((403, "recording already in progress"), Refusal(await site.RecordAsync(host)));
        Assert.Single(site.Offloader.Jobs);
    }

    [Fact]
    [Trait("Spec", "rest-api-37")]
    public async Task With_gating_recordings_need_a_licence()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(options: static options => options with { LicenseGating = true });
        await site.Site.Sidecar.FirstSettings;

        Assert.Equal((403, "Recordings are not allowed by your license"), Refusal(await site.RecordAsync(site.Site.LogIn("alice"))));
        using HttpResponseMessage refused = await site.SendAsync(HttpMethod.Get, $"/bot/channels/{site.Channel}", site.BotToken);
        Assert.Equal((403, "Forbidden\n"), ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.Empty(site.Offloader.Requests);
    }

    [Fact]
    public async Task With_gating_an_enterprise_licence_is_enough()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(
            options: static options => options with { LicenseGating = true, LicenseOverride = "enterprise" });
        await site.Site.Sidecar.FirstSettings;

        await site.StartRecordingAsync();
        await site.StartedRecorderAsync();
    }

    [Fact]
    public async Task Who_may_not_read_the_channel_learns_nothing()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        string channel = site.Site.Mattermost.AddChannel("secret", "P", site.Site.IdOf("alice"));

        Assert.Equal((403, "Forbidden"), Refusal(await site.RecordAsync(site.Site.LogIn("bob"), channel: channel)));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-22")]
    public async Task A_job_service_that_is_full_says_so_to_the_host_and_to_everybody()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: static stub => stub.Answers["recording"] =
            (500, """{"error":"failed to create recording job: max concurrent jobs reached","code":"500"}"""));
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);
        ClientSocket bob = await site.Site.JoinAsync("bob");

        (int status, string message) = Refusal(await site.RecordAsync(token));

        Assert.Equal(500, status);
        Assert.Contains("max concurrent jobs reached", message, StringComparison.Ordinal);
        foreach (ClientSocket socket in (ClientSocket[])[alice, bob])
        {
            Assert.Equal(("recording", 0, 0, ""), StateOf(await socket.NextAsync("call_job_state")));
            Assert.Equal(message, StateOf(await socket.NextAsync("call_job_state")).Error);
        }

        JobRow row = Assert.Single(JobRows.Read(site.Site.DatabaseFile));
        Assert.True(row.EndAt > 0);
        Assert.Contains("max concurrent jobs reached", row.Error, StringComparison.Ordinal);
        await site.Site.StateAsync(alice);
        site.Offloader.Answers.Clear();
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
    }

    [Theory]
    [InlineData(401, """{"error":"authentication failed","code":"401"}""", "unauthorized")]
    [InlineData(400, "not JSON", "request failed: unexpected status 400")]
    [InlineData(200, """{"no":"id"}""", "request failed: the job has no id")]
    [InlineData(200, "", "request failed: the job has no id")]
    public async Task Whatever_the_job_service_answers_the_host_gets_a_text(int status, string body, string text)
    {
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: stub => stub.Answers["recording"] = (status, body));
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);

        Assert.Equal((500, $"failed to create recording job: {text}"), Refusal(await site.RecordAsync(token)));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-23")]
    [Trait("Spec", "signaling-67")]
    public async Task A_recorder_that_does_not_come_is_given_up_after_a_minute()
    {
        const string Text = "failed to start recording job: timed out waiting for bot to join call";
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        await using MediaClient media = await MediaClient.ConnectAsync(site.Site, alice);
        alice.TakeAll();

        await site.Site.PassAsync(59, media);
        await site.Site.SettleAsync(alice);
        Assert.DoesNotContain("call_job_state", alice.Names);
        await site.Site.PassAsync(1, media);

        (string type, long _, long end, string error) = StateOf(await alice.NextAsync("call_job_state"));
        Assert.Equal(("recording", Text), (type, error));
        Assert.True(end > 0);
        JobRow row = Assert.Single(JobRows.Read(site.Site.DatabaseFile));
        Assert.Equal((end, Text), (row.EndAt, row.Error));

        // What it was started for is over: it may not come any more.
        Assert.Equal("no job in progress", await site.Recorder().RefusedAsync());
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
    }

    [Fact]
    public async Task A_transcriber_that_does_not_come_ends_the_recording_too()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        await using MediaClient media = await MediaClient.ConnectAsync(site.Site, alice);
        BotWorker recorder = site.Recorder();
        await recorder.JoinAsync();
        await using MediaClient recordersMedia = await MediaClient.ConnectAsync(site.Site, recorder.Socket);
        await recorder.ReportAsync("started");
        await site.Site.SettleAsync(alice, recorder.Socket);
        alice.TakeAll();
        recorder.Socket.TakeAll();

        await site.Site.PassAsync(60, media, recordersMedia);
        await site.Site.SettleAsync(alice, recorder.Socket);

        const string Text = "failed to start transcriber job: timed out waiting for bot to join call";
        Assert.Equal(
            [("recording", ""), ("transcribing", Text), ("captioning", Text)],
            alice.TakeAll("call_job_state").Select(StateOf).Select(state => (state.Type, state.Error)));
        Assert.Contains(recorder.Socket.TakeAll("job_stop"), stop => stop.Text("job_id") == recorder.JobId);
        Assert.All(JobRows.Read(site.Site.DatabaseFile), row => Assert.True(row.EndAt > 0));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-24")]
    [Trait("Spec", "storage-and-jobs-25")]
    [Trait("Spec", "signaling-28")]
    public async Task A_bot_joins_for_the_job_that_waits_for_it_only()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        BotWorker recorder = site.Recorder();

        Assert.Equal("JobID should not be empty for bot connections", await recorder.RefusedAsync(jobId: null));
        Assert.Equal("JobID should not be empty for bot connections", await recorder.RefusedAsync(jobId: ""));
        Assert.Equal("job not in progress or already started", await recorder.RefusedAsync(jobId: "anotherjobxxxxxxxxxxxxxxxxx"));
        await recorder.JoinAsync();
        await recorder.ReportAsync("started");
        Assert.Equal("job not in progress or already started", await site.Recorder().RefusedAsync());
    }

    [Fact]
    public async Task A_bot_starts_no_call()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { DefaultEnabled = false });
        string admin = site.Site.LogIn("sysadmin");
        ClientSocket host = await site.Site.JoinWithAsync(admin);
        Assert.Equal(200, (await site.RecordAsync(admin)).Status);
        await host.SendAsync("leave");
        await site.Site.SettleAsync(host);

        Assert.Equal("no job in progress", await site.Recorder().RefusedAsync());
        Assert.Null(await site.Site.StoredCallAsync());
        Assert.All(JobRows.Read(site.Site.DatabaseFile), row => Assert.True(row.EndAt > 0));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-26")]
    [Trait("Spec", "signaling-29")]
    [Trait("Spec", "rest-api-19")]
    [Trait("Spec", "integration-102")]
    public async Task A_recorder_is_in_the_call_and_nobody_sees_it()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        ClientSocket outside = await site.Site.OpenAsync("bob");
        alice.TakeAll();
        BotWorker recorder = site.Recorder();
        await recorder.OpenAsync();

        await recorder.Socket.SendAsync("join", new { channelID = recorder.Channel, jobID = recorder.JobId });
        await recorder.Socket.NextAsync("call_state");
        await site.Site.SettleAsync(alice, outside, recorder.Socket);

        // signaling.md 3.3: the acknowledgement, the job's state to all participants and the bot, the call's state to the bot.
        Assert.Equal(["join", "call_job_state"], recorder.Socket.Names);
        WireFrame told = Assert.Single(alice.Frames);
        Assert.Equal(("call_job_state", site.Channel, site.Channel), (told.Name, told.Text("channelID"), told.Broadcast("channel_id")));
        Assert.Equal(("recording", 0, 0, ""), StateOf(told));
        WireFrame copy = await recorder.Socket.NextAsync("call_job_state");
        Assert.Equal((site.Channel, "", site.BotId), (copy.Text("channelID"), copy.Broadcast("channel_id"), copy.Broadcast("user_id")));
        Assert.Empty(outside.Names);
        JobRow row = Assert.Single(JobRows.Read(site.Site.DatabaseFile));
        Assert.Equal((recorder.Socket.Id, "c0ffee000001", site.Site.IdOf("alice")), (row.Bot, row.ServiceJob, row.CreatorId));

        (int status, JsonElement channel) = await site.AskAsync(HttpMethod.Get, $"/{site.Channel}", token);
        JsonElement call = channel.GetProperty("call");
        Assert.Equal(200, status);
        Assert.Equal([site.Site.IdOf("alice")], UsersIn(call));
        Assert.Equal("recording", call.GetProperty("recording").GetProperty("type").GetString());
        Assert.False(call.GetProperty("recording").TryGetProperty("err", out _));
        Assert.Equal([site.Site.IdOf("alice")], UsersIn((await site.Site.StateAsync(alice)).State()));
        Assert.Equal([site.Site.IdOf("alice")], UsersIn((await site.Site.StateAsync(recorder.Socket)).State()));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-27")]
    [Trait("Spec", "signaling-66")]
    public async Task Participants_see_a_recording_begin_before_they_see_it_run()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        ClientSocket bob = await site.Site.JoinAsync("bob");
        BotWorker recorder = site.Recorder();
        await recorder.JoinAsync();
        await site.Site.SettleAsync(alice, bob);
        Assert.All(alice.TakeAll("call_job_state").Concat(bob.TakeAll("call_job_state")), frame =>
        {
            Assert.Equal(site.Channel, frame.Text("callID"));
            Assert.Equal(("recording", 0, 0, ""), StateOf(frame));
        });

        await recorder.ReportAsync("started");

        foreach (ClientSocket socket in (ClientSocket[])[alice, bob, recorder.Socket])
        {
            WireFrame running = await socket.NextAsync("call_job_state");
            while (StateOf(running).StartAt == 0)
            {
                // The bot's copies from before it joined.
                Assert.Same(recorder.Socket, socket);
                running = await socket.NextAsync("call_job_state");
            }

            Assert.Equal((site.Channel, site.Channel), (running.Text("callID"), running.Text("channelID")));
            Assert.Equal((0, ""), (StateOf(running).EndAt, StateOf(running).Error));
        }

        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).StartAt > 0);
    }

    [Fact]
    public async Task A_start_with_transcription_is_told_in_the_order_that_clients_know()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        (ClientSocket alice, _, JsonElement job) = await site.StartRecordingAsync();

        // signaling.md 2.12: one of the recording, two of the transcription, one of the recording before the answer.
        (string Type, long StartAt, long EndAt, string Error)[] told = [.. alice.TakeAll("call_job_state").Select(StateOf)];
        Assert.Equal(["recording", "transcribing", "transcribing", "recording"], told.Select(static state => state.Type));
        Assert.All(told, static state => Assert.Equal((0, 0, ""), (state.StartAt, state.EndAt, state.Error)));
        Assert.Equal((0, 0), (job.GetProperty("start_at").GetInt64(), job.GetProperty("end_at").GetInt64()));
        IReadOnlyList<JobRow> rows = JobRows.Read(site.Site.DatabaseFile);
        Assert.Equal(["captioning", "recording", "transcribing"], rows.Select(static row => row.Type).Order());
        Assert.Equal(["c0ffee000001", "c0ffee000002", "c0ffee000002"], rows.Select(static row => row.ServiceJob).Order());
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-28")]
    public async Task Captions_run_with_the_transcription()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        alice.TakeAll();

        await site.StartedTranscriberAsync();
        await site.Site.SettleAsync(alice);

        (string Type, long StartAt, long EndAt, string Error)[] told = [.. alice.TakeAll("call_job_state").Select(StateOf).Where(static state => state.StartAt > 0)];
        Assert.Equal(["transcribing", "captioning"], told.Select(static state => state.Type));
        JsonElement state = (await site.Site.StateAsync(alice)).State();
        Assert.Equal("captioning", state.GetProperty("live_captions").GetProperty("type").GetString());
        Assert.True(state.GetProperty("transcription").GetProperty("start_at").GetInt64() > 0);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-29")]
    public async Task A_host_who_stops_ends_both_in_order()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        await site.Site.SettleAsync(alice, recorder.Socket);
        alice.TakeAll();
        recorder.Socket.TakeAll();

        (int status, JsonElement job) = await site.RecordAsync(token, "stop");
        await site.Site.SettleAsync(alice, recorder.Socket);

        Assert.Equal((200, "recording"), (status, job.GetProperty("type").GetString()));
        Assert.True(job.GetProperty("end_at").GetInt64() > 0);
        Assert.Equal(
            [$"stop {transcriber.JobId}", "transcribing", "captioning", $"stop {recorder.JobId}", "recording"],
            recorder.Socket.Frames.Select(frame => frame.Name == "job_stop" ? $"stop {frame.Text("job_id")}" : StateOf(frame).Type));
        Assert.Equal(["transcribing", "captioning", "recording"], alice.Frames.Select(static frame => StateOf(frame).Type));
        Assert.All(alice.Frames, static frame => Assert.True(StateOf(frame).EndAt > 0));
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.True(row.EndAt > 0));

        // Clients read the state at any time: what has ended is not in it.
        JsonElement state = (await site.Site.StateAsync(alice)).State();
        Assert.False(state.TryGetProperty("recording", out _) || state.TryGetProperty("transcription", out _) || state.TryGetProperty("live_captions", out _));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-30")]
    public async Task A_transcriber_that_fails_ends_the_recording_and_stops_the_recorder()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        await site.Site.SettleAsync(alice, recorder.Socket);
        alice.TakeAll();
        recorder.Socket.TakeAll();

        await site.Transcriber().ReportAsync("failed", "failed to create Transcriber: no model");
        await site.Site.SettleAsync(alice, recorder.Socket);

        Assert.Equal(recorder.JobId, Assert.Single(recorder.Socket.TakeAll("job_stop")).Text("job_id"));
        Assert.Equal(
            [("recording", ""), ("transcribing", "failed to create Transcriber: no model")],
            alice.TakeAll("call_job_state").Select(StateOf).Select(static state => (state.Type, state.Error)));
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.True(row.EndAt > 0));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-31")]
    [Trait("Spec", "signaling-59")]
    public async Task Bots_that_remain_alone_are_told_to_stop_and_the_call_ends_with_them()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        await site.Site.SettleAsync(alice, recorder.Socket);
        recorder.Socket.TakeAll();

        await alice.SendAsync("leave");
        await site.Site.SettleAsync(alice, recorder.Socket);

        Assert.Equal(
            [recorder.JobId, transcriber.JobId], recorder.Socket.TakeAll("job_stop").Select(static stop => stop.Text("job_id")));
        Assert.NotNull(await site.Site.StoredCallAsync());
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.Equal(0, row.EndAt));

        await recorder.LeaveAsync();
        Assert.NotNull(await site.Site.StoredCallAsync());
        await transcriber.LeaveAsync();
        Assert.Null(await site.Site.StoredCallAsync());
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.True(row.EndAt > 0));
        CallRows.Read(site.Site.DatabaseFile).CheckNothingIsLeft();
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-32")]
    public async Task A_recorder_that_goes_ends_the_recording_and_stops_the_transcriber()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        await site.Site.SettleAsync(alice, transcriber.Socket);
        alice.TakeAll();
        transcriber.Socket.TakeAll();

        await recorder.LeaveAsync();
        await site.Site.SettleAsync(alice, transcriber.Socket);

        Assert.Equal(transcriber.JobId, Assert.Single(transcriber.Socket.TakeAll("job_stop")).Text("job_id"));
        Assert.Equal(["transcribing", "recording"], alice.Frames.Select(static frame => StateOf(frame).Type));
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.True(row.EndAt > 0));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-33")]
    public async Task A_recorder_that_came_back_on_another_connection_still_ends_the_recording_when_it_goes()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        string session = recorder.Socket.Id;
        await recorder.ReconnectAsync();
        Assert.NotEqual(session, recorder.Socket.Id);
        Assert.Equal(recorder.Socket.Id, Assert.Single(JobRows.Read(site.Site.DatabaseFile)).Bot);
        await site.Site.SettleAsync(alice);
        alice.TakeAll();

        await recorder.LeaveAsync();

        Assert.True(StateOf(await alice.NextAsync("call_job_state")).EndAt > 0);
        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt > 0);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-42")]
    public async Task A_transcriber_that_cannot_be_started_closes_the_recording_and_stops_the_recorder()
    {
        TaskCompletionSource held = new();
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true }, prepare: stub =>
        {
            stub.Held["transcribing"] = held.Task;
            stub.Answers["transcribing"] = (500, """{"error":"max concurrent jobs reached","code":"500"}""");
        });
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);
        Task<(int Status, JsonElement Body)> asked = site.RecordAsync(token);
        await site.Offloader.WhenJobAskedAsync("transcribing");

        // The recorder is there already.
        BotWorker recorder = await site.StartedRecorderAsync();
        await site.Site.SettleAsync(alice, recorder.Socket);
        recorder.Socket.TakeAll();
        alice.TakeAll();
        held.SetResult();
        Assert.Equal((500, "failed to start transcribing job: request failed: max concurrent jobs reached"), Refusal(await asked));
        await site.Site.SettleAsync(alice, recorder.Socket);

        Assert.Equal(recorder.JobId, Assert.Single(recorder.Socket.TakeAll("job_stop")).Text("job_id"));
        Assert.Equal(["recording", "transcribing", "captioning"], alice.TakeAll("call_job_state").Select(static frame => StateOf(frame).Type));
        IReadOnlyList<JobRow> rows = JobRows.Read(site.Site.DatabaseFile);
        Assert.Equal(3, rows.Count);
        Assert.All(rows, static row => Assert.True(row.EndAt > 0));
    }

    [Theory]
    [InlineData("stop", "no recording ongoing")]
    [InlineData("leave", "no call ongoing")]
    public async Task What_ends_while_the_recorder_is_being_started_stays_ended(string meanwhile, string reason)
    {
        TaskCompletionSource held = new();
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: stub => stub.Held["recording"] = held.Task);
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);
        Task<(int Status, JsonElement Body)> asked = site.RecordAsync(token);
        await site.Offloader.WhenJobAskedAsync("recording");

        if (meanwhile == "stop")
        {
            Assert.Equal(200, (await site.RecordAsync(token, "stop")).Status);
        }
        else
        {
            await alice.SendAsync("leave");
            await site.Site.SettleAsync(alice);
        }

        held.SetResult();
        Assert.Equal((500, $"failed to get recording state: {reason}"), Refusal(await asked));
        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt > 0);
        Assert.Equal("no job in progress", await site.Recorder().RefusedAsync());
    }

    [Fact]
    public async Task A_host_who_ends_the_call_ends_the_recording()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        (ClientSocket alice, string token, _) = await site.StartRecordingAsync();
        ClientSocket outside = await site.Site.OpenAsync("bob");
        BotWorker recorder = await site.StartedRecorderAsync();
        Assert.Equal(200, (await site.AskAsync(HttpMethod.Post, $"/calls/{site.Channel}/host/end", token)).Status);
        await recorder.Socket.NextAsync("call_end");

        site.Site.Time.Advance(TimeSpan.FromSeconds(5));

        (string type, long _, long end, string error) = StateOf(await outside.NextAsync("call_job_state"));
        Assert.Equal(("recording", ""), (type, error));
        Assert.True(end > 0);
        await site.Site.SettleAsync(alice);
        Assert.All(JobRows.Read(site.Site.DatabaseFile), static row => Assert.True(row.EndAt > 0));
        CallRows.Read(site.Site.DatabaseFile).CheckNothingIsLeft();
    }

    [Fact]
    public async Task A_recording_that_waits_for_its_recorder_outlives_a_restart()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        await site.Site.StopSidecarAsync();
        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);
        JsonElement state = (await site.Site.StateAsync(alice)).State();
        Assert.Equal("recording", state.GetProperty("recording").GetProperty("type").GetString());

        BotWorker recorder = await site.StartedRecorderAsync();

        await site.Site.SettleAsync(alice);
        Assert.Contains(alice.TakeAll("call_job_state"), static frame => StateOf(frame).StartAt > 0);
        await recorder.LeaveAsync();
        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt > 0);
    }

    [Fact]
    public async Task A_process_that_dies_while_the_recorder_is_being_started_leaves_no_recording_for_ever()
    {
        TaskCompletionSource held = new();
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: stub => stub.Held["recording"] = held.Task);
        string token = site.Site.LogIn("alice");
        await site.Site.JoinWithAsync(token);
        Task<(int Status, JsonElement Body)> asked = site.RecordAsync(token);
        await site.Offloader.WhenJobAskedAsync("recording");
        await site.Site.StopSidecarAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => asked);
        held.SetResult();
        Assert.Equal((0, ""), (Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt, Assert.Single(JobRows.Read(site.Site.DatabaseFile)).ServiceJob));

        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        ClientSocket alice = await site.Site.JoinAsync("alice");
        await using MediaClient media = await MediaClient.ConnectAsync(site.Site, alice);
        Assert.Equal((403, "recording already in progress"), Refusal(await site.RecordAsync(token)));
        await site.Site.PassAsync(60, media);

        await alice.NextAsync("call_job_state");
        Assert.Contains("timed out", Assert.Single(JobRows.Read(site.Site.DatabaseFile)).Error, StringComparison.Ordinal);
        Assert.Equal(200, (await site.RecordAsync(token)).Status);
    }

    [Fact]
    public async Task After_a_restart_a_recorder_has_its_minute_again_and_no_more()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        await site.Site.StopSidecarAsync();
        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        ClientSocket alice = await site.Site.JoinAsync("alice");
        await using MediaClient media = await MediaClient.ConnectAsync(site.Site, alice);
        alice.TakeAll();

        await site.Site.PassAsync(60, media);

        Assert.Contains("timed out", StateOf(await alice.NextAsync("call_job_state")).Error, StringComparison.Ordinal);
        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt > 0);
    }

    [Fact]
    public async Task A_recorder_whose_media_died_with_the_process_ends_its_recording()
    {
        await using RecordingSite site = await RecordingSite.StartAsync();
        await site.StartRecordingAsync();
        await site.StartedRecorderAsync();
        await site.Site.StopSidecarAsync();
        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        ClientSocket alice = await site.Site.JoinAsync("alice");
        await using MediaClient media = await MediaClient.ConnectAsync(site.Site, alice);
        alice.TakeAll();

        await site.Site.PassAsync(60, media);

        Assert.True(StateOf(await alice.NextAsync("call_job_state")).EndAt > 0);
        Assert.True(Assert.Single(JobRows.Read(site.Site.DatabaseFile)).EndAt > 0);
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-39")]
    public async Task A_start_that_ends_all_calls_closes_their_jobs()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true });
        await site.StartRecordingAsync();
        BotWorker recorder = await site.StartedRecorderAsync();
        await site.Site.StopSidecarAsync();

        await site.Site.StartSidecarAsync(endCallsOnStart: true);
        await site.ReadyAsync();
        await site.Site.SettleAsync();

        CallRows.Read(site.Site.DatabaseFile).CheckNothingIsLeft();
        IReadOnlyList<JobRow> rows = JobRows.Read(site.Site.DatabaseFile);
        Assert.Equal(3, rows.Count);
        Assert.All(rows, static row => Assert.True(row.EndAt > 0));
        JsonElement post = site.Site.Mattermost.GetPost(recorder.PostId)!.Value;
        Assert.Equal("Call ended", post.GetProperty("message").GetString());
        Assert.True(post.GetProperty("props").TryGetProperty("recordings", out _));
        Assert.Equal((400, "no call ongoing"), await recorder.TryReportAsync("failed"));
    }

    [PostgresFact]
    public async Task On_PostgreSQL_a_recording_goes_from_its_start_over_a_restart_to_its_post()
    {
        PostgresServer server = await PostgresServer.Shared;
        PostgresUrl.TryParse(await server.CreateDatabaseAsync(), out PostgresUrl? url, out _);
        await using RecordingSite site = await RecordingSite.StartAsync(
            static s => s with { EnableTranscriptions = true, EnableLiveCaptions = true }, options: options => options with { Postgres = url });
        await site.StartRecordingAsync();
        string key = site.Offloader.Jobs[0].Key;
        await site.Site.StopSidecarAsync();
        await site.Site.StartSidecarAsync();
        await site.ReadyAsync();
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);
        BotWorker recorder = await site.StartedRecorderAsync();
        BotWorker transcriber = await site.StartedTranscriberAsync();
        JsonElement state = (await site.Site.StateAsync(alice)).State();
        Assert.All(
            ["recording", "transcription", "live_captions"], name => Assert.True(state.GetProperty(name).GetProperty("start_at").GetInt64() > 0, name));

        await recorder.ReconnectAsync();
        await recorder.LeaveAsync();
        await site.Site.SettleAsync(alice);

        Assert.Equal(
            ["transcribing", "captioning", "recording"], alice.TakeAll("call_job_state").Select(StateOf).Where(s => s.EndAt > 0).Select(s => s.Type));
        Assert.Contains(transcriber.Socket.TakeAll("job_stop"), stop => stop.Text("job_id") == transcriber.JobId);
        Assert.Empty((await site.Site.StoredCallAsync())!.Jobs);
        Assert.Equal(200, (await recorder.PostRecordingAsync(await recorder.UploadAsync("a.mp4", [1]))).Status);
        Assert.All(site.Offloader.Requests, request => Assert.Equal(key, request.Key));
    }

    [Fact]
    public async Task Bots_count_as_participants()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(static settings => settings with { MaxCallParticipants = 2 });
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();
        ClientSocket bob = await site.Site.JoinAsync("bob");

        Assert.Equal("user cannot join because of limits", await site.Recorder().RefusedAsync());

        await bob.SendAsync("leave");
        await site.Site.SettleAsync(bob, alice);
        await site.StartedRecorderAsync();
    }

    [Fact]
    public async Task With_a_wrong_token_for_the_workers_the_service_is_not_ready()
    {
        await using CallsSite site = await CallsSite.StartAsync(
            configure: static options => options with { JobsBotToken = "nobodystokenxxxxxxxxxxxxxx" });
        using var http = new HttpClient();

        string reason = "";
        while (!reason.Contains("recorder", StringComparison.Ordinal))
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(site.Sidecar.AdminAddress!, "/readyz"));
            Assert.Equal(503, (int)answer.StatusCode);
            reason = await answer.Content.ReadAsStringAsync();
        }

        Assert.Equal("Mattermost refuses the token of recorder and transcriber.\n", reason);
    }

    [Fact]
    public async Task Without_a_second_bot_the_service_bot_records()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(hasJobsBot: false);
        (ClientSocket alice, _, _) = await site.StartRecordingAsync();

        BotWorker recorder = await site.StartedRecorderAsync();

        Assert.Equal(site.Site.Mattermost.BotToken, recorder.Token);
        Assert.Equal([site.Site.IdOf("alice")], UsersIn((await site.Site.StateAsync(alice)).State()));
    }

    [Fact]
    public async Task No_secret_is_in_an_answer_or_an_event()
    {
        await using RecordingSite site = await RecordingSite.StartAsync(prepare: static stub => stub.Answers["recording"] =
            (500, """{"error":"no","code":"500","input_data":{"auth_token":"secret"}}"""));
        string token = site.Site.LogIn("alice");
        ClientSocket alice = await site.Site.JoinWithAsync(token);

        (int _, JsonElement body) = await site.RecordAsync(token);
        await site.Site.SettleAsync(alice);

        foreach (string text in alice.Frames.Select(static frame => frame.ToString()).Append(body.ToString()))
        {
            Assert.DoesNotContain(site.BotToken, text, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        }
    }

    private static string[] UsersIn(JsonElement call) =>
        [.. call.GetProperty("sessions").EnumerateArray().Select(static session => session.GetProperty("user_id").GetString()!)];

    private static (int Status, string Message) Refusal((int Status, JsonElement Body) answer) =>
        (answer.Status, answer.Body.TryGetProperty("message", out JsonElement message) ? message.GetString()! : answer.Body.ToString());

    private static (string Type, long StartAt, long EndAt, string Error) StateOf(WireFrame frame)
    {
        JsonElement state = frame.Data.GetProperty("jobState");
        Assert.Equal(
            ["end_at", "err", "init_at", "start_at", "type"], state.EnumerateObject().Select(static property => property.Name).Order(StringComparer.Ordinal));
        return (
            state.GetProperty("type").GetString()!,
            state.GetProperty("start_at").GetInt64(),
            state.GetProperty("end_at").GetInt64(),
            state.GetProperty("err").GetString()!);
    }
}
