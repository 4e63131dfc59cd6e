using System.Security.Cryptography;
using Calls.Rtc.Dtls;
using Calls.Rtc.Ice;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;

namespace Calls.Rtc.Sessions;

/// <summary>One session's way to its client: ICE agent, DTLS association and the SRTP keys that come out of it (media.md 1.8, 2).</summary>
/// <remarks>Pure; owned by one session's mailbox, but for <see cref="Agent"/>.</remarks>
internal sealed class SessionTransport(SessionEnvironment environment, MediaParticipant participant, ISessionTransportOutput output)
    : IDtlsOutput, IDisposable
{
    private IceLiteAgent? _agent;
    private DtlsSession? _dtls;
    private DtlsRole _role;
    private int _iceGeneration;
    private bool _keysInstalled;
    private long _nowMs;

    /// <summary>The ICE agent, once the client has offered. Guarded by locking it: checks arrive on any media loop.</summary>
    public IceLiteAgent? Agent => Volatile.Read(ref _agent);

    /// <summary>Ours as the next description shows them.</summary>
    public Ice.IceCredentials Credentials { get; private set; } = Ice.IceCredentials.Create();

    /// <summary>When <see cref="HandleDeadline"/> wants to be called next; <c>null</c> before the first offer.</summary>
    public long? DeadlineMs
    {
        get
        {
            if (_agent is not { } agent)
            {
                return null;
            }

            lock (agent)
            {
                return Math.Min(agent.NextDeadlineMs, _dtls?.DeadlineMs ?? long.MaxValue);
            }
        }
    }

    /// <summary>New credentials for a client that restarts ICE.</summary>
    public Ice.IceCredentials DrawCredentials() => Credentials = Ice.IceCredentials.Create();

    /// <summary>Takes up what the client's last description says of its transport: the first brings everything up, a later one may restart ICE.</summary>
    /// <param name="localSetup">The role we have answered with.</param>
    /// <returns>The client needs our candidates.</returns>
    public bool Follow(RemoteTransportParameters remote, DtlsSetup localSetup, long nowMs)
    {
        _nowMs = nowMs;
        if (_agent is null)
        {
            _role = localSetup == DtlsSetup.Active ? DtlsRole.Client : DtlsRole.Server;
            _dtls = new DtlsSession(environment.Dtls, _role, this);
            _dtls.SetRemoteFingerprints(SignaledFingerprints.From(remote));
            Volatile.Write(ref _agent, new IceLiteAgent(Credentials, remote.Credentials.Ufrag, nowMs));
        }
        else if (remote.IceGeneration != _iceGeneration)
        {
            lock (_agent)
            {
                _agent.Restart(Credentials, remote.Credentials.Ufrag);
            }
        }
        else
        {
            return false;
        }

        _iceGeneration = remote.IceGeneration;
        output.OnLocalCredentials(Credentials);
        return true;
    }

    /// <summary>The first path to the client is valid: as DTLS client we may speak now.</summary>
    public void OnPathValidated(long nowMs)
    {
        _nowMs = nowMs;
        if (_dtls is { State: DtlsState.New } && _role == DtlsRole.Client)
        {
            _dtls.Start(nowMs);
        }
    }

    /// <summary>A DTLS datagram from an address that an authenticated check has validated (media.md 9.3).</summary>
    public void Receive(ReadOnlySpan<byte> datagram, long nowMs)
    {
        _nowMs = nowMs;
        _dtls?.Receive(datagram, nowMs);
        FollowDtls();
    }

    /// <summary>Sends one SCTP packet as a DTLS record.</summary>
    public void Send(ReadOnlySpan<byte> packet) => _dtls?.Send(packet);

    public void HandleDeadline(long nowMs)
    {
        _nowMs = nowMs;
        if (_agent is not { } agent)
        {
            return;
        }

        IceConnectionState ice;
        lock (agent)
        {
            // Media that flows keeps the session connected; only checks keep consent (media.md 1.8).
            if (participant.LastAuthenticatedMs > agent.LastPacketMs)
            {
                agent.OnAuthenticatedPacket(participant.LastAuthenticatedMs);
            }

            agent.Advance(nowMs);
            ice = agent.State;
        }

        if (ice == IceConnectionState.Failed)
        {
            output.OnTransportEnded(RtcCloseReason.IceFailed);
            return;
        }

        _dtls?.HandleDeadline(nowMs);
        FollowDtls();
    }

    /// <summary>Says good-bye if there is anyone to say it to.</summary>
    public void Close() => _dtls?.Close();

    public void Dispose() => _dtls?.Dispose();

    void IDtlsOutput.SendDatagram(ReadOnlySpan<byte> datagram) => output.SendDatagram(datagram);

    void IDtlsOutput.OnApplicationData(ReadOnlySpan<byte> data)
    {
        if (_agent is { } agent)
        {
            lock (agent)
            {
                agent.OnAuthenticatedPacket(_nowMs);
            }
        }

        output.OnAuthenticatedPacket(_nowMs);
        output.OnApplicationData(data);
    }

    private void FollowDtls()
    {
        switch (_dtls?.State)
        {
            case DtlsState.Connected when !_keysInstalled:
                InstallKeys(_dtls);
                break;
            case DtlsState.Failed:
                output.OnTransportEnded(RtcCloseReason.DtlsFailed);
                break;
            case DtlsState.Closed:
                output.OnTransportEnded(RtcCloseReason.ClosedByPeer);
                break;
        }
    }

    private void InstallKeys(DtlsSession dtls)
    {
        _keysInstalled = true;
        output.OnAuthenticatedPacket(_nowMs);
        byte[] exported = dtls.ExportSrtpKeys();
        bool isUsable = SrtpKeyingMaterial.TryCreate(dtls.SelectedSrtpProfile, exported, out SrtpKeyingMaterial? keys);
        CryptographicOperations.ZeroMemory(exported);
        if (!isUsable)
        {
            output.OnTransportEnded(RtcCloseReason.DtlsFailed);
            return;
        }

        using (keys)
        {
            SrtpSide us = _role == DtlsRole.Client ? SrtpSide.DtlsClient : SrtpSide.DtlsServer;
            participant.SetTransport(keys!.CreateOutbound(us), keys.CreateInbound(us));
        }
    }
}
