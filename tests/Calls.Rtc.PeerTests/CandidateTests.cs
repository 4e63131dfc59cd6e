using System.Net;

namespace Calls.Rtc.PeerTests;

/// <summary>Which addresses clients are told (media.md 1.6).</summary>
public sealed class CandidateTests
{
    [Fact]
    [Trait("Spec", "media-7")]
    public void An_override_takes_the_place_of_the_one_local_address_everywhere()
    {
        IReadOnlyList<string> said = Negotiate(static options => options with { IceHostOverride = "203.0.113.7" });

        Assert.All(said.SelectMany(Candidates), static candidate => Assert.Equal(("203.0.113.7", "8443"), candidate));
        Assert.All(said, static json => Assert.DoesNotContain("192.0.2.", json, StringComparison.Ordinal));
        Assert.All(said, static json => Assert.NotEmpty(Candidates(json)));
    }

    [Fact]
    [Trait("Spec", "media-8")]
    public void Each_local_address_is_advertised_as_its_external_one()
    {
        IReadOnlyList<string> said = Negotiate(static options => options with
        {
            ListenAddresses = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.3")],
            IceHostOverride = "203.0.113.7/10.0.0.2,203.0.113.8/10.0.0.3",
        });

        Assert.Equal(["203.0.113.7", "203.0.113.8"], said.SelectMany(Candidates).Select(static candidate => candidate.Address).Distinct().Order());
        Assert.All(said, static json => Assert.DoesNotContain("10.0.0.", json, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData("localhost")] // a name
    [Trait("Spec", "media-9")]
    [Trait("Spec", "media-10")]
    public void An_overridden_port_shows_in_messages_and_in_later_descriptions(string host)
    {
        IReadOnlyList<string> said = Negotiate(options => options with { IceHostOverride = host, IceHostPortOverride = 30443 });

        Assert.Contains(said, static json => json.Contains("\"candidate\":{", StringComparison.Ordinal));
        Assert.Equal(2, said.Count(static json => json.Contains("\"answer\"", StringComparison.Ordinal)));
        Assert.All(said, static json => Assert.NotEmpty(Candidates(json)));
        Assert.All(said.SelectMany(Candidates), static candidate => Assert.Equal("30443", candidate.Port));
    }

    /// <summary>All that the server says to a client that joins and unmutes.</summary>
    private static IReadOnlyList<string> Negotiate(Func<RtcServerOptions, RtcServerOptions> configure)
    {
        using var call = new PeerCall(configure: configure);

        // The client reaches the server although it is told an address that leads through somebody's router.
        call.Reroutes = true;
        ClientPeer alice = call.JoinAndConnect("alice");
        alice.Unmute();
        call.Until(() => alice.Voice!.Section is not null, "the second answer");
        return [.. call.Server(alice).SentToClient.Select(static sent => sent.Json)];
    }

    private static IEnumerable<(string Address, string Port)> Candidates(string json) =>
        json.Split("candidate:").Skip(1).Select(static line => line.Split(' ')).Select(static words => (words[4], words[5]));
}
