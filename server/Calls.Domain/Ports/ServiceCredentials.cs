namespace Calls.Domain.Ports;

/// <summary>What this service is known by at another one (rtcd, the job service). The key is secret.</summary>
/// <param name="Url">The service they were used with last.</param>
public sealed record ServiceCredentials(string Url, string ClientId, string AuthKey)
{
    /// <summary>Never shows the key.</summary>
    public override string ToString() => $"credentials of {ClientId}";
}
