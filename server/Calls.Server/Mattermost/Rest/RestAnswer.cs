using System.Net;
using System.Text.Json;
using Calls.Domain.Ports;

namespace Calls.Server.Mattermost.Rest;

/// <summary>A definite answer of Mattermost.</summary>
/// <param name="Body">Undefined if the body is empty or no JSON.</param>
internal readonly record struct RestAnswer(HttpStatusCode Status, JsonElement Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public bool IsNotFound => Status == HttpStatusCode.NotFound;

    /// <summary><c>id</c> of Mattermost's error object.</summary>
    public string ErrorId => Text("id");

    /// <summary>A string of the body's object, or empty.</summary>
    public string Text(string name) => Body.Text(name);

    /// <summary>The refusal as an exception; its text is Mattermost's message for users.</summary>
    public ChatHostException ToRefusal() =>
        new(Text("message") is { Length: > 0 } message ? message : $"Mattermost answered with status {(int)Status}", isUnavailable: false);
}
