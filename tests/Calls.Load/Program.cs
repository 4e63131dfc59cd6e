using Calls.Load.Signaling;

if (SignalingOptions.Parse(args is ["signaling", ..] ? args.AsSpan(1) : args) is not { } options)
{
    Console.Error.WriteLine(SignalingOptions.Usage);
    return 2;
}

(string text, bool isGood) = await new SignalingRun(options).RunAsync();
Console.WriteLine(text);
return isGood ? 0 : 1;
