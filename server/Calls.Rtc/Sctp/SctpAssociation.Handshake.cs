using Calls.Rtc.Sctp.Chunks;

namespace Calls.Rtc.Sctp;

// Setting up: the four-way handshake from either side, or from both at once (RFC 9260, section 5).
public sealed partial class SctpAssociation
{
    /// <summary>Max.Init.Retransmits, for INIT and COOKIE ECHO alike (section 16).</summary>
    private const int MaxHandshakeRetransmissions = 8;

    /// <summary>Somebody waits for the call to come up, so the pause between two attempts does not grow further.</summary>
    private const int MaxHandshakeTimeoutMs = 3_000;

    /// <summary>The smallest a_rwnd that an INIT may have (section 3.3.2).</summary>
    private const int MinPeerReceiveWindow = 1500;

    private long? _handshakeDeadlineMs;
    private long _handshakeSentAtMs;
    private int _handshakeRetransmissions;
    private byte[] _peerCookie = [];

    private InitChunk OwnInit => new()
    {
        InitiateTag = _localTag,
        ReceiveWindow = (uint)_options.ReceiveWindow,
        OutboundStreams = MaxStreams,
        InboundStreams = MaxStreams,
        InitialTsn = _localInitialTsn,
    };

    private void SendInit(long nowMs)
    {
        _handshakeSentAtMs = nowMs;
        _writer.Begin(verificationTag: 0);
        OwnInit.Write(_writer);
        Flush();
        _handshakeDeadlineMs = nowMs + Math.Min(_timeout.Ms, MaxHandshakeTimeoutMs);
    }

    private void SendCookieEcho(long nowMs)
    {
        _handshakeSentAtMs = nowMs;
        _writer.Begin(_peerTag);
        _peerCookie.CopyTo(_writer.AddChunk(SctpChunkType.CookieEcho, flags: 0, _peerCookie.Length));
        Flush();
        _handshakeDeadlineMs = nowMs + Math.Min(_timeout.Ms, MaxHandshakeTimeoutMs);
    }

    private void HandleHandshakeExpiry(long nowMs)
    {
        if (++_handshakeRetransmissions > MaxHandshakeRetransmissions)
        {
            End(SctpCloseReason.ConnectTimeout);
            return;
        }

        _timeout.BackOff();
        if (State == SctpState.CookieWait)
        {
            SendInit(nowMs);
        }
        else
        {
            SendCookieEcho(nowMs);
        }
    }

    private void HandleInit(SctpChunkView chunk, long nowMs)
    {
        if (!TryReadInit(chunk, out InitChunk init, out PeerParameters parameters))
        {
            return;
        }

        if (State > SctpState.CookieEchoed && init.InitiateTag != _peerTag)
        {
            // An association lives as long as its DTLS connection; data channels cannot survive a restart.
            Counters.UnexpectedChunks++;
            AbortBecause(ErrorCause.RestartWithNewAddresses, SctpCloseReason.RestartedByPeer);
            return;
        }

        // Nothing is remembered: in every state the same answer fits, with our one tag (sections 5.1 and 5.2.1).
        Span<byte> cookie = stackalloc byte[StateCookie.Length];
        new StateCookie(
            nowMs, _localTag, init.InitiateTag, init.InitialTsn, init.ReceiveWindow, init.InboundStreams, parameters.ResetsStreams)
            .Write(cookie, _cookieKey);
        _writer.Begin(init.InitiateTag);
        OwnInit.Write(_writer, cookie, parameters.Unrecognized);
        Flush();
    }

    private void HandleInitAck(SctpChunkView chunk, long nowMs)
    {
        if (State != SctpState.CookieWait)
        {
            Counters.UnexpectedChunks++; // section 5.2.3
            return;
        }

        if (!TryReadInit(chunk, out InitChunk init, out PeerParameters parameters))
        {
            return;
        }

        if (parameters.Cookie.IsEmpty || !_writer.HasRoomFor(parameters.Cookie.Length))
        {
            Counters.Malformed++;
            return;
        }

        SetPeer(init.InitiateTag, init.InitialTsn, init.ReceiveWindow, init.InboundStreams, parameters.ResetsStreams);
        _peerCookie = parameters.Cookie.ToArray();
        MeasureHandshake(nowMs);
        _handshakeRetransmissions = 0;
        State = SctpState.CookieEchoed;
        SendCookieEcho(nowMs);
    }

    /// <summary>The peer proves that it got our INIT ACK (sections 5.1.5 and 5.2.4).</summary>
    private void HandleCookieEcho(SctpChunkView chunk, long nowMs)
    {
        if (!StateCookie.TryRead(chunk.Value, _cookieKey, out StateCookie cookie) || cookie.LocalTag != _localTag)
        {
            Counters.BadCookie++;
            return;
        }

        if (State > SctpState.CookieEchoed)
        {
            // Our COOKIE ACK got lost (section 5.2.4, action D); any other peer tag is a cookie from before that.
            if (State == SctpState.Established && cookie.PeerTag == _peerTag)
            {
                WriteCookieAck();
            }

            return;
        }

        if (nowMs - cookie.CreatedAtMs > StateCookie.LifetimeMs)
        {
            Counters.BadCookie++;
            _writer.Begin(cookie.PeerTag);
            Span<byte> staleness = stackalloc byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(
                staleness, (int)Math.Min(int.MaxValue, 1000 * (nowMs - cookie.CreatedAtMs - StateCookie.LifetimeMs)));
            ErrorCause.Write(_writer, SctpChunkType.Error, ErrorCause.StaleCookie, staleness);
            Flush();
            return;
        }

        // Closed: the passive side. CookieWait: the peer's INIT ACK got lost or overtaken (action B). CookieEchoed: both
        // initiated, and this is as good as the COOKIE ACK (action D).
        if (State != SctpState.CookieEchoed || cookie.PeerTag != _peerTag)
        {
            SetPeer(cookie.PeerTag, cookie.PeerInitialTsn, cookie.PeerReceiveWindow, cookie.PeerInboundStreams, cookie.PeerResetsStreams);
        }

        // The cookie's way to the peer and back is a round trip.
        _timeout.Measured(Math.Max(0, nowMs - cookie.CreatedAtMs));
        WriteCookieAck();
        Establish();
    }

    private void HandleCookieAck(long nowMs)
    {
        if (State == SctpState.CookieEchoed)
        {
            MeasureHandshake(nowMs);
            Establish();
        }
    }

    /// <summary>The peer's cookie was too old when we returned it: start again (section 5.2.6).</summary>
    private void HandleStaleCookie(long nowMs)
    {
        if (State == SctpState.CookieEchoed && ++_handshakeRetransmissions <= MaxHandshakeRetransmissions)
        {
            State = SctpState.CookieWait;
            SendInit(nowMs);
        }
    }

    /// <summary>A first round-trip time, so that the first loss does not cost the initial RTO. Not after a repetition (section 6.3.1, rule C5).</summary>
    private void MeasureHandshake(long nowMs)
    {
        if (_handshakeRetransmissions == 0)
        {
            _timeout.Measured(Math.Max(0, nowMs - _handshakeSentAtMs));
        }
    }

    private void WriteCookieAck()
    {
        EnsureRoom(0);
        _writer.AddChunk(SctpChunkType.CookieAck, flags: 0, valueLength: 0);
    }

    private void Establish()
    {
        State = SctpState.Established;
        _handshakeDeadlineMs = null;
        _peerCookie = [];
        _output.OnEstablished();
    }

    private void SetPeer(uint tag, uint initialTsn, uint receiveWindow, ushort inboundStreams, bool resetsStreams)
    {
        _peerTag = tag;
        _outboundStreams = inboundStreams;
        _peerResetsStreams = resetsStreams;
        _sender.SetPeerWindow(receiveWindow);
        _received = new ReceiveBuffer(initialTsn, _options.ReceiveWindow);
        _incomingResets = new IncomingStreamResets(initialTsn);
    }

    private bool TryReadInit(SctpChunkView chunk, out InitChunk init, out PeerParameters parameters)
    {
        parameters = default;
        if (InitChunk.TryParse(chunk, out init)
            && init is { InitiateTag: not 0, OutboundStreams: not 0, InboundStreams: not 0, ReceiveWindow: >= MinPeerReceiveWindow }
            && PeerParameters.TryRead(init.Parameters, out parameters))
        {
            return true;
        }

        Counters.Malformed++;
        return false;
    }
}
