using Calls.Rtc.Rtp;
using Calls.Rtc.Sdp;
using Calls.Rtc.Sfu;
using ReceivingSection = Calls.Rtc.Sdp.ReceivingSection;
using RtpCodec = Calls.Rtc.Sfu.RtpCodec;
using TrackType = Calls.Rtc.Sfu.TrackType;

namespace Calls.Rtc.Sessions;

/// <summary>
/// The tracks a session is owed, and the forwarders of those that a description has bound. A forwarder lives exactly as
/// long as its SSRC is bound to its track, because no SSRC may ever carry a second one (media.md 9.6).
/// </summary>
/// <remarks>Owned by one session's mailbox.</remarks>
/// <param name="nackHistory">Packets of each video stream kept for retransmission.</param>
internal sealed class SessionForwarders(MediaParticipant receiver, int nackHistory)
{
    private readonly Dictionary<string, PublishedTrack> _owed = [];
    private readonly Dictionary<uint, TrackForwarder> _bound = [];

    /// <summary>Takes note of a track; returns how it is to be described to the client.</summary>
    public OutgoingTrack Add(PublishedTrack track)
    {
        _owed[track.TrackId] = track;
        return new(track.TrackId, track.Publisher.SessionId, SdpType(track.Type), SdpCodec(track.Codec));
    }

    /// <summary>Stops forwarding a track at once; its section is freed by the next description.</summary>
    public void Remove(PublishedTrack track)
    {
        _owed.Remove(track.TrackId);
        foreach ((uint ssrc, TrackForwarder forwarder) in _bound.Where(bound => bound.Value.Track == track).ToArray())
        {
            track.RemoveSubscriber(forwarder);
            _bound.Remove(ssrc);
        }
    }

    /// <summary>Forwards what the client has agreed to receive, and stops what it no longer does.</summary>
    public void Apply(IReadOnlyList<SendingSection> sections)
    {
        foreach ((uint ssrc, TrackForwarder forwarder) in _bound.Where(bound => !sections.Any(section => section.Ssrc == bound.Key)).ToArray())
        {
            forwarder.Track?.RemoveSubscriber(forwarder);
            _bound.Remove(ssrc);
        }

        foreach (SendingSection section in sections.Where(section => !_bound.ContainsKey(section.Ssrc)))
        {
            if (!_owed.TryGetValue(section.Track.TrackId, out PublishedTrack? track) || section.Find(section.Track.Codec) is not { } codec)
            {
                continue; // ended meanwhile, or a codec the client does not take
            }

            var forwarder = new TrackForwarder(receiver, section.Ssrc, Format(section, codec));
            if (track.AddSubscriber(forwarder))
            {
                _bound.Add(section.Ssrc, forwarder);
            }
        }
    }

    public void Clear()
    {
        foreach (TrackForwarder forwarder in _bound.Values)
        {
            forwarder.Track?.RemoveSubscriber(forwarder);
        }

        _bound.Clear();
        _owed.Clear();
    }

    /// <summary>The sections in which the client sends, as the SFU binds packets to them.</summary>
    public static IReadOnlyList<InboundSection> ToInbound(IReadOnlyList<ReceivingSection> sections) =>
    [
        .. sections.Select(static section => new InboundSection(
            section.Mid,
            section.Kind == MediaKind.Audio ? TrackKind.Audio : TrackKind.Video,
            section.StreamId,
            section.Ssrcs,
            section.Codecs.ToDictionary(static codec => codec.PayloadType, static codec => SfuCodec(codec.Codec)),
            section.Extensions.AudioLevel,
            section.Extensions.Mid,
            section.Extensions.TransportCc)
        {
            RtxSsrcs = section.RtxSsrcs,
            RtxPayloadTypes = section.Codecs.Where(static codec => codec.RtxPayloadType is not null)
                .ToDictionary(static codec => codec.RtxPayloadType!.Value, static codec => codec.PayloadType),
            RedPayloadType = section.Codecs.Select(static codec => codec.RedPayloadType).FirstOrDefault(static red => red is not null),
            TakesNacks = section.Codecs.Any(static codec => codec.Feedback.HasFlag(RtcpFeedback.Nack)),
            RepairedStreamIdId = section.Extensions.RepairedRtpStreamId,
            RtpStreamIdId = section.Extensions.RtpStreamId,
            Rids = [.. section.Rids.Select(static stream => stream.Rid)],
        }),
    ];

    private SubscriberFormat Format(SendingSection section, NegotiatedCodec codec) =>
        new(codec.PayloadType, ExtensionIds(section.Extensions))
        {
            RedPayloadType = codec.RedPayloadType,
            History = codec.Feedback.HasFlag(RtcpFeedback.Nack) ? nackHistory : 0,
            RtxSsrc = codec.RtxPayloadType is null ? 0 : section.RtxSsrc,
            RtxPayloadType = codec.RtxPayloadType ?? 0,
        };

    private static RtpExtensionIds ExtensionIds(HeaderExtensionIds ids) => new(ids.AudioLevel, ids.TransportCc);

    private static Sdp.TrackType SdpType(TrackType type) => type switch
    {
        TrackType.Voice => Sdp.TrackType.Voice,
        TrackType.Screen => Sdp.TrackType.Screen,
        TrackType.ScreenAudio => Sdp.TrackType.ScreenAudio,
        _ => Sdp.TrackType.Video,
    };

    private static MediaCodec SdpCodec(RtpCodec codec) => codec switch
    {
        RtpCodec.Opus => MediaCodec.Opus,
        RtpCodec.Vp8 => MediaCodec.Vp8,
        _ => MediaCodec.Av1,
    };

    private static RtpCodec SfuCodec(MediaCodec codec) => codec switch
    {
        MediaCodec.Opus => RtpCodec.Opus,
        MediaCodec.Vp8 => RtpCodec.Vp8,
        _ => RtpCodec.Av1,
    };
}
