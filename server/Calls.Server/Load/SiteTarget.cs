using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Calls.Server.Load;

/// <summary>A Mattermost with Calls, as its users see it: log-ins, channels, sockets, joins (mattermost-integration.md 10.6).</summary>
/// <param name="url">Where users point their browsers.</param>
internal sealed class SiteTarget(Uri url, SiteAccounts accounts) : ILoadTarget
{
    private const int PageSize = 100;
    private const int ParallelLogIns = 8;

    private readonly HttpClient _http = new() { BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority)), Timeout = TimeSpan.FromSeconds(30) };
    private readonly Dictionary<int, (string Token, string UserId)> _users = [];
    private readonly List<string> _channels = [];
    private string _team = "";

    public Uri? Metrics => null;

    public async Task PrepareAsync(LoadOptions options, Action<double> progress, CancellationToken cancellation)
    {
        (string admin, _) = await LogInAsync(accounts.AdminName, accounts.AdminPassword, cancellation);
        _team = await FindTeamAsync(admin, cancellation);
        await FindChannelsAsync(admin, options.Calls, cancellation);
        int done = 0;
        int[] missing = [.. Enumerable.Range(0, options.Calls * (options.Users + ((options.Joins + options.Calls - 1) / options.Calls))).Where(user => !_users.ContainsKey(user))];
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = ParallelLogIns, CancellationToken = cancellation }, async (user, token) =>
        {
            (string Token, string UserId) logIn = await LogInOrRegisterAsync(user, token);
            using HttpResponseMessage joined = await SendAsync(HttpMethod.Post, $"/api/v4/teams/{_team}/members", logIn.Token, new { team_id = _team, user_id = logIn.UserId }, token);
            lock (_users)
            {
                _users[user] = logIn;
                progress((double)++done / missing.Length);
            }
        });
    }

    public async Task<ILoadSession> JoinAsync(int call, int user, Action<ReadOnlyMemory<byte>> onSignal, CancellationToken cancellation)
    {
        (string token, string userId) = _users[(user * _channels.Count) + call];
        using (HttpResponseMessage member = await SendAsync(HttpMethod.Post, $"/api/v4/channels/{_channels[call]}/members", token, new { user_id = userId }, cancellation))
        {
            if (!member.IsSuccessStatusCode)
            {
                throw new LoadException($"a user may not join channel {_channels[call]} ({(int)member.StatusCode})");
            }
        }

        return await SiteSession.JoinAsync(url, token, _channels[call], onSignal, cancellation);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> FindTeamAsync(string admin, CancellationToken cancellation)
    {
        JsonElement teams = await GetAsync("/api/v4/teams", admin, cancellation);
        foreach (JsonElement team in teams.EnumerateArray())
        {
            if (accounts.Team.Length == 0 || team.GetProperty("name").GetString() == accounts.Team)
            {
                return team.GetProperty("id").GetString()!;
            }
        }

        throw new LoadException(accounts.Team.Length == 0 ? "there is no team" : $"there is no team \"{accounts.Team}\"");
    }

    /// <summary>Open channels of the team, one per call; missing ones are made.</summary>
    private async Task FindChannelsAsync(string admin, int calls, CancellationToken cancellation)
    {
        for (int page = 0; _channels.Count < calls; page++)
        {
            JsonElement[] found = [.. (await GetAsync($"/api/v4/channels?page={page}&per_page={PageSize}", admin, cancellation)).EnumerateArray()];
            _channels.AddRange(found
                .Where(channel => channel.GetProperty("type").GetString() == "O" && channel.GetProperty("team_id").GetString() == _team
                    && channel.GetProperty("delete_at").GetInt64() == 0 && !_channels.Contains(channel.GetProperty("id").GetString()!))
                .Select(static channel => channel.GetProperty("id").GetString()!));
            if (found.Length < PageSize)
            {
                break;
            }
        }

        while (_channels.Count < calls)
        {
            string name = $"load-{Guid.NewGuid():N}"[..20];
            using HttpResponseMessage made = await SendAsync(HttpMethod.Post, "/api/v4/channels", admin, new { team_id = _team, name, display_name = name, type = "O" }, cancellation);
            if (!made.IsSuccessStatusCode)
            {
                throw new LoadException($"{accounts.AdminName} may not make channels ({(int)made.StatusCode})");
            }

            _channels.Add((await made.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("id").GetString()!);
        }

        _channels.RemoveRange(calls, _channels.Count - calls);
    }

    private async Task<(string Token, string UserId)> LogInOrRegisterAsync(int user, CancellationToken cancellation)
    {
        string name = $"{accounts.UserPrefix}{user.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            return await LogInAsync(name, accounts.UserPassword, cancellation);
        }
        catch (LoadException)
        {
            // The reference's own load tool registers who is not there, too.
            using HttpResponseMessage made = await SendAsync(HttpMethod.Post, "/api/v4/users", null, new { username = name, password = accounts.UserPassword, email = $"{name}@example.org" }, cancellation);
            if (made.StatusCode != HttpStatusCode.Created)
            {
                throw;
            }

            return await LogInAsync(name, accounts.UserPassword, cancellation);
        }
    }

    private async Task<(string Token, string UserId)> LogInAsync(string name, string password, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await SendAsync(HttpMethod.Post, "/api/v4/users/login", null, new { login_id = name, password }, cancellation);
            if (!answer.IsSuccessStatusCode || !answer.Headers.TryGetValues("Token", out IEnumerable<string>? tokens))
            {
                throw new LoadException($"{name} cannot log in ({(int)answer.StatusCode})");
            }

            return (tokens.First(), (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation)).GetProperty("id").GetString()!);
        }
        catch (HttpRequestException failure)
        {
            throw new LoadException($"{url} does not answer: {failure.Message}", failure);
        }
    }

    private async Task<JsonElement> GetAsync(string path, string token, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, path, token, null, cancellation);
        return answer.IsSuccessStatusCode
            ? await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation)
            : throw new LoadException($"GET {path} is refused ({(int)answer.StatusCode})");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, object? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        request.Content = body is null ? null : JsonContent.Create(body);
        return await _http.SendAsync(request, cancellation);
    }
}
