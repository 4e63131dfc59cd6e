namespace Calls.Domain;

/// <summary>The explicit setting of Calls in one channel.</summary>
/// <param name="IsEnabled"><c>null</c> if the row says nothing.</param>
/// <param name="PropsJson">An opaque JSON value, overwritten whole.</param>
public sealed record CallsChannel(ChannelId Channel, bool? IsEnabled, string PropsJson = "null");
