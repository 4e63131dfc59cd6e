using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Calls.Domain.HostControl;
using Calls.Domain.Ports;
using Calls.Server.Configuration;
using Calls.Server.Signaling;

namespace Calls.Server.Api.Commands;

/// <summary>The slash command <c>/call</c>, as far as clients do not handle it themselves (rest-api.md 6).</summary>
public sealed class CallCommand
{
    public const string Trigger = "call";

    private const string WrongCount = "invalid number of arguments provided";

    private readonly HostControls _controls;
    private readonly IChatHost _host;
    private readonly IMattermostSite _site;
    private readonly CurrentCallsSettings _settings;

    public CallCommand(HostControls controls, IChatHost host, IMattermostSite site, CurrentCallsSettings settings) =>
        (_controls, _host, _site, _settings) = (controls, host, site, settings);

    /// <summary>Carries it out.</summary>
    /// <returns>What only the user gets to see; empty for nothing.</returns>
    public async Task<string> ExecuteAsync(CallCommandUse use, CancellationToken cancellation)
    {
        string[] words = use.Line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0] != "/" + Trigger)
        {
            return $"Unknown command: {words.FirstOrDefault()}";
        }

        if (words.Length == 1)
        {
            return "Invalid number of arguments provided";
        }

        try
        {
            return words[1] switch
            {
                // The clients' own; that the server hears of them has no meaning.
                "start" or "join" or "leave" or "logs" or "end" => "",
                "recording" => Recording(words),
                "link" => await LinkAsync(use, cancellation),
                "stats" => Stats(words),
                "host" when _settings.Value.Licensed.HostControls => await MakeHostAsync(use, words, cancellation),
                string other => $"Invalid subcommand: {other}",
            };
        }
        catch (Exception failure) when (failure is ChatHostException or CallStoreException or CallLockException)
        {
            return Error(failure is CallLockException ? RefusalText.LockFailed(failure.Message) : failure.Message);
        }
    }

    private static string Error(string text) => "Error: " + text;

    // The client does it over REST and still sends the command.
    private static string Recording(string[] words) => words.Length != 3
        ? Error(WrongCount)
        : words[2] is "start" or "stop" ? "" : Error($"invalid subcommand \"{words[2]}\"");

    private async Task<string> LinkAsync(CallCommandUse use, CancellationToken cancellation)
    {
        ChatChannel? channel = await _host.GetChannelAsync(use.Channel, cancellation);
        string team = channel is { TeamId.Length: > 0 } ? channel.TeamId : use.Team;
        string? name = await _site.GetTeamNameAsync(team, cancellation);
        return name is null
            ? Error("Unable to find the team.")
            : $"Call link: {_site.Url}/{name}/channels/{use.Channel.Value}?join_call=true";
    }

    private async Task<string> MakeHostAsync(CallCommandUse use, string[] words, CancellationToken cancellation)
    {
        if (words.Length != 3)
        {
            return Error(WrongCount);
        }

        string name = words[2].TrimStart('@');
        if (await _site.FindUserAsync(name, cancellation) is not { } target)
        {
            return Error($"could not find user \"{name}\"");
        }

        HostActionResult result = await _controls.MakeHostAsync(use.Channel, use.User, target, cancellation);
        return HostActionText.Of(result) is { } refusal ? Error(refusal) : "";
    }

    private static string Stats(string[] words)
    {
        if (words.Length != 3)
        {
            return Error(WrongCount);
        }

        byte[] json = new byte[words[2].Length];
        if (!Convert.TryFromBase64String(words[2], json, out int length))
        {
            return Error("failed to decode payload: illegal base64 data");
        }

        ReadOnlySpan<byte> payload = json.AsSpan(0, length);
        if (payload.Length < 2)
        {
            return Error("invalid stats object");
        }

        return payload.SequenceEqual("{}"u8) ? Error("empty stats object") : Indent(payload);
    }

    private static string Indent(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            var buffer = new ArrayBufferWriter<byte>();
            var options = new JsonWriterOptions { Indented = true, IndentSize = 1, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            using (var writer = new Utf8JsonWriter(buffer, options))
            {
                document.WriteTo(writer);
            }

            return $"```json\n{Encoding.UTF8.GetString(buffer.WrittenSpan)}\n```";
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return Error("failed to indent JSON: invalid character");
        }
    }
}
