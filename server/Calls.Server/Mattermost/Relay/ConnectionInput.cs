using Calls.Server.Mattermost.Identity;

namespace Calls.Server.Mattermost.Relay;

/// <summary>What reaches the mailbox of a <see cref="RelayConnection"/>.</summary>
internal abstract record ConnectionInput
{
    /// <summary>A message of Mattermost; the mailbox returns its buffer.</summary>
    public sealed record UpstreamReceived(SocketPair Pair, ReceivedFrame Frame) : ConnectionInput;

    /// <summary>One side of the pair ended.</summary>
    public sealed record PairEnded(SocketPair Pair) : ConnectionInput;

    /// <summary>A Calls action of the client.</summary>
    public sealed record ActionReceived(SocketPair Pair, ClientFrame Frame, int Bytes) : ConnectionInput;

    /// <summary>The client sent a token after the upgrade.</summary>
    public sealed record TokenPresented(SocketPair Pair, string Token) : ConnectionInput;

    /// <summary>An event of ours, meant for the record that had this id when it was routed.</summary>
    public sealed record EventInjected(Domain.ConnectionId Connection, InjectedEvent Event) : ConnectionInput;

    /// <summary>More events wait for the mailbox than a socket may have in its queue.</summary>
    public sealed record EventsOverflowed : ConnectionInput;

    /// <summary>The question whether the user is a member of a channel was answered, or could not be.</summary>
    public sealed record MembershipResolved(Domain.ChannelId Channel, bool IsKnown) : ConnectionInput;

    /// <summary>A token was checked.</summary>
    public sealed record TokenChecked(int Attempt, string Token, IdentityResult Result, Domain.UserId User) : ConnectionInput;

    /// <summary>A token of the connection is no longer valid.</summary>
    public sealed record TokenEnded(string Token) : ConnectionInput;

    /// <summary>
    /// A client of this user came back: an old pair is closed. Answers when nothing more comes over the old upstream, or
    /// <c>null</c> if the record is not this user's or is being resumed already.
    /// </summary>
    public sealed record ReserveRequested(Domain.UserId User, TaskCompletionSource<Task?> Answer) : ConnectionInput;

    /// <summary>Asks for the number with which to resume at Mattermost; nothing if the client lost too much.</summary>
    public sealed record PlanRequested(long Next, TaskCompletionSource<long?> Answer) : ConnectionInput;

    /// <summary>The dial of a reserved record failed.</summary>
    public sealed record ReservationReleased : ConnectionInput;

    /// <summary>The dial of a reserved record led to a pair.</summary>
    public sealed record PairAttached(SocketPair Pair, long Next, string Token) : ConnectionInput;

    /// <summary>The pair had its time to prove who it is.</summary>
    public sealed record IdentifyTimedOut(SocketPair Pair) : ConnectionInput;

    /// <summary>Time passes for a record without client.</summary>
    public sealed record ExpiryChecked : ConnectionInput;
}
