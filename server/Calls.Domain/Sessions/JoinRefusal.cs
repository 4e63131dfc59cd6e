using Calls.Domain.Ports;

namespace Calls.Domain.Sessions;

/// <summary>A join that did not succeed and left nothing behind.</summary>
public sealed record JoinRefusal(JoinRefusalReason Reason, string Detail = "", StoreOperation Operation = StoreOperation.Read);
