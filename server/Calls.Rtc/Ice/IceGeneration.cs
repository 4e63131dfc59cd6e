using System.Text;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Ice;

/// <summary>The credentials of both sides between two ICE restarts (RFC 8445, section 2.4).</summary>
internal sealed class IceGeneration(IceCredentials local, string remoteUfrag)
{
    private readonly byte[] _remoteUfrag = Encoding.ASCII.GetBytes(remoteUfrag);

    public IceCredentials Local { get; } = local;

    /// <summary>Whether USERNAME is <c>localufrag:remoteufrag</c> of this generation.</summary>
    public bool IsNamedBy(in StunMessageView request) =>
        request.TrySplitUsername(out ReadOnlySpan<byte> localUfrag, out ReadOnlySpan<byte> remote)
        && localUfrag.SequenceEqual(Local.UfragBytes.Span)
        && remote.SequenceEqual(_remoteUfrag);
}
