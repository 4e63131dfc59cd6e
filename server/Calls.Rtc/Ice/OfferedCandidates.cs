using System.Net;

namespace Calls.Rtc.Ice;

/// <summary>
/// What clients are told of our addresses. It stays as it was at the start, except with a host name as ICEHostOverride: that is looked
/// up again and again, and new sessions get what it stands for by then.
/// </summary>
internal sealed class OfferedCandidates : IDisposable
{
    /// <summary>How often a host name is looked up. Dynamic DNS entries are seldom shorter-lived.</summary>
    public static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(60);

    /// <summary>How soon again after a failure, such as at a boot before the network is there.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    private readonly CandidateSources _sources;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly bool _allowIPv6;
    private readonly TimeProvider _time;
    private readonly Action<string>? _log;
    private readonly ITimer? _timer;
    private Offer _offer = new([], null, null);

    public OfferedCandidates(
        CandidateSources sources, Func<string, CancellationToken, Task<IPAddress[]>> resolve, bool allowIPv6, TimeProvider time, Action<string>? log)
    {
        _sources = sources;
        _resolve = resolve;
        _allowIPv6 = allowIPv6;
        _time = time;
        _log = log;
        if (sources.HostOverride is { IsName: true })
        {
            _timer = time.CreateTimer(static state => _ = ((OfferedCandidates)state!).RefreshAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Most preferred first.</summary>
    public IReadOnlyList<IceCandidate> Candidates => Volatile.Read(ref _offer).Candidates;

    /// <summary>Why there are none: the reference's text for a session that cannot begin. <c>null</c> if there are.</summary>
    public string? Failure => Volatile.Read(ref _offer).Failure;

    public void Dispose() => _timer?.Dispose();

    /// <summary>Makes the candidates, and sees to it that a host name is looked up again.</summary>
    public async Task RefreshAsync()
    {
        Offer before = _offer;
        TimeSpan next = RefreshInterval;
        try
        {
            IPAddress? address = _sources.HostOverride is null
                ? null
                : await _sources.HostOverride.ResolveAsync(_resolve, _allowIPv6, _time).ConfigureAwait(false);
            if (before.Candidates.Count == 0 || !Equals(address, before.Address))
            {
                Volatile.Write(ref _offer, new(CandidateAddresses.Build(_sources with { OverrideAddress = address }), address, null));
                if (before.Candidates.Count > 0 || before.Failure is not null)
                {
                    _log?.Invoke($"ICEHostOverride {_sources.HostOverride!.Host} is {address} now; new sessions are told so");
                }
            }
        }
        catch (RtcException failure)
        {
            next = RetryInterval;

            // What it stood for until now is better than nothing.
            if (before.Candidates.Count == 0 && before.Failure is null)
            {
                Volatile.Write(ref _offer, new([], null, failure.Message));
                _log?.Invoke($"{failure.Message}; no call can be joined until ICEHostOverride resolves");
            }
        }

        _timer?.Change(next, Timeout.InfiniteTimeSpan);
    }

    private sealed record Offer(IReadOnlyList<IceCandidate> Candidates, IPAddress? Address, string? Failure);
}
