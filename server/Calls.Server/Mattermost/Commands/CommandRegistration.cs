using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Calls.Domain.Ports;
using Calls.Server.Api.Commands;
using Calls.Server.Mattermost.Rest;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Calls.Server.Mattermost.Commands;

/// <summary>
/// Makes <c>/call</c> known in every team and finds teams that are new (mattermost-integration.md 7.5). The registration stays when
/// the service ends: the next start finds it.
/// </summary>
internal sealed partial class CommandRegistration(
    MattermostClient rest,
    MattermostHost host,
    SettingsCache settings,
    GatewayOptions options,
    IServer server,
    TimeProvider time,
    ILogger<CommandRegistration> log)
{
    /// <summary>Outside of the plugin's prefix, so that a proxy in front does not show it to users.</summary>
    public const string Path = "/calls-internal/command";

    private const int TeamsPerPage = 200;
    private const int MaxTeams = 20_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    /// <summary>The token of each team's command.</summary>
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly HashSet<string> _complained = [];

    /// <summary>Teams in which the command is known.</summary>
    public int Teams => _tokens.Count;

    /// <summary>Whether a token is that of a command of ours. Takes the same time whichever it is.</summary>
    public bool Knows(string token)
    {
        byte[] presented = Encoding.UTF8.GetBytes(token);
        bool isKnown = false;
        foreach (string known in _tokens.Values)
        {
            isKnown |= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known), presented);
        }

        return isKnown;
    }

    /// <summary>Keeps the registrations complete until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            bool isComplete = host.BotUserId.Value.Length > 0 && settings.Current is not null && await TryRegisterAsync(cancellation);
            await Task.Delay(isComplete ? Interval : Retry, time, cancellation);
        }
    }

    private async Task<bool> TryRegisterAsync(CancellationToken cancellation)
    {
        if (settings.Current is { EnablesCommands: false })
        {
            Complain("", "ServiceSettings.EnableCommands is off");
            return true;
        }

        try
        {
            HashSet<string> present = await ListTeamsAsync(cancellation);
            foreach (string gone in _tokens.Keys.Where(team => !present.Contains(team)).ToList())
            {
                _tokens.TryRemove(gone, out _);
            }

            foreach (string team in present.Where(team => !_tokens.ContainsKey(team)))
            {
                await RegisterAsync(team, cancellation);
            }

            return true;
        }
        catch (ChatHostException)
        {
            // Mattermost is away, which the log says elsewhere.
            return false;
        }
    }

    private async Task<HashSet<string>> ListTeamsAsync(CancellationToken cancellation)
    {
        var teams = new HashSet<string>();
        for (int page = 0; teams.Count < MaxTeams; page++)
        {
            RestAnswer answer = await rest.GetAsync($"/teams?page={page}&per_page={TeamsPerPage}", RestPriority.Other, cancellation);
            if (!answer.IsSuccess)
            {
                throw answer.ToRefusal();
            }

            int before = teams.Count;
            teams.UnionWith(answer.Body.Items().Where(static team => team.Number("delete_at") == 0).Select(static team => team.Text("id")));
            if (teams.Count - before < TeamsPerPage)
            {
                break;
            }
        }

        return teams;
    }

    private async Task RegisterAsync(string team, CancellationToken cancellation)
    {
        RestAnswer listed = await rest.GetAsync($"/commands?team_id={HostCaches.Segment(team)}&custom_only=true", RestPriority.Other, cancellation);
        JsonElement ours = listed.Body.Items().FirstOrDefault(command =>
            command.Text("trigger") == CallCommand.Trigger && command.Text("creator_id") == host.BotUserId.Value);
        RestAnswer answer = await SendAsync(team, ours, cancellation);
        if (answer.IsSuccess && answer.Text("token") is { Length: > 0 } token)
        {
            _tokens[team] = token;
            return;
        }

        // 501: commands are switched off; 400: somebody else has the trigger.
        Complain(team, answer.Status == HttpStatusCode.NotImplemented ? "commands are switched off" : answer.ToRefusal().Message);
    }

    private async Task<RestAnswer> SendAsync(string team, JsonElement present, CancellationToken cancellation)
    {
        string url = Address();
        if (present.Text("url") == url)
        {
            return new RestAnswer(HttpStatusCode.OK, present);
        }

        var command = new Dictionary<string, object?>
        {
            ["team_id"] = team,
            ["trigger"] = CallCommand.Trigger,
            ["method"] = "P",
            ["url"] = url,
            ["display_name"] = "Call",
            ["description"] = "Start, join or leave a call",
            ["auto_complete"] = true,
            ["auto_complete_hint"] = "[command]",
            ["auto_complete_desc"] = "Available commands: start, join, leave, link, end, stats, recording, host, logs",
        };
        if (present.ValueKind == JsonValueKind.Undefined)
        {
            return await rest.SendAsync(HttpMethod.Post, "/commands", command, RestPriority.Other, isRepeatable: false, cancellation);
        }

        string id = present.Text("id");
        command["id"] = id;
        command["creator_id"] = host.BotUserId.Value;
        command["token"] = present.Text("token");
        return await rest.SendAsync(HttpMethod.Put, $"/commands/{HostCaches.Segment(id)}", command, RestPriority.Other, isRepeatable: true, cancellation);
    }

    /// <summary>Where Mattermost reaches us: as set, else the first address that is listened on.</summary>
    private string Address()
    {
        if (options.CallbackUrl is { } given)
        {
            return given.GetLeftPart(UriPartial.Path).TrimEnd('/') + Path;
        }

        var first = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.First());
        bool isAny = IPAddress.TryParse(first.Host.Trim('[', ']'), out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
        return $"http://{(isAny ? Dns.GetHostName() : first.Host)}:{first.Port}{Path}";
    }

    private void Complain(string team, string reason)
    {
        if (_complained.Count < MaxTeams && _complained.Add(team + reason))
        {
            LogNotRegistered(team, reason);
        }
    }

    [LoggerMessage(EventId = 3026, Level = LogLevel.Warning, Message = "The command /call could not be registered in team {Team}: {Reason}")]
    private partial void LogNotRegistered(string team, string reason);
}
