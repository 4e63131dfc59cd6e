using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;
using Calls.Server.Tests.Signaling;

namespace Calls.Server.Tests.Api;

public sealed class ChannelTests
{
    private static readonly CallsSettings Enabled = new() { DefaultEnabled = true };

    [Fact]
    [Trait("Spec", "rest-api-17")]
    public async Task Only_readers_see_a_channel()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        api.Calls.Host.Denied[(CallsHarness.Alice, ChannelPermission.ReadChannel)] = 0;

        foreach (string path in new[] { $"/{api.Channel}", $"/calls/{api.Channel}/active" })
        {
            using HttpResponseMessage response = await api.GetAsync(path, "alice");
            Assert.Equal(403, (int)response.StatusCode);
            Assert.Equal("Forbidden\n", await response.Content.ReadAsStringAsync());
            Assert.Equal(200, (int)(await api.GetAsync(path, "bot")).StatusCode);
        }
    }

    [Fact]
    [Trait("Spec", "rest-api-18")]
    public async Task A_channel_without_setting_and_call_follows_the_default()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);

        JsonElement channel = await api.GetJsonAsync($"/{api.Channel}?mobilev2=true", "alice");

        Assert.Equal($$"""{"channel_id":"{{api.Channel}}","enabled":true}""", channel.GetRawText());
    }

    [Fact]
    [Trait("Spec", "rest-api-20")]
    public async Task A_running_call_is_shown_with_the_callers_dismissal_only()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");
        Assert.Equal(200, (await api.PostAsync($"/calls/{api.Channel}/dismiss-notification", "bob")).Status);

        JsonElement alices = (await api.GetJsonAsync($"/{api.Channel}", "alice")).GetProperty("call");
        Assert.Equal("a1", alices.GetProperty("sessions")[0].GetProperty("session_id").GetString());
        Assert.False(alices.TryGetProperty("dismissed_notification", out _));

        JsonElement bobs = (await api.GetJsonAsync($"/{api.Channel}", "bob")).GetProperty("call");
        Assert.Equal("{\"bob\":true}", bobs.GetProperty("dismissed_notification").GetRawText());
        WireEvent told = Assert.Single(api.Calls.Delivery.All);
        Assert.Equal(("user_dismissed_notification", CallsHarness.Bob), (told.Name, told.Target.User));
        Assert.Equal(bobs.GetProperty("id").GetString(), told.Data.GetProperty("callID").GetString());
    }

    [Fact]
    [Trait("Spec", "rest-api-27")]
    public async Task Without_a_call_there_is_nothing_to_dismiss()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);

        (int status, JsonElement body) = await api.PostAsync($"/calls/{api.Channel}/dismiss-notification", "bob");

        Assert.Equal(400, status);
        Assert.Equal("{\"message\":\"no call ongoing\",\"status_code\":400}", body.GetRawText());

        api.Calls.Host.Denied[(CallsHarness.Bob, ChannelPermission.ReadChannel)] = 0;
        Assert.Equal(403, (await api.PostAsync($"/calls/{api.Channel}/dismiss-notification", "bob")).Status);
    }

    [Fact]
    public async Task Whether_a_call_is_active_is_one_flag()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        Assert.Equal("{\"active\":false}", (await api.GetJsonAsync($"/calls/{api.Channel}/active", "bob")).GetRawText());

        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");

        Assert.Equal("{\"active\":true}", (await api.GetJsonAsync($"/calls/{api.Channel}/active", "bob")).GetRawText());
    }

    [Fact]
    [Trait("Spec", "rest-api-21")]
    public async Task In_test_mode_channel_administrators_may_not_enable_calls()
    {
        await using ApiHost api = await ApiHost.StartAsync();
        api.Calls.Host.ChannelManagers[(CallsHarness.Alice, api.Calls.Channel)] = 0;
        api.Calls.Settings.Replace(new CallsSettings());

        (int status, JsonElement body) = await api.PostAsync($"/{api.Channel}", "alice", "{\"enabled\":true}");

        Assert.Equal(403, status);
        Assert.Equal("Forbidden", body.GetProperty("message").GetString());
    }

    [Fact]
    [Trait("Spec", "rest-api-22")]
    public async Task A_party_of_a_direct_message_may_switch_calls_off()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        ChatChannel channel = api.Calls.Host.Channels[api.Calls.Channel];
        Assert.Equal(403, (await api.PostAsync($"/{api.Channel}", "alice", "{\"enabled\":false}")).Status);
        api.Calls.Host.Channels[api.Calls.Channel] = channel with { Kind = ChannelKind.Direct };

        (int status, JsonElement body) = await api.PostAsync($"/{api.Channel}", "alice", "{\"ENABLED\":false,\"other\":1} trailing");

        Assert.Equal(200, status);
        Assert.False(body.GetProperty("enabled").GetBoolean());
        WireEvent told = api.Calls.Client(CallsHarness.Bob, "main").Single("channel_disable_voice");
        Assert.Equal(api.Calls.Channel, told.Target.Channel);
        Assert.False((await api.GetJsonAsync($"/{api.Channel}", "bob")).GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task Properties_are_stored_and_shown_while_there_is_no_call()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        api.Calls.Host.ChannelManagers[(CallsHarness.Alice, api.Calls.Channel)] = 0;

        (_, JsonElement stored) = await api.PostAsync($"/{api.Channel}", "alice", "{\"enabled\":true,\"props\":{\"a\":[1]}}");
        Assert.Equal("{\"a\":[1]}", stored.GetProperty("props").GetRawText());
        Assert.Equal("{\"a\":[1]}", (await api.GetJsonAsync($"/{api.Channel}", "bob")).GetProperty("props").GetRawText());

        (_, JsonElement overwritten) = await api.PostAsync($"/{api.Channel}", "alice", "{\"enabled\":true}");
        Assert.False(overwritten.TryGetProperty("props", out _));
    }

    [Theory]
    [InlineData("", "EOF")]
    [InlineData("  ", "EOF")]
    [InlineData("{\"enabled\":\"yes\"}", "json: cannot unmarshal value of field enabled")]
    [InlineData("{\"props\":5}", "json: cannot unmarshal value of field props")]
    [InlineData("[]", "json: cannot unmarshal value that is not an object")]
    [InlineData("{", "invalid JSON")]
    [Trait("Spec", "rest-api-23")]
    public async Task Bad_bodies_are_told_apart(string body, string message)
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        api.Calls.Host.SystemAdmins[CallsHarness.Alice] = 0;

        (int status, JsonElement answer) = await api.PostAsync($"/{api.Channel}", "alice", body);

        Assert.Equal((400, message), (status, answer.GetProperty("message").GetString()));
    }

    [Fact]
    public async Task A_body_past_a_mebibyte_is_refused()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        api.Calls.Host.SystemAdmins[CallsHarness.Alice] = 0;
        string body = "{\"props\":{\"a\":\"" + new string('x', 1024 * 1024) + "\"}}";

        (int status, JsonElement answer) = await api.PostAsync($"/{api.Channel}", "alice", body);

        Assert.Equal((400, "http: request body too large"), (status, answer.GetProperty("message").GetString()));
    }

    [Fact]
    [Trait("Spec", "rest-api-24")]
    [Trait("Spec", "rest-api-25")]
    [Trait("Spec", "rest-api-26")]
    public async Task The_list_has_settings_and_running_calls_of_the_callers_channels()
    {
        await using ApiHost api = await ApiHost.StartAsync(Enabled);
        Assert.Equal("[]", (await api.GetJsonAsync("/channels", "alice")).GetRawText());

        ChannelId other = new("otherxxxxxxxxxxxxxxxxxxxxx");
        api.Calls.Host.AddChannel(other, CallsHarness.Alice, CallsHarness.Bob);
        await api.Calls.Store.PutChannelAsync(new CallsChannel(other, false), CancellationToken.None);
        await api.Calls.JoinedAsync(CallsHarness.Alice, "a1");

        JsonElement list = await api.GetJsonAsync("/channels?mobilev2=true", "bob");
        Assert.Equal(2, list.GetArrayLength());
        Assert.Equal($$"""{"channel_id":"{{other}}","enabled":false}""", list[0].GetRawText());
        Assert.Equal(api.Channel, list[1].GetProperty("channel_id").GetString());
        Assert.True(list[1].TryGetProperty("call", out _));
        Assert.False(list[1].TryGetProperty("enabled", out _));

        Assert.Equal("[]", (await api.GetJsonAsync("/channels", "stranger")).GetRawText());
        api.Calls.Host.SystemAdmins[new UserId("stranger")] = 0;
        Assert.Equal("[]", (await api.GetJsonAsync("/channels", "stranger")).GetRawText());
    }
}
