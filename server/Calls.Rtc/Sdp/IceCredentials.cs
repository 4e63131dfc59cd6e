namespace Calls.Rtc.Sdp;

/// <summary>ICE user name fragment and password (RFC 8839, section 5.4). The password never appears in <see cref="ToString"/>.</summary>
public sealed record IceCredentials(string Ufrag, string Password)
{
    public override string ToString() => $"ufrag {Ufrag}";
}
