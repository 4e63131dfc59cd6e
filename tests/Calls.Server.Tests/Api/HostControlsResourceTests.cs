using System.Text.Json;
using Calls.Server.Configuration;
using Calls.Server.Tests.Signaling;

namespace Calls.Server.Tests.Api;

public sealed class HostControlsResourceTests
{
    private static readonly CallsSettings Enabled = new() { DefaultEnabled = true };

    [Fact]
    [Trait("Spec", "signaling-65")]
    [Trait("Spec", "rest-api-28")]
    public async Task Others_than_host_and_administrators_are_refused_with_400_and_no_event()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");
        await api.Calls.JoinedAsync(CallsHarness.Bob, "b1");
        foreach ((string route, string? body) in new[]
        {
            ("host/make", "{\"new_host_id\":\"bob\"}"), ("host/mute", "{\"session_id\":\"a1\"}"), ("host/mute-others", null),
            ("host/screen-off", "{\"session_id\":\"a1\"}"), ("host/lower-hand", "{\"session_id\":\"a1\"}"),
            ("host/remove", "{\"session_id\":\"a1\"}"), ("host/end", null), ("end", null),
        })
        {
            (int status, JsonElement answer) = await api.PostAsync($"/calls/{api.Channel}/{route}", "bob", body);
            Assert.Equal((400, "no permissions"), (status, answer.GetProperty("message").GetString()));
        }

        Assert.Empty(api.Calls.Delivery.All);
    }

    [Fact]
    [Trait("Spec", "rest-api-29")]
    [Trait("Spec", "rest-api-31")]
    public async Task What_is_off_already_is_a_silent_success()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");
        await api.Calls.JoinedAsync(CallsHarness.Bob, "b1");

        foreach (string route in new[] { "mute", "screen-off", "lower-hand" })
        {
            (int status, JsonElement answer) =
                await api.PostAsync($"/calls/{api.Channel}/host/{route}", "alice", "{\"session_id\":\"b1\"}");
            Assert.Equal(200, status);
            Assert.Equal("{\"message\":\"success\",\"status_code\":200}", answer.GetRawText());
        }

        Assert.Empty(api.Calls.Delivery.All);
    }

    [Theory]
    [InlineData("host/remove", "{\"session_id\":\"zz\"}", "requested session or user is not in the call")]
    [InlineData("host/mute", "{}", "requested session or user is not in the call")]
    [InlineData("host/mute", "", "EOF")]
    [InlineData("host/mute", "{\"session_id\":1}", "json: cannot unmarshal value of field session_id")]
    [InlineData("host/make", "{\"new_host_id\":\"bot\"}", "cannot assign the bot to be host: not allowed")]
    [InlineData("host/make", "{\"new_host_id\":\"carol\"}", "requested session or user is not in the call")]
    [Trait("Spec", "rest-api-30")]
    [Trait("Spec", "rest-api-32")]
    public async Task Targets_that_cannot_be_are_refused(string route, string body, string message)
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");

        (int status, JsonElement answer) = await api.PostAsync($"/calls/{api.Channel}/{route}", "alice", body);

        Assert.Equal((400, message), (status, answer.GetProperty("message").GetString()));
        Assert.Empty(api.Calls.Delivery.All);
    }

    [Fact]
    public async Task Without_a_call_there_is_nothing_to_control()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);

        (int status, JsonElement answer) = await api.PostAsync($"/calls/{api.Channel}/host/mute-others", "alice");

        Assert.Equal((400, "no call ongoing"), (status, answer.GetProperty("message").GetString()));
    }

    [Fact]
    [Trait("Spec", "rest-api-34")]
    public async Task Host_controls_need_no_licence_even_with_gating()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled with { Licensed = new(GroupCalls: false, HostControls: false, Recordings: false, Rtcd: false) });
        CallsHarness calls = api.Calls;
        calls.Host.Channels[calls.Channel] = calls.Host.Channels[calls.Channel] with { Kind = Domain.Ports.ChannelKind.Direct };
        await calls.JoinedAsync(CallsHarness.Alice, "a1");

        Assert.Equal(200, (await api.PostAsync($"/calls/{api.Channel}/host/mute-others", "alice")).Status);
    }

    [Fact]
    [Trait("Spec", "rest-api-33")]
    public async Task A_host_made_by_hand_stays_through_later_joins()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        TestClient alice = await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");
        await api.Calls.JoinedAsync(CallsHarness.Bob, "b1");

        Assert.Equal(200, (await api.PostAsync($"/calls/{api.Channel}/host/make", "alice", "{\"new_host_id\":\"bob\"}")).Status);
        Assert.Equal("bob", alice.Single("call_host_changed").Data.GetProperty("hostID").GetString());

        await api.Calls.JoinedAsync(CallsHarness.Carol, "c1");
        Assert.Equal(CallsHarness.Bob, (await api.Calls.CallAsync())!.Host);
    }

    [Theory]
    [InlineData("host/end")]
    [InlineData("end")]
    [Trait("Spec", "rest-api-35")]
    public async Task Both_routes_end_a_call_alike(string route)
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        TestClient alice = await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");

        Assert.Equal(200, (await api.PostAsync($"/calls/{api.Channel}/{route}", "alice")).Status);
        Assert.Equal(["call_end"], alice.Names);
        Assert.NotNull(await api.Calls.CallAsync());

        await api.Calls.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Null(await api.Calls.CallAsync());
    }

    [Fact]
    [Trait("Spec", "rest-api-36")]
    public async Task A_removed_client_that_stays_loses_its_media()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");
        TestClient bob = await api.Calls.JoinedAsync(CallsHarness.Bob, "b1");

        await api.PostAsync($"/calls/{api.Channel}/host/remove", "alice", "{\"session_id\":\"b1\"}");
        await api.Calls.AdvanceAsync(TimeSpan.FromSeconds(3));

        Assert.Contains(bob.Session, api.Calls.Media.Closed);
    }
}
