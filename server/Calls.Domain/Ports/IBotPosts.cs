namespace Calls.Domain.Ports;

/// <summary>Posts that the Calls bot writes itself.</summary>
public interface IBotPosts
{
    /// <param name="post">Its author is the bot, whatever it says.</param>
    /// <param name="files">Ids of files that the bot has uploaded.</param>
    /// <returns>The post with its id.</returns>
    /// <exception cref="ChatHostException"/>
    Task<ChatPost> CreateAsync(ChatPost post, IReadOnlyList<string> files, CancellationToken cancellation);
}
