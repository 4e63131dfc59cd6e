using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Calls.Rtc;
using Calls.Server.Configuration;
using Calls.StandIn;

namespace Calls.Server.Commands;

/// <summary><c>calls demo</c>: a call between two browser tabs without anything to install or configure.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var http = new Option<IPEndPoint>("--http") { Description = "Address and port of the page and the gateway.", CustomParser = EndpointOption.Parse, DefaultValueFactory = static _ => new(IPAddress.Loopback, 8065) };
        var mattermost = new Option<IPEndPoint>("--mattermost") { Description = "Address and port of the stand-in Mattermost; a free port of 127.0.0.1 by default.", CustomParser = EndpointOption.Parse, DefaultValueFactory = static _ => new(IPAddress.Loopback, 0) };
        var mediaPort = new Option<int>("--media-port") { Description = "UDP and TCP port of the media server; 0 takes a free one.", DefaultValueFactory = static _ => 8443 };
        var mediaAddress = new Option<IPAddress?>("--media-address") { Description = "Local address of the media server; all by default. 127.0.0.1 keeps media on this machine (Firefox refuses loopback).", CustomParser = EndpointOption.ParseAddress };
        var users = new Option<int>("--users") { Description = "Further users testuser-0, testuser-1, ... with the password testPass123$." };
        var json = new Option<bool>("--json") { Description = "Print one line of JSON with the URL and all ids instead of text." };
        users.Validators.Add(static result => Require(result.GetValueOrDefault<int>() is >= 0 and <= 100_000, result, "--users takes a number from 0 to 100000."));
        mediaPort.Validators.Add(static result => Require(result.GetValueOrDefault<int>() is >= 0 and <= 65_535, result, "--media-port takes a port number, or 0 for a free one."));

        var command = new Command("demo", "Everything in one process for a first try: a stand-in Mattermost, the sidecar, a page to call from.\n\nExample: calls demo --http 127.0.0.1:9000")
        {
            http, mattermost, mediaPort, mediaAddress, users, json,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            new(
                parsed.GetValue(http)!,
                parsed.GetValue(mattermost)!,
                parsed.GetValue(mediaPort),
                parsed.GetValue(mediaAddress),
                parsed.GetValue(users),
                parsed.GetValue(json)),
            cancellation));
        return command;

        static void Require(bool holds, System.CommandLine.Parsing.SymbolResult result, string sentence)
        {
            if (!holds)
            {
                result.AddError(sentence);
            }
        }
    }

    private static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellation)
    {
        RtcServer.RequireLibraries();
        string folder = Directory.CreateTempSubdirectory("calls-demo-").FullName;
        try
        {
            await using StandInMattermost mattermost = await StartMattermostAsync(arguments, cancellation);
            var options = new SidecarOptions
            {
                HttpListen = [arguments.Http],
                HttpListenGivenAs = "--http",
                AdminListen = null,
                MattermostUrl = mattermost.Url,
                BotToken = mattermost.BotToken,
                DatabaseFile = Path.Combine(folder, "calls.db"),
                TakeOver = new HashSet<string> { "plugins" },
                Farewell = TimeSpan.Zero,
                LogLevel = LogLevel.Warning,
            };
            var settings = new CallsSettings { DefaultEnabled = true, EnableRinging = true, EnableVideo = true, ICEServersConfigs = [] };
            var media = new RtcServerOptions
            {
                UdpPort = arguments.MediaPort,
                TcpPort = arguments.MediaPort,
                ListenAddresses = arguments.MediaAddress is { } address ? [address] : [],
            };
            await using Sidecar sidecar = await Sidecar.StartAsync(options, settings, media, DemoPage.Map, cancellation);
            Console.WriteLine(arguments.Json ? Describe(sidecar, mattermost) : Greet(sidecar));
            await sidecar.WaitAsync(cancellation);
            return ExitCode.Done;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<StandInMattermost> StartMattermostAsync(Arguments arguments, CancellationToken cancellation)
    {
        try
        {
            return await StandInMattermost.StartAsync(new() { Listen = arguments.Mattermost, ExtraUsers = arguments.Users }, cancellation);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw ListenSocket.Explain(failure, arguments.Mattermost, "--mattermost");
        }
    }

    private static string Greet(Sidecar sidecar) => $"""
        Open {sidecar.Addresses[0]} in two browser tabs.

          Log in as   alice, bob, carol or dave   with the password Demo-pass-1
          or as       sysadmin                    with Sys@dmin-sample1

        Media: UDP port {sidecar.MediaPort} and TCP port {sidecar.Media.TcpPort} on {string.Join(", ", sidecar.AdvertisedAddresses)}.

        Next:
          calls demo --media-address 127.0.0.1     keeps media on this machine
          calls serve --help                       in front of a real Mattermost

        Ctrl+C ends the demo.
        """;

    private static string Describe(Sidecar sidecar, StandInMattermost mattermost) => JsonSerializer.Serialize(new
    {
        url = sidecar.Addresses[0],
        mattermost = mattermost.Url,
        mediaPort = sidecar.MediaPort,
        mediaAddresses = sidecar.AdvertisedAddresses,
        teamId = mattermost.Seed.TeamId,
        channels = new Dictionary<string, string> { ["town-square"] = mattermost.Seed.TownSquareId, ["off-topic"] = mattermost.Seed.OffTopicId },
        users = mattermost.Seed.UserIds,
    });

    private sealed record Arguments(IPEndPoint Http, IPEndPoint Mattermost, int MediaPort, IPAddress? MediaAddress, int Users, bool Json);
}
