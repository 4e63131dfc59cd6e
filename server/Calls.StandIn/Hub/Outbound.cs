namespace Calls.StandIn.Hub;

/// <summary>One entry of a connection's queue: an event still to be numbered, or a reply.</summary>
internal readonly record struct Outbound(WebSocketEvent? Event, byte[]? Reply);
