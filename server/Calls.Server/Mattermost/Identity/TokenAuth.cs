using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Identity;

/// <summary>A user's own token, as the core passes it around without looking inside.</summary>
internal sealed class TokenAuth(string token) : HostAuth
{
    public string Token { get; } = token;
}
