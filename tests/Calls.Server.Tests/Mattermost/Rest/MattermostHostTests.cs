using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Calls.Domain;
using Calls.Domain.Ports;
using Calls.Server.Mattermost.Identity;
using Calls.Server.Tests.Mattermost.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Calls.Server.Tests.Mattermost.Rest;

public sealed class MattermostHostTests
{
    private static readonly UserId Alice = new("alice");
    private static readonly ChannelId Channel = new("ch");

    [Theory]
    [InlineData("channel_user", "", "system_user", ChannelPermission.CreatePost, true)]
    [InlineData("channel_guest", "", "system_guest", ChannelPermission.CreatePost, false)]
    [InlineData("", "team_admin", "system_user", ChannelPermission.ReadChannel, true)]
    [InlineData("", "", "system_admin", ChannelPermission.CreatePost, true)]
    [InlineData("", "", "system_user", ChannelPermission.ReadChannel, false)]
    [InlineData("channel_user", "", "system_user", ChannelPermission.ManageChannel, false)]
    [InlineData("channel_user", "team_admin", "system_user", ChannelPermission.ManageChannel, true)]
    public async Task Permissions_follow_the_roles(string member, string teamMember, string system, ChannelPermission permission, bool isGranted)
    {
        await using GatewayUnderTest gateway = await StartAsync();
        Seed(gateway.Mattermost, member, teamMember, system);

        Assert.Equal(isGranted, await Host(gateway).HasChannelPermissionAsync(Alice, Channel, permission, CancellationToken.None));
        Assert.Equal(system == "system_admin", await Host(gateway).IsSystemAdminAsync(Alice, CancellationToken.None));
    }

    [Fact]
    public async Task A_deactivated_user_may_do_nothing()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        Seed(gateway.Mattermost, "channel_user", "", "system_admin");
        gateway.Mattermost.Routes["GET /api/v4/users/alice"] = static context =>
            ScriptedMattermost.JsonAsync(context, 200, new { id = "alice", roles = "system_admin", delete_at = 5 });

        Assert.False(await Host(gateway).HasChannelPermissionAsync(Alice, Channel, ChannelPermission.ReadChannel, CancellationToken.None));
        Assert.False(await Host(gateway).IsSystemAdminAsync(Alice, CancellationToken.None));
    }

    [Fact]
    [Trait("Spec", "integration-76")]
    public async Task A_changed_role_counts_from_the_event_on()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        Seed(gateway.Mattermost, "channel_user", "", "system_user");
        IChatHost host = Host(gateway);
        Assert.True(await host.HasChannelPermissionAsync(Alice, Channel, ChannelPermission.CreatePost, CancellationToken.None));
        gateway.Mattermost.Routes["POST /api/v4/roles/names"] = static context => ScriptedMattermost.JsonAsync(context, 200, Array.Empty<object>());
        Assert.True(await host.HasChannelPermissionAsync(Alice, Channel, ChannelPermission.CreatePost, CancellationToken.None));
        (TestClient client, ScriptedSocket upstream) = await gateway.ConnectAsync("b", "b1");
        await upstream.SendAsync(ScriptedSocket.Event("role_updated", 1, """{"role":"{}"}"""));
        await client.ReceiveAsync();

        Assert.False(await host.HasChannelPermissionAsync(Alice, Channel, ChannelPermission.CreatePost, CancellationToken.None));
    }

    [Fact]
    [Trait("Spec", "integration-77")]
    [Trait("Spec", "integration-78")]
    public async Task A_post_is_the_users_and_is_made_once()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        var bodies = new ConcurrentQueue<JsonElement>();
        var authors = new ConcurrentQueue<string>();
        gateway.Mattermost.Routes["POST /api/v4/posts"] = async context =>
        {
            bodies.Enqueue((await JsonDocument.ParseAsync(context.Request.Body)).RootElement);
            authors.Enqueue(context.Request.Headers.Authorization.ToString());
            await (bodies.Count == 1
                ? ScriptedMattermost.JsonAsync(context, 503, new { })
                : ScriptedMattermost.JsonAsync(context, 201, new { id = "p1", channel_id = "ch", user_id = "alice", type = "custom_calls", props = new { n = 5 } }));
        };
        var post = new ChatPost(new PostId(""), Channel, null, Alice, "custom_calls", "text", new Dictionary<string, object?> { ["start_at"] = 5L });
        ChatPost made = await Host(gateway).CreatePostAsync(new TokenAuth("user-token"), post, CancellationToken.None);

        Assert.Equal("p1", made.Id.Value);
        Assert.Equal(5L, made.Props["n"]);
        Assert.Equal(["Bearer user-token", "Bearer user-token"], authors);
        JsonElement[] sent = [.. bodies];
        Assert.Equal("custom_calls", sent[0].GetProperty("type").GetString());
        Assert.Equal("true", sent[0].GetProperty("props").GetProperty("from_plugin").GetString());
        Assert.Equal(5, sent[0].GetProperty("props").GetProperty("start_at").GetInt64());
        Assert.Equal(sent[0].GetProperty("pending_post_id").GetString(), sent[1].GetProperty("pending_post_id").GetString());
    }

    [Fact]
    [Trait("Spec", "integration-79")]
    [Trait("Spec", "integration-80")]
    public async Task A_patch_keeps_foreign_props_and_survives_the_time_limit()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        var patches = new ConcurrentQueue<JsonElement>();
        gateway.Mattermost.Routes["GET /api/v4/posts/p1"] = static context => ScriptedMattermost.JsonAsync(
            context, 200, new { id = "p1", message = "Call started", props = new { foreign = new[] { 1, 2 }, end_at = 0 } });
        gateway.Mattermost.Routes["PUT /api/v4/posts/p1/patch"] = async context =>
        {
            JsonElement patch = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;
            patches.Enqueue(patch);
            await (patch.TryGetProperty("message", out _)
                ? ScriptedMattermost.JsonAsync(context, 400, new { id = "api.post.update_post.permissions_time_limit.app_error" })
                : ScriptedMattermost.JsonAsync(context, 200, new { id = "p1" }));
        };
        await Host(gateway).UpdatePostAsync(new PostId("p1"), "Call ended", new Dictionary<string, object?> { ["end_at"] = 9L }, CancellationToken.None);

        Assert.Equal(2, patches.Count);
        Assert.All(patches, static patch => Assert.Equal("""{"foreign":[1,2],"end_at":9}""", patch.GetProperty("props").GetRawText()));
        Assert.Equal("Call ended", patches.First().GetProperty("message").GetString());
    }

    [Fact]
    public async Task What_does_not_exist_is_null_and_what_is_refused_or_unknown_throws()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        IChatHost host = Host(gateway);
        Assert.Null(await host.GetChannelAsync(Channel, CancellationToken.None));
        Assert.Null(await host.GetUserAsync(Alice, CancellationToken.None));
        Assert.Null(await host.GetPostAsync(new PostId("p"), CancellationToken.None));

        gateway.Mattermost.Routes["GET /api/v4/channels/ch/stats"] = static context => ScriptedMattermost.JsonAsync(context, 403, new { message = "No." });
        ChatHostException refused = await Assert.ThrowsAsync<ChatHostException>(() => host.GetMemberCountAsync(Channel, CancellationToken.None));
        Assert.Equal(("No.", false), (refused.Message, refused.IsUnavailable));

        gateway.Mattermost.Routes["GET /api/v4/channels/ch/stats"] = static context => ScriptedMattermost.JsonAsync(context, 502, new { });
        ChatHostException unknown = await Assert.ThrowsAsync<ChatHostException>(() => host.GetMemberCountAsync(Channel, CancellationToken.None));
        Assert.True(unknown.IsUnavailable);
        Assert.DoesNotContain("bot", unknown.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channels_of_a_user_come_in_pages()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        gateway.Mattermost.Routes["GET /api/v4/users/alice/channel_members"] = static context =>
        {
            int page = int.Parse(context.Request.Query["page"]!);
            return ScriptedMattermost.JsonAsync(
                context, 200, Enumerable.Range(page * 200, page < 2 ? 200 : 7).Select(static number => new { channel_id = $"c{number}" }));
        };

        IReadOnlyList<ChannelId> channels = await Host(gateway).GetChannelsOfUserAsync(Alice, CancellationToken.None);

        Assert.Equal(407, channels.Distinct().Count());
    }

    [Fact]
    [Trait("Spec", "integration-87")]
    public async Task A_limiter_is_obeyed()
    {
        await using GatewayUnderTest gateway = await StartAsync();
        var askedAt = new ConcurrentQueue<long>();
        gateway.Mattermost.Routes["GET /api/v4/users/alice"] = context =>
        {
            askedAt.Enqueue(Stopwatch.GetTimestamp());
            if (askedAt.Count > 1)
            {
                return ScriptedMattermost.JsonAsync(context, 200, new { id = "alice", username = "alice" });
            }

            context.Response.Headers.RetryAfter = "1";
            return ScriptedMattermost.JsonAsync(context, 429, new { });
        };
        ChatUser? user = await Host(gateway).GetUserAsync(Alice, CancellationToken.None);

        Assert.Equal("alice", user!.Username);
        Assert.True(Stopwatch.GetElapsedTime(askedAt.First(), askedAt.Last()) > TimeSpan.FromMilliseconds(950));
    }

    [Fact]
    public async Task After_ten_failures_nobody_waits_for_five_seconds()
    {
        var time = new ManualTime();
        await using GatewayUnderTest gateway = await StartAsync(time);
        IChatHost host = Host(gateway);

        // What the start asks for is answered, and would end the row of failures.
        await Poll.UntilAsync(() => gateway.Settings.Current is not null && host.BotUserId.Value.Length > 0);
        gateway.Mattermost.Routes["GET /api/v4/users/alice"] = static context => ScriptedMattermost.JsonAsync(context, 500, new { });
        for (int tried = 0; tried < 4; tried++)
        {
            await Assert.ThrowsAsync<ChatHostException>(() => host.GetUserAsync(Alice, CancellationToken.None));
        }

        int before = gateway.Mattermost.Requests.Count(static request => request.EndsWith("/alice", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ChatHostException>(() => host.GetUserAsync(Alice, CancellationToken.None));
        Assert.Equal(before, gateway.Mattermost.Requests.Count(static request => request.EndsWith("/alice", StringComparison.Ordinal)));
        gateway.Mattermost.Routes["GET /api/v4/users/alice"] = static context => ScriptedMattermost.JsonAsync(context, 200, new { id = "alice" });
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.NotNull(await host.GetUserAsync(Alice, CancellationToken.None));
    }

    private static Task<GatewayUnderTest> StartAsync(TimeProvider? time = null) => GatewayUnderTest.StartAsync(
        static options => options with { Timings = options.Timings with { FirstRetry = TimeSpan.Zero, SecondRetry = TimeSpan.Zero } }, time);

    private static IChatHost Host(GatewayUnderTest gateway) => gateway.Services.GetRequiredService<IChatHost>();

    private static void Seed(ScriptedMattermost mattermost, string member, string teamMember, string system)
    {
        mattermost.Routes["GET /api/v4/channels/ch"] = static context => ScriptedMattermost.JsonAsync(context, 200, new { id = "ch", type = "O", team_id = "t" });
        mattermost.Routes["GET /api/v4/users/alice"] = context => ScriptedMattermost.JsonAsync(context, 200, new { id = "alice", roles = system });
        Member(mattermost, "/channels/ch/members/alice", member);
        Member(mattermost, "/teams/t/members/alice", teamMember);
        var roles = new Dictionary<string, string[]>
        {
            ["channel_user"] = ["read_channel", "create_post"],
            ["channel_guest"] = ["read_channel"],
            ["team_admin"] = ["read_channel", "manage_team"],
            ["system_admin"] = ["read_channel", "create_post", "manage_system"],
        };
        mattermost.Routes["POST /api/v4/roles/names"] = async context =>
        {
            string[] asked = (await JsonSerializer.DeserializeAsync<string[]>(context.Request.Body))!;
            await ScriptedMattermost.JsonAsync(context, 200, asked.Where(roles.ContainsKey).Select(name => new { name, permissions = roles[name] }));
        };
    }

    private static void Member(ScriptedMattermost mattermost, string path, string roles)
    {
        if (roles.Length > 0)
        {
            mattermost.Routes["GET /api/v4" + path] = context => ScriptedMattermost.JsonAsync(context, 200, new { roles });
        }
    }
}
