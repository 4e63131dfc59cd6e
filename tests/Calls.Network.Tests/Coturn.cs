using System.Diagnostics;

namespace Calls.Network.Tests;

/// <summary>A coturn server on a host of the lab: STUN, and TURN for who has credentials made with its secret.</summary>
internal sealed class Coturn : IDisposable
{
    private readonly Process _process;

    private Coturn(Process process)
    {
        _process = process;
    }

    /// <param name="secret">Of the REST scheme; <c>null</c>: STUN only.</param>
    public static Coturn Start(string host, string address, int port, string? secret)
    {
        string[] access = secret is null ? ["--stun-only"] : ["--use-auth-secret", $"--static-auth-secret={secret}", "--realm=calls.example.org", "--fingerprint"];
        Process process = Lab.Start(
            host,
            NetworkFactAttribute.Find("turnserver")!,
            ["-n", "--listening-ip", address, "--relay-ip", address, "--listening-port", $"{port}", "--min-port", "50000", "--max-port", "50100",
             "--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout", "--simple-log", "--pidfile", "/dev/null", .. access]);
        _ = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        return new(process);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
