namespace Calls.StandIn;

/// <summary>An action with prefix <c>custom_</c> that reached the stand-in, where a stock server hands it to plugins and answers nothing.</summary>
/// <param name="ConnectionId">The connection it came on.</param>
/// <param name="UserId">Empty when the connection had not authenticated.</param>
/// <param name="Action">With its prefix.</param>
/// <param name="Seq">As sent; not checked.</param>
/// <param name="Data">Plain values; byte[] for MessagePack binary.</param>
public sealed record CustomAction(string ConnectionId, string UserId, string Action, long Seq, IReadOnlyDictionary<string, object?>? Data);
