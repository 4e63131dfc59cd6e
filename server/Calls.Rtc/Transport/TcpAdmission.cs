using System.Runtime.InteropServices;

namespace Calls.Rtc.Transport;

/// <summary>Counts the TCP connections of all loops and says whether one more is taken.</summary>
/// <remarks>Thread-safe. It is asked when a connection begins, is proven or ends, never for a packet.</remarks>
internal sealed class TcpAdmission(TcpLimits limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, int> _unprovenBySource = [];
    private int _open;
    private int _unproven;

    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>Sources remembered: as many as have unproven connections.</summary>
    public int Sources
    {
        get
        {
            lock (_gate)
            {
                return _unprovenBySource.Count;
            }
        }
    }

    public TcpAdmissionResult TryAdmit(in TransportAddress remote)
    {
        UInt128 source = SourceOf(remote);
        lock (_gate)
        {
            if (_unprovenBySource.GetValueOrDefault(source) >= limits.MaxUnprovenPerAddress)
            {
                return TcpAdmissionResult.TooManyFromAddress;
            }

            if (_open >= limits.MaxConnections || _unproven >= limits.MaxUnproven)
            {
                return TcpAdmissionResult.TooMany;
            }

            _open++;
            AddUnproven(source);
            return TcpAdmissionResult.Admitted;
        }
    }

    /// <summary>A connection belongs to a session from now on.</summary>
    public void Prove(in TransportAddress remote)
    {
        lock (_gate)
        {
            RemoveUnproven(SourceOf(remote));
        }
    }

    /// <summary>A connection belongs to no session any more, and is left open for a moment.</summary>
    public void Unprove(in TransportAddress remote)
    {
        lock (_gate)
        {
            AddUnproven(SourceOf(remote));
        }
    }

    public void Release(in TransportAddress remote, bool isProven)
    {
        lock (_gate)
        {
            _open--;
            if (!isProven)
            {
                RemoveUnproven(SourceOf(remote));
            }
        }
    }

    // A host has a whole /64 of IPv6 addresses (RFC 6177), so that is what counts as one.
    private static UInt128 SourceOf(in TransportAddress remote) => remote.IsIPv4 ? remote.Address : remote.Address >> 64 << 64;

    private void AddUnproven(UInt128 source)
    {
        _unproven++;
        CollectionsMarshal.GetValueRefOrAddDefault(_unprovenBySource, source, out _)++;
    }

    private void RemoveUnproven(UInt128 source)
    {
        _unproven--;
        if (--CollectionsMarshal.GetValueRefOrNullRef(_unprovenBySource, source) == 0)
        {
            _unprovenBySource.Remove(source);
        }
    }
}
