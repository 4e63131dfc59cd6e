using System.Net;
using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.Signaling;

namespace Calls.Server.Tests.Api;

/// <summary><c>GET /stats</c> (rest-api.md 3.13).</summary>
public sealed class StatsTests
{
    [Fact]
    [Trait("Spec", "storage-and-jobs-14")]
    public async Task Without_calls_every_day_and_month_is_there_with_nothing()
    {
        await using ApiHost api = await ApiHost.StartAsync();
        api.Calls.Host.SystemAdmins[CallsHarness.Alice] = 0;

        JsonElement stats = await api.GetJsonAsync("/stats", "alice");

        Assert.Equal(Enumerable.Repeat(0, 30), stats.GetProperty("calls_by_day").EnumerateObject().Select(static day => day.Value.GetInt32()));
        Assert.Equal(Enumerable.Repeat(0, 12), stats.GetProperty("calls_by_month").EnumerateObject().Select(static month => month.Value.GetInt32()));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-13")]
    public async Task Of_forty_days_with_a_call_each_the_newest_thirty_are_shown()
    {
        await using ApiHost api = await ApiHost.StartAsync(new CallsSettings { DefaultEnabled = true });
        api.Calls.Host.SystemAdmins[CallsHarness.Alice] = 0;
        for (int day = 0; day < 40; day++)
        {
            TestClient bob = await api.Calls.JoinedAsync(CallsHarness.Bob, $"b{day}");
            await api.Calls.AdvanceAsync(TimeSpan.FromSeconds(1));
            await bob.SendAsync("leave");
            await api.Calls.SettleAsync();
            await api.Calls.AdvanceAsync(TimeSpan.FromDays(day < 39 ? 1 : 0));
        }

        JsonElement stats = await api.GetJsonAsync("/stats", "alice");

        JsonProperty[] days = [.. stats.GetProperty("calls_by_day").EnumerateObject()];
        Assert.Equal($"{api.Calls.Time.GetUtcNow():yyyy-MM-dd}", days[^1].Name);
        Assert.Equal(Enumerable.Repeat(1, 30), days.Select(static entry => entry.Value.GetInt32()));
        Assert.Equal(40, Number(stats, "total_calls"));
    }

    [Fact]
    [Trait("Spec", "storage-and-jobs-15")]
    public async Task Administrators_see_what_all_calls_add_up_to()
    {
        await using ApiHost api = await ApiHost.StartAsync(new CallsSettings { DefaultEnabled = true });
        api.Calls.Host.SystemAdmins[CallsHarness.Alice] = 0;
        TestClient bob = await api.Calls.JoinedAsync(CallsHarness.Bob, "b1");
        await api.Calls.AdvanceAsync(TimeSpan.FromSeconds(40));
        await bob.SendAsync("leave");
        await api.Calls.SettleAsync();
        await api.Calls.JoinedAsync(CallsHarness.Carol, "c1");

        JsonElement stats = await api.GetJsonAsync("/stats", "alice");

        Assert.Equal(
            (1, 1, 1, 40, 1),
            (Number(stats, "total_calls"), Number(stats, "total_active_calls"), Number(stats, "total_active_sessions"), Number(stats, "avg_duration"), Number(stats, "avg_participants")));
        string today = $"{api.Calls.Time.GetUtcNow():yyyy-MM-dd}";
        JsonProperty[] days = [.. stats.GetProperty("calls_by_day").EnumerateObject()];
        JsonProperty[] months = [.. stats.GetProperty("calls_by_month").EnumerateObject()];
        Assert.Equal((30, today, 1), (days.Length, days[^1].Name, days[^1].Value.GetInt32()));
        Assert.Equal((12, today[..7], 1), (months.Length, months[^1].Name, months[^1].Value.GetInt32()));
        Assert.Equal("""{"O":1}""", stats.GetProperty("calls_by_channel_type").GetRawText());
        Assert.Equal(30, stats.GetProperty("recording_jobs_by_day").EnumerateObject().Count());
        Assert.Equal(
            ["avg_duration", "avg_participants", "avg_video_duration", "calls_by_channel_type", "calls_by_day", "calls_by_month", "recording_jobs_by_day", "recording_jobs_by_month", "total_active_calls", "total_active_sessions", "total_calls", "total_screen_share_calls", "total_video_calls", "total_video_duration"],
            stats.EnumerateObject().Select(static field => field.Name).Order());
    }

    [Fact]
    public async Task Nobody_else_does()
    {
        await using ApiHost api = await ApiHost.StartAsync();

        using HttpResponseMessage refused = await api.GetAsync("/stats", "bob");

        Assert.Equal((HttpStatusCode.Forbidden, "Forbidden\n"), (refused.StatusCode, await refused.Content.ReadAsStringAsync()));
    }

    private static int Number(JsonElement stats, string name) => stats.GetProperty(name).GetInt32();
}
