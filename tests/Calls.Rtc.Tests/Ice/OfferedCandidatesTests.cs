using System.Net;
using System.Net.Sockets;
using Calls.Rtc.Ice;
using Calls.Rtc.Tests.Sessions;

namespace Calls.Rtc.Tests.Ice;

/// <summary>A host name as ICEHostOverride, over time.</summary>
public sealed class OfferedCandidatesTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _log = [];
    private string? _address;

    [Fact]
    public async Task A_name_that_moves_is_followed()
    {
        _address = "203.0.113.7";
        using OfferedCandidates offered = Create("calls.example.org");
        await offered.RefreshAsync();
        Assert.Equal("203.0.113.7:8443", offered.Candidates.Single().EndPoint);

        _address = "203.0.113.8";
        Advance(OfferedCandidates.RefreshInterval - TimeSpan.FromMilliseconds(1));
        Assert.Equal("203.0.113.7:8443", offered.Candidates.Single().EndPoint);
        Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("203.0.113.8:8443", offered.Candidates.Single().EndPoint);

        Assert.Equal(["ICEHostOverride calls.example.org is 203.0.113.8 now; new sessions are told so"], _log);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_yet_is_tried_again_soon_and_said_once()
    {
        using OfferedCandidates offered = Create("calls.example.org");
        await offered.RefreshAsync();
        Assert.StartsWith(
            "failed to init setting engine: failed to generate addresses pairs: failed to resolve host: lookup calls.example.org", offered.Failure, StringComparison.Ordinal);
        Assert.Empty(offered.Candidates);
        Advance(OfferedCandidates.RetryInterval);
        Assert.Single(_log);

        _address = "203.0.113.7";
        Advance(OfferedCandidates.RetryInterval);
        Assert.Null(offered.Failure);
        Assert.Equal("203.0.113.7:8443", offered.Candidates.Single().EndPoint);
    }

    [Fact]
    public async Task A_name_that_is_lost_keeps_standing_for_what_it_did()
    {
        _address = "203.0.113.7";
        using OfferedCandidates offered = Create("calls.example.org");
        await offered.RefreshAsync();
        _address = null;
        Advance(OfferedCandidates.RefreshInterval);

        Assert.Null(offered.Failure);
        Assert.Equal("203.0.113.7:8443", offered.Candidates.Single().EndPoint);
    }

    [Theory]
    [InlineData("203.0.113.7")]
    [InlineData(null)]
    public async Task An_address_is_never_looked_up(string? hostOverride)
    {
        using OfferedCandidates offered = Create(hostOverride);
        await offered.RefreshAsync();
        Advance(TimeSpan.FromHours(1));

        Assert.Equal($"{hostOverride ?? "10.0.0.2"}:8443", offered.Candidates.Single().EndPoint);
    }

    private void Advance(TimeSpan by) => _time.AdvanceTo(_time.GetTimestamp() + (long)by.TotalMilliseconds);

    private OfferedCandidates Create(string? hostOverride)
    {
        IceHostOverride? parsed = null;
        Assert.True(hostOverride is null || IceHostOverride.TryParse(hostOverride, out parsed));
        var sources = new CandidateSources { UdpAddresses = [IPAddress.Parse("10.0.0.2")], UdpPort = 8443, HostOverride = parsed };
        return new(sources, Resolve, allowIPv6: false, _time, _log.Add);

        Task<IPAddress[]> Resolve(string name, CancellationToken stop)
        {
            Assert.Equal("calls.example.org", name);
            return _address is null
                ? Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound))
                : Task.FromResult<IPAddress[]>([IPAddress.Parse(_address)]);
        }
    }
}
