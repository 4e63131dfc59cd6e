using Calls.Domain;

namespace Calls.Server.Api.Commands;

/// <summary>Somebody typed a slash command.</summary>
/// <param name="Team">The team the client was in; counts in direct and group channels.</param>
/// <param name="Line">The whole line, with the trigger.</param>
public sealed record CallCommandUse(UserId User, ChannelId Channel, string Team, string Line);
