using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Calls.Rtc.Dtls;

/// <summary>One DTLS 1.2 association with use_srtp (RFC 5764), over the system's OpenSSL.</summary>
/// <remarks>
/// Pure: datagrams and the time come in by calls, datagrams and application data go out through <see cref="IDtlsOutput"/>, and
/// <see cref="DeadlineMs"/> says when to call <see cref="HandleDeadline"/>. The caller serializes calls; any thread may make them.
/// A handshake costs up to a millisecond: run it on a worker thread, not on a media loop.
/// Bad input never throws; it is dropped, or fails the session if it comes as a valid record.
/// </remarks>
public sealed unsafe class DtlsSession : IDisposable
{
    /// <summary>Largest datagram of a handshake in bytes (media.md 2.2).</summary>
    public const int Mtu = 1200;

    /// <summary>Largest datagram that is looked at: what a frame of ICE-TCP may hold.</summary>
    public const int MaxDatagram = 8192;

    /// <summary>Largest <see cref="Send"/> in bytes. With 37 bytes of record this still passes an Ethernet.</summary>
    public const int MaxApplicationData = 1400;

    /// <summary>Milliseconds from start to connected (media.md 9.5).</summary>
    public const long HandshakeTimeoutMs = 30_000;

    /// <summary>Milliseconds to the first retransmission of a flight; each further one waits twice as long, up to <see cref="MaxRetransmissionMs"/>.</summary>
    public const long FirstRetransmissionMs = 250;

    /// <summary>RFC 6347 4.2.4.1 allows a cap of 60 s, but people wait for their call here: 3 s give 11 attempts within 25 s.</summary>
    public const long MaxRetransmissionMs = 3_000;

    /// <summary>Datagrams of encrypted records that OpenSSL may keep, at 17 KiB each, for when the handshake is done.</summary>
    public const int MaxEarlyDatagrams = 32;

    private const int MaxKeptOutput = 4096;

    private readonly SslHandle _ssl;
    private readonly IDtlsOutput _output;
    private readonly DtlsRole _role;

    private readonly RetransmissionTimer _retransmission = new();
    private IReadOnlyList<DtlsFingerprint> _remoteFingerprints = [];
    private long _handshakeDeadlineMs;
    private int _earlyDatagrams;

    public DtlsSession(DtlsContext context, DtlsRole role, IDtlsOutput output)
    {
        _role = role;
        _output = output;
        _ssl = SslHandle.Create(context.Handle, role);
    }

    public DtlsState State { get; private set; }

    public DtlsFailure Failure { get; private set; }

    /// <summary>OpenSSL's words for <see cref="Failure"/>, for a log; holds nothing that the peer chose.</summary>
    public string? FailureDetail { get; private set; }

    /// <summary>IANA number of the SRTP profile, once connected.</summary>
    public ushort SelectedSrtpProfile { get; private set; }

    /// <summary>Datagrams that OpenSSL did not see: malformed, too large, too late, or too many encrypted ones before the end of the handshake.</summary>
    public long DroppedDatagrams { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> is due, on the clock of the other calls; <c>null</c> if not at all.</summary>
    public long? DeadlineMs =>
        State != DtlsState.Handshaking ? null
        : Math.Min(_retransmission.DueMs ?? long.MaxValue, _handshakeDeadlineMs);

    /// <summary>Sets the fingerprints of the remote description. One of them must match the peer's certificate.</summary>
    public void SetRemoteFingerprints(IReadOnlyList<DtlsFingerprint> fingerprints) => _remoteFingerprints = fingerprints;

    /// <summary>Starts the time allowed for the handshake; as client, sends the ClientHello. As server, the first datagram does the same.</summary>
    public void Start(long nowMs)
    {
        if (State != DtlsState.New || _ssl.IsClosed)
        {
            return;
        }

        State = DtlsState.Handshaking;
        _handshakeDeadlineMs = nowMs + HandshakeTimeoutMs;

        if (_role == DtlsRole.Client)
        {
            ContinueHandshake(nowMs);
        }
    }

    /// <summary>Takes a datagram of the peer. Answers and application data go to the output before this returns.</summary>
    public void Receive(ReadOnlySpan<byte> datagram, long nowMs)
    {
        if (_role == DtlsRole.Server)
        {
            Start(nowMs);
        }

        if (_ssl.IsClosed || State is not (DtlsState.Handshaking or DtlsState.Connected) || !IsAcceptable(datagram))
        {
            DroppedDatagrams++;
            return;
        }

        fixed (byte* data = datagram)
        {
            DatagramBio* bio = _ssl.Bio;
            bio->Input = data;
            bio->InputLength = datagram.Length;

            if (State == DtlsState.Handshaking)
            {
                ContinueHandshake(nowMs);
            }

            if (State == DtlsState.Connected)
            {
                ReadApplicationData();
            }

            if (!_ssl.IsClosed)
            {
                bio->Input = null;
            }
        }
    }

    /// <summary>Sends one record of application data.</summary>
    /// <returns><c>false</c> if the session is not connected, or the data is empty or longer than <see cref="MaxApplicationData"/>.</returns>
    public bool Send(ReadOnlySpan<byte> applicationData)
    {
        if (State != DtlsState.Connected || _ssl.IsClosed || applicationData.Length is 0 or > MaxApplicationData)
        {
            return false;
        }

        int result;

        fixed (byte* data = applicationData)
        {
            BeginOperation();
            result = OpenSsl.SSL_write(_ssl, data, applicationData.Length);
        }

        SendOutput();
        return result == applicationData.Length;
    }

    /// <summary>Does what is due at <see cref="DeadlineMs"/>. Too early a call does nothing.</summary>
    public void HandleDeadline(long nowMs)
    {
        if (State != DtlsState.Handshaking || _ssl.IsClosed)
        {
            return;
        }

        if (nowMs >= _handshakeDeadlineMs)
        {
            Fail(DtlsFailure.Timeout, detail: null);
        }
        else if (nowMs >= _retransmission.DueMs)
        {
            _retransmission.Retransmit(_output, nowMs);
        }
    }

    /// <summary>Exports the SRTP master keys (RFC 5764 4.2): client key, server key, client salt, server salt.</summary>
    /// <returns>60 bytes for profile 1, 56 for profile 7. The caller zeroes them after use.</returns>
    /// <exception cref="InvalidOperationException">The session is not connected.</exception>
    public byte[] ExportSrtpKeys()
    {
        if (State != DtlsState.Connected)
        {
            throw new InvalidOperationException("SRTP keys exist only once the session is connected.");
        }

        byte[] keys = GC.AllocateUninitializedArray<byte>(SelectedSrtpProfile == 7 ? 56 : 60, pinned: true);
        ReadOnlySpan<byte> label = "EXTRACTOR-dtls_srtp"u8;

        fixed (byte* output = keys, labelBytes = label)
        {
            BeginOperation();
            int result = OpenSsl.SSL_export_keying_material(
                _ssl, output, (nuint)keys.Length, labelBytes, (nuint)label.Length, null, 0, useContext: 0);
            return result == 1 ? keys : throw new InvalidOperationException($"Export failed: {OpenSsl.TakeErrors().Text}");
        }
    }

    /// <summary>Sends close_notify if connected, and ends the session.</summary>
    public void Close()
    {
        if (_ssl.IsClosed || State is DtlsState.Failed or DtlsState.Closed)
        {
            return;
        }

        bool wasConnected = State == DtlsState.Connected;
        State = DtlsState.Closed;
        _retransmission.Stop();

        if (wasConnected)
        {
            BeginOperation();
            _ = OpenSsl.SSL_shutdown(_ssl);
            SendOutput();
        }
    }

    /// <summary>Frees the native memory, without a word to the peer: call <see cref="Close"/> first.</summary>
    public void Dispose()
    {
        if (State is not (DtlsState.Failed or DtlsState.Closed))
        {
            State = DtlsState.Closed;
        }

        _retransmission.Stop();
        _ssl.Dispose();
    }

    private bool IsAcceptable(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > MaxDatagram || !DtlsRecordHeader.TryWalk(datagram, out bool isEncrypted))
        {
            return false;
        }

        // Records of a later epoch cannot be read before the keys are there; OpenSSL keeps them.
        return State != DtlsState.Handshaking || !isEncrypted || ++_earlyDatagrams <= MaxEarlyDatagrams;
    }

    private void ContinueHandshake(long nowMs)
    {
        BeginOperation();
        int result = OpenSsl.SSL_do_handshake(_ssl);

        if (result == 1)
        {
            DtlsFailure failure = CheckPeer();

            if (failure != DtlsFailure.None)
            {
                // The output stays where it is: our Finished, if it is among it, must not reach a stranger.
                Fail(failure, detail: null);
                return;
            }

            State = DtlsState.Connected;
            _retransmission.Stop();
        }
        else if (OpenSsl.SSL_get_error(_ssl, result) != OpenSsl.ErrorWantRead)
        {
            FailWithErrors();
        }
        else if (_retransmission.Flight != _ssl.Bio->Flight)
        {
            _retransmission.Begin(_ssl.Bio->Flight, nowMs);
        }

        SendOutput();
    }

    private DtlsFailure CheckPeer()
    {
        if (_remoteFingerprints.Count == 0)
        {
            return DtlsFailure.FingerprintMissing;
        }

        if (!PeerCertificate.MatchesAny(_ssl, _remoteFingerprints))
        {
            return DtlsFailure.FingerprintMismatch;
        }

        if (OpenSsl.SSL_ctrl(_ssl, OpenSsl.ControlGetExtendedMasterSecret, 0, null) != 1)
        {
            return DtlsFailure.NoExtendedMasterSecret;
        }

        nuint* profile = OpenSsl.SSL_get_selected_srtp_profile(_ssl);

        if (profile == null)
        {
            return DtlsFailure.NoSrtpProfile;
        }

        SelectedSrtpProfile = (ushort)profile[1];
        return DtlsFailure.None;
    }

    [SkipLocalsInit]
    private void ReadApplicationData()
    {
        byte* buffer = stackalloc byte[MaxDatagram];

        while (State == DtlsState.Connected)
        {
            BeginOperation();
            int length = OpenSsl.SSL_read(_ssl, buffer, MaxDatagram);

            if (length > 0)
            {
                SendOutput();
                _output.OnApplicationData(new ReadOnlySpan<byte>(buffer, length));
                continue;
            }

            int error = OpenSsl.SSL_get_error(_ssl, length);

            if (error == OpenSsl.ErrorZeroReturn)
            {
                // RFC 5246 7.2.1: answer close_notify with ours, and drop what else was to be sent.
                Close();
                return;
            }

            if (error != OpenSsl.ErrorWantRead)
            {
                FailWithErrors();
            }

            SendOutput();
            return;
        }
    }

    // The error queue belongs to the thread, not to the session: what others left there must not be taken for ours.
    private void BeginOperation()
    {
        OpenSsl.ERR_clear_error();
        _ssl.Bio->Copy = 0;
    }

    private void FailWithErrors()
    {
        (string text, bool isAlert) = OpenSsl.TakeErrors();
        Fail(isAlert ? DtlsFailure.PeerAlert : DtlsFailure.Protocol, text);
    }

    private void Fail(DtlsFailure failure, string? detail)
    {
        State = DtlsState.Failed;
        Failure = failure;
        FailureDetail = detail;
        _retransmission.Stop();
    }

    // Sends what OpenSSL wrote and keeps the retransmissions. The output may call the session again, even dispose it,
    // so the buffer is taken off the BIO meanwhile.
    private void SendOutput()
    {
        if (_ssl.IsClosed || _ssl.Bio->OutputLength == 0)
        {
            return;
        }

        DatagramBio* bio = _ssl.Bio;
        byte* output = bio->Output;
        int length = bio->OutputLength;
        int capacity = bio->OutputCapacity;
        bio->Output = null;
        bio->OutputLength = 0;
        bio->OutputCapacity = 0;

        try
        {
            for (int position = 0; position < length;)
            {
                byte* entry = output + position;
                var datagram = new ReadOnlySpan<byte>(entry + 4, *(ushort*)entry);
                position += 4 + datagram.Length;

                if (entry[3] == 0)
                {
                    _output.SendDatagram(datagram);
                }
                else if (State == DtlsState.Handshaking && entry[2] == _retransmission.Flight)
                {
                    _retransmission.Keep(entry[3], datagram);
                }
            }
        }
        finally
        {
            // Kept for the next record, unless it grew for a handshake.
            if (State == DtlsState.Connected && !_ssl.IsClosed && bio->Output == null && capacity <= MaxKeptOutput)
            {
                bio->Output = output;
                bio->OutputCapacity = capacity;
            }
            else
            {
                NativeMemory.Free(output);
            }
        }
    }
}
