namespace Calls.Server.Mattermost.Rest;

/// <summary>What Mattermost says of the bot's token.</summary>
internal enum BotAnswer
{
    /// <summary>It is the bot's.</summary>
    Accepted,

    /// <summary>It is nobody's.</summary>
    Refused,

    /// <summary>The token of recorder and transcriber is nobody's.</summary>
    JobsBotRefused,

    /// <summary>It is a user's who is no system administrator: some requests will be refused.</summary>
    NotAdministrator,

    /// <summary>Nothing yet, or it cannot be reached.</summary>
    None,
}
