using System.Security.Cryptography;
using System.Text;
using Calls.Rtc.Crypto;
using Calls.Rtc.Stun;

namespace Calls.Rtc.Ice;

/// <summary>
/// The client's side of ICE: a controlling agent with one socket that checks a server's candidates and nominates the best one that
/// answers, on every check, as Chromium does. It plays the client in load generation and in tests.
/// </summary>
/// <remarks>Pure and not thread-safe. Stays controlling: a peer that claims the same role gets error 487.</remarks>
public sealed class IceClientAgent
{
    /// <summary>Remote candidates kept; further ones are ignored.</summary>
    public const int MaxPairs = 50;

    /// <summary>Pause between the first checks of two pairs (Ta, RFC 8445, section 14.2).</summary>
    public const int PacingMs = 50;

    /// <summary>First retransmission; each further one takes twice as long (RFC 8489, section 6.2.1).</summary>
    public const int RetransmissionMs = 500;

    public const int KeepaliveMs = 2_500;
    public const int DisconnectedAfterMs = 5_000;
    public const int FailedAfterMs = 30_000;

    // Rc of RFC 8489, section 6.2.1.
    private const int MaxTransmissions = 7;

    private readonly IceCredentials _local;
    private readonly IceCredentials _remote;
    private readonly byte[] _checkUsername;
    private readonly byte[] _expectedUsername;
    private readonly ulong _tieBreaker;
    private readonly long _startedMs;
    private readonly List<IceClientPair> _pairs = [];
    private IceClientPair? _selected;
    private long _nextFirstCheckMs;

    /// <param name="local">Our side, as our offer carries it.</param>
    /// <param name="remote">The server's side, from its answer.</param>
    public IceClientAgent(IceCredentials local, IceCredentials remote, ulong tieBreaker, long nowMs)
    {
        _local = local;
        _remote = remote;
        _checkUsername = Encoding.ASCII.GetBytes($"{remote.Ufrag}:{local.Ufrag}");
        _expectedUsername = Encoding.ASCII.GetBytes($"{local.Ufrag}:{remote.Ufrag}");
        _tieBreaker = tieBreaker;
        _startedMs = _nextFirstCheckMs = nowMs;
    }

    public IceConnectionState State { get; private set; } = IceConnectionState.Checking;

    /// <summary>Where to send; <c>null</c> before the first answer.</summary>
    public TransportAddress? Selected => _selected?.Remote;

    /// <summary>Our address as the server sees it on the selected path, from its last answer there.</summary>
    public TransportAddress? Mapped { get; private set; }

    /// <summary>When <see cref="NextCheck"/> has something to send or to decide.</summary>
    public long NextDeadlineMs
    {
        get
        {
            long deadline = State switch
            {
                IceConnectionState.Checking => _startedMs + FailedAfterMs,
                IceConnectionState.Connected => _selected!.LastResponseMs + DisconnectedAfterMs,
                IceConnectionState.Disconnected => _selected!.LastResponseMs + FailedAfterMs,
                _ => long.MaxValue,
            };
            foreach (IceClientPair pair in _pairs)
            {
                if (!pair.HasFailed && State != IceConnectionState.Failed)
                {
                    deadline = Math.Min(deadline, pair.NextSendMs);
                }
            }

            return deadline;
        }
    }

    /// <summary>Adds a candidate of the server. <c>false</c>: known already, or one too many.</summary>
    public bool AddRemote(TransportAddress remote, uint priority)
    {
        if (_pairs.Count >= MaxPairs || Find(remote) is not null)
        {
            return false;
        }

        _nextFirstCheckMs += _pairs.Count == 0 ? 0 : PacingMs;
        ulong pairPriority = IcePriority.Pair(IcePriority.Host(remote.IsTcp, rank: 0), priority);
        _pairs.Add(new(remote, pairPriority) { NextSendMs = _nextFirstCheckMs });
        return true;
    }

    /// <summary>Writes the next check that is due. Call until it returns 0, then wait for <see cref="NextDeadlineMs"/>.</summary>
    /// <param name="datagram">At least <see cref="StunWriter.MaxSize"/> bytes.</param>
    /// <returns>Length of the check, 0 if none is due.</returns>
    public int NextCheck(long nowMs, Span<byte> datagram, out TransportAddress destination)
    {
        Settle(nowMs);
        destination = default;
        if (State == IceConnectionState.Failed)
        {
            return 0;
        }

        foreach (IceClientPair pair in _pairs)
        {
            if (!pair.HasFailed && nowMs >= pair.NextSendMs && TryAdvance(pair, nowMs))
            {
                destination = pair.Remote;
                return WriteCheck(pair, datagram);
            }
        }

        return 0;
    }

    /// <summary>Takes a STUN message from the network: an answer to one of our checks, or a check of the server.</summary>
    /// <returns>Length of the answer to send back to <paramref name="source"/>, 0 if there is none.</returns>
    public int Handle(in StunMessageView message, TransportAddress source, long nowMs, Span<byte> answer)
    {
        if (!message.HasValidFingerprint())
        {
            return 0;
        }

        if (message.Type == StunMessageType.BindingRequest)
        {
            return AnswerCheck(message, source, answer);
        }

        IceClientPair? pair = Find(source);
        if (message.Type == StunMessageType.BindingSuccess
            && pair is { Transmissions: > 0 }
            && message.TransactionId.SequenceEqual(pair.TransactionId)
            && message.HasIntegrity(_remote.IntegrityKey))
        {
            pair.Transmissions = 0;
            pair.LastResponseMs = nowMs;
            pair.NextSendMs = nowMs + KeepaliveMs;
            Settle(nowMs);
            if (pair == _selected && message.TryGetMappedAddress(out TransportAddress mapped, source.IsTcp))
            {
                Mapped = mapped;
            }
        }

        return 0;
    }

    private int AnswerCheck(in StunMessageView request, TransportAddress source, Span<byte> answer)
    {
        HmacSha1Key key = _local.IntegrityKey;
        if (!request.Username.SequenceEqual(_expectedUsername) || !request.HasIntegrity(key))
        {
            return 0;
        }

        return request.IsControlling
            ? StunWriter.WriteRoleConflict(answer, request.TransactionId, key)
            : StunWriter.WriteBindingSuccess(answer, request.TransactionId, source, key);
    }

    // Starts a transaction or repeats its request. False: given up, as nothing ever answered.
    private static bool TryAdvance(IceClientPair pair, long nowMs)
    {
        if (pair.Transmissions == MaxTransmissions && !pair.HasResponded)
        {
            pair.HasFailed = true;
            return false;
        }

        if (pair.Transmissions == 0)
        {
            RandomNumberGenerator.Fill(pair.TransactionId);
        }

        int timeoutMs = RetransmissionMs << pair.Transmissions;
        pair.NextSendMs = nowMs + (pair.HasResponded ? Math.Min(timeoutMs, KeepaliveMs) : timeoutMs);
        pair.Transmissions = Math.Min(pair.Transmissions + 1, MaxTransmissions);
        return true;
    }

    private int WriteCheck(IceClientPair pair, Span<byte> datagram)
    {
        var check = new StunCheck
        {
            TransactionId = pair.TransactionId,
            Username = _checkUsername,
            Priority = IcePriority.PeerReflexive(rank: 0),
            IsControlling = true,
            TieBreaker = _tieBreaker,
            UseCandidate = _selected is null || _selected == pair,
        };
        return StunWriter.WriteCheck(datagram, check, _remote.IntegrityKey);
    }

    private void Settle(long nowMs)
    {
        if (State == IceConnectionState.Failed)
        {
            return;
        }

        foreach (IceClientPair pair in _pairs)
        {
            if (IsLive(pair, nowMs) && (_selected is null || !IsLive(_selected, nowMs) || pair.Priority > _selected.Priority))
            {
                _selected = pair;
                // The server learns of a new choice at once instead of with the next keepalive.
                pair.NextSendMs = nowMs;
            }
        }

        State = Evaluate(nowMs);
    }

    private static bool IsLive(IceClientPair pair, long nowMs) =>
        pair.HasResponded && nowMs - pair.LastResponseMs < DisconnectedAfterMs;

    private IceConnectionState Evaluate(long nowMs)
    {
        if (_selected is null)
        {
            return nowMs - _startedMs >= FailedAfterMs ? IceConnectionState.Failed : IceConnectionState.Checking;
        }

        long silenceMs = nowMs - _selected.LastResponseMs;
        return silenceMs >= FailedAfterMs ? IceConnectionState.Failed
            : silenceMs >= DisconnectedAfterMs ? IceConnectionState.Disconnected
            : IceConnectionState.Connected;
    }

    private IceClientPair? Find(TransportAddress remote) => _pairs.Find(pair => pair.Remote == remote);
}
