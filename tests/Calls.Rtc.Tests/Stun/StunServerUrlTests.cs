using Calls.Rtc.Stun;

namespace Calls.Rtc.Tests.Stun;

public sealed class StunServerUrlTests
{
    [Theory]
    [InlineData("stun:stun.example.com:3479", "stun.example.com", 3479)]
    [InlineData("STUN:stun.example.com", "stun.example.com", 3478)]
    [InlineData("stun:192.0.2.1:80?transport=udp", "192.0.2.1", 80)]
    [InlineData("stun:[2001:db8::1]:3479", "2001:db8::1", 3479)]
    [InlineData("stun:[2001:db8::1]", "2001:db8::1", 3478)]
    public void A_stun_url_names_host_and_port(string text, string host, int port)
    {
        Assert.True(StunServerUrl.TryParse(text, out StunServerUrl? url));
        Assert.Equal((host, port), (url.Host, url.Port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("stun:")]
    [InlineData("stun::3478")]
    [InlineData("stun:host:")]
    [InlineData("stun:host:0")]
    [InlineData("stun:host:65536")]
    [InlineData("stun:host:port")]
    [InlineData("stun:[::1")]
    [InlineData("stun:[]")]
    [InlineData("turn:host:3478")]
    [InlineData("http://host")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(StunServerUrl.TryParse(text, out _));
    }
}
