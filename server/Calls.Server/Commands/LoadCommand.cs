using System.CommandLine;
using Calls.Rtc;
using Calls.Server.Load;

namespace Calls.Server.Commands;

/// <summary><c>calls load</c>: many real WebRTC clients against any Calls server or any rtcd.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var standard = new LoadOptions();
        var url = new Option<Uri?>("--url") { Description = "A Calls server, as users reach it.", CustomParser = ParseUrl };
        var rtcd = new Option<Uri?>("--rtcd") { Description = "A bare rtcd or calls rtcd; http://ID:KEY@HOST:8045 to use a registered client.", CustomParser = ParseUrl };
        var calls = new Option<int>("--calls") { Description = "Calls at the same time.", DefaultValueFactory = _ => standard.Calls };
        var users = new Option<int>("--users") { Description = "Users of each call.", DefaultValueFactory = _ => standard.Users };
        var unmuted = new Option<int>("--unmuted") { Description = "Users of each call that speak.", DefaultValueFactory = _ => standard.Unmuted };
        var screens = new Option<int>("--screens") { Description = "Screens shared in each call: 0 or 1.", DefaultValueFactory = _ => standard.Screens };
        var bitrate = new Option<int>("--screen-bitrate") { Description = "Bits per second of a screen (VP8).", DefaultValueFactory = _ => standard.ScreenBitrate };
        var spurts = new Option<bool>("--talk-spurts") { Description = "Speakers pause and go on instead of speaking all the time." };
        var rate = new Option<double>("--join-rate") { Description = "Sessions that join per second.", DefaultValueFactory = _ => standard.JoinRate };
        var duration = new Option<int>("--duration") { Description = "Seconds that are measured.", DefaultValueFactory = _ => standard.Duration };
        var warmUp = new Option<int>("--warm-up") { Description = "Seconds of media before that.", DefaultValueFactory = _ => standard.WarmUp };
        var idle = new Option<int>("--idle") { Description = "Seconds without media, to tell its price from that of the sessions.", DefaultValueFactory = _ => standard.Idle };
        var joins = new Option<int>("--joins") { Description = "Listeners that join one by one while media flows, to measure how soon they hear.", DefaultValueFactory = _ => standard.Joins };
        var pid = new Option<int?>("--pid") { Description = "The server's process on this machine, for its CPU time and memory." };
        var metrics = new Option<Uri?>("--metrics") { Description = "The server's metrics page; that of an rtcd is known.", CustomParser = ParseUrl };
        var scenario = new Option<FileInfo?>("--scenario") { Description = "JSON file with several runs, in place of the options above." };
        var json = new Option<bool>("--json") { Description = "Print one line of JSON per run instead of a table." };
        var admin = new Option<string>("--admin") { Description = "Administrator of the Calls server, NAME:PASSWORD.", DefaultValueFactory = _ => "sysadmin:Sys@dmin-sample1" };
        var prefix = new Option<string>("--user-prefix") { Description = "Users are this and a number; missing ones are registered.", DefaultValueFactory = _ => "testuser-" };
        var password = new Option<string>("--password") { Description = "Password of these users.", DefaultValueFactory = _ => "testPass123$" };
        var team = new Option<string>("--team") { Description = "Team whose channels are used; the first by default.", DefaultValueFactory = _ => "" };

        var command = new Command("load", "Drives many real WebRTC clients against any Calls server or any rtcd.\n\nExample: calls load --rtcd http://127.0.0.1:8045 --calls 10 --users 8 --unmuted 2")
        {
            url, rtcd, calls, users, unmuted, screens, bitrate, spurts, rate, duration, warmUp, idle, joins, pid, metrics, scenario, json, admin, prefix, password, team,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(url) is null == result.GetResult(rtcd) is null)
            {
                result.AddError("Give either --url or --rtcd.");
            }
        });
        command.SetAction((parsed, cancellation) =>
        {
            var options = new LoadOptions
            {
                Calls = parsed.GetValue(calls),
                Users = parsed.GetValue(users),
                Unmuted = parsed.GetValue(unmuted),
                Screens = parsed.GetValue(screens),
                ScreenBitrate = parsed.GetValue(bitrate),
                TalkSpurts = parsed.GetValue(spurts),
                JoinRate = parsed.GetValue(rate),
                Duration = parsed.GetValue(duration),
                WarmUp = parsed.GetValue(warmUp),
                Idle = parsed.GetValue(idle),
                Joins = parsed.GetValue(joins),
            };
            string[] administrator = [.. parsed.GetValue(admin)!.Split(':', 2), ""];
            ILoadTarget target = parsed.GetValue(rtcd) is { } media
                ? new RtcdTarget(media)
                : new SiteTarget(parsed.GetValue(url)!, new(administrator[0], administrator[1], parsed.GetValue(prefix)!, parsed.GetValue(password)!, parsed.GetValue(team)!));
            return RunAsync(target, parsed.GetValue(scenario), options, parsed.GetValue(pid), parsed.GetValue(metrics), parsed.GetValue(json), cancellation);
        });
        return command;
    }

    private static Uri? ParseUrl(System.CommandLine.Parsing.ArgumentResult argument)
    {
        if (Uri.TryCreate(argument.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https")
        {
            return url;
        }

        argument.AddError($"\"{argument.Tokens[0].Value}\" is not a URL, such as http://127.0.0.1:8045.");
        return null;
    }

    private static async Task<int> RunAsync(ILoadTarget target, FileInfo? scenario, LoadOptions options, int? pid, Uri? metrics, bool asJson, CancellationToken cancellation)
    {
        await using (target)
        {
            RtcServer.RequireLibraries();
            try
            {
                IReadOnlyList<LoadOptions> runs = scenario is null ? [options] : LoadScenario.Parse(await File.ReadAllTextAsync(scenario.FullName, cancellation));
                if (options.Fault is { } fault)
                {
                    throw new FormatException(fault);
                }

                foreach (LoadOptions run in runs)
                {
                    LoadReport report = await new LoadRun(run, target, pid, metrics, new Progress(Console.Error, !Console.IsErrorRedirected)).RunAsync(cancellation);
                    Console.WriteLine(asJson ? report.ToJson() : report.ToTable());
                }

                return ExitCode.Done;
            }
            catch (LoadException failure)
            {
                await Console.Error.WriteLineAsync(failure.Message);
                return ExitCode.Failed;
            }
            catch (FormatException wrong)
            {
                await Console.Error.WriteLineAsync($"{(scenario is null ? "" : $"{scenario.Name}: ")}{wrong.Message}.");
                return ExitCode.WrongUsage;
            }
        }
    }
}
