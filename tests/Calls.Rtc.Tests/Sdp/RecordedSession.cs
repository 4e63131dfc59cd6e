using Calls.Rtc.Sdp;

namespace Calls.Rtc.Tests.Sdp;

/// <summary>One session of a transcript, replayed against <see cref="PeerNegotiation"/>.</summary>
internal sealed class RecordedSession
{
    private readonly PeerNegotiation _sfu = new(NegotiationPair.SfuTransport(), new CountingSsrcSource(1));
    private readonly Dictionary<string, OutgoingTrack> _wanted = [];

    // What the client last said of each mid: whether it sends there, and its payload types.
    private readonly Dictionary<string, bool> _clientSends = [];
    private readonly Dictionary<string, HashSet<string>> _clientCodecs = [];
    private SessionDescription? _ours;
    private ulong _lastVersion;

    public int Answered { get; private set; }

    /// <summary>What the client has agreed to send.</summary>
    public IReadOnlyList<ReceivingSection> Receiving => _sfu.Receiving;

    public void Replay(RecordedDescription recorded)
    {
        SessionDescription theirs = NegotiationPair.Parse(recorded.Sdp);
        switch (recorded.FromClient, recorded.IsOffer)
        {
            case (true, true):
                Assert.Equal((NegotiationResult.Ok, recorded.Line), (_sfu.TryApplyOffer(recorded.Sdp, out string answer), recorded.Line));
                Note(theirs);
                KeepOurs(answer);
                AssertReceives(theirs);
                break;
            case (false, false):
                AssertShape(theirs, recorded.Line);
                Answered++;
                break;
            case (false, true):
                Want(theirs);
                KeepOurs(_sfu.CreateOffer(out IReadOnlyList<MediaMapEntry> map));
                AssertShape(theirs, recorded.Line);
                Assert.Equal(_ours!.Sections.Where(section => section.StreamIds.Count > 0).Select(section => section.Mid), map.Select(entry => entry.Mid));
                break;
            default:
                Assert.Equal((NegotiationResult.Ok, recorded.Line), (_sfu.TryApplyAnswer(recorded.Sdp), recorded.Line));
                Note(theirs);
                AssertReceives(theirs);
                Assert.All(_sfu.Sending, section => Assert.NotEmpty(section.Codecs));
                Assert.Equal(_wanted.Count, _sfu.Sending.Count);
                break;
        }
    }

    /// <summary>An offer that crossed one of the SFU: ignored by the reference and by us.</summary>
    public void ReplayCrossed(RecordedDescription clientOffer) =>
        Assert.Equal(NegotiationResult.WrongState, _sfu.TryApplyOffer(clientOffer.Sdp, out _));

    private void KeepOurs(string sdp)
    {
        _ours = NegotiationPair.Parse(sdp);
        Assert.True(_ours.OriginVersion > _lastVersion);
        _lastVersion = _ours.OriginVersion;
    }

    private void Note(SessionDescription client)
    {
        foreach (MediaSection section in client.Sections)
        {
            _clientSends[section.Mid] = section.IsRtp && section.Direction.Sends;
            _clientCodecs[section.Mid] = [.. section.Codecs.Select(Key)];
        }
    }

    // Tracks the reference has just bound, in section order; what it dropped is wanted no more.
    private void Want(SessionDescription offer)
    {
        var present = new HashSet<string>();
        foreach (MediaSection section in offer.Sections.Where(section => section.StreamIds.Count > 0))
        {
            MediaStreamId id = section.StreamIds[0];
            string key = $"{section.Mid} {id.TrackId}";
            present.Add(key);
            if (!_wanted.ContainsKey(key))
            {
                TrackType type = section.Kind == MediaKind.Audio ? TrackType.Voice : TrackType.Screen;
                MediaCodec codec = section.Kind == MediaKind.Audio ? MediaCodec.Opus : MediaCodec.Vp8;
                _wanted[key] = new(id.TrackId, id.StreamId, type, codec);
                _sfu.Want(_wanted[key]);
            }
        }

        foreach (string key in _wanted.Keys.Except(present).ToArray())
        {
            _sfu.Unwant(_wanted[key].TrackId);
            _wanted.Remove(key);
        }

        Assert.True(_sfu.NeedsOffer);
    }

    private void AssertShape(SessionDescription recorded, int line)
    {
        Assert.Equal(recorded.Sections.Select(section => (line, section.Mid, section.Kind)), _ours!.Sections.Select(section => (line, section.Mid, section.Kind)));
        Assert.Equal(recorded.Bundle, _ours.Bundle);
        Assert.Equal(recorded.AllowsMixedExtensions, _ours.AllowsMixedExtensions);
        foreach ((MediaSection reference, MediaSection ours) in recorded.Sections.Zip(_ours.Sections))
        {
            if (!ours.IsRtp)
            {
                Assert.Equal((ours.SctpPort, ours.Direction), (reference.SctpPort, reference.Direction));
                continue;
            }

            // DEV-7: where the client does not send we never offer to receive. A track that the reference made up in an
            // answer (after publishing by answer, fixtures README, oddity 8) is nobody's.
            MediaStreamId[] delivered = [.. reference.StreamIds.Where(id => _wanted.ContainsKey($"{ours.Mid} {id.TrackId}"))];
            var expected = new MediaDirection(delivered.Length > 0, _clientSends.GetValueOrDefault(ours.Mid));
            Assert.Equal((line, ours.Mid, expected), (line, ours.Mid, ours.Direction));
            Assert.Equal(delivered, ours.StreamIds);

            // One payload type for each codec, one the client has named for this section. The reference lists two, or
            // answers with one from another section, when Firefox offers 120/99 after it has accepted 96/45.
            Assert.Equal(reference.Codecs.Select(codec => codec.Name).Distinct().Order(), ours.Codecs.Select(codec => codec.Name).Order());
            Assert.Subset(_clientCodecs.GetValueOrDefault(ours.Mid, [.. reference.Codecs.Select(Key)]), ours.Codecs.Select(Key).ToHashSet());
            Assert.All(reference.SimulcastReceive, stream => Assert.Contains(stream, ours.SimulcastReceive));
        }
    }

    private void AssertReceives(SessionDescription client)
    {
        MediaSection[] sending = [.. client.Sections.Where(section => section.IsRtp && section.Direction.Sends && !section.IsRejected)];
        Assert.Equal(sending.Select(section => section.Mid), _sfu.Receiving.Select(section => section.Mid));
        foreach ((MediaSection section, ReceivingSection ours) in sending.Zip(_sfu.Receiving))
        {
            Assert.Equal(section.StreamIds[0], new MediaStreamId(ours.StreamId, ours.TrackId));
            Assert.Equal(section.SimulcastSend, ours.Rids);
            Assert.Equal(section.SimulcastSend.Count == 0, ours.Ssrcs.Count == 1);
            Assert.NotEqual(0, ours.Extensions.TransportCc);
        }
    }

    private static string Key(RtpCodec codec) => $"{codec.PayloadType} {codec.Name}/{codec.ClockRate}/{codec.Channels}";
}
