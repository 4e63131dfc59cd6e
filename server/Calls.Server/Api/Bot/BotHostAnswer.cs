using System.Text.Json;

namespace Calls.Server.Api.Bot;

/// <summary>A definite answer of Mattermost, to be passed on.</summary>
/// <param name="Body">Undefined if there is none.</param>
/// <param name="Message">What it says to a user if it refused.</param>
internal readonly record struct BotHostAnswer(int Status, JsonElement Body, string Message)
{
    public bool IsSuccess => Status is >= 200 and < 300;
}
