using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

/// <summary>Our own outgoing SSN reset requests, one at a time (RFC 6525, section 5.1).</summary>
internal sealed class OutgoingStreamResets(uint initialTsn, RetransmissionTimeout timeout)
{
    /// <summary>Streams of one request; more wait for the next.</summary>
    private const int MaxStreamsPerRequest = 64;

    private readonly List<ushort> _waiting = [];
    private readonly List<ushort> _requested = [];
    private uint _requestNumber = initialTsn - 1;
    private int _attempts;

    /// <summary>When the request has to be repeated; <c>null</c> if none is out.</summary>
    public long? DeadlineMs { get; private set; }

    /// <summary>Streams whose reset is not confirmed yet.</summary>
    public int Count => _waiting.Count + _requested.Count;

    public bool IsResetting(ushort streamId) => _waiting.Contains(streamId) || _requested.Contains(streamId);

    public void Add(ushort streamId)
    {
        if (!IsResetting(streamId))
        {
            _waiting.Add(streamId);
        }
    }

    /// <summary>Whether a request can go out: none is out, and all data of a waiting stream is acknowledged.</summary>
    /// <remarks>Waiting for the acknowledgement makes sure that the peer never has to answer "in progress".</remarks>
    public bool HasRequest(SctpSender sender)
    {
        if (DeadlineMs is not null || _waiting.Count == 0)
        {
            return false;
        }

        foreach (ushort streamId in _waiting)
        {
            if (!sender.HasDataOf(streamId))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Collects the streams of the next request.</summary>
    public void BeginRequest(SctpSender sender)
    {
        _requestNumber++;
        _attempts = 0;
        for (int i = 0; i < _waiting.Count && _requested.Count < MaxStreamsPerRequest;)
        {
            if (sender.HasDataOf(_waiting[i]))
            {
                i++;
                continue;
            }

            _requested.Add(_waiting[i]);
            _waiting.RemoveAt(i);
        }
    }

    /// <summary>Writes the request, for the first time or again.</summary>
    public void WriteRequest(SctpPacketWriter writer, uint lastTsn, uint lastPeerRequestNumber, long nowMs)
    {
        DeadlineMs = nowMs + timeout.Ms;
        ReConfigChunk.WriteResetRequest(
            writer, _requestNumber, lastPeerRequestNumber, lastTsn, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_requested));
    }

    public int RequestLength => ReConfigChunk.ResetRequestLength(MaxStreamsPerRequest);

    public void Clear()
    {
        DeadlineMs = null;
        _waiting.Clear();
        _requested.Clear();
    }

    /// <returns><c>false</c> if the peer did not answer often enough to give up.</returns>
    public bool HandleExpiry()
    {
        timeout.BackOff();
        return ++_attempts <= SctpSender.MaxRetransmissions;
    }

    public void HandleResponse(uint requestNumber, ReConfigResult result, SctpSender sender)
    {
        if (DeadlineMs is null || requestNumber != _requestNumber)
        {
            return;
        }

        DeadlineMs = null;
        foreach (ushort streamId in _requested)
        {
            if (result is ReConfigResult.InProgress or ReConfigResult.RequestAlreadyInProgress)
            {
                _waiting.Add(streamId); // asked again under a new number (section 5.2.7)
            }
            else if (result is ReConfigResult.Performed or ReConfigResult.NothingToDo)
            {
                sender.RestartStream(streamId);
            }
        }

        _requested.Clear();
    }
}
