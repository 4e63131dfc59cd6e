using Calls.Server.Api;

namespace Calls.Server.Tests.Api;

/// <summary>Keeps what the administrators were told.</summary>
internal sealed class FakeAdministrators : IAdministrators
{
    public List<(string Message, string Type)> Told { get; } = [];

    public Task<int> TellAsync(string message, string type, IReadOnlyDictionary<string, object?> props, CancellationToken cancellation)
    {
        Told.Add((message, type));
        return Task.FromResult(1);
    }
}
