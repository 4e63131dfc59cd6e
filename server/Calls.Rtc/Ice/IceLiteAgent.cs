using System.Diagnostics.CodeAnalysis;
using Calls.Rtc.Stun;
using Calls.Rtc.Transport;

namespace Calls.Rtc.Ice;

/// <summary>
/// The lite, always controlled ICE agent of one session (RFC 8445, sections 2.5 and 7.3; media.md 1.8): answers checks, learns the
/// peer's addresses from them, follows its nominations and tells when it is gone. It sends nothing of its own accord.
/// </summary>
/// <remarks>
/// Owned by one loop: not thread-safe, except <see cref="Authenticate"/>, <see cref="SelectedPath"/> and <see cref="SendPath"/>.
/// Allocates only when a path is new.
/// </remarks>
public sealed class IceLiteAgent
{
    /// <summary>Valid paths kept; one more replaces the one that was checked longest ago.</summary>
    public const int MaxPaths = 8;

    /// <summary>How long a USE-CANDIDATE counts. Longer than Chromium's 2.7 s between checks of the pair that it uses.</summary>
    public const int NominationMs = 4_000;

    /// <summary>Silence after which the session is disconnected.</summary>
    public const int DisconnectedAfterMs = 5_000;

    /// <summary>Time without a check after which consent has expired (RFC 7675, section 5.1).</summary>
    public const int FailedAfterMs = 30_000;

    private readonly List<IcePair> _pairs = new(MaxPaths);
    private readonly List<TransportPath> _released = new(MaxPaths);
    private IcePair? _selected;
    private TransportPath? _selectedPath;
    private TransportPath? _sendPath;
    private IceGeneration _current;
    private IceGeneration? _previous;
    private readonly long _startedMs;
    private long _lastCheckMs;
    private long _lastPacketMs;

    /// <param name="local">Our side, as the answer carries it.</param>
    /// <param name="remoteUfrag">The peer's <c>a=ice-ufrag</c>.</param>
    public IceLiteAgent(IceCredentials local, string remoteUfrag, long nowMs)
    {
        _current = new(local, remoteUfrag);
        _startedMs = _lastCheckMs = _lastPacketMs = nowMs;
    }

    public IceConnectionState State { get; private set; } = IceConnectionState.Checking;

    /// <summary>The path that the peer nominated; <c>null</c> before its first nomination. Readable from any thread.</summary>
    public TransportPath? SelectedPath => Volatile.Read(ref _selectedPath);

    /// <summary>The selected path or, before there is one, the best valid one. Readable from any thread.</summary>
    public TransportPath? SendPath => Volatile.Read(ref _sendPath);

    /// <summary>When the last authenticated packet arrived.</summary>
    public long LastPacketMs => _lastPacketMs;

    public int PathCount => _pairs.Count;

    /// <summary>The paths that the last call of <see cref="Answer"/> or <see cref="Advance"/> dropped: packets from them are refused from now on.</summary>
    public IReadOnlyList<TransportPath> ReleasedPaths => _released;

    /// <summary>The credentials that the last call of <see cref="Answer"/> or <see cref="Restart"/> made worthless, if any.</summary>
    public IceCredentials? RetiredCredentials { get; private set; }

    /// <summary>When <see cref="Advance"/> has something to decide at the earliest.</summary>
    public long NextDeadlineMs
    {
        get
        {
            if (State == IceConnectionState.Failed)
            {
                return long.MaxValue;
            }

            if (_selected is null)
            {
                return _startedMs + FailedAfterMs;
            }

            long deadline = _lastCheckMs + FailedAfterMs;
            if (State == IceConnectionState.Connected)
            {
                deadline = Math.Min(deadline, _lastPacketMs + DisconnectedAfterMs);
            }

            foreach (IcePair pair in _pairs)
            {
                deadline = Math.Min(deadline, pair.LastCheckMs + FailedAfterMs);
                if (pair != _selected && pair.NominatedUntilMs > _selected.NominatedUntilMs)
                {
                    deadline = Math.Min(deadline, _selected.NominatedUntilMs);
                }
            }

            return deadline;
        }
    }

    /// <summary>Whether a message is a check from this session's peer. Changes nothing; safe from any thread.</summary>
    public IceAuthentication Authenticate(in StunMessageView request)
    {
        if (request.Type != StunMessageType.BindingRequest)
        {
            return IceAuthentication.NotARequest;
        }

        if (!TryFindGeneration(request, out IceGeneration? generation))
        {
            return IceAuthentication.WrongUsername;
        }

        if (!request.HasValidFingerprint())
        {
            return IceAuthentication.BadFingerprint;
        }

        return request.HasIntegrity(generation.Local.IntegrityKey) ? IceAuthentication.Ok : IceAuthentication.BadIntegrity;
    }

    /// <summary>Writes the answer to a check that <see cref="Authenticate"/> has accepted, and takes note of its path.</summary>
    /// <param name="path">Where the check came from and where its answer goes.</param>
    /// <param name="response">At least <see cref="StunWriter.MaxSize"/> bytes.</param>
    public IceAnswer Answer(in StunMessageView request, TransportPath path, long nowMs, Span<byte> response)
    {
        _released.Clear();
        RetiredCredentials = null;
        if (!TryFindGeneration(request, out IceGeneration? generation))
        {
            return default;
        }

        if (request.UnknownRequiredCount > 0)
        {
            return new(StunWriter.WriteUnknownAttributes(response, request, generation.Local.IntegrityKey), IceChanges.None);
        }

        // RFC 8445, section 7.3.1.1: a lite agent stays controlled, so the peer has to change.
        if (request.IsControlled)
        {
            int conflict = StunWriter.WriteRoleConflict(response, request.TransactionId, generation.Local.IntegrityKey);
            return new(conflict, IceChanges.None);
        }

        IceChanges changes = Note(request, generation, path, nowMs) | Settle(nowMs);
        int length = StunWriter.WriteBindingSuccess(
            response, request.TransactionId, path.Remote, generation.Local.IntegrityKey);
        return new(length, changes);
    }

    /// <summary>Takes note of an authenticated DTLS, SRTP or SRTCP packet. It keeps the session connected, but is no consent (media.md 9.2).</summary>
    public void OnAuthenticatedPacket(long nowMs) => _lastPacketMs = nowMs;

    /// <summary>Lets lapse what has lapsed by now.</summary>
    public IceChanges Advance(long nowMs)
    {
        _released.Clear();
        RetiredCredentials = null;
        return Settle(nowMs);
    }

    /// <summary>
    /// The connection of a path has ended: another valid path takes over without waiting for its nomination to lapse. The only one
    /// is kept, as nothing is won by forgetting it.
    /// </summary>
    public void OnPathClosed(TransportPath path, long nowMs)
    {
        _released.Clear();
        RetiredCredentials = null;
        if (Find(path) is not { } pair)
        {
            return;
        }

        if (_pairs.Count > 1)
        {
            _pairs.Remove(pair);
        }
        else
        {
            pair.NominatedUntilMs = long.MinValue;
            pair.Priority = 0;
        }

        Settle(nowMs);
    }

    /// <summary>
    /// Starts over with new credentials on both sides (RFC 8445, section 2.4). The old pair and the old credentials serve until a
    /// pair is nominated with the new ones.
    /// </summary>
    public void Restart(IceCredentials local, string remoteUfrag)
    {
        RetiredCredentials = null;
        if (_previous is null)
        {
            Volatile.Write(ref _previous, _current);
        }
        else
        {
            // A restart that was overtaken before it came to anything.
            RetiredCredentials = _current.Local;
        }

        Volatile.Write(ref _current, new(local, remoteUfrag));
    }

    private bool TryFindGeneration(in StunMessageView request, [NotNullWhen(true)] out IceGeneration? generation)
    {
        generation = Volatile.Read(ref _current);
        if (generation.IsNamedBy(request))
        {
            return true;
        }

        generation = Volatile.Read(ref _previous);
        return generation is not null && generation.IsNamedBy(request);
    }

    private IceChanges Note(in StunMessageView request, IceGeneration generation, TransportPath path, long nowMs)
    {
        IceChanges changes = IceChanges.None;
        IcePair? pair = Find(path);
        if (pair is null)
        {
            changes |= IceChanges.PathValidated | MakeRoom();
            pair = new(path) { Generation = generation };
            _pairs.Add(pair);
        }
        else if (!ReferenceEquals(pair.Path, path))
        {
            // The same addresses, now received by another loop.
            pair.Path = path;
            changes |= IceChanges.PathValidated;
        }

        _lastCheckMs = _lastPacketMs = pair.LastCheckMs = nowMs;
        // The controlling side is the peer. As its priority is a peer-reflexive one, it is the smaller one and decides.
        pair.Priority = IcePriority.Pair(request.Priority, IcePriority.Host(path.Remote.IsTcp, path.LocalIndex));
        if (generation == _current)
        {
            pair.Generation = generation;
        }

        if (request.UseCandidate)
        {
            pair.NominatedUntilMs = nowMs + NominationMs;
            if (_previous is not null && pair.Generation == _current)
            {
                changes |= CompleteRestart();
            }
        }

        return changes;
    }

    private IcePair? Find(TransportPath path)
    {
        foreach (IcePair pair in _pairs)
        {
            if (pair.Path.Equals(path))
            {
                return pair;
            }
        }

        return null;
    }

    private IceChanges MakeRoom()
    {
        if (_pairs.Count < MaxPaths)
        {
            return IceChanges.None;
        }

        IcePair? oldest = null;
        foreach (IcePair pair in _pairs)
        {
            if (pair != _selected && (oldest is null || pair.LastCheckMs < oldest.LastCheckMs))
            {
                oldest = pair;
            }
        }

        return Drop(oldest!);
    }

    private IceChanges CompleteRestart()
    {
        RetiredCredentials = _previous!.Local;
        Volatile.Write(ref _previous, null);
        IceChanges changes = IceChanges.CredentialsRetired;
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            if (_pairs[i].Generation != _current)
            {
                changes |= Drop(_pairs[i]);
            }
        }

        return changes;
    }

    private IceChanges Drop(IcePair pair)
    {
        _pairs.Remove(pair);
        _released.Add(pair.Path);
        return IceChanges.PathsReleased;
    }

    private IceChanges Settle(long nowMs)
    {
        if (State == IceConnectionState.Failed)
        {
            return IceChanges.None;
        }

        IceChanges changes = IceChanges.None;
        for (int i = _pairs.Count - 1; i >= 0; i--)
        {
            // RFC 7675, section 5.1: consent is per path. The last one goes with the session.
            if (_pairs.Count > 1 && nowMs - _pairs[i].LastCheckMs >= FailedAfterMs)
            {
                changes |= Drop(_pairs[i]);
            }
        }

        changes |= Select(nowMs);
        IceConnectionState state = Evaluate(nowMs);
        if (state != State)
        {
            State = state;
            changes |= IceChanges.StateChanged;
        }

        return changes;
    }

    // DEV-6: the best of the nominated pairs. With none, the selected one stays, as Firefox nominates only once.
    private IceChanges Select(long nowMs)
    {
        IcePair? best = null;
        IcePair? bestNominated = null;
        foreach (IcePair pair in _pairs)
        {
            if (best is null || pair.Priority > best.Priority)
            {
                best = pair;
            }

            if (pair.IsNominated(nowMs) && (bestNominated is null || IsPreferred(pair, bestNominated)))
            {
                bestNominated = pair;
            }
        }

        if (bestNominated is not null)
        {
            _selected = bestNominated;
        }
        else if (_selected is not null && !_pairs.Contains(_selected))
        {
            _selected = best;
        }

        Volatile.Write(ref _sendPath, (_selected ?? best)?.Path);
        if (ReferenceEquals(_selectedPath, _selected?.Path))
        {
            return IceChanges.None;
        }

        Volatile.Write(ref _selectedPath, _selected?.Path);
        return IceChanges.SelectedPathChanged;
    }

    // An agent's own priorities are unique (RFC 8445, section 5.1.2), so two pairs of equal priority are one whose NAT binding has
    // changed, and the newer nomination is the live one.
    private static bool IsPreferred(IcePair pair, IcePair other) => pair.Priority == other.Priority
        ? pair.NominatedUntilMs > other.NominatedUntilMs
        : pair.Priority > other.Priority;

    private IceConnectionState Evaluate(long nowMs)
    {
        if (_selected is null)
        {
            return nowMs - _startedMs >= FailedAfterMs ? IceConnectionState.Failed : IceConnectionState.Checking;
        }

        if (nowMs - _lastCheckMs >= FailedAfterMs)
        {
            return IceConnectionState.Failed;
        }

        return nowMs - _lastPacketMs >= DisconnectedAfterMs ? IceConnectionState.Disconnected : IceConnectionState.Connected;
    }
}
