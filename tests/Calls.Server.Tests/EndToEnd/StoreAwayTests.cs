using System.Net;
using Calls.Domain;
using Calls.Server.Tests.EndToEnd.Testing;
using Calls.Server.Tests.Persistence.Testing;

namespace Calls.Server.Tests.EndToEnd;

/// <summary>PostgreSQL goes away under a running service and comes back (modes.md 17.6).</summary>
public sealed class StoreAwayTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private CallsSite _site = null!;

    public async Task InitializeAsync()
    {
        if (PostgresServer.WhyMissing is not null)
        {
            return;
        }

        _server = await PostgresServer.StartAsync();
        string url = await _server.CreateDatabaseAsync();
        _site = await CallsSite.StartAsync(configure: options => options with { Postgres = PostgresServer.Parse(url) });
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _site.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [PostgresFact]
    [Trait("Spec", "modes-32")]
    public async Task Joins_get_an_error_and_requests_503_until_it_is_back()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        string token = _site.LogIn("bob");
        ClientSocket bob = await _site.OpenWithAsync(token);
        await _server.StopAsync();

        await bob.SendAsync("join", new { channelID = _site.Channel });
        WireFrame error = await bob.NextAsync("error");
        using HttpResponseMessage answer = await _site.SendAsync(HttpMethod.Get, $"/plugins/com.mattermost.calls/{_site.Channel}", token);

        Assert.Equal("failed to get call channel: the database does not answer", error.Text("data"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.False(alice.IsOver);

        await _server.ResumeAsync();
        await bob.SendAsync("join", new { channelID = _site.Channel });
        await bob.NextAsync("join");
        await alice.SendAsync("unmute");
        await bob.NextAsync("user_unmuted");
        Assert.Equal(new[] { alice.Id, bob.Id }.Order(), (await _site.StoredCallAsync())!.Sessions.Keys.Select(id => id.Value).Order());
    }

    [PostgresFact]
    public async Task Who_leaves_while_it_is_away_is_gone_once_it_is_back()
    {
        ClientSocket alice = await _site.JoinAsync("alice");
        ClientSocket bob = await _site.JoinAsync("bob");
        await using MediaClient media = await MediaClient.ConnectAsync(_site, alice);
        await _server.StopAsync();
        await bob.SendAsync("leave");
        await bob.SyncAsync();

        await _server.ResumeAsync();
        await _site.PassAsync(15, media);

        Assert.Equal(bob.Id, (await alice.NextAsync("user_left")).Text("session_id"));
        Assert.Equal([new SessionId(alice.Id)], (await _site.StoredCallAsync())!.Sessions.Keys);
    }
}
