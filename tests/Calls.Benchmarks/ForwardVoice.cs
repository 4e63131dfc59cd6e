using BenchmarkDotNet.Attributes;
using Calls.Rtc.Rtp;
using Calls.Rtc.Sfu;
using Calls.Rtc.Srtp;

namespace Calls.Benchmarks;

/// <summary>What does one packet of voice cost from its arrival to the last encrypted copy, without the kernel?</summary>
public class ForwardVoice
{
    private const uint Ssrc = 0x0A0D_1000;

    private readonly byte[] _packet = new byte[1_500];
    private readonly DiscardingSink _sink = new();
    private MediaParticipant _speaker = null!;
    private SrtpOutbound _client = null!;
    private RolloverCounter _counter;
    private ushort _sequenceNumber;
    private long _nowMs = 10_000;

    /// <summary>Participants that hear it.</summary>
    [Params(1, 7, 49)]
    public int Receivers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var clock = new NtpClock(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), nowMs: 0);
        var events = new StartedTracks();
        SrtpKeyingMaterial keys = BenchmarkKeys.Create(SrtpProfile.AeadAes128Gcm);
        _client = keys.CreateOutbound(SrtpSide.DtlsClient);
        _speaker = Connect("speaker", events, clock, keys, port: 1);
        _speaker.SetReceiving(
            [new("1", TrackKind.Audio, "microphone", [Ssrc], new Dictionary<byte, RtpCodec> { [VoicePacket.PayloadType] = RtpCodec.Opus }, 1, 4, 5)]);
        Forward();
        for (int i = 0; i < Receivers; i++)
        {
            MediaParticipant receiver = Connect($"receiver{i}", events, clock, BenchmarkKeys.Create(SrtpProfile.AeadAes128Gcm, i + 2), (ushort)(i + 2));
            var forwarder = new TrackForwarder(receiver, receiver.AllocateSsrc(), VoicePacket.PayloadType, new RtpExtensionIds(AudioLevel: 1, TransportCc: 5));
            if (!events.Track!.AddSubscriber(forwarder))
            {
                throw new InvalidOperationException("The track takes no subscriber.");
            }
        }

        int before = _sink.Count;
        Forward();
        if (_sink.Count - before != Receivers)
        {
            throw new InvalidOperationException("Not every receiver gets the packet.");
        }
    }

    [Benchmark]
    public int Forward()
    {
        VoicePacket.WriteHeader(_packet, Ssrc, _sequenceNumber);
        _counter.TryGet(_sequenceNumber++, out uint rolloverCounter);
        int length = _client.Protect(_packet, VoicePacket.Size, rolloverCounter);
        _nowMs += 20;
        return (int)_speaker.ReceiveRtp(_packet.AsSpan(0, length), _nowMs, _sink);
    }

    private static MediaParticipant Connect(string name, IMediaParticipantEvents events, NtpClock clock, SrtpKeyingMaterial keys, ushort port)
    {
        var participant = new MediaParticipant(name, events, clock);
        participant.SetTransport(keys.CreateOutbound(SrtpSide.DtlsServer), keys.CreateInbound(SrtpSide.DtlsServer));
        participant.Path = new BenchmarkPath(port);
        return participant;
    }

    private sealed class StartedTracks : IMediaParticipantEvents
    {
        public PublishedTrack? Track { get; private set; }

        public void OnTrackStarted(PublishedTrack track) => Track = track;

        public void OnTrackEnded(PublishedTrack track) => Track = null;

        public void OnVoiceActivity(bool isSpeaking)
        {
        }

        public void OnRequestsWaiting()
        {
        }
    }
}
