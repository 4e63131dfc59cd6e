using Calls.Network.Peer;

// One end of a call as a process of its own, so that it can live in a network namespace. Its signaling goes through standard input and
// output, one JSON object per line.
switch (args)
{
    case ["server", .. string[] options]:
        await ServerEnd.RunAsync(options);
        return 0;
    case ["client", .. string[] options]:
        ClientEnd.Run(options);
        return 0;
    default:
        Console.Error.WriteLine("Usage: server [--override HOST] [--stun URL] [--ipv6] | client NAME [--no-udp] [--no-tcp]");
        return 2;
}
