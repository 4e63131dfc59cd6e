using Calls.Load;
using Calls.Load.Signaling;

if (args is ["serve-media"])
{
    return await MediaProcess.RunAsync();
}

if (args is ["signaling", ..] && SignalingOptions.Parse(args.AsSpan(1)) is { } signaling)
{
    (string text, bool isGood) = await new SignalingRun(signaling).RunAsync();
    Console.WriteLine(text);
    return isGood ? 0 : 1;
}

if (LoadOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(LoadOptions.Usage);
    Console.Error.WriteLine(SignalingOptions.Usage);
    return 2;
}

string? report = await new LoadRun(options).RunAsync();
Console.WriteLine(report ?? "not everybody could join within a minute");
return report is null ? 1 : 0;
