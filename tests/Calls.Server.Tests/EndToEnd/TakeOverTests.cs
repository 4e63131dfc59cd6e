using System.Net;
using System.Text.Json;
using Calls.Server.Tests.EndToEnd.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>Routes of Mattermost that the service takes over on request (mattermost-integration.md 3.17).</summary>
public sealed class TakeOverTests
{
    [Fact]
    [Trait("Spec", "rest-api-57")]
    public async Task Posts_of_calls_cannot_be_edited_by_users()
    {
        await using CallsSite site = await StartAsync("post-edits");
        await site.JoinAsync("alice");
        JsonElement post = site.Mattermost.PostsIn(site.Channel).Single();
        string id = post.GetProperty("id").GetString()!;

        foreach (string user in (string[])["alice", "sysadmin"])
        {
            foreach ((string path, object body) in ((string, object)[])[($"/api/v4/posts/{id}/patch", new { message = "mine" }), ($"/api/v4/posts/{id}", new { id, message = "mine" })])
            {
                using HttpResponseMessage refused = await site.SendAsync(HttpMethod.Put, path, site.LogIn(user), body);
                JsonElement error = JsonDocument.Parse(await refused.Content.ReadAsStringAsync()).RootElement;
                Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
                Assert.Equal("Post rejected by plugin. you are not allowed to edit a call post", error.GetProperty("message").GetString());
            }
        }

        Assert.Equal(post.GetRawText(), site.Mattermost.GetPost(id)!.Value.GetRawText());

        // The service itself edits, and users edit what is theirs.
        using HttpResponseMessage created = await site.SendAsync(HttpMethod.Post, "/api/v4/posts", site.LogIn("bob"), new { channel_id = site.Channel, message = "one" });
        string own = JsonDocument.Parse(await created.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        using HttpResponseMessage edited = await site.SendAsync(HttpMethod.Put, $"/api/v4/posts/{own}/patch", site.LogIn("bob"), new { message = "two" });
        Assert.Equal((HttpStatusCode.OK, "two"), (edited.StatusCode, site.Mattermost.GetPost(own)!.Value.GetProperty("message").GetString()));
        using HttpResponseMessage unknown = await site.SendAsync(HttpMethod.Put, "/api/v4/posts/nosuchpostnosuchpostnosuchp/patch", site.LogIn("bob"), new { message = "x" });
        Assert.NotEqual(HttpStatusCode.OK, unknown.StatusCode);
    }

    [Fact]
    public async Task A_log_out_through_the_gateway_ends_the_call_at_once()
    {
        await using CallsSite site = await StartAsync("logout");
        string token = site.LogIn("bob");
        ClientSocket alice = await site.JoinAsync("alice");
        ClientSocket bob = await site.JoinWithAsync(token);
        alice.TakeAll();

        using HttpResponseMessage answer = await site.SendAsync(HttpMethod.Post, "/api/v4/users/logout", token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(bob.Id, (await alice.NextAsync("user_left")).Text("session_id"));
    }

    private static Task<CallsSite> StartAsync(string route) =>
        CallsSite.StartAsync(configure: options => options with { TakeOver = new HashSet<string> { route } });
}
