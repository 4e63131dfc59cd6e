using Calls.Load;

if (args is ["serve-media"])
{
    return await MediaProcess.RunAsync();
}

if (LoadOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(LoadOptions.Usage);
    return 2;
}

string? report = await new LoadRun(options).RunAsync();
Console.WriteLine(report ?? "not everybody could join within a minute");
return report is null ? 1 : 0;
