using System.CommandLine;
using Calls.Rtc;
using Calls.Server.Commands;
using Calls.Server.Commands.Doctor;
using Calls.Server.Commands.Pack;
using Calls.Server.Configuration;

Option<string?> settings = ServeCommand.SettingsOption();
var root = new RootCommand("The backend of Mattermost Calls: gateway, signaling and media server in one program.\n\nExample: calls demo")
{
    settings,
    ServeCommand.Create(settings),
    MigrateCommand.Create(settings),
    DoctorCommand.Create(settings),
    PackCommand.Create(),
    DemoCommand.Create(),
    RtcdCommand.Create(),
    LoadCommand.Create(),
};
root.SetAction((parsed, cancellation) => ServeCommand.RunAsync(parsed.GetValue(settings), cancellation));

ParseResult parsed = root.Parse(args);
bool isRtcd = parsed.CommandResult.Command.Name == RtcdCommand.Name;
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine(error.Message);
    }

    Console.Error.WriteLine("calls --help tells what is known.");
    return isRtcd ? ExitCode.Failed : ExitCode.WrongUsage;
}

// Longer than a stop may take: clients are told to go before their sockets end. rtcd reads its signals itself.
var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = isRtcd ? null : TimeSpan.FromMinutes(1) };
try
{
    return await parsed.InvokeAsync(invocation);
}
catch (OperationCanceledException)
{
    // Asked to stop before it had started.
    return ExitCode.Done;
}
catch (ConfigurationException refused)
{
    Console.Error.WriteLine(refused.Message);
    return ExitCode.InvalidConfiguration;
}
catch (Exception failure) when (failure is RtcException or IOException or UnauthorizedAccessException or DllNotFoundException)
{
    // What an operator can put right: a taken port, a missing library, a file that cannot be written.
    Console.Error.WriteLine(failure.Message);
    return ExitCode.Failed;
}
